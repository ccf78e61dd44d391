"""Where pictures come from, and batches that depend on the seed and their number alone."""

import gc
import itertools
import socket
import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from stylekit import images
from stylekit.data import digits, domains
from stylekit.data.batches import Batches
from stylekit.data.cropping import BRIGHTNESS, CONTRAST, LARGEST_SCALE, SATURATION
from stylekit.data.domains import TEST_PHOTOS, TRAIN_PHOTOS, Domain, filtered, folder, join, photos
from stylekit.errors import DataError, ImageError, SettingError
from stylekit.filters import render
from stylekit.methods.single_loss import SingleLoss
from stylekit.nn import losses
from stylekit.training.trainer import Trainer

few = settings(deadline=None, max_examples=8)


def plain(count, name="plain", size=(40, 50)):
    """Pictures of one value each, so that a crop tells which picture it is from."""
    return Domain(name, [np.full((*size, 3), value, "float32") for value in np.linspace(-1, 1, count)])


def drawn(batches, count, side=0):
    """The values of the plain pictures that the first batches hold, in order."""
    return np.concatenate([np.array(batch[side])[:, 0, 0, 0].round(2) for batch in batches.dataset().take(count)])


def noise(*sizes, name="noise"):
    random = np.random.default_rng(0)
    return Domain(name, [random.uniform(-1, 1, (*size, 3)).astype("float32") for size in sizes])


def arrays(dataset, count):
    return [tuple(np.array(part) for part in batch) for batch in dataset.take(count)]


def same(some, others):
    return all(np.array_equal(one, other) for one, other in zip(some, others, strict=True))


# Domain


def test_domain_is_a_sequence_of_pictures():
    domain = Domain("two", [np.full((3, 4, 3), 1.0), np.full((5, 2, 3), -1.0)], ["a", "b"])
    assert len(domain) == 2 and domain.names == ["a", "b"] and domain.shapes == [(3, 4), (5, 2)]
    assert domain[1].dtype == np.float32 and np.array_equal(domain[-1], np.full((5, 2, 3), -1))
    assert [picture.shape for picture in domain] == [(3, 4, 3), (5, 2, 3)]
    assert np.array_equal(domain.pictures[0], domain[0])
    assert domain[1:].names == ["b"] and np.array_equal(domain[1:][0], domain[1]) and domain[1:].name == "two"
    assert "two" in repr(domain) and "a, b" in repr(domain)
    with pytest.raises(IndexError):
        domain[2]


def test_domain_keeps_eight_bits():
    domain = noise((20, 30))
    assert np.abs(domain[0] - np.random.default_rng(0).uniform(-1, 1, (20, 30, 3))).max() <= 1 / 255 + 1e-6
    assert np.array_equal(Domain("again", domain)[0], domain[0])


def test_domain_refuses_what_is_no_picture():
    with pytest.raises(ImageError, match="NaN"):
        Domain("a", [np.full((3, 3, 3), np.nan)])
    with pytest.raises(ImageError, match="2, 3, 3, 3"):
        Domain("a", [np.zeros((2, 3, 3, 3))])
    with pytest.raises(DataError, match="1 pictures and 2 names"):
        Domain("a", [np.zeros((3, 3, 3))], ["a", "b"])


# Photos and paintings


def test_photos_need_no_network(monkeypatch, tmp_path):
    def refuse(*_):
        raise OSError("the network is off")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("HOME", str(tmp_path))
    domain = photos(48, "all")
    assert len(domain) == 8 and sorted(domain.names) == sorted(TRAIN_PHOTOS + TEST_PHOTOS)
    for picture, name in zip(domain, domain.names, strict=True):
        assert min(picture.shape[:2]) == 48, name
        assert picture.std() > 0.2 and np.abs(picture[..., 0] - picture[..., 2]).mean() > 0.05, f"{name} is not colour"


def test_photos_are_whole_in_one_set():
    train, test = photos(16), photos(16, "test")
    assert train.names == list(TRAIN_PHOTOS) and test.names == list(TEST_PHOTOS)
    assert not set(train.names) & set(test.names)
    for picture in test:
        assert not any(np.array_equal(picture, other) for other in train)
    with pytest.raises(SettingError, match="'dev'.*train, test, all"):
        photos(16, "dev")
    with pytest.raises(SettingError):
        photos(0)


