"""Well-known sets of pictures, fetched when asked for and kept in the user's cache.

Nothing is uploaded, and nothing that comes is ever executed: of an archive, only its images are kept.
"""

import contextlib
import os
import shutil
import sys
import time
import uuid
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pooch
import requests
from tqdm import tqdm

from stylekit import images
from stylekit.data import domains
from stylekit.data.archives import unpack
from stylekit.errors import DataError, ImageError, SettingError
from stylekit.files import data_file

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

pooch.get_logger().setLevel("WARNING")  # its news are for developers
SILENCE = 30  # s without a byte after which an address is given up
SLOWEST = 10_000  # bytes a second, over as long a time, below which it is given up, too: 300 MB would take 8 hours
MOST = 500  # pictures of a domain, unless more are asked for: 0.1 GB at 256 px


@dataclass(frozen=True)
class Dataset:
    """An entry of `data/datasets.toml`, where the fields are explained."""

    name: str
    about: str
    pictures: int
    licence: str
    citation: str
    addresses: list = field(repr=False)
    photos: dict = field(repr=False)
    paintings: dict = field(repr=False)
    bytes: int = 0
    sha256: str = field(default="", repr=False)


def datasets():
    """All sets that can be downloaded: dict name -> Dataset."""
    entries = tomllib.loads(data_file("datasets.toml").read_text(encoding="utf-8"))
    return {name: Dataset(name=name, **entry) for name, entry in entries.items()}


def cache():
    """The folder in which downloads are kept: $STYLEKIT_CACHE, or stylekit in the user's cache directory."""
    return Path(os.environ.get("STYLEKIT_CACHE") or pooch.os_cache("stylekit"))


def download(name, size=256, split="train", most=MOST):
    """Both domains of a set of pictures; from the cache, if it was fetched before.

    >>> photos, paintings = stylekit.download("monet2photo")

    name: a key of `downloads.datasets()`. size: short side, px. split: "train" or "test". most: pictures of each
    domain, spread evenly over the whole set.
    Returns (photos, paintings), two Domains; where the set is paired, picture i of one belongs to picture i of the
    other.
    Raises SettingError for an unknown name, DataError if no address gives the right archive, or there is no room.
    """
    dataset = _entry(name)
    if split not in ("train", "test"):
        raise SettingError(f"There is no split {split!r}: wanted 'train' or 'test'.")
    folder = fetch(dataset)
    return tuple(_domain(folder, dataset, role, size, split, most) for role in ("photos", "paintings"))


def remove(name):
    """Delete a set of pictures from the cache. Returns whether it was there."""
    folder = cache() / _entry(name).name
    there = folder.is_dir()
    shutil.rmtree(folder, ignore_errors=True)
    return there


def fetch(dataset):
    """The folder with a set's images: fetched, checked and unpacked first, if it is not in the cache.

    Whatever happens on the way, Ctrl-C and a full disk included, the cache holds the whole set or nothing of it.
    """
    folder = cache() / dataset.name
    if folder.is_dir():
        return folder
    room = cache() / f".{uuid.uuid4().hex}"  # of this process alone: two may fetch the same set at once
    try:
        try:
            room.mkdir(parents=True)
            _fill(room / "images", dataset)
            with contextlib.suppress(OSError):  # another process was faster: its set is as good
                (room / "images").rename(folder)
        except OSError as error:
            raise DataError(
                f"Cannot keep {dataset.name} in {cache()} ({error.strerror or error}): free some space, or set "
                "STYLEKIT_CACHE to another folder."
            ) from error
    finally:
        shutil.rmtree(room, ignore_errors=True)
    return folder


def _entry(name):
    known = datasets()
    if name not in known:
        raise SettingError(f"There is no set of pictures {name!r}: wanted one of {', '.join(known)}.")
    return known[name]


def _fill(folder, dataset):
    """Put a set's images into a new folder, from the first address that gives the right archive."""
    if not dataset.sha256:
        warnings.warn(
            f"No checksum of {dataset.name} is known: it is checked by its size and content alone.", stacklevel=4
        )
    failures = []
    for address in dataset.addresses:
        folder.mkdir()
        try:
            archive = _archive(address, dataset, folder.parent)
            _check_content(folder, dataset, unpack(archive, folder))
            return
        except DataError as error:
            failures.append(f"{address}: {str(error).rstrip('.')}")
            shutil.rmtree(folder)
    raise DataError(
        f"No address gave {dataset.name} ({'; '.join(failures)}). Without a network use stylekit.photos() and "
        "stylekit.filtered(), which need none, or your own images with stylekit.folder(path)."
    )


