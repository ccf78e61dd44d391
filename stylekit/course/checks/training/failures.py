"""Checks on ways of failing: lesson 15."""

import numpy as np

from stylekit.course.checks.exercise import Exercise
from stylekit.course.checks.verdict import call, check, numbers, require

NAMES = ("healthy", "collapse", "copies x", "copies y", "inverted")
COUNT, SIDE = 4, 16


def _scenes(seed):
    """Smooth pictures, (COUNT, SIDE, SIDE, 3) in [-1, 1]: a few waves each."""
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : SIDE * 1j, 0 : 1 : SIDE * 1j]
    turns, phase = draw.uniform(-2, 2, (2, COUNT, 1, 1, 3)), draw.uniform(0, 6, (COUNT, 1, 1, 3))
    level = draw.uniform(-0.4, 0.4, (COUNT, 1, 1, 3))
    return (level + 0.6 * np.sin(6 * (turns[0] * x[..., None] + turns[1] * y[..., None]) + phase)).astype("float32")


PHOTOS, PAINTINGS = _scenes(1), _scenes(2)


def _spread(pictures):
    """The mean |difference| of any two pictures."""
    return np.mean([np.abs(a - b).mean() for i, a in enumerate(pictures) for b in pictures[:i]])


@check
def diversity(answer):
    """Check a measure of diversity: the mean |difference| of any two pictures, as a share of that of the photos.

    Args:
        answer: function (pictures, photos), both (n, h, w, 3), -> a number.

    Returns:
        a Verdict.
    """
    x, g = PHOTOS, (0.3 * PHOTOS**2 - 0.5 * PAINTINGS).astype("float32")
    between, reference = _spread(g), _spread(x)
    wanted = np.array(between / reference)

    def inside(pictures):
        return np.mean(pictures.std(axis=(1, 2, 3)))

    def signed(pictures):
        return np.mean([(a - b).mean() for i, a in enumerate(pictures) for b in pictures[:i]])

    neighbours = [np.abs(np.diff(pictures, axis=0)).mean() for pictures in (g, x)]
    deviations = [pictures.std(axis=0).mean() for pictures in (g, x)]
    slips = [
        (
            inside(g) / inside(x),
            "that is the contrast inside each picture: n equal pictures full of contrast would pass. Compare pictures"
            " with one another.",
        ),
        (
            g.std() / x.std(),
            "that mixes what differs inside a picture with what differs between two: take the same pixel of two "
            "pictures.",
        ),
        (between, "is that much or little? Divide it by how different the photos are."),
        (1 / wanted, "it is upside down: the pictures' differences, divided by the photos'."),
        (
            np.abs(g - x).mean() / reference,
            "you compare each picture with its photo: a G that copies has 0 there, and all the diversity there can be.",
        ),
        (np.abs(g - x).mean(), "you compare each picture with its photo: a G that copies has 0 there."),
        (signed(g) / signed(x), "differences above and below 0 cancel: take their size first."),
        (
            np.sqrt(np.mean([((a - b) ** 2).mean() for i, a in enumerate(g) for b in g[:i]]))
            / np.sqrt(np.mean([((a - b) ** 2).mean() for i, a in enumerate(x) for b in x[:i]])),
            "the differences are squared: wanted their size, |a - b|.",
        ),
        (neighbours[0] / neighbours[1], "you compare each picture with the next one alone: take every two."),
        (
            deviations[0] / deviations[1],
            "that is the deviation from the mean picture: a good measure, too, but wanted is the mean |difference| of"
            " any two.",
        ),
        (
            between * (COUNT - 1) / COUNT / reference,
            "of the pictures, each is compared with itself too, but of the photos not.",
        ),
    ]
    shape = "one number says how different all of them are"
    Exercise(wanted, slips, shape=shape).judge(call(answer, g.copy(), x.copy()))
    alone = np.repeat(g[:1], COUNT, axis=0)
    require(abs(float(numbers(call(answer, alone, x.copy())))) < 1e-4, "n times the same picture must give 0.")
    return "0 says one picture for all, and 1 says that every photo has a picture of its own."


@check
def diagnose(answer):
    """Check a diagnosis: what is wrong with G?

    Args:
        answer: function (pictures, photos, paintings), each (n, h, w, 3), -> one of NAMES.

    Returns:
        a Verdict.
    """
    draw = np.random.default_rng(4)
    noise = draw.normal(0, 0.02, PHOTOS.shape).astype("float32")
    x, y = PHOTOS, PAINTINGS
    cases = [
        ("healthy", 0.6 * x + 0.4 * y, "pictures between photo and painting"),
        ("copies x", 0.98 * x + noise, "the photos, hardly touched"),
        ("copies y", 0.97 * y + noise, "the paintings, hardly touched"),
        ("collapse", np.repeat(0.5 * x[:1] + 0.5 * y[1:2], COUNT, axis=0) + noise, "n times the same picture"),
        ("inverted", -0.8 * x + 0.1 * y, "negatives of the photos"),
        ("healthy", 0.5 * x + 0.5 * y[::-1], "other pictures between photo and painting"),
        ("copies x", 0.95 * x + 0.05 * y, "the photos, a little pale"),
    ]
    given = []
    for _, pictures, _ in cases:
        found = call(answer, pictures.astype("float32"), x.copy(), y.copy())
        require(isinstance(found, str), f"wanted a name, one of {', '.join(NAMES)}; found {found!r}.")
        require(found in NAMES, f"{found!r} is no diagnosis: wanted one of {', '.join(NAMES)}.")
        given.append(found)
    require(len(set(given)) > 1, f"you say {given[0]!r} to everything: look at the pictures.")
    pairs = {(wanted, found) for (wanted, *_), found in zip(cases, given, strict=True) if wanted != found}
    hints = [
        (("copies x", "copies y"), "photo and painting are exchanged: a copy of x is near x."),
        (("copies y", "copies x"), "photo and painting are exchanged: a copy of y is near y."),
        (("copies x", "inverted"), "the sign is wrong: a copy correlates with its photo by +1, a negative by -1."),
        (
            ("inverted", "copies x"),
            "a negative is taken for a copy: the square of a correlation, or its size, is blind to the sign.",
        ),
        (
            ("inverted", "healthy"),
            "negatives pass as healthy: ask whether what is light in the photo is dark in G's picture.",
        ),
        (("collapse", "healthy"), "one picture for all passes as healthy: compare the pictures with one another."),
        (("copies y", "healthy"), "copies of the paintings pass as healthy: measure the distance to y too."),
        (("copies x", "healthy"), "copies of the photos pass as healthy: measure the distance to x too."),
    ]
    for pair, hint in hints:
        require(pair not in pairs, hint)
    for (wanted, _, what), found in zip(cases, given, strict=True):
        alarm = " That is a false alarm." if wanted == "healthy" else ""
        require(found == wanted, f"for {what} you say {found!r}, wanted {wanted!r}.{alarm}")
    return "each failure has its own symptom, and the healthy pictures have none."
