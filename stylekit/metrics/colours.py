"""Whether the colours of a picture belong to the painting, and whether it holds blots."""

import numpy as np
from scipy import ndimage
from skimage.color import rgb2lab

from stylekit import images
from stylekit.errors import ImageError
from stylekit.metrics.common import alike, as_batch, per_picture

DIRECTIONS, QUANTILES = 64, 1024  # of the palette distance
AROUND = 20 / 256  # share of the short side: deviation of the Gaussian window that a blot is compared with
FOREIGN = 30.0  # Lab units: a spot this far from its surroundings catches the eye
CALM = 6.0  # Lab units: the photo is smooth where its local deviation is lower
SMALLEST, LARGEST = 20 / 256**2, 2000 / 256**2  # share of the picture: smaller is grain, larger is a shape


def palette_distance(pictures, paintings):
    """Measure how far the colours of a picture are from a painting's, wherever they stand: the same palette gives 0.

    It is the sliced Wasserstein distance of the colours in CIE Lab: along a random direction the colours of a picture
    become numbers, and the distance is the mean difference of the sorted numbers, averaged over 64 directions.

    Args:
        pictures: A picture (h, w, 3) or a batch (n, h, w, 3), in [-1, 1].
        paintings: As many paintings, or one for all pictures; their size may differ from the pictures'.

    Returns:
        A float, or (n,) float64 for a batch, >= 0, in Lab units: 2 is hardly seen, 10 is another palette.

    Raises:
        ImageError: The pictures are not in range, or their numbers do not match.

    Rabin et al. 2011.
    """
    pictures, paintings = images.check(pictures, "picture"), images.check(paintings, "painting")
    count, wanted = len(as_batch(pictures)), [_quantiles(painting) for painting in as_batch(paintings)]
    if len(wanted) not in (1, count):
        raise ImageError(f"Got {count} pictures and {len(wanted)} paintings: wanted as many, or one painting.")
    wanted = wanted * (count // len(wanted))
    found = [_quantiles(picture) for picture in as_batch(pictures)]
    far = [np.abs(one - other).mean() for one, other in zip(found, wanted, strict=True)]
    return float(far[0]) if pictures.ndim == 3 else np.array(far)


def _quantiles(picture):
    """The sorted colours of a picture along random directions in Lab: (QUANTILES, DIRECTIONS)."""
    ways = np.random.default_rng(0).normal(size=(3, DIRECTIONS))
    colours = _lab(picture).reshape(-1, 3) @ (ways / np.linalg.norm(ways, axis=0))
    return np.quantile(colours, (np.arange(QUANTILES) + 0.5) / QUANTILES, axis=0)


def blots(pictures, photos):
    """Measure the share of the smooth areas of a photo that a picture of it fills with blots.

    A blot is a spot whose colour is more than 30 Lab units from the picture around it, while the photo is smooth
    there. Spots under 20 or over 2000 px in a picture of 256 x 256 px do not count: they are grain, or shapes.

    Args:
        pictures: A picture (h, w, 3) or a batch (n, h, w, 3), in [-1, 1].
        photos: The photos that the pictures were made from, of the same shape.

    Returns:
        A float, or (n,) float64 for a batch, in [0, 1]; 0 where the photo has no smooth area.

    Raises:
        ImageError: The pictures are not in range, or their shapes differ.
    """
    return per_picture(_blots, *alike(pictures, photos))


def _blots(picture, photo):
    """The share for one picture."""
    lab, seen = _lab(picture), _lab(photo)
    side, pixels = min(seen.shape[:2]), seen[..., 0].size
    around = ndimage.gaussian_filter(lab, (AROUND * side, AROUND * side, 0))
    window = (max(round(25 / 256 * side), 3),) * 2 + (1,)
    variance = ndimage.uniform_filter(seen**2, window) - ndimage.uniform_filter(seen, window) ** 2
    smooth = variance.sum(axis=-1) < CALM**2
    spots, count = ndimage.label(smooth & (np.linalg.norm(lab - around, axis=-1) > FOREIGN))
    if not count:
        return 0.0
    sizes = np.bincount(spots.ravel())[1:] / pixels
    return float(pixels * sizes[(sizes >= SMALLEST) & (sizes <= LARGEST)].sum() / smooth.sum())


def _lab(picture):
    """A picture in CIE Lab: (h, w, 3) float64, L from 0 to 100."""
    return rgb2lab(np.asarray(picture, "float64") / 2 + 0.5)
