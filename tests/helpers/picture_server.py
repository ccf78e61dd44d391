"""A server on this machine with a set of pictures, which misbehaves in every way a server can."""

import http.server
import io
import tarfile
import threading
import zipfile

import numpy as np

from stylekit import images

FOLDERS = ("trainA", "trainB", "testA", "testB")


def picture(seed, width=12):
    return images.encode(np.full((8, width, 3), seed / 50 - 1, "float32"))


def zipped(files):
    """A .zip of dict path -> bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as pack:
        for path, data in files.items():
            pack.writestr(path, data)
    return buffer.getvalue()


def tarred(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as pack:
        for path, data in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            pack.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


PICTURES = {f"art/{name}/{i}.png": picture(10 * place + i) for place, name in enumerate(FOLDERS) for i in range(3)}
GOOD = zipped(PICTURES | {"art/readme.txt": b"hello", "art/run.py": b"import os"})


class Server(http.server.ThreadingHTTPServer):
    """Answers each path as its entry in `pages` says: a function of the request's handler."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages, self.asked = {}, []
        self.silence, self.end = threading.Event(), threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request, client_address):
        """A client that hangs up is part of the tests."""

    def address(self, path):
        return f"http://127.0.0.1:{self.server_port}/{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path[1:])
        self.server.pages[self.path[1:]](self)

    def log_message(self, *_):
        pass

    def give(self, data, length=None, status=200):
        self.send_response(status)
        self.send_header("Content-Length", len(data) if length is None else length)
        self.end_headers()
        self.wfile.write(data)


def whole(data=GOOD):
    return lambda handler: handler.give(data)


def status(number):
    return lambda handler: handler.give(b"no", status=number)


def dies_at_half(handler):
    handler.give(GOOD[: len(GOOD) // 2], length=len(GOOD))


def in_two_halves(handler):
    handler.give(GOOD[: len(GOOD) // 2], length=len(GOOD))
    handler.server.end.wait(0.3)
    handler.wfile.write(GOOD[len(GOOD) // 2 :])


def silent(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", len(GOOD))
    handler.end_headers()
    handler.wfile.write(GOOD[:10])
    handler.server.silence.set()
    handler.server.end.wait(20)


def trickling(handler):
    """Never silent, and with a few kB a second not done for a day."""
    handler.send_response(200)
    handler.send_header("Content-Length", 10**9)
    handler.end_headers()
    for _ in range(60):
        if not handler.server.end.wait(0.1):
            handler.wfile.write(bytes(512))


def moved(handler):
    handler.send_response(302)
    handler.send_header("Location", "/art.zip")
    handler.send_header("Content-Length", 0)
    handler.end_headers()


def circle(handler):
    handler.send_response(302)
    handler.send_header("Location", handler.path)
    handler.send_header("Content-Length", 0)
    handler.end_headers()


def kept(cache):
    """Everything in the cache, hidden files too."""
    return sorted(path.relative_to(cache).as_posix() for path in cache.rglob("*") if path.is_file())


ALL = sorted(f"art/{path}" for path in PICTURES)
