"""Where pictures come from: domains, embedded photos, folders."""

import socket
import subprocess
import sys
import warnings

import numpy as np
import pytest
from pictures import noise, save, saved

from stylekit import images
from stylekit.data import domains
from stylekit.data.domains import TEST_PHOTOS, TRAIN_PHOTOS, Domain, filtered, folder, join, photos
from stylekit.errors import DataError, ImageError, SettingError
from stylekit.filters import render

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


@pytest.mark.slow
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
