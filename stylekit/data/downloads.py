"""Well-known sets of pictures, fetched when asked for and kept in the user's cache.

Nothing is uploaded, and nothing that is downloaded is ever run: only the images of an archive are kept.
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

pooch.get_logger().setLevel("WARNING")  # its other messages are for developers
SILENCE = 30  # s without a byte; then the next address is tried
SLOWEST = 10_000  # bytes per second, over SILENCE seconds; below, the next address is tried: 300 MB would take 8 hours
CHUNK = 1024  # bytes read at a time: even at a trickle they come in well below SILENCE
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
    """All sets that can be downloaded: a dict, name -> Dataset."""
    entries = tomllib.loads(data_file("datasets.toml").read_text(encoding="utf-8"))
    return {name: Dataset(name=name, **entry) for name, entry in entries.items()}


def cache():
    """The folder in which downloads are kept: $STYLEKIT_CACHE, or stylekit in the user's cache directory."""
    return Path(os.environ.get("STYLEKIT_CACHE") or pooch.os_cache("stylekit"))


def download(name, size=256, split="train", most=MOST):
    """Get both domains of a set of pictures: from the network the first time, then from the cache.

    >>> photos, paintings = stylekit.download("monet2photo")

    Args:
        name: a key of `downloads.datasets()`.
        size: short side of the pictures, px.
        split: "train" or "test".
        most: number of pictures of each domain, >= 1, taken evenly from the whole set.

    Returns:
        (photos, paintings), two Domains. If the set is paired, picture i of one belongs to picture i of the other.

    Raises:
        SettingError: for an unknown name or split.
        DataError: if no address gives the right archive, or the disk has no room for it.
    """
    dataset = _entry(name)
    if split not in ("train", "test"):
        raise SettingError(f"There is no split {split!r}: wanted 'train' or 'test'.")
    folder = fetch(dataset)
    return tuple(_domain(folder, dataset, role, size, split, most) for role in ("photos", "paintings"))


def remove(name):
    """Delete a set of pictures from the cache.

    Args:
        name: a key of `downloads.datasets()`.

    Returns:
        True if it was there.

    Raises:
        SettingError: for an unknown name.
    """
    folder = cache() / _entry(name).name
    there = folder.is_dir()
    shutil.rmtree(folder, ignore_errors=True)
    return there


def fetch(dataset):
    """Get the folder with the images of a set; if it is not in the cache, download, check and unpack it first.

    Whatever happens meanwhile, Ctrl-C and a full disk included, the cache holds the whole set or nothing of it.

    Args:
        dataset: a Dataset.

    Returns:
        The folder, a Path.

    Raises:
        DataError: if no address gives the right archive, or the disk has no room for it.
    """
    folder = cache() / dataset.name
    if folder.is_dir():
        return folder
    room = cache() / f".{uuid.uuid4().hex}"  # for this process alone: two may fetch the same set at once
    try:
        try:
            room.mkdir(parents=True)
            _fill(room / "images", dataset)
            with contextlib.suppress(OSError):  # another process was faster; its set is as good
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
    """The Dataset of that name. Raises SettingError if there is none."""
    known = datasets()
    if name not in known:
        raise SettingError(f"There is no set of pictures {name!r}: wanted one of {', '.join(known)}.")
    return known[name]


def _fill(folder, dataset):
    """Write a set's images to a new folder, from the first address that gives the right archive."""
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
    known = f"sha256:{dataset.sha256}" if dataset.sha256 else None
    try:
        path = pooch.retrieve(address, known, fname=address.rsplit("/", 1)[-1], path=room, downloader=_get)
    except requests.RequestException as error:
        raise DataError(_reason(error)) from error
    except ValueError as error:  # pooch's, for a wrong checksum
        raise DataError("not the file that was published, its checksum differs") from error
    found = Path(path).stat().st_size
    if dataset.bytes not in (0, found):
        Path(path).unlink()  # or pooch takes it for the next address's file
        raise DataError(f"{found} bytes, wanted {dataset.bytes}")
    return path


def _check_content(folder, dataset, count):
    """Raise DataError unless a folder has all domains of a set and, if no checksum is known, all its images."""
    for role in ("photos", "paintings"):
        for split in ("train", "test"):
            _folder_of(folder, dataset, role, split)
    if not dataset.sha256 and count < dataset.pictures:
        raise DataError(f"{count} images, wanted {dataset.pictures}")


class _Slow(requests.Timeout):
    """Bytes come, but too few to wait for the last one."""


def _get(address, path, _):
    """Write what is at an address to a file and show a bar; pooch's own downloader would wait for a trickle for ever.

    Raises requests.RequestException for any trouble, _Slow for less than SLOWEST.
    """
    with requests.get(address, stream=True, timeout=SILENCE) as response:
        response.raise_for_status()
        total = int(response.headers.get("Content-Length", 0)) or None
        ascii_only = os.name == "nt"  # as pooch: not every terminal of Windows can show the bar's blocks
        with (
            open(path, "wb") as file,
            tqdm(total=total, unit="B", unit_scale=True, ncols=79, ascii=ascii_only, delay=0.1) as bar,
        ):
            since, before = time.perf_counter(), 0
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
                seconds = time.perf_counter() - since
                if seconds >= SILENCE:
                    if bar.n - before < SLOWEST * seconds:
                        raise _Slow(f"slower than {SLOWEST / 1000:.0f} kB/s")
                    since, before = time.perf_counter(), bar.n


def _reason(error):
    """What went wrong with a request, in a few words."""
    if isinstance(error, requests.TooManyRedirects):
        return "it redirects in a circle"
    if getattr(error, "response", None) is not None:
        return f"it answers {error.response.status_code}"
    if isinstance(error, _Slow):
        return str(error)
    if isinstance(error, requests.Timeout) or "timed out" in str(
        error
    ):  # in the middle of a file it is a ConnectionError
        return f"silent for {SILENCE} s"
    if isinstance(error, requests.ConnectionError):
        return "no connection, or it broke off"
    return "it broke off before the end"


def _folder_of(folder, dataset, role, split):
    """The folder with a domain's images, with or without one folder around all. Raises DataError if there is none."""
    wanted = getattr(dataset, role)[split]
    places = [place for place in (folder / wanted, folder / dataset.name / wanted) if place.is_dir()]
    if not places:
        raise DataError(f"{dataset.name} has no folder {wanted!r}: this is another archive than was expected.")
    return places[0]


def _domain(folder, dataset, role, size, split, most):
    """One domain of a set, as a Domain. Raises DataError if none of its images can be read."""
    place = _folder_of(folder, dataset, role, split)
    paths = images.find(place)
    chosen = [paths[i] for i in np.unique(np.linspace(0, len(paths) - 1, min(most, len(paths))).astype(int))]
    half = getattr(dataset, role).get("half")
    pictures, names = [], []
    for path in chosen:
        with contextlib.suppress(ImageError):  # one of thousands may be damaged
            picture = images.read(path, None if half else size)
            pictures.append(images.to_uint8(_half(picture, half, size) if half else picture))
            names.append(path.name)
    if not pictures:
        raise DataError(f"None of the images in {place} can be read: download {dataset.name} anew.")
    return domains.Domain(f"{dataset.name}, {role}", map(images.from_uint8, pictures), names)


def _half(picture, side, size):
    """The left or right one of two pictures in one file, with a short side of `size` px."""
    width = picture.shape[1] // 2
    return images.resize(picture[:, :width] if side == "left" else picture[:, width:], size)
