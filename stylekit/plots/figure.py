"""What every figure is made of: its size, its colours, its letters, and pictures as sharp as they are."""

import io
import textwrap

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, ScalarFormatter

from stylekit import images
from stylekit.errors import ImageError

# Okabe and Ito 2008: told apart by colour-blind eyes too. A term has one colour, wherever it is drawn.
COLOURS = {"adversarial": "#D55E00", "content": "#0072B2", "style": "#009E73", "discriminator": "#CC79A7"}
OTHER_COLOURS = ("#E69F00", "#56B4E9", "#D55E00", "#0072B2", "#009E73", "#CC79A7")
CHANNELS = {"red": "#D55E00", "green": "#009E73", "blue": "#0072B2"}
INK, PALE = "#333333", "#BBBBBB"
DPI = 100
SMALL, LARGE = 11, 13  # pt
GAP = 6  # px between pictures
LETTER = 0.6 * SMALL / 72 * DPI  # px, about the width of one
LONGEST = 300  # letters that a figure is told in to those who cannot see it


class Chart(Figure):
    """A matplotlib Figure that shows itself in notebooks; pyplot, which keeps every figure alive, is not needed."""

    def __init__(self, **settings):
        super().__init__(dpi=DPI, **settings)
        FigureCanvasAgg(self)

    def png(self):
        """The figure as the bytes of a PNG file."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi="figure", bbox_inches=None)
        return buffer.getvalue()

    def alt(self):
        """What the figure shows, for readers who cannot see it: how many pictures, and every word on it, once."""
        pictures = sum(bool(axes.images) and not axes.axison for axes in self.axes)
        words = dict.fromkeys(" ".join(text.get_text().split()) for text in self._texts() if text.get_text().strip())
        return textwrap.shorten(f"{_count(pictures)}: {', '.join(words)}".strip(": "), LONGEST, placeholder=" …")

    def _texts(self):
        """All that is written on the figure, but the numbers along the axes."""
        yield from self.texts
        for legend in self.legends:
            yield from legend.get_texts()
        for axes in self.axes:
            yield from (axes.title, axes.yaxis.label, axes.xaxis.label)
            for axis in (axes.yaxis, axes.xaxis):
                if not isinstance(axis.get_major_formatter(), (ScalarFormatter, LogFormatter)):
                    yield from axis.get_ticklabels()
            yield from axes.texts

    def _repr_png_(self):
        return self.png(), {"alt": self.alt()}


def _count(pictures):
    return f"{pictures} picture{'s' if pictures > 1 else ''}" if pictures else "Chart"


def enlarged(picture, size):
    """A picture as uint8, each pixel repeated as often as the size allows."""
    picture = images.to_uint8(picture)
    if picture.ndim != 3:
        raise ImageError(f"Found a batch of shape {picture.shape} in a row: wanted pictures (h, w, 3), one by one.")
    times = max(size // max(picture.shape[:2]), 1)
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def text(figure, text, width, **style):
    """A text in lines of about `width` px, somewhere in the figure."""
    lines = textwrap.wrap(text, max(int(width / LETTER), 6), break_long_words=False)
    return figure.text(0, 0, "\n".join(lines), size=SMALL, color=INK, linespacing=1.25, **style)


def extent(text):
    """Width and height of a text, in whole px."""
    box = text.get_window_extent()
    return int(np.ceil(box.width)), int(np.ceil(box.height))
