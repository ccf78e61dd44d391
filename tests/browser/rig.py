"""JupyterLab on a free port with a token, and Chromium: for the tests here and for benchmarks/lab_latency.py."""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat

from stylekit.cli.lab import WEBSOCKET

ROOT = Path(__file__).parents[2]
PATIENCE = 90_000  # ms: for a kernel that loads TensorFlow and compiles on a busy machine
POLLING = 100  # ms between two looks at a page; at every frame, as it does else, it costs the kernel a core
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@contextlib.contextmanager
def chromium():
    """The installed Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        # no sandbox: it refuses to start for root, as in a container
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextlib.contextmanager
def jupyterlab(folder, settings):
    """A JupyterLab of its own on a folder: its address and token. settings: another folder, empty."""
    quiet = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))  # else a question covers the page
    port, token = free_port(), secrets.token_hex(16)
    own = {
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTER_CONFIG_DIR": str(settings / "config"),
        "JUPYTERLAB_WORKSPACES_DIR": str(settings / "workspaces"),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--ip=127.0.0.1"]
    command += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}", "--ServerApp.port_retries=0"]
    command += [f"--ServerApp.kernel_websocket_connection_class={WEBSOCKET}"]
    with serving(command, f"http://127.0.0.1:{port}/api?token={token}", settings / "log.txt", own):
        yield f"http://127.0.0.1:{port}", token


@contextlib.contextmanager
def serving(command, address, log, environment, folder=None):
    """A server while it runs: from its first answer at an address to the end of the block. folder: where it starts."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3", **environment}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with log.open("w") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, cwd=folder)
    end = time.monotonic() + PATIENCE / 1000
    try:
        while not _answers(opener, address):
            alive = process.poll() is None and time.monotonic() < end
            assert alive, f"The server did not start:\n{log.read_text()[-2000:]}"
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.2)
        yield
    finally:
        process.terminate()  # takes its kernels with it
        process.wait(30)


def _answers(opener, address):
    try:
        opener.open(address, timeout=60).read()
    except urllib.error.HTTPError:
        pass  # an answer, too
    except OSError:
        return False
    return True


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def run_all(browser, server, folder, name, cells):
    """A page at 1280 x 800 with a notebook, all of its cells started. cells: of a new notebook, or a whole one."""
    address, token = server
    if isinstance(cells, list):
        cells = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata=KERNEL)
    nbformat.write(cells, folder / name)
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/lab/tree/{name}?token={token}&reset")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.get_by_text("| Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    return page


def end_kernels(server):
    """Give back what the notebooks so far hold in memory: a closed page leaves its kernel running."""
    address, token = server
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(path, method="GET"):
        headers = {"Authorization": f"token {token}"}
        request = urllib.request.Request(f"{address}/api/kernels{path}", method=method, headers=headers)
        return opener.open(request, timeout=60).read()

    for kernel in json.loads(ask("")):
        ask(f"/{kernel['id']}", "DELETE")
