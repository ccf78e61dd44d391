"""The check of lesson 08: every right answer passes, and each wrong one hears what is wrong with it."""

import pytest

from stylekit.course import checks
from stylekit.training.objective import starting_weights

RIGHT = {
    "as in the package": starting_weights,
    "by hand": lambda norms, shares: {term: shares[term] / norms[term] for term in norms},
    "another scale": lambda norms, shares: {term: 70 * shares[term] / norms[term] for term in norms},
    "another order": lambda norms, shares: {term: shares[term] / norms[term] for term in reversed(list(norms))},
}
WRONG = {
    "the shares themselves": (lambda norms, shares: shares, "are the shares themselves"),
    "times": (lambda norms, shares: {t: shares[t] * norms[t] for t in norms}, "multiplied by the gradient's length"),
    "squared": (lambda norms, shares: {t: shares[t] / norms[t] ** 2 for t in norms}, "squared length"),
    "no shares": (lambda norms, shares: {t: 1 / norms[t] for t in norms}, "all terms pull equally"),
    "upside down": (lambda norms, shares: {t: norms[t] / shares[t] for t in norms}, "upside down"),
    "something else": (lambda norms, shares: {"adversarial": 1, "content": 2, "style": 3}, "the pulls are adversarial"),
    "a list": (lambda norms, shares: [1, 2, 3], "wanted a dict"),
    "a term forgotten": (lambda norms, shares: {"content": 1, "style": 1}, "wanted a dict"),
    "words": (lambda norms, shares: dict.fromkeys(norms, "much"), "wanted numbers"),
    "negative": (lambda norms, shares: {t: -shares[t] / norms[t] for t in norms}, "has to be"),
    "not a number": (lambda norms, shares: dict.fromkeys(norms, float("nan")), "no numbers"),
    "nothing": (lambda norms, shares: None, "returns nothing yet"),
    "no function": ({"style": 1.0}, "pass the function itself"),
    "stops": (lambda norms, shares: norms["stile"], "KeyError"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_answer_passes(name):
    assert checks.weights_from_shares(RIGHT[name])


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_hears_why(name):
    answer, words = WRONG[name]
    verdict = checks.weights_from_shares(answer)
    assert not verdict and words in verdict.sentence
