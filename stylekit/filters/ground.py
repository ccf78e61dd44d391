"""What the filters share: colours, noise, the flow of forms, the light on thick paint, paper and canvas.

Inside this package a picture is (h, w, 3) float32 in [0, 1]. Filters measure lengths in units of 1/128 of the short
side (`unit`), so that a small and a large picture of the same scene look alike.
"""

import warnings

import numpy as np
from scipy import ndimage
from skimage import color, transform

LUMINANCE = np.array([0.299, 0.587, 0.114], "float32")


def unit(picture):
    """Tell how many px a unit has: 1/128 of the short side. Every stroke, dot and line is measured in units."""
    return min(picture.shape[:2]) / 128


def grey(picture):
    """Compute the luminance (Rec. 601) of an (h, w, 3) picture: (h, w) in [0, 1]."""
    return picture @ LUMINANCE


def blur(values, sigma):
    """Blur the first two axes with a Gaussian of `sigma` px."""
    return ndimage.gaussian_filter(values, sigma, axes=(0, 1))


def ramp(values, low, high):
    """Rise smoothly from 0 (at `low` and below) to 1 (at `high` and above): the smoothstep of computer graphics."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def blend(below, above, amount):
    """Lay `above` over `below`, both (h, w, 3); `amount`, (h, w) in [0, 1], tells how much it covers."""
    return below + (above - below) * amount[..., None]


def vivid(picture, saturation=1.4, contrast=1.0):
    """Strengthen colours at the same luminance, and contrast around middle grey; factors of 1 change nothing."""
    light = grey(picture)[..., None]
    stretched = 0.5 + contrast * (light - 0.5)
    return np.clip(stretched + saturation * (picture - light), 0, 1)


def tone(picture, low=1, high=99):
    """Stretch a picture's tones over the whole range, to twice the contrast at most.

    A flat or foggy scene cannot fill the range then; its tones keep their place in it.

    Args:
        picture: (h, w, 3) in [0, 1].
        low, high: percentiles of the luminance that become nearly black and nearly white.

    Returns:
        (h, w, 3) array in [0, 1].
    """
    light = grey(picture)
    dark, bright = np.percentile(light, (low, high))
    gain = min(2.0, 0.96 / max(bright - dark, 1e-3))
    middle = (bright + dark) / 2
    target = np.clip(middle, gain * (bright - dark) / 2, 1 - gain * (bright - dark) / 2)
    return np.clip(target + gain * (picture - middle), 0, 1)


def to_lab(picture):
    """Convert RGB in [0, 1] to CIE Lab, float32: in Lab, equal steps look equally large."""
    return color.rgb2lab(picture).astype("float32")


def from_lab(lab):
    """Convert CIE Lab to the nearest RGB in [0, 1], float32."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that it clips colours which no screen shows; that is wanted
        return color.lab2rgb(lab).astype("float32")


def noise(shape, size, rng):
    """Draw smooth noise.

    Args:
        shape: (h, w).
        size: of its blobs, px.
        rng: a NumPy generator.

    Returns:
        (h, w) float32 array with a mean of about 0 and a standard deviation of about 1.
    """
    size = max(size, 1.0)
    coarse = rng.standard_normal([int(n / size) + 4 for n in shape]).astype("float32")
    # a little too much is made and then cut away, so that the blobs are equally large everywhere
    zoomed = [round(n * size) for n in coarse.shape]
    values = transform.resize(coarse, zoomed, order=3, mode="reflect", anti_aliasing=False)
    values = values[: shape[0], : shape[1]]
    return (values / max(coarse.std() * 0.75, 1e-6)).astype("float32")


