"""Milliseconds from a slider's event to the new picture on the screen: JupyterLab in headless Chromium.

    python benchmarks/lab_latency.py [--painter painter.npz] [--moves 200]

Prints p50 and p95 of single moves, each made once the lab has come to rest: to the first picture, which is smaller
where G is slow, and to the whole one; the pictures a second of a hand that never rests; what the kernel grew by over
1000 moves; the speed of a training with the live lab open, and its timeline. The load of the machine is printed too:
the numbers are only worth something where it is low.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

import rig  # noqa: E402

CELLS = """
import os, pathlib, time, stylekit
pathlib.Path("process").write_text(str(os.getpid()))
painter = {painter}
lab = stylekit.lab.instant(painter)
lab.curve()
lab
"""
LIVE = """
import time, stylekit
photos = stylekit.photos(128)
batches = stylekit.Batches(photos, stylekit.filtered(photos, "woodcut"), crop=96, batch_size=4)
trainer = stylekit.Trainer(stylekit.Painter())
trainer.fit(batches, 20, progress=False)
live = stylekit.lab.live(trainer, batches)
live
"""
SPEED = """
import asyncio
import numpy as np
async def until(step):
    while trainer.step < step:
        await asyncio.sleep(0.01)
    return time.perf_counter()
alone, beside = [], []
for turn in range(3):  # in turns: the machine may be faster now than in a minute
    ends = []
    trainer.fit(batches, 31, callbacks=[lambda *_: ends.append(time.perf_counter())], progress=False)
    alone.append((ends[-1] - ends[0]) / 30)
    live.start()
    first = await until(trainer.step + 10)
    beside.append((await until(trainer.step + 30) - first) / 30)
    live.pause()
    await live._task
speed = np.array(alone) / np.array(beside)
print(f"live: {1000 * np.median(alone):.0f} ms a step without the lab, {1000 * np.median(beside):.0f} ms with it: "
      f"{np.median(speed):.0%} of the speed (median of 3 turns, {speed.min():.0%} to {speed.max():.0%})")
live.start()
"""
WATCH = """
window.painted = [];
document.addEventListener("pointermove", () => { window.moved = performance.now(); }, true);
const screen = document.querySelector(".stylekit-screen");
screen.addEventListener("load", () => requestAnimationFrame(() => setTimeout(
    () => window.painted.push([performance.now() - window.moved, screen.naturalWidth]))));
"""
RESTED = "count => window.painted.length > count && window.painted[window.painted.length - 1][1] == 256 && " \
         "!document.querySelector('.stylekit-lab svg').innerHTML.includes('about')"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--painter", type=Path, help="an .npz; default: the one that is shipped")
    parser.add_argument("--moves", type=int, default=200)
    options = parser.parse_args()
    painter = f"stylekit.Painter.load({str(options.painter)!r})" if options.painter else "stylekit.Painter.shipped()"
    with tempfile.TemporaryDirectory() as room:
        folder, settings = Path(room, "notebooks"), Path(room, "settings")
        folder.mkdir()
        with rig.chromium() as browser, rig.jupyterlab(folder, settings) as server:
            print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start")
            page = rig.run_all(browser, server, folder, "latency.ipynb", [CELLS.format(painter=painter)])
            page.wait_for_function("document.querySelectorAll('.stylekit-lab circle').length == 11")
            page.locator(".stylekit-lab").scroll_into_view_if_needed()
            page.evaluate(WATCH)
            measure(page, int((folder / "process").read_text()), options.moves)
            page.close()
            page = rig.run_all(browser, server, folder, "live.ipynb", [LIVE, SPEED])
            print(page.locator(".jp-OutputArea-output").get_by_text("of the speed").inner_text(timeout=300_000))
            page.locator(".stylekit-lab").scroll_into_view_if_needed()
            page.evaluate(WATCH)
            timeline = Slider(page, ".stylekit-timeline")
            report("the timeline while it trains", [timeline.move_once(rest=False) for _ in range(40)])


def measure(page, process, moves):
    wiper = Slider(page, ".stylekit-wipe")
    report("the wipe, without G", [wiper.move_once() for _ in range(moves)])
    page.mouse.up()
    slider = Slider(page, ".stylekit-content")
    report("a weight", [slider.move_once() for _ in range(moves)])
    whole = np.percentile(slider.whole, (50, 95))
    print(f"a weight, to the whole picture of 256 px: p50 {whole[0]:.0f} ms, p95 {whole[1]:.0f} ms")

    slider.sweep(100)
    before, started, first = memory(process), time.perf_counter(), slider.painted()
    slider.sweep(1000)
    seconds = time.perf_counter() - started
    print(f"1000 moves without rest: {seconds:.0f} s, {(slider.painted() - first) / seconds:.1f} pictures/s")
    slider.rest()
    after = memory(process)
    print(f"the kernel grew by {after - before:.1f} MB, from {before:.0f} to {after:.0f} MB")


def report(name, painted):
    """painted: list of (ms, px)."""
    milliseconds = np.array([latency for latency, _ in painted])
    p50, p95 = np.percentile(milliseconds, (50, 95))
    smallest, load = min(size for _, size in painted), os.getloadavg()[0]
    print(f"{name}: p50 {p50:.0f} ms, p95 {p95:.0f} ms, fastest {milliseconds.min():.0f} ms; {len(painted)} moves")
    print(f"    pictures of {smallest} px, load {load:.1f}")


class Slider:
    """A slider, held by its handle."""

    def __init__(self, page, name):
        self.page, self.places, self.whole = page, 0, []
        track = page.locator(f"{name} .noUi-base").bounding_box()
        handle = page.locator(f"{name} .noUi-handle").bounding_box()
        self.left, self.width, self.y = track["x"], track["width"], handle["y"] + handle["height"] / 2
        page.mouse.move(handle["x"] + handle["width"] / 2, self.y)
        page.mouse.down()

    def painted(self):
        return self.page.evaluate("window.painted.length")

    def step(self):
        """Move to the next place, at least 0.38 of the length away: a value that stays gives no new picture."""
        self.places += 1
        self.page.mouse.move(self.left + self.places * 0.382 % 1 * self.width, self.y)

    def move_once(self, rest=True):
        """(ms to the first new picture, its size in px), the lab then at rest again."""
        count = self.painted()
        self.step()
        self.page.wait_for_function("count => window.painted.length > count", arg=count)
        first = self.page.evaluate("count => window.painted[count]", count)
        if rest:
            self.rest(count)
            self.whole.append(self.page.evaluate("window.painted[window.painted.length - 1][0]"))
        return first

    def sweep(self, moves):
        for _ in range(moves):
            self.step()
            self.page.wait_for_timeout(12)  # a mouse reports 60 to 125 times a second

    def rest(self, count=0):
        self.page.wait_for_function(RESTED, arg=count)


def memory(process):
    """What a process has in memory, MB (Linux)."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
