"""Domains that tests make, and what they look at in batches."""

import numpy as np
from PIL import Image

from stylekit.data.domains import Domain


def plain(count, name="plain", size=(40, 50)):
    """Pictures of one value each, so that a crop tells which picture it is from."""
    return Domain(name, [np.full((*size, 3), value, "float32") for value in np.linspace(-1, 1, count)])


def drawn(batches, count, side=0):
    """The values of the plain pictures that the first batches hold, in order."""
    return np.concatenate([np.array(batch[side])[:, 0, 0, 0].round(2) for batch in batches.dataset().take(count)])


def noise(*sizes, name="noise"):
    """One picture of noise for each (height, width); the same pictures in each call."""
    random = np.random.default_rng(0)
    return Domain(name, [random.uniform(-1, 1, (*size, 3)).astype("float32") for size in sizes])


def arrays(dataset, count):
    """The first batches of a dataset, as tuples of arrays."""
    return [tuple(np.array(part) for part in batch) for batch in dataset.take(count)]


def same(some, others):
    """Whether two lists hold equal arrays."""
    return all(np.array_equal(one, other) for one, other in zip(some, others, strict=True))


def save(path, size=(30, 20), colour="red"):
    """Write a PNG of one colour; size is (width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def saved(place, *sizes):
    """The folder, with one noisy PNG of each (width, height) in it: 0.png, 1.png ..."""
    place.mkdir(exist_ok=True)
    random = np.random.default_rng(1)
    for i, (width, height) in enumerate(sizes):
        Image.fromarray(random.integers(0, 256, (height, width, 3), "uint8")).save(place / f"{i}.png")
    return place
