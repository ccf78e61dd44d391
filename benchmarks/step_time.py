"""Milliseconds of one training step of each method, this version's against another's, and what a step costs to compile.

    python benchmarks/step_time.py [--old PATH] [--rounds 7] [--methods painter cyclegan]

PATH is another checkout of the project. Each version runs in a process of its own; the two take turns within each
round, so that a machine that slows down slows both. Prints medians over the rounds, and the median of the ratios.
Without --old it prints this version's alone, in float32 and in mixed bfloat16. The last columns are seconds to compile
the step once more: as a `Trainer` does, without autograph, and with it, which rewrites the Python of the step first.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parents[1]
SIZES = {"painter": 96, "dcgan": 28, "pix2pix": 64, "cyclegan": 48, "progressive": 16, "dtn": 32}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--old", type=Path, help="another checkout, to compare with")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=5, help="steps timed in each round")
    parser.add_argument("--methods", nargs="+", default=list(SIZES), choices=SIZES)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return serve(options)

    versions = {"old": (options.old, "float32"), "new": (HERE, "float32")}
    if not options.old:
        versions = {"float32": (HERE, "float32"), "bfloat16": (HERE, "mixed_bfloat16")}
    first, second = versions
    print(f"batch {options.batch}, {os.cpu_count()} CPUs; milliseconds per step, seconds to compile the first")
    print(
        f"method        {first:>10s} {second:>10s}   {second}/{first}   first step {first}, {second}   "
        "no autograph, autograph"
    )
    for name in options.methods:
        workers = [Worker(name, path, policy, options) for path, policy in versions.values()]
        compiled = [worker.ask("compile") for worker in workers]
        times = [[worker.ask("step") for worker in workers] for _ in range(options.rounds)]
        again, rewritten = (workers[1].ask(way) for way in ("again", "autograph"))
        for worker in workers:
            worker.end()
        middle = [median(column) for column in zip(*times, strict=True)]
        ratio = median([new / old for old, new in times])
        print(
            f"{name:12s} {middle[0]:10.1f} {middle[1]:10.1f}   {ratio:7.3f}   "
            f"{compiled[0]:13.1f} {compiled[1]:6.1f}   {again:12.1f} {rewritten:10.1f}",
            flush=True,
        )


def median(values):
    return sorted(values)[len(values) // 2]


class Worker:
    """One version's trainer in a process of its own: it answers each question with a number."""

    def __init__(self, name, path, policy, options):
        settings = ["--worker", f"{name}:{policy}", "--batch", str(options.batch), "--steps", str(options.steps)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(path), *sys.path]), "TF_CPP_MIN_LOG_LEVEL": "3"}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen([sys.executable, __file__, *settings], env=environment, text=True, **pipes)

    def ask(self, question):
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def serve(options):
    """What a worker does: wait for a question on each line, answer with a number."""
    import keras
    import numpy as np
    import tensorflow as tf

    name, policy = options.worker.split(":")
    keras.config.set_dtype_policy(policy)
    Trainer, build = parts(name)
    random, side = np.random.default_rng(0), SIZES[name]
    batch = [tf.constant(random.uniform(-1, 1, (options.batch, side, side, 3)).astype("float32")) for _ in "xy"]
    trainer = Trainer(build())

    def seconds(step, steps):
        start = time.perf_counter()
        for _ in range(steps):
            terms = step(*batch)
        float(next(iter(terms.values())))  # waits for the last step
        return (time.perf_counter() - start) / steps

    def compiled_anew(autograph):
        other, seed = build(), tf.constant([7, 0], tf.int64)
        return seconds(tf.function(lambda x, y: other.step(x, y, seed), autograph=autograph), 1)

    answers = {
        "compile": lambda: seconds(trainer.train_step, 1),
        "step": lambda: 1000 * seconds(trainer.train_step, options.steps),
        "again": lambda: compiled_anew(False),
        "autograph": lambda: compiled_anew(True),
    }
    for line in sys.stdin:
        print(answers[line.strip()](), flush=True)


def parts(name):
    """The Trainer, and a function that builds the method, wherever this version has them."""
    from importlib import import_module

    try:
        from stylekit.training.trainer import Trainer
    except ImportError:
        from stylekit.training import Trainer
    method = import_module(f"stylekit.methods.{name}")
    if name == "dtn":
        return Trainer, lambda: method.DTN(method.encoder(method.digit_classifier(16)), width=16)
    kind, settings = {
        "painter": ("Painter", {}),
        "dcgan": ("DCGAN", {"width": 32}),
        "pix2pix": ("Pix2Pix", {"side": 64, "width": 16, "halvings": 1}),
        "cyclegan": ("CycleGAN", {"width": 16, "blocks": 3, "halvings": 1, "side": 48}),
        "progressive": ("Progressive", {"side": 16, "width": 32, "phase": 0}),
    }[name]
    return Trainer, lambda: getattr(method, kind)(**settings)


if __name__ == "__main__":
    main()
