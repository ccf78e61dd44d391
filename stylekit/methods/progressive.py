"""Progressive growing: pictures from noise, first of 4 x 4 px, then of 8 x 8 and so on, the large shapes first.

G and D, whose layers are in `growing`, grow together. A new size is faded in, so that nothing learned is lost at once.
Karras, Aila, Laine and Lehtinen, "Progressive Growing of GANs for Improved Quality, Stability, and Variation", 2018.
"""

from functools import partial

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from stylekit.errors import ImageError, SettingError
from stylekit.nn import losses
from stylekit.nn.growing import (
    enlarged,
    fade_in,
    growing_discriminators,
    growing_generators,
    shrunk,
    sides_until,
)
from stylekit.training.adam import Adam
from stylekit.training.callbacks import MovingAverage

FEW = 32  # pictures that are drawn at a time: every map of them is in memory
PENALTY, DRIFT = 10.0, 0.001  # weights in D's loss: of its slope, and of its distance from 0


def critic_loss(real_logits, fake_logits, gradients):
    """What D makes small: the Wasserstein form with its gradient penalty, and 0.001 D(real)^2 so that D does not drift.

    real_logits, fake_logits: (batch, 1). gradients: as for `losses.gradient_penalty`. Returns (batch,).
    Appendix A.1, and Gulrajani et al. 2017.
    """
    distance = losses.wasserstein_discriminator_loss(real_logits, fake_logits)
    drift = losses.per_image_mean(ops.square(real_logits))
    return distance + PENALTY * losses.gradient_penalty(gradients) + DRIFT * drift


