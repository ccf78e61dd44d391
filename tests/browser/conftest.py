"""A real browser on a real JupyterLab; skipped, with a word on how to get them, where one of the two is missing."""

import functools

import pytest
import rig

# All fixtures end with their module: while Playwright is on, it keeps an event loop running in this thread, and the
# lab's own tests would wait for it.


@pytest.fixture(scope="module")
def browser():
    pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install playwright")
    if rig.CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium, or put Google Chrome on the PATH")
    with rig.chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the notebooks lie."""
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="module")
def server(folder, tmp_path_factory):
    with rig.jupyterlab(folder, tmp_path_factory.mktemp("settings")) as server:
        yield server


@pytest.fixture(scope="module")
def open_notebook(browser, server, folder):
    """open_notebook(name, cells): a page with a notebook, all of its cells started."""
    return functools.partial(rig.run_all, browser, server, folder)
