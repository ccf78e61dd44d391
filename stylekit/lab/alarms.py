"""When a training goes wrong: a sentence for each way in which GANs do, with what repairs it.

First what is measured, a number each. Then the alarms: each takes what was measured and returns a sentence, or None.
"""

import numpy as np

RECENT = 6  # readings that must agree
SURE = 0.95  # D's accuracy on both kinds, from which on G learns nothing from it
FAINT = 0.02  # of the longest gradient so far: G hears nothing any more
ALIKE = 0.2  # of the photos' own differences: pictures that differ less are one picture
NEAR = 0.12  # of the way between photo and painting: a picture so near to one of them is its copy
GRID = 3.0  # times the frequencies beside it, and as many times what the paintings have
OPPOSITE = -0.2  # correlation of the colours with the photo's
CHANGED = 0.5  # of the pictures' own differences: one that changes more at prediction is another picture
BLOWN = 5.0  # times the median so far

D_TOO_STRONG, VANISHING, COLLAPSE = "D too strong", "no gradient", "collapse"
COPIES_PHOTO, COPIES_PAINTING = "copies x", "copies y"
CHECKERBOARD, INVERTED, BATCH_NORM = "checkerboard", "inverted", "batch norm"
BLOW_UP, NOT_A_NUMBER = "blow-up", "not a number"


# --- what is measured -------------------------------------------------------------------------------------------------


def spread(pictures):
    """How different n >= 2 pictures are: the mean |difference| of two of them. pictures: (n, ...). Returns a float."""
    return float(np.mean([np.abs(a - b).mean() for i, a in enumerate(pictures) for b in pictures[:i]]))


def diversity(pictures, photos):
    """How different the pictures are from one another, as a share of how different their photos are.

    pictures, photos: (n, ...), n >= 2: pictures, or points. Returns a float: about 1 where each photo has a picture of
    its own.
    """
    return spread(pictures) / (spread(photos) + 1e-9)


def way(pictures, beginning, end):
    """How far the pictures are from a beginning, as a share of the distance to the other end.

    All (n, h, w, 3): from photos to paintings, or from paintings to photos. Returns a float: 0 for a copy of the
    beginning, about 1 for pictures that have nothing to do with it.
    """
    return float(np.abs(pictures - beginning).mean() / (np.abs(end - beginning).mean() + 1e-9))


def grid(pictures):
    """How far the spectrum stands out at periods of 2 and 4 px, above the frequencies beside them.

    pictures: (n, h, w, 3), with sides of 28 px or more. Returns a float, about 1 without a grid. There a transposed
    convolution of stride 2 leaves its stamps, one above the other. Odena et al. 2016.
    """
    pictures = np.asarray(pictures)
    turned = np.swapaxes(pictures, 1, 2)
    return max(_standing_out(lines, period) for lines in (pictures, turned) for period in (2, 4))


def _standing_out(lines, period):
    """The same along the lines of (n, h, w, 3), for one period."""
    size = lines.shape[2] // 4 * 4  # whole periods, so that the grid falls on one frequency
    place = size // period
    waves = np.fft.rfft(lines[:, :, :size] * np.hanning(size)[:, None], axis=2)  # the window keeps the borders out
    power = (np.abs(waves) ** 2).mean(axis=(0, 1, 3)) + 1e-9  # a flat picture has no grid
    around = [power[i] for i in range(place - 6, place + 7) if abs(i - place) > 2 and i < len(power)]
    return float(power[place] / np.exp(np.mean(np.log(around))))


def colour_correlation(pictures, photos):
    """Whether what is light in the photo is light in the picture, channel by channel: the mean correlation.

    pictures, photos: (n, h, w, 3). Returns a float: 1 for equal colours, 0 where they have nothing in common, -1 for
    negatives.
    """
    a, b = (values.reshape(len(values), -1, 3) - values.mean(axis=(1, 2))[:, None] for values in (pictures, photos))
    lengths = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return float(np.mean((a * b).sum(axis=1) / (lengths + 1e-3)))  # 1e-3: a flat picture correlates with nothing