def _archive(address, dataset, room):
    """The path of the archive at an address. Raises DataError, in a few words, if it is not the right one."""
    with _Bar() as bar:
        try:
            path = pooch.retrieve(
                address, f"sha256:{dataset.sha256}" if dataset.sha256 else None, path=room,
                fname=address.rsplit("/", 1)[-1], downloader=pooch.HTTPDownloader(progressbar=bar, timeout=SILENCE),
            )  # fmt: skip
        except requests.RequestException as error:
            raise DataError(_reason(error)) from error
        except ValueError as error:  # pooch's, for a wrong checksum
            raise DataError("not the file that was published, its checksum differs") from error
    found = Path(path).stat().st_size
    if dataset.bytes not in (0, found):
        Path(path).unlink()  # pooch would take it for the next address's
        raise DataError(f"{found} bytes, wanted {dataset.bytes}")
    return path


def _check_content(folder, dataset, count):
    """Raise DataError unless a folder has all domains of a set, and, for want of a checksum, all its images."""
    for role in ("photos", "paintings"):
        for split in ("train", "test"):
            _folder_of(folder, dataset, role, split)
    if not dataset.sha256 and count < dataset.pictures:
        raise DataError(f"{count} images, wanted {dataset.pictures}")


class _Slow(requests.Timeout):
    """Bytes come, but so few that nobody would wait for the last one."""


class _Bar(tqdm):
    """How much has come, how fast, what is left. Raises _Slow where the bytes only trickle."""

    def __init__(self):
        super().__init__(total=0, unit="B", unit_scale=True, ncols=79, ascii=os.name == "nt", delay=0.1)
        self.since, self.before = time.perf_counter(), 0

    def __bool__(self):
        return True  # pooch asks whether there is a bar, tqdm would answer whether there is a total

    def update(self, n=1):
        super().update(n)
        seconds = time.perf_counter() - self.since
        if seconds >= SILENCE:
            if self.n - self.before < SLOWEST * seconds:
                raise _Slow(f"slower than {SLOWEST / 1000:.0f} kB/s")
            self.since, self.before = time.perf_counter(), self.n

    def reset(self, total=None):
        """As pooch does at the end, to set the bar to the whole; the time it took stays."""
        self.n, self.since, self.before = 0, time.perf_counter(), 0


def _reason(error):
    """What went wrong, in a few words."""
    if isinstance(error, requests.TooManyRedirects):
        return "it sends one on and on, and never arrives"
    if getattr(error, "response", None) is not None:
        return f"it answers {error.response.status_code}"
    if isinstance(error, _Slow):
        return str(error)
    if isinstance(error, requests.Timeout) or "timed out" in str(error):  # in the middle it is a ConnectionError
        return f"silent for {SILENCE} s"
    if isinstance(error, requests.ConnectionError):
        return "no connection, or it broke off"
    return "it broke off before the end"


def _folder_of(folder, dataset, role, split):
    """Where a domain's images lie; archives may have one folder around all others, or not."""
    wanted = getattr(dataset, role)[split]
    places = [place for place in (folder / wanted, folder / dataset.name / wanted) if place.is_dir()]
    if not places:
        raise DataError(f"{dataset.name} has no folder {wanted!r}: this is another archive than was expected.")
    return places[0]


def _domain(folder, dataset, role, size, split, most):
    place = _folder_of(folder, dataset, role, split)
    paths = images.find(place)
    chosen = [paths[i] for i in np.unique(np.linspace(0, len(paths) - 1, min(most, len(paths))).astype(int))]
    half = getattr(dataset, role).get("half")
    pictures, names = [], []
    for path in chosen:
        with contextlib.suppress(ImageError):  # one of thousands
            picture = images.read(path, None if half else size)
            pictures.append(images.to_uint8(_half(picture, half, size) if half else picture))
            names.append(path.name)
    if not pictures:
        raise DataError(f"None of the images in {place} can be read: download {dataset.name} anew.")
    return domains.Domain(f"{dataset.name}, {role}", map(images.from_uint8, pictures), names)


def _half(picture, side, size):
    """One of two pictures that stand side by side."""
    width = picture.shape[1] // 2
    return images.resize(picture[:, :width] if side == "left" else picture[:, width:], size)
