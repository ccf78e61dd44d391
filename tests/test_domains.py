"""Where pictures come from, and batches that depend on the seed and their number alone."""

import socket
import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from stylekit import images
from stylekit.domains import TEST_PHOTOS, TRAIN_PHOTOS, Domain, Pairs, folder, painted, photos
from stylekit.errors import DataError, ImageError, SettingError
from stylekit.painters import paint

few = settings(deadline=None, max_examples=8)


def plain(count, name="plain", size=(40, 50)):
    """Pictures of one value each, so that a crop tells which picture it is from."""
    return Domain(name, [np.full((*size, 3), value, "float32") for value in np.linspace(-1, 1, count)])


def drawn(pairs, batches, side=0):
    """The values of the plain pictures that the first batches hold, in order."""
    return np.concatenate([np.array(batch[side])[:, 0, 0, 0].round(2) for batch in pairs.batches().take(batches)])


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
    code = "import sys; from stylekit.domains import photos; photos(16); sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_painted_is_the_known_answer():
    domain = photos(32, "test")
    answer = painted(domain, "brush", seed=5)
    assert answer.names == domain.names and answer.shapes == domain.shapes and "brush" in answer.name
    for i, picture in enumerate(domain):
        assert np.allclose(answer[i], paint(picture, "brush", seed=5 + i), atol=1 / 255 + 1e-6)
        assert np.abs(answer[i] - picture).mean() > 0.01
    with pytest.raises(SettingError):
        painted(domain, "nobody")


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
    monkeypatch.setattr(images, "MAX_PIXELS", 100_000)
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
    with pytest.raises(DataError, match="is a file"):
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
    pairs = Pairs(domain, domain, crop, batch, paired, seed)
    for part in pairs.batches().element_spec:
        assert part.shape == (batch, crop, crop, 3)
    for x, y in arrays(pairs.batches(), 2):
        assert x.shape == y.shape == (batch, crop, crop, 3) and x.dtype == y.dtype == np.float32
        assert x.min() >= -1 and x.max() <= 1 and y.min() >= -1 and y.max() <= 1
        assert np.array_equal(x, y) or not paired


@few
@given(st.integers(0, 30), st.integers(0, 1000), st.booleans())
def test_batches_go_on_where_they_stopped(start, seed, paired):
    domain = noise((30, 40), (50, 25), (30, 30))
    settings = dict(crop=16, batch=4, paired=paired, seed=seed)
    whole = arrays(Pairs(domain, domain, **settings).batches(), start + 2)
    assert same(whole[start:], arrays(Pairs(domain, domain, **settings).batches(start=start), 2))


def test_batches_do_not_depend_on_threads():
    import tensorflow as tf

    domain = noise((30, 40), (50, 25))
    pairs, options = Pairs(domain, domain, crop=16), tf.data.Options()
    options.threading.private_threadpool_size = 1
    options.deterministic = True
    assert same(arrays(pairs.batches(), 20), arrays(pairs.batches().with_options(options), 20))


def test_seed_and_number_change_the_batch():
    domain = noise((40, 60), (60, 40))
    first, second = arrays(Pairs(domain, domain, crop=16, seed=1).batches(), 2)
    other = arrays(Pairs(domain, domain, crop=16, seed=2).batches(), 1)[0]
    assert not any(np.array_equal(a, b) for a, b in zip(first + first, second + other, strict=True))


def test_batches_start_anywhere_at_once():
    assert len(arrays(Pairs(plain(3), plain(3), crop=8).batches(start=2 * 10**9), 1)) == 1


def test_every_epoch_shows_every_picture_once():
    pairs = Pairs(plain(5), plain(3, "paintings"), crop=8, batch=2, seed=3)
    for side, count in ((0, 5), (1, 3)):
        epochs = drawn(pairs, 75, side).reshape(-1, count)
        assert np.allclose(np.sort(epochs, 1), np.linspace(-1, 1, count), atol=0.01)
        assert len({tuple(epoch) for epoch in epochs}) > count  # a new order each time
        assert len(set(epochs[:, 0])) == count  # and any picture may come first


