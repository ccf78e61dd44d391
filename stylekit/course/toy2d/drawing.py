"""The game, drawn: points, D's verdict on every place, and where G is told to go."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from stylekit.course.toy2d.game import EDGE
from stylekit.errors import SettingError
from stylekit.plots.figure import COLOURS, INK, LARGE, SMALL, Chart

REAL, FAKE = COLOURS["content"], COLOURS["adversarial"]
# pale, so that the points stand out; white where D can't tell; few steps, so that files stay small
VERDICT = LinearSegmentedColormap.from_list("verdict", ["#F3B993", "white", "#86BCE2"], N=33)
ONE_SPOT = 0.2 * EDGE  # the whole width or height of points, up to which they are ringed
PANEL = 2.3  # inches, a panel of several; a single one has twice that


def board(frames, titles=None, arrows=False, columns=4):
    """Draw frames of a game side by side: real points blue, fake ones orange, D's verdict as the ground.

    Points that are all on one spot have a ring.
    frames: a `Frame`, or several of one form. titles: one for each; the step if left out. arrows: show `Frame.pull`,
    where D's verdict drives the fake points. columns: panels in a row. Returns a Chart. Raises SettingError for a
    wrong number of titles.
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

    named: dict title -> (n, 2), or (real, fake), two of them. Returns a Chart.
    """
    figure, panels = _squares(len(named), columns, PANEL)
    for axes, (title, points) in zip(panels, named.items(), strict=True):
        for cloud, colour in zip(points if isinstance(points, tuple) else (points,), (REAL, FAKE), strict=False):
            _points(axes, np.asarray(cloud), colour, size=4)
        axes.set_title(title, size=LARGE, color=INK)
    return figure


def surfaces(named, span=(0, 1), columns=4):
    """Draw numbers over the square, one panel for each, with one scale for all.

    named: dict title -> (cells, cells), as from `over_square`. span: the numbers at the two ends of the scale.
    Returns a Chart.
    """
    figure, panels = _squares(len(named), columns, PANEL)
    for axes, (title, values) in zip(panels, named.items(), strict=True):
        drawn = _ground(axes, values, span)
        axes.set_title(title, size=LARGE, color=INK)
    scale = figure.colorbar(drawn, ax=panels, shrink=0.85, ticks=[span[0], np.mean(span), span[1]])
    scale.ax.tick_params(labelsize=SMALL, colors=INK)
    return figure


def _squares(count, columns, side, below=0.0):
    """A figure of square panels. side: of one, inches. below: what a key needs."""
    columns = min(count, columns)
    rows = -(-count // columns)
    figure = Chart(figsize=(side * columns + 0.3, (side + 0.3) * rows + below), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[count:]:
        axes.remove()
    for axes in grid[:count]:
        axes.set(xlim=(-EDGE, EDGE), ylim=(-EDGE, EDGE), aspect="equal", xticks=(), yticks=())
        axes.spines[:].set_color(INK)
    return figure, list(grid[:count])


def _points(axes, points, colour, size):
    """Points, (n, 2). Where all of them lie on one spot a ring shows it, for one small dot is easily missed."""
    axes.plot(*points.T, ".", color=colour, ms=size, alpha=0.7, mew=0)
    if np.ptp(points, axis=0).max() < ONE_SPOT:
        axes.plot(*points.mean(axis=0), "o", color=INK, ms=4 * size, fillstyle="none")


def _ground(axes, values, span):
    low, high = span
    return axes.imshow(
        values, cmap=VERDICT, vmin=low, vmax=high, extent=(-EDGE, EDGE, -EDGE, EDGE), interpolation="bilinear"
    )


def _arrows(axes, frame, count=60):
    """Arrows as long as the pull is strong; the strongest is a quarter of the square."""
    points, pull = frame.fake[:count], frame.pull[:count]
    longest = np.linalg.norm(pull, axis=1).max() or 1.0
    scale = {"angles": "xy", "scale_units": "xy", "scale": 2 / EDGE, "width": 0.006}
    axes.quiver(*points.T, *(pull / longest).T, color=INK, zorder=3, **scale)


def _key():
    dot = {"marker": ".", "ls": "none", "ms": 12}
    return [
        Line2D([], [], color=REAL, label="real points", **dot),
        Patch(facecolor=VERDICT(1.0), label="D says: real"),
        Line2D([], [], color=FAKE, label="fake points", **dot),
        Patch(facecolor=VERDICT(0.0), label="D says: fake"),
    ]
