"""Batches that depend on the seed and on their number alone."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import arrays, drawn, noise, plain, same

from stylekit.data import digits
from stylekit.data.batches import Batches
from stylekit.data.cropping import BRIGHTNESS, CONTRAST, LARGEST_SCALE, SATURATION
from stylekit.data.domains import Domain, filtered, photos
from stylekit.errors import DataError, SettingError

few = settings(deadline=None, max_examples=8)


@pytest.mark.slow
@few
@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=4),
    st.integers(1, 24),
    st.integers(1, 5),
    st.booleans(),
    st.integers(0, 2**31 - 1),
)
def test_batches_have_shape_and_range(sizes, crop, batch, paired, seed):
    domain = noise(*sizes)
    batches = Batches(domain, domain, crop, batch, paired, seed)
    for part in batches.dataset().element_spec:
        assert part.shape == (batch, crop, crop, 3)
    for x, y in arrays(batches.dataset(), 2):
        assert x.shape == y.shape == (batch, crop, crop, 3) and x.dtype == y.dtype == np.float32
        assert x.min() >= -1 and x.max() <= 1 and y.min() >= -1 and y.max() <= 1
        assert np.array_equal(x, y) or not paired


@pytest.mark.slow
@few
@given(st.integers(0, 30), st.integers(0, 1000), st.booleans())
def test_batches_go_on_where_they_stopped(start, seed, paired):
    domain = noise((30, 40), (50, 25), (30, 30))
    settings = dict(crop=16, batch_size=4, paired=paired, seed=seed)
    whole = arrays(Batches(domain, domain, **settings).dataset(), start + 2)
    assert same(whole[start:], arrays(Batches(domain, domain, **settings).dataset(start=start), 2))


def test_batches_do_not_depend_on_threads():
    domain = noise((30, 40), (50, 25))
    batches, options = Batches(domain, domain, crop=16), tf.data.Options()
    options.threading.private_threadpool_size = 1
    options.deterministic = True
    assert same(arrays(batches.dataset(), 20), arrays(batches.dataset().with_options(options), 20))


def test_nothing_tunes_the_pipeline_so_that_it_ends_at_once():
    kept, numbers = noise((40, 60), (60, 40)), digits.Batches(*2 * [digits.photos("test")], batch_size=4)
    for batches in (Batches(kept, kept, crop=16).dataset(), numbers.dataset()):
        assert batches.options().autotune.enabled is False


def test_seed_and_number_change_the_batch():
    domain = noise((40, 60), (60, 40))
    first, second = arrays(Batches(domain, domain, crop=16, seed=1).dataset(), 2)
    other = arrays(Batches(domain, domain, crop=16, seed=2).dataset(), 1)[0]
    assert not any(np.array_equal(a, b) for a, b in zip(first + first, second + other, strict=True))


def test_batches_start_anywhere_at_once():
    assert len(arrays(Batches(plain(3), plain(3), crop=8).dataset(start=2 * 10**9), 1)) == 1


def test_every_epoch_shows_every_picture_once():
    batches = Batches(plain(5), plain(3, "paintings"), crop=8, batch_size=2, seed=3)
    for side, count in ((0, 5), (1, 3)):
        epochs = drawn(batches, 75, side).reshape(-1, count)
        assert np.allclose(np.sort(epochs, 1), np.linspace(-1, 1, count), atol=0.01)
        assert len({tuple(epoch) for epoch in epochs}) > count  # a new order each time
        assert len(set(epochs[:, 0])) == count  # and any picture may come first


def test_unpaired_draws_are_independent():
    domain = plain(8)
    batches = Batches(domain, domain, crop=8, batch_size=8, seed=0)
    photo, painting = drawn(batches, 50, 0), drawn(batches, 50, 1)
    assert abs(np.corrcoef(photo, painting)[0, 1]) < 0.2
    one = noise((64, 64))
    x, y = arrays(Batches(one, one, crop=16).dataset(), 1)[0]
    assert not any(np.array_equal(a, b) for a, b in zip(x, y, strict=True))  # other crops of the same picture


@pytest.mark.slow
@few
@given(st.integers(0, 1000))
def test_paired_crops_lie_on_each_other(seed):
    domain = noise((40, 60), (12, 9), (60, 33))
    negative = Domain("negative", [-picture for picture in domain], domain.names)
    batches = Batches(domain, negative, crop=16, batch_size=5, paired=True, seed=seed)
    for x, y in arrays(batches.dataset(), 4):
        assert np.abs(x + y).max() < 2e-5  # one value off would be 8e-3
        assert x.std() > 0.05


def test_pairs_from_a_filter():
    domain = photos(32)
    x, y = arrays(Batches(domain, filtered(domain, "oil"), crop=24, paired=True).dataset(), 1)[0]
    matrix = [[np.abs(photo - painting).mean() for painting in y] for photo in x]
    assert np.array_equal(np.argmin(matrix, 1), np.arange(6))  # every painting is nearest to its own photo


def test_crops_are_squares_of_every_size_and_place():
    down, right = np.mgrid[0:100, 0:200].astype("float32")
    ramps = Domain("ramps", [np.stack([right / 100 - 1, down / 100 - 1, 0 * down], -1)])
    batch = np.concatenate([x for x, _ in arrays(Batches(ramps, ramps, crop=20, batch_size=50).dataset(), 8)])
    columns, rows = (batch[:, 10, :, 0] + 1) * 100, (batch[:, :, 10, 1] + 1) * 100
    widths, heights = np.abs(columns[:, -1] - columns[:, 0]) * 20 / 19, (rows[:, -1] - rows[:, 0]) * 20 / 19
    assert np.allclose(widths, heights, atol=2)  # squares, never upside down
    assert 49 <= widths.min() < 53 and 97 < widths.max() <= 101  # from half to the whole of the short side
    lefts, tops = columns.min(1) - widths / 40, rows.min(1) - heights / 40
    assert lefts.min() < 5 and lefts.max() > 130 and tops.min() < 3 and tops.max() > 40
    assert 0.4 < (columns[:, 0] > columns[:, -1]).mean() < 0.6  # half of them flipped
    assert abs(np.corrcoef(widths, columns[:, 0] > columns[:, -1])[0, 1]) < 0.2  # whatever their size


def test_crops_are_never_enlarged():
    stripes = np.tile(np.array([-1.0, 1.0])[:, None], (20, 40, 3)).reshape(40, 40, 3)
    x = arrays(Batches(Domain("s", [stripes]), plain(1), crop=40).dataset(), 1)[0][0]
    assert np.abs(x).min() == 1  # at its own size no value is mixed
    small = arrays(Batches(noise((1, 1), (5, 9)), plain(1), crop=40).dataset(), 1)[0][0]
    assert small.shape == (6, 40, 40, 3)


# Augmentation


def test_without_augmentation_nothing_is_different():
    domain = noise((40, 60), (60, 40))
    settings = dict(crop=24, batch_size=3, seed=5)
    plain_batches = arrays(Batches(domain, domain, **settings).dataset(), 3)
    assert same(plain_batches, arrays(Batches(domain, domain, **settings, augment=False).dataset(), 3))
    # a crop of the picture's own size has the picture's own values: no light was changed, nothing was scaled
    one = noise((24, 24))
    x = arrays(Batches(one, one, **settings).dataset(), 1)[0][0]
    assert all(np.allclose(crop, one[0], atol=1e-6) or np.allclose(crop, one[0][:, ::-1], atol=1e-6) for crop in x)
    with pytest.raises(SettingError, match="augment is 1"):
        Batches(domain, domain, augment=1)


@pytest.mark.slow
@few
@given(
    st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), min_size=1, max_size=3),
    st.integers(1, 24),
    st.booleans(),
    st.integers(0, 2**31 - 1),
)
def test_augmented_batches_have_shape_and_range_and_go_on(sizes, crop, paired, seed):
    domain = noise(*sizes)
    settings = dict(crop=crop, batch_size=3, paired=paired, seed=seed, augment=True)
    whole = arrays(Batches(domain, domain, **settings).dataset(), 4)
    for x, y in whole:
        assert x.shape == y.shape == (3, crop, crop, 3) and x.dtype == y.dtype == np.float32
        assert min(x.min(), y.min()) >= -1 and max(x.max(), y.max()) <= 1
        assert np.array_equal(x, y) or not paired  # the same crop in the same light
    assert same(whole[2:], arrays(Batches(domain, domain, **settings).dataset(start=2), 2))


def test_augmented_batches_do_not_depend_on_threads():
    domain = noise((90, 140), (150, 95))
    batches, options = Batches(domain, domain, crop=64, augment=True), tf.data.Options()
    options.threading.private_threadpool_size = 1
    options.deterministic = True
    assert same(arrays(batches.dataset(), 10), arrays(batches.dataset().with_options(options), 10))


def test_augmentation_changes_the_light_gently():
    colour = np.float32([0.2, -0.1, -0.4])
    flat = Domain("flat", [np.tile(colour, (40, 40, 1))])
    x = np.concatenate([x for x, _ in arrays(Batches(flat, flat, crop=16, batch_size=50, augment=True).dataset(), 8)])
    found = x[:, 8, 8]
    assert x.std(axis=(1, 2)).max() < 1e-5  # the whole crop in one light
    brightest = found.max(axis=1)  # saturation leaves the largest channel as it is: only the brightness moves it
    assert 0.25 < np.ptp(brightest) / 2 / BRIGHTNESS < 2.1 and np.abs(brightest - 0.2).max() <= 2 * BRIGHTNESS + 0.01
    spread = np.ptp(found, axis=1) / 0.6  # contrast has nothing to act on in a flat picture, saturation has
    assert 1 - SATURATION - 0.1 < spread.min() < 0.9 and 1.1 < spread.max() < 1 + SATURATION + 0.1
    assert len(np.unique(found.round(4), axis=0)) > 390  # a light of its own for each
    half = np.concatenate([np.full((40, 20, 3), -0.5), np.full((40, 20, 3), 0.5)], 1).astype("float32")
    two = Domain("two", [half, half])
    x = np.concatenate([x for x, _ in arrays(Batches(two, two, crop=40, batch_size=50, augment=True).dataset(), 8)])
    contrast = np.ptp(x, axis=(1, 2, 3))
    assert 1 - CONTRAST - 0.02 < contrast.min() < 0.9 and 1.1 < contrast.max() < 1 + CONTRAST + 0.02


@pytest.mark.slow
def test_augmented_crops_have_more_scales():
    down, right = np.mgrid[0:100, 0:200].astype("float32")
    ramps = Domain("ramps", [np.repeat((right / 100 - 1)[..., None], 3, -1)])

    def widths(crop, augment):
        batches = Batches(ramps, ramps, crop=crop, batch_size=50, augment=augment)
        batch = np.concatenate([x for x, _ in arrays(batches.dataset(), 8)])
        return np.ptp(batch[:, crop // 2, :, 0], axis=1) * 100 * crop / (crop - 1)

    assert widths(20, False).min() > 48 and widths(20, True).min() < 42  # a third, not half, of the short side
    assert widths(100, False).min() > 98 and widths(100, True).min() < 92  # enlarged, up to LARGEST_SCALE
    assert widths(100, True).min() > 100 / LARGEST_SCALE * (1 - CONTRAST) - 3


def test_pictures_stay_outside_the_graph():
    batches = Batches(noise((600, 600)), plain(1), crop=16)
    graph = tf.function(batches.sample).get_concrete_function(tf.TensorSpec([], tf.int64)).graph
    assert graph.as_graph_def().ByteSize() < 100_000 < 600 * 600 * 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"crop": 0},
        {"crop": 2.5},
        {"batch_size": 0},
        {"batch_size": True},
        {"seed": -1},
        {"seed": 2**31},
        {"seed": None},
    ],
)
def test_wrong_settings(wrong):
    with pytest.raises(SettingError, match=next(iter(wrong))):
        Batches(plain(2), plain(2), **wrong)
    with pytest.raises(SettingError, match="start"):
        Batches(plain(2), plain(2)).dataset(start=-1)


def test_domains_that_do_not_match():
    with pytest.raises(DataError, match="'none' has no pictures"):
        Batches(plain(2), Domain("none", []))
    with pytest.raises(DataError, match="2 photos and 3 paintings"):
        Batches(plain(2), plain(3), paired=True)
    with pytest.raises(DataError, match="50 x 40 px.*50 x 41 px"):
        Batches(plain(2), plain(2, size=(41, 50)), paired=True)
    pictures = [np.zeros((4, 4, 3))] * 2
    with pytest.raises(DataError, match="'a.jpg' with the painting 'b.png'"):
        Batches(Domain("p", pictures, ["a.jpg", "b.jpg"]), Domain("q", pictures, ["b.png", "a.png"]), paired=True)
    Batches(Domain("p", pictures, ["a.jpg", "b.jpg"]), Domain("q", pictures, ["a.png", "b.png"]), paired=True)
    Batches(plain(2), plain(3))
