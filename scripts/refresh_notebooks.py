"""Run lessons and keep their outputs, without the parts that differ from run to run or from machine to machine.

    python scripts/refresh_notebooks.py notebooks/*.ipynb
    python scripts/refresh_notebooks.py --sources notebooks/*.ipynb

The time and memory of a run are written into the lesson's first cell. A lesson that fails stays as it was. A test
checks that every lesson is as `normalise` leaves it. With --sources nothing is run but the cells that show the
package's code (`show_source`): for a change of code or comments that changes no number.
"""

import ast
import base64
import io
import math
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image

from stylekit.course.source import Source

WIDGET = "application/vnd.jupyter.widget-view+json"
# TensorFlow's C++ code prints this while it loads, at any log level; it contains a time and a process number
START_OF_TENSORFLOW = re.compile(r"WARNING: All log messages before absl|[IWE]\d{4} \d\d:\d\d:|\s*$")
PEAK = """
import resource, sys
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""  # bytes; Linux counts in kB
TOOK = re.compile(r"(Running every cell takes\s+)\d+\s+(?:seconds|minutes)(\s+and\s+)\d+\.\d+(\s+GB)")
IPYTHON = re.compile(r"^(\s*)%.*$", re.MULTILINE)  # lines of IPython that are no Python
LARGE = 40_000  # bytes from which a picture is kept as JPEG, where that is much smaller


def main(paths):
    if paths[:1] == ["--sources"]:
        for path in map(Path, paths[1:]):
            renew_sources(path)
        return
    failed = [path for path in map(Path, paths) if not refresh(path)]
    sys.exit(f"Failed: {', '.join(path.name for path in failed)}." if failed else 0)


def refresh(path):
    """Run one lesson and write it back.

    Args:
        path: Path of the lesson.

    Returns:
        bool, whether every cell ran.
    """
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(PEAK))
    client = NotebookClient(
        notebook,
        timeout=1200,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    started = time.perf_counter()
    try:
        client.execute()
    except CellExecutionError as error:
        print(f"{path.name}: {error}")
        return False
    seconds = time.perf_counter() - started
    gigabytes = int(notebook.cells.pop().outputs[0].text) / 1e9
    first = notebook.cells[0]
    first.source = TOOK.sub(rf"\g<1>{in_words(seconds)}\g<2>{gigabytes:.1f}\g<3>", first.source)
    normalise(notebook)
    nbformat.write(notebook, path)
    print(f"{path.name}: {seconds:.0f} s, {gigabytes:.2f} GB, {path.stat().st_size / 1e6:.2f} MB on disk")
    return True


def renew_sources(path):
    """Renew the outputs of the cells of a lesson that show the package's code and do nothing else."""
    notebook = nbformat.read(path, as_version=4)
    shown = sources(notebook)
    for cell in notebook.cells:
        if cell.id in shown:
            cell.outputs = shown[cell.id]
    normalise(notebook)
    nbformat.write(notebook, path)


def sources(notebook):
    """The outputs of the cells that show the package's code and do nothing else: dict cell id -> list of outputs.

    Only these cells and the imports of the lesson are run.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    bodies = {cell.id: ast.parse(IPYTHON.sub(r"\1pass", cell.source)).body for cell in code}
    imports = [line for body in bodies.values() for line in body if isinstance(line, (ast.Import, ast.ImportFrom))]
    names = {}
    exec(compile(ast.Module(imports, []), "imports", "exec"), names)
    return {cell.id: _shown_by(cell.source, names) for cell in code if _only_shows(bodies[cell.id])}


def _only_shows(body):
    """Whether every line of a cell is show_source(...)."""
    return bool(body) and all(ast.unparse(line).startswith("show_source(") for line in body)


def _shown_by(cell, names):
    """What the calls of show_source in a cell display, as outputs of a notebook."""
    outputs = []

    def show_source(*parts):
        shown = Source(*parts)
        data = {"text/markdown": shown._repr_markdown_(), "text/plain": repr(shown)}
        outputs.append(nbformat.v4.new_output("display_data", data=data))

    exec(cell, {**names, "show_source": show_source})
    return outputs


def in_words(seconds):
    """A time in words, rounded up: "40 seconds", "3 minutes"."""
    return f"{5 * math.ceil(seconds / 5)} seconds" if seconds <= 90 else f"{math.ceil(seconds / 60)} minutes"


# --- what is kept -----------------------------------------------------------------------------------------------------


def normalise(notebook):
    """Remove from a notebook, in place, what no reader needs, and make large pictures smaller.

    These are removed: the views of widgets, which need a running kernel, TensorFlow's messages while it loads, and the
    kernel's own name.
    """
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, 1):
        cell.execution_count = number
        cell.outputs = [output for output in map(_cleaned, _joined(cell.outputs)) if output]
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = number


def _joined(outputs):
    """The outputs, with the pieces of each stream joined."""
    joined = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def _cleaned(output):
    """The output in the form that is kept, or None."""
    if output.output_type == "stream":
        if output.name == "stderr":
            lines = output.text.splitlines(keepends=True)
            output.text = "".join(line for line in lines if not START_OF_TENSORFLOW.match(line))
        return output if output.text else None
    if WIDGET in output.get("data", {}):
        return None
    if len(output.get("data", {}).get("image/png", "")) > LARGE * 4 / 3:
        _compress(output)
    return output


def _compress(output):
    """Make a JPEG of a large figure. Photographs get several times smaller; lines and letters stay PNG."""
    png = base64.b64decode(output.data["image/png"])
    buffer = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(buffer, "jpeg", quality=90, subsampling=0, optimize=True)
    if buffer.tell() < 0.6 * len(png):
        del output.data["image/png"]
        output.data["image/jpeg"] = base64.b64encode(buffer.getvalue()).decode()
        if "image/png" in output.metadata:  # the text for readers who cannot see it
            output.metadata["image/jpeg"] = output.metadata.pop("image/png")


if __name__ == "__main__":
    main(sys.argv[1:])
