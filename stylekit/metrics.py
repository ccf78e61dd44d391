"""Measures of how alike two pictures are, pixel by pixel, in content and in style, or how alike two sets are."""

import numpy as np
from keras import ops
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from skimage.transform import pyramid_expand, pyramid_reduce
from sklearn.metrics.pairwise import polynomial_kernel

from stylekit import images
from stylekit.errors import ImageError
from stylekit.nn import losses

DATA_RANGE = 2.0  # from -1 to 1
WINDOW = 11  # px, SSIM's Gaussian window
PATCH = 7  # px, side of the patches that the sliced Wasserstein distance compares
FEW = 4  # pictures whose feature maps are in memory at a time


# --- pixel by pixel ---------------------------------------------------------------------------------------------------


def ssim(pictures, others):
    """Measure with SSIM, the structural similarity, whether two pictures show the same structures at the same places.

    Args:
        pictures: A picture (h, w, 3) or a batch (n, h, w, 3), in [-1, 1], at least 11 px high and wide.
        others: The pictures to compare with, of the same shape.

    Returns:
        A float, or (n,) float64 for a batch, in [-1, 1]: 1 for equal pictures, about 0 for unrelated ones.

    Raises:
        ImageError: The pictures are too small, not in range, or their shapes differ.

    Wang et al. 2004, eq. 13.
    """
    pictures, others = _alike(pictures, others)
    height, width = pictures.shape[-3:-1]
    if min(height, width) < WINDOW:
        raise ImageError(
            f"SSIM uses windows of {WINDOW} x {WINDOW} px, but the pictures have {width} x {height}: compare larger "
            "ones."
        )

    def one(picture, other):
        return structural_similarity(
            picture, other, channel_axis=-1, data_range=DATA_RANGE, gaussian_weights=True, use_sample_covariance=False
        )

    return _per_picture(one, pictures, others)


def psnr(pictures, others):
    """Measure the peak signal-to-noise ratio, 10 log10(2^2 / mean squared error), in dB.

    Args:
        pictures: A picture (h, w, 3) or a batch (n, h, w, 3), in [-1, 1].
        others: The pictures to compare with, of the same shape.

    Returns:
        A float, or (n,) float64 for a batch: higher for more alike, infinite for equal pictures.

    Raises:
        ImageError: The pictures are not in range, or their shapes differ.
    """
    with np.errstate(divide="ignore"):  # equal pictures divide by an error of 0
        return _per_picture(
            lambda picture, other: peak_signal_noise_ratio(picture, other, data_range=DATA_RANGE),
            *_alike(pictures, others),
        )


