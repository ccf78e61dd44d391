"""stylekit lab: open the course in JupyterLab, or the instant lab as a web page."""

import os
import socket
import sys
from pathlib import Path

from stylekit.cli.arguments import APP_PORT
from stylekit.errors import DataError, SettingError

WEBSOCKET = "stylekit.lab.serving.NoDelayWebsocket"


def run(options):
    """Start a server and open its page; returns when the server ends.

    Args:
        options: the parsed arguments of `lab`.

    Raises:
        SettingError: if the port is taken, or the server is not installed.
        DataError: if there are no lessons here.
    """
    port = options.port or (APP_PORT if options.app else None)
    arguments = [] if options.browser else ["--no-browser"]
    if port:
        check_free(port)
        arguments.append(f"--port={port}")
    start = start_app if options.app else start_jupyterlab
    start(arguments)


def start_jupyterlab(arguments):
    """Run JupyterLab on the lessons of this checkout, or of the current folder. arguments: a list of str for it."""
    places = [Path(__file__).parents[2] / "notebooks", Path("notebooks")]
    lessons = next((place for place in places if any(place.glob("*.ipynb"))), None)
    if lessons is None:
        raise DataError("There is no folder notebooks here: run this in a copy of the whole repository.")
    try:
        from jupyterlab.labapp import main as jupyterlab
    except ImportError as error:
        how = "pip install 'stylekit[lab]', or pip install jupyterlab"
        raise SettingError(f"JupyterLab is not installed: {how}.") from error
    sys.argv = ["jupyter-lab"]  # it reads arguments from there, too
    jupyterlab([str(lessons.resolve()), f"--ServerApp.kernel_websocket_connection_class={WEBSOCKET}", *arguments])


def start_app(arguments):
    """Run Voila on the instant lab. arguments: Voila's, a list of str."""
    try:
        from voila.app import main as voila
    except ImportError as error:
        raise SettingError("Voila is not installed: pip install 'stylekit[voila]', or pip install voila.") from error
    os.environ["STYLEKIT_FOLDER"] = os.getcwd()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.argv = ["voila"]
    print("The lab's page takes some seconds to open; Ctrl-C ends it.")
    page = Path(__file__).parents[1] / "lab" / "app.ipynb"
    # A page that is closed leaves its kernel, with a painter in memory. So a kernel that nobody uses is ended.
    unused = ["--MappingKernelManager.cull_idle_timeout=600", "--MappingKernelManager.cull_interval=60"]
    voila([str(page), f"--Voila.kernel_websocket_connection_class={WEBSOCKET}", *unused, *arguments])


def check_free(port):
    """Raise SettingError if another program listens at this port, an int."""
    with socket.socket() as listener:
        if os.name != "nt":  # as a server does: a port that was just given back is free
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise SettingError(f"Port {port} cannot be used ({error.strerror}): choose another --port.") from error
