"""A real browser on a real JupyterLab: a free port, a token, and a copy of a notebook in an empty folder."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
PATIENCE = 90_000  # ms: for a kernel that loads TensorFlow and compiles on a busy machine
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def browser():
    """Chromium, driven by Playwright; the tests are skipped where one of the two is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install playwright")
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium, or put Google Chrome on the PATH")
    with playwright.sync_playwright() as driver:
        # no sandbox: it refuses to start for root, as in a container
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A JupyterLab of its own: (its address, its token, its folder)."""
    folder, settings = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("settings")
    quiet = settings / "lab" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))  # else a question covers the page
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    environment = {
        **os.environ,
        "JUPYTERLAB_SETTINGS_DIR": str(settings / "lab"),
        "JUPYTER_CONFIG_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(settings / "workspaces"),
        "PYTHONPATH": str(ROOT),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--ip=127.0.0.1",
        f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}", "--ServerApp.port_retries=0",
    ]  # fmt: skip
    log = (settings / "log.txt").open("w")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/api?token={token}", process, settings / "log.txt")
        yield address, token, folder
    finally:
        process.terminate()  # takes its kernels with it
        process.wait(30)


def wait_for(address, process, log):
    """Return once somebody answers there."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        if process.poll() is not None:
            pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")
        try:
            return opener.open(address, timeout=5).read()
        except OSError:
            process_wait(process)


def process_wait(process):
    """A moment, or less if the process ends."""
    try:
        process.wait(0.2)
    except subprocess.TimeoutExpired:
        pass


@pytest.fixture(scope="session")
def open_notebook(browser, server):
    """open_notebook(name, cells): a page with a notebook of these cells, all of them run."""
    address, token, folder = server

    def open_it(name, cells):
        notebook = cells
        if isinstance(cells, list):
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
            notebook.metadata = KERNEL
        nbformat.write(notebook, folder / name)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(PATIENCE)
        page.goto(f"{address}/lab/tree/{name}?token={token}&reset")
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.get_by_text("| Idle").wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        return page

    return open_it
