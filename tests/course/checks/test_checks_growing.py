"""Checks of lesson 13: right answers in any form, and the usual mistakes with their hints."""

import keras
import numpy as np
import pytest

from stylekit.course.checks.methods import growing
from stylekit.nn import growing as pieces


def large(low):
    return low.repeat(2, axis=1).repeat(2, axis=2)


def by_keras(low, high, alpha):
    return (1 - alpha) * keras.layers.UpSampling2D()(low) + alpha * high


@pytest.mark.parametrize(
    "right",
    [
        lambda low, high, alpha: (1 - alpha) * large(low) + alpha * high,
        lambda low, high, alpha: large(low) + alpha * (high - large(low)),
        lambda low, high, alpha: np.kron(low, np.ones((1, 2, 2, 1))) * (1 - alpha) + high * alpha,
        lambda low, high, alpha: pieces.fade_in(pieces.enlarged(low), high, alpha),
        by_keras,
    ],
)
def test_any_right_fade_is_accepted(right):
    assert growing.fade_in(right)


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (lambda low, high, alpha: alpha * large(low) + (1 - alpha) * high, "fade the new ones out"),
        (lambda low, high, alpha: large(low) + alpha * high, "full strength: they get"),
        (lambda low, high, alpha: (1 - alpha) * large(low) + high, "from the beginning"),
        (lambda low, high, alpha: alpha * (large(low) + high), "both are multiplied"),
        (lambda low, high, alpha: (large(low) + high) / 2, "whatever alpha is"),
        (lambda low, high, alpha: (1 - alpha) * np.tile(low, (1, 2, 2, 1)) + alpha * high, "do not tile"),
        (lambda low, high, alpha: (1 - alpha) * low + alpha * high[:, ::2, ::2], "make the new picture small"),
        (lambda low, high, alpha: (1 - alpha) * low + alpha * np.array(pieces.shrunk(high)), "the new picture small"),
        (
            lambda low, high, alpha: (1 - alpha) * large(low.transpose(0, 2, 1, 3)).reshape(high.shape) + alpha * high,
            "without turning",
        ),
        (lambda low, high, alpha: high, "a jump"),
        (lambda low, high, alpha: large(low) if alpha == 0 else 0.75 * large(low) + 0.25 * high, "for alpha 1"),
        (lambda low, high, alpha: (1 - alpha**2) * large(low) + alpha**2 * high, "for alpha 0.25"),
        (lambda low, high, alpha: (1 - alpha) * low + alpha * high, "ValueError"),
        (lambda low, high, alpha: low, "shape changed"),
        (lambda low, high, alpha: None, "returns nothing"),
    ],
)
def test_a_wrong_fade_is_told_why(wrong, hint):
    verdict = growing.fade_in(wrong)
    assert not verdict and hint in verdict.sentence, verdict


def added(x, value):
    return np.concatenate([x, np.broadcast_to(value, x.shape[:3])[..., None]], axis=-1)


@pytest.mark.parametrize(
    "right",
    [
        lambda x: added(x, x.std(axis=0).mean()),
        lambda x: np.pad(x, [(0, 0)] * 3 + [(0, 1)], constant_values=np.std(x, 0).mean()),
        lambda x: added(x, np.sqrt(np.mean((x - x.mean(axis=0)) ** 2, axis=0) + 1e-8).mean()),
        pieces.minibatch_deviation,
    ],
)
def test_any_right_deviation_is_accepted(right):
    assert growing.minibatch_deviation(right)


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (lambda x: added(x, x.std(axis=(1, 2)).mean(axis=1)[:, None, None]), "places of one picture"),
        (lambda x: added(x, x.std(axis=(1, 2)).mean()), "places of one picture"),
        (lambda x: added(x, x.std(axis=-1)), "channels of a place"),
        (lambda x: added(x, x.std()), "all numbers together"),
        (lambda x: added(x, x.std(axis=0).mean(axis=-1)), "its own number"),
        (lambda x: added(x, x.var(axis=0).mean()), "mean variance"),
        (lambda x: added(x, np.sqrt(x.var(axis=0).mean())), "root of the mean"),
        (lambda x: added(x, x.mean()), "mean of the maps"),
        (lambda x: added(x, x.std(axis=0, ddof=1).mean()), "n - 1"),
        (lambda x: np.full_like(x[..., :1], x.std(axis=0).mean()), "lost its maps"),
        (lambda x: x.std(axis=0).mean(), "make a channel of it"),
        (lambda x: added(x, x.std(axis=0).mean())[..., [6, 0, 1, 2, 3, 4, 5]], "comes first"),
        (lambda x: x + x.std(axis=0).mean(), "add the number"),
        (lambda x: x, "nothing has been added"),
        (lambda x: x.std(axis=0), "one channel more"),
        (lambda x: 2 * added(x, x.std(axis=0).mean() / 2), "have changed"),
        (lambda x: added(x, 7.0), "begins with 7.0"),
        (lambda x: added(x, np.std(growing.MAPS, axis=0).mean()), "four times the same"),
        (lambda x: None, "returns nothing"),
    ],
)
def test_a_wrong_deviation_is_told_why(wrong, hint):
    verdict = growing.minibatch_deviation(wrong)
    assert not verdict and hint in verdict.sentence, verdict
