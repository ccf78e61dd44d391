"""Checks on the training loop: lesson 09."""

import numpy as np

from stylekit.course.checks.exercise import tell_slip
from stylekit.course.checks.verdict import array, call, check, require

MOMENTUM = 0.9


@check
def moving_average(answer):
    """Check one step of a moving average.

    Args:
        answer: function (average, value, momentum) -> the new average. `average` and `value` are arrays of one shape.

    Returns:
        a Verdict.
    """
    average, value = np.array([1.0, -2.0, 4.0]), np.array([3.0, 0.5, -1.0])
    wanted = MOMENTUM * average + (1 - MOMENTUM) * value
    slips = [
        (
            (1 - MOMENTUM) * average + MOMENTUM * value,
            "the two are exchanged: the momentum is what the average keeps of itself.",
        ),
        (
            average + MOMENTUM * value,
            "value and average are added with weights that do not make 1: it grows from step to step.",
        ),
        (
            average + (1 - MOMENTUM) * value,
            "the average keeps all of itself: what comes in must take the place of something.",
        ),
        (MOMENTUM * average + value, "the value comes in whole: weight it with 1 - momentum."),
        ((average + value) / 2, "both have the same weight: use the momentum."),
        (average, "nothing of the value comes in."),
        (value, "nothing of the average is kept."),
    ]
    found = array(call(answer, average.copy(), value.copy(), MOMENTUM), average.shape)
    tell_slip(found, slips)
    require(np.allclose(found, wanted, atol=1e-5), f"found {found}: wanted {wanted}.")
    return "the average keeps 90 % of itself and takes in 10 % of what is new."


@check
def goes_on_from(answer):
    """Check the step from which a training goes on after it died.

    Args:
        answer: function (died, save_every) -> the step of the last checkpoint, or 0 where there is none.

    Returns:
        a Verdict.
    """
    slips = [
        (13, "steps 11 to 13 were never saved: it goes on from the last checkpoint."),
        (20, "step 20 was never reached: round down."),
        (1, "that is how many checkpoints there are: give the step of the last one."),
        (3, "that is how many steps are lost: give the step to go on from."),
    ]
    tell_slip(call(answer, 13, 10), slips)
    for died, save_every, wanted in ((13, 10, 10), (20, 10, 20), (9, 10, 0), (0, 10, 0), (999, 250, 750), (7, 1, 7)):
        found = call(answer, died, save_every)
        require(found == wanted, f"died after {died}, saved every {save_every}: you say {found}, wanted {wanted}.")
    return "only the steps after the last checkpoint are lost."
