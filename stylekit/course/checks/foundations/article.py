"""Checks on the article's program: lesson 01."""

import numpy as np

from stylekit.course.checks.exercise import Exercise, tell_slip
from stylekit.course.checks.verdict import call, check, numbers, require

PAINTINGS, FAKES = np.random.default_rng(11).uniform(-1, 1, (2, 6, 4, 4, 3))


def _judge(pictures):
    """A discriminator that returns a probability in (0.1, 0.9) for each picture, (n, 1)."""
    return 0.5 + 0.4 * np.tanh(3 * np.asarray(pictures).mean(axis=(1, 2, 3), keepdims=True)[:, :, 0, 0])


@check
def adversarial_value(answer):
    """Check the value of the game: E log D(paintings) + E log(1 - D(fakes)).

    Args:
        answer: function (D, paintings, fakes) -> a number. D takes pictures (batch, h, w, 3) and returns
            probabilities (batch, 1).

    Returns:
        a Verdict.
    """
    real, fake = _judge(PAINTINGS), _judge(FAKES)
    wanted = np.log(real).mean() + np.log(1 - fake).mean()
    found = numbers(call(answer, _judge, PAINTINGS.copy(), FAKES.copy()))
    found = found.reshape(()) if found.size == 1 else found
    sigmoid_real, sigmoid_fake = (1 / (1 + np.exp(-verdict)) for verdict in (real, fake))
    slips = [
        (
            np.log(fake).mean() + np.log(1 - fake).mean(),
            "both terms are about the fakes, as in the article: the paintings have to come in.",
        ),
        (np.log(real).mean() + np.log(1 - real).mean(), "both terms are about the paintings: where are the fakes?"),
        (np.log(fake).mean() + np.log(1 - real).mean(), "the two are exchanged: D would call the fakes real."),
        (
            -wanted,
            "the sign is wrong: that is the loss, which D makes small; wanted is the value, which D makes large.",
        ),
        (np.log(real).mean() + np.log(fake).mean(), "a fake is to be called false: log(1 - D(fake))."),
        (np.log(real).mean() - np.log(1 - fake).mean(), "the second term is subtracted: it has to be added."),
        (np.log(real.mean()) + np.log(1 - fake.mean()), "the mean comes too early: first the log, then the mean."),
        (np.log(real).sum() + np.log(1 - fake).sum(), "that is a sum: take the mean, or a larger batch weighs more."),
        (
            np.log(sigmoid_real).mean() + np.log(1 - sigmoid_fake).mean(),
            "D gives probabilities here, not logits: no sigmoid.",
        ),
        (real.mean() + (1 - fake).mean(), "the logarithms are missing."),
        (np.log(real).mean(), "only the paintings are judged: the second term is missing."),
        (np.log(1 - fake).mean(), "only the fakes are judged: the first term is missing."),
    ]
    Exercise(wanted, slips, shape="one number, the mean over the batch").judge(found)
    return "D makes it large, G makes it small: that is the whole game."


@check
def side_after(answer):
    """Check the side of the picture that transposed convolutions make.

    Args:
        answer: function (first, strides) -> the side, px. `first` is the side before the first layer, px; `strides`
            is a tuple with one int for each layer.

    Returns:
        a Verdict.
    """
    found = call(answer, 7, (1, 2, 2))
    slips = [
        (12, "strides multiply, they are not added."),
        (14, "a stride doubles at every layer that has one: go through all of them."),
        (35, "7 x (1 + 2 + 2): the strides multiply each other, too."),
        (7 * 2**3, "three layers, but the first one has stride 1 and leaves the side as it is."),
        (784, "that is the number of pixels: give the side."),
        (7, "nothing has grown."),
        (1, "divided: a transposed convolution makes the picture larger."),
        (7 / 4, "divided: a transposed convolution makes the picture larger."),
    ]
    tell_slip(found, slips, f"you give {found}: ")
    for first, strides, wanted in ((7, (1, 2, 2), 28), (4, (2, 2, 2, 2), 64), (7, (), 7), (5, (3, 1), 15)):
        found = call(answer, first, strides)
        require(found == wanted, f"from {first} with strides {strides} you give {found}, wanted {wanted}.")
    return "7 x 1 x 2 x 2 = 28."
