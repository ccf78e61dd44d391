"""Milliseconds of one core that each filter takes for 128 x 128 px (best of 5): python benchmarks/filters.py"""

import time
from pathlib import Path

import skimage

from stylekit import images
from stylekit.filters import FILTERS, render

SIZE = 128
FOLDER = Path(skimage.__file__).parent / "data"
NAMES = ("astronaut.png", "chelsea.png", "motorcycle_left.png")
photos = [images.fit(images.read(FOLDER / name), SIZE) for name in NAMES]

for name in FILTERS:
    times = []
    for run in range(5):
        start = time.process_time()
        for photo in photos:
            render(photo, name, seed=run)
        times.append((time.process_time() - start) / len(photos))
    print(f"{name:14s}{1000 * min(times):7.1f} ms")
