"""The colour map: against covariances worked out by hand, and on pictures whose answer is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from stylekit.data import domains
from stylekit.images import fit
from stylekit.metrics import palette_distance
from stylekit.nn.colours import FLATTEST, colour_map, colour_statistics, map_colours


def mapped(photos, paintings):
    return ops.convert_to_numpy(colour_map(photos, paintings))


def clouds(seed, scale, count=1):
    """Pictures whose colours have a given spread along red, green and blue, far from black and white."""
    draw = np.random.default_rng(seed).normal(size=(count, 24, 32, 3))
    draw -= draw.mean(axis=(1, 2), keepdims=True)
    return (draw * scale).clip(-0.9, 0.9).astype("float32")


@pytest.fixture(scope="module")
def photos():
    return np.stack([fit(photo, 64) for photo in domains.photos(64, "all")])


def test_mean_and_covariance_of_two_colours_by_hand():
    picture = np.zeros((1, 2, 2, 3), "float32")
    picture[0, 0], picture[0, 1] = (0.5, 0.1, -0.2), (-0.1, 0.3, -0.2)
    mean, covariance = (ops.convert_to_numpy(value)[0] for value in colour_statistics(picture))
    assert mean[0] == pytest.approx([0.2, 0.2, -0.2], abs=1e-6)
    wanted = np.array([[0.09, -0.03, 0], [-0.03, 0.01, 0], [0, 0, 0]]) + FLATTEST**2 * np.eye(3)
    assert covariance == pytest.approx(wanted, abs=1e-6)


def test_independent_channels_are_stretched_by_the_ratio_of_their_deviations():
    photo, painting = clouds(0, 0.1), clouds(1, [0.2, 0.1, 0.05])
    own, wanted = (np.diag(np.cov(p.reshape(-1, 3).T, bias=True)) + FLATTEST**2 for p in (photo, painting))
    found = np.cov(mapped(photo, painting).reshape(-1, 3).T, bias=True)
    expected = np.diag(np.cov(photo.reshape(-1, 3).T, bias=True)) * wanted / own
    assert np.diag(found) == pytest.approx(expected, rel=0.03)  # 0.03: the channels are not quite independent


def test_it_is_the_matrix_of_the_formula():
    photo, painting = clouds(2, [0.3, 0.1, 0.2]), clouds(3, 0.15) @ np.array([[1, 0.6, 0], [0, 1, 0.3], [0, 0, 1]])

    def power(matrix, exponent):
        values, vectors = np.linalg.eigh(matrix)
        return (vectors * values**exponent) @ vectors.T

    own, other = (
        np.cov(p.reshape(-1, 3).T.astype("float64"), bias=True) + FLATTEST**2 * np.eye(3) for p in (photo, painting)
    )
    root, inverse = power(own, 0.5), power(own, -0.5)
    transform = inverse @ power(root @ other @ root, 0.5) @ inverse
    wanted = (photo[0] - photo[0].mean((0, 1))) @ transform + painting[0].mean((0, 1))
    assert np.abs(mapped(photo, painting.astype("float32"))[0] - wanted.clip(-1, 1)).max() < 1e-4


def test_a_painting_of_the_photos_own_colours_changes_nothing(photos):
    assert np.abs(mapped(photos, photos) - photos).max() < 2e-3
    assert np.abs(mapped(photos, photos[:, ::-1, ::-1]) - photos).max() < 2e-3  # where they stand does not matter


@pytest.mark.slow
def test_photos_come_near_the_palette_and_keep_what_they_show(photos):
    paintings = np.roll(photos, 1, axis=0)
    before, after = palette_distance(photos, paintings), palette_distance(mapped(photos, paintings), paintings)
    assert (after < before).all() and after.mean() < 0.5 * before.mean()


@pytest.mark.parametrize("level", [-1.0, 0.0, 0.7])
def test_a_flat_photo_takes_the_mean_colour_and_its_noise_grows_within_bounds(level, photos):
    flat = np.full((1, 32, 32, 3), level, "float32")
    colour = mapped(flat, photos[:1])
    assert colour == pytest.approx(np.broadcast_to(photos[0].mean((0, 1)), colour.shape), abs=1e-3)
    specks = np.random.default_rng(0).normal(0, 1e-4, flat.shape).astype("float32")
    most = np.sqrt(3) / FLATTEST  # the largest deviation that colours can have, over the smallest that counts
    grown = mapped(flat * 0.9 + specks, photos[:1])[0]
    assert np.abs(grown - grown.mean((0, 1))).max() < most * np.abs(specks).max() + 1e-4


def test_grey_photos_and_black_paintings_give_numbers(photos):
    grey = np.repeat(photos.mean(axis=-1, keepdims=True), 3, axis=-1).astype("float32")
    black = np.full_like(photos, -1.0)
    for pair in ((grey, photos), (photos, grey), (photos, black), (black, photos)):
        assert np.isfinite(mapped(*pair)).all()
    assert np.abs(mapped(photos, black) + 1).mean() < FLATTEST


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.02, 0.4), other=st.floats(0.02, 0.4))
def test_statistics_measured_before_serve_as_well(seed, scale, other):
    photo, painting = clouds(seed, scale, 2), clouds(seed + 1, other, 2)
    found = mapped(photo, painting)
    again = ops.convert_to_numpy(map_colours(photo, *colour_statistics(painting)))
    assert found.shape == photo.shape and np.abs(found).max() <= 1 and np.array_equal(found, again)
