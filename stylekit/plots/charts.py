"""Figures of pictures, terms and numbers, legible from the last row of a classroom.

Each function returns a `Chart`: a matplotlib Figure that shows itself in a notebook when a cell ends with it.
"""

import textwrap
from pathlib import Path

import numpy as np
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox
from scipy.ndimage import uniform_filter1d

from stylekit import images
from stylekit.errors import DataError, ImageError, SettingError
from stylekit.files import write_whole
from stylekit.plots.figure import (
    CHANNELS,
    COLOURS,
    DPI,
    GAP,
    INK,
    LARGE,
    LETTER,
    OTHER_COLOURS,
    PALE,
    SMALL,
    Chart,
    enlarged,
    extent,
    text,
)

MARK = 5  # px from the middle of a marked point to its edge


def save(figure, path):
    """Write a figure to a PNG file, whole or not at all.

    figure: what a function of this module returned. path: ends in .png. Returns the Path. Raises ImageError for
    another suffix or a place that cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ImageError(f"Cannot write the figure to {path}: wanted a name that ends in .png.")
    try:
        write_whole(path, figure.png())
    except OSError as error:
        raise ImageError(f"Cannot write {path} ({error.strerror}): choose another folder.") from error
    return path


# --- pictures ---------------------------------------------------------------------------------------------------------


def pictures(rows, titles=None, row_titles=None, size=128):
    """A grid of pictures, each of their pixels a whole number of the figure's pixels: as sharp as they are.

    rows: lists of pictures (h, w, 3) in [-1, 1]; sizes may differ. titles: one for each column. row_titles: one for
    each row. size: px; smaller pictures are enlarged, two, three ... times, as long as their long side stays within it.
    Returns a Chart. Raises ImageError for wrong pictures, SettingError for a wrong number of titles.
    """
    rows = [[enlarged(picture, size) for picture in row] for row in rows]
    if not rows or not all(rows):
        raise ImageError("A figure needs at least one picture in every row.")
    columns = max(len(row) for row in rows)
    _check_titles(titles, columns, "columns")
    _check_titles(row_titles, len(rows), "rows")

    figure = Chart()
    widths = [max(row[i].shape[1] for row in rows if i < len(row)) for i in range(columns)]
    heads = [text(figure, title, width, weight="bold") for title, width in zip(titles or [], widths, strict=False)]
    names = [text(figure, title, 18 * LETTER) for title in row_titles or []]
    widths = np.maximum(widths, [extent(head)[0] for head in heads] or 0)
    heights = [max(picture.shape[0] for picture in row) for row in rows]
    heights = np.maximum(heights, [extent(name)[1] for name in names] or 0)

    left = max((extent(name)[0] + 2 * GAP for name in names), default=0) + GAP
    top = max((extent(head)[1] + 2 * GAP for head in heads), default=GAP)
    lefts = left + np.cumsum([0, *(widths + GAP)])
    tops = top + np.cumsum([0, *(heights + GAP)])
    width, height = int(lefts[-1]), int(tops[-1])
    figure.set_size_inches(width / DPI, height / DPI)
    for head, x, cell in zip(heads, lefts, widths, strict=False):
        head.set(x=(x + cell / 2) / width, y=1 - (top - 2 * GAP) / height, ha="center", va="baseline")
    for name, y, cell in zip(names, tops, heights, strict=False):
        name.set(x=(left - 2 * GAP) / width, y=1 - (y + cell / 2) / height, ha="right", va="center")
    for row, y, row_height in zip(rows, tops, heights, strict=False):
        for picture, x, column_width in zip(row, lefts, widths, strict=False):
            h, w = picture.shape[:2]
            x, y_here = x + (column_width - w) // 2, y + (row_height - h) // 2
            axes = figure.add_axes((x / width, 1 - (y_here + h) / height, w / width, h / height))
            axes.imshow(picture, interpolation="none", aspect="auto")
            axes.axis("off")
    return figure


def _check_titles(titles, count, what):
    if titles is not None and len(titles) != count:
        raise SettingError(f"Got {len(titles)} titles for {count} {what} of pictures: wanted as many.")


def histogram(pictures, names):
    """How often each value occurs in the pictures, channel by channel.

    pictures: arrays (h, w, 3) or (n, h, w, 3) in [-1, 1]. names: one for each. Returns a Chart, one panel each.
    Raises ImageError for wrong pictures, SettingError for a wrong number of names.
    """
    pictures = [images.check(picture) for picture in pictures]
    if len(pictures) != len(names) or not pictures:
        raise SettingError(f"Got {len(pictures)} pictures and {len(names)} names: wanted a name for each picture.")
    figure, panels = _panels(len(pictures))
    for axes, picture, name in zip(panels, pictures, names, strict=True):
        for i, (channel, colour) in enumerate(CHANNELS.items()):
            counts, edges = np.histogram(picture[..., i], bins=51, range=(-1, 1))
            axes.stairs(100 * counts / counts.sum(), edges, color=colour, lw=1.8)
            above = {"transform": axes.transAxes, "ha": "center", "va": "bottom"}
            axes.text(0.2 + 0.3 * i, 1.02, channel, color=colour, size=SMALL, **above)
        axes.set(xlim=(-1, 1), xticks=(-1, 0, 1), ylim=(0, None))
        axes.set_xlabel("value of a pixel", size=SMALL)
        axes.set_title(name, size=LARGE, color=INK, pad=24)
    panels[0].set_ylabel("share of the pixels, %", size=SMALL)
    return figure


# --- numbers ----------------------------------------------------------------------------------------------------------


def terms(history, smooth=None):
    """The terms of a training, step by step: pale as they were, strong as their running mean.

    history: a `stylekit.training.History`. smooth: steps in a mean; a thirtieth of the run if left out.
    Returns a Chart, one panel a term. Raises DataError for a history without steps.
    """
    if not len(history):
        raise DataError("The history has no steps yet: train first.")
    smooth = smooth or max(len(history) // 30, 1)
    figure, panels = _panels(len(history.terms))
    for axes, name in zip(panels, history.terms, strict=True):
        colour = COLOURS.get(name, INK)
        values = history[name]
        mean = _running_mean(values, smooth)
        axes.plot(history.steps, values, color=colour, lw=0.6, alpha=0.35)
        axes.plot(history.steps, mean, color=colour, lw=2)
        # a few spikes must not press the rest flat
        seen = [*np.percentile(values, (1, 99)), mean.min(), mean.max()]
        margin = 0.05 * (max(seen) - min(seen)) or 0.1
        axes.set_ylim(min(seen) - margin, max(seen) + margin)
        axes.set_xlabel("step", size=SMALL)
        axes.set_title(name, size=LARGE, color=colour, weight="bold")
    panels[0].set_ylabel("loss", size=SMALL)
    return figure


def _running_mean(values, steps):
    """Mean over the steps around each one; near the ends, over those that there are."""
    sums, counts = (uniform_filter1d(row, steps, mode="constant") for row in (values, np.ones_like(values)))
    return sums / counts


def tradeoff(curves, points=None):
    """Content distance against style distance: what one is paid for with the other.

    curves: dict name -> (content distances, style distances), equally long, in the order of the weight that grows
    along the curve; its name stands at the end, and a term has its own colour.
    points: dict name -> (content distance, style distance), single ones to be marked. Returns a Chart.
    Raises SettingError for a curve of unequal lengths.
    """
    figure = _chart(6.4, 5)
    axes, names = _bare(figure.subplots()), []
    for i, (name, (content, style)) in enumerate(curves.items()):
        if len(content) != len(style) or not len(content):
            raise SettingError(
                f"The curve {name!r} has {len(content)} content and {len(style)} style distances: wanted as many."
            )
        colour = COLOURS.get(name, OTHER_COLOURS[i % len(OTHER_COLOURS)])
        axes.plot(content, style, color=colour, marker="o", ms=5, lw=2)
        names.append((name, (content[-1], style[-1]), colour))
    for name, point in (points or {}).items():
        axes.plot(*point, color=INK, marker="D", ms=9, mec="white", ls="none", zorder=3)
        names.append((name, point, INK))
    axes.set_xlabel("content distance (0: nothing of the photo has changed)", size=SMALL)
    axes.set_ylabel("style distance (0: the painting's style)", size=SMALL)
    axes.margins(0.12)
    _label(axes, names)
    return figure


def bars(groups, ylabel, highlight=None):
    """One bar for each number, the number on it.

    groups: dict label -> number. ylabel: what the numbers are, with their unit. highlight: the label of the bar that
    matters. Returns a Chart. Raises SettingError where there is no bar, or none of that label.
    """
    if not groups or (highlight is not None and highlight not in groups):
        raise SettingError(f"Cannot highlight {highlight!r}: the bars are {', '.join(groups) or 'missing'}.")
    figure = _chart(max(1.15 * len(groups) + 1, 4), 3.6)
    axes = _bare(figure.subplots())
    labels = [textwrap.fill(label, 13, break_long_words=False) for label in groups]
    colours = [COLOURS["content"] if label == highlight else PALE for label in groups]
    drawn = axes.bar(labels, list(groups.values()), color=colours, width=0.7)
    axes.bar_label(drawn, [_number(value) for value in groups.values()], padding=2, size=SMALL, color=INK)
    axes.axhline(0, color=INK, lw=0.8)
    axes.set_ylabel(ylabel, size=SMALL)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(left=False, labelleft=False, bottom=False)  # the numbers stand on the bars
    axes.margins(y=0.12)
    return figure


def _number(value):
    """Three digits, and never as 2.43e+03."""
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"


def _chart(width, height):
    """An empty figure, width and height in inches, in which nothing overlaps and nothing touches the edge."""
    return Chart(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1))


def _panels(count):
    """A figure of equal panels, four in a row."""
    columns = min(count, 4)
    rows = -(-count // columns)
    figure = _chart(max(2.9 * columns, 4), 2.7 * rows)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[count:]:
        axes.remove()
    return figure, [_bare(axes) for axes in grid[:count]]


def _bare(axes):
    """Axes without what carries no information."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=SMALL, colors=INK)
    axes.locator_params(nbins=5)
    return axes


