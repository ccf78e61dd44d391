"""The learner's own images: measured when a folder is opened, read when asked for, inspected before training."""

import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from stylekit import images
from stylekit.errors import ImageError

SIDE = 16  # px: what two pictures have in common is seen in so small a copy, and what a JPEG lost is not
# Copies scaled, saved anew, brightened, or cut by 2 % at each edge reach 0.975; of 80 000 pairs of different photos
# (Berkeley's 400), the most alike reach 0.85.
ALIKE = 0.97
ROWS = 500  # compared at a time with all others


@dataclass(frozen=True, slots=True)
class File:
    """A picture in a file: like an array (h, w, 3) uint8, but read anew whenever its pixels are asked for.

    path: the file. size: the short side, px. shape: what it will have, (h, w, 3).
    `numpy.asarray(file)` raises ImageError if the file cannot be read by then.
    """

    path: Path
    size: int
    shape: tuple

    def __array__(self, dtype=None, copy=None):
        return images.read_uint8(self.path, self.size).astype(dtype or np.uint8, copy=False)


def find(path, split="all"):
    """The image files of a folder and of the folders inside it, or the one file that `path` is.

    split: "train", "test" or "all". Returns dict name -> Path; a name is the path inside the folder, with "/".
    Raises DataError if there is no such folder.
    """
    path = Path(path)
    if os.path.isfile(path):
        paths = {path.name: path}
    else:
        paths = {image.relative_to(path).as_posix(): image for image in images.find(path)}
    return {name: image for name, image in paths.items() if split in ("all", split_of(name))}


def split_of(name):
    """The set to which a file of that name belongs, "train" or "test", whatever else there is; one in five is "test".

    Its name alone decides, not the folder that it is in, so that a copy elsewhere belongs to the same set.
    """
    name = name.rsplit("/", 1)[-1]
    return "test" if zlib.crc32(name.encode("utf-8", "surrogatepass")) % 5 == 0 else "train"


def measure(paths, size):
    """Files that can be used, and those that cannot as far as their headers tell.

    paths: dict name -> Path, as `find` gives it. size: the short side wanted, px.
    Returns two dicts, name -> File and name -> ImageError. Less than a millisecond for a file.
    """
    files, broken = {}, {}
    for name, path in paths.items():
        try:
            files[name] = File(path, size, (*images.measure(path, size), 3))
        except ImageError as error:
            broken[name] = error
    return files, broken


def load(paths):
    """The pixels of files: two dicts, name -> (h, w, 3) uint8 and, for those that are damaged, name -> ImageError."""
    pixels, broken = {}, {}
    for name, file in paths.items():
        try:
            pixels[name] = np.asarray(file)
        except ImageError as error:
            broken[name] = error
    return pixels, broken


@dataclass(frozen=True)
class Report:
    """What `inspect` found: names of files in lists, and a text of a few lines when printed.

    count: files that can be read. tiny: smaller than `size` on the short side, so training would enlarge them.
    duplicates: groups of names, each of pictures that are nearly the same. apart: those of the groups of which some
    belong to the train set and some to the test set, so that the score on the test set would flatter.
    broken: dict name -> what is wrong with it.
    """

    path: str
    size: int
    count: int
    tiny: list
    duplicates: list
    apart: list
    broken: dict

    def __str__(self):
        groups, apart = [some(group, 3, " = ") for group in self.duplicates], len(self.apart)
        split = f", {apart} of them in both train and test" if apart else ""
        lines = [f"{self.path}: {_count(self.count, 'image')} to learn from."]
        if self.tiny:
            lines.append(f"{len(self.tiny)} smaller than {self.size} px, enlarged for training: {some(self.tiny)}.")
        if groups:
            lines.append(f"{_count(len(groups), 'group')} of near duplicates{split}: {some(groups, 3, '; ')}.")
        if self.broken:
            lines.append(f"{len(self.broken)} cannot be read: {some(self.broken)}. {next(iter(self.broken.values()))}")
        if len(lines) == 1:
            lines[0] += f" All can be read, none is smaller than {self.size} px, and no two are nearly the same."
        return "\n".join(lines)

    __repr__ = __str__


def inspect(path, size=256):
    """Look through a folder before training on it: tiny images, near duplicates, files that cannot be read.

    path: a folder, with the folders inside it, or one file. size: the short side that training will want, px.
    Reads every file once, whole, so it takes some milliseconds for each, and 3 kB of memory.
    Near duplicates: their copies of 16 x 16 px, the mean taken off, correlate by more than 0.97. A flat picture has no
    duplicate, and a mirrored or grey copy is a picture of its own.
    Returns a Report. Raises DataError if there is no such folder.
    """
    paths = find(path)
    with ThreadPoolExecutor() as pool:  # Pillow decodes outside Python's lock
        looks = dict(zip(paths, pool.map(_look, paths.values()), strict=True))
    broken = {name: str(look) for name, look in looks.items() if isinstance(look, ImageError)}
    readable = {name: look for name, look in looks.items() if name not in broken}
    tiny = [name for name, (short, _) in readable.items() if short < size]
    duplicates = alike([small for _, small in readable.values()], list(readable))
    apart = [group for group in duplicates if len({split_of(name) for name in group}) > 1]
    return Report(str(path), size, len(readable), tiny, duplicates, apart, broken)


def _look(path):
    """(short side in px, small copy) of an image, or what is wrong with it."""
    try:
        pixels = images.read_uint8(path)
    except ImageError as error:
        return error
    return min(pixels.shape[:2]), np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BOX))


def alike(copies, names):
    """Groups of near duplicates among small copies of pictures.

    copies: arrays of one shape, any numbers. names: one for each. A picture joins the first one before it that it is
    like. Returns a list of lists of names, in their order.
    """
    if not copies:
        return []
    vectors = np.array([np.ravel(copy) for copy in copies], "float32")
    vectors -= vectors.mean(1, keepdims=True)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    leaders = np.arange(len(vectors))
    for start in range(0, len(vectors), ROWS):  # all at once would take 0.4 GB for 10 000 pictures
        stop = min(start + ROWS, len(vectors))
        near = vectors[start:stop] @ vectors[:stop].T > ALIKE
        near[np.arange(stop - start), np.arange(start, stop)] = True
        for i, first in enumerate(near.argmax(1), start):
            leaders[i] = leaders[first]
    groups = {}
    for leader, name in zip(leaders, names, strict=True):
        groups.setdefault(leader, []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def _count(number, thing):
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def some(names, most=5, separator=", "):
    """The first names in a text, and how many more there are."""
    names = list(names)
    rest = len(names) - most
    return separator.join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
