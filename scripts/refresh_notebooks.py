"""Run lessons anew and keep their outputs, without what changes from run to run or from machine to machine.

    python scripts/refresh_notebooks.py notebooks/*.ipynb

Prints what each run took, beside what the lesson says it takes. A lesson that fails is left as it was.
"""

import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

WIDGET = "application/vnd.jupyter.widget-view+json"
# TensorFlow's C++ side says this while it loads, whatever the log level; it carries a time and a process number
START_OF_TENSORFLOW = re.compile(r"WARNING: All log messages before absl|[IWE]\d{4} \d\d:\d\d:|\s*$")
PEAK = """
import resource, sys
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""  # bytes; Linux counts in kB


def main(paths):
    failed = [path for path in map(Path, paths) if not refresh(path)]
    sys.exit(f"Failed: {', '.join(path.name for path in failed)}." if failed else 0)


def refresh(path):
    """Run one lesson and write it back. Returns whether every cell ran."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(PEAK))
    client = NotebookClient(
        notebook, timeout=600, kernel_name="python3", record_timing=False, store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    )  # fmt: skip
    started = time.perf_counter()
    try:
        client.execute()
    except CellExecutionError as error:
        print(f"{path.name}: {error}")
        return False
    seconds = time.perf_counter() - started
    gigabytes = int(notebook.cells.pop().outputs[0].text) / 1e9
    clean(notebook)
    nbformat.write(notebook, path)
    said = re.search(r"Running every cell takes ([^.]+(?:\.\d[^.]*)?) of memory", notebook.cells[0].source)
    print(f"{path.name}: {seconds:.0f} s, {gigabytes:.2f} GB; it says {said.group(1) if said else 'nothing'}")
    return True


def clean(notebook):
    """Take away the widgets' views (they need a running kernel), TensorFlow's first words, and the machine's name."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in map(_cleaned, _joined(cell.outputs)) if output]


def _joined(outputs):
    """One output for what a stream said in several pieces."""
    joined = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def _cleaned(output):
    """The output as it is to be kept, or None."""
    if output.output_type == "stream":
        if output.name == "stderr":
            lines = output.text.splitlines(keepends=True)
            output.text = "".join(line for line in lines if not START_OF_TENSORFLOW.match(line))
        return output if output.text else None
    return None if WIDGET in output.get("data", {}) else output


if __name__ == "__main__":
    main(sys.argv[1:])
