"""Checks on what style is as numbers: lesson 07."""

import numpy as np

from stylekit.course.checks.verdict import Wrong, array, call, check, require

MAPS = np.random.default_rng(3).normal(0.4, 1, (2, 3, 4, 5)).astype("float32")  # 2 pictures, 3 x 4 places, 5 channels
OTHERS = np.random.default_rng(4).normal(-0.2, 1.5, (2, 6, 2, 5)).astype("float32")


def numbers(found):
    """An answer, which may be a tensor or a list, as an array; Wrong if it holds no numbers."""
    try:
        found = np.asarray(found)
    except Exception as error:  # whatever a learner returns
        raise Wrong(f"wanted an array of numbers, found {type(found).__name__}.") from error
    require(found.dtype.kind in "uif", f"wanted an array of numbers, found {found.dtype}.")
    return found


def per_picture(values):
    """The mean of all numbers of each picture. values: (batch, ...). Returns (batch,)."""
    return values.reshape(len(values), -1).mean(axis=1)


def same(found, wanted):
    """Whether an answer is this one, up to rounding."""
    return found.shape == wanted.shape and np.allclose(found, wanted, rtol=1e-3, atol=1e-5)


def told(found, wanted, slips, praise):
    """The praise for one number a picture; Wrong, with its sentence, if it is one of the slips or not as wanted."""
    for slip, sentence in slips:
        require(not same(found, slip), sentence)
    shapes = f"found shape {found.shape}, wanted {wanted.shape}"
    require(found.shape == wanted.shape, f"{shapes}: a number for each picture.")
    found = array(found, wanted.shape)
    require(same(found, wanted), f"for the first picture you give {found[0]:.4f}, wanted {wanted[0]:.4f}.")
    return praise


@check
def gram_matrix(answer):
    """Check a function maps (batch, h, w, channels) -> Gram matrices (batch, channels, channels), by the place."""
    batch, height, width, channels = MAPS.shape
    places = height * width
    flat = MAPS.reshape(batch, places, channels)
    sums = np.einsum("bpi,bpj->bij", flat, flat)
    found = numbers(call(answer, MAPS.copy()))
    mixed = MAPS.reshape(batch, channels, places)
    centred = flat - flat.mean(axis=1, keepdims=True)
    slips = [
        (sums, "the sum over all places grows with the picture: divide by the number of places, h times w."),
        (sums / places / channels, "you divide by the channels too: divide by the places alone, h times w."),
        (np.einsum("bpi,bqi->bpq", flat, flat) / places, "your matrix compares places with places: it has to forget "
         "the places and compare channels with channels, so transpose the other factor."),
        (np.einsum("bpi,bqi->bpq", flat, flat), "your matrix compares places with places: it has to forget the places "
         "and compare channels with channels, so transpose the other factor."),
        (np.einsum("bip,bjp->bij", mixed, mixed) / places, "reshape(batch, channels, h * w) mixes channels and places, "
         "because channels come last: reshape to (batch, h * w, channels), then transpose."),
        (np.einsum("bip,bjp->bij", mixed, mixed), "reshape(batch, channels, h * w) mixes channels and places, because "
         "channels come last: reshape to (batch, h * w, channels), then transpose."),
        ((sums / places).mean(axis=0), "there is one matrix for the whole batch: every picture has its own."),
        ((sums / places).sum(axis=0), "there is one matrix for the whole batch: every picture has its own."),
        (np.einsum("bpi,bpj->bij", centred, centred) / places, "you take the means away first: that is the covariance; "
         "the Gram matrix keeps them, for how much of a channel there is belongs to the style."),
    ]  # fmt: skip
    for slip, sentence in slips:
        require(not same(found, slip), sentence)
    require(
        found.shape == sums.shape,
        f"found shape {found.shape}, wanted {sums.shape}: for each picture a number for every pair of channels.",
    )
    found = array(found, sums.shape)
    worst = np.unravel_index(np.abs(found - sums / places).argmax(), sums.shape)
    require(
        same(found, sums / places),
        f"entry {worst[1:]} of picture {worst[0]} is {found[worst]:.4f}, wanted {(sums / places)[worst]:.4f}: multiply "
        "the two channels place by place, and take the mean.",
    )
    return "one number for every pair of channels: how much they fire together, wherever that is."


@check
def moment_distance(answer):
    """Check a function (maps, other maps) -> (batch,): squared distance of means and of deviations, over channels.

    Both maps are (batch, h, w, channels); heights and widths differ. The mean over the channels is wanted.
    """
    (mean, spread), (other_mean, other_spread) = ((m.mean(axis=(1, 2)), m.std(axis=(1, 2))) for m in (MAPS, OTHERS))
    means, spreads = (mean - other_mean) ** 2, (spread - other_spread) ** 2
    wanted = (means + spreads).mean(axis=1)
    found = numbers(call(answer, MAPS.copy(), OTHERS.copy()))
    slips = [
        (means.mean(axis=1), "only the means are compared: flat grey and fine stripes have the same mean."),
        (spreads.mean(axis=1), "only the deviations are compared: black and white walls have the same."),
        ((means + (spread**2 - other_spread**2) ** 2).mean(axis=1), "you compare variances: take their square root, "
         "the deviation, which has the same unit as the mean."),
        ((np.abs(mean - other_mean) + np.abs(spread - other_spread)).mean(axis=1), "the differences are not squared."),
        ((means + spreads).sum(axis=1), "you sum over the channels: take the mean, so that many channels do not weigh "
         "more than few."),
        (np.array(wanted.mean()), "there is one number for the whole batch: every picture has its own."),
        (((mean - other_mean + spread - other_spread) ** 2).mean(axis=1), "the two differences are added before they "
         "are squared, so that they can cancel: square each."),
    ]  # fmt: skip
    for slip, sentence in slips:
        require(not same(found, slip), sentence)
    require(
        found.shape == wanted.shape,
        f"found shape {found.shape}, wanted {wanted.shape}: take the mean over places (axes 1, 2), then channels.",
    )
    found = array(found, wanted.shape)
    require(
        same(found, wanted),
        f"for the first picture you give {found[0]:.4f}, wanted {wanted[0]:.4f}: mean and deviation of each channel "
        "over its places (axes 1 and 2), squared differences, then the mean over the channels.",
    )
    return "what is there counts, and where it is does not."
