"""Steps per second of the GAN of points (toy2d), for each form of the loss.

    python benchmarks/toy2d_speed.py [--steps 1000] [--rounds 5]

The forms take turns within each round, so that a machine that slows down slows all of them. Prints the median over the
rounds; the lesson wants 300 steps a second on two cores.
"""

import argparse
import time

import numpy as np
import tensorflow as tf

from stylekit.course import toy2d


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1000, help="steps timed in each round")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    games = {form: toy2d.Game(toy2d.ring().sample(5000), form=form) for form in toy2d.FORMS}
    for game in games.values():
        game.run(2)  # compiles
    rates = [[steps_per_second(game, options.steps) for game in games.values()] for _ in range(options.rounds)]
    print(f"TensorFlow {tf.__version__}, {tf.config.threading.get_intra_op_parallelism_threads() or 'all'} threads")
    for form, rate in zip(games, np.median(rates, axis=0), strict=True):
        print(f"{form:15s} {rate:6.0f} steps/s")


def steps_per_second(game, steps):
    start = time.perf_counter()
    game.run(steps)
    return steps / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
