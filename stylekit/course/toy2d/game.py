"""The game of G and D, many steps to one call."""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from stylekit.errors import DataError, SettingError, TrainingError
from stylekit.nn import losses
from stylekit.training.adam import Adam
from stylekit.training.trainer import History

POOL = 10_000  # real points to draw from
EDGE, CELLS = 1.2, 61  # the square that is drawn, and in how many places D is asked along its side
PENALTY = 1.0  # weight of the gradient penalty
# what D says of a fake, and of a real point, as the picture shows it; None: any numbers
FORMS = {"log": (0, 1), "non_saturating": (0, 1), "least_squares": (0, 1), "hinge": (-1, 1), "wasserstein": None}
PLAYERS = (None, "generator", "discriminator")


@dataclass(frozen=True)
class Frame:
    """The game as it was at one step, to be drawn.

    real, fake: points (n, 2). pull: where G is told to move each fake one. verdict: D all over the square, (cells,
    cells), row 0 on top. span: what D says of a fake, and of a real point.
    """

    step: int
    real: np.ndarray
    fake: np.ndarray
    pull: np.ndarray
    verdict: np.ndarray
    span: tuple


def network(outputs, width=64, seed=0):
    """Points (n, 2) -> (n, outputs): two hidden layers."""
    start = [keras.initializers.GlorotUniform(seed=seed + i) for i in range(3)]
    hidden = [layers.Dense(width, "relu", kernel_initializer=start[i]) for i in range(2)]
    return keras.Sequential([keras.Input((2,)), *hidden, layers.Dense(outputs, kernel_initializer=start[2])])


