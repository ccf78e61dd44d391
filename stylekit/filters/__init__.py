"""Programs that paint a photo; they learn nothing, and they give the lessons a known right answer.

    from stylekit.filters import render, FILTERS, PALETTES
    painting = render(photo, "brush", seed=1, palette="dusk")

The same seed gives the same painting. Each filter has a look of its own (stroke, paper, line), which a network can
learn as a domain.
"""

import functools
import numbers

import numpy as np

from stylekit import images
from stylekit.errors import ImageError, SettingError
from stylekit.filters import areas, lines, strokes
from stylekit.filters.palettes import PALETTES, recolour

__all__ = ["MONOCHROME", "FILTERS", "PALETTES", "render"]
SMALLEST = 16  # px; in a smaller picture every stroke is larger than the picture


def _public(draw):
    """A drawing function (scene, rng) of this room, in [0, 1], as a public filter (picture, seed=0), in [-1, 1]."""

    @functools.wraps(draw)
    def draw_checked(picture, seed=0):
        painting = draw(_checked(picture) / 2 + 0.5, _generator(seed))
        return np.clip(2 * painting - 1, -1, 1).astype("float32")

    del draw_checked.__wrapped__  # so that help() shows (picture, seed=0)
    return draw_checked


_DRAWN = (strokes.brush, areas.oil, strokes.pointillist, areas.watercolour)
_DRAWN += (lines.ink, lines.woodcut, lines.cartoon, areas.stained_glass)
FILTERS = {draw.__name__: _public(draw) for draw in _DRAWN}
MONOCHROME = {"ink", "woodcut"}  # they use colours of their own, so the painting takes the palette, not the photo


def render(picture, name="brush", seed=0, palette=None):
    """Paint a picture with a filter.

    Args:
        picture: (h, w, 3) array in [-1, 1], at least 16 px on each side.
        name: a key of FILTERS.
        seed: whole number >= 0; another seed gives another painting of the same scene.
        palette: a key of PALETTES, or None for the scene's own colours.

    Returns:
        (h, w, 3) float32 array in [-1, 1].

    Raises:
        ImageError: for a wrong picture.
        SettingError: for a wrong name, seed or palette.
    """
    _known("filter", name, FILTERS)
    if palette is None:
        return FILTERS[name](picture, seed)
    _known("palette", palette, PALETTES)
    if name in MONOCHROME:
        return _recoloured(FILTERS[name](picture, seed), palette)
    return FILTERS[name](_recoloured(picture, palette), seed)


def _recoloured(picture, palette):
    """A picture in [-1, 1] in the colours of a palette."""
    return np.clip(2 * recolour(_checked(picture) / 2 + 0.5, palette) - 1, -1, 1).astype("float32")


def _checked(picture):
    """The picture as an array. Raises ImageError unless it is (h, w, 3) in [-1, 1] and large enough."""
    picture = images.check(picture)
    if picture.ndim != 3 or min(picture.shape[:2]) < SMALLEST:
        size = " x ".join(str(n) for n in picture.shape)
        raise ImageError(f"The picture is {size}: wanted (height, width, 3), at least {SMALLEST} px each; resize it.")
    return picture


def _generator(seed):
    """A NumPy generator. Raises SettingError for a wrong seed."""
    if not isinstance(seed, numbers.Integral) or seed < 0:
        raise SettingError(f"The seed is {seed!r}: wanted a whole number, 0 or more.")
    return np.random.default_rng(seed)


def _known(kind, name, table):
    """Raise SettingError unless the name is a key of the table."""
    if not isinstance(name, str) or name not in table:
        raise SettingError(f"There is no {kind} {name!r}: wanted one of {', '.join(table)}.")