def test_photos_need_no_tensorflow():
    code = "import sys; from stylekit.data.domains import photos; photos(16); sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_painted_is_the_known_answer():
    domain = photos(32, "test")
    answer = filtered(domain, "brush", seed=5)
    assert answer.names == domain.names and answer.shapes == domain.shapes and "brush" in answer.name
    for i, picture in enumerate(domain):
        assert np.allclose(answer[i], render(picture, "brush", seed=5 + i), atol=1 / 255 + 1e-6)
        assert np.abs(answer[i] - picture).mean() > 0.01
    with pytest.raises(SettingError):
        filtered(domain, "nobody")


# Folders


def save(path, size=(30, 20), colour="red"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def test_folder_reads_deep_and_in_order(tmp_path):
    for name, colour in (("b.png", "red"), ("a/c.jpg", "lime"), ("z.webp", "blue")):
        save(tmp_path / name, colour=colour)
    (tmp_path / "notes.txt").write_text("no image")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        domain = folder(tmp_path, 10)
    assert domain.name == tmp_path.name and domain.names == ["a/c.jpg", "b.png", "z.webp"]
    assert domain.shapes == [(10, 15)] * 3
    assert [int(picture[5, 5].argmax()) for picture in domain] == [1, 0, 2]
    assert folder(str(tmp_path), 10).names == domain.names


def test_folder_skips_and_names_the_broken(tmp_path):
    save(tmp_path / "good.png")
    save(tmp_path / "in/cut.png", (200, 200))
    (tmp_path / "in/cut.png").write_bytes((tmp_path / "in/cut.png").read_bytes()[:60])
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "text.png").write_text("no image")
    save(tmp_path / "line.png", (3_000_000, 1))  # scaled to 256 px it would have 196 thousand million pixels
    with pytest.warns(UserWarning) as caught:
        domain = folder(tmp_path)
    assert domain.names == ["good.png"] and len(caught) == 1
    text = str(caught[0].message)
    assert text.startswith("Skipped 4 of 5 images") and "0 bytes" in text
    assert all(name in text for name in ("in/cut.png", "empty.jpg", "text.png", "line.png"))
    assert caught[0].filename == __file__


def test_folder_skips_a_huge_image(tmp_path, monkeypatch):
    monkeypatch.setattr(images.arrays, "MAX_PIXELS", 100_000)
    save(tmp_path / "good.png")
    save(tmp_path / "huge.png", (400, 300))
    with pytest.warns(UserWarning, match="huge.png"):
        assert folder(tmp_path, 10).names == ["good.png"]


def test_folder_names_at_most_twenty(tmp_path):
    save(tmp_path / "z.png")
    for i in range(23):
        (tmp_path / f"{i:02}.png").write_bytes(b"")
    with pytest.warns(UserWarning, match="Skipped 23 of 24.*19.png and 3 more"):
        folder(tmp_path)


