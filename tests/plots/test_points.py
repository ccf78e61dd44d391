"""Figures of points in the plane: real and fake ones, D's verdict and the pull."""

import io

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from stylekit.course import toy2d
from stylekit.errors import SettingError
from stylekit.plots.points import FAKE, REAL

RING = toy2d.ring()


def pixels(figure):
    return np.asarray(Image.open(io.BytesIO(figure.png())).convert("RGB")).astype(int)


def count(figure, colour, tolerance=40):
    """How many pixels are nearly of a colour."""
    return (np.abs(pixels(figure) - np.multiply(to_rgb(colour), 255)).max(axis=-1) < tolerance).sum()


def frame(verdict=0.5, step=3, span=(0, 1)):
    corner = np.float32([[0.9, 0.9]] * 3)
    return toy2d.Frame(step, corner, -corner, np.float32([[0.1, 0.0]] * 3), np.full((61, 61), verdict), span)


def test_a_board_shows_real_fake_and_the_verdict():
    undecided, blue, orange = (toy2d.board(frame(verdict)) for verdict in (0.5, 1.0, 0.0))
    assert count(undecided, REAL) > 20 and count(undecided, FAKE) > 20
    middle = [pixels(figure)[200, 150] for figure in (undecided, blue, orange)]
    assert (middle[0] > 250).all()
    assert middle[1][2] > middle[1][0] + 50 and middle[2][0] > middle[2][2] + 50
    assert {text.get_text() for text in blue.axes[0].texts} == set() and blue.axes[0].get_title() == "step 3"


def test_the_span_says_what_a_verdict_means():
    hinge, wide = toy2d.board(frame(0.0, span=(-1, 1))), toy2d.board(frame(0.0, span=(0, 10)))
    assert (pixels(hinge)[200, 150] > 250).all() and pixels(wide)[200, 150][2] < 200


def test_points_lie_where_they_are():
    drawn = pixels(toy2d.board(frame()))
    upper, lower = drawn[: 440 // 2], drawn[440 // 2 : 470]
    for half, colour, right in ((upper, REAL, True), (lower, FAKE, False)):
        found = np.abs(half - np.multiply(to_rgb(colour), 255)).max(axis=-1) < 60
        columns = np.nonzero(found)[1]
        assert len(columns) and ((columns > 245) == right).all()


def test_a_strip_of_frames_has_titles_and_arrows():
    with_arrows, without = (toy2d.board([frame(), frame()], ["a", "b"], arrows=on) for on in (True, False))
    assert count(with_arrows, "#333333") > count(without, "#333333") + 20
    assert [axes.get_title() for axes in without.axes] == ["a", "b"]
    for frames, titles in (([frame()], ["a", "b"]), ([], None)):
        with pytest.raises(SettingError, match="titles for"):
            toy2d.board(frames, titles)


def test_a_ring_shows_points_that_are_all_on_one_spot():
    spread = np.linspace([-0.5, 0], [0.5, 0.1], 50)
    ring = count(toy2d.clouds({"": spread * 0.1}), "#333333") - count(toy2d.clouds({"": spread}), "#333333")
    assert ring > 20
    on_a_line = spread * [0.1, 10]  # narrow, but not one spot
    assert count(toy2d.clouds({"": on_a_line}), "#333333") == count(toy2d.clouds({"": spread}), "#333333")


def test_clouds_and_surfaces():
    clouds = toy2d.clouds({"one": RING.sample(50), "two": (RING.sample(50), np.zeros((50, 2)))})
    assert count(clouds, REAL, 90) > 50 and count(clouds, FAKE, 90) > 5
    surfaces = toy2d.surfaces({"left": np.zeros((61, 61)), "right": np.ones((61, 61))})
    drawn = pixels(surfaces)
    assert drawn[120, 60][0] > drawn[120, 60][2] + 50 and drawn[120, 350][2] > drawn[120, 350][0] + 50
