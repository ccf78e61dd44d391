"""Checks on pictures as numbers and on pairs: lesson 02."""

import numpy as np

from stylekit import images
from stylekit.course.checks.exercise import tell_slip
from stylekit.course.checks.verdict import Wrong, array, call, check, require


@check
def normalise(answer):
    """Check the way from a file to a network: uint8 in 0 ... 255 becomes float32 in [-1, 1].

    Args:
        answer: function (h, w, 3) uint8 -> (h, w, 3) float32.

    Returns:
        a Verdict.
    """
    pixels = np.arange(256, dtype="uint8").repeat(3).reshape(16, 16, 3)
    found = array(call(answer, pixels.copy()), pixels.shape)
    require(
        found.dtype.kind == "f",
        f"the result is {found.dtype}: whole numbers have no room between -1 and 1, so make it float32 first.",
    )
    wanted = images.from_uint8(pixels)
    white = found.max()
    slips = [
        (wanted / 2 + 0.5, "black becomes 0 and white 1, wanted -1 and 1: stretch to twice the width, then shift."),
        (
            (wanted + 1) * 127.5 / 128 - 1,
            f"white becomes {white:.4f}, wanted 1: half of 255 is 127.5, not 128.",
        ),
        (-wanted, "black becomes 1 and white -1: the picture is a negative."),
    ]
    tell_slip(found, slips, rtol=0, atol=1e-4)
    if not np.allclose(found, wanted, atol=1e-4):
        raise Wrong(_why_not_even(found.astype("float64"), wanted))
    require(
        found.dtype == np.float32,
        f"the values are right, but {found.dtype}: networks compute in float32, so convert with astype('float32').",
    )
    return "black is -1, white is 1, and the steps between are even."


def _why_not_even(found, wanted):
    """What is wrong with a scale whose ends are wrong, or whose steps are not even."""
    black, white = found.min(), found.max()
    if abs(black + 1) > 1e-3 or abs(white - 1) > 1e-3:
        return f"the values run from {black:.4g} to {white:.4g}, wanted -1 to 1."
    worst = int(np.abs(found - wanted).max(axis=-1).argmax())
    return (
        f"the ends are right, but {worst} becomes {found.reshape(256, 3)[worst, 0]:.4f}, wanted "
        f"{wanted.reshape(256, 3)[worst, 0]:.4f}: every step has to be equally wide."
    )


@check
def denormalise(answer):
    """Check the way back: float32 in [-1, 1] becomes uint8 in 0 ... 255, and every value returns.

    Args:
        answer: function (h, w, 3) float32 -> (h, w, 3) uint8.

    Returns:
        a Verdict.
    """
    pixels = np.arange(256, dtype="uint8").repeat(3).reshape(16, 16, 3)
    found = array(call(answer, images.from_uint8(pixels)), pixels.shape)
    require(found.dtype == np.uint8, f"the result is {found.dtype}: a file holds whole numbers, wanted uint8.")
    wrong = found != pixels
    one_lower = found.astype(int) == pixels.astype(int) - 1
    require(
        not (wrong.any() and (one_lower | ~wrong).all()),
        f"{wrong.any(axis=-1).sum()} of 256 values come back one lower: astype('uint8') cuts off, so round first.",
    )
    first = int(wrong.any(axis=-1).argmax())
    returned = found.reshape(256, 3)[first].tolist()
    require(
        not wrong.any(),
        f"{wrong.any(axis=-1).sum()} of 256 values do not come back; {first} comes back as {returned}.",
    )
    return "all 256 values come back."


@check
def pair_up(answer):
    """Check how photos find their paintings by name.

    Args:
        answer: function (photo names, painting names), two lists of str, -> for each photo the place of its painting
            in the second list.

    Returns:
        a Verdict.
    """
    photos = ["astronaut.jpg", "cat.jpg", "coffee.jpg", "rocket.jpg"]
    paintings = ["rocket.png", "astronaut.png", "china.png", "cat.png", "coffee.png"]
    wanted = [1, 3, 4, 0]
    found = call(answer, photos.copy(), paintings.copy())
    require(np.iterable(found), f"wanted a list of places, found {found!r}.")
    found = list(found)
    require(
        len(found) == len(photos),
        f"there are {len(photos)} photos, but you return {len(found)} places: wanted one for each photo.",
    )
    require(
        all(isinstance(place, (int, np.integer)) and 0 <= place < len(paintings) for place in found),
        f"wanted places in the list of paintings, whole numbers from 0 to {len(paintings) - 1}; found {found}.",
    )
    for photo, place, right in zip(photos, found, wanted, strict=True):
        why = "the two lists are in different orders, so compare the names without .jpg."
        require(place == right, f"{photo} got {paintings[place]}: {why}")
    return "every photo has its own painting."