def _label(axes, names):
    """Names of curves or points, each right beside its own, where it covers no other name and nothing that is marked.

    names: list of (name, (x, y), colour).
    """
    axes.figure.draw_without_rendering()  # only then is it known where things are
    marks = [point for line in axes.lines for point in axes.transData.transform(line.get_xydata())]
    taken = [Bbox([point - MARK, point + MARK]) for point in marks]
    style = {"textcoords": "offset points", "size": SMALL, "weight": "bold", "zorder": 4}
    for name, point, colour in names:
        corners = [
            axes.annotate(name, point, (x, y), ha=ha, va=va, color=colour, **style)
            for y, va in ((5, "bottom"), (-5, "top"))
            for x, ha in ((7, "left"), (-7, "right"))
        ]
        free = [corner for corner in corners if not corner.get_window_extent().count_overlaps(taken)]
        kept = (free or corners)[0]
        taken.append(kept.get_window_extent())
        for corner in corners:
            if corner is not kept:
                corner.remove()


def curves(named, xlabel, ylabel, levels=None):
    """Several curves over the same axes, and level lines to compare them with.

    named: dict name -> (x, y), two sequences of one length; a term has its own colour. xlabel, ylabel: what they are,
    with their unit. levels: dict name -> y of a dashed line. Returns a Chart. Raises SettingError for unequal lengths.
    """
    figure = _chart(7, 3.4)
    axes = _bare(figure.subplots())
    for i, (name, (x, y)) in enumerate(named.items()):
        if len(x) != len(y) or not len(x):
            raise SettingError(f"The curve {name!r} has {len(x)} x and {len(y)} y: wanted as many, and at least one.")
        axes.plot(x, y, color=COLOURS.get(name, OTHER_COLOURS[i % len(OTHER_COLOURS)]), lw=2, label=name)
    for name, level in (levels or {}).items():
        axes.axhline(level, color=INK, lw=1.2, ls="--", label=name)
    axes.set_xlabel(xlabel, size=SMALL)
    axes.set_ylabel(ylabel, size=SMALL)
    figure.legend(loc="outside right upper", frameon=False, fontsize=SMALL, labelcolor=INK)
    return figure


