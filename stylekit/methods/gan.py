"""What all methods share: `Method`, a `keras.Model` that trains by a step of its own, and `GAN`, a method of G and D.

A method is a `keras.Model`: `compile`, `fit`, `evaluate`, `predict`, `summary`, `save`, `keras.models.load_model` and
Keras' callbacks work on it. `training.Trainer` trains it too, with exact resume.
"""

import contextlib
import inspect
import random
from types import MappingProxyType

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from stylekit import images
from stylekit.errors import ImageError, SettingError
from stylekit.training import distribution
from stylekit.training.adam import Adam

VALIDATION_SEED = (0, 0)  # what a method draws while it is evaluated: always the same, so that numbers can be compared


@contextlib.contextmanager
def seeded(seed):
    """Build networks whose first weights a seed decides; the process's random state is afterwards what it was before.

    Keras' initialisers and its Dropout take their seeds from Python's `random` module, and from nothing else.
    """
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)


class Method(keras.Model):
    """A model that knows how to take one training step.

    A method writes `losses_of` and, where the one here does not do, `step`. Its constructor calls `super().__init__`
    first, builds its networks under `seeded(seed)`, and ends with `self.compile(...)`.

    `settings` are the constructor's arguments, dict name -> value, from which `keras.models.load_model` builds the
    method again. Among them is `seed`, which also decides the random draws of `fit`.

    Args:
        **kwargs: `name` and `dtype`, as for `keras.Model`.
    """

    networks = ("generator",)  # names of attributes with variables that a step changes
    players = ("generator",)  # each has an optimiser, `generator_optimizer`, and variables, `generator_variables`
    objective = None
    extra_terms = ()  # what `step` reports beside the terms of the objective

    def __new__(cls, *args, **kwargs):
        method = super().__new__(cls, *args, **kwargs)
        given = inspect.signature(cls.__init__).bind(method, *args, **kwargs)
        given.apply_defaults()
        settings = {name: value for name, value in given.arguments.items() if name not in ("self", "kwargs")}
        method.settings = MappingProxyType(settings)  # read only, and Keras leaves it alone
        return method

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.built = True

    @property
    def generator_variables(self):
        """What G's optimiser moves: a list of variables."""
        return self.generator.trainable_variables

    @property
    def iterations(self):
        """How many steps G has taken, an int."""
        return int(self.generator_optimizer.iterations)

    # --- compile ----------------------------------------------------------------------------------------------------

    def compile(self, jit_compile=False, **kwargs):
        """Configure the model for `fit`. A new method is compiled already; call this to change an optimiser.

        Args:
            jit_compile: Whether XLA compiles the step. It rounds in another way.
            **kwargs: `generator_optimizer` and, where there is a discriminator, `discriminator_optimizer`, each a
                `keras.optimizers.Optimizer`; the present one stays if left out. Also `run_eagerly` and
                `steps_per_execution`, as for `keras.Model.compile`.

        Raises:
            SettingError: `optimizer`, `loss` or `metrics` was given. Losses and optimisers of a method are its own.
        """
        optimizers = {player: kwargs.pop(f"{player}_optimizer", None) for player in self.players}
        if wrong := [name for name in kwargs if name not in ("run_eagerly", "steps_per_execution")]:
            names = ", ".join(f"{player}_optimizer" for player in self.players)
            raise SettingError(
                f"{type(self).__name__}.compile has no {wrong[0]!r}, because its losses are its own: wanted {names}, "
                "or nothing."
            )
        super().compile(optimizer=None, jit_compile=jit_compile, **kwargs)
        for player, optimizer in optimizers.items():
            if optimizer is not None:
                optimizer = keras.optimizers.get(optimizer)
                optimizer.build(getattr(self, f"{player}_variables"))  # now, because a compiled step cannot
                setattr(self, f"{player}_optimizer", optimizer)
        if not hasattr(self, "term_means"):
            names = [*(self.objective.weights if self.objective else ()), *self.extra_terms, "loss"]
            self.term_means = [keras.metrics.Mean(name=name) for name in names]

    def get_compile_config(self):
        optimizers = {f"{player}_optimizer": getattr(self, f"{player}_optimizer") for player in self.players}
        return {name: keras.saving.serialize_keras_object(optimizer) for name, optimizer in optimizers.items()}

    def compile_from_config(self, config):
        self.compile(**{name: keras.saving.deserialize_keras_object(part) for name, part in config.items()})

    # --- fit and evaluate -------------------------------------------------------------------------------------------

    def train_step(self, data):
        """One step of `fit`. `data` is (photos, paintings). Returns dict term -> mean over the epoch so far."""
        photos, paintings = self.checked_pair(data)
        numbers = (self.settings["seed"], self.generator_optimizer.iterations)  # as a `Trainer` has (seed, step)
        seed = tf.stack([tf.cast(number, tf.int64) for number in numbers])
        return self.averaged(self.step(photos, paintings, seed))

    def test_step(self, data):
        """One step of `evaluate`, for `validation_data`: the same terms, and nothing learns."""
        return self.averaged(means(*self.validation_losses(*self.checked_pair(data))))

    def predict_step(self, data):
        """One step of `predict`: what `call` draws."""
        return self.call(keras.utils.unpack_x_y_sample_weight(data)[0])

    def validation_losses(self, photos, paintings):
        """Arguments and returns as `losses_of`, under a fixed seed."""
        return self.losses_of(photos, paintings, tf.constant(VALIDATION_SEED, tf.int64), training=False)

    def averaged(self, terms):
        """Take terms into the means of the epoch, with `loss`, what G minimises. Returns dict term -> mean."""
        terms = {**terms, "loss": self.total_loss(terms)}
        for mean in self.term_means:
            mean.update_state(terms[mean.name])
        return {mean.name: mean.result() for mean in self.term_means}

    def total_loss(self, terms):
        """What G minimises: the weighted sum of its terms, a scalar. terms: dict term -> scalar, as from `step`."""
        return sum(variable * terms[name] for name, variable in self.objective.weights.variables.items())

    def checked_pair(self, data):
        """(photos, paintings) out of what `fit` gives; SettingError for anything else, ImageError for their size."""
        photos, paintings, _ = keras.utils.unpack_x_y_sample_weight(data)
        if paintings is None or not hasattr(photos, "shape") or not hasattr(paintings, "shape"):
            raise SettingError(
                f"{type(self).__name__} trains on batches of (photos, paintings), as Batches(...).dataset() gives them."
            )
        self.check_sizes(*paintings.shape[1:3])
        return photos, paintings

    def check_batches(self, batches):
        """Refuse batches that this method cannot learn from, before training begins.

        Args:
            batches: `Batches` or a `tf.data.Dataset` of (photos, paintings).

        Raises:
            ImageError: Their pictures have a wrong size.
            SettingError: They are no pairs of pictures.
        """
        spec = (batches.dataset() if hasattr(batches, "dataset") else batches).element_spec
        self.checked_pair(spec)

    def check_sizes(self, height, width):
        """Raise ImageError if the method cannot learn from pictures of this size; None is a size not known yet."""

    # --- what training changes --------------------------------------------------------------------------------------

    def parts(self):
        """What a checkpoint must hold so that training can go on: dict name -> trackable."""
        weights = self.objective.weights.variables if self.objective else {}
        return self._owners() | {f"weight_{name}": variable for name, variable in weights.items()}

    def state(self):
        """Every variable that a step changes, a list."""
        return [variable for owner in self._owners().values() for variable in owner.variables]

    def _owners(self):
        optimizers = [f"{player}_optimizer" for player in self.players]
        return {name: getattr(self, name) for name in (*self.networks, *optimizers)}

    # --- files --------------------------------------------------------------------------------------------------------

    def get_config(self):
        """The constructor's arguments, as `keras.saving` keeps them."""
        config = {name: keras.saving.serialize_keras_object(value) for name, value in self.settings.items()}
        return {**config, "name": self.name, "dtype": keras.saving.serialize_keras_object(self.dtype_policy)}

    def save_own_variables(self, store):
        """Keep the loss weights in a file of weights, as they are now."""
        for name, weight in (self.objective.weights if self.objective else {}).items():
            store[f"weight_{name}"] = np.float32(weight)

    def load_own_variables(self, store):
        for name in self.objective.weights if self.objective else ():
            self.objective.weights[name] = float(store[f"weight_{name}"][()])

    @classmethod
    def from_config(cls, config, custom_objects=None):
        settings = {
            name: keras.saving.deserialize_keras_object(value, custom_objects) if isinstance(value, dict) else value
            for name, value in config.items()
        }
        policy = keras.config.dtype_policy()
        keras.config.set_dtype_policy(settings.pop("dtype"))  # of the networks that the constructor builds
        try:
            return cls(**settings)
        finally:
            keras.config.set_dtype_policy(policy)


