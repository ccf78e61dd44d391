"""Bad surroundings: stylekit paints all the same, or says one clear sentence. Each in a process of its own."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stylekit import images
from stylekit.filters import render

ROOT = Path(__file__).parents[1]
ODD = "ein Ordner mit Löchern 画"


def available(*command):
    """Whether a tool is there and may do what it is asked to: some need root."""
    return shutil.which(command[0]) and subprocess.run(command, capture_output=True).returncode == 0


@pytest.fixture
def room(tmp_path, photograph):
    """A folder with a photo and a painting."""
    images.write(photograph, tmp_path / "photo.png")
    images.write(render(photograph, "brush", seed=1), tmp_path / "painting.png")
    return tmp_path


@pytest.fixture(scope="module")
def photograph():
    from stylekit.data.domains import photos

    return images.fit(photos(64, "test")[0], 64)


def stylize(room, *, under=(), environment=(), root=ROOT, output="painted.png"):
    """The finished process of `stylekit stylize`, run in `room` under other commands or variables."""
    words = ["stylize", "photo.png", "--style", "painting.png", "-o", output]
    return stylekit(room, words, under=under, environment=environment, root=root)


def stylekit(room, words, *, under=(), environment=(), root=ROOT):
    """The finished process of any command of stylekit's."""
    command = [*under, sys.executable, "-m", "stylekit", *words]
    variables = {**os.environ, "PYTHONPATH": str(root), "TF_CPP_MIN_LOG_LEVEL": "3", **dict(environment)}
    variables = {name: value for name, value in variables.items() if value is not None}
    return subprocess.run(command, cwd=room, env=variables, capture_output=True, text=True, encoding="utf-8")


def copy_package(folder):
    """The package and its data, as in a checkout."""
    for name in ("stylekit", "data"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))


def check_painted(done, path):
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert images.read(path).shape == (64, 64, 3)


def check_refused(done, *words):
    """One sentence on stderr, no traceback."""
    assert done.returncode == 2, done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("stylekit: ")]
    assert len(said) == 1 and all(word in said[0] for word in words), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not available("unshare", "-rn", "true"), reason="no unshare -rn: it cuts a process off the network")
def test_without_a_network(room):
    check_painted(stylize(room, under=["unshare", "-rn"]), room / "painted.png")


@pytest.mark.skipif(not available("taskset", "-c", "0", "true"), reason="no taskset: it leaves a process one core")
def test_on_one_core_and_with_a_gpu_that_is_not_there(room):
    done = stylize(room, under=["taskset", "-c", "0"], environment={"CUDA_VISIBLE_DEVICES": "7"})
    check_painted(done, room / "painted.png")


@pytest.mark.parametrize("home", [None, "/nowhere/at/all"], ids=["HOME unset", "HOME missing"])
def test_without_a_home(room, home):
    check_painted(stylize(room, environment={"HOME": home, "USERPROFILE": home}), room / "painted.png")


def test_from_and_in_a_path_with_spaces_and_letters_of_all_kinds(room):
    odd = room / ODD
    odd.mkdir()
    copy_package(odd)
    for name in ("photo.png", "painting.png"):
        shutil.move(room / name, odd)
    check_painted(stylize(odd, root=odd, output="gemälde.png"), odd / "gemälde.png")


REMOUNT = 'mount --bind . . && mount -o remount,ro,bind . && cd "$PWD" && exec "$@"'
READ_ONLY = ["unshare", "-rm", "sh", "-c", REMOUNT, "-"]


@pytest.mark.skipif(not available(*READ_ONLY, "true"), reason="no unshare -rm: it makes a folder read-only")
def test_in_a_folder_that_is_read_only(room, tmp_path_factory):
    check_refused(stylize(room, under=READ_ONLY), "Cannot write", "choose another -o")
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "painted.png"
    check_painted(stylize(room, under=READ_ONLY, output=str(elsewhere)), elsewhere)


@pytest.mark.skipif(not available(*READ_ONLY, "true"), reason="no unshare -rm: it makes a folder read-only")
def test_with_a_home_that_is_read_only(room, tmp_path_factory):
    """So that no cache in it, of fonts or of downloads, can be written."""
    home = {"HOME": str(room), "XDG_CACHE_HOME": None, "XDG_CONFIG_HOME": None, "STYLEKIT_CACHE": None}
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "painted.png"
    check_painted(stylize(room, under=READ_ONLY, environment=home, output=str(elsewhere)), elsewhere)
    done = stylekit(room, ["download", "monet2photo"], under=READ_ONLY, environment=home)
    check_refused(done, "Cannot keep monet2photo", "Read-only", "STYLEKIT_CACHE")
    figure = "from stylekit import plots; plots.bars({'one': 1.0}, 'height').savefig('/dev/null', format='png')"
    command = [*READ_ONLY, sys.executable, "-c", figure]
    variables = {name: value for name, value in {**os.environ, **home}.items() if value is not None}
    assert subprocess.run(command, cwd=room, env=variables | {"PYTHONPATH": str(ROOT)}).returncode == 0


OLD = """#!/bin/sh
# makes the environment, and leaves the pip of Python 3.10.0 there
"{python}" "$@" && .venv/bin/python -m pip install --quiet --disable-pip-version-check "pip==21.2.3"
"""


@pytest.mark.skipif(os.name != "posix", reason="a script stands for Python here")
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="so old a pip does not start with this Python")
def test_with_an_old_pip(tmp_path):
    house, python = tmp_path / "house", tmp_path / "python"
    house.mkdir()
    copy_package(house)
    for name in ("Makefile", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, house)
    # without most of what it depends on, which takes a minute to install
    needs = r"(?ms)^dependencies = \[.*?^\]|^\[project.optional-dependencies\].*?(?=^\[)"
    house.joinpath("pyproject.toml").write_text(
        re.sub(needs, "", ROOT.joinpath("pyproject.toml").read_text()).replace(
            "[project]\n", '[project]\ndependencies = ["lazy-loader"]\n', 1
        )
    )
    python.write_text(OLD.format(python=sys.executable))
    python.chmod(0o755)
    done = subprocess.run(["make", ".venv/ready", f"PYTHON={python}"], cwd=house, capture_output=True, text=True)
    if "No matching distribution found for pip==" in done.stderr:
        pytest.skip("no package index: the old pip comes from there")
    assert done.returncode == 0, done.stderr
    where = [house / ".venv" / "bin" / "python", "-c", "import stylekit; print(stylekit.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert Path(found.strip()) == house / "stylekit" / "__init__.py"
