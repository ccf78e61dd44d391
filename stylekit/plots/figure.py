"""What all figures share: colours, sizes of letters, empty axes, and the way into a notebook or a file."""

import io
import textwrap
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import LogFormatter, ScalarFormatter

from stylekit.errors import ImageError
from stylekit.files import write_whole

# Okabe and Ito 2008: colour-blind readers can tell these colours apart too. A term has the same colour in every figure.
COLOURS = {"adversarial": "#D55E00", "content": "#0072B2", "style": "#009E73", "discriminator": "#CC79A7"}
OTHER_COLOURS = ("#E69F00", "#56B4E9", "#D55E00", "#0072B2", "#009E73", "#CC79A7")
CHANNELS = {"red": "#D55E00", "green": "#009E73", "blue": "#0072B2"}
INK, PALE = "#333333", "#BBBBBB"
DPI = 100
SMALL, LARGE = 11, 13  # pt
LONGEST = 300  # letters of the text that describes a figure to readers who cannot see it


class Chart(Figure):
    """A matplotlib Figure that a notebook shows when a cell ends with it.

    It does without pyplot, which would keep every figure in memory.
    """

    def __init__(self, **settings):
        super().__init__(dpi=DPI, **settings)
        FigureCanvasAgg(self)

    def png(self):
        """The figure as the bytes of a PNG file."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi="figure", bbox_inches=None)
        return buffer.getvalue()

    def alt(self):
        """The number of pictures and every word on the figure once: for readers who cannot see it."""
        pictures = sum(bool(axes.images) and not axes.axison for axes in self.axes)
        words = dict.fromkeys(" ".join(text.get_text().split()) for text in self._texts() if text.get_text().strip())
        return textwrap.shorten(f"{_count(pictures)}: {', '.join(words)}".strip(": "), LONGEST, placeholder=" …")

    def _texts(self):
        """All texts on the figure except the numbers along the axes."""
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
    """The number of pictures in words; "Chart" where there are none."""
    return f"{pictures} picture{'s' if pictures > 1 else ''}" if pictures else "Chart"


def save(figure, path):
    """Write a figure to a PNG file. If writing fails, an old file of that name stays as it was.

    Args:
        figure: a `Chart`.
        path: str or Path that ends in .png.

    Returns:
        the Path.

    Raises:
        ImageError: another suffix, or a place that cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ImageError(f"Cannot write the figure to {path}: wanted a name that ends in .png.")
    try:
        write_whole(path, figure.png())
    except OSError as error:
        raise ImageError(f"Cannot write {path} ({error.strerror}): choose another folder.") from error
    return path


def encode(figure):
    """The bytes of a figure as a PNG file, as `ipywidgets.Image` takes them.

    Args:
        figure: a `Chart`.

    Returns:
        bytes.
    """
    return figure.png()


# --- empty axes -------------------------------------------------------------------------------------------------------


def chart(width, height):
    """An empty figure in which nothing overlaps and nothing touches the edge. width, height: inches."""
    return Chart(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1))


def panels(count):
    """A figure of `count` equal panels, four in a row, and the list of their axes."""
    columns = min(count, 4)
    rows = -(-count // columns)
    figure = chart(max(2.9 * columns, 4), 2.7 * rows)
    return figure, [bare(axes) for axes in grid(figure, rows, columns, count)]


def grid(figure, rows, columns, count):
    """The first `count` of rows x columns axes, a list; the others are removed."""
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for unused in axes[count:]:
        unused.remove()
    return list(axes[:count])


def bare(axes):
    """Axes without the parts that carry no information."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=SMALL, colors=INK)
    axes.locator_params(nbins=5)
    return axes
