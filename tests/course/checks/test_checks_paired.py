"""The checks of lesson 11 accept every right answer, and name the mistake in a wrong one."""

import keras
import numpy as np
import pytest

from stylekit.course.checks.methods import paired
from stylekit.nn import losses


def in_numpy(logits, generated, paintings, weight):
    l1 = np.abs(generated - paintings).mean(axis=(1, 2, 3))
    return np.log1p(np.exp(-logits)).mean(axis=(1, 2, 3)) + weight * l1


def in_keras(logits, generated, paintings, weight):
    return losses.non_saturating_generator_loss(logits) + weight * losses.pixel_style_loss(generated, paintings)


def by_cross_entropy(logits, generated, paintings, weight):
    entropy = keras.ops.binary_crossentropy(keras.ops.ones_like(logits), logits, from_logits=True)
    return keras.ops.mean(entropy, axis=(1, 2, 3)) + weight * np.abs(generated - paintings).mean(axis=(1, 2, 3))


@pytest.mark.parametrize("answer", [in_numpy, in_keras, by_cross_entropy])
def test_every_right_form_of_the_loss_is_right(answer):
    assert paired.paired_loss(answer)


@pytest.mark.parametrize(
    "answer, hint",
    [
        (lambda z, g, y, w: w * np.abs(g - y).mean(axis=(1, 2, 3)), "L1 alone"),
        (lambda z, g, y, w: in_numpy(z, g, y, 0), "adversarial term alone"),
        (lambda z, g, y, w: in_numpy(z, g, y, 1), "weight is left out"),
        (lambda z, g, y, w: w * in_numpy(z, g, y, 1), "multiplies both"),
        (lambda z, g, y, w: w * in_numpy(z, g, y, 1 / w), "wrong term"),
        (lambda z, g, y, w: in_numpy(z, g, y, 0) + w * ((g - y) ** 2).mean(axis=(1, 2, 3)), "L2"),
        (lambda z, g, y, w: in_numpy(z, g, y, 0) + w * (g - y).mean(axis=(1, 2, 3)), "cancel"),
        (lambda z, g, y, w: in_numpy(-z, g, y, w), "sign of the logits"),
        (lambda z, g, y, w: in_numpy(z, g, y, w) - in_numpy(z, g, y, 0) - in_numpy(-z, g, y, 0), "saturates"),
        (lambda z, g, y, w: in_numpy(z, g, y, w) - in_numpy(z, g, y, 0) - z.mean(axis=(1, 2, 3)), "no probability"),
        (lambda z, g, y, w: in_numpy(z, g, y, -w), "subtracted"),
        (lambda z, g, y, w: in_numpy(z, g, y, w).mean(), "whole batch"),
        (lambda z, g, y, w: in_numpy(z, g, y, w) + 1, "for the first picture"),
        (lambda z, g, y, w: None, "nothing yet"),
        ("loss", "function itself"),
    ],
)
def test_a_wrong_loss_is_named(answer, hint):
    verdict = paired.paired_loss(answer)
    assert not verdict and hint in verdict.sentence


def safest(answers):
    return np.median(answers, axis=0), np.mean(answers, axis=0)


def by_sorting(answers):
    return np.sort(answers, axis=0)[len(answers) // 2].tolist(), keras.ops.mean(answers, axis=0)


@pytest.mark.parametrize("answer", [safest, by_sorting])
def test_median_and_mean_are_right(answer):
    assert paired.safest_answer(answer)


def middle(answers):
    return (answers.min(axis=0) + answers.max(axis=0)) / 2


@pytest.mark.parametrize(
    "answer, hint",
    [
        (lambda answers: safest(answers)[::-1], "exchanged"),
        (lambda answers: (answers.mean(axis=0), answers.mean(axis=0)), "by L1 you give the mean"),
        (lambda answers: (safest(answers)[0], safest(answers)[0]), "by L2 you give the median"),
        (lambda answers: (answers[0], answers[0]), "choose one of the answers"),
        (lambda answers: (middle(answers), middle(answers)), "between the extremes"),
        (lambda answers: (np.median(answers), np.mean(answers)), "each pixel for itself"),
        (lambda answers: np.median(answers, axis=0), "two pictures"),
        (lambda answers: (safest(answers)[0] + 0.1, safest(answers)[1]), "half of the answers"),
        (lambda answers: (safest(answers)[0], safest(answers)[1] + 0.1), "sum to 0"),
        (lambda answers: None, "nothing yet"),
    ],
)
def test_a_wrong_safest_answer_is_named(answer, hint):
    verdict = paired.safest_answer(answer)
    assert not verdict and hint in verdict.sentence


def test_the_known_answers_are_the_safest():
    """Among many pictures near them, none has a smaller mean distance."""
    median, mean = safest(paired.ANSWERS)
    for step in np.random.default_rng(0).normal(0, 0.2, (50, *median.shape)):
        assert np.abs(paired.ANSWERS - median).mean() <= np.abs(paired.ANSWERS - median - step).mean()
        assert ((paired.ANSWERS - mean) ** 2).mean() <= ((paired.ANSWERS - mean - step) ** 2).mean()
