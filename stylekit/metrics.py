"""Numbers that say how alike two pictures are: pixel by pixel, in content, in style, and as two whole sets."""

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
PATCH = 7  # px, the side of what the sliced Wasserstein distance compares
FEW = 4  # pictures whose feature maps are in memory at a time


# --- pixel by pixel ---------------------------------------------------------------------------------------------------


def ssim(pictures, others):
    """SSIM: do the same structures stand at the same places? 1 for equal pictures, about 0 for unrelated ones.

    pictures, others: (h, w, 3), or (n, h, w, 3) for several, in [-1, 1], at least 11 px high and wide.
    Returns a float, or (n,), in [-1, 1]. Raises ImageError for wrong or smaller pictures. Wang et al. 2004, eq. 13.
    """
    pictures, others = _alike(pictures, others)
    height, width = pictures.shape[-3:-1]
    if min(height, width) < WINDOW:
        raise ImageError(
            f"SSIM looks through a window of {WINDOW} x {WINDOW} px, but the pictures have {width} x {height}: "
            "compare larger ones."
        )

    def one(picture, other):
        return structural_similarity(
            picture, other, channel_axis=-1, data_range=DATA_RANGE, gaussian_weights=True, use_sample_covariance=False
        )

    return _per_picture(one, pictures, others)


def psnr(pictures, others):
    """Peak signal-to-noise ratio: how small the squared error is, in dB; infinite for equal pictures.

    pictures, others: (h, w, 3), or (n, h, w, 3) for several, in [-1, 1]. Returns a float, or (n,).
    Raises ImageError for wrong pictures.
    """
    with np.errstate(divide="ignore"):  # no error at all: infinitely many dB
        return _per_picture(
            lambda picture, other: peak_signal_noise_ratio(picture, other, data_range=DATA_RANGE),
            *_alike(pictures, others),
        )


# --- as F sees them ---------------------------------------------------------------------------------------------------


def content_distance(extractor, pictures, photos):
    """How much of what F sees in the photo has changed: mean |F(G) - F(x)| / mean |F(x)|, averaged over the depths.

    keeper: F, from `features.feature_extractor`. pictures, photos: (h, w, 3), or (n, h, w, 3) for several, in [-1, 1].
    Returns a float, or (n,), >= 0: 0 for no change, 1 for a change as large as the features themselves.
    Raises ImageError for wrong pictures. `losses.content_loss`, relative.
    """
    return _by_few(lambda g, x: relative_content_loss(extractor(g), extractor(x)), *_alike(pictures, photos))


def relative_content_loss(generated, source):
    """The content distance of feature maps that are there already, lists of (batch, h, w, c). Returns (batch,)."""
    sizes = [losses.per_image_mean(ops.abs(maps))[:, None, None, None] + 1e-8 for maps in source]
    return losses.content_loss(_divided(generated, sizes), _divided(source, sizes))


def style_distance(extractor, pictures, paintings):
    """How far the style of a picture is from a painting's: `losses.moment_style_loss` of F's maps.

    keeper: F, from `features.feature_extractor`. pictures: (h, w, 3), or (n, h, w, 3) for several, in [-1, 1].
    paintings: as many, or one for all; they may have another size. Returns a float, or (n,), >= 0.
    Raises ImageError for wrong pictures. Huang and Belongie 2017, eq. 13.
    """
    pictures, paintings = images.check(pictures, "picture"), images.check(paintings, "painting")
    if len(_batch(paintings)) not in (1, len(_batch(pictures))):
        raise ImageError(
            f"Got {len(_batch(pictures))} pictures and {len(_batch(paintings))} paintings: wanted as many, or one "
            "painting."
        )
    return _by_few(lambda g, y: losses.moment_style_loss(extractor(g), extractor(y)), pictures, paintings)


def trade_off(extractor, pictures, photos, paintings):
    """(content distance, style distance), each the mean over the pictures: how far they went, and where to.

    keeper: F. pictures, photos: (n, h, w, 3) in [-1, 1]. paintings: as many, or one for all.
    Returns two floats >= 0. Raises ImageError for wrong pictures.
    """
    content, style = content_distance(extractor, pictures, photos), style_distance(extractor, pictures, paintings)
    return float(np.mean(content)), float(np.mean(style))


def style_table(extractor, pictures, paintings):
    """The style distance of every picture from every painting, with one look of F at each.

    keeper: F. pictures, paintings: (n, h, w, 3) and (m, h', w', 3) in [-1, 1]. Returns (m, n): a row for each painting.
    Raises ImageError for wrong pictures.
    """
    pictures, paintings = _batch(images.check(pictures)), _batch(images.check(paintings, "painting"))
    seen, wanted = _stand_ins(extractor, pictures), _stand_ins(extractor, paintings)
    rows = [losses.moment_style_loss(seen, [maps[i : i + 1] for maps in wanted]) for i in range(len(paintings))]
    return np.stack([ops.convert_to_numpy(row) for row in rows])


def _stand_ins(extractor, pictures):
    """F's maps, shrunk to two places with the same moments, mean + deviation and mean - deviation: all that counts."""
    few = [pictures[i : i + FEW] for i in range(0, len(pictures), FEW)]
    depths = [[losses.moments(maps) for maps in extractor(batch)] for batch in few]
    return [
        np.concatenate([np.stack([mean + deviation, mean - deviation], axis=1)[:, None] for mean, deviation in depth])
        for depth in zip(*depths, strict=True)
    ]


