"""The Domain Transfer Network: what f sees in a photo of one domain, drawn in another. No pairs, no labels there.

    L_D = -E[log D1(G(x))] - E[log D2(G(y))] - E[log D3(y)]                                 eq. 3
    L_G = -E[log D3(G(x))] - E[log D3(G(y))] + alpha L_const + beta L_tid + gamma L_tv      eq. 4
    L_const = E[|f(x) - f(G(x))|^2],  L_tid = E[|y - G(y)|^2]                               eq. 5 and 6

G = g(f(x)). f was trained beforehand on labelled photos x and never moves; g learns to draw paintings y from what f
sees.
Taigman, Polyak and Wolf, "Unsupervised Cross-Domain Image Generation", ICLR 2017, the networks of section 5.1.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from stylekit import images
from stylekit.errors import DataError, ImageError, SettingError
from stylekit.methods.gan import GAN, batch_norm, seeded
from stylekit.nn import losses
from stylekit.training.objective import Objective

SIDE = 32  # px
FROM_PHOTO, FROM_PAINTING, REAL = range(3)  # what D tells apart: G(photo), G(painting), a painting


def digit_classifier(width=64, classes=10):
    """Build the network that f is the greater part of.

    It has four convolutions of 64, 128, 256 and 128 filters for width 64, the paper's; each is followed by max pooling,
    the last by one of 4 x 4 px, and ReLU. The paper does not give the kernels: they are 3 x 3 px here.

    Args:
        width: Filters of the first convolution.
        classes: Number of classes.

    Returns:
        Model from pictures (batch, 32, 32, 3) in [-1, 1] to logits (batch, classes).
    """
    blocks = [(width, 2), (2 * width, 2), (4 * width, 2), (2 * width, 4)]
    network = [layers.Input((SIDE, SIDE, 3))]
    for filters, pool in blocks:
        network += [layers.Conv2D(filters, 3, padding="same"), layers.MaxPooling2D(pool), layers.ReLU()]
    return keras.Sequential([*network, layers.Flatten(), layers.Dense(classes)], name="classifier")


def train_classifier(pictures, labels, width=64, epochs=8, seed=0):
    """Train a `digit_classifier`.

    It sets the random state of the process as `keras.utils.set_random_seed` does: Keras' `fit`, which mixes the
    pictures, takes its random numbers from there.

    Args:
        pictures: (n, 32, 32, 3) float in [-1, 1].
        labels: (n,) whole numbers from 0 on.
        width: Of the classifier.
        epochs: Passes over the pictures.
        seed: Decides the first weights and the order of the pictures.

    Returns:
        The classifier.

    Raises:
        ImageError: The pictures have another form.
        DataError: There is not one label for each picture.
    """
    pictures, labels = _checked(np.asarray(pictures)), np.asarray(labels)
    if len(labels) != len(pictures):
        raise DataError(f"There are {len(pictures)} pictures and {len(labels)} labels: wanted one label for each.")
    keras.utils.set_random_seed(seed)
    classifier = digit_classifier(width, int(np.max(labels)) + 1)
    rate = keras.optimizers.schedules.CosineDecay(3e-3, epochs * -(-len(labels) // 32))
    classifier.compile(keras.optimizers.Adam(rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    classifier.fit(pictures, labels, batch_size=32, epochs=epochs, verbose=0)
    return classifier


def accuracy(classifier, pictures, labels):
    """The share of pictures (n, 32, 32, 3) that a classifier reads as their labels (n,) say, a float from 0 to 1."""
    logits = classifier(_checked(np.asarray(pictures)), training=False)
    return float(np.mean(np.argmax(logits, axis=1) == np.asarray(labels)))


def encoder(classifier):
    """Make f of a `digit_classifier`: its layers up to the last pooling, before the last ReLU.

    Not in the paper: the numbers of a picture are brought to mean 0 and deviation 1, so that a faint digit counts as
    much as a bold one.

    Args:
        classifier: A trained `digit_classifier`. Its layers are frozen.

    Returns:
        Model from pictures (batch, 32, 32, 3) to (batch, 1, 1, 2 * width).
    """
    last = [layer for layer in classifier.layers if isinstance(layer, layers.MaxPooling2D)][-1]
    seen = layers.LayerNormalization(center=False, scale=False)(last.output)
    f = keras.Model(classifier.inputs[0], seen, name="f")
    f.trainable = False
    return f


def decoder(code=128, width=64):
    """Build g, which draws from what f sees.

    It has four transposed convolutions to 512, 256, 128 filters and the picture for width 64, with batch norm and ReLU,
    and tanh at the end, after Radford et al. 2016. The paper's pictures are grey, these have three channels.

    Args:
        code: Length of what f sees.
        width: Half of the filters before the picture.

    Returns:
        Model from (batch, 1, 1, code) to pictures (batch, 32, 32, 3) in [-1, 1].
    """
    network = [layers.Input((1, 1, code))]
    for filters, stride, padding in ((8 * width, 1, "valid"), (4 * width, 2, "same"), (2 * width, 2, "same")):
        network += [
            layers.Conv2DTranspose(filters, 4, stride, padding, use_bias=False),
            batch_norm(),
            layers.ReLU(),
        ]
    return keras.Sequential([*network, layers.Conv2DTranspose(3, 4, 2, "same", activation="tanh")], name="g")


def ternary_discriminator(width=64):
    """Build D of four convolutions with stride 2, batch norm and leaky ReLU.

    Args:
        width: Filters of the first convolution.

    Returns:
        Model from pictures (batch, 32, 32, 3) to logits (batch, 3), for FROM_PHOTO, FROM_PAINTING and REAL.
    """
    network = [layers.Input((SIDE, SIDE, 3))]
    for filters in (width, 2 * width, 4 * width, 8 * width):
        network += [
            layers.Conv2D(filters, 3, 2, padding="same", use_bias=False),
            batch_norm(),
            layers.LeakyReLU(0.2),
        ]
    return keras.Sequential([*network, layers.Flatten(), layers.Dense(3)], name="discriminator")


def ternary_loss(logits, kind):
    """-log D_kind: the cross-entropy of D's verdict with one of the three kinds.

    Args:
        logits: (batch, 3).
        kind: FROM_PHOTO, FROM_PAINTING or REAL.

    Returns:
        (batch,) >= 0; log 3 = 1.10 where D guesses.
    """
    return -ops.log_softmax(logits)[:, kind]


def squared_distance(a, b):
    """Mean squared difference, the paper's d and d2. a, b: (batch, ...). Returns (batch,) >= 0."""
    return losses.per_image_mean(ops.square(a - b))


