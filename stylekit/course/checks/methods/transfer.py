"""Checks on the Domain Transfer Network: lesson 14."""

import numpy as np

from stylekit.course.checks.exercise import Exercise, per_picture, results
from stylekit.course.checks.verdict import call, check, numbers, require

PHOTOS, PAINTINGS = np.random.default_rng(14).uniform(-1, 1, (2, 3, 8, 8, 3)).astype("float32")
LOGITS = np.random.default_rng(15).normal(0, 1.5, (3, 4, 3)).astype("float32")  # of G(photo), of G(painting), real ones
FROM_PHOTO, FROM_PAINTING, REAL = range(3)


def _costs(logits):
    """-log softmax, (batch, 3)."""
    return np.log(np.exp(logits).sum(axis=1, keepdims=True)) - logits


@check
def ternary_loss(answer):
    """Check the loss of a D with three classes.

    Args:
        answer: function of D's logits for G(photos), G(paintings) and paintings, each (batch, 3), -> (batch,). These
            are the classes 0, 1 and 2.

    Returns:
        a Verdict.
    """
    photo, painting, real = (_costs(logits) for logits in LOGITS)
    raw = [logits[:, kind] for kind, logits in enumerate(LOGITS)]
    sigmoids = sum(np.log1p(np.exp(-values)) for values in raw)
    turned = [_costs(logits.T).T for logits in LOGITS]
    wanted = photo[:, FROM_PHOTO] + painting[:, FROM_PAINTING] + real[:, REAL]
    slips = [
        (
            photo[:, REAL] + painting[:, REAL],
            "that is what G wants, that D takes both for real: D has two classes for what G made, and a third one for"
            " real paintings.",
        ),
        (
            photo[:, REAL] + painting[:, REAL] + real[:, REAL],
            "here D wants to take every picture for real: wanted class 0 for G(photos), 1 for G(paintings), and 2 for"
            " real paintings alone.",
        ),
        (
            photo[:, FROM_PAINTING] + painting[:, FROM_PHOTO] + real[:, REAL],
            "0 and 1 are exchanged: 0 is what was made from a photo, 1 what was made from a painting.",
        ),
        (
            photo[:, FROM_PHOTO] + painting[:, FROM_PHOTO] + real[:, REAL],
            "both of G's kinds get class 0: that is an ordinary, binary D; what was made from a painting is class 1.",
        ),
        (photo[:, FROM_PHOTO] + real[:, REAL], "G(paintings) is left out: D tells three kinds apart."),
        (painting[:, FROM_PAINTING] + real[:, REAL], "G(photos) is left out: D tells three kinds apart."),
        (photo[:, FROM_PHOTO] + painting[:, FROM_PAINTING], "the real paintings are left out."),
        (-wanted, "the sign is wrong: D makes its loss small, so it is minus the logarithm."),
        (-sum(raw), "a logit is no probability yet: bring the three of a picture to a sum of 1 first (softmax)."),
        (
            -sum(np.exp(-costs) for costs in (photo[:, FROM_PHOTO], painting[:, FROM_PAINTING], real[:, REAL])),
            "the logarithm is missing: -D, not -log D, hardly changes where D is sure and wrong.",
        ),
        (sigmoids, "each class is judged by itself, with a sigmoid: of three classes one is right, so use softmax."),
        (
            sum(costs[:, kind] for kind, costs in enumerate(turned)),
            "softmax runs over the batch: it is the three logits of a picture (axis 1) that share the probability.",
        ),
        (wanted / 3, "you take the mean of the three: the paper's sum is wanted."),
        (np.array(wanted.mean()), "there is one number for the whole batch: every picture has its own."),
        (np.array(wanted.sum()), "there is one number for the whole batch: every picture has its own."),
    ]
    Exercise(wanted, slips).judge(call(answer, *(logits.copy() for logits in LOGITS)))
    with np.errstate(all="ignore"):  # an overflow is told in words below
        extreme = numbers(call(answer, *(200 * logits for logits in LOGITS)))
    wild = extreme[~np.isfinite(extreme)]
    sentence = "take the largest of a picture's three logits away before exp, or use log_softmax."
    require(not len(wild), f"for a D that is very sure you give {wild[:1]}: {sentence}")
    return "three classes, one cross-entropy each."


@check
def transfer_terms(answer):
    """Check the constancy and identity terms of domain transfer, mean squared differences.

    Args:
        answer: function (f, G, photos, paintings) -> (constancy, identity), both (batch,). f and G take a batch; f
            returns one array of codes.

    Returns:
        a Verdict.
    """

    def f(pictures):
        """A small f: pictures (batch, 8, 8, 3) -> codes (batch, 6)."""
        pictures = np.asarray(pictures)
        flat = pictures.reshape(len(pictures), 4, 2, 4, 2, 3).mean(axis=(2, 4)).reshape(len(pictures), -1)
        return np.maximum(flat @ np.random.default_rng(3).normal(size=(48, 6)), 0)

    def generator(pictures):
        """A stand-in for G."""
        return 0.7 * np.asarray(pictures) ** 2 - 0.2

    x, y = PHOTOS, PAINTINGS
    drawn, copied = generator(x), generator(y)

    def apart(a, b):
        """The mean squared difference of each pair, (batch,)."""
        return per_picture((a - b) ** 2)

    wanted = {"constancy": apart(f(drawn), f(x)), "identity": apart(copied, y)}
    found = call(answer, f, generator, x.copy(), y.copy())
    terms = results(found, 2, "wanted two results, constancy and identity: `return constancy, identity`.")
    slips = {
        "constancy": [
            (wanted["identity"], "the two are exchanged: constancy comes first."),
            (apart(f(copied), f(y)), "it looks at paintings: constancy ties G to the photos."),
            (apart(f(drawn), f(y)), "f(G(x)) is compared with a painting that has nothing to do with x: take f(x)."),
            (apart(drawn, x), "pixels are compared: G may change them all, as long as f sees the same."),
            (per_picture(np.abs(f(drawn) - f(x))), "the differences are not squared."),
            (per_picture(f(drawn) - f(x)), "the differences are not squared, and those above and below 0 cancel."),
            (apart(drawn, y), "G(x) is compared with a painting that has nothing to do with x: there are no pairs."),
        ],
        "identity": [
            (apart(drawn, x), "it looks at photos: a photo has to change, a painting has to stay as it is."),
            (apart(drawn, y), "G(x) is compared with a painting that has nothing to do with x: there are no pairs."),
            (apart(f(copied), f(y)), "f looks at both: identity asks for the painting itself, pixel by pixel."),
            (per_picture(np.abs(copied - y)), "the differences are not squared."),
            (per_picture(copied - y), "the differences are not squared, and those above and below 0 cancel."),
        ],
    }
    for (name, right), value in zip(wanted.items(), terms, strict=True):
        one_number = (right.mean(), "every picture has a number of its own.")
        Exercise(right, [*slips[name], one_number], about=f"{name}: ").judge(value)
    return "a photo keeps what f sees, a painting keeps all."