def kid(extractor, pictures, others):
    """KID: do two sets of pictures come from the same domain? About 0 if so; larger the easier F tells them apart.

    The squared MMD, unbiased, of F's deepest map averaged over its positions, with the kernel (a . b / length + 1)^3.
    Unbiased, it scatters around 0 for equal domains and can be negative; F is not the paper's Inception, so its
    numbers compare only with each other.
    keeper: F. pictures, others: (n, h, w, 3) and (m, h', w', 3) in [-1, 1], at least 2 of each. Returns a float.
    Raises ImageError for wrong or too few pictures. Binkowski et al. 2018, section 3.1.
    """
    a, b = _deepest(extractor, pictures), _deepest(extractor, others)
    return float(_mean_of_others(polynomial_kernel(a)) + _mean_of_others(polynomial_kernel(b))
                 - 2 * polynomial_kernel(a, b).mean())  # fmt: skip


def _deepest(extractor, pictures):
    """F's deepest map, averaged over its positions: (n, channels) float64."""
    pictures = images.check(pictures)
    if len(_batch(pictures)) < 2:
        raise ImageError("Found 1 picture in a set: the kernel distance compares sets of at least 2 pictures each.")
    return _by_few(lambda few: losses.moments(extractor(few)[-1])[0], pictures).astype("float64")


def _mean_of_others(kernel):
    """Mean of a kernel matrix without its diagonal: what a picture has in common with itself says nothing."""
    n = len(kernel)
    return (kernel.sum() - np.trace(kernel)) / (n * (n - 1))


# --- patch by patch, as two sets --------------------------------------------------------------------------------------


def sliced_wasserstein(pictures, others, patches=8192, directions=128, coarsest=16, seed=0):
    """SWD: do the patches of two sets of pictures look alike, at each level of detail? Near 0 if so.

    Each picture becomes a Laplacian pyramid, and each of its levels gives patches of 7 x 7 px, each channel brought to
    mean 0 and deviation 1 over the set. Along a random direction patches are numbers, and two sets of numbers are as
    far apart as their sorted rows. The mean over the directions, times 1000, as in the paper's tables.
    pictures, others: (n, h, w, 3) and (m, h, w, 3) in [-1, 1], squares whose side can be halved down to the coarsest
    level. patches: how many of each set and level. directions: how many. coarsest: px; a level as small is the last.
    16 is the paper's; in 8 px a patch is nearly the whole picture. seed: decides patches and directions.
    Returns dict side of the level in px -> distance >= 0, finest first. The fewer pictures, the further it stays from
    0 even for sets of one kind. Raises ImageError for wrong pictures.
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
    """What each level adds to the coarser ones: list of (n, h, w, 3), finest first. The last is the coarse rest."""
    levels = []
    while pictures.shape[1] > coarsest:
        coarse = _each_channel(pyramid_reduce, pictures)
        levels.append(pictures - _each_channel(pyramid_expand, coarse))
        pictures = coarse
    return [*levels, pictures]


def _each_channel(resize, pictures):
    """A resizing of scikit-image's for all pictures at once, which are channels to it: (n, h, w, 3) -> the same."""
    stacked = np.moveaxis(pictures, 0, -1)
    resized = resize(stacked.reshape(*stacked.shape[:2], -1), channel_axis=-1)
    return np.moveaxis(resized.reshape(*resized.shape[:2], *stacked.shape[2:]), -1, 0).astype("float32")


def _patches(maps, down, right):
    """The patches at these places, from one picture after the other: (count, 3 * 7 * 7), each channel normalised."""
    windows = np.lib.stride_tricks.sliding_window_view(maps, (PATCH, PATCH), axis=(1, 2))
    chosen = windows[np.arange(len(down)) % len(maps), down, right]  # (count, 3, 7, 7)
    mean, deviation = (f(chosen, axis=(0, 2, 3), keepdims=True) for f in (np.mean, np.std))
    return ((chosen - mean) / (deviation + 1e-8)).reshape(len(chosen), -1)


# --- common to them ---------------------------------------------------------------------------------------------------


def _alike(pictures, others):
    """Both as checked arrays, once they are certain to have one shape."""
    pictures, others = images.check(pictures), images.check(others, "other picture")
    if pictures.shape != others.shape:
        raise ImageError(f"The pictures have the shapes {pictures.shape} and {others.shape}: wanted the same.")
    return pictures, others


def _per_picture(measure, pictures, others):
    if pictures.ndim == 3:
        return float(measure(pictures, others))
    return np.array([measure(picture, other) for picture, other in zip(pictures, others, strict=True)], "float64")


def _by_few(measure, pictures, *others):
    """measure(pictures, *others) of a few pictures at a time; another batch with one picture goes with them all."""
    batch, others = _batch(pictures), [_batch(other) for other in others]
    numbers = [
        measure(batch[i : i + FEW], *(other[i : i + FEW] if len(other) > 1 else other for other in others))
        for i in range(0, len(batch), FEW)
    ]
    numbers = np.concatenate([ops.convert_to_numpy(number) for number in numbers])
    return numbers if pictures.ndim == 4 else float(numbers[0])


def _batch(pictures):
    return pictures.reshape(-1, *pictures.shape[-3:])


def _divided(maps, sizes):
    return [features / size for features, size in zip(maps, sizes, strict=True)]
