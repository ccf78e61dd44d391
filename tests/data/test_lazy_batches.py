"""Batches from folders whose files are read while batches are drawn."""

import gc
import itertools
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import arrays, noise, plain, same, saved

from stylekit.data import digits
from stylekit.data.batches import Batches
from stylekit.data.domains import folder, join
from stylekit.errors import ImageError
from stylekit.methods.single_loss import SingleLoss
from stylekit.nn import losses
from stylekit.training.trainer import Trainer


@pytest.mark.slow
@settings(deadline=None, max_examples=4)
@given(st.integers(0, 2**31 - 1), st.integers(0, 50), st.booleans(), st.booleans())
def test_batches_are_the_same_whether_read_or_kept(tmp_path_factory, seed, start, paired, augment):
    place = saved(tmp_path_factory.mktemp("own"), (30, 20), (20, 40), (9, 12))
    lazy, kept = folder(place, 20, lazy=True), folder(place, 20, lazy=False)
    numbers = dict(crop=24, batch_size=4, paired=paired, seed=seed, augment=augment)  # 24 px: some are enlarged first
    expected = arrays(Batches(kept, kept, **numbers).dataset(start), 4)
    for pair in ((lazy, kept), (lazy, lazy), (kept, join([lazy[:1], kept[1:]]))):
        assert same(expected, arrays(Batches(*pair, **numbers).dataset(start), 4))


def test_pixels_of_a_lazy_domain_are_not_held(tmp_path):
    batches = Batches(*[folder(saved(tmp_path, (30, 20)), 12, lazy=True)] * 2, crop=8)
    first = arrays(batches.dataset(), 1)
    saved(tmp_path, (31, 21), (30, 20))  # 0.png is another picture now
    assert not same(first, arrays(batches.dataset(), 1))


