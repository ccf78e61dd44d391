"""Checks on progressive growing: lesson 13."""

import numpy as np

from stylekit.course.checks.exercise import same, tell_slip
from stylekit.course.checks.verdict import array, call, check, numbers, require

LOW = np.random.default_rng(13).uniform(-1, 1, (2, 3, 4, 3)).astype("float32")
HIGH = np.random.default_rng(14).uniform(-1, 1, (2, 6, 8, 3)).astype("float32")
MAPS = np.random.default_rng(15).normal(0.3, 1, (4, 3, 5, 6)).astype("float32")  # 4 pictures, 3 x 5 places, 6 channels


def _enlarged(pictures):
    """Pictures twice as large, each pixel as 2 x 2."""
    return pictures.repeat(2, axis=1).repeat(2, axis=2)


@check
def fade_in(answer):
    """Check how a new stage is faded in.

    Args:
        answer: function (low, high, alpha) -> pictures. `low` (batch, h, w, 3) fades out, `high` (batch, 2h, 2w, 3)
            fades in.

    Returns:
        a Verdict.
    """
    low, start, quarter, end = _enlarged(LOW), *(numbers(_faded(answer, alpha)) for alpha in (0.0, 0.25, 1.0))
    tiled = np.tile(LOW, (1, 2, 2, 1))
    slips = [
        (
            0.25 * low + 0.75 * HIGH,
            "alpha is the share of the new layers, and goes from 0 to 1: you fade the new ones out.",
        ),
        (low + 0.25 * HIGH, "the old layers stay at full strength: they get what is left, 1 - alpha."),
        (0.75 * low + HIGH, "the new layers are there at full strength from the beginning: multiply them by alpha."),
        (0.25 * (low + HIGH), "both are multiplied by alpha: the old layers get what is left, 1 - alpha."),
        ((low + HIGH) / 2, "you take the middle, whatever alpha is."),
        (
            0.75 * tiled + 0.25 * HIGH,
            "your enlarged picture is four small ones, side by side: each *pixel* becomes 2 x 2 pixels, so repeat, do"
            " not tile.",
        ),
        (
            0.75 * _sides_exchanged() + 0.25 * HIGH,
            "the enlarged picture is not where it was: repeat axis 1 and axis 2, without turning.",
        ),
        (0.75 * LOW + 0.25 * HIGH[:, ::2, ::2], "you make the new picture small: it is the old one that is enlarged."),
        (0.75 * LOW + 0.25 * _halved(HIGH), "you make the new picture small: it is the old one that is enlarged."),
        (HIGH, "nothing of the old layers is left at alpha 0.25: that is a jump, not a fade."),
    ]
    tell_slip(quarter, slips)
    quarter = array(quarter, HIGH.shape)
    for found, wanted, alpha in ((quarter, 0.75 * low + 0.25 * HIGH, 0.25), (start, low, 0), (end, HIGH, 1)):
        sentence = f"for alpha {alpha} the first number is {found.flat[0]:.4f}, wanted {wanted.flat[0]:.4f}."
        require(same(found, wanted), sentence)
    return "no jump at the beginning, and nothing of the old path is left at the end."


def _faded(answer, alpha):
    """What the learner makes of LOW and HIGH."""
    return call(answer, LOW.copy(), HIGH.copy(), alpha)


def _halved(pictures):
    """Pictures half as large, each pixel the mean of 2 x 2."""
    batch, height, width, count = pictures.shape
    return pictures.reshape(batch, height // 2, 2, width // 2, 2, count).mean(axis=(2, 4))


def _sides_exchanged():
    """LOW enlarged with height and width exchanged: a usual mistake."""
    return _enlarged(LOW.transpose(0, 2, 1, 3)).reshape(HIGH.shape)


@check
def minibatch_deviation(answer):
    """Check minibatch deviation: one more channel that says how much the pictures of a batch differ.

    Args:
        answer: function maps (batch, h, w, channels) -> (batch, h, w, channels + 1). The new channel comes last.

    Returns:
        a Verdict.
    """
    spread = MAPS.std(axis=0)
    wanted = _with_channel(spread.mean())
    found = numbers(call(answer, MAPS.copy()))
    over_places = MAPS.std(axis=(1, 2))
    variance = MAPS.var(axis=0).mean()
    of_places = "you measure how much the places of one picture differ: D has to know how much the *pictures* differ, "
    of_places += "so take the deviation over the batch (axis 0)."
    too_early = "first the root, for each place and channel, and then the mean."
    slips = [
        (_with_channel(over_places.mean(axis=1)[:, None, None]), of_places),
        (_with_channel(over_places.mean()), of_places),
        (
            _with_channel(MAPS.std(axis=3)),
            "you measure how much the channels of a place differ: take the deviation over the batch (axis 0).",
        ),
        (
            _with_channel(MAPS.std()),
            "you take the deviation of all numbers together: first the deviation over the batch, for each place and "
            "channel; then the mean of them all.",
        ),
        (_with_channel(spread.mean(axis=-1)), "every place has its own number: the mean runs over the places too."),
        (_with_channel(variance), f"that is the mean variance: {too_early}"),
        (_with_channel(np.sqrt(variance)), f"you take the root of the mean: {too_early}"),
        (_with_channel(MAPS.mean()), "that is the mean of the maps: it does not tell how much the pictures differ."),
        (
            _with_channel(MAPS.std(axis=0, ddof=1).mean()),
            "you divide by n - 1: the paper's deviation divides by n, the number of pictures.",
        ),
        (np.full_like(MAPS[..., :1], spread.mean()), "D has lost its maps: the new channel comes *after* them."),
        (np.array(spread.mean()), "the number is right: now make a channel of it, equal everywhere, after the maps."),
        (np.concatenate([wanted[..., -1:], MAPS], axis=-1), "the new channel comes first: put it after the others."),
        (MAPS + spread.mean(), "you add the number to the maps: it has to be a channel of its own."),
        (MAPS, "nothing has been added: the deviation has to be one channel more."),
    ]
    tell_slip(found, slips)
    require(found.shape == wanted.shape, f"found shape {found.shape}, wanted {wanted.shape}: one channel more.")
    found = array(found, wanted.shape)
    require(same(found[..., :-1], MAPS), "the channels that were there have changed: only one is to be added.")
    require(same(found, wanted), f"the new channel begins with {found[0, 0, 0, -1]:.4f}, wanted {spread.mean():.4f}.")
    same_pictures = np.asarray(call(answer, np.repeat(MAPS[:1], 4, axis=0)))[..., -1]
    require(np.abs(same_pictures).max() < 0.01, "four times the same picture gives more than 0.")
    return "a G that always draws the same gives itself away."


def _with_channel(values):
    """The maps and one more channel: values for all places, or one value for each picture or for all."""
    return np.concatenate([MAPS, np.broadcast_to(values, MAPS.shape[:3])[..., None]], axis=-1)
