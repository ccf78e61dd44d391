"""The checks of lesson 07: every right answer passes, and each wrong one hears what is wrong with it."""

import re

import numpy as np
import pytest
from keras import ops

from stylekit.course import checks
from stylekit.nn import losses


def flat(maps):
    return maps.reshape(len(maps), -1, maps.shape[-1])


def gram(maps):
    return np.einsum("bpi,bpj->bij", flat(maps), flat(maps)) / flat(maps).shape[1]


def places(maps):
    return flat(maps) @ flat(maps).transpose(0, 2, 1)


def mixed(maps):
    rows = maps.reshape(len(maps), maps.shape[-1], -1)
    return rows @ rows.transpose(0, 2, 1) / rows.shape[-1]


def means(maps):
    return maps.mean(axis=(1, 2))


def spreads(maps):
    return maps.std(axis=(1, 2))


def distance(a, b):
    return ((means(a) - means(b)) ** 2 + (spreads(a) - spreads(b)) ** 2).mean(axis=1)


RIGHT = [
    (checks.gram_matrix, losses.gram_matrix),
    (checks.gram_matrix, gram),
    (checks.gram_matrix, lambda m: ops.einsum("bhwi,bhwj->bij", m, m) / (m.shape[1] * m.shape[2])),
    (checks.gram_matrix, lambda m: gram(m).tolist()),
    (checks.moment_distance, distance),
    (checks.moment_distance, lambda a, b: ops.convert_to_tensor(distance(a, b))),
    (
        checks.moment_distance,
        lambda a, b: ops.mean(
            sum(ops.square(x - y) for x, y in zip(losses.moments(a), losses.moments(b), strict=True)), axis=1
        ),
    ),
]
WRONG = [
    (checks.gram_matrix, lambda m: gram(m) * m.shape[1] * m.shape[2], "divide by the number of places"),
    (checks.gram_matrix, lambda m: gram(m) / m.shape[-1], "divide by the channels too"),
    (checks.gram_matrix, places, "compares places with places"),
    (checks.gram_matrix, lambda m: places(m) / 12, "compares places with places"),
    (checks.gram_matrix, mixed, "mixes channels and places"),
    (checks.gram_matrix, lambda m: gram(m).mean(axis=0), "one matrix for the whole batch"),
    (checks.gram_matrix, lambda m: gram(m - m.mean(axis=(1, 2), keepdims=True)), "covariance"),
    (checks.gram_matrix, lambda m: m.mean(axis=(1, 2)), r"found shape \(2, 5\), wanted \(2, 5, 5\)"),
    (checks.gram_matrix, lambda m: 2 * gram(m), r"entry \(.*\) of picture . is"),
    (checks.gram_matrix, lambda m: gram(m) / 0, "NaN or infinite"),
    (checks.gram_matrix, lambda m: None, "returns nothing yet"),
    (checks.gram_matrix, lambda m: [[1], [1, 2]], "wanted an array"),
    (checks.gram_matrix, lambda m: m @ m, "stopped with"),
    (checks.moment_distance, lambda a, b: ((means(a) - means(b)) ** 2).mean(axis=1), "only the means"),
    (checks.moment_distance, lambda a, b: ((spreads(a) - spreads(b)) ** 2).mean(axis=1), "only the deviations"),
    (
        checks.moment_distance,
        lambda a, b: ((means(a) - means(b)) ** 2 + (spreads(a) ** 2 - spreads(b) ** 2) ** 2).mean(axis=1),
        "variances",
    ),
    (
        checks.moment_distance,
        lambda a, b: (np.abs(means(a) - means(b)) + np.abs(spreads(a) - spreads(b))).mean(axis=1),
        "not squared",
    ),
    (checks.moment_distance, lambda a, b: 5 * distance(a, b), "sum over the channels"),
    (checks.moment_distance, lambda a, b: distance(a, b).mean(), "one number for the whole batch"),
    (
        checks.moment_distance,
        lambda a, b: ((means(a) - means(b) + spreads(a) - spreads(b)) ** 2).mean(axis=1),
        "can cancel",
    ),
    (checks.moment_distance, lambda a, b: (means(a) - means(b)) ** 2, r"found shape \(2, 5\), wanted \(2,\)"),
    (checks.moment_distance, lambda a, b: -distance(a, b), "for the first picture you give -"),
    (checks.moment_distance, lambda a, b: a - b, "stopped with ValueError"),
    (checks.moment_distance, 3, "pass the function itself"),
]


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_a_right_answer_passes(check, answer):
    verdict = check(answer)
    assert verdict, verdict


@pytest.mark.parametrize(("check", "answer", "words"), WRONG)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_a_wrong_answer_hears_why(check, answer, words):
    verdict = check(answer)
    assert not verdict
    assert re.search(words, verdict.sentence), verdict


def test_an_answer_cannot_spoil_the_question():
    def greedy(maps):
        maps[:] = 0
        return gram(maps)

    assert not checks.gram_matrix(greedy)
    assert checks.gram_matrix(gram)