def change(predicted, trained):
    """How far the pictures of prediction are from those of training, as a share of how different those are.

    predicted, trained: (n, ...), n >= 2, from the same noise or photos, with training=False and training=True.
    Returns a float: 0 where nothing changes, about 1 where the picture is another one.
    """
    return float(np.abs(predicted - trained).mean() / (spread(trained) + 1e-9))


# --- the alarms -------------------------------------------------------------------------------------------------------


def d_too_strong(accuracies):
    """accuracies: list of (step, on paintings, on G's pictures). Returns a sentence, or None."""
    recent = np.array([reading[1:] for reading in accuracies[-RECENT:]])
    if len(recent) < RECENT or recent.mean(axis=0).min() < SURE:
        return None
    real, fake = recent.mean(axis=0)
    return (
        f"D is right about {real:.0%} of the paintings and {fake:.0%} of G's pictures: G learns little from so sure a "
        "D. Lower D's learning rate, or train G alone for a while."
    )


def vanishing_gradient(lengths):
    """lengths: of the adversarial gradient that reaches G's pictures, one a reading. Returns a sentence, or None."""
    if len(lengths) <= RECENT:
        return None
    longest, now = max(lengths), float(np.median(lengths[-RECENT:]))
    if now >= FAINT * longest:
        return None
    return (
        f"The gradient that D sends to G has vanished: it is {now / longest:.1%} of its longest. Take a form of the "
        "loss that does not saturate (non_saturating, hinge), or a weaker D."
    )


def collapse(share):
    """share: the newest `diversity`, or None. Returns a sentence, or None."""
    if share is None or share >= ALIKE:
        return None
    return (
        f"G's pictures differ by only {share:.0%} of what their photos differ: it paints the same picture for all. "
        "Raise the content weight, or go back with reset and lower G's learning rate."
    )


def copies_photo(share):
    """share: the newest `way` from the photos to the paintings, or None. Returns a sentence, or None."""
    if share is None or share >= NEAR:
        return None
    return (
        f"G copies the photo: its pictures are only {share:.0%} of the way to the painting. Lower the content weight, "
        "or raise the style weight."
    )


def copies_painting(share):
    """share: the newest `way` from the paintings to the photos, or None. Returns a sentence, or None."""
    if share is None or share >= NEAR:
        return None
    return (
        f"G copies the painting: its pictures are only {share:.0%} of the way to the photo. Raise the content weight, "
        "and measure style without places (means and deviations of F's maps), not pixel by pixel."
    )


def checkerboard(strength, usual=1.0):
    """strength: the newest `grid`, or None. usual: that of the paintings. Returns a sentence, or None."""
    if strength is None or strength <= GRID * max(usual, 1.0):
        return None
    return (
        f"A checkerboard lies over G's pictures: periods of 2 or 4 px are {strength:.0f} times as strong as those "
        "beside them. Enlarge first and then convolve, in place of a transposed convolution."
    )


def colours_inverted(correlation):
    """correlation: the newest `colour_correlation`, or None. Returns a sentence, or None."""
    if correlation is None or correlation >= OPPOSITE:
        return None
    return (
        f"G turns the colours round: they correlate with the photo's by {correlation:.2f}. Give it a term that sees "
        "colours: content in pixels or in F's first maps, or identity on paintings."
    )


def predicts_differently(share):
    """share: the newest `change`, or None. Returns a sentence, or None."""
    if share is None or share <= CHANGED:
        return None
    return (
        f"With training=False G paints other pictures, {share:.0%} of a whole picture away: batch norm's moving means "
        "are not those of the batches. Lower its momentum, train longer, or use a norm without moving means."
    )


def blow_up(terms):
    """terms: dict name -> numbers, one a step, of terms that are positive. Returns a sentence, or None."""
    for name, values in terms.items():
        before = values[:-RECENT]
        if len(before) < 2 * RECENT:
            continue
        usual, now = np.median(before), np.median(values[-RECENT:])
        if name == "discriminator":  # a D that is surprised again, after it was sure, is back where it began
            usual = max(usual, np.median(before[:RECENT]))
        if now > BLOWN * usual > 0:
            return f"The {name} term is {now / usual:.3g} times what it was: lower the learning rates, or reset."
    return None
