"""Charts of numbers: terms of a training, curves, bars, shares, tables and histograms."""

import textwrap

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox
from scipy.ndimage import uniform_filter1d

from stylekit import images
from stylekit.errors import DataError, SettingError
from stylekit.plots.figure import CHANNELS, COLOURS, INK, LARGE, OTHER_COLOURS, PALE, SMALL, bare, chart, panels

MARK = 5  # px from the middle of a marked point to its edge


# --- curves -----------------------------------------------------------------------------------------------------------


def terms(history, smooth=None):
    """Draw the terms of a training over its steps: a pale line for the values, a strong one for their running mean.

    Args:
        history: the `History` that a training returns.
        smooth: number of steps in a mean, or None for a thirtieth of all steps.

    Returns:
        a Chart with one panel for each term.

    Raises:
        DataError: the history has no steps.
    """
    if not len(history):
        raise DataError("The history has no steps yet: train first.")
    smooth = smooth or max(len(history) // 30, 1)
    figure, axes_of = panels(len(history.terms))
    for axes, name in zip(axes_of, history.terms, strict=True):
        colour = COLOURS.get(name, INK)
        values = history[name]
        mean = _running_mean(values, smooth)
        axes.plot(history.steps, values, color=colour, lw=0.6, alpha=0.35)
        axes.plot(history.steps, mean, color=colour, lw=2)
        # percentiles: a few spikes must not flatten the rest
        seen = [*np.percentile(values, (1, 99)), mean.min(), mean.max()]
        margin = 0.05 * (max(seen) - min(seen)) or 0.1
        axes.set_ylim(min(seen) - margin, max(seen) + margin)
        axes.set_xlabel("step", size=SMALL)
        axes.set_title(name, size=LARGE, color=colour, weight="bold")
    axes_of[0].set_ylabel("loss", size=SMALL)
    return figure


def _running_mean(values, steps):
    """The mean over the steps around each step; near the ends, over fewer steps."""
    sums, counts = (uniform_filter1d(row, steps, mode="constant") for row in (values, np.ones_like(values)))
    return sums / counts


def curves(named, xlabel, ylabel, levels=None):
    """Draw several curves over the same axes.

    Args:
        named: dict name -> (x, y), two sequences of the same length. The terms of the loss have fixed colours.
        xlabel, ylabel: str, what x and y are, with their unit.
        levels: dict name -> y of a dashed horizontal line, or None.

    Returns:
        a Chart.

    Raises:
        SettingError: x and y of a curve have different lengths or are empty.
    """
    figure = chart(7, 3.4)
    axes = bare(figure.subplots())
    for i, (name, (x, y)) in enumerate(named.items()):
        if len(x) != len(y) or not len(x):
            raise SettingError(f"The curve {name!r} has {len(x)} x and {len(y)} y: wanted as many, and at least one.")
        axes.plot(x, y, color=_colour(name, i), lw=2, label=name)
    for name, level in (levels or {}).items():
        axes.axhline(level, color=INK, lw=1.2, ls="--", label=name)
    axes.set_xlabel(xlabel, size=SMALL)
    axes.set_ylabel(ylabel, size=SMALL)
    figure.legend(loc="outside right upper", frameon=False, fontsize=SMALL, labelcolor=INK)
    return figure


def tradeoff(curves, points=None):
    """Draw style distance against content distance: how much of one an improvement of the other costs.

    Args:
        curves: dict name -> (content distances, style distances), two sequences of the same length, in the order of the
            weight that is varied. The name stands at the end of the curve. The terms of the loss have fixed colours.
        points: dict name -> (content distance, style distance) of single points, or None.

    Returns:
        a Chart.

    Raises:
        SettingError: the two sequences of a curve have different lengths or are empty.
    """
    figure = chart(6.4, 5)
    axes, names = bare(figure.subplots()), []
    for i, (name, (content, style)) in enumerate(curves.items()):
        if len(content) != len(style) or not len(content):
            raise SettingError(
                f"The curve {name!r} has {len(content)} content and {len(style)} style distances: wanted as many."
            )
        colour = _colour(name, i)
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


def _label(axes, names):
    """Write names beside their points, in the first of four places where a name covers no other name and no mark.

    names: list of (name, (x, y), colour).
    """
    axes.figure.draw_without_rendering()  # before that, nothing has a place in pixels
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


# --- amounts ----------------------------------------------------------------------------------------------------------


def bars(groups, ylabel, highlight=None):
    """Draw one bar for each number, with the number on it.

    Args:
        groups: dict label -> number.
        ylabel: str, what the numbers are, with their unit.
        highlight: label of the bar that is drawn in a strong colour, or None.

    Returns:
        a Chart.

    Raises:
        SettingError: there are no bars, or none has the label to highlight.
    """
    if not groups or (highlight is not None and highlight not in groups):
        raise SettingError(f"Cannot highlight {highlight!r}: the bars are {', '.join(groups) or 'missing'}.")
    figure = chart(max(1.15 * len(groups) + 1, 4), 3.6)
    axes = bare(figure.subplots())
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
    """A number as text with three digits, and never as 2.43e+03."""
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"


def shares(rows):
    """Draw one bar for each row, divided into shares of a whole.

    Args:
        rows: dict label -> dict name -> share in [0, 1]. The shares of a row add up to 1, and all rows have the same
            names. The terms of the loss have fixed colours.

    Returns:
        a Chart.

    Raises:
        SettingError: there are no rows, or their names differ.
    """
    names = list(next(iter(rows.values()), ()))
    if not names or any(list(row) != names for row in rows.values()):
        raise SettingError(f"The rows are {rows}: wanted at least one, and the same names in each.")
    figure = chart(8, 0.55 * len(rows) + 0.9)
    axes = bare(figure.subplots())
    labels = [textwrap.fill(label, 18) for label in rows]
    left = np.zeros(len(rows))
    for i, name in enumerate(names):
        parts = np.array([row[name] for row in rows.values()])
        colour = _colour(name, i)
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
    """Draw a table of numbers: small ones dark, the smallest one of each row in a frame.

    Args:
        numbers: (n, m).
        rows, columns: n and m names.
        label: str, what the numbers are.

    Returns:
        a Chart.

    Raises:
        SettingError: the number of names is wrong.
    """
    numbers = np.asarray(numbers)
    if numbers.shape != (len(rows), len(columns)):
        raise SettingError(f"Got numbers of shape {numbers.shape}, {len(rows)} row and {len(columns)} column names.")
    figure = chart(len(columns) + 2.4, 0.5 * len(rows) + 1.6)
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


def histogram(pictures, names):
    """Draw how often each value occurs in red, green and blue.

    Args:
        pictures: list of arrays (h, w, 3) or (n, h, w, 3) in [-1, 1].
        names: one str for each array.

    Returns:
        a Chart with one panel for each array.

    Raises:
        ImageError: something is no picture.
        SettingError: the number of names is wrong.
    """
    pictures = [images.check(picture) for picture in pictures]
    if len(pictures) != len(names) or not pictures:
        raise SettingError(f"Got {len(pictures)} pictures and {len(names)} names: wanted a name for each picture.")
    figure, axes_of = panels(len(pictures))
    for axes, picture, name in zip(axes_of, pictures, names, strict=True):
        for i, (channel, colour) in enumerate(CHANNELS.items()):
            counts, edges = np.histogram(picture[..., i], bins=51, range=(-1, 1))
            axes.stairs(100 * counts / counts.sum(), edges, color=colour, lw=1.8)
            above = {"transform": axes.transAxes, "ha": "center", "va": "bottom"}
            axes.text(0.2 + 0.3 * i, 1.02, channel, color=colour, size=SMALL, **above)
        axes.set(xlim=(-1, 1), xticks=(-1, 0, 1), ylim=(0, None))
        axes.set_xlabel("value of a pixel", size=SMALL)
        axes.set_title(name, size=LARGE, color=INK, pad=24)
    axes_of[0].set_ylabel("share of the pixels, %", size=SMALL)
    return figure


def _colour(name, place):
    """The colour of a term, or the next of the other colours."""
    return COLOURS.get(name, OTHER_COLOURS[place % len(OTHER_COLOURS)])
