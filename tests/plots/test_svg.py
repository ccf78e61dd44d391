"""The labs' drawings: lines and points at their places, in their colours."""

import re

import numpy as np

from stylekit.plots import svg


def test_the_tradeoff_by_hand():
    drawn = svg.tradeoff([(0.0, 1.0), (0.5, 0.5), (1.0, 0.0)], (0.5, 0.5), measured=True, width=284, height=184)
    assert 'class="here" cx="142.0" cy="95.0"' in drawn  # midway from 12 to 272 across, and from 144 to 46 up
    assert "0.50 at 0.50" in drawn and "about" not in drawn
    assert "about" in svg.tradeoff([(0.0, 1.0)], (0.5, 0.5), measured=False)
    assert 'class="here"' not in svg.tradeoff([(0.0, 1.0)], None, measured=False)


def test_lines_by_hand():
    drawn = svg.lines("", {"style": [0.0, 1.0]}, scale=(0.0, 1.0), width=250, height=106)
    assert 'points="7.0,94.0 243.0,32.0"' in drawn and 'fill="#009E73"' in drawn and "style 0.50" in drawn
    assert "nan" not in svg.lines("", {"style": []}) + svg.lines("", {"style": [np.nan, 1.0, *[1.0] * 5]})
    points = re.search(r'points="([^"]+)"', svg.lines("", {"a": list(range(5000))}))[1].split()
    assert len(points) == svg.POINTS


def test_lamps_are_dark_or_lit_and_their_names_are_words():
    drawn = svg.lamps({"a < b": True, "c": False, "d": False})
    assert re.findall(r'circle class="(\w+)" cx="([\d.]+)" cy="(\d+)"', drawn) == [
        ("lit", "10.0", "14"),
        ("dark", "145.0", "14"),
        ("dark", "10.0", "40"),
    ]
    assert "a &lt; b" in drawn