class GAN(Method):
    """A generator's side against a discriminator's: two players with an optimiser each.

    The loss of G is the method's `objective` of its terms, the loss of D the mean of what `losses_of` returns second.
    Goodfellow et al. 2014, algorithm 1, with both gradients of the same moment.
    """

    networks = ("generator", "discriminator")
    players = ("generator", "discriminator")
    extra_terms = ("discriminator",)

    @property
    def discriminator_variables(self):
        """What D's optimiser moves: a list of variables."""
        return self.discriminator.trainable_variables

    def compile_adam(self, learning_rate, discriminator_learning_rate=None, **settings):
        """Compile with Adam for G and for D, whose rate is G's if left out; settings as for `Adam`."""
        rates = {"generator": learning_rate, "discriminator": discriminator_learning_rate or learning_rate}
        self.compile(**{f"{player}_optimizer": Adam(rate, **settings) for player, rate in rates.items()})

    def step(self, photos, paintings, seed, only=None):
        """Train G and D on one batch.

        Args:
            photos: Tensor (batch, h, w, 3) in [-1, 1].
            paintings: Tensor of the same shape.
            seed: Tensor (2,) of integers, which decides whatever the step draws.
            only: "generator" or "discriminator", to train one of them and leave the other as it is.

        Returns:
            Dict term -> scalar: means over the batch, not weighted.
        """
        with tf.GradientTape(persistent=True) as tape:
            terms, discriminator_loss = self.losses_of(photos, paintings, seed)
            total, discriminator_loss = self.objective(terms), ops.mean(discriminator_loss)
        self.learn(tape, total, discriminator_loss, only)
        return means(terms, discriminator_loss)

    def learn(self, tape, generator_loss, discriminator_loss, only=None):
        """Move G, then D, each by its own loss.

        Args:
            tape: A persistent `tf.GradientTape` that watched both losses.
            generator_loss: Scalar.
            discriminator_loss: Scalar.
            only: "generator" or "discriminator", to leave the other as it is.
        """
        if only != "discriminator":
            variables = self.generator_variables
            self.generator_optimizer.apply(distribution.gradients(tape, generator_loss, variables), variables)
        if only != "generator":
            variables = self.discriminator_variables
            self.discriminator_optimizer.apply(distribution.gradients(tape, discriminator_loss, variables), variables)


