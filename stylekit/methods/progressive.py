"""Progressive growing: pictures from noise, first of 4 x 4 px, then of 8 x 8 and so on, the large shapes first.

G and D grow together. A new size is faded in, so that nothing learned is lost at once.
Karras, Aila, Laine and Lehtinen, "Progressive Growing of GANs for Improved Quality, Stability, and Variation", 2018.
"""

import math
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from stylekit import losses
from stylekit.adam import Adam
from stylekit.callbacks import MovingAverage
from stylekit.errors import ImageError, SettingError

FIRST = 4  # px, the side of the first pictures
HE_GAIN = math.sqrt(2)  # a ReLU halves the mean square of what goes through
FEW = 32  # pictures that are drawn at a time: every map of them is in memory
PENALTY, DRIFT = 10.0, 0.001  # weights in D's loss: of its slope, and of its distance from 0


# --- the parts --------------------------------------------------------------------------------------------------------


@keras.saving.register_keras_serializable("stylekit")
class EqualisedConvolution(layers.Layer):
    """A convolution whose weights begin with deviation 1, and are scaled to what they have to be as they are used.

    Adam moves every weight by about its learning rate, whatever the weight's size: so all layers, wide or narrow, learn
    at the same pace. The scale is He's, gain / sqrt(inputs of a filter). Section 4.1.
    filters, size: of the kernel, px. padding: "same" or "valid". gain: sqrt 2 before a leaky ReLU, 1 before
    nothing. (batch, h, w, c) -> (batch, h', w', filters).
    """

    def __init__(self, filters, size, padding="same", gain=HE_GAIN, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.size, self.padding, self.gain = filters, size, padding, gain

    def build(self, shape):
        self.scale = self.gain / math.sqrt(self.size**2 * shape[-1])
        unit = keras.initializers.RandomNormal(0.0, 1.0)
        self.kernel = self.add_weight((self.size, self.size, shape[-1], self.filters), unit, name="kernel")
        self.bias = self.add_weight((self.filters,), "zeros", name="bias")

    def call(self, x):
        return ops.conv(x, self.scale * self.kernel, padding=self.padding) + self.bias

    def get_config(self):
        own = {"filters": self.filters, "size": self.size, "padding": self.padding, "gain": self.gain}
        return {**super().get_config(), **own}


def pixel_norm(x):
    """Each pixel's channels divided by their root mean square, so that no signal in G can grow out of bounds.

    x: (batch, ..., channels). Returns the same shape, with mean square 1 at every pixel. Section 4.2.
    """
    return x / ops.sqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + 1e-8)


def minibatch_deviation(x):
    """One channel more, which tells D how much the pictures of the batch differ: 0 if G makes always the same.

    Over the batch, the deviation of each number of the maps; the mean of all these, everywhere. Section 3.
    x: (batch, h, w, c). Returns (batch, h, w, c + 1).
    """
    deviation = ops.mean(ops.sqrt(ops.var(x, axis=0) + 1e-8))  # 1e-8: sqrt has no gradient at 0
    return ops.concatenate([x, ops.zeros_like(x[..., :1]) + deviation], axis=-1)


def fade_in(low, high, alpha):
    """From what the lower resolution gives (alpha 0) to what the new layers give (alpha 1). All of one shape."""
    return (1 - alpha) * low + alpha * high


def enlarged(x):
    """Twice as large: each pixel becomes 2 x 2. (batch, h, w, c) -> (batch, 2h, 2w, c)."""
    return ops.repeat(ops.repeat(x, 2, axis=1), 2, axis=2)


def shrunk(x, times=2):
    """The mean of every times x times pixels. (batch, h, w, c) -> (batch, h / times, w / times, c)."""
    return ops.average_pool(x, times, times)


def critic_loss(real_logits, fake_logits, gradients):
    """What D makes small: the Wasserstein form with its gradient penalty, and 0.001 D(real)^2 so that D does not drift.

    real_logits, fake_logits: (batch, 1). gradients: as for `losses.gradient_penalty`. Returns (batch,).
    Appendix A.1, and Gulrajani et al. 2017.
    """
    distance = losses.wasserstein_discriminator_loss(real_logits, fake_logits)
    drift = losses.per_image_mean(ops.square(real_logits))
    return distance + PENALTY * losses.gradient_penalty(gradients) + DRIFT * drift


# --- the networks -----------------------------------------------------------------------------------------------------


def sides_until(side):
    """4, 8, 16 ... side px. Raises SettingError for a side that doubling does not reach."""
    if not isinstance(side, int) or side not in [2**power for power in range(3, 11)]:
        raise SettingError(f"The side is {side!r} px: wanted a power of two from 8 to 1024, which 4 px can grow to.")
    return [2**power for power in range(2, side.bit_length())]