def test_unpaired_draws_are_independent():
    domain = plain(8)
    pairs = Pairs(domain, domain, crop=8, batch=8, seed=0)
    photo, painting = drawn(pairs, 50, 0), drawn(pairs, 50, 1)
    assert abs(np.corrcoef(photo, painting)[0, 1]) < 0.2
    one = noise((64, 64))
    x, y = arrays(Pairs(one, one, crop=16).batches(), 1)[0]
    assert not any(np.array_equal(a, b) for a, b in zip(x, y, strict=True))  # other crops of the same picture


@few
@given(st.integers(0, 1000))
def test_paired_crops_lie_on_each_other(seed):
    domain = noise((40, 60), (12, 9), (60, 33))
    negative = Domain("negative", [-picture for picture in domain], domain.names)
    pairs = Pairs(domain, negative, crop=16, batch=5, paired=True, seed=seed)
    for x, y in arrays(pairs.batches(), 4):
        assert np.abs(x + y).max() < 2e-5  # one value off would be 8e-3
        assert x.std() > 0.05


def test_pairs_from_a_painter():
    domain = photos(32)
    x, y = arrays(Pairs(domain, painted(domain, "oil"), crop=24, paired=True).batches(), 1)[0]
    matrix = [[np.abs(photo - painting).mean() for painting in y] for photo in x]
    assert np.array_equal(np.argmin(matrix, 1), np.arange(6))  # every painting is nearest to its own photo


def test_crops_are_squares_of_every_size_and_place():
    down, right = np.mgrid[0:100, 0:200].astype("float32")
    ramps = Domain("ramps", [np.stack([right / 100 - 1, down / 100 - 1, 0 * down], -1)])
    batch = np.concatenate([x for x, _ in arrays(Pairs(ramps, ramps, crop=20, batch=50).batches(), 8)])
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
    x = arrays(Pairs(Domain("s", [stripes]), plain(1), crop=40).batches(), 1)[0][0]
    assert np.abs(x).min() == 1  # at its own size no value is mixed
    small = arrays(Pairs(noise((1, 1), (5, 9)), plain(1), crop=40).batches(), 1)[0][0]
    assert small.shape == (6, 40, 40, 3)


def test_pictures_stay_outside_the_graph():
    import tensorflow as tf

    pairs = Pairs(noise((600, 600)), plain(1), crop=16)
    graph = tf.function(pairs._pair).get_concrete_function(tf.TensorSpec([], tf.int64)).graph
    assert graph.as_graph_def().ByteSize() < 100_000 < 600 * 600 * 3


@pytest.mark.parametrize(
    "wrong", [{"crop": 0}, {"crop": 2.5}, {"batch": 0}, {"batch": True}, {"seed": -1}, {"seed": 2**31}, {"seed": None}]
)
def test_wrong_settings(wrong):
    with pytest.raises(SettingError, match=next(iter(wrong))):
        Pairs(plain(2), plain(2), **wrong)
    with pytest.raises(SettingError, match="start"):
        Pairs(plain(2), plain(2)).batches(start=-1)


def test_domains_that_do_not_match():
    with pytest.raises(DataError, match="'none' has no pictures"):
        Pairs(plain(2), Domain("none", []))
    with pytest.raises(DataError, match="2 photos and 3 paintings"):
        Pairs(plain(2), plain(3), paired=True)
    with pytest.raises(DataError, match="50 x 40 px.*50 x 41 px"):
        Pairs(plain(2), plain(2, size=(41, 50)), paired=True)
    pictures = [np.zeros((4, 4, 3))] * 2
    with pytest.raises(DataError, match="'a.jpg' with the painting 'b.png'"):
        Pairs(Domain("p", pictures, ["a.jpg", "b.jpg"]), Domain("q", pictures, ["b.png", "a.png"]), paired=True)
    Pairs(Domain("p", pictures, ["a.jpg", "b.jpg"]), Domain("q", pictures, ["a.png", "b.png"]), paired=True)
    Pairs(plain(2), plain(3))
