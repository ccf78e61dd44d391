"""The painter: the article's G(x, y), with the three loss weights as a third input.

Each picture of a batch is trained under weights of its own, drawn at random, and G is told which. One training then
holds every trade-off between content and style, and at use the weights are sliders.
After Dosovitskiy and Djolonga, "You Only Train Once", ICLR 2020.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from stylekit import images
from stylekit.errors import ImageError, SettingError
from stylekit.files import data_file
from stylekit.methods import painter_file
from stylekit.methods.gan import GAN, means
from stylekit.nn import features, losses, networks
from stylekit.training import distribution
from stylekit.training.adam import Adam
from stylekit.training.objective import Objective, gradient_norms, gradient_shares

TERMS = ("adversarial", "content", "style")
DECADES = 2.0  # weights are drawn from 10^-2 to 10^2 times the objective's: less is too little to see


class Painter(GAN):
    """G(x, y, w), D and F, and one step of their training.

    objective: the balance that w = (1, 1, 1) stands for. width, blocks: size of G. strokes: whether G has layers of
    their own for strokes, see `networks.painter_network`. learning_rate: a number or a Keras schedule, for both
    optimisers. feature_extractor: F, from `features.feature_extractor`. adversarial_form: a key of
    `losses.ADVERSARIAL`. seed: decides the first weights of the networks. typical: (2, statistics), mean and deviation
    of `networks.style_statistics` over photos. Left out, those shipped for EfficientNet-Lite0; for any other F measure
    them with `features.measured_statistics(F, photos)`. Raises SettingError where they are left out for another F.
    """

    kept = ("style_encoder", "network", "discriminator")

    def __init__(
        self,
        objective=None,
        width=24,
        blocks=4,
        learning_rate=2e-3,
        feature_extractor=None,
        adversarial_form="hinge",
        seed=0,
        typical=None,
        strokes=False,
    ):
        keras.utils.set_random_seed(seed)
        self.settings = {"width": width, "blocks": blocks, "strokes": strokes}
        self.objective = objective or Objective(adversarial=0.05, content=0.3, style=1.0)
        self.feature_extractor = feature_extractor or features.feature_extractor()
        self.typical = _typical_of(self.feature_extractor) if typical is None else np.array(typical)
        self.style_encoder = networks.style_encoder(*self.typical)
        self.network = networks.painter_network(width, blocks, strokes=strokes)
        self.discriminator = networks.patch_discriminator(condition=self.style_encoder.output.shape[-1])
        self.discriminator_loss, self.adversarial_loss = losses.ADVERSARIAL[adversarial_form]
        self.generator_optimizer = Adam(learning_rate, beta_1=0.5, beta_2=0.99)
        self.discriminator_optimizer = Adam(learning_rate, beta_1=0.5, beta_2=0.99)
        self.build_optimizers()
        # compiled for each size anew, about a second: Keras enlarges only maps whose sizes it knows in advance
        self._compiled_draw = tf.function(self.draw, autograph=False)
        self._compiled_code = tf.function(self.style_code, autograph=False)
        self._compiled_norms = tf.function(self._norms, autograph=False)

    # --- training -------------------------------------------------------------------------------------------------

    @property
    def generator_variables(self):
        """What G's optimiser moves: the style encoder and the network that paints."""
        return self.style_encoder.trainable_variables + self.network.trainable_variables

    def losses_of(self, photos, paintings, weights, training=True):
        """G's three terms and D's loss, per image, from one pass of G and one of D over real and fake together.

        photos, paintings: (batch, h, w, 3) in [-1, 1]. weights: (batch, 3). training: whether D's spectral norms are
        brought up to date. Returns dict term -> (batch,), (batch,).
        """
        batch = photos.shape[0]
        seen = self.feature_extractor(ops.concatenate([photos, paintings]))
        photo_maps, painting_maps = [maps[:batch] for maps in seen], [maps[batch:] for maps in seen]

        code = self.style_encoder(networks.style_statistics(paintings, painting_maps))
        generated = self.network([photos, code, weights])
        generated_maps = self.feature_extractor(generated)
        judged, codes = ops.concatenate([paintings, generated]), ops.stop_gradient(ops.concatenate([code, code]))
        verdicts = self.discriminator([judged, codes], training=training)
        real, fake = verdicts[:batch], verdicts[batch:]
        terms = {
            "adversarial": self.adversarial_loss(fake),
            # squared: style falls about linearly with content, and under a plain sum of the two the best picture
            # would leap from photo to painting at one weight; squared, it moves gradually
            "content": ops.square(losses.content_loss([generated, *generated_maps], [photos, *photo_maps])),
            "style": losses.moment_style_loss(generated_maps, painting_maps),
        }
        return terms, self.discriminator_loss(real, fake)

    def step(self, photos, paintings, seed, only=None):
        """Train G and D on one batch: G against D as it was, D on the very pictures that G has just made.

        seed: two integers that decide the weights drawn. only: "generator" or "discriminator" to leave the other as it
        is. Returns dict name -> scalar: each term's mean over the batch.
        """
        weights = self.draw_weights(photos.shape[0], seed)
        with tf.GradientTape(persistent=True) as tape:
            terms, discriminator_loss = self.losses_of(photos, paintings, weights, training=only != "generator")
            generator_total = self.objective(terms, emphasis=weights)
            discriminator_total = ops.mean(discriminator_loss)
        self.learn(tape, generator_total, discriminator_total, only)
        return means(terms, discriminator_total)

    def draw_weights(self, batch, seed):
        """The weights that the pictures of a batch are trained under: (batch, 3), every decade as likely as another."""
        shape = (batch, len(TERMS))
        return 10.0 ** distribution.draw(tf.random.stateless_uniform, shape, seed, -DECADES, DECADES)

    def gradient_norms(self, photos, paintings):
        """How hard each term pulls at G by itself, with a weight of 1, on one batch: dict term -> length.

        photos, paintings: (batch, h, w, 3) in [-1, 1]. G paints with all weights at 1.
        """
        norms = self._compiled_norms(tf.constant(photos), tf.constant(paintings))
        return {term: float(norm) for term, norm in norms.items()}

    def _norms(self, photos, paintings):
        balanced = tf.ones((photos.shape[0], len(TERMS)))
        with tf.GradientTape(persistent=True) as tape:
            terms, _ = self.losses_of(photos, paintings, balanced, training=False)
        return gradient_norms(tape, terms, self.generator_variables)

    def gradient_shares(self, photos, paintings):
        """How hard each term pulls at G under the objective's weights: dict term -> share, summing to 1.

        photos, paintings: (batch, h, w, 3) in [-1, 1], one batch. G paints with all weights at 1.
        """
        return gradient_shares(self.gradient_norms(photos, paintings), self.objective.weights)

    def discriminator_accuracy(self, photos, paintings):
        """How much of D's verdicts is right: the share of patches on paintings, and on G's pictures. Two scalars.

        photos, paintings: (batch, h, w, 3) in [-1, 1]. G paints with all weights at 1.
        """
        return self.discriminator_view(photos, paintings)[:2]

    def discriminator_view(self, photos, paintings):
        """D's accuracy on paintings and on G's pictures, and the mean length of what it tells G. Three scalars.

        That is the adversarial term's gradient at G's pictures. Arguments as for `discriminator_accuracy`.
        """
        code = self.style_code(paintings)
        generated = self.draw(photos, code, ops.ones((photos.shape[0], len(TERMS))))
        real = self.discriminator([paintings, code], training=False)
        with tf.GradientTape() as tape:
            tape.watch(generated)
            fake = self.discriminator([generated, code], training=False)
            term = self.adversarial_loss(fake)
        lengths = ops.sqrt(ops.sum(ops.square(tape.gradient(term, generated)), axis=(1, 2, 3)))
        return ops.mean(ops.cast(real > 0, "float32")), ops.mean(ops.cast(fake < 0, "float32")), ops.mean(lengths)

    # --- painting -------------------------------------------------------------------------------------------------

    def __call__(self, photo, painting, adversarial=1.0, content=1.0, style=1.0):
        """G(x, y, w): the photo in the painting's style.

        photo, painting: (h, w, 3) or (n, h, w, 3) in [-1, 1], of any sizes. adversarial, content, style: the weights
        w, >= 0, where 1 is balanced and 0.01 to 100 is what G was trained on; only their ratios matter.
        Returns a picture of the photo's shape. Raises ImageError for wrong arrays, SettingError for wrong weights.
        """
        photo, painting = images.check(photo, "photo"), images.check(painting, "painting")
        single = photo.ndim == 3
        photos, paintings = photo.reshape(-1, *photo.shape[-3:]), painting.reshape(-1, *painting.shape[-3:])
        if len(paintings) not in (1, len(photos)):
            raise ImageError(
                f"Got {len(photos)} photos and {len(paintings)} paintings: wanted as many, or one painting."
            )
        weights = _weights(adversarial, content, style)
        code = self._compiled_code(tf.constant(_padded(paintings)))
        code, weights = tf.repeat(code, len(photos) // len(paintings), 0), np.repeat(weights, len(photos), 0)
        height, width = photos.shape[1:3]
        generated = self._compiled_draw(tf.constant(_padded(photos)), code, tf.constant(weights))
        generated = generated.numpy()[:, :height, :width]
        return generated[0] if single else generated

    def style_code(self, paintings):
        """What G knows of a painting: (batch, h, w, 3) -> (batch, code)."""
        return self.style_encoder(networks.style_statistics(paintings, self.feature_extractor(paintings)))

    def draw(self, photos, code, weights):
        """The drawing half of G: photos (batch, h, w, 3) with h, w multiples of 4, codes, weights -> pictures."""
        return self.network([photos, code, weights])

    # --- files ----------------------------------------------------------------------------------------------------

    def save(self, path):
        """Write G, in half precision, and its settings to one .npz file. D stays in the checkpoint."""
        return painter_file.save(self, path)

    @classmethod
    def load(cls, path, **settings):
        """A painter from a file that `save` wrote. Nothing in the file is run. Raises DataError for any other file.

        settings: as for a new painter; they go before those of the file.
        """
        return painter_file.load(lambda **kept: cls(**{**kept, **settings}), path)

    @classmethod
    def shipped(cls, **settings):
        """The painter that comes with stylekit, trained for any painting: see data/weights/README.md.

        settings: as for a new painter; a learning_rate around 5e-4 suits a training that goes on from it.
        """
        return cls.load(data_file("weights/painter.npz"), **settings)


def _typical_of(feature_extractor):
    """The statistics that are shipped for this F; SettingError if there are none."""
    typical = getattr(feature_extractor, "typical", None)
    if typical is None:
        raise SettingError(
            "What photos look like to this feature extractor F is not known: give the painter "
            "typical=features.measured_statistics(F, photos)."
        )
    return typical


def _weights(*weights):
    """The three loss weights as (1, 3) float32; SettingError unless they are finite, >= 0, and not all 0."""
    if all(isinstance(weight, (int, float, np.number)) for weight in weights):
        with np.errstate(over="ignore"):  # what no float32 can hold is refused below
            numbers = np.array([weights], "float32")
        if np.isfinite(numbers).all() and (numbers >= 0).all() and numbers.any():
            return numbers
    raise SettingError(f"The loss weights are {list(weights)}: wanted finite numbers >= 0, not all 0.")


def _padded(pictures):
    """Repeat the last rows and columns until both sides are multiples of 16: G halves twice, F four times."""
    height, width = pictures.shape[1:3]
    down, across = (-side % 16 for side in (height, width))
    return np.pad(pictures, [(0, 0), (0, down), (0, across), (0, 0)], mode="edge").astype("float32")
