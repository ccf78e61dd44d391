"""What nbval does not check when it runs the lessons: their pictures, their memory, their time.

Every picture that a cell shows is compared with the one that is kept. There must be as many, none blank, none cut off;
in a cell with `# NBVAL_CHECK_OUTPUT` they must be alike. A lesson that takes too much memory fails. A table at the end
shows what each lesson took. This file also works as a copy beside the lessons.
"""

import base64
import io
import time

import numpy as np
import psutil
import pytest
from PIL import Image
from skimage.metrics import structural_similarity

ALIKE = 0.95  # SSIM of two figures that must be the same
CONTRAST = 5  # standard deviation of grey levels, 0 to 255; a picture with less is blank
GIGABYTES = 1.5  # for one lesson: Binder gives 2; --gigabytes sets another limit
CPU_MINUTES = 60  # for all lessons of a run: Binder gives no more


# --- pictures ---------------------------------------------------------------------------------------------------------


def pictures(outputs):
    """List the pictures among the outputs of a cell: (h, w, 3) uint8."""
    data = [output.get("data", {}) for output in outputs]
    encoded = [part[kind] for part in data for kind in ("image/png", "image/jpeg") if kind in part]
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB")) for text in encoded]


def fault(picture):
    """Find what is wrong with a picture, (h, w, 3) uint8: a few words, or None."""
    if picture.mean(axis=2).std() < CONTRAST:
        return "blank"
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    paper = (edge == 255).all(axis=1).mean()
    if 0.5 < paper < 1:  # a figure on white paper that runs over its edge; a photo has no white edge
        return "cut off at its edge"
    return None


def check_pictures(kept, fresh, same):
    """Fail if the fresh pictures of a cell differ from the kept ones in number, have a fault, or look different.

    Args:
        kept, fresh: lists of (h, w, 3) uint8.
        same: whether they must look alike.
    """
    if len(kept) != len(fresh):
        pytest.fail(f"{len(kept)} pictures are kept, the cell showed {len(fresh)}", pytrace=False)
    for i, (old, new) in enumerate(zip(kept, fresh, strict=True)):
        if fault(new):
            pytest.fail(f"picture {i} is {fault(new)}", pytrace=False)
        if same and (alike := similarity(old, new)) < ALIKE:
            pytest.fail(f"picture {i} is not the one that is kept: SSIM {alike:.2f}", pytrace=False)


def similarity(old, new):
    """Measure the SSIM of two figures, (h, w, 3) uint8, where one of them has something on its white paper.

    Most of a figure is paper, and always alike. The second figure is scaled to the size of the first one, because fonts
    differ by a pixel or two. Returns a float, 1 for equal figures.
    """
    if old.shape != new.shape:
        height, width = old.shape[:2]
        new = np.asarray(Image.fromarray(new).resize((width, height)))
    _, alike = structural_similarity(old, new, channel_axis=2, full=True)
    drawn = np.minimum(old, new).min(axis=2) < 250
    return alike.mean(axis=2)[drawn].mean()


# --- what a lesson took -----------------------------------------------------------------------------------------------


class Taken:
    """Seconds, CPU seconds and peak memory of a lesson's kernel, read after every cell."""

    def __init__(self, kernel):
        self.kernel, self.started, self.cpu, self.peak = kernel, time.perf_counter(), 0.0, 0.0
        self.process = psutil.Process(kernel.km.provisioner.pid)

    def ask(self):
        self.seconds = time.perf_counter() - self.started
        times = self.process.cpu_times()
        self.cpu = times.user + times.system
        self.peak = max(self.peak, peak_memory(self.process))


def peak_memory(process):
    """Read the most that a process ever had in memory, GB. Outside of Linux: what it has now."""
    try:
        with open(f"/proc/{process.pid}/status") as status:
            line = next(line for line in status if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e9
    except OSError:
        return process.memory_info().rss / 1e9


# --- pytest's hooks ---------------------------------------------------------------------------------------------------


def pytest_addoption(parser):
    parser.addoption("--gigabytes", type=float, default=GIGABYTES, help="the most that a lesson may take")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    lesson = item.parent
    if item.path.suffix != ".ipynb":
        return (yield)
    taken = lesson.__dict__.setdefault("taken", Taken(lesson.kernel))
    outcome = yield
    marked = "NBVAL_CHECK_OUTPUT" in item.cell.source
    check_pictures(pictures(item.cell.outputs), pictures(item.test_outputs), marked)
    taken.ask()
    item.user_properties.append(("taken", (lesson.path.name, taken.seconds, taken.cpu, taken.peak)))
    most = item.config.getoption("gigabytes")
    if taken.peak > most:
        pytest.fail(f"{lesson.path.name} takes {taken.peak:.2f} GB, wanted at most {most}", pytrace=False)
    return outcome


def lessons_taken(terminalreporter):
    """Collect what each lesson took in this run: dict name -> (seconds, CPU seconds, GB)."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    found = [dict(getattr(report, "user_properties", ())).get("taken") for report in reports]
    return {name: (seconds, cpu, peak) for name, seconds, cpu, peak in sorted(filter(None, found))}


def cpu_minutes(lessons):
    """Add up the CPU time of lessons, as `lessons_taken` gives them: minutes, a float."""
    return sum(cpu for _, cpu, _ in lessons.values()) / 60


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")  # None in the workers of pytest-xdist
    if reporter and cpu_minutes(lessons_taken(reporter)) > CPU_MINUTES:
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    lessons = lessons_taken(terminalreporter)
    if lessons:
        terminalreporter.section("what the lessons took")
        for name, (seconds, cpu, peak) in lessons.items():
            terminalreporter.line(f"{name:40s} {seconds:5.0f} s {cpu:7.0f} cpu-s {peak:6.2f} GB")
        minutes = cpu_minutes(lessons)
        terminalreporter.line(f"{'all of them':40s} {'':7s} {60 * minutes:7.0f} cpu-s = {minutes:.0f} cpu-minutes")
        if minutes > CPU_MINUTES:
            terminalreporter.line(f"That is too much: wanted at most {CPU_MINUTES} cpu-minutes.", red=True)
