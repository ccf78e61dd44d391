"""Checks on the adversarial loss: lesson 05."""

import numpy as np

from stylekit.course.checks.exercise import Exercise, per_picture
from stylekit.course.checks.verdict import call, check, numbers, require

REAL, FAKE = np.random.default_rng(21).normal(0.3, 2, (2, 3, 2, 4, 1))
CERTAIN = np.array([200.0, -200.0, -800.0]).reshape(3, 1, 1, 1)


def _softplus(z):
    """log(1 + exp(z)), for z of any size."""
    return np.logaddexp(0, z)


@check
def generator_loss(answer):
    """Check the non-saturating loss of G: -log D(fake) for each picture, for logits of any size.

    Args:
        answer: function logits (batch, h, w, 1) -> (batch,).

    Returns:
        a Verdict.
    """
    wanted = per_picture(_softplus(-FAKE))
    with np.errstate(all="ignore"):
        taken_for_probabilities = per_picture(-np.log(np.abs(FAKE)))
    slips = [
        (-per_picture(_softplus(FAKE)), "that is log(1 - D): the form that saturates. Wanted -log D."),
        (
            per_picture(_softplus(FAKE)),
            "that is -log(1 - D), which D makes small: G would help D to find its own pictures.",
        ),
        (-wanted, "the sign is wrong: G would make its own pictures look false."),
        (-per_picture(FAKE), "that is the hinge's form: -z."),
        (per_picture((FAKE - 1) ** 2), "that is least squares."),
        (per_picture(1 / (1 + np.exp(-FAKE))), "that is the probability: the logarithm is missing."),
        (-per_picture(1 / (1 + np.exp(-FAKE))), "that is the probability: the logarithm is missing."),
        (taken_for_probabilities, "the logits are taken for probabilities: -log D, with D = sigmoid(z)."),
        (_softplus(-per_picture(FAKE)), "the mean comes too early: first the loss of each patch, then the mean."),
        (_softplus(-FAKE).sum(axis=(1, 2, 3)), "that is a sum over the patches: take their mean."),
        (np.array(wanted.mean()), "there is one number for the whole batch: every picture has its own."),
    ]
    Exercise(wanted, slips).judge(call(answer, FAKE.copy()))
    with np.errstate(all="ignore"):  # an overflow is told in words below
        certain = numbers(call(answer, CERTAIN.copy()))
    require(np.isfinite(certain).all(), "right for small logits, but at -200 or -800 it is no number: use softplus.")
    require(np.allclose(certain, [0, 200, 800]), f"at 200, -200, -800 you give {certain}, wanted 0, 200, 800.")
    return "it never saturates, and it never overflows."


@check
def hinge_loss(answer):
    """Check the hinge loss of D.

    Args:
        answer: function (real logits, fake logits), both (batch, h, w, 1), -> (batch,).

    Returns:
        a Verdict.
    """
    real, fake = np.maximum(0, 1 - REAL), np.maximum(0, 1 + FAKE)
    wanted = per_picture(real) + per_picture(fake)
    slips = [
        (per_picture(np.maximum(0, REAL - FAKE)), "real and fake are subtracted first: each has a hinge of its own."),
        (per_picture(np.maximum(0, 1 - REAL + FAKE)), "there is one hinge for both: each has one of its own."),
        (
            per_picture(np.maximum(0, 1 + REAL)) + per_picture(np.maximum(0, 1 - FAKE)),
            "the signs are wrong: D would call paintings false.",
        ),
        (per_picture(np.maximum(0, 1 - FAKE)) + per_picture(np.maximum(0, 1 + REAL)), "real and fake are exchanged."),
        (per_picture(1 - REAL + 1 + FAKE), "max(0, ...) is missing: without it D never stops growing surer."),
        (per_picture(np.maximum(0, -REAL)) + per_picture(np.maximum(0, FAKE)), "the margin of 1 is missing."),
        (
            per_picture(np.minimum(0, REAL - 1)) + per_picture(np.minimum(0, -1 - FAKE)),
            "that is the value that D makes large: the loss has the other sign.",
        ),
        (per_picture(_softplus(-REAL)) + per_picture(_softplus(FAKE)), "that is the log form."),
        (per_picture(real), "only the paintings are judged."),
        (per_picture(fake), "only the fakes are judged."),
        (wanted / 2, "half of it: the two terms are added, not averaged."),
        ((real + fake).sum(axis=(1, 2, 3)), "that is a sum over the patches: take their mean."),
        (np.array(wanted.mean()), "there is one number for the whole batch: every picture has its own."),
    ]
    Exercise(wanted, slips).judge(call(answer, REAL.copy(), FAKE.copy()))
    return "beyond the margin D gains nothing by being surer."
