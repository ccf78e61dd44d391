"""Pictures by optimisation: they reach what is asked for, and wrong questions are refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from stylekit import images, metrics
from stylekit.data import domains
from stylekit.errors import ImageError, SettingError, TrainingError
from stylekit.filters import render
from stylekit.methods import gatys
from stylekit.nn import features, losses

few = settings(deadline=None, max_examples=5)


@pytest.fixture(scope="module")
def extractor():
    return features.feature_extractor(depths=(0, 1, 3, 5))


def scene(name, painter):
    photos = domains.photos(64, "all")
    return render(images.fit(photos[photos.names.index(name)], 64), painter, seed=3)


def grey(value, size=4):
    return np.full((size, size, 3), value, "float32")


def test_the_pixels_go_where_the_loss_is_small():
    picture, history = gatys.minimise(lambda p: ops.mean(ops.square(p - 0.5), axis=(1, 2, 3)), grey(0), 200)
    assert picture == pytest.approx(grey(0.5), abs=0.01)
    assert history[0] == pytest.approx(0.25) and history[-1] < 1e-3 and history.shape == (200,)


def test_a_picture_stays_between_black_and_white():
    picture, history = gatys.minimise(lambda p: ops.mean(p, axis=(1, 2, 3)), grey(0), 40)
    assert picture == pytest.approx(grey(-1)) and history[-1] == pytest.approx(-1)


def test_no_steps_give_the_start():
    start = gatys.smooth_noise(4, 6, seed=1)
    picture, history = gatys.minimise(lambda p: ops.mean(p), start, 0)
    assert np.array_equal(picture, start) and len(history) == 0


@few
@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 99))
def test_smooth_noise_is_a_picture_that_its_seed_decides(height, width, seed):
    noise = gatys.smooth_noise(height, width, seed)
    assert noise.shape == (height, width, 3) and noise.dtype == np.float32 and np.abs(noise).max() <= 1
    assert np.array_equal(noise, gatys.smooth_noise(height, width, seed))
    assert not np.array_equal(noise, gatys.smooth_noise(height, width, seed + 1))


def test_smooth_noise_is_smoother_than_noise():
    smooth = gatys.smooth_noise(64, 64)
    noise = np.random.default_rng(0).normal(0, smooth.std(), smooth.shape).astype("float32")
    assert losses.total_variation_loss(smooth[None]) < 0.3 * losses.total_variation_loss(noise[None])


def test_a_texture_has_the_style_and_nothing_of_the_content(extractor):
    painting = scene("china", "stained_glass")
    others = [scene("china", name) for name in ("brush", "ink")]
    texture, history = gatys.texture(painting, extractor, steps=80)
    assert history[-1] < history[0] / 3
    near, *far = (metrics.style_distance(extractor, texture, y) for y in (painting, *others))
    assert near < 0.5 * min(far)
    assert metrics.ssim(texture, painting) < 0.2


def test_a_transfer_takes_the_style_and_keeps_more_the_more_content_weighs(extractor):
    photo, painting = images.fit(domains.photos(64, "test")[1], 64), scene("china", "stained_glass")[:48]
    strict, free = (gatys.transfer(photo, painting, extractor, content, steps=60)[0] for content in (3.0, 0.03))
    before = metrics.style_distance(extractor, photo, painting)
    assert metrics.style_distance(extractor, free, painting) < 0.5 * before
    kept, lost = (metrics.content_distance(extractor, picture, photo) for picture in (strict, free))
    assert kept < 0.85 * lost and strict.shape == photo.shape


def test_wrong_questions_are_refused(extractor):
    with pytest.raises(ImageError, match="one picture"):
        gatys.minimise(lambda p: ops.mean(p), np.zeros((2, 8, 8, 3), "float32"))
    with pytest.raises(ImageError, match="painting"):
        gatys.texture(np.zeros((8, 8, 3), "uint8"), extractor)
    with pytest.raises(ImageError, match="photo"):
        gatys.transfer(np.full((8, 8, 3), 7.0), grey(0), extractor)
    for steps in (-1, 2.5, True):
        with pytest.raises(SettingError, match="steps"):
            gatys.minimise(lambda p: ops.mean(p), grey(0), steps)
    for rate in (0, -1, float("nan")):
        with pytest.raises(SettingError, match="learning rate"):
            gatys.minimise(lambda p: ops.mean(p), grey(0), learning_rate=rate)


def test_a_loss_that_is_no_number_is_told():
    with pytest.raises(TrainingError, match="stopped being a number"):
        gatys.minimise(lambda p: ops.sqrt(ops.mean(p) - 1), grey(0), 3)


def test_a_reconstruction_from_fine_maps_is_the_photo_and_from_deep_ones_only_seen_alike():
    photo = images.fit(domains.photos(64, "test")[1], 64)
    fine, deep = (features.feature_extractor(depths=(depth,)) for depth in (0, 5))
    near, history = gatys.reconstruct(photo, fine, steps=100)
    far, _ = gatys.reconstruct(photo, deep, steps=100)
    assert metrics.ssim(near, photo) > 0.9 and history[-1] < 0.3 * history[0]
    assert metrics.ssim(far, photo) < 0.5
    start = gatys.smooth_noise(64, 64)
    assert metrics.content_distance(deep, far, photo) < 0.4 * metrics.content_distance(deep, start, photo)