def test_folder_with_nothing_usable(tmp_path):
    with pytest.raises(DataError, match="no image in .*png"):
        folder(tmp_path)
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(DataError, match="None of the 1 images .*0 bytes"):
        folder(tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        folder(tmp_path / "none")
    with pytest.raises(DataError, match=r"^\S*a.png is empty \(0 bytes\)"):
        folder(tmp_path / "a.png")
    with pytest.raises(SettingError, match="'dev'"):
        folder(tmp_path, split="dev")


def test_folder_split_depends_on_the_name_alone(tmp_path):
    for i in range(40):
        save(tmp_path / f"{i}.png")
    train, test = folder(tmp_path, 8, "train").names, folder(tmp_path, 8, "test").names
    assert sorted(train + test) == sorted(folder(tmp_path, 8).names)
    assert 3 <= len(test) <= 14
    for name in test[1:] + train[1:]:
        (tmp_path / name).unlink()
    save(tmp_path / "sub" / test[0])
    assert folder(tmp_path, 8, "test").names == sorted([test[0], "sub/" + test[0]])
    assert folder(tmp_path, 8, "train").names == train[:1]
    (tmp_path / test[0]).unlink(), (tmp_path / "sub" / test[0]).unlink()
    with pytest.raises(DataError, match="falls into the test set"):
        folder(tmp_path, 8, "test")


def test_a_single_painting_is_a_folder_of_one(tmp_path):
    save(tmp_path / "deep/one.jpg", colour="lime")
    for path in (tmp_path / "deep/one.jpg", str(tmp_path / "deep/one.jpg")):
        domain = folder(path, 10)
        assert domain.name == "one.jpg" and domain.names == ["one.jpg"] and domain.shapes == [(10, 15)]
        assert np.array_equal(domain[0], folder(tmp_path / "deep", 10)[0])
    with pytest.raises(DataError, match="falls into the test set.*'all'"):
        folder(tmp_path / "deep/one.jpg", 10, "test")
    assert len(folder(tmp_path / "deep/one.jpg", 10, "train")) == 1
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(DataError, match="notes.txt is not an image"):
        folder(tmp_path / "notes.txt")


# Lazy domains


def saved(place, *sizes):
    """The folder, with one noisy PNG of each (width, height) in it: 0.png, 1.png ..."""
    place.mkdir(exist_ok=True)
    random = np.random.default_rng(1)
    for i, (width, height) in enumerate(sizes):
        Image.fromarray(random.integers(0, 256, (height, width, 3), "uint8")).save(place / f"{i}.png")
    return place


@pytest.fixture
def reads(monkeypatch):
    """The names of the files whose pixels were decoded, in order."""
    names, read = [], images.read_uint8
    monkeypatch.setattr(images, "read_uint8", lambda path, size: (names.append(path.name), read(path, size))[1])
    return names


def test_a_lazy_folder_decodes_only_what_is_asked_for(tmp_path, reads):
    kept = folder(saved(tmp_path, (30, 20), (20, 40), (16, 16)), 16, lazy=False)
    assert reads == ["0.png", "1.png", "2.png"]
    reads.clear()
    lazy = folder(tmp_path, 16, lazy=True)
    assert len(lazy) == 3 and lazy.names == kept.names and lazy.shapes == kept.shapes == [(16, 24), (32, 16), (16, 16)]
    assert lazy.name == kept.name and repr(lazy) == repr(kept)
    part, both = lazy[1:], join([lazy, kept, lazy[:1]], "both")
    assert part.names == ["1.png", "2.png"] and both.shapes == kept.shapes * 2 + [(16, 24)]
    assert reads == []
    assert np.array_equal(lazy[2], kept[2]) and np.array_equal(part[0], kept[1]) and np.array_equal(lazy[-1], kept[-1])
    assert reads == ["2.png", "1.png", "2.png"]
    assert all(np.array_equal(both[i], kept[i % 3]) for i in range(7))
    answer = filtered(lazy, "oil")
    assert answer.names == lazy.names and np.array_equal(answer[1], filtered(kept, "oil")[1])


def test_a_large_folder_is_lazy_and_a_small_one_is_not(tmp_path, reads, monkeypatch):
    saved(tmp_path, *[(20, 20)] * 4)
    monkeypatch.setattr(domains, "KEPT", 4 * 12 * 12 * 3)
    folder(tmp_path, 12)
    assert len(reads) == 4
    folder(tmp_path, 13)
    assert len(reads) == 4


def test_a_lazy_folder_skips_what_its_header_betrays(tmp_path):
    saved(tmp_path, (30, 30))
    (tmp_path / "empty.jpg").write_bytes(b"")
    save(tmp_path / "line.png", (3_000_000, 1))
    with pytest.warns(UserWarning, match="Skipped 2 of 3 images.*empty.jpg, line.png"):
        assert folder(tmp_path, 20, lazy=True).names == ["0.png"]


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
        assert batches.dataset().cardinality() == tf.data.INFINITE_CARDINALITY
        with pytest.raises(TypeError, match="infinite"):
            len(batches.dataset())


def test_rows_are_the_batches_of_the_dataset():
    batches = Batches(noise((30, 40)), plain(2), crop=16, batch_size=2)
    expected = arrays(batches.dataset(3), 2)
    assert same(expected, [(x.numpy(), y.numpy()) for x, y in itertools.islice(batches.rows(3), 2)])
    numbers = digits.Batches(*2 * [digits.photos("test")], batch_size=4)
    (x, y), (wanted, _) = next(numbers.rows(2)), arrays(numbers.dataset(2), 1)[0]
    assert np.array_equal(x, wanted) and y.shape == x.shape


# Batches


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
