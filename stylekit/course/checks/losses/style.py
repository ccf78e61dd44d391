"""Checks on what style is as numbers: lesson 07."""

import numpy as np

from stylekit.course.checks.exercise import Exercise
from stylekit.course.checks.verdict import call, check

MAPS = np.random.default_rng(3).normal(0.4, 1, (2, 3, 4, 5)).astype("float32")  # 2 pictures, 3 x 4 places, 5 channels
OTHERS = np.random.default_rng(4).normal(-0.2, 1.5, (2, 6, 2, 5)).astype("float32")


@check
def gram_matrix(answer):
    """Check the Gram matrix: the mean product of every pair of channels.

    Args:
        answer: function maps (batch, h, w, channels) -> (batch, channels, channels).

    Returns:
        a Verdict.
    """
    batch, height, width, channels = MAPS.shape
    places = height * width
    flat = MAPS.reshape(batch, places, channels)
    sums = np.einsum("bpi,bpj->bij", flat, flat)
    wanted = sums / places
    of_places = (
        "your matrix compares places with places: it has to compare channels with channels and forget the places, "
    )
    of_places += "so transpose the other factor."
    mix_up = (
        "reshape(batch, channels, h * w) mixes channels and places, because channels come last: reshape to (batch, "
    )
    mix_up += "h * w, channels), then transpose."
    mixed = MAPS.reshape(batch, channels, places)
    centred = flat - flat.mean(axis=1, keepdims=True)
    slips = [
        (sums, "the sum over all places grows with the picture: divide by the number of places, h times w."),
        (wanted / channels, "you divide by the channels too: divide by the places alone, h times w."),
        (np.einsum("bpi,bqi->bpq", flat, flat) / places, of_places),
        (np.einsum("bpi,bqi->bpq", flat, flat), of_places),
        (np.einsum("bip,bjp->bij", mixed, mixed) / places, mix_up),
        (np.einsum("bip,bjp->bij", mixed, mixed), mix_up),
        (wanted.mean(axis=0), "there is one matrix for the whole batch: every picture has its own."),
        (wanted.sum(axis=0), "there is one matrix for the whole batch: every picture has its own."),
        (
            np.einsum("bpi,bpj->bij", centred, centred) / places,
            "you take the means away first: that is the covariance. The Gram matrix keeps them, because how much of a"
            " channel there is belongs to the style.",
        ),
    ]
    shape = "for each picture a number for every pair of channels"
    hint = "multiply the two channels place by place, and take the mean"
    Exercise(wanted, slips, shape=shape, hint=hint).judge(call(answer, MAPS.copy()))
    return "one number for every pair of channels: how strongly they occur together, at whatever place."


@check
def moment_distance(answer):
    """Check the distance of two styles: squared differences of the channels' means and of their deviations.

    Args:
        answer: function (maps, other maps) -> (batch,), the mean over the channels. Both are (batch, h, w, channels);
            heights and widths may differ.

    Returns:
        a Verdict.
    """
    (mean, spread), (other_mean, other_spread) = ((m.mean(axis=(1, 2)), m.std(axis=(1, 2))) for m in (MAPS, OTHERS))
    means, spreads = (mean - other_mean) ** 2, (spread - other_spread) ** 2
    wanted = (means + spreads).mean(axis=1)
    slips = [
        (means.mean(axis=1), "only the means are compared: flat grey and fine stripes have the same mean."),
        (spreads.mean(axis=1), "only the deviations are compared: black and white walls have the same."),
        (
            (means + (spread**2 - other_spread**2) ** 2).mean(axis=1),
            "you compare variances: take their square root, the deviation, which has the same unit as the mean.",
        ),
        ((np.abs(mean - other_mean) + np.abs(spread - other_spread)).mean(axis=1), "the differences are not squared."),
        (
            (means + spreads).sum(axis=1),
            "you sum over the channels: take the mean, so that many channels do not weigh more than few.",
        ),
        (np.array(wanted.mean()), "there is one number for the whole batch: every picture has its own."),
        (
            ((mean - other_mean + spread - other_spread) ** 2).mean(axis=1),
            "the two differences are added before they are squared, so that they can cancel: square each.",
        ),
    ]
    shape = "take the mean over places (axes 1, 2), then channels"
    hint = "mean and deviation of each channel over its places (axes 1 and 2), squared differences, then the mean over "
    hint += "the channels"
    Exercise(wanted, slips, shape=shape, hint=hint).judge(call(answer, MAPS.copy(), OTHERS.copy()))
    return "what is there counts, and not where it is."
