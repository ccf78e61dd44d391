"""The painter: the article's G(x, y), with the three loss weights as a third input.

    w ~ 10^U(-2, 2), one triple for each picture of a batch
    L_G(x, y, w) = sum over i of  w_i / sum(w) * b_i * L_i(x, y, G(x, y, w)),   i = adversarial, content, style
    L_D(x, y, w) = max(0, 1 - D(y)) + max(0, 1 + D(G(x, y, w)))

The balance b is the objective's. G is told w, so that one training holds every trade-off between content and style, and
at use the weights are sliders. After Dosovitskiy and Djolonga, "You Only Train Once", ICLR 2020.
"""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from stylekit import images
from stylekit.errors import ImageError, SettingError
from stylekit.files import data_file
from stylekit.methods import painter_file
from stylekit.methods.gan import GAN, means, seeded
from stylekit.nn import features, losses, networks
from stylekit.training import distribution
from stylekit.training.objective import Objective, gradient_norms, gradient_shares

TERMS = ("adversarial", "content", "style")
DECADES = 2.0  # weights are drawn from 10^-2 to 10^2 times the objective's: less is too little to see


@keras.saving.register_keras_serializable("stylekit")
class Painter(GAN):
    """G(x, y, w), D and F: a `keras.Model` that paints any photo in the style of any painting.

    >>> painter = Painter()
    >>> Trainer(painter).fit(Batches(photos, paintings), steps=400)
    >>> picture = painter(photo, painting, style=3.0)

    `generator` is the network that draws, `style_encoder` the one that reads a painting; together they are G.

    Args:
        objective: `Objective` of adversarial, content and style, the balance that w = (1, 1, 1) stands for.
        width: Channels of G's first layer.
        blocks: Residual blocks of G.
        learning_rate: Of both optimisers, a number or a Keras schedule.
        feature_extractor: F, from `features.feature_extractor`; EfficientNet-Lite0 if left out.
        adversarial_form: Key of `losses.ADVERSARIAL`.
        seed: Decides the first weights.
        typical: Array (2, statistics), mean and deviation of `networks.style_statistics` over photos. Left out, those
            shipped for EfficientNet-Lite0; for another F measure them with `features.measured_statistics(F, photos)`.
        strokes: Whether G has layers of their own for strokes, see `networks.painter_network`.
        discriminator_learning_rate: Of D's optimiser, if another one.

    Raises:
        SettingError: `typical` is left out, and none are shipped for this F.
    """

    networks = ("style_encoder", "generator", "discriminator")

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
        discriminator_learning_rate=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.objective = objective or Objective(adversarial=0.05, content=0.3, style=1.0)
        self.discriminator_loss, self.adversarial_loss = losses.ADVERSARIAL[adversarial_form]
        with seeded(seed):
            self.feature_extractor = feature_extractor or features.feature_extractor()
            self.typical = _typical_of(self.feature_extractor) if typical is None else np.array(typical)
            self.style_encoder = networks.style_encoder(*self.typical)
            self.generator = networks.painter_network(width, blocks, strokes=strokes)
            self.discriminator = networks.patch_discriminator(condition=self.style_encoder.output.shape[-1])
        self.compile_adam(learning_rate, discriminator_learning_rate, beta_1=0.5, beta_2=0.99)
        # compiled for each size anew, about a second: Keras enlarges only maps whose sizes it knows in advance
        self._compiled_draw = tf.function(self.draw, autograph=False)
        self._compiled_code = tf.function(self.style_code, autograph=False)
        self._compiled_norms = tf.function(self._norms, autograph=False)

    # --- training -------------------------------------------------------------------------------------------------

    @property
    def generator_variables(self):
        """What G's optimiser moves: the weights of the style encoder and of the network that draws."""
        return self.style_encoder.trainable_variables + self.generator.trainable_variables

    def losses_of(self, photos, paintings, weights, training=True):
        """G's three terms and D's loss, from one pass of G and one of D over real and fake together.

        Args:
            photos: (batch, h, w, 3) in [-1, 1].
            paintings: The same shape.
            weights: (batch, 3), the loss weights that G is told.
            training: Whether D's spectral norms are brought up to date.

        Returns:
            Dict term -> (batch,), and D's loss, (batch,).
        """
        batch = ops.shape(photos)[0]
        seen = self.feature_extractor(ops.concatenate([photos, paintings]))
        photo_maps, painting_maps = [maps[:batch] for maps in seen], [maps[batch:] for maps in seen]

        code = self.style_encoder(networks.style_statistics(paintings, painting_maps))
        generated = self.generator([photos, code, weights])
        generated_maps = self.feature_extractor(generated)
        judged, codes = ops.concatenate([paintings, generated]), ops.stop_gradient(ops.concatenate([code, code]))
        verdicts = self.discriminator([judged, codes], training=training)
        real, fake = verdicts[:batch], verdicts[batch:]
        terms = {
            "adversarial": self.adversarial_loss(fake),
            # squared: style falls about linearly with content. Under a plain sum of the two the best picture would
            # leap from photo to painting at one weight; squared, it moves gradually
            "content": ops.square(losses.content_loss([generated, *generated_maps], [photos, *photo_maps])),
            "style": losses.moment_style_loss(generated_maps, painting_maps),
        }
        return terms, self.discriminator_loss(real, fake)

    def step(self, photos, paintings, seed, only=None):
        """Train G and D on one batch: G against D as it was, D on the very pictures that G has just made.

        Args:
            photos: (batch, h, w, 3) in [-1, 1].
            paintings: The same shape.
            seed: (2,) integers, which decide the weights drawn.
            only: "generator" or "discriminator", to leave the other as it is.

        Returns:
            Dict name -> scalar: each term's mean over the batch.
        """
        weights = self.draw_weights(ops.shape(photos)[0], seed)
        with tf.GradientTape(persistent=True) as tape:
            terms, discriminator_loss = self.losses_of(photos, paintings, weights, training=only != "generator")
            generator_total = self.objective(terms, emphasis=weights)
            discriminator_total = ops.mean(discriminator_loss)
        self.learn(tape, generator_total, discriminator_total, only)
        return means(terms, discriminator_total)

    def draw_weights(self, batch, seed):
        """The weights that the pictures of a batch are trained under: (batch, 3), every decade equally likely."""
        shape = (batch, len(TERMS))
        return 10.0 ** distribution.draw(tf.random.stateless_uniform, shape, seed, -DECADES, DECADES)

    def validation_losses(self, photos, paintings):
        """As `losses_of`, with all weights at 1."""
        return self.losses_of(photos, paintings, ops.ones((ops.shape(photos)[0], len(TERMS))), training=False)

    def gradient_norms(self, photos, paintings):
        """How hard each term pulls at G by itself, with a weight of 1, on one batch.

        Args:
            photos: (batch, h, w, 3) in [-1, 1]. G paints with all weights at 1.
            paintings: The same shape.

        Returns:
            Dict term -> length of its gradient, a float.
        """
        norms = self._compiled_norms(tf.constant(photos), tf.constant(paintings))
        return {term: float(norm) for term, norm in norms.items()}

    def _norms(self, photos, paintings):
        with tf.GradientTape(persistent=True) as tape:
            terms, _ = self.validation_losses(photos, paintings)
        return gradient_norms(tape, terms, self.generator_variables)

    def gradient_shares(self, photos, paintings):
        """How hard each term pulls at G under the objective's weights, as a share of all: dict term -> share, sum 1.

        Arguments as for `gradient_norms`.
        """
        return gradient_shares(self.gradient_norms(photos, paintings), self.objective.weights)

    def discriminator_accuracy(self, photos, paintings):
        """The share of patches that D judges right, on paintings and on G's pictures: two scalars.

        Arguments as for `gradient_norms`.
        """
        return self.discriminator_view(photos, paintings)[:2]

    def discriminator_view(self, photos, paintings):
        """D's accuracy on paintings and on G's pictures, and the mean length of its gradient there: three scalars.

        That is the gradient of the adversarial term at G's pictures. Arguments as for `gradient_norms`.
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

        Args:
            photo: (h, w, 3) or (n, h, w, 3) float in [-1, 1], of any size.
            painting: One painting, or as many as photos, of any size.
            adversarial: Loss weight, >= 0. 1 is balanced, G was trained on 0.01 to 100, and only ratios matter.
            content: Loss weight, likewise.
            style: Loss weight, likewise.

        Returns:
            Picture of the photo's shape, float32 in [-1, 1].

        Raises:
            ImageError: An array is no picture, or there are too many or too few paintings.
            SettingError: A weight is not a finite number >= 0, or all are 0.
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

    def call(self, inputs):
        """G for tensors [photos, paintings], (batch, h, w, 3), sides multiples of 16; all weights at 1."""
        photos, paintings = inputs
        return self.draw(photos, self.style_code(paintings), ops.ones((ops.shape(photos)[0], len(TERMS))))

    def style_code(self, paintings):
        """What G knows of a painting: (batch, h, w, 3) -> (batch, code)."""
        return self.style_encoder(networks.style_statistics(paintings, self.feature_extractor(paintings)))

    def draw(self, photos, code, weights):
        """The drawing half of G: photos (batch, h, w, 3) with h, w multiples of 4, codes, weights -> pictures."""
        return self.generator([photos, code, weights])

    # --- files ----------------------------------------------------------------------------------------------------

    def save(self, filepath, **settings):
        """Write the painter to a file: to painter.npz what it takes to paint, to painter.keras all of it.

        Args:
            filepath: Ends in ".npz" for G and its settings in half precision, which `load` reads, or in ".keras" for
                everything with D and the optimisers, which `keras.models.load_model` reads.
            **settings: As for `keras.Model.save`; not for .npz.

        Returns:
            The path.

        Raises:
            DataError: The .npz file cannot be written.
        """
        if Path(filepath).suffix == ".npz":
            return painter_file.save(self, filepath)
        super().save(filepath, **settings)
        return Path(filepath)

    @classmethod
    def load(cls, path, **settings):
        """A painter from an .npz file that `save` wrote. Nothing in the file is run.

        Args:
            path: The file.
            **settings: As for a new painter; they go before those of the file.

        Raises:
            DataError: The file is no painter.
        """
        return painter_file.load(lambda **kept: cls(**{**kept, **settings}), path)

    @classmethod
    def shipped(cls, **settings):
        """The painter that comes with stylekit, trained for any painting: see data/weights/README.md.

        Args:
            **settings: As for a new painter; a learning_rate around 5e-4 suits a training that goes on from it.
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