def channels(side, width=512, widest=32):
    """How many channels the layers of this resolution have: `width` up to `widest` px, then half at every doubling.

    The paper's are 512 at 4 to 32 px, 256 at 64 ... and 16 at 1024 px. Table 2.
    """
    return max(min(width, width * widest // side), 1)


def _convolved(x, *settings):
    return ops.leaky_relu(EqualisedConvolution(*settings)(x), 0.2)


def growing_generators(side=1024, width=512, widest=32):
    """The generators of all stages, for 4, 8, 16 ... side px. Each has the layers of the one before, and new ones.

    side: px of the last one's pictures, a power of two. width: channels up to `widest` px, and numbers in the noise;
    512 and 32 are the paper's, with 23.1 million parameters at 1024 px. Returns a list of models, called with
    [noise, alpha]: (batch, width) and a scalar, 0 for the stage before, 1 for this one. They give (batch, h, h, 3),
    mostly in [-1, 1]. Raises SettingError for another side. Section 2.
    """
    noise, alpha = layers.Input((width,), name="noise"), layers.Input(batch_shape=(), name="alpha")
    x = ops.reshape(pixel_norm(noise), (-1, 1, 1, width))
    x = pixel_norm(_convolved(layers.ZeroPadding2D(FIRST - 1)(x), width, FIRST, "valid"))
    x = pixel_norm(_convolved(x, width, 3))
    pictures = EqualisedConvolution(3, 1, gain=1)(x)
    stages = [keras.Model([noise, alpha], fade_in(pictures, pictures, alpha))]  # Keras 3.13 refuses an idle input
    for stage_side in sides_until(side)[1:]:
        x = enlarged(x)
        for _ in range(2):
            x = pixel_norm(_convolved(x, channels(stage_side, width, widest), 3))
        low, pictures = enlarged(pictures), EqualisedConvolution(3, 1, gain=1)(x)
        stages.append(keras.Model([noise, alpha], fade_in(low, pictures, alpha)))
    return stages


def growing_discriminators(side=1024, width=512, widest=32):
    """The discriminators of all stages, mirror images of the generators: new layers come before the old ones.

    side, width, widest: as for `growing_generators`. Returns a list of models, called with [pictures, alpha]:
    (batch, h, h, 3) and a scalar. They give (batch, 1): higher for more real, without bounds.
    """
    alpha = layers.Input(batch_shape=(), name="alpha")
    maps = layers.Input((FIRST, FIRST, width))
    x = _convolved(minibatch_deviation(maps), width, 3)
    x = EqualisedConvolution(1, 1, gain=1)(_convolved(x, width, FIRST, "valid"))
    judge = keras.Model(maps, layers.Flatten()(x))  # from the maps of a stage to the verdict
    stages, seen_before = [], None
    for stage_side in sides_until(side):
        count = channels(stage_side, width, widest)
        pictures = layers.Input((stage_side, stage_side, 3), name="pictures")
        look = keras.Sequential([EqualisedConvolution(count, 1), layers.LeakyReLU(0.2)])
        if not stages:
            seen = look(pictures)
            stages.append(keras.Model([pictures, alpha], judge(fade_in(seen, seen, alpha))))
        else:
            maps = layers.Input((stage_side, stage_side, count))
            x = _convolved(_convolved(maps, count, 3), channels(stage_side // 2, width, widest), 3)
            block = keras.Model(maps, shrunk(x))
            seen = fade_in(seen_before(shrunk(pictures)), block(look(pictures)), alpha)
            stages.append(keras.Model([pictures, alpha], judge(seen)))
            judge = keras.Model(maps, judge(block(maps)))
        seen_before = look
    return stages


# --- the method -------------------------------------------------------------------------------------------------------


class Progressive:
    """G(noise) against D, growing together, for `training.Trainer`; the photos of its batches are not looked at.

    >>> gan = Progressive(side=32, width=32, phase=200)
    >>> Trainer(gan).fit(Pairs(paintings, paintings, crop=32, batch=16), steps=gan.growth + 600)
    >>> pictures = gan.sample(16)

    side, width, widest: of the networks as for `growing_generators`; left out, the paper's. phase: steps for which a
    stage is faded in, and for which it then trains; the paper shows 800 000 pictures in each. With 0 nothing grows: the
    last stage trains from the beginning. learning_rate: of both optimisers. momentum: of the average of G's weights
    that draws the samples. seed: decides the first weights. Raises SettingError for numbers that cannot be.
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

    def check_pairs(self, pairs):
        """Refuse pairs whose pictures are not of the final side. Raises ImageError."""
        height, width = pairs.batches().element_spec[1].shape[1:3]
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
