"""Run every lesson with other versions of what stylekit stands on: Colab's, the oldest allowed, the newest.

    python scripts/test_versions.py colab|oldest|newest [LESSON ...]

Builds the wheel, makes an environment with the versions in tests/versions/, and installs the wheel there: it must not
move any of them. Then it runs the lessons with nbval at the quick budget, from an empty folder.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNNER = ["nbval>=0.11", "pytest>=8", "pytest-xdist>=3.6", "psutil"]  # what runs the lessons
PYTHONS = {"colab": "python3.12", "oldest": "python3.10", "newest": "python3.13"}  # where they are installed
PACKAGES = ("tensorflow", "keras", "numpy", "ipywidgets", "ipykernel", "ipython", "matplotlib")


def main(name, *lessons):
    if name not in PYTHONS:
        sys.exit(f"There are no versions {name!r}: wanted one of {', '.join(PYTHONS)}.")
    lessons = [Path(lesson) for lesson in lessons] or sorted((ROOT / "notebooks").glob("*.ipynb"))
    with tempfile.TemporaryDirectory(prefix="stylekit-") as room:
        room = Path(room)
        wheel = build(room / "wheel")
        python = environment(PYTHONS[name], room / "env")
        install(python, "-r", ROOT / "tests" / "versions" / f"{name}.txt", *RUNNER)
        before = installed(python)
        install(python, wheel)
        after = installed(python)
        moved = [f"{package} {old} to {after.get(package)}" for package, old in before.items()
                 if after.get(package) != old]  # fmt: skip
        if moved:
            sys.exit(f"Installing stylekit moved what was there: {', '.join(moved)}.")
        versions = ", ".join(f"{package} {after[package]}" for package in PACKAGES)
        print(f"== {name}: {subprocess.getoutput(f'{python} --version')}, {versions}", flush=True)
        sys.exit(run(python, room / "empty", lessons))


def build(folder):
    """The wheel of this checkout."""
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True)
    return next(folder.glob("*.whl"))


def environment(wanted, folder):
    """A fresh environment, of the wanted Python where it is installed, else of the one that runs this. Its python."""
    pyenv = {"PYENV_VERSION": wanted.removeprefix("python")}  # where pyenv has several, each answers only if chosen
    for python in (wanted, sys.executable):
        with contextlib.suppress(OSError, subprocess.CalledProcessError):  # not there
            command = [python, "-m", "venv", "--clear", folder]
            subprocess.run(command, check=True, capture_output=True, env={**os.environ, **pyenv})
            return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    sys.exit("No Python with venv: install python3-venv.")


def install(python, *packages):
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages], check=True)


def installed(python):
    """dict package -> version."""
    command = [python, "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"]
    listed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return {package["name"].lower(): package["version"] for package in listed}


def run(python, folder, lessons, *options, change=lambda lesson: lesson):
    """nbval over copies of the lessons, with nothing of the checkout beside them. Returns pytest's exit code.

    options: pytest's, str. change: what to do to the text of each lesson, str -> str.
    """
    folder.mkdir()
    shutil.copy(ROOT / "conftest.py", folder)
    for path in lessons:
        # figures and their fonts are the same only with the versions that drew the kept ones: not compared here
        text = path.read_text(encoding="utf-8").replace("# NBVAL_CHECK_OUTPUT", "# not compared")
        (folder / path.name).write_text(change(text), encoding="utf-8")
    names = sorted(path.name for path in folder.glob("*.ipynb"))
    command = [
        python, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile",
        "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=600", *options, *names,
    ]  # fmt: skip
    environment = {**os.environ, "STYLEKIT_BUDGET": "quick", "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("PYTHONPATH", None)
    return subprocess.run(command, cwd=folder, env=environment).returncode


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(f"Say which versions: {', '.join(PYTHONS)}.")
    main(*sys.argv[1:])
