"""pix2pix: from a photo to its painting, learned from pairs in which the right answer is known.

    L(G, D) = E[log D(x, y)] + E[log(1 - D(x, G(x, z)))] + 100 E[|y - G(x, z)|]            eq. 1, 3 and 4

G maximises log D(x, G(x, z)) instead of minimising log(1 - D(x, G(x, z))), and D's part is halved (section 3.3).
Isola, Zhu, Zhou and Efros, "Image-to-Image Translation with Conditional Adversarial Networks", CVPR 2017.
"""

import keras
import tensorflow as tf
from keras import layers

from stylekit.errors import DataError, ImageError, SettingError
from stylekit.methods.gan import GAN, divisible, drawn, seeded
from stylekit.nn import losses
from stylekit.nn.layers import BatchNorm, SeededDropout
from stylekit.training import distribution
from stylekit.training.objective import Objective

SIDE = 256  # px, the paper's pictures
DROPPED = 3  # blocks of the decoder with dropout


def _convolution(kind, channels, stride=2, padding="same", bias=False):
    """A convolution of 4 x 4 with the paper's first weights; a batch norm that follows has a bias of its own."""
    first = keras.initializers.RandomNormal(0.0, 0.02)
    return kind(channels, 4, stride, padding=padding, use_bias=bias, kernel_initializer=first)


def unet_generator(side=SIDE, width=64, skips=True):
    """Build a U-Net: it halves a photo until one pixel is left, and draws it again with the maps of each size.

    Args:
        side: In px, a power of two; 256 is the paper's.
        width: Channels after the first layer; 64 is the paper's, with 54.4 million parameters.
        skips: Whether layers of equal size are connected; without, it is the paper's encoder-decoder.

    Returns:
        Model of [photos, z]: (batch, h, w, 3) in [-1, 1], h and w multiples of `side`, and (2,) integers that decide
        what dropout drops. Its output is (batch, h, w, 3) in [-1, 1].

    Raises:
        SettingError: The side is no power of two.
    """
    levels = int(side).bit_length() - 1
    if side != 2**levels or levels < 2:
        raise SettingError(f"The side is {side!r} px: wanted a power of two from 4 on, such as 64 or 256.")
    photo, z = layers.Input((None, None, 3), name="photo"), layers.Input(batch_shape=(2,), dtype="int64", name="z")
    channels = [width * min(2**level, 8) for level in range(levels)]
    x, seen = photo, []
    for level in range(levels):
        plain = level in (0, levels - 1)  # in the middle, a batch norm of one picture would leave nothing but zeros
        x = _convolution(layers.Conv2D, channels[level], bias=plain)(x)
        x = layers.LeakyReLU(0.2)(x if plain else BatchNorm()(x))
        seen.append(x)
    for place, level in enumerate(reversed(range(levels - 1))):
        x = BatchNorm()(_convolution(layers.Conv2DTranspose, channels[level])(x))
        x = layers.ReLU()(SeededDropout(place)([x, z]) if place < DROPPED else x)
        x = layers.Concatenate()([x, seen[level]]) if skips else x
    x = _convolution(layers.Conv2DTranspose, 3, bias=True)(x)
    return keras.Model([photo, z], layers.Activation("tanh", dtype="float32")(x), name="generator")


def pix2pix_discriminator(width=64, halvings=3, conditioned=True):
    """Build a PatchGAN: one logit for each patch of a painting.

    Args:
        width: Channels after the first layer; 64 is the paper's, with 2.8 million parameters.
        halvings: 3 for patches of 70 x 70 px, the paper's; 2 for 34 x 34, 1 for 16 x 16.
        conditioned: Whether D sees the photo too, stacked on the painting.

    Returns:
        Model of [photos, paintings] or, not conditioned, of paintings, (batch, h, w, 3) each. Its output is logits
        (batch, h', w', 1), > 0 for real; 30 x 30 for 256 x 256 px.
    """
    photo, painting = layers.Input((None, None, 3), name="photo"), layers.Input((None, None, 3), name="painting")
    x = layers.Concatenate()([photo, painting]) if conditioned else painting
    x = layers.LeakyReLU(0.2)(_convolution(layers.Conv2D, width, bias=True)(x))
    for level in range(1, halvings + 1):
        stride = 2 if level < halvings else 1
        x = _convolution(layers.Conv2D, width * min(2**level, 8), stride, "valid")(layers.ZeroPadding2D(1)(x))
        x = layers.LeakyReLU(0.2)(BatchNorm()(x))
    logits = _convolution(layers.Conv2D, 1, 1, "valid", bias=True)(layers.ZeroPadding2D(1)(x))
    return keras.Model([photo, painting] if conditioned else painting, logits, name="discriminator")


