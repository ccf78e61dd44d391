"""Checks on learning without pairs, there and back: lesson 12."""

import numpy as np

from stylekit.course.checks.exercise import Exercise, apart, per_picture, results, same, tell_slip
from stylekit.course.checks.verdict import call, check, numbers, require

PHOTOS, PAINTINGS = np.random.default_rng(16).uniform(-1, 1, (2, 3, 8, 8, 3)).astype("float32")
OVERWRITTEN = (
    "D is shown the new picture, and the old one was overwritten before. Keep it first, then write over it; a part of "
    "an array is no copy: `pool[place].copy()`."
)
HELD, GENERATED = np.random.default_rng(17).uniform(-1, 1, (2, 4, 4, 4, 3)).astype("float32")


def _to_painting(pictures):
    """A stand-in for G."""
    return 0.6 * np.asarray(pictures) ** 2 - 0.3


def _to_photo(pictures):
    """A stand-in for F."""
    return 0.8 * np.sin(2 * np.asarray(pictures)) + 0.1


@check
def cycle_terms(answer):
    """Check the cycle and identity terms of CycleGAN, mean absolute differences.

    Args:
        answer: function (G, F, photos, paintings) -> (cycle, identity), both (batch,). G makes paintings, F makes
            photos. Each term is the sum of its two directions.

    Returns:
        a Verdict.
    """
    g, f, x, y = _to_painting, _to_photo, PHOTOS, PAINTINGS
    there, back = apart(f(g(x)), x), apart(g(f(y)), y)
    painting, photo = apart(g(y), y), apart(f(x), x)
    wanted = {"cycle": there + back, "identity": painting + photo}
    found = call(answer, g, f, x.copy(), y.copy())
    terms = results(found, 2, "wanted two results, cycle and identity: `return cycle, identity`.")
    flat = {"cycle": [(f(g(x)), x), (g(f(y)), y)], "identity": [(g(y), y), (f(x), x)]}
    slips = {
        "cycle": [
            (wanted["identity"], "the two are exchanged: cycle comes first."),
            (
                there,
                "only photos go there and back: paintings have a way there and back too, G(F(y)). With one direction "
                "alone G may paint many things that F undoes, and F need not make photos of real paintings.",
            ),
            (back, "only paintings go there and back: photos have a way there and back too, F(G(x))."),
            (
                apart(f(g(x)), y) + apart(g(f(y)), x),
                "the way back ends at a picture of the other domain, which has nothing to do with it: F(G(x)) has to "
                "be x again.",
            ),
            (
                apart(g(x), x) + apart(f(y), y),
                "there is no way back: that forbids G to paint at all. Send G(x) through F before you compare.",
            ),
            (
                apart(g(f(x)), x) + apart(f(g(y)), y),
                "the networks are in the wrong order: a photo goes through G first, F(G(x)); a painting through F "
                "first.",
            ),
            (apart(g(g(x)), x) + apart(f(f(y)), y), "the same network goes there and back: F leads back from G(x)."),
            (
                apart(g(x), y) + apart(f(y), x),
                "G(x) is compared with a painting that has nothing to do with x: there are no pairs.",
            ),
            (
                apart(f(g(x)), f(y)) + apart(g(f(y)), g(x)),
                "what is made is compared with what is made: the way ends at the picture that it started from.",
            ),
        ],
        "identity": [
            (painting, "only G's side is there: F has to leave a photo as it is, too."),
            (photo, "only F's side is there: G has to leave a painting as it is, too."),
            (
                apart(g(x), x) + apart(f(y), y),
                "it looks at the wrong domains: G has to change a photo. G has to leave a painting as it is, and F a "
                "photo.",
            ),
            (apart(g(y), x) + apart(f(x), y), "G(y) is compared with a photo that has nothing to do with y."),
            (
                there + back,
                "that is the cycle once more: identity takes one step, with a picture that is there already.",
            ),
        ],
    }
    for (name, right), value in zip(wanted.items(), terms, strict=True):
        signed = sum(per_picture(a - b) for a, b in flat[name])
        common = [
            (sum(per_picture((a - b) ** 2) for a, b in flat[name]), "the differences are squared: take abs."),
            (signed, "differences above and below 0 cancel: take abs."),
            (-signed, "differences above and below 0 cancel: take abs."),
            (right * x[0].size, "you sum over the pixels: take the mean."),
            (right / 2, "you take the mean of both directions: the sum is wanted."),
            (right.mean(), "every picture has a number of its own."),
        ]
        Exercise(right, [*slips[name], *common], about=f"{name}: ").judge(value)
    return "there and back in both directions, and a picture that is already in the right domain stays as it is."


@check
def exchange(answer):
    """Check the exchange of a new picture with an image pool.

    Args:
        answer: function (pool, picture, coin, place) -> (the picture that D is shown, the pool afterwards). The pool
            is full, (n, h, w, 3). The coin is in [0, 1): below 0.5 the new picture passes by; otherwise it changes
            places with the one at `place`.

    Returns:
        a Verdict.
    """
    for picture, coin, place in zip(GENERATED, (0.2, 0.7, 0.49, 0.9), (1, 2, 0, 3), strict=True):
        passes = coin < 0.5
        swapped = HELD.copy()
        swapped[place] = picture
        wanted, wanted_pool = (picture, HELD) if passes else (HELD[place], swapped)
        given = HELD.copy()
        found = call(answer, given, picture.copy(), coin, place)
        both = results(found, 2, "wanted two results, the picture for D and the pool: `return shown, pool`.")
        shown, after = map(numbers, both)
        when = f"with coin {coin} and place {place} "
        shapes = f"found shapes {shown.shape} and {after.shape}, wanted {picture.shape} and {HELD.shape}"
        right = shown.shape == picture.shape and after.shape == HELD.shape
        require(right, f"{shapes}: one picture for D, and a pool as large as before.")
        if passes:
            of_shown = (HELD[place], "the new picture passes by, so show it to D. You exchange, but only from 0.5 on.")
            of_pool = (swapped, "the new picture passes by, but you put it into the pool, too.")
        else:
            overwritten = same(after[place], picture) and same(shown, picture)
            require(not overwritten, when + OVERWRITTEN)
            of_shown = (picture, "they change places: D is shown the old picture, not the new one.")
            of_pool = (HELD, "the new picture gets lost: it takes the place of the one that D is shown.")
        tell_slip(shown, [of_shown], when)
        require(same(shown, wanted), f"{when}D is shown a picture that is neither the new one nor the one at {place}.")
        tell_slip(after, [of_pool], when)
        require(same(after, wanted_pool), f"{when}other pictures of the pool have changed: only place {place} may.")
    return "half of what D sees is new, half is from earlier steps."
