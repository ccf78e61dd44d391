"""Checks on learning without pairs, there and back: lesson 12."""

import numpy as np

from stylekit.course.checks.style import numbers, per_picture, same, told
from stylekit.course.checks.verdict import call, check, require

PHOTOS, PAINTINGS = np.random.default_rng(16).uniform(-1, 1, (2, 3, 8, 8, 3)).astype("float32")
HELD, GENERATED = np.random.default_rng(17).uniform(-1, 1, (2, 4, 4, 4, 3)).astype("float32")


def _apart(a, b):
    return per_picture(np.abs(a - b))


def _to_painting(pictures):
    return 0.6 * np.asarray(pictures) ** 2 - 0.3


def _to_photo(pictures):
    return 0.8 * np.sin(2 * np.asarray(pictures)) + 0.1


@check
def cycle_terms(answer):
    """Check a function (G, F, photos, paintings) -> cycle, identity: two of (batch,), mean absolute differences.

    G makes paintings, F photos; both take a batch. Each term is the sum of its two directions.
    """
    g, f, x, y = _to_painting, _to_photo, PHOTOS, PAINTINGS
    there, back = _apart(f(g(x)), x), _apart(g(f(y)), y)
    painting, photo = _apart(g(y), y), _apart(f(x), x)
    wanted = {"cycle": there + back, "identity": painting + photo}
    found = call(answer, g, f, x.copy(), y.copy())
    pair = hasattr(found, "__len__") and len(found) == 2
    require(pair, "wanted two results, cycle and identity: `return cycle, identity`.")
    flat = {"cycle": [(f(g(x)), x), (g(f(y)), y)], "identity": [(g(y), y), (f(x), x)]}
    slips = {
        "cycle": [
            (wanted["identity"], "the two are exchanged: cycle comes first."),
            (there, "only photos go there and back: paintings have a way there and back too, G(F(y)). With one "
             "direction alone G may paint many things that F undoes, and F need not make photos of real paintings."),
            (back, "only paintings go there and back: photos have a way there and back too, F(G(x))."),
            (_apart(f(g(x)), y) + _apart(g(f(y)), x), "the way back ends at a picture of the other domain, which has "
             "nothing to do with it: F(G(x)) is to be x again."),
            (_apart(g(x), x) + _apart(f(y), y), "there is no way back: that forbids G to paint at all. Send G(x) "
             "through F before you compare."),
            (_apart(g(f(x)), x) + _apart(f(g(y)), y), "the networks are in the wrong order: a photo goes through G "
             "first, F(G(x)); a painting through F first."),
            (_apart(g(g(x)), x) + _apart(f(f(y)), y), "the same network goes there and back: F leads back from G(x)."),
            (_apart(g(x), y) + _apart(f(y), x), "G(x) is compared with a painting that has nothing to do with x: "
             "there are no pairs."),
            (_apart(f(g(x)), f(y)) + _apart(g(f(y)), g(x)), "what is made is compared with what is made: the way "
             "ends at the picture that it started from."),
        ],
        "identity": [
            (painting, "only G is held: F has to leave a photo as it is, too."),
            (photo, "only F is held: G has to leave a painting as it is, too."),
            (_apart(g(x), x) + _apart(f(y), y), "it looks at the wrong domains: G gets a photo to change it. What "
             "has to stay as it is, is a painting in G, and a photo in F."),
            (_apart(g(y), x) + _apart(f(x), y), "G(y) is compared with a photo that has nothing to do with y."),
            (there + back, "that is the cycle once more: identity takes one step, with a picture that is there "
             "already."),
        ],
    }  # fmt: skip
    for (name, right), value in zip(wanted.items(), found, strict=True):
        value = numbers(value)
        for wrong, sentence in slips[name]:
            require(not same(value, wrong), f"{name}: {sentence}")
        squares = sum(per_picture((a - b) ** 2) for a, b in flat[name])
        signed = sum(per_picture(a - b) for a, b in flat[name])
        sums = sum(np.abs(a - b).reshape(len(a), -1).sum(axis=1) for a, b in flat[name])
        require(not same(value, squares), f"{name}: the differences are squared: take abs.")
        require(not same(value, signed) and not same(value, -signed),
                f"{name}: differences above and below 0 cancel: take abs.")  # fmt: skip
        require(not same(value, sums), f"{name}: you sum over the pixels: take the mean.")
        require(not same(value, right / 2), f"{name}: you take the mean of both directions: the sum is wanted.")
        require(not same(value, np.array(right.mean())), f"{name}: every picture has a number of its own.")
        told(value, right, [], "")
    return "there and back in both directions, and whoever is at home stays there."


@check
def exchange(answer):
    """Check a function (pool, picture, coin, place) -> what D is shown, and the pool after that.

    pool: a full one, (n, h, w, 3). coin in [0, 1): below 0.5 the new picture passes by; otherwise it changes places
    with the one at `place`.
    """
    for picture, coin, place in zip(GENERATED, (0.2, 0.7, 0.49, 0.9), (1, 2, 0, 3), strict=True):
        passes = coin < 0.5
        swapped = HELD.copy()
        swapped[place] = picture
        wanted, wanted_pool = (picture, HELD) if passes else (HELD[place], swapped)
        given = HELD.copy()
        found = call(answer, given, picture.copy(), coin, place)
        pair = isinstance(found, (tuple, list)) and len(found) == 2
        require(pair, "wanted two results, the picture for D and the pool: `return shown, pool`.")
        shown, pool = map(numbers, found)
        when = f"with coin {coin} and place {place}"
        require(shown.shape == picture.shape and pool.shape == HELD.shape,
                f"found shapes {shown.shape} and {pool.shape}, wanted {picture.shape} and {HELD.shape}: one picture "
                "for D, and a pool as large as before.")  # fmt: skip
        _say_what_is_shown(shown, pool, picture, place, passes, when)
        require(same(shown, wanted), f"{when} D is shown a picture that is neither the new one nor the one at {place}.")
        if passes:
            require(not same(pool, swapped), f"{when} the new picture passes by, but you put it into the pool, too.")
        else:
            require(not same(pool, HELD), f"{when} the new picture gets lost: it takes the place of the one that D is "
                    "shown. Without that the pool stays what it was for ever.")  # fmt: skip
        require(same(pool, wanted_pool), f"{when} other pictures of the pool have changed: only place {place} may.")
    return "half of what D sees is new, half is from earlier steps."


def _say_what_is_shown(shown, pool, picture, place, passes, when):
    """Wrong, with its sentence, where D is shown the wrong one of the two."""
    if passes:
        require(not same(shown, HELD[place]), f"{when} the new picture is to pass by, and D is shown it. You "
                "exchange where you should not (below 0.5 it passes by).")  # fmt: skip
        return
    overwritten = same(pool[place], picture) and same(shown, picture)
    require(not overwritten, f"{when} D is shown the new picture, and the old one is gone before anybody saw it. "
            "Keep it first, then write over it; a part of an array is no copy: `pool[place].copy()`.")  # fmt: skip
    require(not same(shown, picture), f"{when} they change places: D is shown the old picture, not the new one.")
