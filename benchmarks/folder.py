"""How long a folder of 5000 photos takes to open, images a second, and memory: python benchmarks/folder.py

The photos are crops of the embedded ones with some noise, written as JPEG into a temporary folder. They are read
lazily, and a part of them both lazily and kept in memory. Each way runs in a process of its own, so that its memory is
its own.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

import stylekit
from stylekit.data import folders

COUNT, PART = 5000, 1000  # pictures in the folder, and in the part of it that is also kept in memory
SHAPE, CROP, BATCH = (256, 340), 128, 8


def write(folder):
    """COUNT crops of the embedded photos, a little noise on each, the first PART of them in a folder of their own."""
    photos, random = stylekit.photos(300, "all"), np.random.default_rng(0)
    photos = [photo for photo in photos if photo.shape[1] >= SHAPE[1]]
    for number in range(COUNT):
        photo = photos[number % len(photos)]
        top, left = (random.integers(0, have - want + 1) for have, want in zip(photo.shape, SHAPE, strict=False))
        crop = photo[top : top + SHAPE[0], left : left + SHAPE[1]]
        noise = random.normal(0, 0.03, crop.shape).astype("float32")
        place = folder / ("part" if number < PART else "rest") / f"{number:04}.jpg"
        place.parent.mkdir(exist_ok=True)
        stylekit.write(np.clip(crop + noise, -1, 1), place, quality=90)


def measure(folder, lazy):
    """Open a folder, draw as many pictures as it has, and print what that took."""
    import tensorflow  # noqa: F401  (whose memory is not the folder's)

    memory = psutil.Process().memory_info
    before, start = memory().rss, time.perf_counter()
    domain = stylekit.folder(folder, SHAPE[0], lazy=lazy)
    seconds = time.perf_counter() - start
    print(f"{'lazy' if lazy else 'kept'}, {len(domain)} pictures: opened in {seconds:5.2f} s", end="", flush=True)
    rows = iter(stylekit.Batches(domain, domain, crop=CROP, batch_size=BATCH).dataset())
    next(rows)  # waits for the graph
    start, seen = time.perf_counter(), 0
    for goal in (PART, len(domain)) if len(domain) > PART else (PART,):
        while seen < goal:
            seen += sum(len(pictures) for pictures in next(rows))
        print(f", {(memory().rss - before) / 1e6:4.0f} MB more after {seen}", end="", flush=True)
    print(f", {seen / (time.perf_counter() - start):5.0f} images/s", flush=True)


def main():
    with tempfile.TemporaryDirectory() as room:
        room = Path(room)
        start = time.perf_counter()
        write(room)
        total = sum(path.stat().st_size for path in room.rglob("*.jpg"))
        print(
            f"Wrote {COUNT} JPEGs of {SHAPE[1]} x {SHAPE[0]} px, {total / 1e6:.0f} MB, in "
            f"{time.perf_counter() - start:.0f} s.",
            flush=True,
        )
        for way, folder in (("lazy", room), ("lazy", room / "part"), ("kept", room / "part")):
            subprocess.run([sys.executable, __file__, way, str(folder)], check=True)
        start = time.perf_counter()
        report = folders.inspect(room, SHAPE[0])
        print(f"Inspected {report.count} images in {time.perf_counter() - start:.1f} s.")


if __name__ == "__main__":
    if sys.argv[1:]:
        measure(sys.argv[2], sys.argv[1] == "lazy")
    else:
        main()