def spoil(path, trouble):
    whole = path.read_bytes()
    path.unlink() if trouble == "gone" else path.write_bytes(whole[: len(whole) // 2])
    return whole


TROUBLES = pytest.mark.parametrize("trouble, words", [("gone", "There is no file"), ("cut", "damaged or incomplete")])


@TROUBLES
@pytest.mark.parametrize("paired", [False, True])
def test_a_file_that_breaks_later_is_named_once_and_skipped(tmp_path, trouble, words, paired):
    domain = folder(saved(tmp_path, *[(40, 40)] * 6), 20, lazy=True)
    kept = folder(tmp_path, 20, lazy=False)
    batches = Batches(domain, kept, crop=20, batch_size=2, paired=paired)
    before = arrays(batches.dataset(), 12)
    whole = spoil(tmp_path / "3.png", trouble)
    with pytest.warns(UserWarning) as caught:
        after = arrays(batches.dataset(), 12)
    (said,) = [str(warning.message) for warning in caught]
    assert words in said and "3.png" in said and "Skipped one of 6 images in" in said and "\n" not in said
    gone, stands_in = kept[3], kept[4]
    for (x, y), (new_x, new_y) in zip(before, after, strict=True):
        for i in range(2):
            if shows(x[i], gone):
                assert shows(new_x[i], stands_in)
                assert shows(new_y[i], stands_in) if paired else np.array_equal(new_y[i], y[i])
            else:
                assert np.array_equal(x[i], new_x[i]) and np.array_equal(y[i], new_y[i])
    assert sum(shows(x, gone) for batch, _ in before for x in batch) == 4
    (tmp_path / "3.png").write_bytes(whole)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert same(before, arrays(batches.dataset(), 12))  # and all is as it was once the file is back


def shows(square, picture):
    """Whether a square is the whole of the picture, or that flipped."""
    return any(np.allclose(square, other, atol=0.02) for other in (picture, picture[:, ::-1]))


def test_of_paired_files_the_partner_is_skipped_too(tmp_path):
    photos = folder(saved(tmp_path / "photos", *[(40, 40)] * 4), 20, lazy=True)
    paintings = folder(saved(tmp_path / "paintings", *[(40, 40)] * 4), 20, lazy=True)
    spoil(tmp_path / "photos" / "1.png", "cut")
    spoil(tmp_path / "paintings" / "2.png", "gone")
    with pytest.warns(UserWarning, match="Skipped one of 4 images") as caught:
        batches = arrays(Batches(photos, paintings, crop=20, batch_size=2, paired=True).dataset(), 8)
    assert len(caught) == 2
    for x, y in batches:
        for i in range(2):
            assert [shows(x[i], photos[k]) and shows(y[i], paintings[k]) for k in (0, 3)].count(True) == 1


@pytest.mark.slow
@TROUBLES
def test_where_no_file_can_be_read_any_more_one_sentence_says_so(tmp_path, trouble, words):
    domain = folder(saved(tmp_path, *[(40, 40)] * 3), 20, lazy=True)
    batches = Batches(domain, domain, crop=8, batch_size=2)
    wholes = {path: spoil(path, trouble) for path in sorted(tmp_path.iterdir())}
    fit = Trainer(SingleLoss(losses.pixel_style_loss, width=4, blocks=1)).fit
    for use in (lambda: list(batches.rows()), lambda: fit(batches, 2, progress=False), lambda: domain[2]):
        with pytest.raises(ImageError, match=words) as caught, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            use()
        assert ".png" in str(caught.value) and "\n" not in str(caught.value)
        assert caught.value.__suppress_context__ or not isinstance(caught.value.__context__, tf.errors.OpError)
    with pytest.raises(tf.errors.OpError, match=words):
        next(iter(batches.dataset()))
    for path, whole in wholes.items():
        path.write_bytes(whole)
    assert len(arrays(batches.dataset(), 12)) == 12  # and all is well once the files are back


@pytest.mark.slow
def test_what_failed_is_not_left_to_the_garbage_collector(tmp_path):
    """It may run in a thread that reads for what failed: that waits for itself then, and nothing is collected again."""
    domain = folder(saved(tmp_path, *[(40, 40)] * 3), 20, lazy=True)
    for path in tmp_path.iterdir():
        path.unlink()
    gc.collect()
    before = {id(one) for one in iterators()}
    gc.disable()
    try:
        with pytest.raises(ImageError, match="There is no file"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            next(Batches(domain, domain, crop=8, batch_size=2).rows())
        assert [one for one in iterators() if id(one) not in before] == []
    finally:
        gc.enable()


def iterators():
    """The iterators over tf.data pipelines that are in memory."""
    return [one for one in gc.get_objects() if type(one).__name__ == "OwnedIterator"]


def test_lazy_batches_can_be_transformed_like_any_dataset(tmp_path):
    domain = folder(saved(tmp_path, (40, 40)), 20, lazy=True)
    batches = Batches(domain, domain, crop=8, batch_size=2).dataset()
    assert [part.shape for part in batches.element_spec] == [(2, 8, 8, 3)] * 2
    ((x, y),) = batches.map(lambda x, y: (-x, y)).unbatch().take(1)
    assert np.array_equal(-x, arrays(batches, 1)[0][0][0]) and y.shape == (8, 8, 3)


@pytest.mark.slow
@pytest.mark.parametrize("lazy", [True, False])
def test_keras_can_fit_on_batches(tmp_path, lazy):
    domain = folder(saved(tmp_path, (40, 40)), 20, lazy=lazy)
    model = keras.Sequential([keras.layers.Conv2D(3, 3, padding="same")])
    model.compile("sgd", "mae")
    batches = Batches(domain, domain, crop=8, batch_size=2).dataset()
    assert len(model.fit(batches, epochs=2, steps_per_epoch=3, shuffle=False, verbose=0).history["loss"]) == 2


def test_batches_never_end(tmp_path):
    """Keras' progress bar asks for the number of batches, and so does who forgets to say how many."""
    lazy, numbers = folder(saved(tmp_path, (40, 40)), 20, lazy=True), digits.photos("test")
    for batches in (Batches(lazy, lazy, crop=8), Batches(plain(2), plain(2), crop=8), digits.Batches(numbers, numbers)):
        assert batches.dataset(start=1).cardinality() == tf.data.INFINITE_CARDINALITY
        with pytest.raises(TypeError, match="infinite"):
            len(batches.dataset())


def test_rows_are_the_batches_of_the_dataset():
    batches = Batches(noise((30, 40)), plain(2), crop=16, batch_size=2)
    expected = arrays(batches.dataset(3), 2)
    assert same(expected, [(x.numpy(), y.numpy()) for x, y in itertools.islice(batches.rows(3), 2)])
    numbers = digits.Batches(*2 * [digits.photos("test")], batch_size=4)
    (x, y), (wanted, _) = next(numbers.rows(2)), arrays(numbers.dataset(2), 1)[0]
    assert np.array_equal(x, wanted) and y.shape == x.shape
