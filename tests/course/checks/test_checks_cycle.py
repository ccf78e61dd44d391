"""Checks of lesson 12: right answers in any form, and the usual mistakes with their hints."""

import numpy as np
import pytest

from stylekit.course.checks.methods import cycle


def apart(a, b):
    return np.abs(a - b).mean(axis=(1, 2, 3))


def there_and_back(G, F, x, y):
    return apart(F(G(x)), x) + apart(G(F(y)), y)


def at_home(G, F, x, y):
    return apart(G(y), y) + apart(F(x), x)


@pytest.mark.parametrize(
    "right",
    [
        lambda *all: (there_and_back(*all), at_home(*all)),
        lambda *all: [list(there_and_back(*all)), list(at_home(*all))],
        lambda *all: np.stack([there_and_back(*all), at_home(*all)]),
        lambda G, F, x, y: (apart(x, F(G(x))) + apart(y, G(F(y))), apart(x, F(x)) + apart(y, G(y))),
    ],
)
def test_any_right_pair_of_terms_is_accepted(right):
    assert cycle.cycle_terms(right)


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (lambda *all: (at_home(*all), there_and_back(*all)), "exchanged"),
        (lambda G, F, x, y: (apart(F(G(x)), x), at_home(G, F, x, y)), "only photos go there and back"),
        (lambda G, F, x, y: (apart(G(F(y)), y), at_home(G, F, x, y)), "only paintings go there and back"),
        (lambda G, F, x, y: (apart(F(G(x)), y) + apart(G(F(y)), x), at_home(G, F, x, y)), "x again"),
        (lambda G, F, x, y: (apart(G(x), x) + apart(F(y), y), at_home(G, F, x, y)), "no way back"),
        (lambda G, F, x, y: (apart(G(F(x)), x) + apart(F(G(y)), y), at_home(G, F, x, y)), "wrong order"),
        (lambda G, F, x, y: (apart(G(G(x)), x) + apart(F(F(y)), y), at_home(G, F, x, y)), "same network"),
        (lambda G, F, x, y: (apart(G(x), y) + apart(F(y), x), at_home(G, F, x, y)), "no pairs"),
        (lambda G, F, x, y: (apart(F(G(x)), F(y)) + apart(G(F(y)), G(x)), at_home(G, F, x, y)), "started from"),
        (
            lambda G, F, x, y: (((F(G(x)) - x) ** 2 + (G(F(y)) - y) ** 2).mean((1, 2, 3)), at_home(G, F, x, y)),
            "squared",
        ),
        (lambda G, F, x, y: ((F(G(x)) - x + G(F(y)) - y).mean((1, 2, 3)), at_home(G, F, x, y)), "cancel"),
        (lambda *all: (192 * there_and_back(*all), at_home(*all)), "sum over the pixels"),
        (lambda *all: (there_and_back(*all) / 2, at_home(*all)), "mean of both directions"),
        (lambda *all: (there_and_back(*all).mean(), at_home(*all)), "number of its own"),
        (lambda G, F, x, y: (there_and_back(G, F, x, y), apart(G(y), y)), "only G's side"),
        (lambda G, F, x, y: (there_and_back(G, F, x, y), apart(F(x), x)), "only F's side"),
        (lambda G, F, x, y: (there_and_back(G, F, x, y), apart(G(x), x) + apart(F(y), y)), "wrong domains"),
        (lambda G, F, x, y: (there_and_back(G, F, x, y), apart(G(y), x) + apart(F(x), y)), "nothing to do with y"),
        (lambda *all: (there_and_back(*all), there_and_back(*all)), "cycle once more"),
        (lambda *all: there_and_back(*all), "two results"),
        (lambda *all: np.array(1.0), "two results"),
        (lambda *all: (there_and_back(*all) + 1, at_home(*all)), "wanted"),
        (lambda *all: None, "returns nothing"),
    ],
)
def test_wrong_terms_are_told_why(wrong, hint):
    verdict = cycle.cycle_terms(wrong)
    assert not verdict and hint in verdict.sentence, verdict


def in_place(pool, picture, coin, place):
    if coin < 0.5:
        return picture, pool
    old = pool[place].copy()
    pool[place] = picture
    return old, pool


def by_choice(pool, picture, coin, place):
    there = (np.arange(len(pool)) == place)[:, None, None, None] & (coin >= 0.5)
    return (pool[place] if coin >= 0.5 else picture), np.where(there, picture, pool)


@pytest.mark.parametrize("right", [in_place, by_choice])
def test_any_right_exchange_is_accepted(right):
    assert cycle.exchange(right)


def overwriting(pool, picture, coin, place):
    if coin < 0.5:
        return picture, pool
    old = pool[place]  # a view
    pool[place] = picture
    return old, pool


def putting_in_always(pool, picture, coin, place):
    shown = picture if coin < 0.5 else pool[place].copy()
    pool[place] = picture
    return shown, pool


def everywhere(pool, picture, coin, place):
    return (picture, pool) if coin < 0.5 else (pool[place].copy(), np.tile(picture, (len(pool), 1, 1, 1)))


@pytest.mark.parametrize(
    "wrong, hint",
    [
        (overwriting, "a part of an array is no copy"),
        (putting_in_always, "put it into the pool, too"),
        (everywhere, "other pictures of the pool"),
        (lambda pool, picture, coin, place: in_place(pool, picture, 1 - coin, place), "only from 0.5 on"),
        (lambda pool, picture, coin, place: (picture if coin < 0.5 else pool[place], pool), "gets lost"),
        (lambda pool, picture, coin, place: (picture, pool), "D is shown the old picture"),
        (lambda pool, picture, coin, place: (0 * picture, pool), "neither the new one"),
        (lambda pool, picture, coin, place: (pool, pool), "found shapes"),
        (lambda pool, picture, coin, place: picture, "two results"),
        (lambda pool: pool, "TypeError"),
    ],
)
def test_a_wrong_exchange_is_told_why(wrong, hint):
    verdict = cycle.exchange(wrong)
    assert not verdict and hint in verdict.sentence, verdict
