"""Checks on the parts of the networks: lesson 04."""

import numpy as np

from stylekit.course.checks.exercise import tell_slip
from stylekit.course.checks.verdict import array, call, check, require

LAYERS = [(4, 2), (4, 2), (4, 2), (3, 1), (3, 1)]  # (kernel, stride): the discriminator's


@check
def receptive_field(answer):
    """Check the receptive field: how many pixels across one output value sees.

    Args:
        answer: function (layers) -> int. `layers` is a list of (kernel, stride).

    Returns:
        a Verdict.
    """
    found = call(answer, list(LAYERS))
    require(isinstance(found, (int, float, np.number)), f"wanted one number; found {found!r}.")
    wanted = _field(LAYERS)
    slips = [
        (_field(LAYERS, start=0), "a pixel sees itself: before the first layer the field is 1, not 0."),
        (
            _field(LAYERS, jump_first=True),
            "you multiply by a layer's own stride before you add its kernel: the stride spreads the layers *after* it.",
        ),
        (
            1 + sum(kernel - 1 for kernel, _ in LAYERS),
            "the strides are left out: once halved, one step is two pixels.",
        ),
        (
            sum(kernel for kernel, _ in LAYERS),
            "the kernels are only added up: a kernel of k reaches k - 1 further, and after a halving one step is two "
            "pixels.",
        ),
        (_field(LAYERS, whole_kernel=True), "a kernel of k reaches k - 1 pixels further, not k."),
        (
            np.prod([stride for _, stride in LAYERS]),
            "that is the distance between two neighbouring outputs: the field is what one of them sees.",
        ),
    ]
    tell_slip(found, slips)
    require(found == wanted, f"for {LAYERS} you say {found}: wanted {wanted}.")
    for layers in ([(1, 1)], [(3, 1)] * 4, [(7, 3), (2, 2), (5, 1)]):
        found = call(answer, list(layers))
        require(found == _field(layers), f"for {layers} you say {found}: wanted {_field(layers)}.")
    return f"one value of this D sees {wanted} pixels across."


def _field(layers, start=1, jump_first=False, whole_kernel=False):
    """The receptive field, or the result of one of the usual mistakes."""
    field, jump = start, 1
    for kernel, stride in layers:
        jump *= stride if jump_first else 1
        field += (kernel - (not whole_kernel)) * jump
        jump *= 1 if jump_first else stride
    return field


@check
def adain(answer):
    """Check adaptive instance normalisation: x gets the mean and deviation of y, channel by channel.

    Args:
        answer: function (x, y) -> array of the shape of x. x and y are (h, w, c) of different sizes.

    Returns:
        a Verdict.
    """
    random = np.random.default_rng(0)
    x = random.normal((0.4, -0.2, 0.1), (0.5, 1.5, 0.2), (20, 30, 3))
    y = random.normal((-0.5, 0.7, 0.3), (0.3, 0.9, 2.0), (24, 16, 3))
    found = array(call(answer, x.copy(), y.copy()), x.shape)
    axes = (0, 1)
    slips = [
        (
            _adain(x, y, axes=None),
            "the mean and deviation are taken over all channels at once: take them over rows and columns, axis=(0, 1).",
        ),
        (
            (x - x.mean(axes)) * y.std(axes) + y.mean(axes),
            "the deviation of x is still in it: divide by it before you multiply by that of y.",
        ),
        (
            (x - x.mean(axes)) / x.var(axes) * y.var(axes) + y.mean(axes),
            "you divide by the variance: the deviation is its square root.",
        ),
        ((x - x.mean(axes)) / x.std(axes) * y.std(axes), "the mean of y is missing: add it at the end."),
        (
            (x - x.mean(axes)) / x.std(axes) + y.mean(axes),
            "the deviation of y is missing: x is normalised and moved, but not stretched.",
        ),
        (x / x.std(axes) * y.std(axes) + y.mean(axes), "the mean of x is still in it: subtract it first."),
        (x, "this is x itself: y is not used."),
    ]
    tell_slip(found, slips, atol=1e-2)
    alike = np.allclose(found.mean(axes), y.mean(axes), atol=1e-2)
    means = f"{found.mean(axes).round(2)}: wanted those of y, {y.mean(axes).round(2)}."
    why = "the means are those of y, but not the deviations." if alike else f"the means of the channels are {means}"
    require(np.allclose(found, _adain(x, y), atol=1e-2), why)
    return "each channel of x has the mean and the deviation of y, and its shapes are still those of x."


def _adain(x, y, axes=(0, 1)):
    """The right answer, or with other axes a wrong one."""
    return (x - x.mean(axes)) / x.std(axes) * y.std(axes) + y.mean(axes)
