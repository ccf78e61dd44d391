"""The training loop: D and G in turn, watched, saved, resumed.

The loop knows nothing of any method. A method says what one step does (`method.step`), what must be kept to go on
later (`method.parts`), and how a picture is made (`method(photos, paintings)`). It may refuse pairs that it cannot
learn from (`method.check_batches`).
"""

import json
from itertools import islice
from pathlib import Path

import numpy as np
import tensorflow as tf
from keras import ops
from tqdm import tqdm

from stylekit.errors import Interrupted, SettingError, TrainingError
from stylekit.files import write_whole

READ_EVERY = 20  # steps between two readings of the terms: rarely enough to cost nothing, often enough to watch


class History:
    """The loss terms of every step: `history["style"]` is an array, one number a step, at `history.steps`."""

    def __init__(self):
        self.steps, self.terms = [], {}

    def append(self, step, terms):
        self.steps.append(step)
        for name, value in terms.items():
            self.terms.setdefault(name, []).append(float(value))

    def __getitem__(self, name):
        return np.array(self.terms[name], "float32")

    def __len__(self):
        return len(self.steps)

    def cut(self, step):
        """Forget everything after `step`: a run resumed from there writes it anew."""
        keep = sum(s <= step for s in self.steps)
        self.steps = self.steps[:keep]
        self.terms = {name: values[:keep] for name, values in self.terms.items()}

    def save(self, path):
        write_whole(path, json.dumps({"steps": self.steps, "terms": self.terms}).encode())

    @classmethod
    def load(cls, path):
        history = cls()
        record = json.loads(Path(path).read_text())
        history.steps, history.terms = record["steps"], record["terms"]
        return history


class Trainer:
    """Trains a method, one compiled step at a time.

    >>> trainer = Trainer(Painter(), directory="runs/oil", seed=7)
    >>> history = trainer.fit(pairs, steps=400)

    method: what to train, as in `stylekit.methods`; where its step depends on what a tensor holds, it says tf.cond or
    tf.where, not `if`. directory: where checkpoints and history go; None keeps them in memory only. seed: decides every
    random choice of the steps. Where the directory holds a checkpoint of an earlier run, `resume()` goes on from it,
    bit for bit as if it had never stopped.

    strategy: a `tf.distribute.Strategy` that shares every batch among devices or machines. `method` is then a function
    that builds one, `Trainer(Painter, strategy=tf.distribute.MirroredStrategy())`, because its variables must be made
    for the strategy. A method without batch normalisation does what it does on one device with the whole batch.
    """

    def __init__(self, method, directory=None, seed=7, strategy=None):
        self.seed, self.strategy = seed, strategy
        self.history = History()
        self.directory = Path(directory) if directory else None
        # Two of TensorFlow's rewritings that a step is no faster with. One orders sums by the names of their parts, and
        # names depend on how many layers this process made before: a second run would round in another way than the
        # first. The other takes a third of a second, and where several CPUs share a batch, it mixes up the shapes of
        # their parts (seen in TensorFlow 2.21).
        off = ("arithmetic_optimization", "constant_folding")
        tf.config.optimizer.set_experimental_options(dict.fromkeys(off, False))
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

    def _one_step(self, photos, paintings, only):
        # (seed, step) decides what the step draws: a resumed run draws what the uninterrupted one would have drawn
        seed = tf.stack([tf.constant(self.seed, tf.int64), self._step])
        terms = self.method.step(photos, paintings, seed=seed, **({"only": only} if only else {}))
        self._step.assign_add(1)
        return terms

    def _shared_step(self, photos, paintings, only):
        terms = self.strategy.run(self._one_step, (photos, paintings, only))
        return {name: self.strategy.reduce("MEAN", parts, axis=None) for name, parts in terms.items()}

    def _batches(self, batches):
        """The batches from here on; with a strategy, each in the parts that its devices work on."""
        if not self.strategy:
            return batches.rows(start=self.step)
        devices = self.strategy.num_replicas_in_sync
        if batches.batch_size % devices:
            raise SettingError(
                f"A batch of {batches.batch_size} pictures cannot be shared by {devices} devices: wanted a multiple of "
                f"{devices}."
            )

        def for_worker(context):
            part = batches.batch_size // context.num_input_pipelines
            mine = slice(context.input_pipeline_id * part, (context.input_pipeline_id + 1) * part)
            parts = batches.dataset(start=self.step).map(lambda x, y: (x[mine], y[mine]))
            return parts.unbatch().batch(batches.batch_size // devices, drop_remainder=True)

        return self.strategy.distribute_datasets_from_function(for_worker)

    def train_step(self, photos, paintings, only=None):
        """One step on one batch, both (batch, h, w, 3) in [-1, 1]. Returns dict term -> scalar tensor.

        only: "generator" or "discriminator" to train one of them and leave the other as it is, for methods that can.
        """
        return self._compiled(photos, paintings, only)

    def fit(self, batches, steps, callbacks=(), save_every=200, progress=True):
        """Train for `steps` more steps.

        pairs: a `stylekit.data.batches.Batches`; the batch of a step depends on the step's number alone.
        callbacks: functions called as callback(trainer, terms) after every step.
        save_every: steps between checkpoints, if the trainer has a directory. progress: show a bar.
        Returns the history of all steps so far. Raises Interrupted at Ctrl-C, which ends the run early and keeps
        everything, and TrainingError when a term stops being a number; the last good state is kept.
        """
        if steps < 0:
            raise SettingError(f"Cannot train for {steps} steps: wanted 0 or more.")
        if hasattr(self.method, "check_batches"):
            self.method.check_batches(batches)
        end = self.step + steps
        self._last_good = self.snapshot()
        with tqdm(total=steps * batches.batch_size, unit="image", disable=not progress) as bar:
            try:
                for photos, paintings in islice(self._batches(batches), steps):
                    terms = self.train_step(photos, paintings)
                    self._unread.append(terms)
                    for callback in callbacks:
                        callback(self, terms)
                    bar.update(batches.batch_size)
                    save = self._manager and self.step % save_every == 0
                    if save or self.step == end or len(self._unread) == READ_EVERY:
                        self._read_terms(bar)
                    if save:
                        self.save()
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

    def _variables(self):
        return [self._step, *self.method.variables()]

    def snapshot(self):
        """A copy of everything that training changes, or None if some of it is no number."""
        copies = [ops.convert_to_numpy(variable) for variable in self._variables()]
        return copies if all(np.isfinite(copy).all() for copy in copies) else None

    def restore(self, snapshot):
        """Put everything back as it was when `snapshot` was taken, the step and the history too."""
        for variable, copy in zip(self._variables(), snapshot, strict=True):
            variable.assign(copy)
        self.history.cut(self.step)

    def save(self):
        """Write a checkpoint and the history. Whatever happens while writing, the previous checkpoint stays whole."""
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
        """Go on from the newest checkpoint in the directory, if there is one. Returns the step to go on from."""
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
