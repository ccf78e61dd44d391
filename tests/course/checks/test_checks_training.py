"""Checks of lesson 09: right answers in any form, and the usual mistakes with their hints."""

import pytest

from stylekit.course import checks


@pytest.mark.parametrize(
    "right",
    [
        lambda a, v, m: m * a + (1 - m) * v,
        lambda a, v, m: a + (1 - m) * (v - a),
        lambda a, v, m: [m * one + (1 - m) * new for one, new in zip(a, v, strict=True)],
    ],
)
def test_any_right_average_is_accepted(right):
    assert checks.moving_average(right)


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (lambda a, v, m: (1 - m) * a + m * v, "exchanged"),
        (lambda a, v, m: a + m * v, "do not make 1"),
        (lambda a, v, m: a + (1 - m) * v, "keeps all of itself"),
        (lambda a, v, m: m * a + v, "comes in whole"),
        (lambda a, v, m: (a + v) / 2, "same weight"),
        (lambda a, v, m: a, "nothing of the value"),
        (lambda a, v, m: v, "nothing of the average"),
        (lambda a, v, m: a - v, "wanted"),
        (lambda a, v, m: None, "returns nothing"),
        (lambda a, v, m: a[:2], "shape changed"),
    ],
)
def test_a_wrong_average_is_told_why(wrong, hint):
    verdict = checks.moving_average(wrong)
    assert not verdict and hint in verdict.sentence, verdict


@pytest.mark.parametrize(
    "right",
    [
        lambda died, every: died - died % every,
        lambda died, every: died // every * every,
        lambda died, every: max(step for step in range(died + 1) if step % every == 0),
    ],
)
def test_any_right_restart_is_accepted(right):
    assert checks.goes_on_from(right)


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (lambda died, every: died, "never saved"),
        (lambda died, every: -(-died // every) * every, "round down"),
        (lambda died, every: died // every, "how many checkpoints"),
        (lambda died, every: died % every, "how many steps are lost"),
        (lambda died, every: 0, "you say 0, wanted 10"),
        (lambda died, every: (died - 1) // every * every, "died after 20"),
        (lambda died, every: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_wrong_restart_is_told_why(wrong, hint):
    verdict = checks.goes_on_from(wrong)
    assert not verdict and hint in verdict.sentence, verdict
