"""The painter that is shipped, on photos and paintings that its training never saw."""

import json

import numpy as np
import pytest

from stylekit import files, images, metrics
from stylekit.data import domains
from stylekit.filters import render
from stylekit.lab import alarms
from stylekit.methods.painter import Painter

SIZE = 160
HANDS = (("brush", "monet"), ("stained_glass", None), ("woodcut", None), ("watercolour", "sea"))
GRID = 2.0  # times the neighbouring frequencies
POSITIONS = [{}] + [{term: factor} for term in ("adversarial", "content", "style") for factor in (0.01, 0.1, 10, 100)]


@pytest.fixture(scope="module")
def painter():
    return Painter.shipped()


@pytest.fixture(scope="module")
def photos():
    cat, coffee = (images.fit(photo, SIZE) for photo in domains.photos(SIZE, "test"))
    return np.stack([cat, coffee, cat, coffee])


@pytest.fixture(scope="module")
def paintings(photos):
    return np.stack([render(photos[i - 1], name, 900 + i, palette) for i, (name, palette) in enumerate(HANDS)])


def content(painter, pictures, photos):
    return float(np.mean(metrics.content_distance(painter.feature_extractor, pictures, photos)))


def style(painter, pictures, paintings):
    return float(np.mean(metrics.style_distance(painter.feature_extractor, pictures, paintings)))


def test_it_is_small_and_says_where_it_comes_from():
    assert files.data_file("weights/painter.npz").stat().st_size < 6e6
    records = json.loads(files.data_file("weights/record.json").read_text())
    assert records and all({"steps", "seed", "learning_rate", "hours"} <= set(record) for record in records)


def test_more_content_weight_brings_the_picture_nearer_to_the_photo(painter, photos, paintings):
    distances = [content(painter, painter(photos, paintings, content=w), photos) for w in (0.1, 1, 10, 100)]
    assert all(later < earlier for earlier, later in zip(distances, distances[1:], strict=False)), distances


def test_more_style_weight_brings_it_nearer_to_the_painting(painter, photos, paintings):
    distances = [style(painter, painter(photos, paintings, style=w), paintings) for w in (0.03, 0.1, 0.3, 1, 3)]
    assert all(later < earlier for earlier, later in zip(distances, distances[1:], strict=False)), distances


def test_at_the_content_end_the_photo_comes_back_colours_included(painter, photos, paintings):
    returned = painter(photos, paintings, content=100.0)
    assert np.min(metrics.ssim(returned, photos)) > 0.9
    assert np.abs(returned - photos).mean() < 0.05


def test_at_the_adversarial_end_the_colours_are_still_the_paintings(painter, photos, paintings):
    pictures = painter(photos, paintings, adversarial=100.0)
    apart = np.abs(pictures.mean(axis=(1, 2)) - paintings.mean(axis=(1, 2)))  # of the mean colours
    assert apart.mean(axis=1).max() < 0.2


def test_paintings_it_never_saw_are_followed(painter, photos, paintings):
    pictures = painter(photos, paintings, style=10.0)
    assert style(painter, pictures, paintings) < 0.6 * style(painter, photos, paintings)
    # of all four paintings, the nearest in style to each picture is the one it was made after
    for picture, own in zip(pictures, range(len(paintings)), strict=True):
        stack = np.repeat(picture[None], len(paintings), axis=0)
        assert np.argmin(metrics.style_distance(painter.feature_extractor, stack, paintings)) == own


def test_no_grid_shows_at_any_position_of_the_sliders(painter, photos, paintings):
    for weights in POSITIONS:
        pictures = painter(photos, paintings, **weights)
        assert alarms.grid(pictures) < GRID, weights


@pytest.mark.parametrize("period", [2, 4])
def test_the_grid_test_sees_a_grid(photos, period):
    stripes = np.where(np.arange(SIZE) % period < period // 2, 0.03, -0.03).astype("float32")
    assert alarms.grid(np.clip(photos + stripes[None, :, None, None], -1, 1)) > GRID
    assert alarms.grid(photos) < GRID


@pytest.mark.parametrize("shape", [(512, 512), (333, 517)])
def test_large_and_odd_pictures_look_alike(painter, shape):
    photo, scene = domains.photos(max(shape), "test")[1], domains.photos(256, "test")[0]
    photo, painting = images.fit(photo, shape), render(images.fit(scene, 256), "brush", 5, "autumn")
    picture = painter(photo, painting, style=3.0)
    assert picture.shape == photo.shape and np.isfinite(picture).all()
    assert style(painter, picture, painting) < 0.8 * style(painter, photo, painting)


@pytest.mark.parametrize("side", [512, 800])
def test_large_pictures_have_no_grid_and_come_back(painter, side):
    photo = images.fit(domains.photos(side, "test")[0], side)
    painting = render(images.fit(domains.photos(256, "test")[1], 256), "stained_glass", 6)
    for weights in ({}, {"style": 10.0}, {"adversarial": 10.0}):
        picture = painter(photo, painting, **weights)
        assert alarms.grid(picture[None]) < GRID, weights
    returned = painter(photo, painting, content=100.0)
    assert metrics.ssim(returned[None], photo[None])[0] > 0.9