class Progressive:
    """G(noise) against D, growing together, for `training.Trainer`; the photos of its batches are not looked at.

    >>> gan = Progressive(side=32, width=32, phase=200)
    >>> Trainer(gan).fit(Batches(paintings, paintings, crop=32, batch_size=16), steps=gan.growth + 600)
    >>> pictures = gan.sample(16)

    side, width, widest: of the networks as for `growing.growing_generators`; left out, the paper's. phase: steps for
    which a stage is faded in, and for which it then trains; the paper shows 800 000 pictures in each. With 0 nothing
    grows: the last stage trains from the beginning. learning_rate: of both optimisers. momentum: of the average of G's
    weights that draws the samples. seed: decides the first weights. Raises SettingError for numbers that cannot be.
    """

    def __init__(self, side=1024, width=512, widest=32, phase=50_000, learning_rate=1e-3, momentum=0.999, seed=0):
        for name, value, least in (("width", width, 1), ("widest", widest, 1), ("phase", phase, 0)):
            if not isinstance(value, int) or value < least:
                raise SettingError(f"The {name} is {value!r}: wanted a whole number from {least} on.")
        self.sides, self.width, self.phase = sides_until(side), width, phase
        keras.utils.set_random_seed(seed)
        # the layers of all stages are there from the beginning, so that a checkpoint holds the same at any moment
        self.generators = growing_generators(side, width, widest)
        self.discriminators = growing_discriminators(side, width, widest)
        self.optimizers = [Adam(learning_rate, beta_1=0.0, beta_2=0.99, epsilon=1e-8) for _ in range(2)]
        for optimizer, stages in zip(self.optimizers, (self.generators, self.discriminators), strict=True):
            optimizer.build(_weights(stages))
        self.average = MovingAverage(_weights(self.generators), momentum)
        self._age = tf.Variable(0, dtype=tf.int64, name="age")  # steps taken: it decides stage and alpha

    @property
    def growth(self):
        """How many steps it takes until the last stage is wholly faded in."""
        return self.phase * 2 * (len(self.sides) - 1)

    def moment(self, age):
        """Where growing is after `age` steps: the number of the stage, and alpha. Both are scalar tensors.

        The phases take turns: 4 px, fade to 8 px, 8 px, fade to 16 px, 16 px ...
        """
        last = len(self.sides) - 1
        if not self.phase:
            return tf.constant(last), tf.constant(1.0)
        phases = tf.minimum(tf.cast(age, tf.float32) / self.phase, 2.0 * last)
        number = tf.cast(phases, tf.int32)
        alpha = tf.where(number % 2 == 1, phases - tf.cast(number, tf.float32), 1.0)
        return (number + 1) // 2, alpha

    def parts(self):
        """What a checkpoint must hold so that training can go on: dict name -> trackable."""
        return {
            "generators": self.generators,
            "discriminators": self.discriminators,
            "optimizers": self.optimizers,
            "average": self.average.averages,
            "age": self._age,
        }

    def variables(self):
        """Every variable that a step changes."""
        optimizers = [variable for optimizer in self.optimizers for variable in optimizer.variables]
        weights = _weights(self.generators) + _weights(self.discriminators)
        return [*weights, *optimizers, *self.average.averages, self._age]

    def check_batches(self, batches):
        """Refuse pairs whose pictures are not of the final side. Raises ImageError."""
        height, width = batches.dataset().element_spec[1].shape[1:3]
        if (height, width) != (self.sides[-1], self.sides[-1]):
            raise ImageError(
                f"The pictures have {width} x {height} px, but this method grows to {self.sides[-1]}: wanted pictures "
                "of the final side, which it shrinks by itself at the earlier stages."
            )

    def step(self, photos, paintings, seed, only=None):
        """Train D and G on one batch of paintings, (batch, side, side, 3) in [-1, 1], at the stage that is due.

        seed: (2,) integers that decide the noise. only: "generator" or "discriminator", to train one of them.
        Returns dict term -> scalar. All stages are compiled at once, but only the work of one is done.
        """
        stage, alpha = self.moment(self._age)
        self._age.assign_add(1)
        if not self.phase:
            return self._step_at(len(self.sides) - 1, alpha, paintings, seed, only)
        stages = range(len(self.sides))
        return tf.switch_case(stage, [partial(self._step_at, s, alpha, paintings, seed, only) for s in stages])

    def _step_at(self, stage, alpha, paintings, seed, only):
        generator, discriminator = self.generators[stage], self.discriminators[stage]
        real = self.seen(paintings, stage, alpha)
        noise = tf.random.stateless_normal((paintings.shape[0], self.width), seed)
        with tf.GradientTape(persistent=True) as tape:
            fake = generator([noise, alpha])
            # two passes: in one, minibatch deviation would mix real pictures and fakes
            real_logits, fake_logits = discriminator([real, alpha]), discriminator([fake, alpha])
            slopes = self._slopes(discriminator, real, fake, alpha, seed)
            generator_loss = ops.mean(losses.critic_generator_loss(fake_logits))
            discriminator_loss = ops.mean(critic_loss(real_logits, fake_logits, slopes))
        of_generator, of_discriminator = self.optimizers
        if only != "discriminator":
            variables = generator.trainable_variables
            of_generator.apply(tape.gradient(generator_loss, variables), variables)
            self.average(None, None)
        if only != "generator":
            variables = discriminator.trainable_variables
            of_discriminator.apply(tape.gradient(discriminator_loss, variables), variables)
        distance = ops.mean(real_logits) - ops.mean(fake_logits)
        return {"generator": generator_loss, "discriminator": discriminator_loss, "distance": distance}

    @staticmethod
    def _slopes(discriminator, real, fake, alpha, seed):
        """D's gradient at pictures between real ones and fakes: (batch, h, h, 3), for the penalty."""
        share = tf.random.stateless_uniform((real.shape[0], 1, 1, 1), seed)
        between = tf.stop_gradient(share * real + (1 - share) * fake)
        with tf.GradientTape() as tape:
            tape.watch(between)
            logits = discriminator([between, alpha])
        return tape.gradient(logits, between)

    def seen(self, paintings, stage, alpha):
        """Real pictures as D sees them at a stage: as small as G's, and faded like them.

        paintings: (batch, side, side, 3). Returns (batch, h, h, 3), h = 4 * 2 ** stage.
        """
        pictures = shrunk(paintings, self.sides[-1] // self.sides[stage])
        return fade_in(enlarged(shrunk(pictures)), pictures, alpha) if stage else pictures

    def sample(self, noise, stage=None, alpha=1.0):
        """Pictures from noise, by the average of G's weights: (n, h, h, 3) in [-1, 1].

        noise: (n, width) standard normal numbers, or n, which draws them with the seed 0. stage: a number from 0 for
        4 px on, and alpha in [0, 1], how far it is faded in; left out, where growing is. h = 4 * 2 ** stage px.
        Raises SettingError for wrong noise or a stage that there is not.
        """
        if isinstance(noise, int):
            noise = np.random.default_rng(0).normal(size=(noise, self.width))
        noise = np.asarray(noise, "float32")
        if noise.ndim != 2 or noise.shape[1] != self.width or not len(noise) or not np.isfinite(noise).all():
            raise SettingError(f"The noise has the shape {noise.shape}: wanted (n, {self.width}) finite numbers.")
        if stage is None:
            stage, alpha = (number.numpy() for number in self.moment(self._age))
        if stage not in range(len(self.sides)) or not 0 <= alpha <= 1:
            raise SettingError(
                f"The stage is {stage!r} and alpha {alpha!r}: wanted 0 to {len(self.sides) - 1}, and 0 to 1."
            )
        parts = [tf.constant(noise[i : i + FEW]) for i in range(0, len(noise), FEW)]
        self.average.swap()
        try:
            pictures = [self.generators[stage]([part, tf.constant(alpha, tf.float32)]) for part in parts]
        finally:
            self.average.swap()
        return np.clip(np.concatenate(pictures), -1, 1)

    def __call__(self, noise, paintings=None):
        """`sample(noise)`, for callbacks that draw while training runs: `Samples(noise, None)`."""
        return self.sample(noise)


def _weights(stages):
    """The weights of all stages' models, each once: they share most."""
    return list({id(variable): variable for model in stages for variable in model.trainable_variables}.values())
