"""How many pairs a second the input pipeline makes, and at what cost: python benchmarks/pipeline.py

Compare with the time of a training step (benchmarks/step_time.py): the pipeline works while the step runs, on the same
cores, so its processor time for a batch is the most that it can add to a step.
"""

import time

import tensorflow as tf

from stylekit.domains import Pairs, photos

BATCH, BATCHES = 6, 300

print(f"TensorFlow {tf.__version__}")

for size, crop in ((128, 64), (128, 96), (256, 96), (256, 128)):
    domain = photos(size)
    start = time.perf_counter()
    rows = iter(Pairs(domain, domain, crop=crop, batch=BATCH).batches())
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