def encode(figure):
    """A figure as the bytes of a PNG file, which `ipywidgets.Image` shows."""
    return figure.png()


def shares(rows):
    """What part each of a few makes of a whole: one bar of parts in a row.

    rows: dict label -> dict name -> share; the shares of a row add up to 1. A term has its own colour. Returns a Chart.
    Raises SettingError where there are no rows, or where they have different names.
    """
    names = list(next(iter(rows.values()), ()))
    if not names or any(list(row) != names for row in rows.values()):
        raise SettingError(f"The rows are {rows}: wanted at least one, and the same names in each.")
    figure = _chart(8, 0.55 * len(rows) + 0.9)
    axes = _bare(figure.subplots())
    labels = [textwrap.fill(label, 18) for label in rows]
    left = np.zeros(len(rows))
    for i, name in enumerate(names):
        parts = np.array([row[name] for row in rows.values()])
        colour = COLOURS.get(name, OTHER_COLOURS[i % len(OTHER_COLOURS)])
        drawn = axes.barh(labels, parts, left=left, color=colour, height=0.7, label=name)
        words = [f"{part:.0%}" if part > 0.05 else "" for part in parts]
        axes.bar_label(drawn, words, label_type="center", size=SMALL, color="white", weight="bold")
        left += parts
    axes.invert_yaxis()
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(left=False, bottom=False, labelbottom=False)
    axes.margins(x=0)
    figure.legend(loc="outside upper center", ncols=len(names), frameon=False, fontsize=SMALL)
    return figure


