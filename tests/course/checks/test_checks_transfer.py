"""Checks of lesson 14: right answers in any form, and the usual mistakes with their hints."""

import keras
import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from stylekit.course.checks.methods import transfer


def costs(logits):
    return -log_softmax(logits, axis=1)


def by_hand(*logits):
    """With the largest logit taken away by hand."""
    shifted = [values - values.max(axis=1, keepdims=True) for values in logits]
    return sum(np.log(np.exp(v).sum(axis=1)) - v[:, kind] for kind, v in enumerate(shifted))


def by_keras(*logits):
    loss = keras.losses.sparse_categorical_crossentropy
    return sum(loss(np.full(len(values), kind), values, from_logits=True) for kind, values in enumerate(logits))


@pytest.mark.parametrize(
    "right",
    [
        by_hand,
        by_keras,
        lambda a, b, c: costs(a)[:, 0] + costs(b)[:, 1] + costs(c)[:, 2],
        lambda *three: [sum(costs(v)[i, kind] for kind, v in enumerate(three)) for i in range(len(three[0]))],
    ],
)
def test_any_right_ternary_loss_is_accepted(right):
    assert transfer.ternary_loss(right)


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (lambda a, b, c: costs(a)[:, 2] + costs(b)[:, 2], "what G wants"),
        (lambda a, b, c: costs(a)[:, 2] + costs(b)[:, 2] + costs(c)[:, 2], "take every picture for real"),
        (lambda a, b, c: costs(a)[:, 1] + costs(b)[:, 0] + costs(c)[:, 2], "exchanged"),
        (lambda a, b, c: costs(a)[:, 0] + costs(b)[:, 0] + costs(c)[:, 2], "binary"),
        (lambda a, b, c: costs(a)[:, 0] + costs(c)[:, 2], "G(paintings) is left out"),
        (lambda a, b, c: costs(b)[:, 1] + costs(c)[:, 2], "G(photos) is left out"),
        (lambda a, b, c: costs(a)[:, 0] + costs(b)[:, 1], "real paintings are left out"),
        (lambda a, b, c: -by_hand(a, b, c), "sign"),
        (lambda a, b, c: -(a[:, 0] + b[:, 1] + c[:, 2]), "no probability"),
        (lambda *three: -sum(softmax(v, axis=1)[:, i] for i, v in enumerate(three)), "logarithm is missing"),
        (lambda *three: sum(np.log1p(np.exp(-v[:, i])) for i, v in enumerate(three)), "sigmoid"),
        (lambda *three: -sum(log_softmax(v, axis=0)[:, i] for i, v in enumerate(three)), "over the batch"),
        (lambda *three: -sum(np.log(softmax(v, axis=1)[:, i]) for i, v in enumerate(three)), "very sure"),
        (lambda *three: -sum(np.log(np.exp(v[:, i]) / np.exp(v).sum(1)) for i, v in enumerate(three)), "very sure"),
        (lambda *three: by_hand(*three) / 3, "mean of the three"),
        (lambda *three: by_hand(*three).mean(), "whole batch"),
        (lambda *three: by_hand(*three)[:, None], "found shape"),
        (lambda *three: by_hand(*three) + 1, "wanted"),
        (lambda *three: None, "returns nothing"),
        (lambda a: a, "TypeError"),
    ],
)
def test_a_wrong_ternary_loss_is_told_why(wrong, hint):
    with np.errstate(all="ignore"):
        verdict = transfer.ternary_loss(wrong)
    assert not verdict and hint in verdict.sentence, verdict


def mean(values):
    return np.mean(np.asarray(values) ** 2, axis=tuple(range(1, values.ndim)))


@pytest.mark.parametrize(
    "right",
    [
        lambda f, G, x, y: (mean(f(G(x)) - f(x)), mean(G(y) - y)),
        lambda f, G, x, y: [mean(f(x) - f(G(x))), mean(y - G(y))],
        lambda f, G, x, y: np.stack([mean(f(G(x)) - f(x)), mean(G(y) - y)]),
    ],
)
def test_any_right_pair_of_terms_is_accepted(right):
    assert transfer.transfer_terms(right)


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (lambda f, G, x, y: (mean(G(y) - y), mean(f(G(x)) - f(x))), "exchanged"),
        (lambda f, G, x, y: (mean(f(G(y)) - f(y)), mean(G(y) - y)), "ties G to the photos"),
        (lambda f, G, x, y: (mean(f(G(x)) - f(y)), mean(G(y) - y)), "take f(x)"),
        (lambda f, G, x, y: (mean(G(x) - x), mean(G(y) - y)), "pixels are compared"),
        (
            lambda f, G, x, y: (np.abs(f(G(x)) - f(x)).mean(1), mean(G(y) - y)),
            "constancy: the differences are not squared",
        ),
        (lambda f, G, x, y: ((f(G(x)) - f(x)).mean(1), mean(G(y) - y)), "cancel"),
        (lambda f, G, x, y: (mean(f(G(x)) - f(x)), mean(G(x) - x)), "a photo has to change"),
        (lambda f, G, x, y: (mean(f(G(x)) - f(x)), mean(G(x) - y)), "identity: G(x) is compared"),
        (lambda f, G, x, y: (mean(f(G(x)) - f(x)), mean(f(G(y)) - f(y))), "the painting itself"),
        (
            lambda f, G, x, y: (mean(f(G(x)) - f(x)), np.abs(G(y) - y).mean((1, 2, 3))),
            "identity: the differences are not",
        ),
        (lambda f, G, x, y: (mean(f(G(x)) - f(x)).mean(), mean(G(y) - y)), "number of its own"),
        (lambda f, G, x, y: mean(f(G(x)) - f(x)), "two results"),
        (lambda f, G, x, y: (mean(f(G(x)) - f(x)) + 1, mean(G(y) - y)), "wanted"),
        (lambda f, G, x, y: None, "returns nothing"),
    ],
)
def test_wrong_terms_are_told_why(wrong, hint):
    verdict = transfer.transfer_terms(wrong)
    assert not verdict and hint in verdict.sentence, verdict