def means(terms, discriminator_loss=None):
    """Mean of each term over the batch, dict name -> scalar; D's loss under "discriminator".

    Args:
        terms: Dict name -> (batch,).
        discriminator_loss: (batch,) or a scalar; None for a method without D.
    """
    of_discriminator = {} if discriminator_loss is None else {"discriminator": ops.mean(discriminator_loss)}
    return {name: ops.mean(term) for name, term in terms.items()} | of_discriminator


def batch_norm():
    """Keras' batch norm; where devices share a batch, with the statistics of the whole batch."""
    # Keras' momentum of 0.99 needs more steps than a lesson has
    return layers.BatchNormalization(momentum=0.9, synchronized=tf.distribute.has_strategy())


def divisible(height, width, factor, least=1):
    """Whether both sides are multiples of a factor and not smaller than `least`; a side of None is not known yet."""
    return all(side is None or (side % factor == 0 and side >= least) for side in (height, width))


def drawn(network, pictures, name, factor, least=1):
    """Pictures that a compiled network draws, for arrays of one picture or several.

    Args:
        network: A function of a tensor (n, h, w, 3).
        pictures: (h, w, 3) or (n, h, w, 3) float in [-1, 1].
        name: What they are called in an error, "photo".
        factor: Both sides must be multiples of it.
        least: The shortest side in pixels.

    Returns:
        Array of the pictures' shape, float32.

    Raises:
        ImageError: The array is no picture, or has sides of a wrong length.
    """
    pictures = images.check(pictures, name)
    height, width = pictures.shape[-3:-1]
    if not divisible(height, width, factor, least):
        from_least = f", from {least} px on" if least > 1 else ""
        raise ImageError(
            f"The {name} has {width} x {height} px: wanted sides that are multiples of {factor}{from_least}. Fit it to "
            "such a size first."
        )
    return np.reshape(network(tf.constant(pictures.reshape(-1, height, width, 3))), pictures.shape)


def noise_of(noise, length):
    """Noise to draw from, (n, length) float32: the array itself, or n vectors drawn with the seed 0 for an int n.

    Raises:
        SettingError: The array has another shape, or numbers that are not finite.
    """
    if isinstance(noise, int):
        noise = np.random.default_rng(0).normal(size=(noise, length))
    noise = np.asarray(noise, "float32")
    if noise.ndim != 2 or noise.shape[1] != length or not len(noise) or not np.isfinite(noise).all():
        raise SettingError(f"The noise has the shape {noise.shape}: wanted (n, {length}) finite numbers.")
    return noise
