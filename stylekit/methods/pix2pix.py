"""pix2pix: from a photo to its painting, learned from pairs in which the right answer is known.

Isola, Zhu, Zhou and Efros, "Image-to-Image Translation with Conditional Adversarial Networks", CVPR 2017.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from stylekit import images
from stylekit.errors import DataError, ImageError, SettingError
from stylekit.methods.gan import GAN, means
from stylekit.nn import losses
from stylekit.nn.layers import BatchNorm, SeededDropout
from stylekit.training.adam import Adam
from stylekit.training.objective import Objective

SIDE = 256  # px, the paper's pictures
DROPPED = 3  # blocks of the decoder with dropout


def _convolution(kind, channels, stride=2, padding="same", bias=False):
    """4 x 4, as all of the paper's, with its first weights. bias: wherever no batch norm follows, which has its own."""
    first = keras.initializers.RandomNormal(0.0, 0.02)
    return kind(channels, 4, stride, padding=padding, use_bias=bias, kernel_initializer=first)


def unet_generator(side=SIDE, width=64, skips=True):
    """U-Net: a photo is halved until one pixel is left, and drawn again with what each size remembers.

    side: px, a power of two; 256 is the paper's. width: channels after the first layer; 64 is the paper's, with 54.4
    million parameters. skips=False leaves the connections between equal sizes out: the paper's encoder-decoder.
    Returns a model, called with [photos, z]: (batch, h, w, 3) in [-1, 1], h and w multiples of `side`, and (2,)
    integers that decide what dropout drops. It gives (batch, h, w, 3) in [-1, 1]. Raises SettingError for another side.
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
    """PatchGAN: one logit for every patch of a painting, > 0 for real.

    width: channels after the first layer; 64 is the paper's, with 2.8 million parameters. halvings: 3 for patches of
    70 x 70 px, the paper's; 2 for 34 x 34, 1 for 16 x 16. conditioned: D sees the photo too, stacked on the painting.
    Returns a model, called with [photos, paintings] or, not conditioned, with paintings: (batch, h, w, 3) each. It
    gives logits (batch, h', w', 1); 30 x 30 for 256 x 256 px.
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


class Pix2Pix(GAN):
    """G(x, z) against D(x, y), for `training.Trainer`, with pairs of photo and painting.

    >>> method = Pix2Pix(side=64, width=16, halvings=1)
    >>> Trainer(method).fit(Batches(photos, paintings, crop=64, batch_size=1, paired=True), steps=600)
    >>> pictures = method(photos)

    side, width: of both networks as for `unet_generator`; left out, the paper's. halvings, conditioned: of D.
    skips: of G. l1, adversarial: weights of G's two terms; `objective.weights` changes them at any time, and with
    0 a term is switched off. learning_rate: of both optimisers. seed: decides the first weights.
    """

    def __init__(self, side=SIDE, width=64, halvings=3, conditioned=True, skips=True, l1=100.0, adversarial=1.0,
                 learning_rate=2e-4, seed=0):  # fmt: skip
        keras.utils.set_random_seed(seed)
        self.side, self.conditioned = side, conditioned
        self.objective = Objective(adversarial=adversarial, l1=l1)
        self.generator = unet_generator(side, width, skips)
        self.discriminator = pix2pix_discriminator(width, halvings, conditioned)
        self.generator_optimizer = Adam(learning_rate, beta_1=0.5)
        self.discriminator_optimizer = Adam(learning_rate, beta_1=0.5)
        self.build_optimizers()
        self._compiled_draw = tf.function(lambda photos, z: self.generator([photos, z]))

    def check_batches(self, batches):
        """Refuse pairs that this method cannot learn from. Raises DataError if unpaired, ImageError for their size."""
        if not batches.paired:
            raise DataError(
                "pix2pix learns from the right answer to each photo, but these photos and paintings are drawn "
                "independently: wanted Batches(..., paired=True), or a method for unpaired pictures."
            )
        if batches.crop % self.side:
            raise ImageError(
                f"The crops are {batches.crop} x {batches.crop} px, but this U-Net halves them down to one pixel: wanted a "
                f"crop that is a multiple of {self.side} px, or a method of another side."
            )

    def judged(self, photos, paintings):
        """D's logits of paintings (batch, h, w, 3), beside their photos where it is conditioned."""
        return self.discriminator([photos, paintings] if self.conditioned else paintings)

    def losses_of(self, photos, paintings, z):
        """G's two terms and D's loss, per image.

        photos, paintings: (batch, h, w, 3) in [-1, 1], painting i is the answer to photo i. z: (2,) integers.
        Returns dict term -> (batch,), (batch,); D's is log 2 = 0.69 for a guess: the paper takes half of it.
        """
        generated = self.generator([photos, z])
        # two passes, as in the paper: in one, a real painting would be normalised by the statistics of a fake one,
        # and D would judge a mixture that it never meets with a picture alone
        real, fake = self.judged(photos, paintings), self.judged(photos, generated)
        terms = {
            "adversarial": losses.non_saturating_generator_loss(fake),
            "l1": losses.pixel_style_loss(generated, paintings),
        }
        return terms, losses.log_discriminator_loss(real, fake) / 2

    def step(self, photos, paintings, seed, only=None):
        """Train G and D on one batch of pairs, as for `losses_of`, both with gradients of the same moment.

        seed: (2,) integers, z. only: "generator" or "discriminator", to train one of them.
        Returns dict term -> scalar, unweighted.
        """
        with tf.GradientTape(persistent=True) as tape:
            terms, discriminator_loss = self.losses_of(photos, paintings, seed)
            total, discriminator_loss = self.objective(terms), ops.mean(discriminator_loss)
        self.learn(tape, total, discriminator_loss, only)
        return means(terms, discriminator_loss)

    def __call__(self, photos, paintings=None, seed=0):
        """G(x, z) of one photo (h, w, 3) or several (n, h, w, 3) in [-1, 1]; sides are multiples of `side` px.

        paintings: not looked at. seed: decides z, what dropout drops: it stays on, as in the paper. Photos are painted
        one by one, so that what else is in the batch does not change a picture. Returns pictures of the photos' shape.
        Raises ImageError for wrong arrays.
        """
        photos = images.check(photos, "photo")
        height, width = photos.shape[-3:-1]
        if height % self.side or width % self.side:
            raise ImageError(
                f"The photo has {width} x {height} px: wanted sides that are multiples of {self.side}, because this "
                "U-Net halves them down to one pixel; fit it to a size first."
            )
        z = tf.constant([seed, 0], tf.int64)
        batches = tf.constant(photos.reshape(-1, 1, height, width, 3))
        return np.reshape([self._compiled_draw(batch, z).numpy() for batch in batches], photos.shape)
