"""Checks on the best discriminator and what it leaves to G: lesson 03."""

import numpy as np

from stylekit.course.checks.exercise import Exercise, tell_slip
from stylekit.course.checks.verdict import Wrong, array, call, check, numbers, require

# densities at six places: some are above 1, as densities may be, and two are 0
REAL = np.array([0.2, 1.0, 3.0, 0.0, 2.5, 0.4])
FAKE = np.array([0.6, 1.0, 0.5, 0.7, 0.0, 0.1])


@check
def optimal_discriminator(answer):
    """Check the best discriminator D*.

    Args:
        answer: function (p, q) -> D*, three arrays (n,): the densities of real and fake points at n places, and the
            best verdict there.

    Returns:
        a Verdict.
    """
    wanted = REAL / (REAL + FAKE)
    with np.errstate(all="ignore"):
        found = call(answer, REAL.copy(), FAKE.copy())
    require(np.shape(found) != (), "found one number: wanted a verdict for each place.")
    _tell_infinite_slips(found)
    found = array(found, REAL.shape)
    own_place = "you divide by a sum over all places: a verdict depends on p and q at its own place alone."
    slips = [
        (1 - wanted, "you give the share of the fake points: D says how likely a point is to be real."),
        (REAL, "p alone is a density, not a probability: where many points are real, even more may be fake."),
        (REAL / REAL.sum(), own_place),
        (REAL / (REAL + FAKE).sum(), own_place),
    ]
    tell_slip(found, slips, atol=1e-4)
    if not np.allclose(found, wanted, atol=1e-4):
        raise Wrong(_why_not_best(found, wanted))
    return "1 where only real points are, 0 where only fake ones are, and 1/2 where both are equally likely."


def _tell_infinite_slips(found):
    """Slips that are infinite where p or q is 0: they are compared at the other places only."""
    found, inside = numbers(found), (REAL > 0) & (FAKE > 0)
    if found.shape != REAL.shape:
        return
    ratio = REAL[inside] / FAKE[inside]
    slips = [
        (
            ratio,
            "p / q is a ratio, from 0 to infinity: a probability is p's share of all points there, p and q together.",
        ),
        (np.log(ratio), "log(p / q) is the best logit: the probability is its sigmoid."),
        (
            np.minimum(ratio, 1),
            "where real and fake points are equally likely you say 1, so D is sure where nobody can know: wanted 1/2.",
        ),
    ]
    tell_slip(found[inside], slips)


def _why_not_best(found, wanted):
    """What is wrong with verdicts that are no usual slip."""
    if np.allclose(found, found[0]):
        return f"the verdict is {found[0]:.4g} everywhere: it has to depend on p and q."
    if np.isin(found, (0.0, 0.5, 1.0)).all():
        return "you only say which is likelier: D says how sure it is, and where both may be it can't be quite sure."
    if found.min() < 0 or found.max() > 1:
        return f"the verdicts run from {found.min():.4g} to {found.max():.4g}: a probability is from 0 to 1."
    worst = int(np.abs(found - wanted).argmax())
    return (
        f"where p = {REAL[worst]} and q = {FAKE[worst]} you say {found[worst]:.4f}: of all points there, which share "
        "is real?"
    )


@check
def least_loss(answer):
    """Check the loss of the best discriminator.

    Args:
        answer: function (p, q, area) -> a number. p and q are arrays of densities, one number for each cell of a
            grid; `area` is the area of a cell.

    Returns:
        a Verdict.
    """
    side = np.linspace(-3, 3, 31)
    x, y = np.meshgrid(side, side)
    p, q = (np.exp(-((x - at) ** 2 + y**2) / wide) / (wide * np.pi) for at, wide in ((-0.4, 0.5), (0.4, 1.2)))
    area = (side[1] - side[0]) ** 2
    real, fake = -np.sum(p * np.log(p / (p + q))) * area, -np.sum(q * np.log(q / (p + q))) * area
    loss = real + fake
    slips = [
        (-loss, "the sign is wrong: D's loss is minus the logarithms, so that a better D has a smaller one."),
        (
            loss / area,
            "you sum over the cells without their area: p times the area is the share of points in a cell.",
        ),
        (loss / area / p.size, "you average over the cells: p times the area, summed, is what weighs them."),
        (loss / 2, "that is half of it: D's loss adds what real and what fake points cost; it does not average them."),
        (real, "only the real points are in it: the fake ones cost log(1 - D), too."),
        (fake, "only the fake points are in it: the real ones cost log D, too."),
        (loss / np.log(2), "the logarithm is to the base 2: wanted the natural one, np.log."),
        (2 * np.log(2), "2 log 2 is the loss where p and q are equal; these two differ."),
        (2 * np.log(2) - loss, "that is how far the loss is below 2 log 2; wanted the loss itself."),
    ]
    found = array(call(answer, p.copy(), q.copy(), area), ())
    Exercise(loss, slips).judge(found)
    return f"the best D still pays {loss:.3f}, less than 2 log 2 = 1.386, because p and q differ."