@keras.saving.register_keras_serializable("stylekit")
class DTN(GAN):
    """G = g(f(x)) against a ternary D: a `keras.Model`.

    >>> method = DTN(encoder(train_classifier(photos, labels)))
    >>> Trainer(method).fit(Batches(photos, paintings), steps=1000)
    >>> paintings = method(photos)

    `generator` is g.

    Args:
        f: `keras.Model` from pictures (batch, 32, 32, 3) to (batch, 1, 1, n); it never moves.
        width: Size of g and D.
        objective: `Objective` of adversarial, constancy, identity and variation; the paper's for digits if left out.
        learning_rate: Of both optimisers, a number or a Keras schedule.
        discriminator_learning_rate: Of D's optimiser, if another one.
        seed: Decides the first weights.

    Raises:
        SettingError: f has other shapes.
    """

    def __init__(
        self, f, width=64, objective=None, learning_rate=2e-4, discriminator_learning_rate=None, seed=0, **kwargs
    ):
        if f.input_shape[1:] != (SIDE, SIDE, 3) or len(f.output_shape) != 4 or f.output_shape[1:3] != (1, 1):
            raise SettingError(
                f"This f goes from {f.input_shape} to {f.output_shape}: wanted one from (None, {SIDE}, {SIDE}, 3) to "
                "(None, 1, 1, n), as encoder(classifier) makes it."
            )
        super().__init__(**kwargs)
        self.objective = objective or Objective(adversarial=1.0, constancy=15.0, identity=15.0, variation=0.0)
        self.f = f
        with seeded(seed):
            self.generator = decoder(f.output_shape[-1], width)
            self.discriminator = ternary_discriminator(width)
        self.compile_adam(learning_rate, discriminator_learning_rate, beta_1=0.5)
        self._compiled_draw = tf.function(lambda codes: self.generator(codes, training=False), autograph=False)

    def parts(self):
        """What a checkpoint must hold so that training can go on: dict name -> trackable."""
        return {"f": self.f} | super().parts()

    def losses_of(self, photos, paintings, seed=None, training=True):
        """G's four terms and D's loss, from one pass of each network over both domains together.

        Args:
            photos: (batch, 32, 32, 3) in [-1, 1].
            paintings: The same shape; which belongs to which does not matter.
            seed: Not needed, nothing is drawn.
            training: Whether batch norm takes the statistics of the batch.

        Returns:
            Dict term -> (batch,), and D's loss, (batch,).
        """
        f, g, D = self.f, self.generator, self.discriminator
        seen = f(ops.concatenate([photos, paintings]))
        both = g(seen, training=training)
        from_photos, from_paintings = ops.split(both, 2)
        verdicts = D(ops.concatenate([both, paintings]), training=training)
        of_photos, of_paintings, of_real = ops.split(verdicts, 3)
        terms = {
            "adversarial": ternary_loss(of_photos, REAL) + ternary_loss(of_paintings, REAL),
            "constancy": squared_distance(f(from_photos), ops.split(seen, 2)[0]),
            "identity": squared_distance(from_paintings, paintings),
            "variation": losses.total_variation_loss(from_photos) + losses.total_variation_loss(from_paintings),
        }
        return terms, (
            ternary_loss(of_photos, FROM_PHOTO)
            + ternary_loss(of_paintings, FROM_PAINTING)
            + ternary_loss(of_real, REAL)
        )

    def check_sizes(self, height, width):
        if {height, width} - {None, SIDE}:
            raise ImageError(f"The pictures have {width} x {height} px: wanted {SIDE} x {SIDE}.")

    def call(self, photos):
        """G(x) for a tensor (batch, 32, 32, 3) of photos."""
        return self.generator(self.f(photos), training=False)

    def __call__(self, photos, paintings=None):
        """G(x) of photos.

        Args:
            photos: (32, 32, 3) or (n, 32, 32, 3) float in [-1, 1].
            paintings: Not looked at.

        Returns:
            Pictures of the photos' shape, float32.

        Raises:
            ImageError: The array is no picture, or has another size.
        """
        photos = _checked(photos)
        return self.draw(self.f(photos.reshape(-1, SIDE, SIDE, 3))).reshape(photos.shape)

    def draw(self, codes):
        """g: pictures (n, 32, 32, 3) in [-1, 1] from codes (n, 1, 1, n), what f may have seen in a photo."""
        return self._compiled_draw(tf.constant(codes)).numpy()


def _checked(pictures):
    pictures = images.check(pictures, "photo")
    if pictures.shape[-3:-1] != (SIDE, SIDE):
        height, width = pictures.shape[-3:-1]
        raise ImageError(f"The photo has {width} x {height} px: wanted {SIDE} x {SIDE}, so fit it to that first.")
    return pictures
