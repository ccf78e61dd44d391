"""The painter that is shipped, on photos and paintings that its training never saw."""

import json

import numpy as np
import pytest

from stylekit import domains, images, metrics, paths
from stylekit.methods.painter import Painter
from stylekit.painters import paint

SIZE = 160
HANDS = (("brush", "monet"), ("stained_glass", None), ("woodcut", None), ("watercolour", "sea"))
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
    return np.stack([paint(photos[i - 1], name, 900 + i, palette) for i, (name, palette) in enumerate(HANDS)])


def content(painter, pictures, photos):
    return float(np.mean(metrics.content_distance(painter.content_keeper, pictures, photos)))


def style(painter, pictures, paintings):
    return float(np.mean(metrics.style_distance(painter.content_keeper, pictures, paintings)))


def test_it_is_small_and_says_where_it_comes_from():
    assert paths.data_file("weights/painter.npz").stat().st_size < 6e6
    record = json.loads(paths.data_file("weights/record.json").read_text())
    assert {"steps", "seed", "learning_rate", "hours"} <= set(record)


def test_more_content_weight_brings_the_picture_nearer_to_the_photo(painter, photos, paintings):
    distances = [content(painter, painter(photos, paintings, content=w), photos) for w in (0.1, 1, 10, 100)]
    assert all(later < earlier for earlier, later in zip(distances, distances[1:], strict=False)), distances


def test_more_style_weight_brings_it_nearer_to_the_painting(painter, photos, paintings):
    distances = [style(painter, painter(photos, paintings, style=w), paintings) for w in (0.03, 0.1, 0.3, 1, 3)]
    assert all(later < earlier for earlier, later in zip(distances, distances[1:], strict=False)), distances


def test_at_the_content_end_the_photo_comes_back_colours_included(painter, photos, paintings):
    returned = painter(photos, paintings, content=100.0)
    assert np.min(metrics.similarity(returned, photos)) > 0.9
    assert np.abs(returned - photos).mean() < 0.05


def test_paintings_it_never_saw_are_followed(painter, photos, paintings):
    pictures = painter(photos, paintings, style=10.0)
    assert style(painter, pictures, paintings) < 0.6 * style(painter, photos, paintings)
    # of all four paintings, the nearest in style to each picture is the one it was made after
    for picture, own in zip(pictures, range(len(paintings)), strict=True):
        stack = np.repeat(picture[None], len(paintings), axis=0)
        assert np.argmin(metrics.style_distance(painter.content_keeper, stack, paintings)) == own


def test_no_grid_shows_at_any_position_of_the_sliders(painter, photos, paintings):
    for weights in POSITIONS:
        pictures = painter(photos, paintings, **weights)
        for period in (2, 4):
            assert grid(pictures, period) < 3.0, (weights, period)


def grid(pictures, period):
    """How far the spectrum stands out at a period of so many px, down or across, above its neighbours; 1 if not."""
    size = pictures.shape[1]
    grey = pictures.mean(axis=-1) - pictures.mean(axis=(1, 2, 3), keepdims=True)[..., 0]
    window = np.hanning(size)  # else the borders of the picture show in every frequency
    power = (np.abs(np.fft.fft2(grey * window * window[:, None])) ** 2).mean(axis=0)
    place = size // period
    ratios = []
    for spectrum in (power, power.T):
        row = spectrum[:, :3].sum(axis=1)  # waves that run straight down
        around = [row[place + offset] for offset in (-6, -5, -4, 4, 5, 6) if place + offset < size]
        ratios.append(row[place] / np.mean(around))
    return max(ratios)


def test_the_grid_test_sees_a_grid(photos):
    stripes = np.where(np.arange(SIZE) % 4 < 2, 0.05, -0.05).astype("float32")
    assert grid(np.clip(photos + stripes[None, :, None, None], -1, 1), 4) > 3.0
    assert grid(photos, 4) < 3.0


@pytest.mark.parametrize("shape", [(512, 512), (333, 517)])
def test_large_and_odd_pictures_look_alike(painter, shape):
    photo, scene = domains.photos(max(shape), "test")[1], domains.photos(256, "test")[0]
    photo, painting = images.fit(photo, shape), paint(images.fit(scene, 256), "brush", 5, "autumn")
    picture = painter(photo, painting, style=3.0)
    assert picture.shape == photo.shape and np.isfinite(picture).all()
    assert style(painter, picture, painting) < 0.8 * style(painter, photo, painting)
