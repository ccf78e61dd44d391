"""The demo, in a few steps: all it promises is written, and what it prints is measured."""

import numpy as np
import pytest
from PIL import Image

from stylekit import images
from stylekit.cli import demo as demo_module
from stylekit.cli.demo import FILTERS, PICTURE, demo
from stylekit.errors import SettingError
from stylekit.methods.painter import Painter

STEPS = 4


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    directory = tmp_path_factory.mktemp("demo")
    return directory, demo(directory, steps=STEPS)


def test_the_scores_are_measured_on_the_pictures(made):
    directory, scores = made
    assert all(np.isfinite(value) for value in scores.values())
    assert scores["style distance to y: the photo itself"] > 0.2  # a photo is no stained glass
    assert scores["SSIM to the photo, content weight at its end"] < 0.9  # four steps teach nothing
    again = demo_module.score(Painter.load(directory / "painter.npz"), *columns_of_the_demo())
    for name, value in again.items():
        assert value == pytest.approx(scores[name], abs=0.02), name  # the file holds half precision


def columns_of_the_demo():
    from stylekit.data import domains

    photos = domains.photos(size=192, split="train")
    return demo_module.examples(photos, domains.photos(size=PICTURE, split="test"), seed=7)


def test_the_picture_shows_the_photos_and_paintings_pixel_for_pixel(made):
    directory, _ = made
    sheet = np.asarray(Image.open(directory / "demo.png").convert("RGB"))
    for column in columns_of_the_demo():
        for picture in column:
            assert found(images.to_uint8(picture), sheet)


def found(picture, sheet):
    """Whether the picture stands somewhere in the sheet, pixel for pixel."""
    height, width = picture.shape[:2]
    starts = np.argwhere((sheet[: -height + 1, : -width + 1] == picture[0, 0]).all(axis=-1))
    return any(np.array_equal(sheet[y : y + height, x : x + width], picture) for y, x in starts)


def test_terms_and_painter_are_there_and_can_be_used(made):
    directory, _ = made
    assert np.asarray(Image.open(directory / "terms.png").convert("L")).std() > 10
    photo = images.fit(next(iter(columns_of_the_demo()))[0], 64)
    assert Painter.load(directory / "painter.npz")(photo, photo).shape == (64, 64, 3)
    assert len(FILTERS) >= 2


def test_too_few_steps_are_refused_before_any_work(tmp_path):
    with pytest.raises(SettingError, match="3 steps"):
        demo(tmp_path / "none", steps=3)
    assert not (tmp_path / "none").exists()
