"""The checks of lesson 03: the right answer passes, and each wrong one is told what is wrong with it."""

import re

import numpy as np
import pytest

from stylekit.course import checks

LOG = np.log


def best(p, q):
    return p / (p + q)


@pytest.mark.parametrize(
    "answer",
    [
        best,
        lambda p, q: 1 - q / (p + q),
        lambda p, q: (p / (p + q)).astype("float32"),
        lambda p, q: [a / (a + b) for a, b in zip(p, q, strict=True)],
        lambda p, q: 1 / (1 + np.exp(LOG(q) - LOG(p))),
    ],
)
def test_right_answers_pass(answer):
    verdict = checks.optimal_discriminator(answer)
    assert verdict, verdict
    assert repr(verdict).startswith("Right: ")


@pytest.mark.parametrize(
    "answer, sentence",
    [
        (lambda p, q: p / q, r"p / q is a ratio, from 0 to infinity"),
        (lambda p, q: q / (p + q), r"you give the share of the fake points"),
        (lambda p, q: LOG(p / q), r"the best logit: the probability is its sigmoid"),
        (lambda p, q: LOG(p) - LOG(q), r"the best logit"),
        (lambda p, q: np.minimum(p / q, 1), r"equally likely you say 1"),
        (lambda p, q: 0.5 * np.ones_like(p), r"the verdict is 0.5 everywhere"),
        (lambda p, q: (p > q).astype(float), r"only say which is likelier"),
        (lambda p, q: p, r"p alone is a density"),
        (lambda p, q: p / p.sum(), r"a sum over all places"),
        (lambda p, q: p / (p + q).sum(), r"a sum over all places"),
        (lambda p, q: p - q, r"run from -0.7 to 2.5: a probability"),
        (lambda p, q: p / (p + q) / 2, r"where p = 2.5 and q = 0.0 you say 0.5000"),
        (lambda p, q: 1 / (1 + np.exp(q - p)), r"where p = 0.0 and q = 0.7 you say 0.33"),
        (lambda p, q: p**2 / (p**2 + q**2), r"of all points there, which share is real"),
        (lambda p, q: p / (q - q), r"NaN or infinite"),
        (lambda p, q: 0.5, r"found one number"),
        (lambda p, q: (p / (p + q))[:3], r"shape changed"),
        (lambda p: p, r"stopped with TypeError"),
        (lambda p, q: ..., r"returns nothing yet"),
        (0.5, r"pass the function itself"),
    ],
)
def test_the_best_discriminator_says_what_is_wrong(answer, sentence):
    refused(checks.optimal_discriminator(answer), sentence)


def right_loss(p, q, area):
    return -area * np.sum(p * LOG(best(p, q)) + q * LOG(best(q, p)))


def test_the_right_loss_passes():
    assert checks.least_loss(right_loss)
    assert checks.least_loss(lambda p, q, area: np.float32(right_loss(p, q, area)))
    assert "less than 2 log 2" in checks.least_loss(right_loss).sentence


@pytest.mark.parametrize(
    "answer, sentence",
    [
        (lambda p, q, area: -right_loss(p, q, area), r"sign is wrong"),
        (lambda p, q, area: right_loss(p, q, 1), r"without their area"),
        (lambda p, q, area: right_loss(p, q, 1) / p.size, r"you average over the cells"),
        (lambda p, q, area: right_loss(p, q, area) / 2, r"that is half of it"),
        (lambda p, q, area: -area * np.sum(p * LOG(best(p, q))), r"only the real points"),
        (lambda p, q, area: -area * np.sum(q * LOG(best(q, p))), r"only the fake points"),
        (lambda p, q, area: right_loss(p, q, area) / LOG(2), r"base 2"),
        (lambda p, q, area: 2 * LOG(2), r"where p and q are equal"),
        (lambda p, q, area: 2 * LOG(2) - right_loss(p, q, area), r"how far the loss is below"),
        (lambda p, q, area: 1.0, r"you give 1.0000, wanted"),
        (lambda p, q, area: p, r"shape changed"),
        (lambda p, q, area: np.nan, r"NaN"),
    ],
)
def test_the_least_loss_says_what_is_wrong(answer, sentence):
    refused(checks.least_loss(answer), sentence)


def refused(verdict, sentence):
    assert not verdict
    assert re.search(sentence, verdict.sentence), verdict.sentence
