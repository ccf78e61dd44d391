"""DCGAN: small paintings from noise. No photo and no weights: two networks, and the adversarial loss alone.

    L_G = -E[log D(G(z))],   L_D = -E[log D(y)] - E[log(1 - D(G(z)))],   z ~ N(0, 1)

Radford, Metz and Chintala 2016, with the non-saturating loss of Goodfellow et al. 2014.
"""

import keras
import tensorflow as tf
from keras import layers, ops

from stylekit.errors import ImageError, SettingError
from stylekit.methods.gan import GAN, batch_norm, means, noise_of, seeded
from stylekit.nn import losses
from stylekit.training import distribution

SIDE = 28  # px: the article's generator begins at 7 x 7 and doubles twice
NOISE = 100  # numbers from which a picture is made
PENALTY = 10.0  # weight of the gradient penalty, as in its paper


@keras.saving.register_keras_serializable("stylekit")
class Dropout(layers.Dropout):
    """Keras' layer of this name; where devices share a batch, it drops other numbers on each of them."""

    def call(self, inputs, training=False):
        if not training or tf.distribute.get_replica_context().num_replicas_in_sync == 1:
            return super().call(inputs, training=training)
        seed = distribution.own(tf.cast(self.seed_generator.next(), tf.int64))
        return tf.nn.experimental.stateless_dropout(inputs, self.rate, seed)


def dcgan_generator(noise=NOISE, width=64):
    """Build the article's generator.

    Args:
        noise: Length of the noise vector.
        width: Channels before the last layer; 64 is the article's.

    Returns:
        Model from noise (batch, noise) to pictures (batch, 28, 28, 3) in [-1, 1].

    After Radford, Metz and Chintala 2016, section 3.
    """
    return keras.Sequential(
        [
            layers.Input((noise,)),
            layers.Dense(7 * 7 * 4 * width, use_bias=False),
            batch_norm(),
            layers.LeakyReLU(),
            layers.Reshape((7, 7, 4 * width)),
            layers.Conv2DTranspose(2 * width, 5, 1, padding="same", use_bias=False),
            batch_norm(),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(width, 5, 2, padding="same", use_bias=False),
            batch_norm(),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(3, 5, 2, padding="same", use_bias=False, activation="tanh"),
        ],
        name="generator",
    )


def dcgan_discriminator(side=SIDE, width=64):
    """Build the article's discriminator.

    Args:
        side: Of the pictures, px; its dense layer needs to know how many numbers come in.
        width: Channels after the first layer.

    Returns:
        Model from pictures (batch, side, side, 3) in [-1, 1] to logits (batch, 1), > 0 for real.
    """
    return keras.Sequential(
        [
            layers.Input((side, side, 3)),
            layers.Conv2D(width, 5, 2, padding="same"),
            layers.LeakyReLU(),
            Dropout(0.3),
            layers.Conv2D(2 * width, 5, 2, padding="same"),
            layers.LeakyReLU(),
            Dropout(0.3),
            layers.Flatten(),
            layers.Dense(1),
        ],
        name="discriminator",
    )


def radford_generator(noise=NOISE, width=128):
    """Build the paper's generator: the maps of each layer are twice as large as those of the layer before.

    Args:
        noise: Length of the noise vector.
        width: Channels before the last layer; 128 is the paper's, after 1024, 512 and 256.

    Returns:
        Model from noise (batch, noise) to pictures (batch, 64, 64, 3) in [-1, 1].

    Radford, Metz and Chintala 2016, figure 1.
    """
    network = [layers.Input((noise,)), layers.Dense(4 * 4 * 8 * width, use_bias=False, kernel_initializer=_near_0())]
    network += [layers.Reshape((4, 4, 8 * width)), batch_norm(), layers.ReLU()]
    for channels in (4 * width, 2 * width, width):
        network.append(_doubling(channels, use_bias=False))
        network += [batch_norm(), layers.ReLU()]
    return keras.Sequential([*network, _doubling(3, activation="tanh")], name="generator")


def radford_discriminator(width=128):
    """Build the paper's discriminator: each layer halves the picture; all but the first and the last have batch norm.

    Args:
        width: Channels after the first layer.

    Returns:
        Model from pictures (batch, 64, 64, 3) in [-1, 1] to logits (batch, 1), > 0 for real.

    Radford, Metz and Chintala 2016, section 3.
    """
    network = [layers.Input((64, 64, 3))]
    for level in range(4):
        first = level == 0
        network.append(layers.Conv2D(width * 2**level, 5, 2, "same", use_bias=first, kernel_initializer=_near_0()))
        network += [] if first else [batch_norm()]
        network.append(layers.LeakyReLU(0.2))
    return keras.Sequential([*network, layers.Flatten(), layers.Dense(1)], name="discriminator")


def _doubling(channels, **settings):
    return layers.Conv2DTranspose(channels, 5, 2, padding="same", kernel_initializer=_near_0(), **settings)


def _near_0():
    return keras.initializers.RandomNormal(0.0, 0.02)


NETWORKS = {28: (dcgan_generator, dcgan_discriminator), 64: (radford_generator, radford_discriminator)}


