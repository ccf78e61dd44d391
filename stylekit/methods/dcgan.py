"""DCGAN: small paintings from noise. No photo and no weights: two networks, and the adversarial loss alone."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from stylekit.errors import ImageError, SettingError
from stylekit.methods.gan import GAN
from stylekit.nn import losses
from stylekit.training.adam import Adam

SIDE = 28  # px: the article's generator begins at 7 x 7 and doubles twice
NOISE = 100  # numbers from which a picture is made
PENALTY = 10.0  # weight of the gradient penalty, as in its paper


def dcgan_generator(noise=NOISE, width=64):
    """The article's generator: (batch, noise) -> (batch, 28, 28, 3) in [-1, 1].

    noise: length of the vector. width: channels before the last layer; 64 is the article's. After Radford, Metz and
    Chintala 2016, section 3.
    """
    return keras.Sequential(
        [
            layers.Input((noise,)),
            layers.Dense(7 * 7 * 4 * width, use_bias=False),
            layers.BatchNormalization(momentum=0.9),  # Keras' 0.99 needs more steps than a lesson has
            layers.LeakyReLU(),
            layers.Reshape((7, 7, 4 * width)),
            layers.Conv2DTranspose(2 * width, 5, 1, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(width, 5, 2, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(3, 5, 2, padding="same", use_bias=False, activation="tanh"),
        ],
        name="generator",
    )


def dcgan_discriminator(side=SIDE, width=64):
    """The article's discriminator: (batch, side, side, 3) in [-1, 1] -> (batch, 1), a logit: above 0 means real.

    side: px; Dense needs to know how many numbers come in. width: channels after the first layer.
    """
    return keras.Sequential(
        [
            layers.Input((side, side, 3)),
            layers.Conv2D(width, 5, 2, padding="same"),
            layers.LeakyReLU(),
            layers.Dropout(0.3),
            layers.Conv2D(2 * width, 5, 2, padding="same"),
            layers.LeakyReLU(),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(1),
        ],
        name="discriminator",
    )


def radford_generator(noise=NOISE, width=128):
    """The paper's generator: (batch, noise) -> (batch, 64, 64, 3) in [-1, 1], every layer twice as large as the last.

    noise: length of the vector. width: channels before the last layer; 128 is the paper's, after 1024, 512 and 256.
    Radford, Metz and Chintala 2016, figure 1.
    """
    network = [layers.Input((noise,)), layers.Dense(4 * 4 * 8 * width, use_bias=False, kernel_initializer=_near_0())]
    network += [layers.Reshape((4, 4, 8 * width)), layers.BatchNormalization(momentum=0.9), layers.ReLU()]
    for channels in (4 * width, 2 * width, width):
        network.append(_doubling(channels, use_bias=False))
        network += [layers.BatchNormalization(momentum=0.9), layers.ReLU()]
    return keras.Sequential([*network, _doubling(3, activation="tanh")], name="generator")


def radford_discriminator(width=128):
    """The paper's discriminator, G turned round: (batch, 64, 64, 3) in [-1, 1] -> (batch, 1), a logit.

    width: channels after the first layer. Every layer halves the picture; batch norm everywhere but at the first and
    the last. Radford, Metz and Chintala 2016, section 3.
    """
    network = [layers.Input((64, 64, 3))]
    for level in range(4):
        first = level == 0
        network.append(layers.Conv2D(width * 2**level, 5, 2, "same", use_bias=first, kernel_initializer=_near_0()))
        network += [] if first else [layers.BatchNormalization(momentum=0.9)]
        network.append(layers.LeakyReLU(0.2))
    return keras.Sequential([*network, layers.Flatten(), layers.Dense(1)], name="discriminator")


def _doubling(channels, **settings):
    return layers.Conv2DTranspose(channels, 5, 2, padding="same", kernel_initializer=_near_0(), **settings)


def _near_0():
    return keras.initializers.RandomNormal(0.0, 0.02)


NETWORKS = {28: (dcgan_generator, dcgan_discriminator), 64: (radford_generator, radford_discriminator)}


class DCGAN(GAN):
    """G(noise) against D, for `training.Trainer`; the photos of its batches are not looked at.

    >>> gan = DCGAN()
    >>> Trainer(gan).fit(Batches(paintings, paintings, crop=28, batch_size=32), steps=400)
    >>> pictures = gan.sample(16)

    width: size of both networks. learning_rate: of both optimisers. adversarial_form: a key of `losses.ADVERSARIAL`;
    "wasserstein" comes with the gradient penalty. seed: decides the first weights. side: of the pictures, px; 28 takes
    the article's networks, 64 the paper's, which has a width of 128. Raises SettingError for another side.
    Radford, Metz and Chintala 2016, with the loss of Goodfellow et al. 2014 in its non-saturating form.
    """

    def __init__(self, width=64, learning_rate=2e-4, adversarial_form="non_saturating", seed=0, side=SIDE):
        if side not in NETWORKS:
            raise SettingError(f"The side is {side!r} px: wanted one of {', '.join(map(str, NETWORKS))}.")
        keras.utils.set_random_seed(seed)
        self.side = side
        self.penalised = adversarial_form == "wasserstein"
        self.discriminator_loss, self.generator_loss = losses.ADVERSARIAL[adversarial_form]
        self.generator, self.discriminator = (build(width=width) for build in NETWORKS[side])
        self.generator_optimizer = Adam(learning_rate, beta_1=0.5)
        self.discriminator_optimizer = Adam(learning_rate, beta_1=0.5)
        self.build_optimizers()

    def parts(self):
        """What a checkpoint must hold so that training can go on: dict name -> trackable."""
        # what Dropout draws next: Keras does not count it to the parts of a network that a checkpoint keeps
        dropout = [variable.value for variable in self.discriminator.non_trainable_variables]
        return super().parts() | {"dropout": dropout}

    def check_batches(self, batches):
        """Refuse crops of another side than G's pictures. Raises ImageError."""
        if batches.crop != self.side:
            raise ImageError(
                f"The crops are {batches.crop} x {batches.crop} px, but this G makes pictures of {self.side} px: wanted "
                f"Batches(..., crop={self.side})."
            )

    def step(self, photos, paintings, seed, only=None):
        """Train D and G on one batch of paintings, (batch, side, side, 3) in [-1, 1].

        seed: (2,) integers that decide the noise. only: "generator" or "discriminator", to train one of them.
        Returns dict term -> scalar.
        """
        noise = tf.random.stateless_normal((paintings.shape[0], NOISE), seed)
        with tf.GradientTape(persistent=True) as tape:
            generated = self.generator(noise, training=True)
            verdicts = self.discriminator(ops.concatenate([paintings, generated]), training=True)
            real, fake = ops.split(verdicts, 2)
            generator_loss = ops.mean(self.generator_loss(fake))
            discriminator_loss = ops.mean(self.discriminator_loss(real, fake))
            if self.penalised:
                discriminator_loss += PENALTY * ops.mean(self.penalty(paintings, generated, seed))
        self.learn(tape, generator_loss, discriminator_loss, only)
        return {"generator": generator_loss, "discriminator": discriminator_loss}

    def penalty(self, paintings, generated, seed):
        """The gradient penalty between paintings and G's pictures, (batch, side, side, 3) each. Returns (batch,)."""
        share = tf.random.stateless_uniform((paintings.shape[0], 1, 1, 1), seed)
        between = tf.stop_gradient(share * paintings + (1 - share) * generated)
        with tf.GradientTape() as tape:
            tape.watch(between)
            verdicts = self.discriminator(between, training=True)
        return losses.gradient_penalty(tape.gradient(verdicts, between))

    def sample(self, noise):
        """Paintings from noise: (n, side, side, 3) in [-1, 1].

        noise: (n, 100) standard normal numbers, or n, which draws them with the seed 0.
        """
        if isinstance(noise, int):
            noise = np.random.default_rng(0).normal(size=(noise, NOISE))
        noise = np.asarray(noise, "float32")
        if noise.ndim != 2 or noise.shape[1] != NOISE or not np.isfinite(noise).all():
            raise SettingError(f"The noise has the shape {noise.shape}: wanted (n, {NOISE}) finite numbers.")
        return ops.convert_to_numpy(ops.cast(self.generator(noise, training=False), "float32"))
