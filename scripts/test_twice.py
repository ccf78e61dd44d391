"""Run every cell of the lessons twice in a row, as learners do. Nothing may fail, and both runs show as many pictures.

    python scripts/test_twice.py [LESSON ...]
"""

import copy
import sys
import tempfile
from pathlib import Path

import nbformat
import test_versions

MEMORY = "--gigabytes=2"  # what Binder gives: the first run of a cell may leave something behind


def main(*lessons):
    lessons = [Path(lesson) for lesson in lessons] or sorted((test_versions.ROOT / "notebooks").glob("*.ipynb"))
    with tempfile.TemporaryDirectory(prefix="stylekit-") as room:
        sys.exit(test_versions.run(sys.executable, Path(room, "twice"), lessons, MEMORY, change=doubled))


def doubled(text):
    """Repeat each cell of code in a lesson. text: the notebook as JSON, a str, as is the result."""
    notebook = nbformat.reads(text, as_version=4)
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if cell.cell_type == "code":
            cells.append(copy.deepcopy(cell))
            cells[-1].id += "-again"
    notebook.cells = cells
    return nbformat.writes(notebook)


if __name__ == "__main__":
    main(*sys.argv[1:])
