"""The checks behind the exercises of the lessons: each takes a learner's answer and says what is wrong with it.

A check never raises for a wrong answer. It gives a `Verdict`: true or false, and a sentence to go on with.
"""

import functools
from dataclasses import dataclass

import numpy as np

from stylekit import images, metrics

ENOUGH = 0.4  # of the content and of the style: few pictures have half of both


@dataclass(frozen=True, repr=False)
class Verdict:
    """What a check found: `bool(verdict)` says whether the answer is right, `verdict.sentence` why."""

    right: bool
    sentence: str

    def __bool__(self):
        return self.right

    def __repr__(self):
        return f"{'Right' if self.right else 'Not yet'}: {self.sentence}"


class _Wrong(Exception):
    """The sentence that tells a learner what is wrong."""


def _check(function):
    """A function that returns praise or raises _Wrong, as one that returns a Verdict."""

    @functools.wraps(function)
    def check(*arguments, **settings):
        try:
            return Verdict(True, function(*arguments, **settings))
        except _Wrong as wrong:
            return Verdict(False, str(wrong))

    return check


def _require(condition, sentence):
    if not condition:
        raise _Wrong(sentence)


def _call(answer, *arguments):
    """What the learner's function returns; _Wrong if it is no function, stops, or returns nothing."""
    _require(callable(answer), f"pass the function itself, without brackets or arguments; found {answer!r}.")
    try:
        found = answer(*arguments)
    except Exception as error:  # a learner's function may raise anything
        raise _Wrong(f"your function stopped with {type(error).__name__}: {error}.") from error
    _require(found is not None and found is not ..., "your function returns nothing yet; end it with `return`.")
    return found


def _array(found, shape):
    try:
        found = np.asarray(found)
    except Exception as error:  # whatever a learner returns
        raise _Wrong(f"wanted an array of numbers, found {type(found).__name__}.") from error
    _require(found.dtype.kind in "uif", f"wanted an array of numbers, found {found.dtype}.")
    _require(found.shape == shape, f"the shape changed from {shape} to {found.shape}; work on the array as a whole.")
    _require(np.isfinite(found).all(), "some values are NaN or infinite; look for a division by zero.")
    return found


# --- lesson 00 --------------------------------------------------------------------------------------------------------


@_check
def balance(painter, photo, painting, **weights):
    """Check three weights: does the picture keep 40 % of the content and take on 40 % of the style, or more?

    painter: a trained `methods.painter.Painter`. photo, painting: (h, w, 3) in [-1, 1]. weights: adversarial, content
    and style, as for the painter. Both are measured between the ends of the sliders: content at 100, and style at 100.
    """

    def distances(**weights):
        picture = painter(photo, painting, **weights)
        content = metrics.content_distance(painter.content_keeper, picture, photo)
        return content, metrics.style_distance(painter.content_keeper, picture, painting)

    (least_content, most_style), (most_content, least_style) = distances(content=100.0), distances(style=100.0)
    content, style = distances(**weights)
    kept = (most_content - content) / (most_content - least_content)
    taken = (most_style - style) / (most_style - least_style)
    found = f"it keeps {kept:.0%} of the content and takes on {taken:.0%} of the style"
    _require(kept >= ENOUGH, f"{found}; the content is too far gone, so raise its weight or lower that of the style.")
    _require(taken >= ENOUGH, f"{found}; the style is too weak, so raise its weight or lower that of the content.")
    return f"{found}."


# --- lesson 02 --------------------------------------------------------------------------------------------------------


@_check
def normalise(answer):
    """Check a function that takes a picture from uint8, 0 ... 255, to float32 in [-1, 1], the shape kept."""
    pixels = np.arange(256, dtype="uint8").repeat(3).reshape(16, 16, 3)
    found = _array(_call(answer, pixels.copy()), pixels.shape)
    _require(
        found.dtype.kind == "f",
        f"the result is {found.dtype}: whole numbers have no room between -1 and 1, so make it float32 first.",
    )
    wanted = images.from_uint8(pixels)
    if not np.allclose(found, wanted, atol=1e-4):
        raise _Wrong(_why_not_normal(found.astype("float64"), wanted))
    _require(
        found.dtype == np.float32,
        f"the values are right, but {found.dtype}: networks compute in float32, so convert with astype('float32').",
    )
    return "black is -1, white is 1, and the steps between are even."


def _why_not_normal(found, wanted):
    black, white = found.min(), found.max()
    if np.allclose(found, wanted / 2 + 0.5, atol=1e-3):
        return "black becomes 0 and white 1, wanted -1 and 1: stretch to twice the width, then shift."
    if np.allclose(found, (wanted + 1) * 127.5 / 128 - 1, atol=1e-4):
        return f"white becomes {white:.4f}, wanted 1: half of 255 is 127.5, not 128."
    if np.allclose(found, -wanted, atol=1e-3):
        return "black becomes 1 and white -1: the picture is a negative."
    if abs(black + 1) > 1e-3 or abs(white - 1) > 1e-3:
        return f"the values run from {black:.4g} to {white:.4g}, wanted -1 to 1."
    worst = int(np.abs(found - wanted).max(axis=-1).argmax())
    return (
        f"the ends are right, but {worst} becomes {found.reshape(256, 3)[worst, 0]:.4f}, wanted "
        f"{wanted.reshape(256, 3)[worst, 0]:.4f}: every step has to be equally wide."
    )


@_check
def denormalise(answer):
    """Check the way back: a picture, float32 in [-1, 1], to uint8 in 0 ... 255, so that every value returns."""
    pixels = np.arange(256, dtype="uint8").repeat(3).reshape(16, 16, 3)
    found = _array(_call(answer, images.from_uint8(pixels)), pixels.shape)
    _require(found.dtype == np.uint8, f"the result is {found.dtype}: a file holds whole numbers, wanted uint8.")
    wrong = found != pixels
    one_lower = found.astype(int) == pixels.astype(int) - 1
    _require(
        not (wrong.any() and (one_lower | ~wrong).all()),
        f"{wrong.any(axis=-1).sum()} of 256 values come back one lower: astype('uint8') cuts off, so round first.",
    )
    first = int(wrong.any(axis=-1).argmax())
    returned = found.reshape(256, 3)[first].tolist()
    _require(
        not wrong.any(),
        f"{wrong.any(axis=-1).sum()} of 256 values do not come back; {first} comes back as {returned}.",
    )
    return "all 256 values come back."


@_check
def pair_up(answer):
    """Check a function (photo names, painting names) -> for each photo the place of its painting in the second list."""
    photos = ["astronaut.jpg", "cat.jpg", "coffee.jpg", "rocket.jpg"]
    paintings = ["rocket.png", "astronaut.png", "china.png", "cat.png", "coffee.png"]
    wanted = [1, 3, 4, 0]
    found = _call(answer, photos.copy(), paintings.copy())
    _require(np.iterable(found), f"wanted a list of places, found {found!r}.")
    found = list(found)
    _require(
        len(found) == len(photos),
        f"there are {len(photos)} photos, but you return {len(found)} places: wanted one for each photo.",
    )
    _require(
        all(isinstance(place, (int, np.integer)) and 0 <= place < len(paintings) for place in found),
        f"wanted places in the list of paintings, whole numbers from 0 to {len(paintings) - 1}; found {found}.",
    )
    for photo, place, right in zip(photos, found, wanted, strict=True):
        _require(
            place == right,
            f"{photo} got {paintings[place]}: the two lists have orders of their own, so go by the name, without .jpg.",
        )
    return "every photo has its own painting."
