"""Diagrams: how the parts of the method are connected."""

import numpy as np
from matplotlib.patches import FancyBboxPatch

from stylekit import images
from stylekit.plots.figure import INK, Chart

INPUT, GENERATOR, JUDGE, LOSS = "#f3f1ea", "#cfe3f5", "#fde3c4", "#f7d3d3"  # the colours of the parts


def architecture(photo, painting, picture):
    """Draw the whole method: x, y and the weights go into G; D and F judge G(x, y); three losses come out.

    Args:
        photo, painting, picture: (h, w, 3) in [-1, 1], x, y and G(x, y). They are shown as squares.

    Returns:
        a Chart.
    """
    figure = Chart(figsize=(11, 5), layout="constrained")
    axes = figure.subplots()
    axes.set(xlim=(0, 110), ylim=(0, 48), aspect="equal")
    axes.axis("off")

    _picture(axes, photo, (7, 37), "photo x")
    _picture(axes, painting, (7, 20), "painting y")
    _box(axes, (7, 5), (12, 6), "weights w", INPUT)
    _box(axes, (39, 24), (44, 46), "", GENERATOR)
    axes.text(39, 44.4, "generator G", ha="center", va="center", weight="bold", color=INK)
    _box(axes, (25.5, 37), (12, 7), "content\nencoder", "white")
    _box(axes, (39.5, 37), (10, 7), "residual\nblocks", "white")
    _box(axes, (53, 37), (11, 7), "decoder", "white")
    _box(axes, (25.5, 20), (12, 7), "style\nencoder", "white")
    _box(axes, (46.25, 20), (24.5, 7), "style code and weights\ndrive every layer", "white")
    _picture(axes, picture, (72, 23), "G(x, y)")
    _box(axes, (88, 40), (12, 7), "content\nkeeper F", JUDGE)
    _box(axes, (88, 23), (12, 7), "content\nkeeper F", JUDGE)
    _box(axes, (88, 6), (12, 7), "discrimi-\nnator D", JUDGE)
    _box(axes, (103.5, 40), (12, 7), "content\nloss", LOSS)
    _box(axes, (103.5, 23), (12, 7), "style\nloss", LOSS)
    _box(axes, (103.5, 6), (12, 7), "adversarial\nloss", LOSS)

    for path in (
        [(13, 37), (19.5, 37)],
        [(13, 20), (19.5, 20)],
        [(13, 5), (46.25, 5), (46.25, 16.5)],
        [(31.5, 37), (34.5, 37)],
        [(44.5, 37), (47.5, 37)],
        [(31.5, 20), (34, 20)],
        [(36, 23.5), (36, 28), (25.5, 28), (25.5, 33.5)],
        [(39.5, 23.5), (39.5, 33.5)],
        [(53, 23.5), (53, 33.5)],
        [(58.5, 37), (63.5, 37), (63.5, 23), (66, 23)],
        [(78, 23), (82, 23)],
        [(80, 23), (80, 40), (82, 40)],
        [(80, 23), (80, 6), (82, 6)],
        [(94, 40), (97.5, 40)],
        [(94, 23), (97.5, 23)],
        [(94, 6), (97.5, 6)],
    ):
        _arrow(axes, path)
    for judge, name in ((40, "compared with x"), (23, "compared with y"), (6, "compared with y")):
        axes.text(88, judge - 5.2, name, ha="center", va="center", size=9, color=INK)
    return figure


def _picture(axes, picture, centre, name, size=12):
    """A square picture with its name below."""
    x, y = centre
    half = size / 2
    square = images.to_uint8(images.fit(picture, 160))
    axes.imshow(square, extent=(x - half, x + half, y - half, y + half), interpolation="lanczos", zorder=2)
    axes.text(x, y - half - 1.4, name, ha="center", va="center", color=INK)


def _box(axes, centre, size, name, colour):
    """A named box with round corners."""
    corner = np.subtract(centre, np.divide(size, 2))
    axes.add_patch(
        FancyBboxPatch(corner, *size, boxstyle="round,pad=0,rounding_size=1", facecolor=colour, edgecolor=INK, lw=0.8)
    )
    axes.text(*centre, name, ha="center", va="center", color=INK, size=10)


def _arrow(axes, path):
    """A line along the points of a path with a head at its end."""
    axes.plot(*zip(*path[:-1], strict=True), color=INK, lw=1.2, solid_capstyle="round", zorder=3)
    head = {"arrowstyle": "->", "color": INK, "lw": 1.2, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", path[-1], path[-2], arrowprops=head, zorder=3)
