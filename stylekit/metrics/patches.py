"""How alike the patches of two sets of pictures are, at each level of detail."""

import numpy as np
from skimage.transform import pyramid_expand, pyramid_reduce

from stylekit import images
from stylekit.errors import ImageError
from stylekit.metrics.common import as_batch

PATCH = 7  # px, side of the patches


def sliced_wasserstein(pictures, others, patches=8192, directions=128, coarsest=16, seed=0):
    """Measure with SWD, the sliced Wasserstein distance, how alike the patches of two sets are at each level of detail.

    Each picture becomes a Laplacian pyramid. Each level gives patches of 7 x 7 px, whose channels are brought to mean 0
    and deviation 1 over the set. A random direction turns each patch into one number; the distance of two sets of
    numbers is the mean difference of the sorted numbers. The result is the mean over all directions, times 1000 as in
    the paper's tables.

    Args:
        pictures: (n, h, h, 3) in [-1, 1]; halving h again and again must lead to the coarsest level.
        others: (m, h, h, 3) in [-1, 1].
        patches: Number of patches of each set and level.
        directions: Number of random directions.
        coarsest: Side of the last level in px, at most; 16 as in the paper. At 8 px a patch is nearly a whole picture.
        seed: An integer that decides the patches and directions.

    Returns:
        A dict: side of the level in px -> distance >= 0, finest level first. It is near 0 for sets of one kind; the
        fewer the pictures, the further from 0.

    Raises:
        ImageError: The pictures are not in range, differ in size, or have no such pyramid.

    Karras et al. 2018, section 5; Rabin et al. 2011.
    """
    pictures, others = as_batch(images.check(pictures)), as_batch(images.check(others, "other picture"))
    _check_pyramid(pictures.shape[1:], others.shape[1:], coarsest)
    levels = zip(laplacian_pyramid(pictures, coarsest), laplacian_pyramid(others, coarsest), strict=True)
    distances = {}
    for level, other in levels:
        draw = np.random.default_rng((seed, level.shape[1]))
        places = draw.integers(level.shape[1] - PATCH + 1, size=(2, patches))
        ways = draw.normal(size=(directions, 3 * PATCH**2)).astype("float32")
        ways /= np.linalg.norm(ways, axis=1, keepdims=True)
        first, second = (np.sort(ways @ _patches(maps, *places).T) for maps in (level, other))
        distances[level.shape[1]] = 1000 * float(np.abs(first - second).mean())
    return distances


def _check_pyramid(shape, other, coarsest):
    """ImageError unless pictures of both shapes have the same pyramid down to the coarsest level."""
    if shape != other:
        raise ImageError(f"The pictures have the shapes {shape} and {other}: wanted the same in both sets.")
    side = shape[0]
    while side > coarsest and side % 2 == 0:
        side //= 2
    if shape[0] != shape[1] or not PATCH <= side <= coarsest:
        raise ImageError(
            f"The pictures have {shape[1]} x {shape[0]} px: wanted squares whose side, halved again and again, comes "
            f"to between {PATCH} and {coarsest} px, such as 32 or 64."
        )


def laplacian_pyramid(pictures, coarsest):
    """The levels of a Laplacian pyramid, a list of (n, h, w, 3): what each adds to the next; last the coarse rest."""
    levels = []
    while pictures.shape[1] > coarsest:
        coarse = _each_channel(pyramid_reduce, pictures)
        levels.append(pictures - _each_channel(pyramid_expand, coarse))
        pictures = coarse
    return [*levels, pictures]


def _each_channel(resize, pictures):
    """Resize all pictures at once with a function of scikit-image, which takes them as channels of one picture."""
    stacked = np.moveaxis(pictures, 0, -1)
    resized = resize(stacked.reshape(*stacked.shape[:2], -1), channel_axis=-1)
    return np.moveaxis(resized.reshape(*resized.shape[:2], *stacked.shape[2:]), -1, 0).astype("float32")


def _patches(maps, down, right):
    """Patches at these places, the first from the first picture and so on: (count, 3 * 7 * 7), channels normalised."""
    windows = np.lib.stride_tricks.sliding_window_view(maps, (PATCH, PATCH), axis=(1, 2))
    chosen = windows[np.arange(len(down)) % len(maps), down, right]  # (count, 3, 7, 7)
    mean, deviation = (f(chosen, axis=(0, 2, 3), keepdims=True) for f in (np.mean, np.std))
    return ((chosen - mean) / (deviation + 1e-8)).reshape(len(chosen), -1)
