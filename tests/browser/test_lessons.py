"""Every lesson as a reader meets it: opened in JupyterLab, run from top to bottom, looked at in a window of 1280 x 800.

Set STYLEKIT_SCREENSHOTS to a folder to keep pictures of each page. `make test-jupyterlab` runs this file alone: the
lessons take their time, and `make test` has run them already, without a browser.
"""

import json
import os
import re
from pathlib import Path

import nbformat
import pytest
import rig

LESSONS = sorted((rig.ROOT / "notebooks").glob("*.ipynb"))
# JupyterLab shows an error as it shows warnings, only that it names the cell
ERRORS = """() => [...document.querySelectorAll('[data-mime-type="application/vnd.jupyter.stderr"]')]
    .map(output => output.innerText).filter(text => /Cell In\\[\\d+\\]/.test(text))"""
RUN = f"""() => [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(prompt => prompt.innerText.trim())
    .every(text => !text || /\\d/.test(text)) || ({ERRORS})().length"""
WIDE = """elements => elements.filter(element => element.scrollWidth > element.clientWidth + 1)
    .map(element => element.className + ": " + element.innerText.slice(0, 80))"""
BROKEN = """images => images.filter(image => image.complete && !image.naturalWidth && image.getAttribute('src'))
    .map(image => image.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def server(folder, tmp_path_factory):
    settings = tmp_path_factory.mktemp("settings")
    whole = settings / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    whole.parent.mkdir(parents=True)
    whole.write_text(json.dumps({"windowingMode": "none"}))  # else only what is in sight is on the page
    with rig.jupyterlab(folder, settings) as server:
        yield server


@pytest.fixture(params=LESSONS, ids=lambda path: path.name)
def lesson(request):
    return request.param


@pytest.fixture
def page(lesson, server, open_notebook):
    """The lesson's page when every cell has run."""
    notebook = nbformat.read(lesson, 4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None  # what is seen then is of this run
    page = open_notebook(lesson.name, notebook)
    page.wait_for_function(RUN, timeout=300_000, polling=1000)  # ms; at every frame, as it does else, it costs a core
    page.get_by_text("| Idle").wait_for()
    yield page
    page.close()
    rig.end_kernels(server)


# one test for all: pytest-xdist may give several to several workers, and each of them would run the lesson
def test_a_lesson(page, lesson):
    check_every_cell_ran(page)
    check_nothing_runs_over_the_edge(page, lesson)
    check_pictures_and_widgets_are_there(page)
    check_the_table_of_contents_names_its_parts(page, lesson)


def check_every_cell_ran(page):
    assert page.evaluate(ERRORS) == []


def check_nothing_runs_over_the_edge(page, lesson):
    page.wait_for_load_state("networkidle")
    if folder := os.environ.get("STYLEKIT_SCREENSHOTS"):
        photograph(page, Path(folder), lesson.stem)
    panel = page.locator(".jp-NotebookPanel-notebook")
    assert panel.evaluate_all(WIDE) == []
    assert page.locator(".jp-OutputArea-output, .jp-RenderedMarkdown").evaluate_all(WIDE) == []
    right = page.locator(".jp-Notebook").bounding_box()
    for box in (image.bounding_box() for image in page.locator(".jp-OutputArea-output img").all()):
        assert box is None or box["x"] + box["width"] <= right["x"] + right["width"]


def check_pictures_and_widgets_are_there(page):
    assert page.locator(".jp-Notebook img").evaluate_all(BROKEN) == []
    assert page.locator(".jp-OutputArea-output img").count() >= 5
    assert page.locator(".jp-OutputArea-output .jupyter-widgets").count() >= 1
    assert page.get_by_text("Error displaying widget").count() == 0


def check_the_table_of_contents_names_its_parts(page, lesson):
    words = [cell.source for cell in nbformat.read(lesson, 4).cells if cell.cell_type == "markdown"]
    lines = [line for text in words for line in text.splitlines()]
    headings = [line.lstrip("# ").strip() for line in lines if re.match(r"#{1,3} ", line)]
    page.get_by_role("tab", name=re.compile("Table of Contents")).click()
    page.locator(".jp-TableOfContents-tree").wait_for()
    listed = page.locator(".jp-TableOfContents-tree").inner_text()
    plain = [re.sub(r"[`*]|\$[^$]*\$", "", heading).strip() for heading in headings]
    assert [heading for heading in plain if heading not in listed] == []
    page.keyboard.press("Control+b")


def photograph(page, folder, name):
    """The whole lesson, screen by screen."""
    folder.mkdir(parents=True, exist_ok=True)
    panel = page.locator(".jp-WindowedPanel-outer").first
    height, seen = panel.evaluate("panel => [panel.scrollHeight, panel.clientHeight]")
    for i in range(-(-height // seen)):
        panel.evaluate("(panel, top) => panel.scrollTo(0, top)", i * seen)
        page.evaluate("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        panel.screenshot(path=folder / f"{name}_{i:02d}.png")
    panel.evaluate("panel => panel.scrollTo(0, 0)")
