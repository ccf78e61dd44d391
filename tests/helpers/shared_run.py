# ruff: noqa: E402 - devices must be set before TensorFlow looks at the machine
"""A short training whose batches several devices share; run by test_distribution.py in processes of its own.

    python shared_run.py one|devices|workers DIRECTORY STEPS [METHOD ...]

Devices must be set before TensorFlow looks at the machine, so this cannot be done inside the tests' own process.
"workers" reads TF_CONFIG. Without METHOD it trains a painter, prints "step N" after each step, and at the end the terms
of all steps as JSON. With names of METHODS it trains these one after the other, and prints dict name -> terms.
"""

import json
import sys

import tensorflow as tf

kind, directory, steps, names = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
if kind == "devices":
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
else:
    strategy = tf.distribute.MultiWorkerMirroredStrategy() if kind == "workers" else None

import keras
from keras import ops
from methods import METHODS, dataset

import stylekit
from stylekit.errors import TrainingError
from stylekit.methods.painter import Painter
from stylekit.nn import growing, layers
from stylekit.training.trainer import Trainer


def in_halves(function):
    """The function of a batch, done for each half of it: what two devices do with what looks at a batch as a whole."""

    def halves(x, *more):
        return ops.concatenate([function(half, *more) for half in ops.split(x, 2)])

    return halves


def folded(dropout):
    """Dropout that draws for each half of a batch by itself, as two devices do."""

    def halves(self, inputs):
        x, z = inputs
        seeds = [z, tf.random.experimental.stateless_fold_in(z, 1)]
        return ops.concatenate([dropout(self, [half, z]) for half, z in zip(ops.split(x, 2), seeds, strict=True)])

    return halves


def alike():
    """Let one device do what two do with a batch as a whole: the statistics of each half, dropout for each half."""
    norm, dropout, deviation = layers.BatchNorm.call, layers.SeededDropout.call, growing.minibatch_deviation
    layers.BatchNorm.call = lambda self, x: in_halves(lambda half: norm(self, half))(x)
    layers.SeededDropout.call = folded(dropout)
    growing.minibatch_deviation = in_halves(deviation)


def painter():
    return Painter(width=4, blocks=1, seed=3)


def run(build, batches, directory=None, callbacks=()):
    trainer = Trainer(build if strategy else build(), directory, strategy=strategy)
    if directory:
        trainer.resume()
    trainer.fit(batches, steps - trainer.step, callbacks=callbacks, save_every=2, progress=False)
    return trainer.history.terms


def built(build):
    """The method, without what each device draws for itself inside Keras.

    Its optimisers are SGD: Adam would hide gradients that are twice as long as they should be.
    """

    def method():
        made = build(seed=3)
        made.compile(**{f"{player}_optimizer": keras.optimizers.SGD(0.01) for player in made.players})
        for layer in made.discriminator.layers if hasattr(made, "discriminator") else ():
            if isinstance(layer, keras.layers.Dropout):
                layer.rate = 0.0
        return made

    return method


if names:
    if kind == "one":
        alike()
    found = {name: run(built(METHODS[name][0]), dataset(METHODS[name][1], 16, 4)) for name in names}
else:
    photos = stylekit.photos(40, "train")
    batches = stylekit.Batches(photos, photos, crop=32, batch_size=4, seed=1)
    say = lambda trainer, terms: print("step", trainer.step, flush=True)  # noqa: E731
    try:
        found = run(painter, batches, directory, [say])
    except TrainingError as error:
        print(error, flush=True)
        sys.exit(2)
print(json.dumps(found), flush=True)
