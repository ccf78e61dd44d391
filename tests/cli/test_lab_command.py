"""stylekit lab: the servers it starts, and what it refuses."""

import importlib
import socket
import sys

import pytest
from commands import refused
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

from stylekit import cli
from stylekit.cli import lab

NO_DELAY = "--ServerApp.kernel_websocket_connection_class=stylekit.lab.serving.NoDelayWebsocket"


@pytest.fixture
def checkout(monkeypatch, tmp_path):
    """A checkout with a lesson, as the command line sees it."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "00_start_here.ipynb").touch()
    monkeypatch.setattr(lab, "__file__", str(tmp_path / "stylekit" / "cli" / "lab.py"))
    return tmp_path


@pytest.fixture
def port():
    """A port that is free."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_the_servers_find_the_websocket_by_its_name():
    assert NO_DELAY.endswith(f"={lab.WEBSOCKET}")
    room, name = lab.WEBSOCKET.rsplit(".", 1)
    assert issubclass(getattr(importlib.import_module(room), name), ZMQChannelsWebsocketConnection)


def test_lab_opens_the_lessons(checkout, monkeypatch, port):
    from jupyterlab import labapp

    opened = []
    monkeypatch.setattr(labapp, "main", opened.append)
    monkeypatch.setattr(sys, "argv", ["stylekit", "lab"])
    assert cli.main(["lab"]) == 0
    assert opened.pop() == [str(checkout / "notebooks"), NO_DELAY] and sys.argv == ["jupyter-lab"]
    assert cli.main(["lab", "--no-browser", "--port", str(port)]) == 0
    assert opened.pop() == [str(checkout / "notebooks"), NO_DELAY, "--no-browser", f"--port={port}"]


def test_lab_without_jupyterlab_says_what_to_install(checkout, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", None)  # makes the import fail
    assert "pip install" in refused(capsys, "lab")


def test_the_app_without_voila_says_what_to_install(monkeypatch, capsys, port):
    monkeypatch.setitem(sys.modules, "voila.app", None)
    assert "pip install 'stylekit[voila]'" in refused(capsys, "lab", "--app", "--port", port)


@pytest.mark.parametrize("command", [["lab"], ["lab", "--app"]])
def test_a_port_that_is_taken_is_told(checkout, capsys, command):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"Port {port} cannot be used" in refused(capsys, *command, "--port", port)
    assert "wanted a whole number, 1 to 65535" in refused(capsys, *command, "--port", 65536)


def test_lab_without_lessons_says_so(checkout, monkeypatch, capsys):
    (checkout / "notebooks" / "00_start_here.ipynb").unlink()
    monkeypatch.chdir(checkout)
    assert "notebooks" in refused(capsys, "lab")