@keras.saving.register_keras_serializable("stylekit")
class DCGAN(GAN):
    """G(z) against D: a `keras.Model`. Of its batches only the paintings are looked at.

    >>> gan = DCGAN()
    >>> Trainer(gan).fit(Batches(paintings, paintings, crop=28, batch_size=32), steps=400)
    >>> pictures = gan.sample(16)

    Args:
        width: Size of both networks.
        learning_rate: Of both optimisers, a number or a Keras schedule.
        adversarial_form: Key of `losses.ADVERSARIAL`; "wasserstein" comes with the gradient penalty.
        seed: Decides the first weights.
        side: Of the pictures, px. 28 takes the article's networks, 64 the paper's, which has a width of 128.
        discriminator_learning_rate: Of D's optimiser, if another one.

    Raises:
        SettingError: There are no networks for this side.
    """

    extra_terms = ("generator", "discriminator")

    def __init__(
        self,
        width=64,
        learning_rate=2e-4,
        adversarial_form="non_saturating",
        seed=0,
        side=SIDE,
        discriminator_learning_rate=None,
        **kwargs,
    ):
        if side not in NETWORKS:
            raise SettingError(f"The side is {side!r} px: wanted one of {', '.join(map(str, NETWORKS))}.")
        super().__init__(**kwargs)
        self.side = side
        self.penalised = adversarial_form == "wasserstein"
        self.discriminator_loss, self.generator_loss = losses.ADVERSARIAL[adversarial_form]
        with seeded(seed):
            self.generator, self.discriminator = (build(width=width) for build in NETWORKS[side])
        self.compile_adam(learning_rate, discriminator_learning_rate, beta_1=0.5)

    def parts(self):
        """What a checkpoint must hold so that training can go on: dict name -> trackable."""
        # what Dropout draws next: Keras does not count it to the parts of a network that a checkpoint keeps
        dropout = [variable.value for variable in self.discriminator.non_trainable_variables]
        return super().parts() | {"dropout": dropout}

    def losses_of(self, photos, paintings, seed, training=True):
        """G's loss and D's, from one pass of D over real and fake together.

        Args:
            photos: Not looked at.
            paintings: (batch, side, side, 3) in [-1, 1].
            seed: (2,) integers, which decide the noise.
            training: Whether batch norm takes the statistics of the batch, and dropout drops.

        Returns:
            {"generator": (batch,)}, and D's loss, (batch,).
        """
        z = distribution.draw(tf.random.stateless_normal, (ops.shape(paintings)[0], NOISE), seed)
        generated = self.generator(z, training=training)
        verdicts = self.discriminator(ops.concatenate([paintings, generated]), training=training)
        real, fake = ops.split(verdicts, 2)
        discriminator_loss = ops.mean(self.discriminator_loss(real, fake))
        if self.penalised:
            discriminator_loss += PENALTY * ops.mean(self.penalty(paintings, generated, seed, training))
        return {"generator": self.generator_loss(fake)}, discriminator_loss

    def step(self, photos, paintings, seed, only=None):
        """Train D and G on one batch, each by its own loss. Arguments as for `GAN.step`.

        Returns:
            {"generator": scalar, "discriminator": scalar}.
        """
        with tf.GradientTape(persistent=True) as tape:
            terms, discriminator_loss = self.losses_of(photos, paintings, seed)
            generator_loss = ops.mean(terms["generator"])
        self.learn(tape, generator_loss, discriminator_loss, only)
        return means(terms, discriminator_loss)

    def penalty(self, paintings, generated, seed, training=True):
        """The gradient penalty between paintings and G's pictures, (batch, side, side, 3) each. Returns (batch,)."""
        share = distribution.draw(tf.random.stateless_uniform, (ops.shape(paintings)[0], 1, 1, 1), seed)
        between = tf.stop_gradient(share * paintings + (1 - share) * generated)
        with tf.GradientTape() as tape:
            tape.watch(between)
            verdicts = self.discriminator(between, training=training)
        return losses.gradient_penalty(tape.gradient(verdicts, between))

    def total_loss(self, terms):
        return terms["generator"]

    def check_sizes(self, height, width):
        if {height, width} - {None, self.side}:
            raise ImageError(
                f"The crops are {width} x {height} px, but this G makes pictures of {self.side} px: wanted "
                f"Batches(..., crop={self.side})."
            )

    def call(self, noise):
        """G(z) for a tensor (n, 100) of noise."""
        return ops.cast(self.generator(noise, training=False), "float32")

    def sample(self, noise):
        """Paintings from noise.

        Args:
            noise: Array (n, 100) of standard normal numbers, or n, which draws them with the seed 0.

        Returns:
            Array (n, side, side, 3) in [-1, 1].

        Raises:
            SettingError: The noise has another shape.
        """
        return ops.convert_to_numpy(self.call(noise_of(noise, NOISE)))

    def __call__(self, noise, paintings=None):
        """As `sample(noise)`, for callbacks that draw while training runs: `Samples(noise, None)`."""
        return self.sample(noise)
