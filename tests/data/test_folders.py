"""The learner's own images: what their headers tell, and what one would rather not train on."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from stylekit import images
from stylekit.data import domains, folders
from stylekit.errors import DataError, ImageError

SUFFIXES = ("png", "jpg", "webp", "tif", "gif", "bmp", "avif")


def photo(name, size=(192, 128)):
    """One of the embedded photos as a Pillow image."""
    pictures = domains.photos(max(size), "all")
    return Image.fromarray(images.to_uint8(images.fit(pictures[pictures.names.index(name)], size[::-1])))


# Headers


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(SUFFIXES), st.integers(1, 60), st.integers(1, 60), st.integers(1, 8), st.none() | st.integers(1, 99)
)
def test_a_header_tells_the_size_that_reading_gives(tmp_path_factory, suffix, width, height, orientation, size):
    path = tmp_path_factory.getbasetemp() / f"measured.{suffix}"
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (width, height)).save(path, **({} if suffix in ("gif", "bmp") else {"exif": exif}))
    assert images.measure(path, size) == images.read(path, size).shape[:2]
    assert np.array_equal(images.from_uint8(images.read_uint8(path, size)), images.read(path, size))


def test_a_header_is_read_and_no_pixel(tmp_path, monkeypatch):
    for suffix in SUFFIXES:
        photo("cat").save(tmp_path / f"a.{suffix}")

    def refuse(*_):
        raise AssertionError("a pixel was decoded")

    with monkeypatch.context() as patch:
        for kind in {type(Image.open(tmp_path / f"a.{suffix}")) for suffix in SUFFIXES}:
            patch.setattr(kind, "load", refuse)
        assert {images.measure(tmp_path / f"a.{suffix}", 64) for suffix in SUFFIXES} == {(64, 96)}


def test_a_bomb_is_refused_by_its_header(tmp_path, monkeypatch):
    photo("cat").save(tmp_path / "bomb.png")
    monkeypatch.setattr(images.arrays, "MAX_PIXELS", 100 * 100)
    files, broken = folders.measure(folders.find(tmp_path), 32)
    assert not files and "192 x 128" in str(broken["bomb.png"])


def test_a_heic_image_is_read_or_the_plugin_is_named(tmp_path):
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    with pytest.raises(ImageError, match="a.heic") as caught:
        images.read(tmp_path / "a.heic")
    try:
        import pillow_heif
    except ImportError:
        assert "pip install pillow-heif" in str(caught.value)
        return
    assert "not an image" in str(caught.value)
    pillow_heif.register_heif_opener()
    photo("cat").save(tmp_path / "a.heic", quality=90)
    assert images.measure(tmp_path / "a.heic") == (128, 192)
    assert np.abs(images.read(tmp_path / "a.heic") - images.from_uint8(np.asarray(photo("cat")))).mean() < 0.05


def test_a_file_is_like_an_array(tmp_path):
    photo("cat").save(tmp_path / "a.png")
    files, _ = folders.measure(folders.find(tmp_path), 64)
    file = files["a.png"]
    assert file.shape == np.asarray(file).shape == (64, 96, 3) and np.asarray(file).dtype == np.uint8
    assert np.array_equal(np.asarray(file), images.read_uint8(tmp_path / "a.png", 64))
    assert np.asarray(file, "float32").dtype == np.float32
    (tmp_path / "a.png").unlink()
    with pytest.raises(ImageError, match="no file"):
        np.asarray(file)


# Names


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(st.characters(exclude_characters="/\0"), min_size=1), min_size=1))
def test_the_set_of_a_file_follows_from_its_own_name(names):
    for name in names:
        assert folders.split_of(name) == folders.split_of("a/b/" + name) in ("train", "test")


def test_one_name_in_five_is_for_testing():
    names = [f"IMG_{number}.jpg" for number in range(2000)]
    assert 0.17 < np.mean([folders.split_of(name) == "test" for name in names]) < 0.23


# Reports


def altered(image):
    """Near duplicates of an image, as people make them."""
    width, height = image.size
    small = io.BytesIO()
    image.resize((width // 2, height // 2)).save(small, "JPEG", quality=40)
    return {
        "saved again.jpg": Image.open(small),
        "brighter.png": ImageEnhance.Brightness(image).enhance(1.15),
        "harder.png": ImageEnhance.Contrast(image).enhance(1.2),
        "cut.png": image.crop((width // 50, height // 50, width - width // 50, height - height // 50)),
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", domains.TRAIN_PHOTOS + domains.TEST_PHOTOS)
def test_near_duplicates_are_found(tmp_path, name):
    photo(name).save(tmp_path / "0.png")
    for other, image in altered(photo(name)).items():
        image.save(tmp_path / other)
    assert folders.inspect(tmp_path, 64).duplicates == [["0.png", *sorted(altered(photo(name)))]]


@pytest.mark.slow
def test_different_pictures_are_no_duplicates(tmp_path):
    names = domains.TRAIN_PHOTOS + domains.TEST_PHOTOS
    for name in names:
        photo(name).save(tmp_path / f"{name}.png")
        photo(name).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / f"{name} mirrored.png")
    for grey in (0, 100, 255):  # nothing in them, so nothing in common
        Image.new("RGB", (200, 200), (grey,) * 3).save(tmp_path / f"{grey}.png")
    report = folders.inspect(tmp_path, 64)
    assert report.duplicates == [] and report.count == 2 * len(names) + 3


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(0, 5), max_size=40), st.integers(1, 9))
def test_groups_are_the_same_however_many_are_compared_at_a_time(kinds, rows):
    random = np.random.default_rng(0)
    patterns = random.normal(size=(6, 4, 4, 3))
    copies = [patterns[kind] * 50 + 128 + random.normal(size=(4, 4, 3)) for kind in kinds]
    whole, folders.ROWS = folders.ROWS, rows
    try:
        groups = folders.alike(copies, list(range(len(kinds))))
    finally:
        folders.ROWS = whole
    wanted = [[i for i, other in enumerate(kinds) if other == kind] for kind in dict.fromkeys(kinds)]
    assert groups == [group for group in wanted if len(group) > 1]


def test_the_report_names_what_one_would_not_train_on(tmp_path):
    (tmp_path / "in").mkdir()
    photo("cat").save(tmp_path / "cat.png")
    photo("cat").save(tmp_path / "in/cat.png")
    photo("coffee", (70, 63)).save(tmp_path / "tiny.png")
    photo("flower", (70, 64)).save(tmp_path / "enough.png")
    photo("rocket").save(tmp_path / "cut.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "cut.jpg").read_bytes()[:2000])
    (tmp_path / "empty.png").write_bytes(b"")
    report = folders.inspect(tmp_path, 64)
    assert report.count == 4 and report.tiny == ["tiny.png"] and report.duplicates == [["cat.png", "in/cat.png"]]
    assert report.apart == []  # a copy of the same name belongs to the same set
    assert list(report.broken) == ["cut.jpg", "empty.png"] and "damaged" in report.broken["cut.jpg"]
    text = str(report).splitlines()
    assert len(text) == 4 and text[0] == f"{tmp_path}: 4 images to learn from."
    assert "1 smaller than 64 px" in text[1] and "tiny.png" in text[1]
    assert text[2] == "1 group of near duplicates: cat.png = in/cat.png."
    assert text[3].startswith("2 cannot be read: cut.jpg, empty.png. ") and "damaged" in text[3]


def test_the_report_says_where_the_split_parts_duplicates(tmp_path):
    names = [f"{i}.png" for i in range(30)]
    train, test = (next(name for name in names if folders.split_of(name) == split) for split in ("train", "test"))
    photo("cat").save(tmp_path / train)
    photo("cat").save(tmp_path / test)
    report = folders.inspect(tmp_path)
    assert report.apart == [sorted([train, test])]
    assert "1 group of near duplicates, 1 of them in both train and test:" in str(report)


def test_the_report_of_a_good_folder_is_one_line(tmp_path):
    photo("cat").save(tmp_path / "cat.png")
    for path in (tmp_path, tmp_path / "cat.png"):
        assert str(folders.inspect(path, 128)) == (
            f"{path}: 1 image to learn from. "
            "All can be read, none is smaller than 128 px, and no two are nearly the same."
        )
    with pytest.raises(DataError, match="does not exist"):
        folders.inspect(tmp_path / "none")
    (tmp_path / "cat.png").unlink()
    assert folders.inspect(tmp_path).count == 0
