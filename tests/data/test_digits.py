"""Digits: two domains that share none of them, a known answer to each test photo, and batches that mirror nothing."""

import numpy as np
import pytest

from stylekit.data import digits, domains
from stylekit.errors import DataError, SettingError


@pytest.fixture(scope="module")
def test_photos():
    return digits.photos("test")


def numbers(domain):
    return {name.split("-")[1] for name in domain.names}


def test_no_digit_is_in_two_parts(test_photos):
    parts = {part: numbers(digits.photos(part)) for part in ("source", "target")} | {"test": numbers(test_photos)}
    assert {part: len(names) for part, names in parts.items()} == {"source": 1000, "target": 400, "test": 397}
    assert len(set.union(*parts.values())) == 1797


def test_the_pictures_are_of_their_labels(test_photos):
    """The mean picture of each digit is most like the mean picture of the same digit in another part."""
    other = digits.photos("target")
    means = [
        np.stack([-np.mean(np.stack(domain)[digits.labels(domain) == digit], axis=(0, 3)) for digit in range(10)])
        for domain in (test_photos, other)
    ]
    a, b = (m.reshape(10, -1) - m.reshape(10, -1).mean(axis=1, keepdims=True) for m in means)
    assert np.array_equal(np.argmax(a @ (b / np.linalg.norm(b, axis=1, keepdims=True)).T, axis=1), np.arange(10))


def test_numbers_are_darker_than_their_walls_and_vary_in_colour(test_photos):
    pictures = np.stack(test_photos)
    middle, rim = pictures[:, 8:24, 8:24].min(axis=(1, 2)) @ digits.LUMINANCE, pictures[:, 0].mean(axis=1)
    assert np.mean(middle < rim @ digits.LUMINANCE) > 0.99
    assert pictures.shape == (397, 32, 32, 3) and rim.std(axis=0).min() > 0.3


@pytest.mark.slow
def test_a_painting_is_the_known_answer_to_its_photo(test_photos):
    few = test_photos[:40]
    paintings = np.stack(digits.paintings("test")[:40]) @ digits.LUMINANCE
    photos = np.stack(few) @ digits.LUMINANCE
    alike = [np.corrcoef(x.ravel(), y.ravel())[0, 1] for x, y in zip(photos, paintings, strict=True)]
    unlike = [np.corrcoef(x.ravel(), y.ravel())[0, 1] for x, y in zip(photos, np.roll(paintings, 1, 0), strict=True)]
    assert np.mean(alike) > 0.6 > np.mean(unlike) + 0.1


def test_the_same_seed_gives_the_same_photos_and_copies_differ():
    one, again, other = (np.stack(digits.photos("test", seed=seed)[:20]) for seed in (3, 3, 4))
    assert np.array_equal(one, again) and not np.array_equal(one, other)
    twice = digits.photos("test", copies=2)
    assert twice.names[:397] == twice.names[397:] and not np.array_equal(twice[0], twice[397])


def test_batches_depend_on_their_number_and_mirror_nothing(test_photos):
    paintings = domains.Domain("other", [np.full((32, 32, 3), value, "float32") for value in (-0.5, 0.5)])
    batches = digits.Batches(test_photos, paintings, batch_size=6, seed=1)
    drawn = [[array.numpy() for array in pair] for pair in batches.dataset().take(5)]
    later = [[array.numpy() for array in pair] for pair in batches.dataset(start=3).take(2)]
    assert all(np.array_equal(a, b) for a, b in zip(drawn[3] + drawn[4], later[0] + later[1], strict=True))
    assert not np.array_equal(drawn[0][0], drawn[1][0])
    whole = np.stack(test_photos)
    assert all((whole == photo).all(axis=(1, 2, 3)).any() for x, _ in drawn for photo in x)
    assert {round(float(painting.mean()), 1) for _, y in drawn for painting in y} == {-0.5, 0.5}


def test_bad_input_is_told():
    with pytest.raises(SettingError, match="wanted one of source, target, test"):
        digits.photos("train")
    with pytest.raises(DataError, match="without a digit"):
        digits.labels(domains.Domain("cats", [np.zeros((32, 32, 3), "float32")], ["tom"]))
