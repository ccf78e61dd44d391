"""What the user gives to `Trainer.fit`, brought into one form: steps, callbacks, validation data."""

import keras
import tensorflow as tf

from stylekit.errors import SettingError


class FunctionCallback(keras.callbacks.Callback):
    """Calls a plain function as function(trainer, terms) after each step."""

    def __init__(self, function, trainer):
        super().__init__()
        self.function, self.trainer = function, trainer

    def on_train_batch_end(self, batch, logs=None):
        self.function(self.trainer, {name: value for name, value in logs.items() if name != "loss"})


def as_callback(callback, trainer):
    """A Keras callback for what the user gave; SettingError for what can be none."""
    if isinstance(callback, keras.callbacks.Callback):
        return callback
    if not callable(callback):
        raise SettingError(
            f"{callback!r} is no callback: wanted a keras.callbacks.Callback, or a function of (trainer, terms)."
        )
    return FunctionCallback(callback, trainer)


def endless(data):
    """Whether batches never end."""
    return hasattr(data, "dataset") or (
        hasattr(data, "cardinality") and int(data.cardinality()) == tf.data.INFINITE_CARDINALITY
    )


def plan(batches, steps, epochs, steps_per_epoch):
    """(steps in all, steps per epoch) from what the user gave."""
    if steps is not None and (isinstance(steps, bool) or steps < 0):
        raise SettingError(f"Cannot train for {steps} steps: wanted 0 or more.")
    for name, value in (("epochs", epochs), ("steps_per_epoch", steps_per_epoch)):
        if value is not None and value < 1:
            raise SettingError(f"The {name} are {value!r}: wanted 1 or more.")
    if steps is not None:
        return steps, min(steps_per_epoch or steps, steps) or 1
    if steps_per_epoch is None:
        counted = -1 if endless(batches) else int(batches.cardinality())
        if counted < 1:
            raise SettingError(
                "How long is an epoch? These batches never end, or do not say where: give steps=400, or "
                "epochs=4 and steps_per_epoch=100."
            )
        steps_per_epoch = counted
    return epochs * steps_per_epoch, steps_per_epoch


def validation(data, steps):
    """What `evaluate` takes: a dataset, also for `Batches` and for arrays of photos and paintings."""
    if data is None:
        return None
    if isinstance(data, (tuple, list)):
        return tf.data.Dataset.from_tensor_slices(tuple(data)).batch(len(data[0]))
    if steps is None and endless(data):
        raise SettingError("The validation_data never ends: give validation_steps, the number of batches.")
    return data.dataset() if hasattr(data, "dataset") else data
