"""What every check returns, and the first questions to a learner's function."""

import functools
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, repr=False)
class Verdict:
    """The result of a check: `bool(verdict)` says whether the answer is right, `verdict.sentence` says why."""

    right: bool
    sentence: str

    def __bool__(self):
        return self.right

    def __repr__(self):
        return f"{'Right' if self.right else 'Not yet'}: {self.sentence}"


class Wrong(Exception):
    """An answer is wrong; the message is the sentence that the learner reads."""


def check(function):
    """Make a check of a function that returns praise or raises Wrong: the check returns a Verdict and never raises."""

    @functools.wraps(function)
    def checked(*arguments, **settings):
        try:
            return Verdict(True, function(*arguments, **settings))
        except Wrong as wrong:
            return Verdict(False, str(wrong))

    return checked


def require(condition, sentence):
    """Raise Wrong with the sentence unless the condition holds."""
    if not condition:
        raise Wrong(sentence)


def call(answer, *arguments):
    """What the learner's function returns; Wrong if it is no function, stops, or returns nothing."""
    require(callable(answer), f"pass the function itself, without brackets or arguments; found {answer!r}.")
    try:
        found = answer(*arguments)
    except Exception as error:  # a learner's function may raise anything
        raise Wrong(f"your function stopped with {type(error).__name__}: {error}.") from error
    require(found is not None and found is not ..., "your function returns nothing yet; end it with `return`.")
    return found


def numbers(found):
    """An answer as an array. It may be a tensor or a list; Wrong if it holds no numbers."""
    try:
        found = np.asarray(found)
    except Exception as error:  # a learner may return anything
        raise Wrong(f"wanted an array of numbers, found {type(found).__name__}.") from error
    require(found.dtype.kind in "uif", f"wanted an array of numbers, found {found.dtype}.")
    return found


def array(found, shape):
    """An answer as an array of finite numbers of this shape; Wrong if it is anything else."""
    found = numbers(found)
    require(found.shape == shape, f"the shape changed from {shape} to {found.shape}; work on the array as a whole.")
    require(np.isfinite(found).all(), "some values are NaN or infinite; look for a division by zero.")
    return found
