"""Progressive growing: pictures from noise, first of 4 x 4 px, then of 8 x 8 and so on, the large shapes first.

    L_G = -E[D(G(z))]
    L_D = E[D(G(z))] - E[D(y)] + 10 E[(|grad D(between)| - 1)^2] + 0.001 E[D(y)^2]                  appendix A.1

G and D, whose layers are in `nn.growing`, grow together. A new size is faded in with alpha from 0 to 1, so that nothing
learned is lost at once.
Karras, Aila, Laine and Lehtinen, "Progressive Growing of GANs for Improved Quality, Stability, and Variation", 2018.
"""

from functools import partial

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from stylekit.errors import ImageError, SettingError
from stylekit.methods.gan import GAN, noise_of, seeded
from stylekit.nn import growing, losses
from stylekit.training import distribution
from stylekit.training.callbacks import MovingAverage

FEW = 32  # pictures that are drawn at a time: every map of them is in memory
PENALTY, DRIFT = 10.0, 0.001  # weights in D's loss: of its slope, and of its distance from 0


def critic_loss(real_logits, fake_logits, gradients):
    """What D makes small: the Wasserstein form with its gradient penalty, and 0.001 D(y)^2 so that D does not drift.

    Args:
        real_logits: (batch, 1).
        fake_logits: (batch, 1).
        gradients: As for `losses.gradient_penalty`.

    Returns:
        (batch,).

    Karras et al. 2018, appendix A.1, and Gulrajani et al. 2017.
    """
    distance = losses.wasserstein_discriminator_loss(real_logits, fake_logits)
    drift = losses.per_image_mean(ops.square(real_logits))
    return distance + PENALTY * losses.gradient_penalty(gradients) + DRIFT * drift


