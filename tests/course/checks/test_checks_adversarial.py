"""Checks of lesson 05: right answers in any form, and the usual mistakes with their hints."""

import numpy as np
import pytest
from keras import ops

from stylekit.course import checks
from stylekit.nn import losses


def softplus(z):
    return np.logaddexp(0, z)


def sigmoid(z):
    with np.errstate(all="ignore"):
        return 1 / (1 + np.exp(-z))


def mean(values):
    return values.mean(axis=(1, 2, 3))


@pytest.mark.parametrize(
    "right",
    [
        lambda z: mean(softplus(-z)),
        lambda z: [softplus(-one).mean() for one in z],
        lambda z: mean(np.maximum(-z, 0) + np.log1p(np.exp(-np.abs(z)))),
        losses.non_saturating_generator_loss,
        lambda z: ops.mean(ops.softplus(-z), axis=(1, 2, 3)),
    ],
)
def test_any_right_generator_loss_is_accepted(right):
    assert checks.generator_loss(right)


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (lambda z: -mean(softplus(z)), "saturates"),
        (lambda z: mean(softplus(z)), "help D to find"),
        (lambda z: -mean(softplus(-z)), "sign is wrong"),
        (lambda z: -mean(z), "hinge"),
        (lambda z: mean((z - 1) ** 2), "least squares"),
        (lambda z: mean(sigmoid(z)), "logarithm is missing"),
        (lambda z: -mean(sigmoid(z)), "logarithm is missing"),
        (lambda z: mean(-np.log(np.abs(z))), "taken for probabilities"),
        (lambda z: softplus(-mean(z)), "too early"),
        (lambda z: softplus(-z).sum(axis=(1, 2, 3)), "a sum"),
        (lambda z: softplus(-z).mean(), "whole batch"),
        (lambda z: mean(-np.log(sigmoid(z))), "use softplus"),
        (lambda z: mean(-np.log(sigmoid(z) + 1e-12)), "wanted 0, 200, 800"),
        (lambda z: softplus(-z), "found shape"),
        (lambda z: mean(z * z), "wanted"),
        (lambda z: None, "returns nothing"),
    ],
)
def test_a_wrong_generator_loss_is_told_why(wrong, hint):
    verdict = checks.generator_loss(wrong)
    assert not verdict and hint in verdict.sentence, verdict


@pytest.mark.parametrize(
    "right",
    [
        lambda r, f: mean(np.maximum(0, 1 - r) + np.maximum(0, 1 + f)),
        lambda r, f: mean(np.where(r < 1, 1 - r, 0)) + mean(np.where(f > -1, 1 + f, 0)),
        losses.hinge_discriminator_loss,
    ],
)
def test_any_right_hinge_is_accepted(right):
    assert checks.hinge_loss(right)


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (lambda r, f: mean(np.maximum(0, r - f)), "subtracted first"),
        (lambda r, f: mean(np.maximum(0, 1 - r + f)), "one hinge for both"),
        (lambda r, f: mean(np.maximum(0, 1 + r) + np.maximum(0, 1 - f)), "signs are wrong"),
        (lambda r, f: mean(2 - r + f), "max(0, ...) is missing"),
        (lambda r, f: mean(np.maximum(0, -r) + np.maximum(0, f)), "margin"),
        (lambda r, f: mean(np.minimum(0, r - 1) + np.minimum(0, -1 - f)), "other sign"),
        (lambda r, f: mean(softplus(-r) + softplus(f)), "log form"),
        (lambda r, f: mean(np.maximum(0, 1 - r)), "only the paintings"),
        (lambda r, f: mean(np.maximum(0, 1 + f)), "only the fakes"),
        (lambda r, f: mean(np.maximum(0, 1 - r) + np.maximum(0, 1 + f)) / 2, "half"),
        (lambda r, f: (np.maximum(0, 1 - r) + np.maximum(0, 1 + f)).sum(axis=(1, 2, 3)), "a sum"),
        (lambda r, f: (np.maximum(0, 1 - r) + np.maximum(0, 1 + f)).mean(), "whole batch"),
        (lambda r, f: np.maximum(0, 1 - r), "found shape"),
        (lambda r, f: mean(r - f), "wanted"),
    ],
)
def test_a_wrong_hinge_is_told_why(wrong, hint):
    verdict = checks.hinge_loss(wrong)
    assert not verdict and hint in verdict.sentence, verdict
