"""Checks on learning from pairs: lesson 11."""

import numpy as np

from stylekit.course.checks.exercise import Exercise, apart, per_picture, results, tell_slip
from stylekit.course.checks.verdict import call, check, numbers, require

LOGITS = np.random.default_rng(11).normal(0, 2, (3, 4, 4, 1)).astype("float32")
GENERATED, PAINTINGS = np.random.default_rng(12).uniform(-1, 1, (2, 3, 8, 8, 3)).astype("float32")
ANSWERS = np.random.default_rng(13).choice([-0.9, -0.7, 0.8], (7, 4, 4, 3), p=[0.5, 0.2, 0.3])  # of one photo


@check
def paired_loss(answer):
    """Check the loss of pix2pix's G: -log D as a mean over the patches, plus the weighted mean absolute difference.

    Args:
        answer: function (logits, generated, paintings, weight) -> (batch,). `logits` are D's for the generated
            pictures.

    Returns:
        a Verdict.
    """
    weight = 100.0
    minus_log = per_picture(np.logaddexp(0, -LOGITS))
    l1 = apart(GENERATED, PAINTINGS)
    wanted = minus_log + weight * l1
    slips = [
        (minus_log, "that is the adversarial term alone: the known answer is not looked at."),
        (weight * l1, "that is L1 alone: D is not asked."),
        (minus_log + l1, "the weight is left out: L1 has to count `weight` times."),
        (weight * minus_log + l1, "the weight stands at the wrong term: it multiplies L1."),
        (weight * (minus_log + l1), "the weight multiplies both terms; it belongs to L1 alone."),
        (minus_log + weight * per_picture((GENERATED - PAINTINGS) ** 2), "the differences are squared: that is L2."),
        (minus_log + weight * per_picture(GENERATED - PAINTINGS), "differences above and below 0 cancel: take abs."),
        (
            per_picture(np.logaddexp(0, LOGITS)) + weight * l1,
            "the sign of the logits is wrong: that is what D wants, that fakes are found. G wants -log D(fake) = "
            "log(1 + exp(-logit)).",
        ),
        (
            -per_picture(np.logaddexp(0, LOGITS)) + weight * l1,
            "that is log(1 - D), the form that saturates: wanted -log D.",
        ),
        (-per_picture(LOGITS) + weight * l1, "a logit is no probability: wanted -log D = log(1 + exp(-logit))."),
        (minus_log - weight * l1, "L1 is subtracted: G would run away from the answer."),
        (np.array(wanted.mean()), "there is one number for the whole batch: every picture has its own."),
    ]
    Exercise(wanted, slips).judge(call(answer, LOGITS.copy(), GENERATED.copy(), PAINTINGS.copy(), weight))
    return "D asks for a painting, L1 for this one."


@check
def safest_answer(answer):
    """Check the picture that costs least where several answers are right.

    Args:
        answer: function (answers), (n, h, w, 3), -> two pictures (h, w, 3): the one with the smallest mean L1, and
            the one with the smallest mean L2.

    Returns:
        a Verdict.
    """
    median, mean = np.median(ANSWERS, axis=0), ANSWERS.mean(axis=0)
    middle = (ANSWERS.min(axis=0) + ANSWERS.max(axis=0)) / 2
    found = call(answer, ANSWERS.copy())
    by_l1, by_l2 = map(numbers, results(found, 2, "wanted two pictures, by L1 and by L2: `return by_l1, by_l2`."))
    for name, picture in {"L1": by_l1, "L2": by_l2}.items():
        shapes = f"wanted {median.shape}, found {picture.shape}"
        require(picture.shape == median.shape, f"by {name} there is one picture, each pixel for itself: {shapes}.")
    tell_slip([by_l1, by_l2], [([mean, median], "the two are exchanged: L1 comes first.")])
    of_either = [
        (ANSWERS[0], "you choose one of the answers: all of them count."),
        (middle, "you take the middle between the extremes: how many answers are on each side counts, too."),
    ]
    to_the_many = "you give the mean. Move a pixel from there towards the place of most answers: the differences get "
    to_the_many += "smaller on more sides than they grow on."
    to_the_far = "you give the median. A square counts the far answers most: they pull it towards them, to the mean."
    tell_slip(by_l1, [(mean, to_the_many), *of_either], "by L1 ")
    tell_slip(by_l2, [(median, to_the_far), *of_either], "by L2 ")
    require(
        np.allclose(by_l1, median, atol=1e-5),
        "by L1 there is a picture that is nearer: half of the answers lie above it.",
    )
    require(
        np.allclose(by_l2, mean, atol=1e-5), "by L2 there is a picture that is nearer: where the differences sum to 0."
    )
    return "L1 takes the median, L2 the mean. Neither is any of the answers, where they disagree."
