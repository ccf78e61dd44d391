"""A game at one step, ready to be drawn."""

from dataclasses import dataclass

import numpy as np

from stylekit.plots.points import EDGE

CELLS = 61  # along a side of the square that is drawn: D is asked at so many places
# D's output for a fake and for a real point, the two ends of the colour scale; None: the range of its outputs
FORMS = {"log": (0, 1), "non_saturating": (0, 1), "least_squares": (0, 1), "hinge": (-1, 1), "wasserstein": None}


@dataclass(frozen=True)
class Frame:
    """The state of a game at one step, to be drawn by `toy2d.board`.

    Attributes:
        step: number of steps taken.
        real, fake: points (n, 2).
        pull: (n, 2), minus the gradient of G's loss at each fake point: the direction in which it should move.
        verdict: (cells, cells), D's output over the square, row 0 on top.
        span: (lowest, highest) output of the colour scale: the ones for "fake" and for "real".
    """

    step: int
    real: np.ndarray
    fake: np.ndarray
    pull: np.ndarray
    verdict: np.ndarray
    span: tuple


def over_square(function):
    """The values of a function over the square that is drawn.

    Args:
        function: (n, 2) -> (n,).

    Returns:
        (cells, cells), row 0 on top.
    """
    side = np.linspace(-EDGE, EDGE, CELLS, dtype="float32")
    across, up = np.meshgrid(side, side[::-1])
    return np.reshape(function(np.stack([across.ravel(), up.ravel()], axis=1)), (CELLS, CELLS))
