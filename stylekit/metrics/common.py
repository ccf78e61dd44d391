"""What the measures share: checks, and pictures one by one or a few at a time."""

import numpy as np
from keras import ops

from stylekit import images
from stylekit.errors import ImageError

FEW = 4  # pictures whose feature maps are in memory at a time


def alike(pictures, others):
    """Both as checked arrays; ImageError unless they have the same shape."""
    pictures, others = images.check(pictures), images.check(others, "other picture")
    if pictures.shape != others.shape:
        raise ImageError(f"The pictures have the shapes {pictures.shape} and {others.shape}: wanted the same.")
    return pictures, others


def per_picture(measure, pictures, others):
    """The measure of one pair as a float, or of each pair of two batches as an array."""
    if pictures.ndim == 3:
        return float(measure(pictures, others))
    return np.array([measure(picture, other) for picture, other in zip(pictures, others, strict=True)], "float64")


def by_few(measure, pictures, *others):
    """Call measure(pictures, *others) with a few pictures at a time; a batch of one picture goes with all of them."""
    batch, others = as_batch(pictures), [as_batch(other) for other in others]
    numbers = [
        measure(batch[i : i + FEW], *(other[i : i + FEW] if len(other) > 1 else other for other in others))
        for i in range(0, len(batch), FEW)
    ]
    numbers = np.concatenate([ops.convert_to_numpy(number) for number in numbers])
    return numbers if pictures.ndim == 4 else float(numbers[0])


def as_batch(pictures):
    """A picture or a batch as a batch."""
    return pictures.reshape(-1, *pictures.shape[-3:])
