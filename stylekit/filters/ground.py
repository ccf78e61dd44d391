"""What every painter stands on: colours, noise, the flow of forms, the light on thick paint, paper and canvas.

Inside this package a picture is (h, w, 3) float32 in [0, 1]. Lengths are given in units of 1/128 of the short side
(`unit`), so that a small and a large picture of the same scene are painted alike.
"""

import warnings

import numpy as np
from scipy import ndimage
from skimage import color, transform

LUMINANCE = np.array([0.299, 0.587, 0.114], "float32")


def unit(picture):
    """One 128th of the short side, in px: the length that every stroke, dot and line is measured in."""
    return min(picture.shape[:2]) / 128


def grey(picture):
    """Luminance (Rec. 601), (h, w) in [0, 1]."""
    return picture @ LUMINANCE


def blur(values, sigma):
    """Gaussian blur of the two image axes; sigma in px."""
    return ndimage.gaussian_filter(values, sigma, axes=(0, 1))


def ramp(values, low, high):
    """0 below low, 1 above high, smooth between (the smoothstep of computer graphics)."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def blend(below, above, amount):
    """above laid over below; amount (h, w) in [0, 1] is how much it covers."""
    return below + (above - below) * amount[..., None]


def vivid(picture, saturation=1.4, contrast=1.0):
    """Stronger colours at the same luminance, and more contrast about middle grey."""
    light = grey(picture)[..., None]
    stretched = 0.5 + contrast * (light - 0.5)
    return np.clip(stretched + saturation * (picture - light), 0, 1)


def tone(picture, low=1, high=99):
    """The picture with its tones stretched over the whole range, at most to twice the contrast.

    A painter keys a dull scene up; a flat or foggy one stays what it is in the middle of the stretch.
    """
    light = grey(picture)
    dark, bright = np.percentile(light, (low, high))
    gain = min(2.0, 0.96 / max(bright - dark, 1e-3))
    middle = (bright + dark) / 2
    target = np.clip(middle, gain * (bright - dark) / 2, 1 - gain * (bright - dark) / 2)
    return np.clip(target + gain * (picture - middle), 0, 1)


def to_lab(picture):
    """CIE Lab, float32: equal steps look equally large."""
    return color.rgb2lab(picture).astype("float32")


def from_lab(lab):
    """The nearest picture in [0, 1] to CIE Lab values."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # colours that no screen shows are clipped, which is what is wanted
        return color.lab2rgb(lab).astype("float32")


def noise(shape, size, rng):
    """Smooth noise, (h, w), mean 0 and deviation about 1; size: how large its blobs are, in px."""
    size = max(size, 1.0)
    coarse = rng.standard_normal([int(n / size) + 4 for n in shape]).astype("float32")
    # more rows and columns than the picture has are made and cut away, so that the blobs are equally large everywhere
    zoomed = [round(n * size) for n in coarse.shape]
    values = transform.resize(coarse, zoomed, order=3, mode="reflect", anti_aliasing=False)
    values = values[: shape[0], : shape[1]]
    return (values / max(coarse.std() * 0.75, 1e-6)).astype("float32")


def flow(picture, smoothness, rng=None):
    """The direction along the forms of a picture: the smoothed structure tensor's minor eigenvector.

    smoothness: sigma of the smoothing, in px. rng: where nothing in the picture gives a direction, smooth noise does.
    Returns (directions, anisotropy): (h, w, 2) unit vectors (dy, dx), and (h, w) in [0, 1], 1 where the direction is
    certain. Kyprianidis and Kang 2011, section 3.
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
    angle = 0.5 * np.arctan2(mixed, difference)  # across the form; a quarter turn further runs along it
    return np.stack([np.cos(angle), -np.sin(angle)], -1).astype("float32"), np.clip(anisotropy, 0, 1)


def follow(values, directions, length, step):
    """Smear values along the flow: line integral convolution (Cabral and Leedom 1993).

    values: (h, w). length, step: how far to walk to each side and how long one step is, in px. Returns (h, w).
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
            # a direction has no sign: take the one that goes on, not the one that turns back
            heading = ahead * np.where((ahead * heading).sum(-1, keepdims=True) < 0, -1, 1)
    return total / (2 * steps + 1)


def lit(picture, height, strength):
    """A relief in the light from the upper left; height: (h, w), any unit; strength: how strong light and shade are."""
    slope = (ndimage.sobel(height, axis=0) + ndimage.sobel(height, axis=1)) * unit(picture)
    shade = np.clip(strength * slope / 8, -0.25, 0.25)[..., None]
    return np.clip(picture + np.where(shade > 0, shade * (1.15 - picture), shade * picture * 1.4), 0, 1)


def weave(shape, period, rng):
    """A linen canvas: threads over and under, (h, w) in about [-1, 1]; period of one thread in px, at least 2."""
    period = max(period, 2.0)
    y, x = np.mgrid[: shape[0], : shape[1]].astype("float32")
    y = y + 0.35 * period * noise(shape, 10 * period, rng)
    x = x + 0.35 * period * noise(shape, 10 * period, rng)
    return np.sin(np.pi * y / period) * np.sin(np.pi * x / period)


def paper(shape, size, colour, rng, roughness=0.02):
    """An empty sheet: its tone, fibres and tooth. size: of the tooth, in px. Returns (h, w, 3)."""
    tooth = 0.7 * noise(shape, size, rng) + 0.5 * noise(shape, 3 * size, rng)
    return np.clip(np.array(colour, "float32") + roughness * tooth[..., None], 0, 1)
