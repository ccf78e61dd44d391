"""Small drawings as SVG for the labs: fast enough to be redrawn at every move of a slider, sharp on every screen."""

import html

import numpy as np

from stylekit.plots.figure import COLOURS, INK

GREY, LIT, DARK = "#8a8a8a", "#d11a2a", "#cfcfcf"
POINTS = 120  # points of a line at most: more cannot be told apart at this size


def tradeoff(curve, here, measured, width=284, height=184):
    """Draw style distance against content distance.

    Args:
        curve: list of (content distance, style distance), the content distance growing.
        here: (content distance, style distance) of the present picture, or None.
        measured: whether `here` was measured. A value that is only estimated from the curve is drawn hollow.
        width, height: px.

    Returns:
        str, an SVG element.
    """
    left, right, top, bottom = 4, width - 4, 40, height - 30
    points = [*curve, *([here] if here else [])]
    far = max(content for content, _ in points) + 1e-9
    low, high = min(style for _, style in points), max(style for _, style in points) + 1e-9

    def place(point):
        """A point of the curve as (x, y) in px."""
        content, style = point
        x = left + 8 + content / far * (right - left - 16)
        return round(x, 1), round(bottom - 10 - (style - low) / (high - low) * (bottom - top - 16), 1)

    line = " ".join(f"{x},{y}" for x, y in map(place, curve))
    drawn = [
        f'<path d="M{left},{top - 8} V{bottom} H{right}" fill="none" stroke="{GREY}"/>',
        f'<polyline points="{line}" fill="none" stroke="{GREY}" stroke-width="2.5"/>',
        *(f'<circle cx="{x}" cy="{y}" r="3.5" fill="{GREY}"/>' for x, y in map(place, curve)),
        _text(left, 15, "&#8593; style distance", COLOURS["style"]),
        _text(right, height - 10, "content distance &#8594;", COLOURS["content"], "end"),
    ]
    if here:
        x, y = place(here)
        fill, about = ("#E69F00", "") if measured else ("white", "about ")
        drawn.append(f'<circle class="here" cx="{x}" cy="{y}" r="8" fill="{fill}" stroke="{INK}" stroke-width="2.5"/>')
        drawn.append(_text(right, 15, f"{about}{here[1]:.2f} at {here[0]:.2f}", anchor="end"))
    return _svg(width, height, "style distance against content distance", drawn)


def lines(title, curves, scale=None, width=250, height=106):
    """Draw numbers over the steps of a training. The name and the newest number of each line stand above.

    Args:
        title: str in front of the names.
        curves: dict name -> sequence of numbers. All lines share one scale. The terms of the loss have fixed colours.
        scale: (lowest, highest) number, or None for the range of the numbers.
        width, height: px.

    Returns:
        str, an SVG element.
    """
    left, right, top, bottom = 4, width - 4, 30, height - 8
    known = np.concatenate([np.asarray(values, "float64") for values in curves.values()] + [np.zeros(0)])
    known = known[np.isfinite(known)]
    # percentiles: a few spikes must not flatten the rest
    low, high = scale or (np.percentile(known, (1, 99)) if len(known) else (0.0, 1.0))
    drawn = [f'<path d="M{left},{top - 4} V{bottom} H{right}" fill="none" stroke="{GREY}"/>']
    for values, colour in zip(curves.values(), _colours(curves), strict=True):
        means = _thinned(values)
        x = np.linspace(left + 3, right - 3, max(len(means), 2))[: len(means)]
        y = bottom - 4 - (np.clip(means, low, high) - low) / (high - low + 1e-9) * (bottom - top - 6)
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
        drawn.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.2"/>')
    words = [
        f'<tspan fill="{colour}" font-weight="bold">{name} {_newest(values)}</tspan>'
        for (name, values), colour in zip(curves.items(), _colours(curves), strict=True)
    ]
    drawn.append(f'<text x="{left}" y="16" fill="{INK}">{title}{"&#160; ".join(words)}</text>')
    return _svg(width, height, f"{title}{', '.join(curves)} over the steps", drawn)


def lamps(burning, width=270):
    """Draw lamps in two columns.

    Args:
        burning: dict name -> bool, whether the lamp is lit.
        width: px.

    Returns:
        str, an SVG element.
    """
    drawn = []
    for i, (name, lit) in enumerate(burning.items()):
        x, y = 10 + (i % 2) * width / 2, 14 + i // 2 * 26
        state, colour = ("lit", LIT) if lit else ("dark", DARK)
        drawn.append(f'<circle class="{state}" cx="{x}" cy="{y}" r="7" fill="{colour}"/>')
        drawn.append(_text(x + 14, y + 5, html.escape(name), LIT if lit else INK))
    return _svg(width, 14 + 26 * ((len(burning) + 1) // 2), "alarms", drawn)


def _colours(curves):
    """One colour for each curve."""
    return [COLOURS.get(name, spare) for name, spare in zip(curves, ("#0072B2", "#E69F00", "#009E73"), strict=False)]


def _thinned(values):
    """The values as at most POINTS means of neighbours."""
    values = np.nan_to_num(np.asarray(values, "float64"))
    parts = np.array_split(values, min(POINTS, len(values))) if len(values) else []
    return np.array([part.mean() for part in parts])


def _newest(values):
    """The mean of the last five values as text."""
    return f"{np.mean(values[-5:]):.2f}" if len(values) else ""


def _text(x, y, words, colour=INK, anchor="start"):
    """A text as an SVG element."""
    return f'<text x="{x}" y="{y}" fill="{colour}" text-anchor="{anchor}">{words}</text>'


def _svg(width, height, label, drawn):
    """Drawn elements as one SVG."""
    return (
        f'<svg width="{width}" height="{height}" role="img" aria-label="{label}" font-size="15" '
        f'style="display:block">{"".join(drawn)}</svg>'
    )