@keras.saving.register_keras_serializable("stylekit")
class Pix2Pix(GAN):
    """G(x, z) against D(x, y), with pairs of photo and painting: a `keras.Model`.

    >>> method = Pix2Pix(side=64, width=16, halvings=1)
    >>> Trainer(method).fit(Batches(photos, paintings, crop=64, batch_size=1, paired=True), steps=600)
    >>> pictures = method(photos)

    Args:
        side: Of the U-Net, as for `unet_generator`.
        width: Channels of both networks' first layers; 64 is the paper's.
        halvings: Of D, as for `pix2pix_discriminator`.
        conditioned: Whether D sees the photo too.
        skips: Whether G has connections between layers of equal size.
        l1: Weight of the L1 term. `objective.weights` changes it at any time; 0 switches the term off.
        adversarial: Weight of the adversarial term, likewise.
        learning_rate: Of both optimisers, a number or a Keras schedule.
        seed: Decides the first weights.
        discriminator_learning_rate: Of D's optimiser, if another one.
    """

    def __init__(
        self,
        side=SIDE,
        width=64,
        halvings=3,
        conditioned=True,
        skips=True,
        l1=100.0,
        adversarial=1.0,
        learning_rate=2e-4,
        seed=0,
        discriminator_learning_rate=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.side, self.conditioned = side, conditioned
        self.objective = Objective(adversarial=adversarial, l1=l1)
        with seeded(seed):
            self.generator = unet_generator(side, width, skips)
            self.discriminator = pix2pix_discriminator(width, halvings, conditioned)
        self.compile_adam(learning_rate, discriminator_learning_rate, beta_1=0.5)
        self._compiled_draw = tf.function(lambda photos, z: self.generator([photos, z]), autograph=False)

    def losses_of(self, x, y, z, training=True):
        """G's two terms and D's loss.

        Args:
            x: Photos (batch, h, w, 3) in [-1, 1].
            y: Paintings of the same shape; y[i] is the answer to x[i].
            z: (2,) integers, which decide what dropout drops.
            training: Makes no difference: batch norm and dropout work in use as in training.

        Returns:
            Dict term -> (batch,), and D's loss, (batch,): log 2 = 0.69 where D guesses.
        """
        fake_y = self.generator([x, distribution.own(z)])
        # two passes, as in the paper: in one, batch norm would mix real and fake, and D would judge a mixture that it
        # never meets with a picture alone
        real, fake = self.judged(x, y), self.judged(x, fake_y)
        terms = {
            "adversarial": losses.non_saturating_generator_loss(fake),
            "l1": losses.pixel_style_loss(fake_y, y),
        }
        return terms, losses.log_discriminator_loss(real, fake) / 2

    def judged(self, x, y):
        """D's logits of paintings y (batch, h, w, 3), beside their photos x where D is conditioned."""
        return self.discriminator([x, y] if self.conditioned else y)

    def check_batches(self, batches):
        """As `GAN.check_batches`; DataError if photos and paintings are no pairs."""
        if not getattr(batches, "paired", True):
            raise DataError(
                "pix2pix learns from the right answer to each photo, but these photos and paintings are drawn "
                "independently: wanted Batches(..., paired=True), or a method for unpaired pictures."
            )
        super().check_batches(batches)

    def check_sizes(self, height, width):
        if not divisible(height, width, self.side):
            raise ImageError(
                f"The crops are {width} x {height} px, but this U-Net halves them down to one pixel: wanted a crop "
                f"that is a multiple of {self.side} px, or a method of another side."
            )

    def call(self, photos):
        """G(x, z) for a tensor (batch, h, w, 3) of photos, with z of the seed 0."""
        return self.generator([photos, tf.constant([0, 0], tf.int64)])

    def __call__(self, photos, paintings=None, seed=0):
        """G(x, z) of photos, one by one, so that a picture does not depend on the others of the batch.

        Args:
            photos: (h, w, 3) or (n, h, w, 3) float in [-1, 1], sides multiples of `side` px.
            paintings: Not looked at.
            seed: Decides z, what dropout drops: it stays on, as in the paper.

        Returns:
            Pictures of the photos' shape, float32.

        Raises:
            ImageError: The array is no picture, or has other sides.
        """
        z = tf.constant([seed, 0], tf.int64)

        def one_by_one(batch):
            return [self._compiled_draw(photo[None], z) for photo in batch]

        return drawn(one_by_one, photos, "photo", self.side)
