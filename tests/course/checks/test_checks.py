"""The checks behind the exercises: the right answer passes, and each wrong one is told what is wrong with it."""

import re

import numpy as np
import pytest

from stylekit import images
from stylekit.course import checks
from stylekit.data import domains
from stylekit.filters import render
from stylekit.methods.painter import Painter
from stylekit.nn import features


def right_normalise(pixels):
    return pixels.astype("float32") / 127.5 - 1


def right_denormalise(picture):
    return np.round((picture + 1) * 127.5).astype("uint8")


def right_pair_up(photo_names, painting_names):
    stems = [name.split(".")[0] for name in painting_names]
    return [stems.index(name.split(".")[0]) for name in photo_names]


@pytest.mark.parametrize(
    "check, answer",
    [
        (checks.normalise, right_normalise),
        (checks.normalise, images.from_uint8),
        (checks.denormalise, right_denormalise),
        (checks.denormalise, images.to_uint8),
        (checks.denormalise, lambda picture: ((picture + 1) * 127.5 + 0.5).astype("uint8")),
        (checks.pair_up, right_pair_up),
        (checks.pair_up, lambda photos, paintings: np.array(right_pair_up(photos, paintings))),
        (checks.pair_up, lambda photos, paintings: iter(right_pair_up(photos, paintings))),
    ],
)
def test_right_answers_pass(check, answer):
    verdict = check(answer)
    assert verdict, verdict
    assert repr(verdict).startswith("Right: ")


@pytest.mark.parametrize(
    "answer, sentence",
    [
        (lambda u: u / 255, r"black becomes 0 and white 1"),
        (lambda u: u / 127.5 - 1, r"values are right, but float64"),
        (lambda u: u / np.float32(128) - 1, r"white becomes 0.9922, wanted 1: half of 255 is 127.5"),
        (lambda u: 1 - u / np.float32(127.5), r"the picture is a negative"),
        (lambda u: u.astype("float32") - 127.5, r"values run from -127.5 to 127.5"),
        (lambda u: 2 * (u / np.float32(255)) ** 2 - 1, r"ends are right, but 12[78] becomes -0\.[45]\d+"),
        (lambda u: u - 128, r"result is uint8: whole numbers have no room"),
        (lambda u: right_normalise(u)[..., :1], r"shape changed from \(16, 16, 3\) to \(16, 16, 1\)"),
        (lambda u: right_normalise(u) / (u > 300), r"NaN or infinite"),
        (lambda u: None, r"returns nothing yet"),
        (lambda u: ..., r"returns nothing yet"),
        (lambda u: "white", r"wanted an array of numbers"),
        (lambda u: [[1], [1, 2]], r"wanted an array of numbers, found list"),
        (lambda: 0, r"stopped with TypeError: .*argument"),
        (lambda u: u.colour, r"stopped with AttributeError: .*colour"),
        (np.zeros(3), r"pass the function itself"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_normalise_says_what_is_wrong(answer, sentence):
    refused(checks.normalise(answer), sentence)


@pytest.mark.parametrize(
    "answer, sentence",
    [
        # 63 is how often (u / 127.5 - 1 + 1) * 127.5 falls just below u in float32
        (lambda x: ((x + 1) * 127.5).astype("uint8"), r"63 of 256 values come back one lower: .* round first"),
        (lambda x: np.round((x + 1) * 127.5), r"result is float32: a file holds whole numbers"),
        (lambda x: np.round((x + 1) * 127.5).astype("int64"), r"result is int64"),
        (lambda x: np.round(x * 127.5).astype("int64").astype("uint8"), r"256 of 256 values do not come back; 0 comes"),
        (lambda x: 255 - right_denormalise(x), r"256 of 256 values .*; 0 comes back as \[255, 255, 255\]"),
        (lambda x: right_denormalise(x) * np.array([1, 1, 0], "uint8"), r"255 of 256 .*; 1 comes back as \[1, 1, 0\]"),
        (lambda x: right_denormalise(x)[0], r"shape changed"),
    ],
)
def test_denormalise_says_what_is_wrong(answer, sentence):
    refused(checks.denormalise(answer), sentence)


@pytest.mark.parametrize(
    "answer, sentence",
    [
        (lambda photos, paintings: range(4), r"astronaut.jpg got rocket.png"),
        (lambda photos, paintings: [1, 3, 4, 1], r"rocket.jpg got astronaut.png"),
        (lambda photos, paintings: np.argsort(paintings)[:4], r"coffee.jpg got china.png"),
        (lambda photos, paintings: [1, 3, 4], r"4 photos, but you return 3 places"),
        (lambda photos, paintings: [1, 3, 4, 5], r"whole numbers from 0 to 4; found \[1, 3, 4, 5\]"),
        (lambda photos, paintings: [1, 3, 4, -5], r"whole numbers from 0 to 4"),
        (lambda photos, paintings: ["astronaut.png"] * 4, r"wanted places in the list"),
        (lambda photos, paintings: 1, r"wanted a list of places, found 1"),
        (lambda photos, paintings: [paintings.index(name) for name in photos], r"stopped with ValueError"),
    ],
)
def test_pair_up_says_what_is_wrong(answer, sentence):
    refused(checks.pair_up(answer), sentence)


def refused(verdict, sentence):
    assert not verdict
    assert re.search(sentence, verdict.sentence), verdict.sentence
    assert repr(verdict) == f"Not yet: {verdict.sentence}"


def test_an_answer_cannot_spoil_the_question():
    """An answer that writes into what it is given is judged by what it returns."""

    def greedy(pixels):
        pixels[:] = 0
        return pixels.astype("float32") / 127.5 - 1

    assert not checks.normalise(greedy)
    assert checks.normalise(right_normalise)


class Blend:
    """A painter that lays the painting over the photo: content raised gives the one, style raised the other."""

    def __init__(self):
        self.feature_extractor = features.feature_extractor()

    def __call__(self, photo, painting, adversarial=1.0, content=1.0, style=1.0):
        return (content * photo + style * painting) / (content + style)


@pytest.mark.slow
def test_balance_wants_enough_of_both():
    photo = images.fit(domains.photos(64, "test")[0], 64)
    painting = render(photo, "pointillist")
    blend = Blend()
    verdict = checks.balance(blend, photo, painting, content=30.0)
    refused(verdict, r"keeps (9\d|100)% .* takes on \d% .* style is too weak")
    verdict = checks.balance(blend, photo, painting, style=30.0)
    refused(verdict, r"keeps \d% .* takes on (9\d|100)% .* content is too far")
    shares = [checks.balance(blend, photo, painting, style=style) for style in np.geomspace(0.3, 3, 9)]
    assert any(shares), shares


@pytest.mark.slow
@pytest.mark.parametrize(
    "weights, words",
    [
        ({"content": -1.0}, r"\['content'\] is below 0, and a weight is a factor: 0.1, not -1"),
        ({"contents": 3.0}, r"no weight \['contents'\]: their names are adversarial, content, style"),
        ({"style": float("nan")}, "loss weights are .*nan.*: wanted finite numbers"),
        ({"style": 0.0, "content": 0.0, "adversarial": 0.0}, "not all 0"),
        ({"style": "much"}, "wanted numbers as weights"),
        ({"adversarial": 50.0}, "adversarial term outweighs the other two, so lower"),
    ],
)
def test_balance_names_the_mistake(weights, words):
    photo = images.fit(domains.photos(32, "test")[0], 32)
    refused(checks.balance(Painter(width=8, blocks=1), photo, render(photo, "pointillist"), **weights), words)
