"""Pixels, texts and boxes of a rendered figure; for the tests of plots."""

import io

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from PIL import Image

from stylekit import plots
from stylekit.training.trainer import History


def noise(seed, height, width):
    return np.random.default_rng(seed).choice(np.float32([-1, 1]), (height, width, 3))


def rendered(figure):
    """The figure's pixels, (height, width, 3) uint8."""
    return np.asarray(Image.open(io.BytesIO(figure.png())).convert("RGB"))


def boxes(figure, artists):
    """(left, top, right, bottom) of each artist in the rendered picture, in px."""
    height = round(figure.bbox.height)
    extents = [artist.get_window_extent() for artist in artists]
    return [(box.x0, height - box.y1, box.x1, height - box.y0) for box in extents]


def texts(figure):
    figure.png()  # the layout is made when the figure is drawn
    unseen = [
        tick.label1
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        if not _within(tick.get_loc(), axis.get_view_interval())
    ]
    drawn = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    return [text for text in drawn if text not in unseen]


def _within(value, interval):
    return min(interval) <= value <= max(interval)


def colours_in(pixels, colour, tolerance=12):
    """How many pixels have a colour."""
    return (np.abs(pixels.astype(int) - np.multiply(to_rgb(colour), 255)).max(axis=-1) < tolerance).sum()


def history(steps=60):
    record, random = History(), np.random.default_rng(1)
    for step in range(1, steps + 1):
        record.append(step, {name: random.normal(i, 1 / step) for i, name in enumerate(plots.COLOURS)})
    return record