# --- as F sees them ---------------------------------------------------------------------------------------------------


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
    return _by_few(
        lambda g, x: relative_content_loss(feature_extractor(g), feature_extractor(x)), *_alike(pictures, photos)
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
    if len(_batch(paintings)) not in (1, len(_batch(pictures))):
        raise ImageError(
            f"Got {len(_batch(pictures))} pictures and {len(_batch(paintings))} paintings: wanted as many, or one "
            "painting."
        )

    def measure(few, few_paintings):
        return losses.moment_style_loss(feature_extractor(few), feature_extractor(few_paintings))

    return _by_few(measure, pictures, paintings)


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
    pictures, paintings = _batch(images.check(pictures)), _batch(images.check(paintings, "painting"))
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
    if len(_batch(pictures)) < 2:
        raise ImageError("Found 1 picture in a set: KID compares sets of at least 2 pictures each.")
    return _by_few(lambda few: losses.moments(feature_extractor(few)[-1])[0], pictures).astype("float64")


def _mean_of_others(kernel):
    """The mean of a kernel matrix without its diagonal, which compares each picture with itself."""
    n = len(kernel)
    return (kernel.sum() - np.trace(kernel)) / (n * (n - 1))


# --- patch by patch, as two sets --------------------------------------------------------------------------------------


def sliced_wasserstein(pictures, others, patches=8192, directions=128, coarsest=16, seed=0):
    """Measure with SWD, the sliced Wasserstein distance, how alike the patches of two sets are at each level of detail.

    Each picture becomes a Laplacian pyramid. Each level gives patches of 7 x 7 px, whose channels are brought to mean 0
    and deviation 1 over the set. A random direction turns each patch into one number; the distance of two sets of
    numbers is the mean difference of the sorted numbers. The result is the mean over all directions, times 1000 as in
    the paper's tables.

    Args:
        pictures: (n, h, h, 3) in [-1, 1]; halving h again and again must lead to the coarsest level.
        others: (m, h, h, 3) in [-1, 1].
        patches: Number of patches of each set and level.
        directions: Number of random directions.
        coarsest: Side of the last level in px, at most; 16 as in the paper. At 8 px a patch is nearly a whole picture.
        seed: An integer that decides the patches and directions.

    Returns:
        A dict: side of the level in px -> distance >= 0, finest level first. It is near 0 for sets of one kind; the
        fewer the pictures, the further from 0.

    Raises:
        ImageError: The pictures are not in range, differ in size, or have no such pyramid.

    Karras et al. 2018, section 5; Rabin et al. 2011.
    """
    pictures, others = _batch(images.check(pictures)), _batch(images.check(others, "other picture"))
    _check_pyramid(pictures.shape[1:], others.shape[1:], coarsest)
    levels = zip(_laplacian_pyramid(pictures, coarsest), _laplacian_pyramid(others, coarsest), strict=True)
    distances = {}
    for level, other in levels:
        draw = np.random.default_rng((seed, level.shape[1]))
        places = draw.integers(level.shape[1] - PATCH + 1, size=(2, patches))
        ways = draw.normal(size=(directions, 3 * PATCH**2)).astype("float32")
        ways /= np.linalg.norm(ways, axis=1, keepdims=True)
        first, second = (np.sort(ways @ _patches(maps, *places).T) for maps in (level, other))
        distances[level.shape[1]] = 1000 * float(np.abs(first - second).mean())
    return distances


def _check_pyramid(shape, other, coarsest):
    """ImageError unless pictures of both shapes have the same pyramid down to the coarsest level."""
    if shape != other:
        raise ImageError(f"The pictures have the shapes {shape} and {other}: wanted the same in both sets.")
    side = shape[0]
    while side > coarsest and side % 2 == 0:
        side //= 2
    if shape[0] != shape[1] or not PATCH <= side <= coarsest:
        raise ImageError(
            f"The pictures have {shape[1]} x {shape[0]} px: wanted squares whose side, halved again and again, comes "
            f"to between {PATCH} and {coarsest} px, such as 32 or 64."
        )


def _laplacian_pyramid(pictures, coarsest):
    """The levels of a Laplacian pyramid, a list of (n, h, w, 3): what each adds to the next; last the coarse rest."""
    levels = []
    while pictures.shape[1] > coarsest:
        coarse = _each_channel(pyramid_reduce, pictures)
        levels.append(pictures - _each_channel(pyramid_expand, coarse))
        pictures = coarse
    return [*levels, pictures]


def _each_channel(resize, pictures):
    """Resize all pictures at once with a function of scikit-image, which takes them as channels of one picture."""
    stacked = np.moveaxis(pictures, 0, -1)
    resized = resize(stacked.reshape(*stacked.shape[:2], -1), channel_axis=-1)
    return np.moveaxis(resized.reshape(*resized.shape[:2], *stacked.shape[2:]), -1, 0).astype("float32")


def _patches(maps, down, right):
    """Patches at these places, the first from the first picture and so on: (count, 3 * 7 * 7), channels normalised."""
    windows = np.lib.stride_tricks.sliding_window_view(maps, (PATCH, PATCH), axis=(1, 2))
    chosen = windows[np.arange(len(down)) % len(maps), down, right]  # (count, 3, 7, 7)
    mean, deviation = (f(chosen, axis=(0, 2, 3), keepdims=True) for f in (np.mean, np.std))
    return ((chosen - mean) / (deviation + 1e-8)).reshape(len(chosen), -1)


# --- common to them ---------------------------------------------------------------------------------------------------


def _alike(pictures, others):
    """Both as checked arrays; ImageError unless they have the same shape."""
    pictures, others = images.check(pictures), images.check(others, "other picture")
    if pictures.shape != others.shape:
        raise ImageError(f"The pictures have the shapes {pictures.shape} and {others.shape}: wanted the same.")
    return pictures, others


def _per_picture(measure, pictures, others):
    """The measure of one pair as a float, or of each pair of two batches as an array."""
    if pictures.ndim == 3:
        return float(measure(pictures, others))
    return np.array([measure(picture, other) for picture, other in zip(pictures, others, strict=True)], "float64")


def _by_few(measure, pictures, *others):
    """Call measure(pictures, *others) with a few pictures at a time; a batch of one picture goes with all of them."""
    batch, others = _batch(pictures), [_batch(other) for other in others]
    numbers = [
        measure(batch[i : i + FEW], *(other[i : i + FEW] if len(other) > 1 else other for other in others))
        for i in range(0, len(batch), FEW)
    ]
    numbers = np.concatenate([ops.convert_to_numpy(number) for number in numbers])
    return numbers if pictures.ndim == 4 else float(numbers[0])


def _batch(pictures):
    """A picture or a batch as a batch."""
    return pictures.reshape(-1, *pictures.shape[-3:])


def _divided(maps, sizes):
    return [features / size for features, size in zip(maps, sizes, strict=True)]
