"""Checks on the choice of weights: lessons 00 and 08."""

import numpy as np

from stylekit import metrics
from stylekit.course.checks.exercise import same, tell_slip
from stylekit.course.checks.verdict import Wrong, call, check, require
from stylekit.errors import SettingError

ENOUGH = 0.4  # share of the content and of the style: few pictures keep half of both
NAMES = ("adversarial", "content", "style")


@check
def balance(painter, photo, painting, **weights):
    """Check three weights: the picture has to keep 40 % of the content and to take on 40 % of the style.

    Both shares are measured between the two ends of the sliders: content at 100, and style at 100.

    Args:
        painter: a trained `stylekit.Painter`.
        photo, painting: (h, w, 3) in [-1, 1].
        weights: adversarial, content and style, as for the painter.

    Returns:
        a Verdict.
    """
    strange = [name for name in weights if name not in NAMES]
    require(not strange, f"there is no weight {strange}: their names are {', '.join(NAMES)}.")
    try:
        exponents = [name for name, weight in weights.items() if weight < 0]
    except TypeError as error:
        raise Wrong(f"wanted numbers as weights; found {weights}.") from error
    require(not exponents, f"{exponents} is below 0, and a weight is a factor: 0.1, not -1, pulls ten times less.")

    def distances(**weights):
        """The content and style distance of the picture that the weights give."""
        picture = painter(photo, painting, **weights)
        content = metrics.content_distance(painter.feature_extractor, picture, photo)
        return content, metrics.style_distance(painter.feature_extractor, picture, painting)

    (least_content, most_style), (most_content, least_style) = distances(content=100.0), distances(style=100.0)
    try:
        content, style = distances(**weights)
    except SettingError as error:
        raise Wrong(str(error)) from error
    kept = (most_content - content) / (most_content - least_content)
    taken = (most_style - style) / (most_style - least_style)
    found = f"it keeps {kept:.0%} of the content and takes on {taken:.0%} of the style"
    others = max(weights.get("content", 1), weights.get("style", 1))
    if min(kept, taken) < ENOUGH and weights.get("adversarial", 1) > others:
        raise Wrong(f"{found}; the adversarial term outweighs the other two, so lower its weight.")
    require(kept >= ENOUGH, f"{found}; the content is too far gone, so raise its weight or lower that of the style.")
    require(taken >= ENOUGH, f"{found}; the style is too weak, so raise its weight or lower that of the content.")
    return f"{found}."


@check
def weights_from_shares(answer):
    """Check loss weights that give each term its share of the pull.

    Args:
        answer: function (norms, shares) -> weights, all three dicts term -> number. Only the ratios of the weights
            matter.

    Returns:
        a Verdict.
    """
    norms = {"adversarial": 0.5, "content": 4.0, "style": 2.0}
    shares = {"adversarial": 0.2, "content": 0.3, "style": 0.5}
    found = call(answer, dict(norms), dict(shares))
    require(
        isinstance(found, dict) and set(found) == set(norms),
        f"wanted a dict with a weight for each of {', '.join(norms)}; found {found!r}.",
    )
    try:
        weights = {term: float(weight) for term, weight in found.items()}
    except (TypeError, ValueError) as error:
        raise Wrong(f"wanted numbers as weights; found {found!r}.") from error
    require(all(np.isfinite(list(weights.values()))), f"some weights are no numbers: {weights}.")
    require(min(weights.values()) > 0, f"found {weights}: every share here is above 0, so every weight has to be.")
    slips = [
        (
            shares,
            "the weights are the shares themselves: a long gradient still pulls harder, so divide by its length.",
        ),
        (
            {term: shares[term] * norms[term] for term in norms},
            "the share is multiplied by the gradient's length: what pulls hard already gets still more; divide.",
        ),
        (
            {term: shares[term] / norms[term] ** 2 for term in norms},
            "the share is divided by the squared length: that turns the order round; divide once.",
        ),
        (
            {term: 1 / norms[term] for term in norms},
            "all terms pull equally: the shares that were asked for are left out.",
        ),
        (
            {term: norms[term] / shares[term] for term in norms},
            "the fraction is upside down: share over length, not length over share.",
        ),
    ]
    tell_slip(_ratios(weights), [(_ratios(wrong), sentence) for wrong, sentence in slips], atol=1e-3)
    pulls = _ratios({term: weights[term] * norms[term] for term in norms})
    found = ", ".join(f"{term} {pull:.0%}" for term, pull in zip(norms, pulls, strict=True))
    wanted = ", ".join(f"{term} {share:.0%}" for term, share in shares.items())
    right = same(pulls, _ratios(shares), atol=1e-3)
    require(right, f"with your weights the pulls are {found}; wanted {wanted}.")
    return "each term pulls with its share."


def _ratios(numbers):
    """A dict's numbers as shares of their sum, in the order of the terms, (3,)."""
    values = np.array([numbers[name] for name in NAMES])
    return values / values.sum()
