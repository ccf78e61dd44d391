"""Milliseconds of one training step at 64, 96 and 128 px, in float32 and in mixed bfloat16, and of the parts of one.

    python benchmarks/step_time.py [--batch 4] [--rounds 5]

The variants take turns within each round, so that a machine that slows down slows all of them; the ratio is bfloat16
to float32 in the same round. Prints the median over the rounds.
"""

import argparse
import time

import keras
import numpy as np
import tensorflow as tf

from stylekit.methods.painter import Painter
from stylekit.training.trainer import Trainer

SIZES = (64, 96, 128)
POLICIES = ("float32", "mixed_bfloat16")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=4, help="steps timed in each round")
    options = parser.parse_args()

    trainers = {}
    for policy in POLICIES:
        keras.config.set_dtype_policy(policy)
        trainers[policy] = Trainer(Painter())
    keras.config.set_dtype_policy("float32")

    print(f"batch {options.batch}, TensorFlow {tf.__version__}, {len(tf.config.list_physical_devices('GPU'))} GPUs")
    print("size   float32 ms/step   bfloat16 ms/step   bfloat16/float32   float32 images/s")
    for size in SIZES:
        random = np.random.default_rng(0)
        batch = [tf.constant(random.uniform(-1, 1, (options.batch, size, size, 3)).astype("float32")) for _ in "xy"]
        for trainer in trainers.values():
            milliseconds(trainer, batch, 2)  # compiles
        times = np.array(
            [
                [milliseconds(trainer, batch, options.steps) for trainer in trainers.values()]
                for _ in range(options.rounds)
            ]
        )
        plain, mixed = np.median(times, axis=0)
        ratio = np.median(times[:, 1] / times[:, 0])
        print(f"{size:4d}   {plain:15.0f}   {mixed:16.0f}   {ratio:16.2f}   {1000 * options.batch / plain:16.1f}")


def milliseconds(trainer, batch, steps):
    start = time.perf_counter()
    for _ in range(steps):
        terms = trainer.train_step(*batch)
    float(terms["style"])  # waits for the last step
    return (time.perf_counter() - start) / steps * 1000


if __name__ == "__main__":
    main()
