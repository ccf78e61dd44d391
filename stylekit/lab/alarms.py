"""When a training goes wrong: for each way in which GANs fail, a sentence that says so, and what repairs it.

First the measures: each returns a number. Then the alarms: each looks at such numbers and returns a sentence, or None.
"""

import numpy as np

RECENT = 6  # readings that must agree
SURE = 0.95  # accuracy of D on both kinds of pictures, from which on G learns nothing from it
FAINT = 0.02  # of the longest gradient so far: with less, G learns nothing from D
ALIKE = 0.2  # of the photos' own differences: pictures that differ less are one picture
NEAR = 0.12  # of the way between photo and painting: a picture as near to one of them is a copy
GRID = 3.0  # times the power of the frequencies beside it, and as many times what the paintings have
OPPOSITE = -0.2  # correlation of the colours with those of the photo
CHANGED = 0.5  # of the pictures' own differences: with more, prediction paints another picture than training
BLOWN = 5.0  # times the median so far

D_TOO_STRONG, VANISHING, COLLAPSE = "D too strong", "no gradient", "collapse"
COPIES_PHOTO, COPIES_PAINTING = "copies x", "copies y"
CHECKERBOARD, INVERTED, BATCH_NORM = "checkerboard", "inverted", "batch norm"
BLOW_UP, NOT_A_NUMBER = "blow-up", "not a number"


# --- the measures -----------------------------------------------------------------------------------------------------


def spread(pictures):
    """Measure how different pictures are from one another: the mean |difference| of two of them.

    Args:
        pictures: (n, ...), n >= 2.

    Returns:
        A float >= 0.
    """
    return float(np.mean([np.abs(a - b).mean() for i, a in enumerate(pictures) for b in pictures[:i]]))


def diversity(pictures, photos):
    """Measure the `spread` of pictures as a share of the spread of their photos.

    Args:
        pictures, photos: (n, ...), n >= 2; pictures, or points.

    Returns:
        A float: about 1 if each photo has a picture of its own, 0 if all pictures are the same.
    """
    return spread(pictures) / (spread(photos) + 1e-9)


def way(pictures, beginning, end):
    """Measure how far pictures are on the way from one set to another: |pictures - beginning| / |end - beginning|.

    Args:
        pictures, beginning, end: (n, h, w, 3). The way goes from photos to paintings, or back.

    Returns:
        A float: 0 for copies of the beginning, about 1 for pictures that have nothing to do with it.
    """
    return float(np.abs(pictures - beginning).mean() / (np.abs(end - beginning).mean() + 1e-9))


def grid(pictures):
    """Measure a checkerboard: how far the spectrum at periods of 2 and 4 px is above the frequencies beside them.

    Args:
        pictures: (n, h, w, 3), h and w >= 28 px.

    Returns:
        A float: about 1 without a grid, more with one.

    The overlapping stamps of transposed convolutions of stride 2 have these periods. Odena et al. 2016.
    """
    pictures = np.asarray(pictures)
    turned = np.swapaxes(pictures, 1, 2)
    return max(standing_out(lines, period) for lines in (pictures, turned) for period in (2, 4))


def standing_out(lines, period):
    """Measure how far the spectrum of the lines at one period is above the frequencies beside it.

    Args:
        lines: (n, h, w, 3), w >= 28 px; the lines go along w.
        period: px, 2 or 4.

    Returns:
        A float, about 1 without a grid.
    """
    size = lines.shape[2] // 4 * 4  # whole periods, so that the grid is at one frequency
    place = size // period
    waves = np.fft.rfft(lines[:, :, :size] * np.hanning(size)[:, None], axis=2)  # the window hides the borders
    power = (np.abs(waves) ** 2).mean(axis=(0, 1, 3)) + 1e-9  # else a flat picture divides 0 by 0
    around = [power[i] for i in range(place - 6, place + 7) if abs(i - place) > 2 and i < len(power)]
    return float(power[place] / np.exp(np.mean(np.log(around))))


def colour_correlation(pictures, photos):
    """Measure whether light places of the photo are light in the picture: the mean correlation of the channels.

    Args:
        pictures, photos: (n, h, w, 3).

    Returns:
        A float: 1 for equal colours, 0 if they have nothing in common, -1 for negatives.
    """
    a, b = (values.reshape(len(values), -1, 3) - values.mean(axis=(1, 2))[:, None] for values in (pictures, photos))
    lengths = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return float(np.mean((a * b).sum(axis=1) / (lengths + 1e-3)))  # 1e-3: a flat picture correlates with nothing


