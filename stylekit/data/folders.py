"""The user's own images: measured when a folder is opened, read when asked for, inspected before training."""

import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from stylekit import images
from stylekit.errors import ImageError

SIDE = 16  # px of the copies that are compared: they show what two pictures share, and hide what JPEG lost
# Correlation of near duplicates. Copies that are scaled, saved again, brightened, or cut by 2 % at each edge reach
# 0.975; the most similar of 80 000 pairs of different photos (Berkeley's 400) reach 0.85.
ALIKE = 0.97
ROWS = 500  # pictures compared with all others at a time


@dataclass(frozen=True, slots=True)
class File:
    """A picture in a file: like an (h, w, 3) uint8 array, but read again each time its pixels are asked for.

    `numpy.asarray(file)` raises ImageError if the file cannot be read any more.

    Args:
        path: of the file.
        size: short side of the picture, px.
        shape: (h, w, 3) of the picture.
    """

    path: Path
    size: int
    shape: tuple

    def __array__(self, dtype=None, copy=None):
        return images.read_uint8(self.path, self.size).astype(dtype or np.uint8, copy=False)


def find(path, split="all"):
    """List the image files of a folder and of the folders inside it, or the one file at a path.

    Args:
        path: of a folder or of an image file.
        split: "train", "test" or "all".

    Returns:
        A dict, name -> Path; a name is the path inside the folder, with "/".

    Raises:
        DataError: if there is no such folder.
    """
    path = Path(path)
    if os.path.isfile(path):
        paths = {path.name: path}
    else:
        paths = {image.relative_to(path).as_posix(): image for image in images.find(path)}
    return {name: image for name, image in paths.items() if split in ("all", split_of(name))}


def split_of(name):
    """Tell whether a file belongs to the train set or to the test set; one file in five belongs to the test set.

    Only the file's own name decides, not its folder and not other files. So a copy in another folder is in the same
    set.

    Args:
        name: of the file, with or without folders, with "/".

    Returns:
        "train" or "test".
    """
    name = name.rsplit("/", 1)[-1]
    return "test" if zlib.crc32(name.encode("utf-8", "surrogatepass")) % 5 == 0 else "train"


def measure(paths, size):
    """Read the headers of files, and sort out those that cannot be used. It takes less than a millisecond per file.

    Args:
        paths: dict, name -> Path, as `find` returns it.
        size: short side of the pictures, px.

    Returns:
        (files, broken): two dicts, name -> File and name -> ImageError.
    """
    files, broken = {}, {}
    for name, path in paths.items():
        try:
            files[name] = File(path, size, (*images.measure(path, size), 3))
        except ImageError as error:
            broken[name] = error
    return files, broken


def load(paths):
    """Read the pixels of files.

    Args:
        paths: dict, name -> File.

    Returns:
        (pixels, broken): two dicts, name -> (h, w, 3) uint8 array and name -> ImageError.
    """
    pixels, broken = {}, {}
    for name, file in paths.items():
        try:
            pixels[name] = np.asarray(file)
        except ImageError as error:
            broken[name] = error
    return pixels, broken


@dataclass(frozen=True)
class Report:
    """What `inspect` found; printed, it is a text of a few lines.

    Args:
        path: of the folder, as a string.
        size: the short side that was asked for, px.
        count: number of files that can be read.
        tiny: names of files with a shorter side than `size`; training would enlarge them.
        duplicates: groups (lists) of names of pictures that are nearly the same.
        apart: the groups that lie partly in the train set and partly in the test set; they make a test score too good.
        broken: dict, name -> what is wrong with the file.
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
    """Look through a folder before training: tiny images, near duplicates, files that cannot be read.

    It reads each file completely: some milliseconds and 3 kB of memory per file. Near duplicates are pictures whose
    copies of 16 x 16 px correlate by more than 0.97. A flat picture has no duplicate, and mirrored or grey copies are
    not found.

    Args:
        path: of a folder, with the folders inside it, or of one file.
        size: short side that training will ask for, px.

    Returns:
        A Report.

    Raises:
        DataError: if there is no such folder.
    """
    paths = find(path)
    with ThreadPoolExecutor() as pool:  # Pillow releases Python's lock while it decodes
        looks = dict(zip(paths, pool.map(_look, paths.values()), strict=True))
    broken = {name: str(look) for name, look in looks.items() if isinstance(look, ImageError)}
    readable = {name: look for name, look in looks.items() if name not in broken}
    tiny = [name for name, (short, _) in readable.items() if short < size]
    duplicates = alike([small for _, small in readable.values()], list(readable))
    apart = [group for group in duplicates if len({split_of(name) for name in group}) > 1]
    return Report(str(path), size, len(readable), tiny, duplicates, apart, broken)


def _look(path):
    """(short side in px, small copy) of an image, or the ImageError that it raises."""
    try:
        pixels = images.read_uint8(path)
    except ImageError as error:
        return error
    return min(pixels.shape[:2]), np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BOX))


def alike(copies, names):
    """Group near duplicates; each picture joins the first earlier one that it is like.

    Args:
        copies: list of arrays of one shape, in any range.
        names: list of strings, one for each copy.

    Returns:
        A list of groups; a group is a list of two or more names, in their order.
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
    """A number and its noun: "1 image", "2 images"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def some(names, most=5, separator=", "):
    """Write the first names into a text, and how many more there are.

    Args:
        names: an iterable of strings.
        most: number of names to write.
        separator: string between two names.

    Returns:
        A string such as "a.png, b.png and 3 more".
    """
    names = list(names)
    rest = len(names) - most
    return separator.join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
