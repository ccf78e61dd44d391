"""A server with a set of pictures, and a cache of its own for each test."""

import hashlib

import pytest
from picture_server import GOOD, Server, whole

from stylekit.data import downloads


@pytest.fixture
def server():
    server = Server()
    yield server
    server.end.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("STYLEKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def art(server, cache):
    """A set of pictures on the server, at one address."""
    server.pages["art.zip"] = whole()
    return downloads.Dataset(
        "art",
        "pictures",
        12,
        "none",
        "nobody",
        [server.address("art.zip")],
        {"train": "trainB", "test": "testB"},
        {"train": "trainA", "test": "testA"},
        len(GOOD),
        hashlib.sha256(GOOD).hexdigest(),
    )
