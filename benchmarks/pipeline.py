"""How many pairs a second the input pipeline makes, and at what cost: python benchmarks/pipeline.py

Compare with the time of a training step (benchmarks/step_time.py): the pipeline works while the step runs, on the same
cores, so its processor time for a batch is the most that it can add to a step.
"""

import time

import tensorflow as tf

from stylekit.data.batches import Batches
from stylekit.data.domains import photos

BATCH, BATCHES = 6, 300

print(f"TensorFlow {tf.__version__}")

for size, crop in ((128, 64), (128, 96), (256, 96), (256, 128)):
    domain = photos(size)
    start = time.perf_counter()
    rows = iter(Batches(domain, domain, crop=crop, batch_size=BATCH).dataset())
    next(rows)
    first = time.perf_counter() - start
    start, work = time.perf_counter(), time.process_time()
    for _ in range(BATCHES):
        next(rows)
    seconds, work = time.perf_counter() - start, time.process_time() - work
    print(
        f"photos of {size} px, crops of {crop} px: {BATCH * BATCHES / seconds:6.0f} pairs/s, "
        f"{1000 * work / BATCHES:5.1f} ms of one core for a batch of {BATCH}; the first batch after {first:.2f} s"
    )


def longest_pause(dataset, seconds=1.0, times=12):
    """How long the longest of several iterators took to be dropped, each after it was used for so many seconds."""
    pauses = []
    for _ in range(times):
        rows, end = iter(dataset), time.perf_counter() + seconds
        while time.perf_counter() < end:
            tf.nn.conv2d(next(rows)[0], tf.ones((5, 5, 3, 16)), 1, "SAME")  # as a step does
        start = time.perf_counter()
        del rows
        pauses.append(time.perf_counter() - start)
    return max(pauses)


tuned = tf.data.Options()
tuned.autotune.enabled = True
domain = photos(128)
batches = Batches(domain, domain, crop=64, batch_size=BATCH).dataset()
print(f"the longest of 12 pauses when an iterator is dropped: {longest_pause(batches):.2f} s", end=", ")
print(f"with tf.data's tuner {longest_pause(batches.with_options(tuned)):.2f} s")
