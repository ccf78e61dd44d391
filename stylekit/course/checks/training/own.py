"""Checks on one's own pictures: lesson 10."""

import random

from stylekit.course.checks.verdict import call, check, require

NAMES = [f"holiday {i:03d}.jpg" for i in range(400)]


def _sets(answer, names):
    """What the learner's function makes of some names: dict name -> "train" or "test"."""
    found = call(answer, list(names))
    found = list(found) if isinstance(found, (list, tuple)) else found
    require(isinstance(found, list), f"wanted a list, one word for each name; found {type(found).__name__}.")
    require(len(found) == len(names), f"{len(names)} names went in, {len(found)} words came out: wanted one for each.")
    strange = [word for word in found if word not in ("train", "test")]
    require(not strange, f'found {strange[:1]}: wanted only the words "train" and "test".')
    return dict(zip(names, found, strict=True))


@check
def stable_split(answer):
    """Check a division of files for training and testing that depends on their names only.

    Args:
        answer: function (names) -> a list of "train" and "test", about one in five "test".

    Returns:
        a Verdict.
    """
    whole = _sets(answer, NAMES)
    share = sum(word == "test" for word in whole.values()) / len(whole)
    require(whole == _sets(answer, NAMES), "asked twice, it splits in two ways: let the name decide, not chance.")
    order = NAMES[:]
    random.Random(0).shuffle(order)
    require(
        whole == _sets(answer, order), "in another order the same files change their set: let the name alone decide."
    )
    fewer = _sets(answer, NAMES[1::2])
    moved = [name for name in fewer if fewer[name] != whole[name]]
    require(not moved, f"with fewer files in the folder {moved[:1]} changes its set: let the name alone decide.")
    salted = {name: "test" if hash(name) % 5 == 0 else "train" for name in NAMES}
    require(whole != salted, "Python's hash() of a text changes with every start: use zlib.crc32(name.encode()).")
    require(share > 0, "nothing is left for testing.")
    require(share < 1, "nothing is left for training.")
    require(0.1 < share < 0.35, f"{share:.0%} of the files are for testing: wanted about one in five.")
    return f"{share:.0%} are for testing, and a file stays in its set whatever other files come or go."


@check
def better_match(answer):
    """Check how two painters are compared.

    Args:
        answer: function (before, after, tolerance) -> bool. `before` and `after` are (content distance, style
            distance).

    Returns:
        a Verdict.
    """
    cases = (
        ((0.60, 0.20), (0.62, 0.10), 0.05, True, "style fell by half and content rose by less than the tolerance"),
        ((0.60, 0.10), (0.58, 0.20), 0.05, False, "style is a distance: smaller is nearer, and it grew"),
        ((0.60, 0.20), (0.80, 0.10), 0.05, False, "content is a distance too: it rose by 0.2, so the photo got lost"),
        ((0.60, 0.20), (0.50, 0.10), 0.05, True, "content came nearer, too: that is no fault"),
        ((0.60, 0.20), (0.61, 0.20), 0.05, False, "style did not change at all: no better match"),
        ((0.60, 0.20), (0.63, 0.10), 0.02, False, "content rose by 0.03, and 0.02 was allowed: use the tolerance"),
        ((0.60, 0.20), (0.80, 0.10), 0.30, True, "content rose by 0.2, and 0.3 was allowed: use the tolerance"),
    )
    for before, after, tolerance, wanted, why in cases:
        found = call(answer, before, after, tolerance)
        require(found in (True, False), f"found {found!r}: wanted True or False.")
        require(
            bool(found) == wanted,
            f"{before} to {after} with tolerance {tolerance}: you say {bool(found)}, wanted {wanted}; {why}.",
        )
    return "style nearer, and content no farther than you allow."
