"""The watch over the lessons' pictures (conftest.py): it has to see every fault that nbval does not."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
DRAW = """
import io
import numpy as np
from IPython.display import Image, display
from stylekit import plots
def figure(height):
    return plots.bars({"one": 1.0, "two": height}, "height")
def photo(level):
    rng = np.random.default_rng(3)
    return rng.uniform(-1, level, (130, 130, 3)).astype("float32")
"""
LESSONS = {  # name: (as it is kept, as it runs today, what must be said of it or None)
    "same": ("figure(2.0)  # NBVAL_CHECK_OUTPUT", "figure(2.0)  # NBVAL_CHECK_OUTPUT", None),
    "other_but_unmarked": ("figure(2.0)", "figure(0.5)", None),
    "a_photo": ("plots.pictures([[photo(1)]])", "plots.pictures([[photo(1)]])", None),
    "another": ("figure(2.0)  # NBVAL_CHECK_OUTPUT", "figure(0.2)  # NBVAL_CHECK_OUTPUT", "not the one that is kept"),
    "blank": ("figure(2.0)", "plots.Chart(figsize=(3, 2))", "is blank"),
    "cut_off": ("figure(2.0)", "f = figure(2.0); f.text(0.9, 0.9, 'beyond'); f", "is cut off"),
    "missing": ("figure(2.0)", "None", "1 pictures are kept, the cell showed 0"),
    "twice": ("figure(2.0)", "display(figure(2.0)); figure(2.0)", "1 pictures are kept, the cell showed 2"),
}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """What pytest says of all of them, one run."""
    folder = tmp_path_factory.mktemp("lessons")
    shutil.copy(ROOT / "conftest.py", folder)
    cells = [code for kept, today, _ in LESSONS.values() for code in (kept, today)]
    outputs = shown(cells)
    for name, (kept, today, _) in LESSONS.items():
        cells = [code(DRAW), code(today)]
        cells[1].outputs = outputs[kept]
        cells[0].execution_count, cells[1].execution_count = 1, 2
        nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / f"{name}.ipynb")
    wide = {**os.environ, "COLUMNS": "200"}  # else pytest shortens what it says
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "-p", "no:cacheprovider", "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=wide).stdout


@pytest.mark.parametrize("minutes, workers", [(60, 0), (0, 0), (0, 2)])
def test_a_course_that_takes_too_long_fails(tmp_path, minutes, workers):
    nbformat.write(nbformat.v4.new_notebook(cells=[code("sum(range(1000))")]), tmp_path / "any.ipynb")
    text = (ROOT / "conftest.py").read_text("utf-8").replace("CPU_MINUTES = 60", f"CPU_MINUTES = {minutes}")
    (tmp_path / "conftest.py").write_text(text, "utf-8")
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "-n", str(workers), "any.ipynb"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "1 passed" in ended.stdout, ended.stdout
    assert ended.returncode == (0 if minutes else 1)
    assert ("That is too much: wanted at most 0 cpu-minutes." in ended.stdout) == (not minutes)


def code(source):
    return nbformat.v4.new_code_cell(source)


def shown(sources):
    """dict source -> the outputs of a cell with it."""
    notebook = nbformat.v4.new_notebook(cells=[code(DRAW), *map(code, sources)])
    NotebookClient(notebook, kernel_name="python3").execute()
    return {cell.source: cell.outputs for cell in notebook.cells}


@pytest.mark.parametrize("name", LESSONS)
def test_a_fault_fails_and_a_good_picture_passes(outcome, name):
    fault = LESSONS[name][2]
    failed = f"FAILED {name}.ipynb::Cell 1" in outcome
    assert failed == bool(fault), outcome
    if fault:
        assert re.search(rf"FAILED {name}.ipynb::Cell 1 .*{fault}", outcome), outcome


def test_a_table_says_what_each_lesson_took(outcome):
    for name in LESSONS:
        assert re.search(rf"{name}.ipynb +\d+ s +\d+ cpu-s +0\.\d\d GB", outcome), outcome
    assert re.search(r"all of them .* cpu-minutes", outcome)
