"""The lessons as they are kept: they show their pictures without running, and each has the anatomy of a lesson.

That they run is tested by nbval, in `make test`.
"""

import ast
import base64
import io
import itertools
import re
import socket
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = [path.name for path in LESSONS]
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
LINES, MEGABYTES = 15, 1.5
MACHINE = re.compile(r"/(home|root|Users|work|tmp|content|opt|usr|var)/|\b[A-Z]:\\|site-packages")

every_lesson = pytest.mark.parametrize("path", LESSONS, ids=NAMES)


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(lesson):
    return [cell for cell in lesson.cells if cell.cell_type == "code"]


def prose(lesson):
    return "\n\n".join(cell.source for cell in lesson.cells if cell.cell_type == "markdown")


def python_of(cell):
    """The cell's Python, without the lines for IPython."""
    return re.sub(r"^(\s*)%.*$", r"\1pass", cell.source, flags=re.MULTILINE)


def words_of(cell):
    """All text in the outputs of a cell."""
    for output in cell.outputs:
        yield output.get("text", "")
        yield from (str(value) for kind, value in output.get("data", {}).items() if kind.startswith("text/"))


def pictures_of(lesson):
    for cell in code_cells(lesson):
        for output in cell.outputs:
            for kind in ("image/png", "image/jpeg"):
                if kind in output.get("data", {}):
                    yield Image.open(io.BytesIO(base64.b64decode(output.data[kind])))


# --- as they are kept -------------------------------------------------------------------------------------------------


def test_there_are_lessons():
    assert "00_start_here.ipynb" in NAMES and "02_two_domains.ipynb" in NAMES


@every_lesson
def test_the_file_is_whole_and_small(path):
    nbformat.validate(read(path))
    assert path.stat().st_size < MEGABYTES * 1e6


@every_lesson
def test_every_picture_is_told_in_words_to_those_who_cannot_see_it(path):
    outputs = [output for cell in code_cells(read(path)) for output in cell.outputs]
    told = [
        output.metadata.get(kind, {}).get("alt", "")
        for output in outputs
        for kind in ("image/png", "image/jpeg")
        if kind in output.get("data", {})
    ]
    assert told and all(len(words) > 10 for words in told), told


@every_lesson
def test_the_kernel_is_nobodys_own(path):
    metadata = read(path).metadata
    assert {**metadata, "language_info": None} == {**KERNEL, "language_info": None}
    assert metadata.language_info == {"name": "python"}
    assert not any("execution" in cell.metadata for cell in read(path).cells)


@every_lesson
def test_it_was_run_from_top_to_bottom_without_errors(path):
    cells = code_cells(read(path))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]


@every_lesson
def test_what_shows_something_is_kept(path):
    for cell in code_cells(read(path)):
        last = ast.parse(python_of(cell)).body[-1]
        a_widget = "widgets." in cell.source or "stylekit.lab." in cell.source  # which is not kept
        if "print(" in cell.source or (isinstance(last, ast.Expr) and not a_widget):
            assert cell.outputs, f"no output kept of:\n{cell.source}"


@every_lesson
def test_no_word_of_the_machine_it_ran_on(path):
    for cell in read(path).cells:
        for text in [cell.source, *(words_of(cell) if cell.cell_type == "code" else [])]:
            assert not MACHINE.search(text) and not re.search(rf"\b{re.escape(socket.gethostname())}\b", text)


@every_lesson
def test_no_output_needs_a_running_kernel_or_tells_an_address(path):
    for cell in code_cells(read(path)):
        for output in cell.outputs:
            assert not any("widget" in kind for kind in output.get("data", {}))
        assert not re.search(r" at 0x[0-9a-f]{6,}", "".join(words_of(cell)))


@every_lesson
def test_every_picture_is_large_enough_and_shows_something(path):
    pictures = list(pictures_of(read(path)))
    assert len(pictures) >= 5
    for picture in pictures:
        pixels = np.asarray(picture.convert("L"), "float64")
        assert min(pixels.shape) >= 120 and max(pixels.shape) >= 240
        assert pixels.std() > 5


# --- anatomy ----------------------------------------------------------------------------------------------------------


@every_lesson
def test_it_begins_with_its_question_and_what_it_takes(path):
    first = read(path).cells[0].source
    assert re.match(rf"# {path.name[:2]} \w+", first)
    assert re.search(r"^\*\*.+\?\*\*$", first, re.MULTILINE)
    takes = " ".join(re.search(r"\*Takes:\*(.+?)\n\n", first, re.DOTALL).group(1).split())
    assert re.search(r"\d+ minutes to read", takes)
    assert re.search(r"Running every cell takes \d+ (seconds|minutes) and \d\.\d GB of memory on two cores", takes)
    assert "Afterwards you can" in first


