"""The game of G and D with points in the plane. Many steps are taken in one call, because a step is so short."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from stylekit.course.toy2d.frames import FORMS, Frame, over_square
from stylekit.errors import DataError, SettingError, TrainingError
from stylekit.nn import losses
from stylekit.training.adam import Adam
from stylekit.training.trainer import History

POOL = 10_000  # real points that a batch is drawn from
PENALTY = 1.0  # weight of the gradient penalty
PLAYERS = (None, "generator", "discriminator")


def network(outputs, width=64, seed=0):
    """A network with two hidden layers.

    Args:
        outputs: numbers for each point.
        width: units of a hidden layer.
        seed: decides the first weights.

    Returns:
        a keras.Sequential, (n, 2) -> (n, outputs).
    """
    start = [keras.initializers.GlorotUniform(seed=seed + i) for i in range(3)]
    hidden = [layers.Dense(width, "relu", kernel_initializer=start[i]) for i in range(2)]
    return keras.Sequential([keras.Input((2,)), *hidden, layers.Dense(outputs, kernel_initializer=start[2])])


class Game:
    """A GAN of points: G makes them from noise, D tells them from real ones, and both learn.

    >>> game = Game(toy2d.SHAPES["moons"](2000), seed=7)
    >>> game.run(500)

    It does without `Trainer`: a step takes less than a millisecond, and a call from Python would take longer than the
    step. `run` takes all its steps inside one call of TensorFlow. The rules and the points may change between calls.

    Args:
        real: (n, 2) real points, best within [-1, 1].
        seed: decides the first weights and every random number.
        form: a key of `toy2d.FORMS`, the form of the adversarial loss.
        generator_learning_rate, discriminator_learning_rate: of the two Adams, from 0 to 1.
        discriminator_steps: steps of D for each step of G, from 1 to 100.
        batch_size: points in a step.
        generator: a keras.Model, (n, 2) -> (n, 2), or None for the usual network. It may be one without weights.

    Raises:
        DataError: the real points are not (n, 2) finite numbers.
        SettingError: a form, a rate or a number of steps is out of range.

    After Goodfellow et al. 2014, algorithm 1.
    """

    def __init__(
        self,
        real,
        seed=7,
        form="non_saturating",
        generator_learning_rate=1e-3,
        discriminator_learning_rate=1e-3,
        discriminator_steps=1,
        batch_size=256,
        generator=None,
    ):
        self.seed, self.batch_size, self.history = seed, batch_size, History()
        self.generator = generator or network(2, seed=seed)
        self.discriminator = network(1, seed=seed + 100)
        self.optimizers = [Adam(1.0, beta_1=0.5) for _ in range(2)]
        for optimizer, model in zip(self.optimizers, (self.generator, self.discriminator), strict=True):
            optimizer.build(model.trainable_variables)
        self._random = tf.random.Generator.from_seed(seed)
        self._pool = tf.Variable(tf.zeros((POOL, 2)))
        self._discriminator_steps = tf.Variable(1)
        self._noise = np.random.default_rng(seed).normal(size=(2000, 2)).astype("float32")
        self._compiled = tf.function(self._steps)
        self._first = [variable.numpy() for variable in self._variables()]
        self.aim(real)
        self.set(form, generator_learning_rate, discriminator_learning_rate, discriminator_steps)

    def _variables(self):
        """All variables that a step changes."""
        parts = (self.generator, self.discriminator, *self.optimizers)
        rates = [optimizer.learning_rate for optimizer in self.optimizers]
        variables = [variable for part in parts for variable in part.variables]
        return [variable for variable in variables if not any(variable is rate for rate in rates)]

    # --- the rules ------------------------------------------------------------------------------------------------

    def aim(self, real):
        """Change the real points, at any time.

        Args:
            real: (n, 2) points, best within [-1, 1].

        Raises:
            DataError: they are not (n, 2) finite numbers.
        """
        real = np.asarray(real, "float32")
        if real.ndim != 2 or real.shape[1] != 2 or not len(real) or not np.isfinite(real).all():
            raise DataError(f"The real points have the shape {real.shape}: wanted (n, 2) finite numbers.")
        self.real = real
        self._pool.assign(real[np.random.default_rng(self.seed).integers(len(real), size=POOL)])

    def set(self, form=None, generator_learning_rate=None, discriminator_learning_rate=None, discriminator_steps=None):
        """Change the rules, at any time. What is None stays as it is.

        Args:
            form, generator_learning_rate, discriminator_learning_rate, discriminator_steps: as for `Game`.

        Raises:
            SettingError: a form, a rate or a number of steps is out of range.
        """
        if form is not None:
            if form not in FORMS:
                raise SettingError(f"The form is {form!r}: wanted one of {', '.join(FORMS)}.")
            self.form = form
        rates = (generator_learning_rate, discriminator_learning_rate)
        for optimizer, rate in zip(self.optimizers, rates, strict=True):
            if rate is not None:
                if not 0 <= rate <= 1:
                    raise SettingError(f"A learning rate is {rate}: wanted a number from 0 to 1, best below 0.01.")
                optimizer.learning_rate.assign(rate)
        if discriminator_steps is not None:
            if discriminator_steps not in range(1, 101):
                raise SettingError(f"D takes {discriminator_steps} steps for one of G: wanted 1 to 100.")
            self._discriminator_steps.assign(discriminator_steps)

    def reset(self):
        """Go back to step 0. The present rules and real points stay."""
        for variable, value in zip(self._variables(), self._first, strict=True):
            variable.assign(value)
        self._random.reset_from_seed(self.seed)
        self.history = History()

    # --- play -----------------------------------------------------------------------------------------------------

    @property
    def step(self):
        """The number of steps taken."""
        return len(self.history)

    def run(self, steps, only=None):
        """Take steps. In each, D learns `discriminator_steps` times, then G learns once.

        Args:
            steps: 0 or more.
            only: "generator" or "discriminator" to train only this one, or None for both.

        Returns:
            the History of all steps so far, with the terms "adversarial" (G's loss) and "discriminator" (D's loss).

        Raises:
            SettingError: an argument is out of range.
            TrainingError: points or losses became NaN or infinite.
        """
        if only not in PLAYERS or not steps >= 0:
            raise SettingError(f"Cannot take {steps} steps of {only!r}: wanted 0 or more, of one of {PLAYERS}.")
        rows = self._compiled(tf.constant(int(steps)), self.form, only).numpy()
        # both are looked at, because D's relu turns a NaN point into 0
        if not (np.isfinite(rows).all() and np.isfinite(self.samples(1)).all()):
            raise TrainingError(
                "G's points or the losses are no longer finite: reset the game, and lower the learning rates."
            )
        for generator, discriminator in rows:
            self.history.append(self.step + 1, {"adversarial": generator, "discriminator": discriminator})
        return self.history

    def _steps(self, steps, form, only):
        """The losses of all steps, (steps, 2): G's and D's. This is what TensorFlow compiles."""
        rows = tf.TensorArray("float32", size=steps, element_shape=(2,))
        for i in tf.range(steps):
            discriminator = tf.constant(0.0)
            for _ in tf.range(self._discriminator_steps):
                discriminator = self.discriminator_step(form, learn=only != "generator")
            generator = self.generator_step(form, learn=only != "discriminator")
            rows = rows.write(i, tf.stack([generator, discriminator]))
        return rows.stack()

    def discriminator_step(self, form, learn=True):
        """One step of D on new points, inside TensorFlow.

        Args:
            form: a key of `toy2d.FORMS`.
            learn: whether D's weights change.

        Returns:
            scalar tensor, D's loss.
        """
        real = tf.gather(self._pool, self._random.uniform((self.batch_size,), 0, POOL, tf.int32))
        fake = self.generator(self._random.normal((self.batch_size, 2)))
        with tf.GradientTape() as tape:
            terms = losses.ADVERSARIAL[form][0](self.discriminator(real), self.discriminator(fake))
            if form == "wasserstein":
                terms += PENALTY * losses.gradient_penalty(self._slopes_between(real, fake))
            loss = ops.mean(terms)
        if learn:
            self._update(tape, loss, self.optimizers[1], self.discriminator)
        return loss

    def generator_step(self, form, learn=True):
        """One step of G on new noise, inside TensorFlow.

        Args:
            form: a key of `toy2d.FORMS`.
            learn: whether G's weights change.

        Returns:
            scalar tensor, G's loss.
        """
        noise = self._random.normal((self.batch_size, 2))
        with tf.GradientTape() as tape:
            loss = ops.mean(losses.ADVERSARIAL[form][1](self.discriminator(self.generator(noise))))
        if learn:
            self._update(tape, loss, self.optimizers[0], self.generator)
        return loss

    def _slopes_between(self, real, fake):
        """The gradients of D, (n, 2), at random points between real and fake ones."""
        share = self._random.uniform((self.batch_size, 1))
        between = share * real + (1 - share) * fake
        with tf.GradientTape() as tape:
            tape.watch(between)
            logits = self.discriminator(between)
        return tape.gradient(logits, between)

    @staticmethod
    def _update(tape, loss, optimizer, model):
        """Change a network's weights, if it has any."""
        if model.trainable_variables:
            optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)

    # --- look -----------------------------------------------------------------------------------------------------

    def samples(self, count=500):
        """Points that G makes from noise that is the same at every call.

        Args:
            count: at most 2000.

        Returns:
            (count, 2) float32.
        """
        return self.generator(self._noise[:count]).numpy()

    def judge(self, points):
        """D's output for points.

        Args:
            points: (n, 2).

        Returns:
            (n,) float32: the probability of "real" for the forms "log" and "non_saturating", else D's raw output.
        """
        logits = self.discriminator(np.asarray(points, "float32"))[:, 0]
        return (ops.sigmoid(logits) if self.form in ("log", "non_saturating") else logits).numpy()

    def pull(self, points):
        """The direction in which G's loss moves points: minus its gradient with respect to each point.

        Args:
            points: (n, 2).

        Returns:
            (n, 2) float32.
        """
        points = tf.constant(points, "float32")
        with tf.GradientTape() as tape:
            tape.watch(points)
            total = ops.sum(losses.ADVERSARIAL[self.form][1](self.discriminator(points)))
        return -tape.gradient(total, points).numpy()

    def frame(self, count=500):
        """The present state, to be drawn.

        Args:
            count: number of real and of fake points.

        Returns:
            a Frame.
        """
        verdict, fake = over_square(self.judge), self.samples(count)
        span = FORMS[self.form] or (float(verdict.min()), float(verdict.max()))
        return Frame(self.step, self.real[:count], fake, self.pull(fake), verdict, span)

    def film(self, steps, frames):
        """Take steps and keep frames at equal distances, the first one before the first step.

        Args:
            steps: 0 or more.
            frames: 2 or more.

        Returns:
            list of Frames.

        Raises:
            SettingError: fewer than 2 frames.
        """
        if frames < 2:
            raise SettingError(f"A film of {frames} frames: wanted 2 or more.")
        ends = np.linspace(0, steps, frames).round().astype(int)
        kept = [self.frame()]
        for length in np.diff(ends):
            self.run(length)
            kept.append(self.frame())
        return kept
