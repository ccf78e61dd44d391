"""What can watch a training: Keras callbacks, for `Trainer.fit` and for `fit` of a method alike.

Keras' own work, too: TensorBoard, CSVLogger, EarlyStopping, ModelCheckpoint, TerminateOnNaN.
"""

from pathlib import Path

import keras
import tensorflow as tf
from keras import ops

from stylekit.errors import DataError, SettingError


class Samples(keras.callbacks.Callback):
    """Draws the same photos every few steps, so that one can watch the generator learn.

    `pictures` is a list of (step, (n, h, w, 3)).

    Args:
        photos: Array (n, h, w, 3) in [-1, 1], or noise for a method that draws from noise.
        paintings: Array of the same shape; None for a method that draws from noise.
        every: Steps between two drawings.
    """

    def __init__(self, photos, paintings, every=50):
        super().__init__()
        self.photos, self.paintings, self.every, self.pictures = photos, paintings, every, []

    def on_train_batch_end(self, batch, logs=None):
        step = self.model.iterations
        if step % self.every == 0:
            self.pictures.append((step, self.model(self.photos, self.paintings)))


class MovingAverage(keras.callbacks.Callback):
    """Keeps an average of variables over the last steps: it moves less than the variables themselves.

    Keras' `use_ema` and `SwapEMAWeights` cannot do this: the optimiser's average starts anew where training starts,
    it wants a gradient for each of its variables at each step, which a growing GAN does not have, and it is swapped in
    only at the end of an epoch.

    Args:
        variables: List of `keras.Variable`.
        momentum: In [0, 1), what the average keeps of itself at each step; it looks back over about
            1 / (1 - momentum) steps.

    Raises:
        SettingError: The momentum is outside [0, 1).

    Polyak and Juditsky 1992.
    """

    def __init__(self, variables, momentum=0.98):
        super().__init__()
        if not 0 <= momentum < 1:
            raise SettingError(f"The momentum is {momentum}: wanted 0 or more, and less than 1.")
        self.variables, self.momentum = variables, momentum
        first = tf.VariableAggregation.ONLY_FIRST_REPLICA
        self.averages = [tf.Variable(variable.value, trainable=False, aggregation=first) for variable in variables]
        self._compiled = tf.function(self.update, autograph=False)

    def on_train_batch_end(self, batch, logs=None):
        self._compiled()

    def update(self):
        """Take the variables as they are now into their averages; can be part of a compiled step."""
        for average, variable in zip(self.averages, self.variables, strict=True):
            average.assign(self.momentum * average + (1 - self.momentum) * variable.value)

    def swap(self):
        """Exchange the variables and their averages: once to paint with the averages, once more to go on training."""
        for average, variable in zip(self.averages, self.variables, strict=True):
            kept = ops.convert_to_numpy(variable)
            variable.assign(average)
            average.assign(kept)


def read_events(directory):
    """Read the curves that Keras' TensorBoard callback wrote, as `tensorboard --logdir` shows them.

    Args:
        directory: Folder of event files, such as `log_dir / "train"`.

    Returns:
        Dict name -> list of (step, value): "batch_style" where the callback has `update_freq=1`, "epoch_style" always.

    Raises:
        DataError: There are no event files.
    """
    curves = {}
    for path in sorted(Path(directory).glob("events.out.tfevents.*")):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                if value.HasField("tensor") and value.tensor.dtype == tf.float32.as_datatype_enum:
                    curves.setdefault(value.tag, []).append((event.step, float(tf.make_ndarray(value.tensor))))
    if not curves:
        raise DataError(
            f"There are no event files in {directory}: train with keras.callbacks.TensorBoard first, and read the "
            "folder train in its log_dir."
        )
    return curves