def change(predicted, trained):
    """Measure how far prediction is from training, as a share of the `spread` of the pictures.

    Args:
        predicted, trained: (n, ...), n >= 2; from the same noise or photos, with training=False and training=True.

    Returns:
        A float: 0 if nothing changes, about 1 if each picture becomes another one.
    """
    return float(np.abs(predicted - trained).mean() / (spread(trained) + 1e-9))


# --- the alarms -------------------------------------------------------------------------------------------------------


def d_too_strong(accuracies):
    """Look for a D that is right about nearly everything.

    Args:
        accuracies: a list of (step, D's accuracy on paintings, on G's pictures), shares from 0 to 1.

    Returns:
        A sentence, or None.
    """
    recent = np.array([reading[1:] for reading in accuracies[-RECENT:]])
    if len(recent) < RECENT or recent.mean(axis=0).min() < SURE:
        return None
    real, fake = recent.mean(axis=0)
    return (
        f"D is right about {real:.0%} of the paintings and {fake:.0%} of G's pictures: G learns little from so sure a "
        "D. Lower D's learning rate, or train G alone for a while."
    )


def vanishing_gradient(lengths):
    """Look for an adversarial gradient that has vanished.

    Args:
        lengths: of the gradient at G's pictures, a list of float, one for each reading.

    Returns:
        A sentence, or None.
    """
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
    """Look for a G that paints the same picture for all photos.

    Args:
        share: the newest `diversity`, a float or None.

    Returns:
        A sentence, or None.
    """
    if share is None or share >= ALIKE:
        return None
    return (
        f"G's pictures differ by only {share:.0%} of what their photos differ: it paints the same picture for all. "
        "Raise the content weight, or go back with reset and lower G's learning rate."
    )


def copies_photo(share):
    """Look for a G that copies the photo.

    Args:
        share: the newest `way` from the photos to the paintings, a float or None.

    Returns:
        A sentence, or None.
    """
    if share is None or share >= NEAR:
        return None
    return (
        f"G copies the photo: its pictures are only {share:.0%} of the way to the painting. Lower the content weight, "
        "or raise the style weight."
    )


def copies_painting(share):
    """Look for a G that copies the painting.

    Args:
        share: the newest `way` from the paintings to the photos, a float or None.

    Returns:
        A sentence, or None.
    """
    if share is None or share >= NEAR:
        return None
    return (
        f"G copies the painting: its pictures are only {share:.0%} of the way to the photo. Raise the content weight, "
        "and measure style without places (means and deviations of F's maps), not pixel by pixel."
    )


def checkerboard(strength, usual=1.0):
    """Look for a checkerboard on G's pictures.

    Args:
        strength: the newest `grid`, a float or None.
        usual: the `grid` of the paintings, a float.

    Returns:
        A sentence, or None.
    """
    if strength is None or strength <= GRID * max(usual, 1.0):
        return None
    return (
        f"A checkerboard lies over G's pictures: periods of 2 or 4 px are {strength:.0f} times as strong as those "
        "beside them. Enlarge first and then convolve, in place of a transposed convolution."
    )


def colours_inverted(correlation):
    """Look for colours that are turned into their opposites.

    Args:
        correlation: the newest `colour_correlation`, a float or None.

    Returns:
        A sentence, or None.
    """
    if correlation is None or correlation >= OPPOSITE:
        return None
    return (
        f"G turns the colours round: they correlate with the photo's by {correlation:.2f}. Give it a term that sees "
        "colours: content in pixels or in F's first maps, or identity on paintings."
    )


def predicts_differently(share):
    """Look for a G that paints other pictures with training=False.

    Args:
        share: the newest `change`, a float or None.

    Returns:
        A sentence, or None.
    """
    if share is None or share <= CHANGED:
        return None
    return (
        f"With training=False G paints other pictures, {share:.0%} of a whole picture away: batch norm's moving means "
        "are not those of the batches. Lower its momentum, train longer, or use a norm without moving means."
    )


def blow_up(terms):
    """Look for a term that has become many times what it was.

    Args:
        terms: dict name -> list of float, one for each step; only terms that are never negative.

    Returns:
        A sentence, or None.
    """
    for name, values in terms.items():
        before = values[:-RECENT]
        if len(before) < 2 * RECENT:
            continue
        usual, now = np.median(before), np.median(values[-RECENT:])
        if name == "discriminator":  # D was sure, and is surprised again: that is where it began
            usual = max(usual, np.median(before[:RECENT]))
        if now > BLOWN * usual > 0:
            return f"The {name} term is {now / usual:.3g} times what it was: lower the learning rates, or reset."
    return None
