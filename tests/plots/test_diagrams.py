"""The drawings: every part is named and lies inside the picture, and the pictures given are the ones shown."""

import sys

import numpy as np

from stylekit import images
from stylekit.plots import diagrams

GREY = [np.full((40, 60, 3), value, "float32") for value in (-1.0, 0.0, 1.0)]

PARTS = (
    "photo x",
    "painting y",
    "weights w",
    "generator G",
    "content encoder",
    "style encoder",
    "residual blocks",
    "decoder",
    "G(x, y)",
    "content keeper F",
    "discriminator D",
    "content loss",
    "style loss",
    "adversarial loss",
)


def drawing():
    figure = diagrams.architecture(*GREY)
    figure.draw_without_rendering()
    return figure, figure.axes[0]


def test_the_architecture_names_every_part():
    _, axes = drawing()
    named = " ".join(text.get_text().replace("-\n", "").replace("\n", " ") for text in axes.texts)
    for part in PARTS:
        assert part in named


def test_nothing_is_cut_off_and_no_two_texts_overlap():
    figure, axes = drawing()
    boxes = [text.get_window_extent() for text in axes.texts if text.get_text()]
    for box in boxes:
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_the_pictures_are_the_ones_given_in_their_order():
    _, axes = drawing()
    shown = [image.get_array() for image in axes.images]
    assert [int(pixels.mean()) for pixels in shown] == [images.to_uint8(grey).mean().astype(int) for grey in GREY]
    assert all(pixels.shape[0] == pixels.shape[1] for pixels in shown)


def test_a_drawing_leaves_nothing_open_in_pyplot():
    drawing()
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()