def test_the_set_up_is_the_same_everywhere():
    assert len({code_cells(read(path))[0].source for path in LESSONS}) == 1


@every_lesson
def test_cells_are_short_and_have_no_helpers(path):
    """Functions are for the learner to write, a widget's callback or an exercise; any other is in the package."""
    playing = False
    for cell in read(path).cells:
        playing = playing or bool(re.search(r"^## Play$", cell.source, re.MULTILINE))
        if cell.cell_type == "code":
            lines = [line for line in cell.source.splitlines() if line.strip()]
            assert len(lines) <= LINES, cell.source
            assert max(map(len, lines)) <= 120
            assert playing or not re.search(r"^ *(def|class) ", cell.source, re.MULTILINE), cell.source


@every_lesson
def test_formulas_stand_beside_their_code(path):
    lesson = read(path)
    assert "$$" in prose(lesson)
    assert sum("show_source(" in cell.source for cell in code_cells(lesson)) >= 2
    assert not any("getsource" in cell.source for cell in code_cells(lesson))


@every_lesson
def test_what_is_claimed_is_measured(path):
    """After each "Measure", and before the next words, an assert."""
    cells = read(path).cells
    claims = [i for i, cell in enumerate(cells) if cell.cell_type == "markdown" and "**Measure.**" in cell.source]
    assert len(claims) >= 3
    for i in claims:
        measured = itertools.takewhile(lambda cell: cell.cell_type == "code", cells[i + 1 :])
        assert any(re.search(r"^ *assert ", cell.source, re.MULTILINE) for cell in measured), cells[i].source


@every_lesson
def test_there_is_something_to_play_with_and_it_is_tested(path):
    after = re.split(r"^## Play$", "\n".join(cell.source for cell in read(path).cells), flags=re.MULTILINE)
    assert len(after) == 2, "wanted one heading '## Play'"
    play = after[1].split("\n## ")[0]
    assert re.search(r"widgets\.|lab\.", play)
    callbacks = re.findall(r"^def (\w+)\(", play, re.MULTILINE)
    assert all(len(re.findall(rf"\b{name}\(", play)) > 1 for name in callbacks), "the callback is never called"
    assert re.search(r"^assert ", play, re.MULTILINE)


@every_lesson
def test_the_exercises_are_checked_and_can_be_solved(path):
    lesson = read(path)
    assert re.search(r"^## Your turn", prose(lesson), re.MULTILINE)
    asked = [cell for cell in code_cells(lesson) if "# change this line" in cell.source]
    solved = [cell for cell in code_cells(lesson) if cell.metadata.get("jupyter", {}).get("source_hidden")]
    assert asked and len(asked) == len(solved)
    for cell in asked:
        assert "checks." in cell.source
        assert any(text.startswith("Not yet: ") for text in words_of(cell)), "the check has nothing to say"
    for cell in solved:
        assert "checks." in cell.source and "assert " in cell.source


@every_lesson
def test_it_ends_with_its_limits_and_what_to_read(path):
    headings = re.findall(r"^## (.+)$", prose(read(path)), re.MULTILINE)
    assert any("can't do" in heading for heading in headings[-4:])
    assert "What to read" in headings[-3:]


# --- the course -------------------------------------------------------------------------------------------------------


def test_the_readme_names_every_lesson_and_no_other():
    assert sorted(set(re.findall(r"\]\(notebooks/([\w.]+\.ipynb)\)", README))) == NAMES


@every_lesson
def test_links_between_lessons_lead_somewhere(path):
    for name in re.findall(r"\]\(([^)#]+\.ipynb)\)", prose(read(path))):
        assert (path.parent / name).is_file(), f"{path.name} links to {name}"


@pytest.mark.parametrize("path, following", list(itertools.pairwise(LESSONS)), ids=NAMES[:-1])
def test_a_lesson_leads_to_the_next(path, following):
    """Where the next one is there; while lessons are being written there may be a gap."""
    if int(following.name[:2]) == int(path.name[:2]) + 1:
        last = read(path).cells[-1].source.splitlines()[-1]
        assert f"]({following.name})" in last, f"the last line of {path.name} is: {last}"


def test_the_map_names_every_lesson():
    start = prose(read(ROOT / "notebooks" / "00_start_here.ipynb"))
    table = start.split("## The map")[1].split("\n## ")[0]
    assert set(re.findall(r"\]\(([^)]+\.ipynb)\)", table)) == set(NAMES) - {"00_start_here.ipynb"}
