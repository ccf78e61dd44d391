"""A training under watch: what each step said, samples of what G paints, and the way back. Knows of no widgets, so that
a thread may take its steps."""

import threading
import weakref

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from stylekit import images
from stylekit.data import domains
from stylekit.errors import SettingError
from stylekit.lab import alarms
from stylekit.methods.painter import TERMS

EXAMPLES, SIDE = 3, 96  # pictures in a sample, and their side in px
KEPT = 240  # samples that the timeline holds; beyond, every other one is let go
STEADY = 3  # samples that decide what an alarm says of G's pictures, so that one odd sample says nothing
SAFE = 20  # steps between two copies of the networks to which a NaN leads back
NEVER_NEGATIVE = ("content", "style", "discriminator")  # of such a term, "five times as much" means something

_LOCKS = weakref.WeakKeyDictionary()  # one for each trainer: whoever asks, it takes one step at a time


class Watched:
    """A trainer whose steps are taken one by one, and what has been seen of them.

    `accuracies`: a list of (step, on paintings, on G's pictures). `samples`: a list of (step, JPEG bytes), whose rows
    are photos, paintings and G's pictures. `pulls`: lengths of the adversarial gradient at G's pictures, one a sample.
    The terms are in `trainer.history`.
    Raises SettingError where the networks hold no numbers any more.
    """

    def __init__(self, trainer, batches, every):
        self.trainer, self.batches, self.every = trainer, batches, every
        self._lock = _LOCKS.setdefault(trainer, threading.Lock())
        with self._lock:
            self._beginning = self._safe = trainer.snapshot()
        if self._beginning is None:
            raise SettingError("This trainer's networks hold numbers that are none (NaN): wanted a new Trainer.")
        photos = domains.photos(SIDE, "test")
        self.photos = np.stack([images.fit(photo, SIDE) for photo in (*photos, batches.photos[0])][:EXAMPLES])
        paintings = [batches.paintings[i % len(batches.paintings)] for i in range(EXAMPLES)]
        self.paintings = np.stack([images.fit(painting, SIDE) for painting in paintings])
        method = trainer.method
        self.optimizers = {"G": method.generator_optimizer, "D": method.discriminator_optimizer}
        self._view = tf.function(method.discriminator_view, autograph=False)
        self._forget()

    def step(self, only=None, look=False):
        """One step; may be called in any thread. What it says waits for `take_in`.

        only: as in `train_step`. look: whether D is asked and G paints, whatever the step's number.
        """
        with self._lock:
            photos, paintings = self._next_batch()
            terms = self.trainer.train_step(photos, paintings, only)
            reading = {"step": self.trainer.step, "terms": {name: float(value) for name, value in terms.items()}}
            if look or self.trainer.step % self.every == 0:
                *accuracy, pull = (float(number) for number in self._view(photos, paintings))
                sample = self.trainer.method(self.photos, self.paintings)
                reading |= {"accuracy": accuracy, "pull": pull, "sample": sample}
            self._unread.append(reading)

    def take_in(self):
        """Sort in what the last steps said. Returns whether there was anything new."""
        unread, self._unread = self._unread, []
        for reading in unread:
            step, terms = reading["step"], reading["terms"]
            self.broken = None
            broken = [name for name, value in terms.items() if not np.isfinite(value)]
            if broken:
                self._go_back(step, broken[0])
                break
            self.trainer.history.append(step, terms)
            if "sample" in reading:
                self.accuracies.append((step, *reading["accuracy"]))
                if np.isfinite(reading["sample"]).all():  # else the next step's terms will tell
                    self._keep(step, reading["sample"])
                    self.pulls.append(reading["pull"])
            if step % SAFE == 0:
                with self._lock:
                    self._safe = self.trainer.snapshot() or self._safe
        return bool(unread)

    def reset(self):
        """Back to the networks as they were at first; waits for a step that is under way."""
        with self._lock:
            self._restore(self._beginning)
            self._safe = self._beginning
            self._forget()

    def save(self):
        """Write a checkpoint, if the trainer has a directory."""
        if self.trainer.directory:
            with self._lock:
                self.trainer.save()

    def alarms(self):
        """What has gone wrong: dict name -> sentence, or None where all is well.

        All alarms but that of batch norm: a Painter has none, so it paints in training as it does afterwards.
        """
        terms = self.trainer.history.terms
        return {
            alarms.NOT_A_NUMBER: self.broken,
            alarms.BLOW_UP: alarms.blow_up({name: terms[name] for name in NEVER_NEGATIVE if name in terms}),
            alarms.D_TOO_STRONG: alarms.d_too_strong(self.accuracies),
            alarms.VANISHING: alarms.vanishing_gradient(self.pulls),
            alarms.COLLAPSE: alarms.collapse(self._steady("diversity")),
            alarms.COPIES_PHOTO: alarms.copies_photo(self._steady("from photo")),
            alarms.INVERTED: alarms.colours_inverted(self._steady("colours")),
            alarms.COPIES_PAINTING: alarms.copies_painting(self._steady("from painting")),
            alarms.CHECKERBOARD: alarms.checkerboard(self._steady("grid"), self._usual_grid),
        }

    def curves(self):
        """The terms of every step: dict name -> numbers."""
        return {name: self.trainer.history.terms.get(name, []) for name in (*TERMS, "discriminator")}

    def _next_batch(self):
        # the batch follows from the step, wherever a `fit` or a reset has led meanwhile
        if self._batches is None or self._batch_of != self.trainer.step:
            self._batches, self._batch_of = iter(self.batches.dataset(start=self.trainer.step)), self.trainer.step
        self._batch_of += 1
        return next(self._batches)

    def _restore(self, snapshot):
        """The networks as they were. The learning rates, which Keras keeps among them, stay where the sliders stand."""
        rates = [(optimizer, learning_rate(optimizer)) for optimizer in self.optimizers.values()]
        self.trainer.restore(snapshot)
        for optimizer, rate in rates:
            if not follows_schedule(optimizer):
                optimizer.learning_rate = rate

    def _forget(self):
        """Nothing has been seen yet, but what G paints now."""
        self.accuracies, self.samples, self._unread = [], [], []
        self.broken, self._batches, self._batch_of = None, None, 0
        self.pulls, self._measured, self._usual_grid = [], [], alarms.grid(self.paintings)
        self._keep(self.trainer.step, self.trainer.method(self.photos, self.paintings))

    def _keep(self, step, pictures):
        self._measured.append({
            "diversity": alarms.diversity(pictures, self.photos),
            "from photo": alarms.way(pictures, self.photos, self.paintings),
            "from painting": alarms.way(pictures, self.paintings, self.photos),
            "colours": alarms.colour_correlation(pictures, self.photos),
            "grid": alarms.grid(pictures),
        })  # fmt: skip
        del self._measured[:-STEADY]
        rows = [list(self.photos), list(self.paintings), list(pictures)]
        self.samples.append((step, images.encode(images.montage(rows, gap=2), "jpeg", 88)))
        if len(self.samples) > KEPT:
            del self.samples[1:-1:2]

    def _steady(self, what):
        """The middle one of what the last samples measured, or None while there are too few."""
        values = [measured[what] for measured in self._measured]
        return float(np.median(values)) if len(values) == STEADY else None

    def _go_back(self, step, name):
        """To the newest copy of the networks in which every number is one."""
        with self._lock:
            self._restore(self._safe)
            self._batches, self._unread, self._measured, self.pulls = None, [], [], []
        self.accuracies = [reading for reading in self.accuracies if reading[0] <= self.trainer.step]
        self.samples = [sample for sample in self.samples if sample[0] <= self.trainer.step]
        self.broken = (
            f"At step {step} the {name} term was no number any more, so the networks are back at step "
            f"{self.trainer.step}. Lower the learning rates, or the largest weight."
        )


def learning_rate(optimizer):
    return float(ops.convert_to_numpy(optimizer.learning_rate))


def follows_schedule(optimizer):
    """Whether a schedule sets the learning rate."""
    return isinstance(optimizer._learning_rate, keras.optimizers.schedules.LearningRateSchedule)