def flow(picture, smoothness, rng=None):
    """Find the direction along the forms of a picture: the minor eigenvector of the smoothed structure tensor.

    Kyprianidis and Kang 2011, section 3.

    Args:
        picture: (h, w, 3) in [0, 1].
        smoothness: sigma of the smoothing, px.
        rng: a NumPy generator; its smooth noise gives a direction where the picture has none. None for no noise.

    Returns:
        directions: (h, w, 2) float32 unit vectors (dy, dx).
        anisotropy: (h, w) in [0, 1]; 1 where the direction is certain.
    """
    dy = ndimage.sobel(picture, axis=0)
    dx = ndimage.sobel(picture, axis=1)
    difference = blur((dx * dx - dy * dy).sum(-1), smoothness)
    mixed = blur(2 * (dx * dy).sum(-1), smoothness)
    energy = blur((dx * dx + dy * dy).sum(-1), smoothness)
    anisotropy = np.hypot(difference, mixed) / (energy + 1e-4)
    if rng is not None:
        wandering = np.pi * noise(energy.shape, 30 * unit(picture), rng)
        difference = difference + 0.01 * np.cos(wandering)
        mixed = mixed + 0.01 * np.sin(wandering)
    angle = 0.5 * np.arctan2(mixed, difference)  # it points across the form; a quarter turn makes it run along the form
    return np.stack([np.cos(angle), -np.sin(angle)], -1).astype("float32"), np.clip(anisotropy, 0, 1)


def follow(values, directions, length, step):
    """Smear values along the flow: line integral convolution, Cabral and Leedom 1993.

    Args:
        values: (h, w).
        directions: (h, w, 2) unit vectors (dy, dx).
        length: of the walk to each side, px.
        step: of the walk, px.

    Returns:
        (h, w) array, the mean of the values along each walk.
    """
    height, width = values.shape
    start = np.stack(np.mgrid[:height, :width], -1).astype("float32")
    total = values.copy()
    steps = max(1, round(length / step))
    for side in (1, -1):
        place, heading = start.copy(), side * directions
        for _ in range(steps):
            place = np.clip(place + step * heading, 0, (height - 1, width - 1))
            row, column = np.rint(place).astype("int32").transpose(2, 0, 1)
            total += values[row, column]
            ahead = directions[row, column]
            # a direction has no sign: take the sign that continues the walk
            heading = ahead * np.where((ahead * heading).sum(-1, keepdims=True) < 0, -1, 1)
    return total / (2 * steps + 1)


def lit(picture, height, strength):
    """Light a relief from the upper left.

    Args:
        picture: (h, w, 3) in [0, 1], the colours.
        height: (h, w), the relief, in any unit.
        strength: of light and shade, >= 0.

    Returns:
        (h, w, 3) array in [0, 1].
    """
    slope = (ndimage.sobel(height, axis=0) + ndimage.sobel(height, axis=1)) * unit(picture)
    shade = np.clip(strength * slope / 8, -0.25, 0.25)[..., None]
    return np.clip(picture + np.where(shade > 0, shade * (1.15 - picture), shade * picture * 1.4), 0, 1)


def weave(shape, period, rng):
    """Weave a linen canvas of threads that go over and under.

    Args:
        shape: (h, w).
        period: of a thread, px; at least 2 is taken.
        rng: a NumPy generator.

    Returns:
        (h, w) array in [-1, 1].
    """
    period = max(period, 2.0)
    y, x = np.mgrid[: shape[0], : shape[1]].astype("float32")
    y = y + 0.35 * period * noise(shape, 10 * period, rng)
    x = x + 0.35 * period * noise(shape, 10 * period, rng)
    return np.sin(np.pi * y / period) * np.sin(np.pi * x / period)


def paper(shape, size, colour, rng, roughness=0.02):
    """Make an empty sheet with its colour and grain.

    Args:
        shape: (h, w).
        size: of the grain, px.
        colour: (r, g, b) in [0, 1].
        rng: a NumPy generator.
        roughness: how strong the grain is, >= 0.

    Returns:
        (h, w, 3) array in [0, 1].
    """
    tooth = 0.7 * noise(shape, size, rng) + 0.5 * noise(shape, 3 * size, rng)
    return np.clip(np.array(colour, "float32") + roughness * tooth[..., None], 0, 1)
