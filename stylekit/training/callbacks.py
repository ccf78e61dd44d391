"""What can watch a training: functions that the loop calls after every step, as callback(trainer, terms)."""

from pathlib import Path

import tensorflow as tf
from keras import ops

from stylekit.errors import DataError, SettingError


class Samples:
    """A callback that paints the same photos every few steps, so that one can watch the generator learn.

    photos, paintings: (n, h, w, 3) in [-1, 1]. `pictures` is a list of (step, (n, h, w, 3)).
    """

    def __init__(self, photos, paintings, every=50):
        self.photos, self.paintings, self.every, self.pictures = photos, paintings, every, []

    def __call__(self, trainer, terms):
        if trainer.step % self.every == 0:
            self.pictures.append((trainer.step, trainer.method(self.photos, self.paintings)))


class EventFiles:
    """A callback that writes the terms to event files, which TensorBoard draws: `tensorboard --logdir runs`.

    directory: where the files go. every: steps between two readings; each reads from the device, so not too few.
    """

    def __init__(self, directory, every=10):
        self.every = every
        self._writer = tf.summary.create_file_writer(str(directory))

    def __call__(self, trainer, terms):
        if trainer.step % self.every == 0:
            with self._writer.as_default(trainer.step):
                for name, value in terms.items():
                    tf.summary.scalar(name, value)
            self._writer.flush()


def read_events(directory):
    """What `EventFiles` wrote to a directory: dict term -> list of (step, value). DataError if there is nothing."""
    curves = {}
    for path in sorted(Path(directory).glob("events.out.tfevents.*")):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                curves.setdefault(value.tag, []).append((event.step, float(tf.make_ndarray(value.tensor))))
    if not curves:
        raise DataError(f"There are no event files in {directory}: train with EventFiles({str(directory)!r}) first.")
    return curves


class MovingAverage:
    """A callback that keeps an average over the last steps of the variables of G: where G swings, it stands still.

    variables: a list of keras.Variable. momentum: in [0, 1), what the average keeps of itself at each step; it looks
    back over about 1 / (1 - momentum) steps. Polyak and Juditsky 1992.
    """

    def __init__(self, variables, momentum=0.98):
        if not 0 <= momentum < 1:
            raise SettingError(f"The momentum is {momentum}: wanted 0 or more, and less than 1.")
        self.variables, self.momentum = variables, momentum
        self.averages = [tf.Variable(variable.value, trainable=False) for variable in variables]
        self._update = tf.function(self._one_update, autograph=False)

    def __call__(self, trainer, terms):
        self._update()

    def _one_update(self):
        for average, variable in zip(self.averages, self.variables, strict=True):
            average.assign(self.momentum * average + (1 - self.momentum) * variable.value)

    def swap(self):
        """Exchange the variables and their averages: once to paint with the averages, once more to go on training."""
        for average, variable in zip(self.averages, self.variables, strict=True):
            kept = ops.convert_to_numpy(variable)
            variable.assign(average)
            average.assign(kept)