class Game:
    """G makes points from noise, D tells them from real ones, and both learn.

    >>> game = Game(shapes.moons(2000), seed=7)
    >>> game.run(500)

    real: (n, 2) real points, best within [-1, 1]. form: a key of `losses.ADVERSARIAL`. The rates are Adam's.
    discriminator_steps: steps of D for each step of G. batch: points in a step. seed: decides the first weights and
    every random draw. generator: a keras.Model (n, 2) -> (n, 2) in place of the usual one, also one that can't learn.

    No `Trainer`, because a step takes less than a millisecond here, and a call from Python would take longer than
    the step: `run` takes all its steps inside one call of TensorFlow, with rates and points that may change between.
    """

    def __init__(
        self, real, seed=7, form="non_saturating", generator_rate=1e-3, discriminator_rate=1e-3,
        discriminator_steps=1, batch_size=256, generator=None,
    ):  # fmt: skip
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
        self.set(form, generator_rate, discriminator_rate, discriminator_steps)

    def _variables(self):
        """What the steps change."""
        parts = (self.generator, self.discriminator, *self.optimizers)
        rates = [optimizer.learning_rate for optimizer in self.optimizers]
        variables = [variable for part in parts for variable in part.variables]
        return [variable for variable in variables if not any(variable is rate for rate in rates)]

    # --- the rules ------------------------------------------------------------------------------------------------

    def aim(self, real):
        """Change the real points, in the middle of a game or before one."""
        real = np.asarray(real, "float32")
        if real.ndim != 2 or real.shape[1] != 2 or not len(real) or not np.isfinite(real).all():
            raise DataError(f"The real points have the shape {real.shape}: wanted (n, 2) finite numbers.")
        self.real = real
        self._pool.assign(real[np.random.default_rng(self.seed).integers(len(real), size=POOL)])

    def set(self, form=None, generator_rate=None, discriminator_rate=None, discriminator_steps=None):
        """Change the rules that are given, in the middle of a game or before one. Raises SettingError."""
        if form is not None:
            if form not in FORMS:
                raise SettingError(f"The form is {form!r}: wanted one of {', '.join(FORMS)}.")
            self.form = form
        for optimizer, rate in zip(self.optimizers, (generator_rate, discriminator_rate), strict=True):
            if rate is not None:
                if not 0 <= rate <= 1:
                    raise SettingError(f"A learning rate is {rate}: wanted a number from 0 to 1, best below 0.01.")
                optimizer.learning_rate.assign(rate)
        if discriminator_steps is not None:
            if discriminator_steps not in range(1, 101):
                raise SettingError(f"D takes {discriminator_steps} steps for one of G: wanted 1 to 100.")
            self._discriminator_steps.assign(discriminator_steps)

    def reset(self):
        """Back to step 0, with the rules and the points that hold now."""
        for variable, value in zip(self._variables(), self._first, strict=True):
            variable.assign(value)
        self._random.reset_from_seed(self.seed)
        self.history = History()

    # --- play -----------------------------------------------------------------------------------------------------

    @property
    def step(self):
        """How many steps were taken."""
        return len(self.history)

    def run(self, steps, only=None):
        """Take steps, each one D's as often as it may, then G's. Returns the history: "adversarial" is G's loss.

        only: "generator" or "discriminator" to train one of them and leave the other as it is.
        Raises SettingError for a number of steps below 0, TrainingError where points or losses are no numbers.
        """
        if only not in PLAYERS or not steps >= 0:
            raise SettingError(f"Cannot take {steps} steps of {only!r}: wanted 0 or more, of one of {PLAYERS}.")
        rows = self._compiled(tf.constant(int(steps)), self.form, only).numpy()
        # both, for D's relu turns a point that is no number into 0
        if not (np.isfinite(rows).all() and np.isfinite(self.samples(1)).all()):
            raise TrainingError(
                "G's points or the losses are no numbers any more: reset the game, and lower the learning rates."
            )
        for generator, discriminator in rows:
            self.history.append(self.step + 1, {"adversarial": generator, "discriminator": discriminator})
        return self.history

    def _steps(self, steps, form, only):
        rows = tf.TensorArray("float32", size=steps, element_shape=(2,))
        for i in tf.range(steps):
            discriminator = tf.constant(0.0)
            for _ in tf.range(self._discriminator_steps):
                discriminator = self._discriminator_step(form, learn=only != "generator")
            generator = self._generator_step(form, learn=only != "discriminator")
            rows = rows.write(i, tf.stack([generator, discriminator]))
        return rows.stack()

    def _discriminator_step(self, form, learn):
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

    def _generator_step(self, form, learn):
        noise = self._random.normal((self.batch_size, 2))
        with tf.GradientTape() as tape:
            loss = ops.mean(losses.ADVERSARIAL[form][1](self.discriminator(self.generator(noise))))
        if learn:
            self._update(tape, loss, self.optimizers[0], self.generator)
        return loss

    def _slopes_between(self, real, fake):
        """The gradients of D at points between real and fake ones, where the penalty looks."""
        share = self._random.uniform((self.batch_size, 1))
        between = share * real + (1 - share) * fake
        with tf.GradientTape() as tape:
            tape.watch(between)
            logits = self.discriminator(between)
        return tape.gradient(logits, between)

    @staticmethod
    def _update(tape, loss, optimizer, model):
        if model.trainable_variables:
            optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)

    # --- look -----------------------------------------------------------------------------------------------------

    def samples(self, count=500):
        """What G makes of the same noise every time: (count, 2), at most 2000."""
        return self.generator(self._noise[:count]).numpy()

    def judge(self, points):
        """What D says of points (n, 2): (n,), probabilities for the two forms with logarithms, else D's own numbers."""
        logits = self.discriminator(np.asarray(points, "float32"))[:, 0]
        return (ops.sigmoid(logits) if self.form in ("log", "non_saturating") else logits).numpy()

    def pull(self, points):
        """Where G is told to move its points (n, 2): minus the gradient of its loss with respect to each, (n, 2)."""
        points = tf.constant(points, "float32")
        with tf.GradientTape() as tape:
            tape.watch(points)
            total = ops.sum(losses.ADVERSARIAL[self.form][1](self.discriminator(points)))
        return -tape.gradient(total, points).numpy()

    def frame(self, count=500):
        """The game as it is now, to be drawn."""
        verdict, fake = over_square(self.judge), self.samples(count)
        span = FORMS[self.form] or (float(verdict.min()), float(verdict.max()))
        return Frame(self.step, self.real[:count], fake, self.pull(fake), verdict, span)

    def film(self, steps, frames):
        """Run, and keep `frames` frames at equal distances, the first before the first step. Returns a list."""
        if frames < 2:
            raise SettingError(f"A film of {frames} frames: wanted 2 or more.")
        ends = np.linspace(0, steps, frames).round().astype(int)
        kept = [self.frame()]
        for length in np.diff(ends):
            self.run(length)
            kept.append(self.frame())
        return kept


def over_square(function):
    """What a function of places says all over the square that is drawn.

    function: (n, 2) -> (n,). Returns (cells, cells), row 0 on top.
    """
    side = np.linspace(-EDGE, EDGE, CELLS, dtype="float32")
    across, up = np.meshgrid(side, side[::-1])
    return np.reshape(function(np.stack([across.ravel(), up.ravel()], axis=1)), (CELLS, CELLS))
