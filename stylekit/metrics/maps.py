"""How alike pictures are as the feature extractor F sees them: in content, in style, or as two whole sets."""

import numpy as np
from keras import ops
from sklearn.metrics.pairwise import polynomial_kernel

from stylekit import images
from stylekit.errors import ImageError
from stylekit.metrics.common import FEW, alike, as_batch, by_few
from stylekit.nn import losses


def content_distance(feature_extractor, pictures, photos):
    """Measure how much of what F sees in a photo has changed: mean |F(G) - F(x)| / mean |F(x)| over the depths.

    It is `losses.content_loss`, relative to the size of the features.

    Args:
        feature_extractor: F, from `features.feature_extractor`.
        pictures: A picture (h, w, 3) or a batch (n, h, w, 3), in [-1, 1].
        photos: The photos to compare with, of the same shape.

    Returns:
        A float, or (n,) float32 for a batch, >= 0: 0 for no change, 1 for a change as large as the features themselves.

    Raises:
        ImageError: The pictures are not in range, or their shapes differ.
    """
    return by_few(
        lambda g, x: relative_content_loss(feature_extractor(g), feature_extractor(x)), *alike(pictures, photos)
    )


def relative_content_loss(generated, source):
    """Return the content distance of feature maps that are computed already.

    Args:
        generated: F's maps of the generated pictures, a list of (batch, h, w, c).
        source: F's maps of the photos, of the same shapes.

    Returns:
        A tensor (batch,), >= 0.
    """
    sizes = [losses.per_image_mean(ops.abs(maps))[:, None, None, None] + 1e-8 for maps in source]
    return losses.content_loss(_divided(generated, sizes), _divided(source, sizes))


def style_distance(feature_extractor, pictures, paintings):
    """Measure how far the style of a picture is from a painting's: `losses.moment_style_loss` of F's maps.

    Args:
        feature_extractor: F, from `features.feature_extractor`.
        pictures: A picture (h, w, 3) or a batch (n, h, w, 3), in [-1, 1].
        paintings: As many paintings, or one for all pictures; their size may differ from the pictures'.

    Returns:
        A float, or (n,) float32 for a batch, >= 0.

    Raises:
        ImageError: The pictures are not in range, or their numbers do not match.

    Huang and Belongie 2017, eq. 13.
    """
    pictures, paintings = images.check(pictures, "picture"), images.check(paintings, "painting")
    if len(as_batch(paintings)) not in (1, len(as_batch(pictures))):
        raise ImageError(
            f"Got {len(as_batch(pictures))} pictures and {len(as_batch(paintings))} paintings: wanted as many, or one "
            "painting."
        )

    def measure(few, few_paintings):
        return losses.moment_style_loss(feature_extractor(few), feature_extractor(few_paintings))

    return by_few(measure, pictures, paintings)


def trade_off(feature_extractor, pictures, photos, paintings):
    """Return the mean content distance and the mean style distance of a batch.

    Args:
        feature_extractor: F, from `features.feature_extractor`.
        pictures: (n, h, w, 3) in [-1, 1].
        photos: (n, h, w, 3) in [-1, 1], which the pictures were made from.
        paintings: As many paintings, or one for all pictures.

    Returns:
        Two floats >= 0: content distance, style distance.

    Raises:
        ImageError: The pictures are not in range, or their shapes or numbers do not match.
    """
    content = content_distance(feature_extractor, pictures, photos)
    style = style_distance(feature_extractor, pictures, paintings)
    return float(np.mean(content)), float(np.mean(style))


def style_table(feature_extractor, pictures, paintings):
    """Return the style distance of every picture from every painting; F sees each of them only once.

    Args:
        feature_extractor: F, from `features.feature_extractor`.
        pictures: (n, h, w, 3) in [-1, 1].
        paintings: (m, h', w', 3) in [-1, 1].

    Returns:
        (m, n) float32, >= 0: one row for each painting.

    Raises:
        ImageError: The pictures are not in range.
    """
    pictures, paintings = as_batch(images.check(pictures)), as_batch(images.check(paintings, "painting"))
    seen, wanted = _stand_ins(feature_extractor, pictures), _stand_ins(feature_extractor, paintings)
    rows = [losses.moment_style_loss(seen, [maps[i : i + 1] for maps in wanted]) for i in range(len(paintings))]
    return np.stack([ops.convert_to_numpy(row) for row in rows])


def _stand_ins(feature_extractor, pictures):
    """Maps of two positions with the same moments as F's maps: the style distance needs no more of them."""
    few = [pictures[i : i + FEW] for i in range(0, len(pictures), FEW)]
    depths = [[losses.moments(maps) for maps in feature_extractor(batch)] for batch in few]
    return [
        np.concatenate([np.stack([mean + deviation, mean - deviation], axis=1)[:, None] for mean, deviation in depth])
        for depth in zip(*depths, strict=True)
    ]


def kid(feature_extractor, pictures, others):
    """Measure with KID, the kernel inception distance, whether two sets of pictures come from the same domain.

    It is the squared maximum mean discrepancy of F's deepest map, averaged over its positions, with the kernel
    (a . b / length + 1)^3. The estimate has no bias: for equal domains it varies around 0 and can be negative. F is
    not the paper's Inception network, so compare these numbers only with each other.

    Args:
        feature_extractor: F, from `features.feature_extractor`.
        pictures: (n, h, w, 3) in [-1, 1], at least 2 pictures.
        others: (m, h', w', 3) in [-1, 1], at least 2 pictures.

    Returns:
        A float: about 0 for one domain, larger the easier F can tell the sets apart.

    Raises:
        ImageError: The pictures are not in range, or a set has less than 2.

    Binkowski et al. 2018, section 3.1.
    """
    a, b = _deepest(feature_extractor, pictures), _deepest(feature_extractor, others)
    within = _mean_of_others(polynomial_kernel(a)) + _mean_of_others(polynomial_kernel(b))
    return float(within - 2 * polynomial_kernel(a, b).mean())


def _deepest(feature_extractor, pictures):
    """F's deepest map, averaged over its positions: (n, channels) float64."""
    pictures = images.check(pictures)
    if len(as_batch(pictures)) < 2:
        raise ImageError("Found 1 picture in a set: KID compares sets of at least 2 pictures each.")
    return by_few(lambda few: losses.moments(feature_extractor(few)[-1])[0], pictures).astype("float64")


def _mean_of_others(kernel):
    """The mean of a kernel matrix without its diagonal, which compares each picture with itself."""
    n = len(kernel)
    return (kernel.sum() - np.trace(kernel)) / (n * (n - 1))


def _divided(maps, sizes):
    """Each map divided by its size."""
    return [features / size for features, size in zip(maps, sizes, strict=True)]