def matrix(numbers, rows, columns, label):
    """A table of numbers as a map: dark where they are small, and the smallest of each row in a frame.

    numbers: (n, m). rows, columns: n and m names. label: what the numbers are. Returns a Chart.
    Raises SettingError for another number of names.
    """
    numbers = np.asarray(numbers)
    if numbers.shape != (len(rows), len(columns)):
        raise SettingError(f"Got numbers of shape {numbers.shape}, {len(rows)} row and {len(columns)} column names.")
    figure = _chart(len(columns) + 2.4, 0.5 * len(rows) + 1.6)
    axes = figure.subplots()
    drawn = axes.imshow(numbers, cmap="Blues_r", aspect="auto")
    middle = (numbers.min() + numbers.max()) / 2
    for (row, column), number in np.ndenumerate(numbers):
        colour, smallest = "white" if number < middle else INK, number == numbers[row].min()
        weight = "bold" if smallest else "normal"
        axes.text(column, row, f"{number:.2f}", ha="center", va="center", size=SMALL, color=colour, weight=weight)
        if smallest:
            frame = {"fill": False, "ec": OTHER_COLOURS[0], "lw": 3}
            axes.add_patch(Rectangle((column - 0.46, row - 0.46), 0.92, 0.92, **frame))
    axes.set_xticks(range(len(columns)), [name.replace(" ", "\n").replace("_", "\n") for name in columns], size=SMALL)
    axes.set_yticks(range(len(rows)), [name.replace("_", " ") for name in rows], size=SMALL)
    axes.tick_params(length=0, colors=INK)
    axes.spines[:].set_visible(False)
    figure.colorbar(drawn, label=label).outline.set_visible(False)
    return figure
