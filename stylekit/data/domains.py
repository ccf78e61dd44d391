"""Where pictures come from.

A domain is a set of pictures of one kind: photos, paintings, the images in a folder of the user's.
`stylekit.data.batches.Batches` draws batches (x, y) from two domains.
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
# A photo belongs to one set as a whole: crops of one photo in both sets would make the test score too good.
# The test set has an animal and a still life; training keeps the only person, building, plant, machine and night sky.
# Left out: the retina and the Hubble deep field, of which most crops are one flat colour.
TRAIN_PHOTOS = ("astronaut", "china", "flower", "motorcycle", "rocket", "tissue")
TEST_PHOTOS = ("cat", "coffee")
KEPT = 200_000_000  # bytes; a folder with more is read lazily


class Domain(Sequence):
    """Pictures of one kind.

    >>> domain = Domain("cats", pictures=[picture, other], names=["tom", "felix"])
    >>> domain[0].shape
    (128, 192, 3)

    `domain[i]` is picture i, (h, w, 3) float32 in [-1, 1]; `domain[:3]` is a smaller domain. Pictures are kept as
    uint8, in a quarter of the memory. `domain.pixels` is a list of (h, w, 3) uint8: arrays or, if the domain is a
    large folder, `stylekit.data.folders.File` objects.

    Args:
        name: a string, what the pictures are.
        pictures: an iterable of (h, w, 3) arrays in [-1, 1]; their sizes may differ.
        names: one string for each picture; "0", "1", ... if left out.

    Raises:
        ImageError: for a wrong picture.
        DataError: if there are more or fewer names than pictures.
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
        """A list of all pictures, (h, w, 3) float32 in [-1, 1]. Those of a large folder may not fit in memory."""
        return list(self)

    @property
    def shapes(self):
        """A list of (height, width) of each picture, px."""
        return [pixels.shape[:2] for pixels in self.pixels]


def photos(size=128, split="train"):
    """Real photographs from the packages scikit-image and scikit-learn: nothing is downloaded.

    Args:
        size: short side, px; that of the originals is 300 to 512.
        split: "train" (6 photos), "test" (2 others) or "all".

    Returns:
        A Domain.

    Raises:
        SettingError: for an unknown split.
    """
    names = {"train": TRAIN_PHOTOS, "test": TEST_PHOTOS, "all": TRAIN_PHOTOS + TEST_PHOTOS}[_split(split)]
    return Domain("photos", (images.resize(images.from_uint8(_photograph(name)), size) for name in names), names)


def _photograph(name):
    """One of the photos, (h, w, 3) uint8. Only two need scikit-learn, which takes a second to load."""
    from skimage import data

    if name in ("china", "flower"):
        from sklearn.datasets import load_sample_image

        return load_sample_image(f"{name}.jpg")
    if name == "motorcycle":
        return data.stereo_motorcycle()[0]
    return data.immunohistochemistry() if name == "tissue" else getattr(data, name)()


def filtered(domain, name="brush", seed=0):
    """Paint each picture of a domain with a filter: the known right answers, in the same order.

    Args:
        domain: a Domain, or any list of pictures that has a `name` and `names`.
        name: a key of `stylekit.filters.FILTERS`.
        seed: whole number >= 0; picture i is painted with seed + i.

    Returns:
        A Domain with the names and shapes of `domain`.

    Raises:
        SettingError: for a wrong name or seed.
    """
    from stylekit.filters import render  # here, because it takes three times as long to load as all else in this file

    return Domain(
        f"{domain.name} by {name}",
        (render(picture, name, seed=seed + i) for i, picture in enumerate(domain)),
        domain.names,
    )


def join(domains, name=None):
    """Put the pictures of several domains into one.

    Args:
        domains: an iterable of Domains.
        name: of the result; their names with " and " between them if left out.

    Returns:
        A Domain.
    """
    domains = list(domains)
    return _domain(
        name or " and ".join(domain.name for domain in domains),
        [pixels for domain in domains for pixels in domain.pixels],
        [picture_name for domain in domains for picture_name in domain.names],
    )


def folder(path, size=256, split="all", lazy=None):
    """The images in a folder of the user's and in the folders inside it, or a single image.

    Files that cannot be used are skipped, and one warning names them. `stylekit.data.folders.inspect(path)` finds
    images that are of little use for training.

    Args:
        path: of the folder, or of one image file.
        size: short side of the pictures, px.
        split: "train", "test" or "all". One file in five belongs to "test"; the file's name decides, so that it stays
            in its set when other files come and go.
        lazy: True opens the folder by its files' headers alone, and reads a picture each time it is asked for. False
            reads all pictures now and keeps them. None keeps up to 0.2 GB (750 pictures at 256 px) and is lazy beyond.

    Returns:
        A Domain with the folder's name.

    Raises:
        DataError: if there is no such folder, or no usable image in it.
        SettingError: for an unknown split.
        ImageError: later, when a picture of a lazy domain is asked for and its file is damaged or gone; `Batches` skip
            it.
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
    """The sentence that says why a folder gives no picture."""
    if broken:
        found = "" if os.path.isfile(path) else f"None of the {len(broken)} images in {path} can be used. "
        return found + str(next(iter(broken.values())))
    if split != "all" and folders.find(path):
        return f"No image in {path} falls into the {split} set: add more images, or use split='all'."
    return f"There is no image in {path}: wanted files that end in {', '.join(images.READABLE)}."


def _domain(name, pixels, names):
    """A Domain of pixels in the form in which it keeps them: uint8 arrays and Files."""
    domain = Domain(name, [])
    domain.pixels, domain.names = pixels, names
    return domain


def _single(picture):
    """The picture as an array. Raises ImageError unless it is (h, w, 3) in [-1, 1]."""
    picture = images.check(picture)
    if picture.ndim != 3:
        raise ImageError(f"A domain holds pictures (h, w, 3): found one of shape {picture.shape}.")
    return picture


def _split(split):
    """The split itself. Raises SettingError for an unknown one."""
    if split not in SPLITS:
        raise SettingError(f"The split is {split!r}: wanted one of {', '.join(SPLITS)}.")
    return split
