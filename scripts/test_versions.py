"""Run every lesson with other versions of the packages that stylekit needs: Colab's, the oldest allowed, the newest.

    python scripts/test_versions.py colab|oldest|newest [LESSON ...]

It builds the wheel, makes an environment with the versions in tests/versions/, and installs the wheel there, which must
not change any of them. Then it runs the lessons with nbval and the quick budget, from an empty folder.
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
        moved = {package: old for package, old in before.items() if after.get(package) != old}
        if moved:
            words = ", ".join(f"{package} {old} to {after.get(package)}" for package, old in moved.items())
            sys.exit(f"Installing stylekit changed what was there: {words}.")
        versions = ", ".join(f"{package} {after[package]}" for package in PACKAGES)
        print(f"== {name}: {subprocess.getoutput(f'{python} --version')}, {versions}", flush=True)
        sys.exit(run(python, room / "empty", lessons))


def build(folder):
    """Build the wheel of this checkout into a folder. Returns its Path."""
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True)
    return next(folder.glob("*.whl"))


def environment(wanted, folder):
    """Make a fresh environment: of the wanted Python if it is installed, else of the one that runs this.

    Args:
        wanted: its name, such as "python3.12".
        folder: where the environment goes, a Path.

    Returns:
        The Path of its python.
    """
    pyenv = {"PYENV_VERSION": wanted.removeprefix("python")}  # of several Pythons, pyenv runs only the chosen one
    for python in (wanted, sys.executable):
        with contextlib.suppress(OSError, subprocess.CalledProcessError):  # not there
            command = [python, "-m", "venv", "--clear", folder]
            subprocess.run(command, check=True, capture_output=True, env={**os.environ, **pyenv})
            return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    sys.exit("No Python with venv: install python3-venv.")


def install(python, *packages):
    """Install packages, as pip names them, into the environment of a python."""
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages], check=True)


def installed(python):
    """List what is installed: dict package -> version."""
    command = [python, "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"]
    listed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return {package["name"].lower(): package["version"] for package in listed}


def run(python, folder, lessons, *options, change=lambda lesson: lesson):
    """Run copies of the lessons with nbval, with nothing of the checkout beside them.

    Args:
        python: the python that runs them.
        folder: where the copies go, a Path that does not exist yet.
        lessons: their Paths.
        *options: options of pytest, str.
        change: a function that changes the text of each lesson, str -> str.

    Returns:
        The exit code of pytest.
    """
    folder.mkdir()
    shutil.copy(ROOT / "conftest.py", folder)
    for path in lessons:
        # Other versions draw figures and fonts a little differently, so outputs are not compared here.
        text = path.read_text(encoding="utf-8").replace("# NBVAL_CHECK_OUTPUT", "# not compared")
        (folder / path.name).write_text(change(text), encoding="utf-8")
    names = sorted(path.name for path in folder.glob("*.ipynb"))
    command = [python, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"]
    command += ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=600", *options, *names]
    environment = {**os.environ, "STYLEKIT_BUDGET": "quick", "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("PYTHONPATH", None)
    return subprocess.run(command, cwd=folder, env=environment).returncode


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(f"Say which versions: {', '.join(PYTHONS)}.")
    main(*sys.argv[1:])
