"""Checks on what is left of a photo, as a number: lesson 06."""

import numpy as np

from stylekit.course.checks.exercise import Exercise, apart, per_picture
from stylekit.course.checks.verdict import call, check

SHAPES = [(2, 4, 6, 3), (2, 2, 3, 5)]  # of the maps at two depths
SEEN = [np.random.default_rng(i).normal(0.3, 1, shape).astype("float32") for i, shape in enumerate(SHAPES)]
MADE = [np.random.default_rng(i + 9).normal(0, 1.4, maps.shape).astype("float32") for i, maps in enumerate(SEEN)]
PHOTOS, PAINTINGS = np.random.default_rng(5).uniform(-1, 1, (2, 2, 8, 8, 3)).astype("float32")


@check
def content_loss(answer):
    """Check the content loss with L1.

    Args:
        answer: function (generated, source), two lists of maps (batch, h, w, c), one for each depth, -> (batch,).

    Returns:
        a Verdict.
    """
    differences = [made - seen for made, seen in zip(MADE, SEEN, strict=True)]
    depths = np.array([per_picture(np.abs(difference)) for difference in differences])
    squares = np.array([per_picture(difference**2) for difference in differences])
    signed = np.array([per_picture(difference) for difference in differences])
    flat = np.concatenate([np.abs(difference).reshape(2, -1) for difference in differences], axis=1)
    wanted = depths.mean(axis=0)
    slips = [
        (squares.mean(axis=0), "the differences are squared: that is L2; L1 takes their size, without the sign."),
        (np.sqrt(squares).mean(axis=0), "that is the root of the mean square, L2; L1 is the mean of the sizes."),
        (signed.mean(axis=0), "differences above and below 0 cancel: take their size before the mean."),
        (np.abs(signed).mean(axis=0), "the size is taken too late: take it of each difference, before the mean."),
        (depths.sum(axis=0), "the depths are summed: take the mean over them, so that two depths do not cost double."),
        (depths[0], "only the finest map is compared: every depth counts."),
        (depths[-1], "only the deepest map is compared: every depth counts."),
        (
            flat.mean(axis=1),
            "all numbers of all depths are thrown together, so the finest map, which has most of them, decides: take "
            "the mean of each depth first.",
        ),
        (flat.sum(axis=1), "that is a sum, which grows with the picture: take the mean at each depth."),
        (np.array(wanted.mean()), "there is one number for the whole batch: every picture has its own."),
        (np.zeros(2), "0 for everything: have you compared a list with itself?"),
    ]
    found = call(answer, [maps.copy() for maps in MADE], [maps.copy() for maps in SEEN])
    Exercise(wanted, slips).judge(found)
    return "every depth counts alike, and 0 means that F sees no change."


@check
def f_constancy(answer):
    """Check the content loss of a generator: mean |F(G(x, y)) - F(x)|.

    Args:
        answer: function (F, G, x, y) -> (batch,). F takes pictures and returns one array of maps; G takes x and y.

    Returns:
        a Verdict.
    """

    def extractor(pictures):
        """A small F: pictures (batch, 8, 8, 3) -> maps (batch, 4, 4, 2)."""
        pictures = np.asarray(pictures)
        blocks = pictures.reshape(len(pictures), 4, 2, 4, 2, 3).mean(axis=(2, 4))
        return np.maximum(blocks @ np.array([[1, -1], [2, 1], [-1, 3]], "float32"), 0)

    def generator(x, y):
        """A G that mixes photo and painting."""
        return 0.6 * np.asarray(x) + 0.3 * np.asarray(y)

    x, y = PHOTOS, PAINTINGS
    made = generator(x, y)
    wanted = apart(extractor(made), extractor(x))
    slips = [
        (
            apart(extractor(made), extractor(y)),
            "you compare with F(y), the painting: the content has to come from the photo x.",
        ),
        (apart(made, x), "you compare pixels: let F look at both pictures first."),
        (apart(extractor(x), extractor(y)), "G is not in it: photo and painting are compared with each other."),
        (apart(extractor(generator(y, x)), extractor(x)), "G takes the photo first, then the painting: G(x, y)."),
        (apart(extractor(generator(x, x)), extractor(x)), "G got the photo twice: G(x, y) takes the painting, too."),
        (per_picture((extractor(made) - extractor(x)) ** 2), "the differences are squared: that is L2; wanted L1."),
        (per_picture(extractor(made) - extractor(x)), "differences above and below 0 cancel: take their size."),
        (per_picture(np.abs(extractor(made - x))), "F of the difference is not the difference of F: F is not linear."),
        (np.array(wanted.mean()), "there is one number for the whole batch: every picture has its own."),
    ]
    Exercise(wanted, slips).judge(call(answer, extractor, generator, x.copy(), y.copy()))
    return "F looks at both, and only what F sees counts."
