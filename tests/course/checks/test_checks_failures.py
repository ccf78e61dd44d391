"""Checks of lesson 15: right answers in any form, and the usual mistakes with their hints."""

from itertools import combinations

import numpy as np
import pytest

from stylekit.course.checks.training import failures
from stylekit.lab import alarms


def spread(pictures):
    return np.mean([np.abs(a - b).mean() for a, b in combinations(pictures, 2)])


def all_at_once(pictures):
    n = len(pictures)
    return np.abs(pictures[:, None] - pictures[None]).mean(axis=(2, 3, 4)).sum() / (n * (n - 1))


@pytest.mark.parametrize(
    "right",
    [
        alarms.diversity,
        lambda g, x: spread(g) / spread(x),
        lambda g, x: all_at_once(g) / all_at_once(x),
        lambda g, x: np.abs(g[:, None] - g).sum() / np.abs(x[:, None] - x).sum(),
    ],
)
def test_any_right_diversity_is_accepted(right):
    assert failures.diversity(right)


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (lambda g, x: g.std(axis=(1, 2, 3)).mean() / x.std(axis=(1, 2, 3)).mean(), "inside each picture"),
        (lambda g, x: g.std() / x.std(), "mixes"),
        (lambda g, x: spread(g), "Divide it by"),
        (lambda g, x: spread(x) / spread(g), "upside down"),
        (lambda g, x: np.abs(g - x).mean() / spread(x), "with its photo"),
        (lambda g, x: np.abs(g - x).mean(), "with its photo"),
        (
            lambda g, x: (
                np.mean([(b - a).mean() for a, b in combinations(g, 2)])
                / np.mean([(b - a).mean() for a, b in combinations(x, 2)])
            ),
            "cancel",
        ),
        (lambda g, x: np.sqrt(((g[:, None] - g) ** 2).mean()) / np.sqrt(((x[:, None] - x) ** 2).mean()), "squared"),
        (lambda g, x: np.abs(g[1:] - g[:-1]).mean() / np.abs(x[1:] - x[:-1]).mean(), "the next one alone"),
        (lambda g, x: g.std(axis=0).mean() / x.std(axis=0).mean(), "mean picture"),
        (lambda g, x: np.abs(g[:, None] - g).mean() / spread(x), "with itself"),
        (lambda g, x: np.abs(g[:, None] - g).mean(axis=(1, 2, 3, 4)) / spread(x), "one number"),
        (lambda g, x: spread(g) / spread(x) + 0.1, "wanted"),
        (lambda g, x: None, "returns nothing"),
        (lambda g: 1.0, "TypeError"),
    ],
)
def test_a_wrong_diversity_is_told_why(wrong, hint):
    verdict = failures.diversity(wrong)
    assert not verdict and hint in verdict.sentence, verdict


def by_the_alarms(g, x, y):
    said = {
        "collapse": alarms.collapse(alarms.diversity(g, x)),
        "copies x": alarms.copies_photo(alarms.way(g, x, y)),
        "copies y": alarms.copies_painting(alarms.way(g, y, x)),
        "inverted": alarms.colours_inverted(alarms.colour_correlation(g, x)),
    }
    return next((name for name, sentence in said.items() if sentence), "healthy")


def by_distances(g, x, y, sign=1, near=("copies x", "copies y")):
    for name, target in zip(near, (x, y), strict=True):
        if np.abs(g - target).mean() < 0.1 * np.abs(x - y).mean():
            return name
    if g.std(axis=0).mean() < 0.1:
        return "collapse"
    return "inverted" if sign * np.corrcoef(g.ravel(), x.ravel())[0, 1] < -0.2 else "healthy"


@pytest.mark.parametrize("right", [by_the_alarms, by_distances])
def test_any_right_diagnosis_is_accepted(right):
    assert failures.diagnose(right)


def test_the_names_are_those_of_the_lamps():
    lamps = {alarms.COLLAPSE, alarms.COPIES_PHOTO, alarms.COPIES_PAINTING, alarms.INVERTED}
    assert set(failures.NAMES) == lamps | {"healthy"}


def squared(g, x, y):
    return "copies x" if np.corrcoef(g.ravel(), x.ravel())[0, 1] ** 2 > 0.8 else by_distances(g, x, y)


def turned(g, x, y):
    return "inverted" if np.corrcoef(g.ravel(), x.ravel())[0, 1] > 0.95 else by_distances(g, x, y)


def without(name):
    return lambda *three: found if (found := by_distances(*three)) != name else "healthy"


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (lambda g, x, y: "collapse", "to everything"),
        (lambda g, x, y: by_distances(g, x, y, near=("copies y", "copies x")), "exchanged"),
        (squared, "blind to the sign"),
        (turned, "sign is wrong"),
        (without("inverted"), "negatives pass"),
        (without("collapse"), "one picture for all passes"),
        (without("copies y"), "distance to y"),
        (without("copies x"), "distance to x"),
        (lambda g, x, y: by_distances(g, x, y).replace("healthy", "collapse"), "false alarm"),
        (lambda g, x, y: "broken", "no diagnosis"),
        (lambda g, x, y: 3, "wanted a name"),
        (lambda g, x, y: None, "returns nothing"),
        (lambda g: "healthy", "TypeError"),
    ],
)
def test_a_wrong_diagnosis_is_told_why(wrong, hint):
    verdict = failures.diagnose(wrong)
    assert not verdict and hint in verdict.sentence, verdict
