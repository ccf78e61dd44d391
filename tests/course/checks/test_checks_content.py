"""The checks of lesson 06: every right answer passes, and each wrong one hears what is wrong with it."""

import re

import numpy as np
import pytest
from keras import ops

from stylekit.course import checks
from stylekit.nn import losses


def mean(values):
    return values.reshape(len(values), -1).mean(axis=1)


def by_depth(distance, together=np.mean):
    """A content loss: a distance of two arrays at each depth, put together over the depths."""
    return lambda made, seen: together([distance(m, s) for m, s in zip(made, seen, strict=True)], axis=0)


def l1(a, b):
    return mean(np.abs(a - b))


def thrown_together(made, seen):
    return np.concatenate([np.abs(m - s).reshape(len(m), -1) for m, s in zip(made, seen, strict=True)], axis=1)


RIGHT = [
    (checks.content_loss, losses.content_loss),
    (checks.content_loss, by_depth(l1)),
    (checks.content_loss, lambda made, seen: by_depth(l1)(made, seen).tolist()),
    (checks.f_constancy, lambda F, G, x, y: l1(F(G(x, y)), F(x))),
    (checks.f_constancy, lambda F, G, x, y: l1(F(x), F(G(x, y)))),
    (checks.f_constancy, lambda F, G, x, y: ops.mean(ops.abs(F(G(x, y)) - F(x)), axis=(1, 2, 3))),
]
WRONG = [
    (checks.content_loss, by_depth(lambda a, b: mean((a - b) ** 2)), "squared"),
    (checks.content_loss, by_depth(lambda a, b: np.sqrt(mean((a - b) ** 2))), "root of the mean square"),
    (checks.content_loss, by_depth(lambda a, b: mean(a - b)), "cancel"),
    (checks.content_loss, by_depth(lambda a, b: np.abs(mean(a - b))), "too late"),
    (checks.content_loss, by_depth(l1, np.sum), "depths are summed"),
    (checks.content_loss, lambda made, seen: l1(made[0], seen[0]), "only the finest"),
    (checks.content_loss, lambda made, seen: l1(made[-1], seen[-1]), "only the deepest"),
    (checks.content_loss, lambda made, seen: thrown_together(made, seen).mean(axis=1), "thrown together"),
    (checks.content_loss, lambda made, seen: thrown_together(made, seen).sum(axis=1), "grows with the picture"),
    (checks.content_loss, lambda made, seen: by_depth(l1)(made, seen).mean(), "whole batch"),
    (checks.content_loss, lambda made, seen: by_depth(l1)(made, made), "with itself"),
    (checks.content_loss, lambda made, seen: np.abs(made[0] - seen[0]), r"found shape \(2, 4, 6, 3\), wanted \(2,\)"),
    (checks.content_loss, lambda made, seen: 3 * by_depth(l1)(made, seen), "for the first picture you give"),
    (checks.content_loss, lambda made, seen: made - seen, "stopped with TypeError"),
    (checks.content_loss, lambda made, seen: ..., "returns nothing yet"),
    (checks.content_loss, lambda made, seen: "far", "wanted an array of numbers|shape"),
    (checks.f_constancy, lambda F, G, x, y: l1(F(G(x, y)), F(y)), "the painting"),
    (checks.f_constancy, lambda F, G, x, y: l1(G(x, y), x), "compare pixels"),
    (checks.f_constancy, lambda F, G, x, y: l1(F(x), F(y)), "G is not in it"),
    (checks.f_constancy, lambda F, G, x, y: l1(F(G(y, x)), F(x)), "photo first"),
    (checks.f_constancy, lambda F, G, x, y: l1(F(G(x, x)), F(x)), "photo twice"),
    (checks.f_constancy, lambda F, G, x, y: mean((F(G(x, y)) - F(x)) ** 2), "squared"),
    (checks.f_constancy, lambda F, G, x, y: mean(F(G(x, y)) - F(x)), "cancel"),
    (checks.f_constancy, lambda F, G, x, y: mean(np.abs(F(G(x, y) - x))), "not linear"),
    (checks.f_constancy, lambda F, G, x, y: l1(F(G(x, y)), F(x)).mean(), "whole batch"),
    (checks.f_constancy, lambda F, G, x, y: G(F(x), F(y)), "shape"),
    (checks.f_constancy, lambda F, G, x, y: F(x, y), "stopped with TypeError"),
    (checks.f_constancy, None, "pass the function itself"),
]


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_a_right_answer_passes(check, answer):
    verdict = check(answer)
    assert verdict, verdict


@pytest.mark.parametrize(("check", "answer", "words"), WRONG)
def test_a_wrong_answer_hears_why(check, answer, words):
    verdict = check(answer)
    assert not verdict
    assert re.search(words, verdict.sentence), verdict