@keras.saving.register_keras_serializable("stylekit")
class Progressive(GAN):
    """G(z) against D, growing together: a `keras.Model`. Of its batches only the paintings are looked at.

    >>> gan = Progressive(side=32, width=32, phase=200)
    >>> Trainer(gan).fit(Batches(paintings, paintings, crop=32, batch_size=16), steps=gan.growth + 600)
    >>> pictures = gan.sample(16)

    `generators` and `discriminators` are those of all stages, `generator` and `discriminator` those of the last.

    Args:
        side: Of the last stage's pictures, px, as for `growing.growing_generators`; left out, the paper's.
        width: Of the networks, likewise.
        widest: Side in px up to which the networks keep that width, likewise.
        phase: Steps for which a stage is faded in, and for which it then trains; the paper shows 800 000 pictures in
            each. With 0 nothing grows: the last stage trains from the beginning.
        learning_rate: Of both optimisers, a number or a Keras schedule.
        momentum: Of the average of G's weights that draws the samples, in [0, 1).
        seed: Decides the first weights.
        discriminator_learning_rate: Of D's optimiser, if another one.

    Raises:
        SettingError: A number makes no sense.
    """

    networks = ("generators", "discriminators")
    extra_terms = ("generator", "discriminator", "distance")

    def __init__(
        self,
        side=1024,
        width=512,
        widest=32,
        phase=50_000,
        learning_rate=1e-3,
        momentum=0.999,
        seed=0,
        discriminator_learning_rate=None,
        **kwargs,
    ):
        for name, value, least in (("width", width, 1), ("widest", widest, 1), ("phase", phase, 0)):
            if not isinstance(value, int) or value < least:
                raise SettingError(f"The {name} is {value!r}: wanted a whole number from {least} on.")
        sides = tuple(growing.sides_until(side))
        super().__init__(**kwargs)
        self.sides, self.width, self.phase = sides, width, phase
        with seeded(seed):
            # the layers of all stages are there from the beginning, so that a checkpoint always holds the same
            self.generators = growing.growing_generators(side, width, widest)
            self.discriminators = growing.growing_discriminators(side, width, widest)
        self.compile_adam(learning_rate, discriminator_learning_rate, beta_1=0.0, beta_2=0.99, epsilon=1e-8)
        self.average = MovingAverage(self.generator_variables, momentum)
        first = tf.VariableAggregation.ONLY_FIRST_REPLICA
        # steps taken, which decide stage and alpha
        self._age = tf.Variable(0, dtype=tf.int64, trainable=False, name="age", aggregation=first)

    @property
    def generator(self):
        """The last stage's."""
        return self.generators[-1]

    @property
    def discriminator(self):
        """The last stage's."""
        return self.discriminators[-1]

    @property
    def generator_variables(self):
        """The weights of all stages' generators, each once: they share most."""
        return _weights(self.generators)

    @property
    def discriminator_variables(self):
        """The weights of all stages' discriminators, each once."""
        return _weights(self.discriminators)

    @property
    def growth(self):
        """How many steps it takes until the last stage is wholly faded in."""
        return self.phase * 2 * (len(self.sides) - 1)

    def moment(self, age):
        """Where growing is after `age` steps: the number of the stage, and alpha, two scalar tensors.

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
        stages = {name: list(getattr(self, name)) for name in self.networks}  # TensorFlow takes no list of Keras' own
        return super().parts() | stages | {"average": self.average.averages, "age": self._age}

    def state(self):
        """Every variable that a step changes, a list."""
        optimizers = [*self.generator_optimizer.variables, *self.discriminator_optimizer.variables]
        weights = [*self.generator_variables, *self.discriminator_variables]
        return [*weights, *optimizers, *self.average.averages, self._age]

    def step(self, photos, paintings, seed, only=None):
        """Train D and G on one batch of paintings, at the stage that is due. Arguments as for `GAN.step`.

        All stages are compiled at once, but only the work of one is done.

        Returns:
            {"generator": scalar, "discriminator": scalar, "distance": scalar, E[D(y)] - E[D(G(z))]}.
        """
        stage, alpha = self.moment(self._age)
        terms, of_generator, of_discriminator = self._at(stage, self._gradients, alpha, paintings, seed, only)
        # here and not in the branch of a stage: several devices cannot add up their gradients in a branch
        if only != "discriminator":
            self.generator_optimizer.apply(of_generator, self.generator_variables)
            self.average.update()
        if only != "generator":
            self.discriminator_optimizer.apply(of_discriminator, self.discriminator_variables)
        self._age.assign_add(1)
        return terms

    def _at(self, stage, work, *arguments):
        """work(stage, *arguments) for a stage that is a tensor."""
        if not self.phase:
            return work(len(self.sides) - 1, *arguments)
        return tf.switch_case(stage, [partial(work, number, *arguments) for number in range(len(self.sides))])

    def _gradients(self, stage, alpha, paintings, seed, only):
        """The terms, and the gradients of all weights of G and of D; 0 for those that the stage does not use."""
        with tf.GradientTape(persistent=True) as tape:
            terms = self.losses_at(stage, alpha, paintings, seed)
        shares = []
        for player, variables in (
            ("generator", self.generator_variables),
            ("discriminator", self.discriminator_variables),
        ):
            found = distribution.gradients(tape, terms[player], variables) if only in (None, player) else []
            shares.append([tf.zeros(v.shape) if g is None else g for v, g in zip(variables, found, strict=False)])
        return terms, *shares

    def losses_at(self, stage, alpha, paintings, seed):
        """The means of G's loss, D's loss and D's distance at a stage, an int: dict name -> scalar."""
        G, D = self.generators[stage], self.discriminators[stage]
        real = self.seen(paintings, stage, alpha)
        z = distribution.draw(tf.random.stateless_normal, (ops.shape(paintings)[0], self.width), seed)
        fake = G([z, alpha])
        # two passes: in one, minibatch deviation would mix real pictures and fakes
        real_logits, fake_logits = D([real, alpha]), D([fake, alpha])
        slopes = self._slopes(D, real, fake, alpha, seed)
        return {
            "generator": ops.mean(losses.critic_generator_loss(fake_logits)),
            "discriminator": ops.mean(critic_loss(real_logits, fake_logits, slopes)),
            "distance": ops.mean(real_logits) - ops.mean(fake_logits),
        }

    def validation_losses(self, photos, paintings):
        """The terms of a batch at the stage that is due, under a fixed seed."""
        stage, alpha = self.moment(self._age)
        return self._at(stage, self.losses_at, alpha, paintings, tf.zeros(2, tf.int64)), None

    def total_loss(self, terms):
        return terms["generator"]

    @staticmethod
    def _slopes(discriminator, real, fake, alpha, seed):
        """D's gradient at pictures between real ones and fakes: (batch, h, h, 3), for the penalty."""
        share = distribution.draw(tf.random.stateless_uniform, (ops.shape(real)[0], 1, 1, 1), seed)
        between = tf.stop_gradient(share * real + (1 - share) * fake)
        with tf.GradientTape() as tape:
            tape.watch(between)
            logits = discriminator([between, alpha])
        return tape.gradient(logits, between)

    def seen(self, paintings, stage, alpha):
        """Real pictures as D sees them at a stage: as small as G's, and faded like them.

        Args:
            paintings: (batch, side, side, 3).
            stage: An int.
            alpha: Scalar in [0, 1].

        Returns:
            (batch, h, h, 3), h = 4 * 2 ** stage.
        """
        pictures = growing.shrunk(paintings, self.sides[-1] // self.sides[stage])
        return growing.fade_in(growing.enlarged(growing.shrunk(pictures)), pictures, alpha) if stage else pictures

    def check_sizes(self, height, width):
        if {height, width} - {None, self.sides[-1]}:
            raise ImageError(
                f"The pictures have {width} x {height} px, but this method grows to {self.sides[-1]}: wanted pictures "
                "of the final side, which it shrinks by itself at the earlier stages."
            )

    def sample(self, noise, stage=None, alpha=1.0):
        """Pictures from noise, by the average of G's weights.

        Args:
            noise: Array (n, width) of standard normal numbers, or n, which draws them with the seed 0.
            stage: A number from 0 for 4 px on; left out, stage and alpha are where growing is.
            alpha: How far the stage is faded in, in [0, 1].

        Returns:
            Array (n, h, h, 3) in [-1, 1], h = 4 * 2 ** stage px.

        Raises:
            SettingError: The noise has another shape, or there is no such stage.
        """
        noise = noise_of(noise, self.width)
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

    def call(self, noise):
        """G(z) of the last stage for a tensor (n, width), by the weights themselves, not by their average."""
        return self.generator([noise, tf.constant(1.0)])

    def __call__(self, noise, paintings=None):
        """As `sample(noise)`, for callbacks that draw while training runs: `Samples(noise, None)`."""
        return self.sample(noise)

    def save_own_variables(self, store):
        """Keep the average and the age in a .keras file, too: Keras finds neither by itself."""
        for number, average in enumerate(self.average.averages):
            store[f"average{number}"] = average.numpy()
        store["age"] = self._age.numpy()

    def load_own_variables(self, store):
        for number, average in enumerate(self.average.averages):
            average.assign(store[f"average{number}"])
        self._age.assign(store["age"][()])


def _weights(stages):
    """The weights of all stages' models, each once: they share most."""
    return list({id(variable): variable for model in stages for variable in model.trainable_variables}.values())
