"""Checks of lesson 04: right answers in any form, and the usual mistakes with their hints."""

import numpy as np
import pytest

from stylekit.course import checks
from stylekit.nn import losses


def field(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        size, jump = size + (kernel - 1) * jump, jump * stride
    return size


def backwards(layers):
    size = 1
    for kernel, stride in reversed(layers):
        size = (size - 1) * stride + kernel
    return size


@pytest.mark.parametrize("right", [field, backwards, lambda layers: np.int64(field(layers))])
def test_any_right_field_is_accepted(right):
    verdict = checks.receptive_field(right)
    assert verdict and "54 pixels" in verdict.sentence


def jump_too_early(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        jump *= stride
        size += (kernel - 1) * jump
    return size


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (lambda layers: field(layers) - 1, "sees itself"),
        (jump_too_early, "before you add its kernel"),
        (lambda layers: 1 + sum(kernel - 1 for kernel, _ in layers), "strides are left out"),
        (lambda layers: sum(kernel for kernel, _ in layers), "only added up"),
        (lambda layers: field([(kernel + 1, stride) for kernel, stride in layers]), "not k"),
        (lambda layers: 8, "distance between two"),
        (lambda layers: 54, "for [(1, 1)] you say 54: wanted 1"),
        (lambda layers: 100, "you say 100: wanted 54"),
        (lambda layers: [54], "wanted one number"),
        (lambda layers: None, "returns nothing"),
        (lambda layers: 1 / 0, "ZeroDivisionError"),
        (54, "pass the function itself"),
    ],
)
def test_a_wrong_field_is_told_why(wrong, hint):
    verdict = checks.receptive_field(wrong)
    assert not verdict and hint in verdict.sentence, verdict


def moved(x, y):
    return (x - x.mean((0, 1))) / x.std((0, 1)) * y.std((0, 1)) + y.mean((0, 1))


def by_losses(x, y):
    (x_mean, x_deviation), (y_mean, y_deviation) = losses.moments(x[None]), losses.moments(y[None])
    return ((x - x_mean) / x_deviation * y_deviation + y_mean).numpy()


@pytest.mark.parametrize("right", [moved, by_losses, lambda x, y: moved(x, y).astype("float32")])
def test_any_right_adain_is_accepted(right):
    assert checks.adain(right)


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (lambda x, y: (x - x.mean()) / x.std() * y.std() + y.mean(), "all channels at once"),
        (lambda x, y: (x - x.mean((0, 1))) * y.std((0, 1)) + y.mean((0, 1)), "deviation of x is still in it"),
        (lambda x, y: (x - x.mean((0, 1))) / x.var((0, 1)) * y.var((0, 1)) + y.mean((0, 1)), "variance"),
        (lambda x, y: (x - x.mean((0, 1))) / x.std((0, 1)) * y.std((0, 1)), "mean of y is missing"),
        (lambda x, y: (x - x.mean((0, 1))) / x.std((0, 1)) + y.mean((0, 1)), "deviation of y is missing"),
        (lambda x, y: x / x.std((0, 1)) * y.std((0, 1)) + y.mean((0, 1)), "mean of x is still in it"),
        (lambda x, y: x, "y is not used"),
        (lambda x, y: moved(x, x) + y.mean((0, 1)) - x.mean((0, 1)), "but not the deviations"),
        (lambda x, y: moved(x, y) + 1, "means of the channels are"),
        (lambda x, y: moved(y, x), "shape changed"),
        (lambda x, y: "x", "array of numbers"),
    ],
)
def test_a_wrong_adain_is_told_why(wrong, hint):
    verdict = checks.adain(wrong)
    assert not verdict and hint in verdict.sentence, verdict
