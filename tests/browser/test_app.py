"""The instant lab as a web page: what `stylekit lab --app` serves, with a mouse."""

import sys

import pytest
import rig
from test_instant_lab import difference, drag, picture, settled, wait_for_nearer

from stylekit import images


@pytest.fixture(scope="module")
def page(browser, folder, tmp_path_factory):
    pytest.importorskip("voila", reason="no Voila: pip install voila")
    port = rig.free_port()
    command = [sys.executable, "-m", "stylekit", "lab", "--app", "--no-browser", f"--port={port}"]
    log = tmp_path_factory.mktemp("log") / "log.txt"
    with rig.serving(command, f"http://127.0.0.1:{port}/api/status", log, {}, folder):
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(rig.PATIENCE)
        page.goto(f"http://127.0.0.1:{port}")
        settled(page)
        yield page
        page.close()


def test_more_content_brings_the_picture_nearer_to_the_photo(page):
    before = difference(page, picture(page, 2), picture(page, 0))
    drag(page, ".stylekit-content", 1.0)
    wait_for_nearer(page, 0.8 * before)


def test_it_fills_the_page_and_shows_no_code(page):
    assert page.locator(".stylekit-lab").bounding_box()["x"] >= 0
    assert page.get_by_text("import os").count() == 0
    assert page.get_by_role("heading", name="The weight lab").count() == 1


def test_save_writes_to_where_the_command_was_given(page, folder):
    page.get_by_role("button", name="save picture").click()
    page.get_by_text("Saved: ").wait_for()
    assert images.read(folder / "painting-1.png").shape == (256, 256, 3)
