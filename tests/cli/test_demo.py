"""stylekit demo in a few steps: everything that it promises is written, and what it prints is measured."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from commands import refused
from PIL import Image

from stylekit import cli, filters, images, metrics
from stylekit.cli import demo
from stylekit.cli.showcase import FILTERS, PICTURE, examples, score, showcase
from stylekit.data import domains
from stylekit.errors import SettingError
from stylekit.methods.painter import Painter

STEPS = 4
PHOTOS, TESTS = domains.photos(size=192, split="train"), domains.photos(size=PICTURE, split="test")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(the folder that the demo wrote, its scores)."""
    directory = tmp_path_factory.mktemp("demo")
    return directory, showcase(directory, steps=STEPS)


@pytest.fixture(scope="module")
def columns():
    """Photos x, paintings y and known answers of the demo: three (n, h, w, 3)."""
    return examples(PHOTOS, TESTS, seed=7)


def test_the_command_hands_over_folder_and_seed(tmp_path, monkeypatch):
    asked = []
    work = SimpleNamespace(showcase=lambda directory, seed: asked.append((directory, seed)))
    monkeypatch.setitem(sys.modules, "stylekit.cli.showcase", work)
    assert cli.main(["demo", "-o", str(tmp_path / "here"), "--seed", "3"]) == 0
    assert asked == [(tmp_path / "here", 3)]


def test_a_directory_that_cannot_be_written_is_noticed_before_tensorflow_loads(tmp_path, capsys, monkeypatch):
    (tmp_path / "notes.txt").touch()
    monkeypatch.setattr(demo, "load_tensorflow", lambda: pytest.fail("started to work"))
    assert "Cannot write to" in refused(capsys, "demo", "-o", tmp_path / "notes.txt" / "run")


def test_each_test_photo_meets_each_filter_on_another_scene(columns):
    photo, painting, answer = columns
    pairs = [(test, name) for test in TESTS for name in FILTERS]
    assert len(photo) == len(painting) == len(answer) == len(pairs) == len(TESTS) * len(FILTERS) >= 4
    for i, (test, name) in enumerate(pairs):
        assert np.array_equal(photo[i], images.fit(test, PICTURE))
        assert np.array_equal(answer[i], filters.render(photo[i], name, seed=7))
        other = images.fit(PHOTOS[i % len(PHOTOS)], PICTURE)
        assert np.array_equal(painting[i], filters.render(other, name, seed=8))
        assert not np.array_equal(painting[i], answer[i])


def test_the_scores_are_measured_on_the_pictures(made, columns):
    directory, scores = made
    painter = Painter.load(directory / "painter.npz")
    again = score(painter, *columns)
    assert scores.keys() == {"seconds of training", *again}
    for name, value in again.items():
        assert value == pytest.approx(scores[name], abs=0.02), name  # the file holds half precision
    photo, painting, answer = columns
    by_hand = {
        "SSIM to the known answer: G(x, y)": metrics.ssim(painter(photo, painting), answer),
        "SSIM to the known answer: the photo itself": metrics.ssim(photo, answer),
        "SSIM to the photo, content weight at its end": metrics.ssim(painter(photo, painting, content=100.0), photo),
    }
    for name, values in by_hand.items():
        assert again[name] == pytest.approx(float(np.mean(values)), abs=1e-3), name
    assert again["style distance to y: the photo itself"] > 0.2  # a photo is no stained glass
    assert again["SSIM to the photo, content weight at its end"] < 0.9  # four steps teach nothing


def test_the_picture_shows_the_photos_and_paintings_pixel_for_pixel(made, columns):
    directory, _ = made
    sheet = np.asarray(Image.open(directory / "demo.png").convert("RGB"))
    for column in columns:
        for picture in column:
            assert found(images.to_uint8(picture), sheet)


def found(picture, sheet):
    """Whether the picture stands somewhere in the sheet, pixel for pixel."""
    height, width = picture.shape[:2]
    starts = np.argwhere((sheet[: -height + 1, : -width + 1] == picture[0, 0]).all(axis=-1))
    return any(np.array_equal(sheet[y : y + height, x : x + width], picture) for y, x in starts)


def test_terms_and_painter_are_there_and_can_be_used(made, columns):
    directory, _ = made
    assert np.asarray(Image.open(directory / "terms.png").convert("L")).std() > 10
    photo = images.fit(columns[0][0], 64)
    assert Painter.load(directory / "painter.npz")(photo, photo).shape == (64, 64, 3)


def test_too_few_steps_are_refused_before_any_work(tmp_path):
    with pytest.raises(SettingError, match="3 steps"):
        showcase(tmp_path / "none", steps=3)
    assert not (tmp_path / "none").exists()
