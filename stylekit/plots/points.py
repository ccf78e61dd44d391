"""A GAN of points in the plane: real and fake points, D's verdict at every place, and the gradient that moves G."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from stylekit.errors import SettingError
from stylekit.plots.figure import COLOURS, INK, LARGE, SMALL, Chart, grid

EDGE = 1.2  # the square that is drawn: x and y from -EDGE to EDGE

REAL, FAKE = COLOURS["content"], COLOURS["adversarial"]
# pale, so that the points stand out; white where D is undecided; few colours, so that files stay small
VERDICT = LinearSegmentedColormap.from_list("verdict", ["#F3B993", "white", "#86BCE2"], N=33)
ONE_SPOT = 0.2 * EDGE  # points within a square of this side get a ring
PANEL = 2.3  # inches, the side of one of several panels; a single panel is twice as large


def board(frames, titles=None, arrows=False, columns=4):
    """Draw frames of a game side by side: real points blue, fake points orange, D's verdict as the background.

    Points that all lie on one spot get a ring.

    Args:
        frames: a `toy2d.Frame`, or a list of frames of one form of the loss.
        titles: one str for each frame, or None for the steps.
        arrows: whether to show `Frame.pull`, the direction in which the loss moves the fake points.
        columns: panels in a row.

    Returns:
        a Chart.

    Raises:
        SettingError: the number of titles is wrong, or there are no frames.
    """
    frames = [frames] if not isinstance(frames, (list, tuple)) else frames
    titles = titles or [f"step {frame.step}" for frame in frames]
    if len(titles) != len(frames) or not frames:
        raise SettingError(f"Got {len(titles)} titles for {len(frames)} frames: wanted as many, and at least one.")
    figure, panels = _squares(len(frames), columns, PANEL if len(frames) > 1 else 2 * PANEL, below=0.5)
    for axes, frame, title in zip(panels, frames, titles, strict=True):
        _ground(axes, frame.verdict, frame.span)
        for points, colour in ((frame.real, REAL), (frame.fake, FAKE)):
            _points(axes, points, colour, size=4 if len(frames) > 1 else 7)
        if arrows:
            _arrows(axes, frame)
        axes.set_title(title, size=LARGE, color=INK)
    key = {"ncols": 4 if figure.get_figwidth() > 7 else 2, "frameon": False, "fontsize": SMALL, "labelcolor": INK}
    figure.legend(handles=_key(), loc="outside lower center", **key)
    return figure


def clouds(named, columns=4):
    """Draw sets of points side by side.

    Args:
        named: dict title -> points (n, 2), or a tuple (real, fake) of two such arrays.
        columns: panels in a row.

    Returns:
        a Chart.
    """
    figure, panels = _squares(len(named), columns, PANEL)
    for axes, (title, points) in zip(panels, named.items(), strict=True):
        for cloud, colour in zip(points if isinstance(points, tuple) else (points,), (REAL, FAKE), strict=False):
            _points(axes, np.asarray(cloud), colour, size=4)
        axes.set_title(title, size=LARGE, color=INK)
    return figure


def surfaces(named, span=(0, 1), columns=4):
    """Draw functions of the place side by side, all with the same colour scale.

    Args:
        named: dict title -> (cells, cells), as `toy2d.over_square` returns it.
        span: (lowest, highest) number of the colour scale.
        columns: panels in a row.

    Returns:
        a Chart.
    """
    figure, panels = _squares(len(named), columns, PANEL)
    for axes, (title, values) in zip(panels, named.items(), strict=True):
        drawn = _ground(axes, values, span)
        axes.set_title(title, size=LARGE, color=INK)
    scale = figure.colorbar(drawn, ax=panels, shrink=0.85, ticks=[span[0], np.mean(span), span[1]])
    scale.ax.tick_params(labelsize=SMALL, colors=INK)
    return figure


def _squares(count, columns, side, below=0.0):
    """A figure of square panels and the list of their axes. side: of a panel; below: room for a key; both in inches."""
    columns = min(count, columns)
    rows = -(-count // columns)
    figure = Chart(figsize=(side * columns + 0.3, (side + 0.3) * rows + below), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)
    panels = grid(figure, rows, columns, count)
    for axes in panels:
        axes.set(xlim=(-EDGE, EDGE), ylim=(-EDGE, EDGE), aspect="equal", xticks=(), yticks=())
        axes.spines[:].set_color(INK)
    return figure, panels


def _points(axes, points, colour, size):
    """Draw points (n, 2). If all lie on one spot, a ring marks it, because a small dot is easily missed."""
    axes.plot(*points.T, ".", color=colour, ms=size, alpha=0.7, mew=0)
    if np.ptp(points, axis=0).max() < ONE_SPOT:
        axes.plot(*points.mean(axis=0), "o", color=INK, ms=4 * size, fillstyle="none")


def _ground(axes, values, span):
    """Draw values (cells, cells) as the background."""
    low, high = span
    return axes.imshow(
        values, cmap=VERDICT, vmin=low, vmax=high, extent=(-EDGE, EDGE, -EDGE, EDGE), interpolation="bilinear"
    )


def _arrows(axes, frame, count=60):
    """Draw the pull as arrows of proportional length; the longest is a quarter of the square."""
    points, pull = frame.fake[:count], frame.pull[:count]
    longest = np.linalg.norm(pull, axis=1).max() or 1.0
    scale = {"angles": "xy", "scale_units": "xy", "scale": 2 / EDGE, "width": 0.006}
    axes.quiver(*points.T, *(pull / longest).T, color=INK, zorder=3, **scale)


def _key():
    """What the colours mean, as handles of a legend."""
    dot = {"marker": ".", "ls": "none", "ms": 12}
    return [
        Line2D([], [], color=REAL, label="real points", **dot),
        Patch(facecolor=VERDICT(1.0), label="D says: real"),
        Line2D([], [], color=FAKE, label="fake points", **dot),
        Patch(facecolor=VERDICT(0.0), label="D says: fake"),
    ]
