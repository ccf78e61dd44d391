"""A training that is watched: the terms of each step, samples of what G paints, and the way back.

It knows of no widgets, so a thread may take its steps.
"""

import threading
import weakref

import numpy as np
import tensorflow as tf
from keras import ops

from stylekit import images
from stylekit.data import domains
from stylekit.errors import SettingError
from stylekit.lab import alarms
from stylekit.methods.painter import TERMS

EXAMPLES, SIDE = 3, 96  # pictures in a sample, and their side in px
KEPT = 240  # samples on the timeline at most; then every second one is dropped
STEADY = 3  # samples that an alarm on G's pictures looks at, so that one odd sample lights no lamp
SAFE = 20  # steps between two copies of the networks; after a NaN the newest copy is restored
NEVER_NEGATIVE = ("content", "style", "discriminator")  # only for these terms does "five times as much" mean something

_LOCKS = weakref.WeakKeyDictionary()  # one for each trainer, so that it takes one step at a time


class Watched:
    """A trainer whose steps are taken one by one, and what was seen of them.

    The terms are in `trainer.history`. Beside them there are:
        accuracies: a list of (step, accuracy of D on paintings, accuracy of D on G's pictures), shares from 0 to 1.
        samples: a list of (step, bytes of a JPEG file), whose rows are photos, paintings and G's pictures.
        pulls: the lengths of the adversarial gradient at G's pictures, one float for each sample.

    Args:
        trainer: a `Trainer` of a `Painter`.
        batches: a `Batches` to train on.
        every: how many steps between two samples, an int.

    Raises:
        SettingError: if the networks hold NaN.
    """

    def __init__(self, trainer, batches, every):
        self.trainer, self.batches, self.every = trainer, batches, every
        self._lock = _LOCKS.setdefault(trainer, threading.Lock())
        with self._lock:
            self._beginning = self._safe = trainer.snapshot()
        if self._beginning is None:
            raise SettingError("This trainer's networks hold NaN, not numbers: wanted a new Trainer.")
        photos = domains.photos(SIDE, "test")
        self.photos = np.stack([images.fit(photo, SIDE) for photo in (*photos, batches.photos[0])][:EXAMPLES])
        paintings = [batches.paintings[i % len(batches.paintings)] for i in range(EXAMPLES)]
        self.paintings = np.stack([images.fit(painting, SIDE) for painting in paintings])
        method = trainer.method
        self.optimizers = {"G": method.generator_optimizer, "D": method.discriminator_optimizer}
        self._view = tf.function(method.discriminator_view, autograph=False)
        self._forget()

    def step(self, only=None, look=False):
        """Take one step, in any thread. Its readings wait for `take_in`.

        Args:
            only: as in `Trainer.train_step`.
            look: whether to take a sample even if it is not its turn.
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
        """Sort the readings of the last steps in.

        Returns:
            Whether there were any.
        """
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
                if np.isfinite(reading["sample"]).all():  # a NaN shows in the next step's terms, too
                    self._keep(step, reading["sample"])
                    self.pulls.append(reading["pull"])
            if step % SAFE == 0:
                with self._lock:
                    self._safe = self.trainer.snapshot() or self._safe
        return bool(unread)

    def reset(self):
        """Go back to the networks that it began with. Waits for the present step."""
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
        """Find what has gone wrong.

        Returns:
            dict name -> a sentence, or None where all is well. The alarm of batch norm is left out, because a `Painter`
            has none.
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
        """List the terms of every step: dict name -> list of float."""
        return {name: self.trainer.history.terms.get(name, []) for name in (*TERMS, "discriminator")}

    def _next_batch(self):
        """The batch of the present step, wherever a `fit` or a reset has led meanwhile."""
        if self._batches is None or self._batch_of != self.trainer.step:
            self._batches, self._batch_of = self.batches.rows(start=self.trainer.step), self.trainer.step
        self._batch_of += 1
        return next(self._batches)

    def _restore(self, snapshot):
        """Restore the networks, but leave the learning rates, which a snapshot holds too, where the sliders are."""
        rates = [(optimizer, learning_rate(optimizer)) for optimizer in self.optimizers.values()]
        self.trainer.restore(snapshot)
        for optimizer, rate in rates:
            if not follows_schedule(optimizer):
                optimizer.learning_rate = rate

    def _forget(self):
        """Forget all that was seen, and take a first sample."""
        self.accuracies, self.samples, self._unread = [], [], []
        self.broken, self._batches, self._batch_of = None, None, 0
        self.pulls, self._measured, self._usual_grid = [], [], alarms.grid(self.paintings)
        self._keep(self.trainer.step, self.trainer.method(self.photos, self.paintings))

    def _keep(self, step, pictures):
        """Measure a sample, and put it on the timeline."""
        measured = {
            "diversity": alarms.diversity(pictures, self.photos),
            "from photo": alarms.way(pictures, self.photos, self.paintings),
            "from painting": alarms.way(pictures, self.paintings, self.photos),
            "colours": alarms.colour_correlation(pictures, self.photos),
            "grid": alarms.grid(pictures),
        }
        self._measured.append(measured)
        del self._measured[:-STEADY]
        rows = [list(self.photos), list(self.paintings), list(pictures)]
        self.samples.append((step, images.encode(images.montage(rows, gap=2), "jpeg", 88)))
        if len(self.samples) > KEPT:
            del self.samples[1:-1:2]

    def _steady(self, what):
        """The median of a measure over the last samples, or None while there are too few."""
        values = [measured[what] for measured in self._measured]
        return float(np.median(values)) if len(values) == STEADY else None

    def _go_back(self, step, name):
        """Restore the newest copy of the networks without NaN. name: the term that became NaN."""
        with self._lock:
            self._restore(self._safe)
            self._batches, self._unread, self._measured, self.pulls = None, [], [], []
        self.accuracies = [reading for reading in self.accuracies if reading[0] <= self.trainer.step]
        self.samples = [sample for sample in self.samples if sample[0] <= self.trainer.step]
        self.broken = (
            f"At step {step} the {name} term was no number any more (NaN), so the networks are back at step "
            f"{self.trainer.step}. Lower the learning rates, or the largest weight."
        )


def learning_rate(optimizer):
    """Read the present learning rate of a Keras optimizer, a float."""
    return float(ops.convert_to_numpy(optimizer.learning_rate))


def follows_schedule(optimizer):
    """Whether a schedule sets the learning rate of a Keras optimizer. Its configuration then holds a dict."""
    return isinstance(optimizer.get_config()["learning_rate"], dict)
