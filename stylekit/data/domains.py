"""Where pictures come from.

A domain is a set of pictures of one kind: photos, paintings, the learner's own folder. `Batches` draws batches of
(photo, painting) from two domains.
"""

import os
import warnings
from collections.abc import Sequence
from math import prod
from pathlib import PurePath

from stylekit import images
from stylekit.data import folders
from stylekit.errors import DataError, ImageError, SettingError

__all__ = ["Domain", "folder", "join", "filtered", "photos"]

SPLITS = ("train", "test", "all")
# Whole photos are kept apart, because crops of one photo in both sets would make the score on the test set a lie.
# The test set has an animal and a still life; training keeps the only person, building, plant, machine and night sky.
# Left out: the retina and the Hubble deep field, of which most crops are one flat colour.
TRAIN_PHOTOS = ("astronaut", "china", "flower", "motorcycle", "rocket", "tissue")
TEST_PHOTOS = ("cat", "coffee")
KEPT = 200_000_000  # bytes of a folder's pictures that are kept in memory


class Domain(Sequence):
    """Pictures of one kind.

    >>> domain = Domain("cats", pictures=[picture, other], names=["tom", "felix"])
    >>> domain[0].shape
    (128, 192, 3)

    name: what the pictures are. pictures: any iterable of (h, w, 3) float32 in [-1, 1]; their sizes may differ.
    names: one string for each picture; numbers if left out. Kept as 8 bits a value, a quarter of float32's memory.
    `domain[i]` and `domain.pictures` give float32 in [-1, 1], `domain[:3]` a smaller domain. `domain.pixels` is a list
    of (h, w, 3) uint8, arrays or, where the domain is a large folder, `stylekit.data.folders.File`s.
    Raises ImageError for a wrong picture, DataError if names and pictures differ in number.
    """

    def __init__(self, name, pictures, names=None):
        self.name = name
        self.pixels = [images.to_uint8(_single(picture)) for picture in pictures]
        self.names = [str(i) for i in range(len(self.pixels))] if names is None else list(names)
        if len(self.names) != len(self.pixels):
            raise DataError(
                f"The domain {name!r} has {len(self.pixels)} pictures and {len(self.names)} names: wanted one name "
                "for each picture."
            )

    def __len__(self):
        return len(self.pixels)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return _domain(self.name, self.pixels[index], self.names[index])
        return images.from_uint8(self.pixels[index])

    def __repr__(self):
        shown = ", ".join(self.names[:8]) + (", ..." if len(self) > 8 else "")
        return f"<Domain {self.name!r}: {len(self)} pictures: {shown}>"

    @property
    def pictures(self):
        """All pictures at once, a list of (h, w, 3) float32 in [-1, 1]: of a large folder, more than fits in memory."""
        return list(self)

    @property
    def shapes(self):
        """(height, width) of every picture, px."""
        return [pixels.shape[:2] for pixels in self.pixels]


def photos(size=128, split="train"):
    """Real photographs that scikit-image and scikit-learn carry in their packages: nothing is downloaded.

    size: short side in px; the photos' own are 300 to 512. split: "train", "test" or "all", whole photos apart.
    Returns a Domain.
    """
    names = {"train": TRAIN_PHOTOS, "test": TEST_PHOTOS, "all": TRAIN_PHOTOS + TEST_PHOTOS}[_split(split)]
    return Domain("photos", (images.resize(images.from_uint8(_photograph(name)), size) for name in names), names)


def _photograph(name):
    """(h, w, 3) uint8. Imported here, because only these photos need scikit-learn, which takes a second to load."""
    from skimage import data

    if name in ("china", "flower"):
        from sklearn.datasets import load_sample_image

        return load_sample_image(f"{name}.jpg")
    if name == "motorcycle":
        return data.stereo_motorcycle()[0]
    return data.immunohistochemistry() if name == "tissue" else getattr(data, name)()


def filtered(domain, name="brush", seed=0):
    """The same pictures, each painted by a filter: the known right answer, in the same order.

    name: a key of `stylekit.filters.FILTERS`. seed: picture i is painted with seed + i.
    Returns a Domain with the names and shapes of `domain`.
    """
    from stylekit.filters import render

    return Domain(
        f"{domain.name} by {name}",
        (render(picture, name, seed=seed + i) for i, picture in enumerate(domain)),
        domain.names,
    )


def join(domains, name=None):
    """The pictures of several domains as one. name: of the whole; theirs, joined, if left out. Returns a Domain."""
    domains = list(domains)
    return _domain(
        name or " and ".join(domain.name for domain in domains),
        [pixels for domain in domains for pixels in domain.pixels],
        [picture_name for domain in domains for picture_name in domain.names],
    )


def folder(path, size=256, split="all", lazy=None):
    """The images in a folder of the user's, and in the folders inside it; or a single image, given by its file.

    size: short side in px. split: "train", "test" (one file in five, chosen by its name, so that a file stays in its
    set when others come and go) or "all". Files that cannot be used are skipped and named in one warning.
    lazy: True reads a picture whenever it is asked for, and opening looks at headers alone; False reads all of them
    now, and keeps them; None, the default, keeps up to 0.2 GB (750 pictures at 256 px) and is lazy beyond.
    Returns a Domain named after the folder. `stylekit.data.folders.inspect(path)` tells what one would rather not train on.
    Raises DataError if there is no such folder, or no usable image in it. A file that turns out to be damaged or gone
    when a lazy domain reads it raises ImageError; `Batches` skip it.
    """
    _split(split)
    paths = folders.find(path, split)
    pixels, broken = folders.measure(paths, size)
    if lazy is None:
        lazy = sum(prod(file.shape) for file in pixels.values()) > KEPT
    if not lazy:
        pixels, damaged = folders.load(pixels)
        broken |= damaged
    if not pixels:
        raise DataError(_nothing_usable(path, split, broken))
    if broken:
        shown, first = folders.some(broken, 20), next(iter(broken.values()))
        warnings.warn(f"Skipped {len(broken)} of {len(paths)} images in {path}: {shown}. {first}", stacklevel=2)
    return _domain(PurePath(path).name or str(path), list(pixels.values()), list(pixels))


def _nothing_usable(path, split, broken):
    if broken:
        found = "" if os.path.isfile(path) else f"None of the {len(broken)} images in {path} can be used. "
        return found + str(next(iter(broken.values())))
    if split != "all" and folders.find(path):
        return f"No image in {path} falls into the {split} set: add more images, or use split='all'."
    return f"There is no image in {path}: wanted files that end in {', '.join(images.READABLE)}."


def _domain(name, pixels, names):
    """A Domain of pixels as it keeps them, arrays of uint8 and Files."""
    domain = Domain(name, [])
    domain.pixels, domain.names = pixels, names
    return domain


def _single(picture):
    picture = images.check(picture)
    if picture.ndim != 3:
        raise ImageError(f"A domain holds pictures (h, w, 3): found one of shape {picture.shape}.")
    return picture


def _split(split):
    if split not in SPLITS:
        raise SettingError(f"The split is {split!r}: wanted one of {', '.join(SPLITS)}.")
    return split
