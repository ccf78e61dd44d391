"""Checks of lesson 01: right answers in any form, and the usual mistakes with their hints."""

import numpy as np
import pytest

from stylekit.course import checks


@pytest.mark.parametrize(
    "right",
    [
        lambda D, y, g: np.log(D(y)).mean() + np.log(1 - D(g)).mean(),
        lambda D, y, g: (np.log(D(y)) + np.log1p(-D(g))).mean(),
        lambda D, y, g: np.array([np.mean(np.log(D(y) * (1 - D(g))))]),
        lambda D, y, g: sum(np.log(D(y)).ravel()) / len(y) + sum(np.log(1 - D(g)).ravel()) / len(g),
    ],
)
def test_any_right_value_is_accepted(right):
    assert checks.adversarial_value(right)


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (lambda D, y, g: np.log(D(g)).mean() + np.log(1 - D(g)).mean(), "as in the article"),
        (lambda D, y, g: np.log(D(y)).mean() + np.log(1 - D(y)).mean(), "where are the fakes"),
        (lambda D, y, g: np.log(D(g)).mean() + np.log(1 - D(y)).mean(), "exchanged"),
        (lambda D, y, g: -np.log(D(y)).mean() - np.log(1 - D(g)).mean(), "sign is wrong"),
        (lambda D, y, g: np.log(D(y)).mean() + np.log(D(g)).mean(), "called false"),
        (lambda D, y, g: np.log(D(y)).mean() - np.log(1 - D(g)).mean(), "subtracted"),
        (lambda D, y, g: np.log(D(y).mean()) + np.log(1 - D(g).mean()), "too early"),
        (lambda D, y, g: np.log(D(y)).sum() + np.log(1 - D(g)).sum(), "that is a sum"),
        (
            lambda D, y, g: np.log(1 / (1 + np.exp(-D(y)))).mean() + np.log(1 - 1 / (1 + np.exp(-D(g)))).mean(),
            "sigmoid",
        ),
        (lambda D, y, g: D(y).mean() + 1 - D(g).mean(), "logarithms are missing"),
        (lambda D, y, g: np.log(D(y)).mean(), "second term is missing"),
        (lambda D, y, g: np.log(1 - D(g)).mean(), "first term is missing"),
        (lambda D, y, g: np.log(D(y)) + np.log(1 - D(g)), "one number"),
        (lambda D, y, g: 2 * np.log(D(y)).mean(), "wanted -"),
        (lambda D, y, g: D.predict(y), "stopped with AttributeError"),
        (lambda D, y, g: "large", "array of numbers"),
        (lambda D, y, g: None, "returns nothing"),
    ],
)
def test_a_wrong_value_is_told_why(wrong, hint):
    verdict = checks.adversarial_value(wrong)
    assert not verdict and hint in verdict.sentence, verdict


@pytest.mark.parametrize(
    "right",
    [
        lambda first, strides: first * int(np.prod(strides)),
        lambda first, strides: first * 2 ** strides.count(2) * 3 ** strides.count(3),
    ],
)
def test_any_right_side_is_accepted(right):
    assert checks.side_after(right)


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (lambda first, strides: first + sum(strides), "not added"),
        (lambda first, strides: first * strides[-1], "go through all"),
        (lambda first, strides: first * sum(strides), "multiply each other"),
        (lambda first, strides: first * 2 ** len(strides), "leaves the side"),
        (lambda first, strides: (first * 4) ** 2, "number of pixels"),
        (lambda first, strides: first, "nothing has grown"),
        (lambda first, strides: first // 4, "divided"),
        (lambda first, strides: first / 4, "divided"),
        (lambda first, strides: 28, "wanted 64"),
        (lambda first, strides: first * max(strides) ** 2, "wanted 64"),
        (lambda first, strides: None, "returns nothing"),
    ],
)
def test_a_wrong_side_is_told_why(wrong, hint):
    verdict = checks.side_after(wrong)
    assert not verdict and hint in verdict.sentence, verdict
