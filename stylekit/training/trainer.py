"""The training loop for what Keras' `fit` cannot do: exact resume, steps, D or G alone, and terms of every step.

The loop knows nothing of any method. A method is a `keras.Model` that says what one step does (`method.step`), what
must be kept to go on later (`method.parts`, `method.state`), and how a picture is made (`method(photos, paintings)`).
It may refuse batches that it cannot learn from (`method.check_batches`).
"""

import contextlib
from itertools import islice
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from tqdm import tqdm

from stylekit.errors import Interrupted, SettingError, TrainingError
from stylekit.training import plan
from stylekit.training.history import History

READ_EVERY = 20  # steps between two readings of the terms: rarely enough to cost nothing, often enough to watch
# Rewritings of TensorFlow's that a step is no faster with. The first orders sums by the names of their parts, and names
# depend on how many layers this process made before: a second run would round in another way than the first. The second
# takes a third of a second, and where several CPUs share a batch, it mixes up the shapes of their parts (TensorFlow
# 2.21).
UNWANTED = ("arithmetic_optimization", "constant_folding")


class Trainer:
    """Trains a method, one compiled step at a time.

    >>> trainer = Trainer(Painter(), directory="runs/oil", seed=7)
    >>> history = trainer.fit(batches, steps=400)

    Args:
        method: What to train, as in `stylekit.methods`. Where its step depends on what a tensor holds, it says tf.cond
            or tf.where, not `if`. With a strategy, a function that builds a method.
        directory: Where checkpoints and history go; None keeps them in memory only. Where it holds a checkpoint of an
            earlier run, `resume()` goes on from there, bit for bit as if the run had never stopped.
        seed: Decides every random choice of the steps.
        strategy: A `tf.distribute.Strategy` that shares every batch among devices or machines, as in
            `Trainer(Painter, strategy=tf.distribute.MirroredStrategy())`. A method does what it does on one device
            with the whole batch, but for what looks at a batch as a whole or drops at random: pix2pix' batch norm and
            progressive growing's minibatch deviation see a device's part of it, and each device has its own dropout.

    Raises:
        TrainingError: The directory cannot be written to.
    """

    def __init__(self, method, directory=None, seed=7, strategy=None):
        self.seed, self.strategy = seed, strategy
        self.history = History()
        self.directory = Path(directory) if directory else None
        with (strategy or tf.distribute.get_strategy()).scope():
            self.method = method() if strategy else method
            counted = tf.VariableAggregation.ONLY_FIRST_REPLICA
            self._step = tf.Variable(0, dtype=tf.int64, name="step", aggregation=counted)
        # without autograph, which rewrites all Python that a step runs through: a third of the time to compile it
        self._compiled = tf.function(self._shared_step if strategy else self._one_step, autograph=False)
        self._unread = []  # the terms of the last steps, still on the device
        self._last_good = None
        self._checkpoint = tf.train.Checkpoint(step=self._step, **self.method.parts())
        self._manager = None
        if self.directory:
            try:
                self._place().parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise TrainingError(
                    f"Cannot write to {self.directory} ({error.strerror}): choose another directory."
                ) from error
            self._manager = tf.train.CheckpointManager(self._checkpoint, str(self._place()), 2)

    def _place(self):
        """Where this process writes its checkpoints. Of several workers the first one's are read by all."""
        if self.strategy is None or self.strategy.extended.should_checkpoint:
            return self.directory / "checkpoints"
        return self.directory / f"worker{self.strategy.cluster_resolver.task_id}" / "checkpoints"

    @property
    def step(self):
        """How many steps this trainer has taken, over all runs."""
        return int(self._step.numpy())

    @property
    def traces(self):
        """How often the step was compiled: once for each batch shape and `only`, however the weights move."""
        return self._compiled.experimental_get_tracing_count()

    # --- steps --------------------------------------------------------------------------------------------------------

    def _one_step(self, photos, paintings, only):
        # (seed, step) decides what the step draws: a resumed run draws what the uninterrupted one would have drawn
        seed = tf.stack([tf.constant(self.seed, tf.int64), self._step])
        terms = self.method.step(photos, paintings, seed=seed, **({"only": only} if only else {}))
        self._step.assign_add(1)
        return terms

    def _shared_step(self, photos, paintings, only):
        terms = self.strategy.run(self._one_step, (photos, paintings, only))
        return {name: self.strategy.reduce("MEAN", parts, axis=None) for name, parts in terms.items()}

    def train_step(self, photos, paintings, only=None):
        """Take one step on one batch.

        Args:
            photos: (batch, h, w, 3) float32 in [-1, 1].
            paintings: The same shape.
            only: "generator" or "discriminator", to train one of them and leave the other as it is, for methods that
                can.

        Returns:
            Dict term -> scalar tensor.
        """
        with _rewritings_off():
            return self._compiled(photos, paintings, only)

    def fit(
        self,
        batches,
        steps=None,
        callbacks=(),
        save_every=200,
        progress=True,
        validation_data=None,
        epochs=1,
        steps_per_epoch=None,
        validation_steps=None,
    ):
        """Train for more steps: `steps` of them, or `epochs` times `steps_per_epoch`.

        Args:
            batches: `Batches` or a `tf.data.Dataset` of (photos, paintings). A batch depends on the step's number
                alone, so that a run can be resumed; a dataset must give the same batches in each run.
            steps: Number of steps. Left out, `epochs` times `steps_per_epoch`.
            callbacks: Keras callbacks. Also functions, called as callback(trainer, terms) after each step.
            save_every: Steps between checkpoints, if the trainer has a directory.
            progress: Whether to show a bar.
            validation_data: `Batches`, a dataset or (photos, paintings); the method is evaluated on it at the end of
                each epoch.
            epochs: Number of epochs; one epoch of `steps` steps if `steps` is given without `steps_per_epoch`.
            steps_per_epoch: Steps of an epoch. Left out without `steps`, one pass over a dataset that ends.
            validation_steps: Batches of `validation_data` to look at, for data that never ends.

        Returns:
            `History` of all steps so far, of earlier runs too.

        Raises:
            Interrupted: Ctrl-C. The run ends early and keeps everything.
            TrainingError: A term is no number any more; the networks are back at their last good state.
            SettingError: A number makes no sense.
        """
        if hasattr(self.method, "check_batches"):
            self.method.check_batches(batches)
        steps, steps_per_epoch = plan.plan(batches, steps, epochs, steps_per_epoch)
        validation_data = plan.validation(validation_data, validation_steps)
        end = self.step + steps
        self._last_good = self.snapshot() or self._last_good
        if self._last_good is None:
            raise TrainingError("The networks hold numbers that are none (NaN): build a new method to train.")
        self.method.stop_training = False
        watchers = keras.callbacks.CallbackList(
            [plan.as_callback(callback, self) for callback in callbacks],
            model=self.method,
            epochs=-(-steps // steps_per_epoch),
            steps=steps_per_epoch,
            verbose=0,
        )
        size = batches.batch_size if hasattr(batches, "batch_size") else 1
        unit = "image" if hasattr(batches, "batch_size") else "batch"
        with tqdm(total=steps * size, unit=unit, disable=not progress) as bar, _rewritings_off():
            try:
                watchers.on_train_begin()
                for number, (photos, paintings) in enumerate(islice(self._batches(batches), steps)):
                    epoch, batch = divmod(number, steps_per_epoch)
                    if batch == 0:
                        watchers.on_epoch_begin(epoch)
                    watchers.on_train_batch_begin(batch)
                    terms = self.train_step(photos, paintings)
                    self._unread.append(terms)
                    if callbacks:
                        terms = {**terms, "loss": self.method.total_loss(terms)}
                    watchers.on_train_batch_end(batch, terms)
                    bar.update(size)
                    save = self._manager and self.step % save_every == 0
                    last = self.step == end or batch + 1 == steps_per_epoch or self.method.stop_training
                    if save or last or len(self._unread) == READ_EVERY:
                        self._read_terms(bar)
                    if last:
                        self._end_epoch(watchers, epoch, batch + 1, validation_data, validation_steps)
                    if save:
                        self.save()
                    if self.method.stop_training:
                        break
                watchers.on_train_end()
            except KeyboardInterrupt:
                self._read_terms(bar)
                if self._manager:
                    self.save()
                raise Interrupted(
                    f"Stopped at step {self.step} of {end}. Nothing is lost: call fit again to go on."
                ) from None
            except (tf.errors.UnavailableError, tf.errors.AbortedError) as error:
                raise TrainingError(
                    f"Another worker does not answer any more, after step {self.step}. Start all workers again and "
                    "call resume(): training goes on from the last checkpoint."
                ) from error
        if self._manager:
            self.save()
        return self.history

    def _batches(self, batches):
        """The batches from here on; with a strategy, each in the parts that its devices work on."""

        def dataset():
            if hasattr(batches, "dataset"):
                return batches.dataset(start=self.step)
            return (batches if plan.endless(batches) else batches.repeat()).skip(self.step)

        if not self.strategy:
            # rows() says in one sentence why the files of a folder cannot be read
            return batches.rows(start=self.step) if hasattr(batches, "rows") else dataset()
        devices, size = self.strategy.num_replicas_in_sync, dataset().element_spec[0].shape[0]
        if not size or size % devices:
            raise SettingError(
                f"A batch of {size} pictures cannot be shared by {devices} devices: wanted a multiple of {devices}."
            )

        def for_worker(context):
            part = size // context.num_input_pipelines
            mine = slice(context.input_pipeline_id * part, (context.input_pipeline_id + 1) * part)
            parts = dataset().map(lambda x, y: (x[mine], y[mine]))
            return parts.unbatch().batch(size // devices, drop_remainder=True)

        return self.strategy.distribute_datasets_from_function(for_worker)

    def _end_epoch(self, watchers, epoch, steps, validation_data, validation_steps):
        """Tell the callbacks the means of an epoch's terms, and the validation terms with them."""
        means = {name: float(np.mean(values[-steps:])) for name, values in self.history.terms.items()}
        means["loss"] = float(self.method.total_loss(means))
        if validation_data is not None:
            found = self.method.evaluate(validation_data, steps=validation_steps, verbose=0, return_dict=True)
            found = {f"val_{name}": float(value) for name, value in found.items()}
            self.history.validate(self.step, found)
            means |= found
        watchers.on_epoch_end(epoch, means)

    def _read_terms(self, bar):
        """Move the terms of the last steps into the history; stop if one of them is no number any more."""
        first = self.step - len(self._unread) + 1
        unread, self._unread = self._unread, []
        for step, terms in enumerate(unread, first):
            numbers = {name: float(value) for name, value in terms.items()}
            bad = [name for name, number in numbers.items() if not np.isfinite(number)]
            if bad:
                self.restore(self._last_good)
                raise TrainingError(
                    f"At step {step} the {bad[0]} term became {numbers[bad[0]]}. The networks are back at step "
                    f"{self.step}, their last good state. Try a lower learning rate, or smaller weights."
                )
            self.history.append(step, numbers)
        means = {name: f"{np.mean(values[-READ_EVERY:]):.3g}" for name, values in self.history.terms.items()}
        bar.set_description(f"step {self.step}")
        bar.set_postfix(means)
        self._last_good = self.snapshot() or self._last_good

    # --- what is kept -------------------------------------------------------------------------------------------------

    def _variables(self):
        return [self._step, *self.method.state()]

    def snapshot(self):
        """A copy of everything that training changes, a list of arrays; None if some of it is no number."""
        copies = [ops.convert_to_numpy(variable) for variable in self._variables()]
        return copies if all(np.isfinite(copy).all() for copy in copies) else None

    def restore(self, snapshot):
        """Put everything back as it was when `snapshot` was taken, the step and the history too."""
        for variable, copy in zip(self._variables(), snapshot, strict=True):
            variable.assign(copy)
        self.history.cut(self.step)

    def save(self):
        """Write a checkpoint and the history. Whatever happens while writing, the previous checkpoint stays whole.

        Returns:
            Path of the checkpoint, a str.

        Raises:
            SettingError: The trainer has no directory.
            TrainingError: The directory cannot be written to.
        """
        if not self._manager:
            raise SettingError("This trainer has no directory to save to: Trainer(method, directory='runs/oil').")
        try:
            self.history.save(self._place().with_name("history.json"))
            return self._manager.save(checkpoint_number=self.step)
        except (OSError, tf.errors.OpError) as error:
            raise TrainingError(
                f"Cannot save to {self.directory} ({error}). The networks are still in memory: free some space, then "
                "call save() again."
            ) from error

    def resume(self):
        """Go on from the newest checkpoint in the directory, if there is one.

        Returns:
            The step to go on from, an int.

        Raises:
            TrainingError: The checkpoint does not fit the method.
        """
        newest = self.directory and tf.train.latest_checkpoint(str(self.directory / "checkpoints"))
        if not newest:
            return self.step
        try:
            self._checkpoint.restore(newest).assert_consumed()
            self.history = History.load(self.directory / "history.json")
        except (AssertionError, ValueError, OSError, KeyError, tf.errors.OpError) as error:
            raise TrainingError(
                f"The checkpoint in {self.directory} does not fit this method: build the method with the same "
                "settings, or choose another directory."
            ) from error
        self.history.cut(self.step)
        return self.step


@contextlib.contextmanager
def _rewritings_off():
    """Run steps without `UNWANTED`; whatever else the process runs keeps its options."""
    before = tf.config.optimizer.get_experimental_options()
    if not any(before.get(name, True) for name in UNWANTED):  # inside `fit`: a change costs a quarter of a millisecond
        yield
        return
    tf.config.optimizer.set_experimental_options(dict.fromkeys(UNWANTED, False))
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({name: before.get(name, True) for name in UNWANTED})
