"""What is said in several places stays in line: the course's table, badges, set-up cells, and how lessons are kept."""

import base64
import shutil
from pathlib import Path

import link_course
import nbformat
import pytest
import refresh_notebooks
from IPython.core.formatters import DisplayFormatter

from stylekit import images, plots
from stylekit.data import domains

ROOT = Path(__file__).parents[1]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture
def course(tmp_path):
    """A copy of all that `make links` may write to."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns(".*"))
    for name in ("README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def sources(course):
    return {
        path.name: [cell.source for cell in nbformat.read(path, 4).cells]
        for path in (course / "notebooks").glob("*.ipynb")
    }


def test_everything_is_in_line(course):
    assert link_course.main(course) == [], "run: make links"


def test_an_address_makes_badges_and_a_set_up_cell_everywhere(course):
    changed = link_course.main(course, "somebody/style-kit.2")
    assert sorted(changed) == sorted([path.name for path in LESSONS] + ["README.md"])
    assert 'Repository = "https://github.com/somebody/style-kit.2"' in (course / "pyproject.toml").read_text("utf-8")
    for name, cells in sources(course).items():
        title = cells[0].splitlines()
        assert title[0].startswith("# ") and f"somebody/style-kit.2/blob/main/notebooks/{name})" in title[2]
        assert f"mybinder.org/v2/gh/somebody/style-kit.2/main?urlpath=lab/tree/notebooks/{name})" in title[2]
        assert '%pip install --quiet "stylekit @ git+https://github.com/somebody/style-kit.2"' in cells[2]
        assert cells[0].count("[![") == 2 and "On Colab it installs" in cells[1]
    assert "somebody/style-kit.2/blob/main/notebooks/00_start_here.ipynb" in (course / "README.md").read_text("utf-8")
    assert link_course.main(course) == []


def test_another_address_takes_the_place_of_the_first(course):
    link_course.main(course, "first/stylekit")
    link_course.main(course, "second/stylekit")
    for path in [*course.glob("*.*"), *(course / "notebooks").glob("*.ipynb")]:
        assert "first/stylekit" not in path.read_text("utf-8")
    assert (course / "pyproject.toml").read_text("utf-8").count("[project.urls]") == 1


@pytest.mark.parametrize("wrong", ["stylekit", "https://github.com/a/b", "a/b/c", "a b/c"])
def test_a_wrong_address_is_refused_and_nothing_is_written(course, wrong):
    before = (course / "pyproject.toml").read_text("utf-8")
    with pytest.raises(SystemExit, match="wanted owner/name"):
        link_course.main(course, wrong)
    assert (course / "pyproject.toml").read_text("utf-8") == before and link_course.main(course) == []


def test_table_and_map_follow_the_lessons(course):
    path = course / "notebooks" / "02_two_domains.ipynb"
    lesson = nbformat.read(path, 4)
    title = refresh_notebooks.TOOK.sub(r"\g<1>7 minutes\g<2>1.3\g<3>", lesson.cells[0].source)
    lesson.cells[0].source = title.replace("**What does a network see", "**What else does one see")
    nbformat.write(lesson, path)
    assert link_course.main(course) == ["00_start_here.ipynb", "README.md"]
    row = next(line for line in (course / "README.md").read_text("utf-8").splitlines() if path.name in line)
    assert "What else does one see when" in row and row.endswith("| 7 min | 1.3 GB |")
    start = "\n".join(sources(course)["00_start_here.ipynb"])
    assert start.count("What else does one see when we hand it a photo and a painting? |") == 1
    assert start.count("## The map") == start.count("## What to read") == 1


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name)
def test_a_lesson_is_kept_as_make_notebooks_writes_it(path):
    lesson = nbformat.read(path, 4)
    refresh_notebooks.normalise(lesson)
    assert nbformat.writes(lesson).rstrip() == path.read_text("utf-8").rstrip(), "run: make notebooks"
    ids = [cell.id for cell in lesson.cells]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name)
def test_a_lesson_shows_the_code_of_the_package_as_it_is(path):
    lesson = nbformat.read(path, 4)
    shown = refresh_notebooks.sources(lesson)
    assert len(shown) >= 2
    kept = {cell.id: cell.outputs for cell in lesson.cells if cell.id in shown}
    assert kept == shown, "run: make notebooks, or scripts/refresh_notebooks.py --sources, where no number changed"


def test_old_code_in_a_lesson_is_brought_up_to_date(course):
    path = course / "notebooks" / "03_gan_in_two_dimensions.ipynb"
    before = path.read_text("utf-8")
    path.write_text(before.replace("def coverage(points, mixture, share=0.25):", "def coverage(points):"), "utf-8")
    refresh_notebooks.main(["--sources", path])
    assert path.read_text("utf-8") == before


def test_normalising_takes_out_what_a_run_leaves_behind():
    outputs = [
        nbformat.v4.new_output("stream", name="stderr", text="I0000 00:00:1 port.cc:153] oneDNN\n"),
        nbformat.v4.new_output("stream", name="stdout", text="one\n"),
        nbformat.v4.new_output("stream", name="stdout", text="two\n"),
        nbformat.v4.new_output("display_data", data={refresh_notebooks.WIDGET: {"model_id": "1"}}),
        nbformat.v4.new_output("execute_result", data={"text/plain": "3"}, execution_count=41),
    ]
    code = nbformat.v4.new_code_cell("3", outputs=outputs, execution_count=41)
    mine = {"kernelspec": {"name": "mine", "display_name": "Mine"}}
    lesson = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("words"), code], metadata=mine)
    refresh_notebooks.normalise(lesson)
    stream, result = lesson.cells[1].outputs
    assert stream.text == "one\ntwo\n" and result.execution_count == lesson.cells[1].execution_count == 1
    assert lesson.metadata.kernelspec.name == "python3"


def test_a_picture_that_becomes_a_jpeg_keeps_its_words():
    figure = plots.pictures([[images.fit(domains.photos(256, "test")[0], 256)]], ["the cat"], size=256)
    data, metadata = DisplayFormatter().format(figure)
    data["image/png"] = base64.b64encode(data["image/png"]).decode()
    output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
    code = nbformat.v4.new_code_cell("figure", outputs=[output])
    lesson = nbformat.v4.new_notebook(cells=[code])
    refresh_notebooks.normalise(lesson)
    (kept,) = lesson.cells[0].outputs
    assert set(kept.data) == {"image/jpeg", "text/plain"}
    assert kept.metadata == {"image/jpeg": {"alt": "1 picture: the cat"}}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (3, "5 seconds"),
        (40, "40 seconds"),
        (41, "45 seconds"),
        (90, "90 seconds"),
        (91, "2 minutes"),
        (181, "4 minutes"),
    ],
)
def test_a_time_is_rounded_up(seconds, words):
    assert refresh_notebooks.in_words(seconds) == words
