"""What the checks of an exercise share: the right answer, and the usual wrong answers with a sentence for each."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from stylekit.course.checks.verdict import Wrong, array, numbers, require


@dataclass(frozen=True)
class Exercise:
    """The right answer and the usual wrong ones.

    >>> Exercise(wanted, [(-wanted, "the sign is wrong."), (2 * wanted, "that is twice as much.")]).judge(found)

    Args:
        wanted: the right answer, an array or a number.
        slips: list of (wrong answer, sentence). The learner reads the sentence of the first one that was given.
        about: str in front of every sentence.
        shape: str, what the shape of the answer has to be, in words.
        hint: str, what to do about any other wrong answer; it follows what was found and wanted.
        rtol, atol: how far an answer may differ from `wanted` or from a slip, as in np.allclose.
    """

    wanted: Any
    slips: list
    about: str = ""
    shape: str = "a number for each picture"
    hint: str = ""
    rtol: float = 1e-3
    atol: float = 1e-5

    def judge(self, found):
        """Raise Wrong, with its sentence, unless the answer is right.

        Args:
            found: the learner's answer, anything that NumPy takes for numbers.
        """
        found, wanted = numbers(found), np.asarray(self.wanted)
        tell_slip(found, self.slips, self.about, self.rtol, self.atol)
        require(
            found.shape == wanted.shape,
            f"{self.about}found shape {found.shape}, wanted {wanted.shape}: {self.shape}.",
        )
        found = array(found, wanted.shape)
        hint = f": {self.hint}" if self.hint else ""
        wrong = ~np.isclose(found, wanted, self.rtol, self.atol)
        require(not wrong.any(), f"{self.about}{_difference(found, wanted, wrong)}{hint}.")


def tell_slip(found, slips, about="", rtol=1e-3, atol=1e-5):
    """Raise Wrong, with its sentence, if an answer is one of the slips.

    Args:
        found: an array or a number.
        slips, about, rtol, atol: as for `Exercise`.
    """
    found = numbers(found)
    for wrong, sentence in slips:
        require(not same(found, np.asarray(wrong), rtol, atol), f"{about}{sentence}")


def _difference(found, wanted, wrong):
    """What was found and wanted: a number, the first picture's that is wrong, or the entry that differs most."""
    if found.ndim == 0:
        return f"you give {found:.4f}, wanted {wanted:.4f}"
    if found.ndim == 1:
        first = int(wrong.argmax())
        which = f"picture {first + 1}" if first else "the first picture"
        return f"for {which} you give {found[first]:.4f}, wanted {wanted[first]:.4f}"
    worst = tuple(map(int, np.unravel_index(np.abs(found - wanted).argmax(), wanted.shape)))
    return f"entry {worst[1:]} of picture {worst[0]} is {found[worst]:.4f}, wanted {wanted[worst]:.4f}"


def same(found, wanted, rtol=1e-3, atol=1e-5):
    """Whether two arrays have the same shape and, up to rounding, the same numbers."""
    return found.shape == wanted.shape and np.allclose(found, wanted, rtol=rtol, atol=atol)


def per_picture(values):
    """The mean of all numbers of each picture, (batch, ...) -> (batch,)."""
    return values.reshape(len(values), -1).mean(axis=1)


def apart(a, b):
    """The mean absolute difference of each pair of pictures, (batch, ...) -> (batch,)."""
    return per_picture(np.abs(a - b))


def results(found, count, sentence):
    """An answer of several results as a tuple; Wrong, with the sentence, if it has another number of them."""
    try:
        found = tuple(found)
    except TypeError as error:
        raise Wrong(sentence) from error
    require(len(found) == count, sentence)
    return found
