"""When a training goes wrong: a sentence for each way in which GANs do."""

import numpy as np

RECENT = 6  # readings that must agree
SURE = 0.95  # D's accuracy on both kinds, from which on G learns nothing from it
ALIKE = 0.2  # of the photos' own differences: pictures that differ less are one picture
BLOWN = 5.0  # times the median so far

D_TOO_STRONG, COLLAPSE, NOT_A_NUMBER, BLOW_UP = "D too strong", "collapse", "not a number", "blow-up"
ALL = (D_TOO_STRONG, COLLAPSE, NOT_A_NUMBER, BLOW_UP)


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


def diversity(pictures, photos):
    """How different the pictures are from one another, as a share of how different their photos are.

    pictures, photos: (n, h, w, 3), n >= 2. Returns a float: about 1 where each photo has a picture of its own.
    """

    def spread(batch):
        return np.mean([np.abs(a - b).mean() for i, a in enumerate(batch) for b in batch[:i]])

    return float(spread(pictures) / (spread(photos) + 1e-9))


def collapse(share):
    """share: the newest `diversity`, or None. Returns a sentence, or None."""
    if share is None or share >= ALIKE:
        return None
    return (
        f"G's pictures differ by only {share:.0%} of what their photos differ: it paints the same picture for all. "
        "Raise the content weight, or go back with reset and lower G's learning rate."
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
