# ruff: noqa: E402 - devices must be set before TensorFlow looks at the machine
"""A short training whose batches several devices share; run by test_sharing.py in processes of its own.

    python shared_run.py one|devices|workers DIRECTORY STEPS

Devices must be set before TensorFlow looks at the machine, so this cannot be done inside the tests' own process.
"workers" reads TF_CONFIG. Prints "step N" after each step, and at the end the terms of all steps as JSON.
"""

import json
import sys

import tensorflow as tf

kind, directory, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
if kind == "devices":
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
else:
    strategy = tf.distribute.MultiWorkerMirroredStrategy() if kind == "workers" else None

import stylekit
from stylekit.errors import TrainingError
from stylekit.methods.painter import Painter
from stylekit.training.trainer import Trainer


def painter():
    return Painter(width=4, blocks=1, seed=3)


photos = stylekit.photos(40, "train")
batches = stylekit.Batches(photos, photos, crop=32, batch_size=4, seed=1)
trainer = Trainer(painter if strategy else painter(), directory, strategy=strategy)
trainer.resume()
say = lambda trainer, terms: print("step", trainer.step, flush=True)  # noqa: E731
try:
    trainer.fit(batches, steps - trainer.step, callbacks=[say], save_every=2, progress=False)
except TrainingError as error:
    print(error, flush=True)
    sys.exit(2)
print(json.dumps(trainer.history.terms), flush=True)
