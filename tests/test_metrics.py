"""Measures: against values worked out by hand, and on pictures whose order is known."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.filters import gaussian
from skimage.transform import pyramid_expand

from stylekit import filters, images, metrics
from stylekit.data import domains
from stylekit.errors import ImageError
from stylekit.metrics.patches import laplacian_pyramid
from stylekit.nn.features import feature_extractor

few = settings(deadline=None, max_examples=10)
seeds = st.integers(0, 10_000)


def noise(seed, *shape):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype("float32")


@pytest.fixture(scope="module")
def plain_extractor():
    """An F whose maps are the picture itself and its halved copy, times 3: all distances follow by hand."""
    pictures = keras.layers.Input((None, None, 3))
    halved = keras.layers.AveragePooling2D(2)(pictures)
    return feature_extractor(keras.Model(pictures, [pictures * 1.0, halved * 3.0]))


@pytest.fixture(scope="module")
def extractor():
    return feature_extractor()


@pytest.fixture(scope="module")
def photos():
    return np.stack([images.fit(photo, 64) for photo in domains.photos(64, "all")])


def filtered(photos, name):
    return np.stack([filters.render(photo, name, seed=i) for i, photo in enumerate(photos)])


# --- pixel by pixel ---------------------------------------------------------------------------------------------------


@few
@given(st.floats(-1, 1), st.floats(-1, 1))
def test_ssim_of_flat_pictures_follows_from_its_formula(a, b):
    first, second = np.full((12, 14, 3), a, "float32"), np.full((12, 14, 3), b, "float32")
    c1 = (0.01 * 2) ** 2  # flat: variances and covariance are 0, so the structure term is 1
    assert metrics.ssim(first, second) == pytest.approx((2 * a * b + c1) / (a**2 + b**2 + c1), abs=1e-4)


def test_ssim_is_weighted_as_in_the_paper(photos):
    first, second = photos[0].astype("float64"), photos[1].astype("float64")

    def mean(values):  # a window of 11 x 11: 3.5 standard deviations of 1.5 px
        return gaussian(values, 1.5, truncate=3.5, mode="reflect", channel_axis=-1)

    c1, c2 = (0.01 * 2) ** 2, (0.03 * 2) ** 2
    m1, m2 = mean(first), mean(second)
    v1, v2, v12 = mean(first**2) - m1**2, mean(second**2) - m2**2, mean(first * second) - m1 * m2
    ssim = (2 * m1 * m2 + c1) * (2 * v12 + c2) / ((m1**2 + m2**2 + c1) * (v1 + v2 + c2))
    assert metrics.ssim(photos[0], photos[1]) == pytest.approx(ssim[5:-5, 5:-5].mean(), abs=1e-4)


@few
@given(seeds, st.integers(11, 30), st.integers(11, 30))
def test_ssim_is_1_for_equal_pictures_symmetric_and_within_its_range(seed, height, width):
    first, second = noise(seed, 2, height, width, 3)
    assert metrics.ssim(first, first) == pytest.approx(1)
    assert -1 <= metrics.ssim(first, second) < 0.6
    assert metrics.ssim(first, second) == pytest.approx(metrics.ssim(second, first))


def test_ssim_falls_as_noise_grows(photos):
    scores = [metrics.ssim(photos[0], np.clip(photos[0] + s * noise(1, 64, 64, 3), -1, 1)) for s in (0.1, 0.3, 1)]
    assert scores == sorted(scores, reverse=True) and scores[0] > 0.8 > 0.4 > scores[-1]


def test_a_picture_smaller_than_the_window_is_refused():
    with pytest.raises(ImageError, match="the pictures have 20 x 10"):
        metrics.ssim(np.zeros((10, 20, 3)), np.zeros((10, 20, 3)))


@few
@given(st.floats(0.01, 1.0))
def test_psnr_of_an_even_shift_follows_from_its_formula(shift):
    dark = np.full((4, 5, 3), -0.9, "float32")
    assert metrics.psnr(dark, dark + np.float32(shift)) == pytest.approx(20 * np.log10(2 / shift), abs=1e-2)


@pytest.mark.filterwarnings("error")
def test_psnr_of_equal_pictures_is_infinite_and_warns_of_nothing():
    assert metrics.psnr(noise(1, 3, 3, 3), noise(1, 3, 3, 3)) == np.inf


@pytest.mark.parametrize("measure", [metrics.ssim, metrics.psnr])
def test_a_batch_gives_one_number_for_each_picture(measure):
    first, second = noise(1, 3, 12, 13, 3), noise(2, 3, 12, 13, 3)
    numbers = measure(first, second)
    assert numbers.shape == (3,)
    assert numbers == pytest.approx([measure(a, b) for a, b in zip(first, second, strict=True)])
    assert isinstance(measure(first[0], second[0]), float)


# --- as F sees them ---------------------------------------------------------------------------------------------------


@few
@given(seeds, st.floats(0, 1))
def test_content_distance_is_relative_to_the_photo(plain_extractor, seed, factor):
    photo = noise(seed, 6, 8, 3)
    assert metrics.content_distance(plain_extractor, factor * photo, photo) == pytest.approx(1 - factor, abs=1e-5)


def test_every_depth_counts_alike_in_the_content_distance(plain_extractor):
    photo = np.full((4, 4, 3), 0.5, "float32")
    checkered = photo + 0.5 * (np.indices((4, 4)).sum(0) % 2 * 2 - 1)[..., None].astype("float32")
    # all of each pixel is changed, none of the halved copy, whose values are three times as large
    assert metrics.content_distance(plain_extractor, checkered, photo) == pytest.approx(0.5, abs=1e-6)


def test_a_photo_in_which_f_sees_nothing_does_not_divide_by_zero(plain_extractor):
    black = np.zeros((4, 4, 3))
    assert metrics.content_distance(plain_extractor, black, black) == 0
    assert np.isfinite(metrics.content_distance(plain_extractor, black + 1, black))


def test_style_distance_follows_from_its_formula(plain_extractor):
    picture = np.zeros((4, 4, 3), "float32")
    painting = np.tile(np.repeat([[-0.4], [0.8]], 2, 0)[None], (4, 1, 3)).astype("float32")  # mean 0.2, deviation 0.6
    # at both depths (mean^2 + deviation^2) / deviation^2, the halved copy's columns being as wide as one of its pixels
    assert metrics.style_distance(plain_extractor, picture, painting) == pytest.approx((0.04 + 0.36) / 0.36, rel=0.01)


@few
@given(seeds)
def test_style_distance_does_not_ask_where_things_are(plain_extractor, seed):
    painting = noise(seed, 8, 8, 3)
    blocks = painting.reshape(4, 2, 4, 2, 3).transpose(0, 2, 1, 3, 4).reshape(16, 2, 2, 3)
    shuffled = np.random.default_rng(seed).permutation(blocks).reshape(4, 4, 2, 2, 3).transpose(0, 2, 1, 3, 4)
    assert metrics.style_distance(plain_extractor, shuffled.reshape(8, 8, 3), painting) == pytest.approx(0, abs=1e-9)


def test_a_painting_may_have_any_size_and_serve_all_pictures(extractor, photos):
    painting = images.fit(filters.render(domains.photos(96, "test")[0], "ink"), (96, 70))
    distances = metrics.style_distance(extractor, photos[:6], painting)
    assert distances.shape == (6,)
    assert distances == pytest.approx([metrics.style_distance(extractor, p, painting) for p in photos[:6]], rel=1e-3)
    assert metrics.style_distance(extractor, photos[:6], painting[None]) == pytest.approx(distances)


@pytest.mark.parametrize("measure", [metrics.content_distance, metrics.style_distance])
def test_many_pictures_are_measured_one_by_one(plain_extractor, measure):
    pictures, others = noise(1, 9, 8, 8, 3), noise(2, 9, 8, 8, 3)  # more than are in memory at a time
    numbers = measure(plain_extractor, pictures, others)
    singles = [measure(plain_extractor, a, b) for a, b in zip(pictures, others, strict=True)]
    assert numbers.shape == (9,) and numbers == pytest.approx(singles, rel=1e-5)
    assert isinstance(singles[0], float) and min(singles) > 0
    assert measure(plain_extractor, pictures[0], pictures[0]) == pytest.approx(0)


def test_more_blur_leaves_less_content(extractor, photos):
    blurred = np.stack([gaussian(photos[0], sigma, channel_axis=-1) for sigma in (0.5, 1, 2, 4)])
    distances = metrics.content_distance(extractor, blurred, photos[[0] * 4])
    assert (np.diff(distances) > 0).all() and 0.02 < distances[0] < distances[-1] < 1.5


def test_a_painting_is_nearest_in_style_to_one_by_the_same_filter(extractor, photos):
    painting = filters.render(photos[5], "woodcut")
    same, other = filters.render(photos[4], "woodcut"), filters.render(photos[4], "watercolour")
    distances = metrics.style_distance(extractor, np.stack([same, other, photos[4]]), painting)
    assert distances[0] < 0.6 * distances[1:].min()


def test_two_pictures_for_three_paintings_are_refused(plain_extractor):
    with pytest.raises(ImageError, match="Got 2 pictures and 3 paintings"):
        metrics.style_distance(plain_extractor, noise(1, 2, 8, 8, 3), noise(1, 3, 8, 8, 3))


# --- sets -------------------------------------------------------------------------------------------------------------


def kid_by_hand(a, b):
    """Binkowski et al. 2018, equation 4, sum by sum."""

    def kernel(x, y):
        return (np.dot(x, y) / len(x) + 1) ** 3

    n, m = len(a), len(b)
    within_a = sum(kernel(a[i], a[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    within_b = sum(kernel(b[i], b[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    return within_a + within_b - 2 * sum(kernel(x, y) for x in a for y in b) / (n * m)


@few
@given(seeds, st.integers(2, 6), st.integers(2, 6))
def test_kid_follows_from_its_formula(plain_extractor, seed, n, m):
    pictures, others = noise(seed, n, 4, 6, 3), noise(seed + 1, m, 8, 2, 3) / 2 + 0.5
    a, b = (3 * batch.mean(axis=(1, 2)).astype("float64") for batch in (pictures, others))
    expected = kid_by_hand(a, b)
    assert metrics.kid(plain_extractor, pictures, others) == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_kid_scatters_around_0_within_a_domain(plain_extractor):
    distances = [metrics.kid(plain_extractor, *np.split(noise(seed, 8, 2, 2, 3), 2)) for seed in range(60)]
    assert min(distances) < 0 < max(distances)
    assert abs(np.mean(distances)) < 3 * np.std(distances) / np.sqrt(60)


def test_kid_tells_photos_from_paintings(extractor, photos):
    photos, others = photos[:4], photos[4:]
    assert metrics.kid(extractor, photos, others) < metrics.kid(extractor, photos, filtered(others, "woodcut"))


@pytest.mark.parametrize("pictures", [np.zeros((4, 4, 3)), np.zeros((1, 4, 4, 3))])
def test_one_picture_is_no_set(plain_extractor, pictures):
    with pytest.raises(ImageError, match="at least 2 pictures"):
        metrics.kid(plain_extractor, noise(1, 2, 4, 4, 3), pictures)


# --- bad input --------------------------------------------------------------------------------------------------------


def measures(plain_extractor):
    yield metrics.ssim
    yield metrics.psnr
    for measure in (metrics.content_distance, metrics.style_distance, metrics.kid):
        yield lambda a, b, measure=measure: measure(plain_extractor, a, b)


@pytest.mark.parametrize(
    "wrong", [np.zeros((2, 16, 16)), np.full((2, 16, 16, 3), np.nan), np.full((2, 16, 16, 3), 7.0), "text"]
)
def test_arrays_that_are_no_pictures_are_refused_by_every_measure(plain_extractor, wrong):
    right = np.zeros((2, 16, 16, 3), "float32")
    for measure in measures(plain_extractor):
        for pair in ((wrong, right), (right, wrong)):
            with pytest.raises(ImageError):
                measure(*pair)


def test_unequal_shapes_are_refused_with_both_named(plain_extractor):
    for measure in list(measures(plain_extractor))[:3]:
        with pytest.raises(ImageError, match=r"\(2, 16, 16, 3\) and \(2, 16, 17, 3\)"):
            measure(np.zeros((2, 16, 16, 3)), np.zeros((2, 16, 17, 3)))


def test_the_trade_off_is_the_mean_of_both_distances():
    extractor = feature_extractor()
    pictures, photos, painting = noise(1, 2, 48, 48, 3), noise(2, 2, 48, 48, 3), noise(3, 64, 64, 3)
    content, style = metrics.trade_off(extractor, pictures, photos, painting)
    assert content == pytest.approx(metrics.content_distance(extractor, pictures, photos).mean())
    assert style == pytest.approx(metrics.style_distance(extractor, pictures, painting).mean())
    assert metrics.trade_off(extractor, photos, photos, painting)[0] == pytest.approx(0, abs=1e-5)


def test_the_style_table_has_a_row_for_each_painting():
    extractor = feature_extractor(depths=(0, 1))
    pictures = np.random.default_rng(5).uniform(-1, 1, (3, 32, 32, 3)).astype("float32")
    paintings = np.random.default_rng(6).uniform(-0.5, 1, (2, 48, 32, 3)).astype("float32")
    table = metrics.style_table(extractor, pictures, paintings)
    assert table.shape == (2, 3)
    for i, painting in enumerate(paintings):
        assert table[i] == pytest.approx(metrics.style_distance(extractor, pictures, painting), rel=1e-3)


# --- patch by patch, as two sets --------------------------------------------------------------------------------------


def smooth(seed, count=40, side=32):
    """Pictures with large shapes only."""
    pictures = gaussian(noise(seed, count, side, side, 3), (0, 5, 5, 0))
    return (0.9 * pictures / np.abs(pictures).max()).astype("float32")


def test_the_levels_of_the_pyramid_add_up_to_the_picture():
    pictures = noise(0, 3, 32, 32, 3)
    fine, middle, coarse = laplacian_pyramid(pictures, 8)
    assert [level.shape for level in (fine, middle, coarse)] == [(3, side, side, 3) for side in (32, 16, 8)]
    for i in range(3):
        back = middle[i] + pyramid_expand(coarse[i], channel_axis=-1)
        assert fine[i] + pyramid_expand(back, channel_axis=-1) == pytest.approx(pictures[i], abs=1e-4)


@pytest.mark.slow
def test_sliced_wasserstein_of_noise_and_flat_pictures_follows_from_theory():
    flat = np.tile([[[[0.3]]], [[[-0.3]]]], (20, 8, 8, 3)).astype("float32")
    # along a direction the noise is a normal X, the flat ones are + or - one |Y|, and then
    # E||X| - |Y|| = 2 (2 - sqrt 2) / sqrt pi
    wanted = 1000 * 2 * (2 - np.sqrt(2)) / np.sqrt(np.pi)
    found = metrics.sliced_wasserstein(noise(0, 400, 8, 8, 3), flat, directions=4000)
    assert found == {8: pytest.approx(wanted, rel=0.05)}


@few
@given(seeds)
def test_sliced_wasserstein_is_0_for_one_set_symmetric_and_decided_by_its_seed(seed):
    first, second = noise(seed, 12, 16, 16, 3), smooth(seed, 12, 16)
    few_patches = {"patches": 512, "directions": 16, "seed": seed}
    distance = metrics.sliced_wasserstein(first, second, **few_patches)
    assert metrics.sliced_wasserstein(first, first, **few_patches) == {16: 0}
    assert distance == metrics.sliced_wasserstein(first, second, **few_patches)
    assert (
        distance[16] == pytest.approx(metrics.sliced_wasserstein(second, first, **few_patches)[16]) and distance[16] > 0
    )
    assert distance != metrics.sliced_wasserstein(first, second, **{**few_patches, "seed": seed + 1})


def test_sliced_wasserstein_tells_at_which_level_sets_differ():
    first, second = smooth(1), smooth(2)
    same = metrics.sliced_wasserstein(first, second)
    grainy = metrics.sliced_wasserstein(first, np.clip(second + 0.03 * noise(3, *second.shape), -1, 1))
    assert list(same) == [32, 16] and list(metrics.sliced_wasserstein(first, second, coarsest=8)) == [32, 16, 8]
    assert grainy[32] > 3 * same[32] and grainy[16] < 1.2 * same[16]
    halves = second.copy()
    halves[:, :16] = -halves[:, :16]  # a seam, and no colours of their own above it
    assert metrics.sliced_wasserstein(first, halves, coarsest=8)[8] > same[16]


def test_sliced_wasserstein_takes_sets_of_unequal_size():
    assert (
        metrics.sliced_wasserstein(smooth(1), smooth(1)[:20])[32]
        < metrics.sliced_wasserstein(smooth(1), noise(0, 20, 32, 32, 3))[32]
    )


@pytest.mark.parametrize("shape", [(33, 33), (6, 6), (32, 16), (40, 40)])
def test_pictures_without_a_pyramid_are_refused(shape):
    pictures = np.zeros((2, *shape, 3), "float32")
    with pytest.raises(ImageError, match=f"{shape[1]} x {shape[0]} px: wanted squares"):
        metrics.sliced_wasserstein(pictures, pictures, coarsest=8)
    with pytest.raises(ImageError, match="wanted the same in both sets"):
        metrics.sliced_wasserstein(pictures, np.zeros((2, 64, 64, 3)))


# --- colours ----------------------------------------------------------------------------------------------------------


def test_the_palette_distance_of_plain_pictures_by_hand():
    black, white = np.full((32, 48, 3), -1.0, "float32"), np.full((20, 20, 3), 1.0, "float32")
    ways = np.random.default_rng(0).normal(size=(3, 64))
    along_light = np.abs(ways[0] / np.linalg.norm(ways, axis=0)).mean()
    assert metrics.palette_distance(black, white) == pytest.approx(100 * along_light, rel=1e-3)  # L from 0 to 100


@pytest.mark.slow
def test_the_palette_does_not_ask_where_a_colour_stands(photos):
    mixed = np.random.default_rng(0).permutation(photos[0].reshape(-1, 3)).reshape(photos[0].shape)
    assert metrics.palette_distance(mixed, photos[0]) == pytest.approx(0, abs=1e-6)
    far = metrics.palette_distance(photos, photos[0])
    assert far.shape == (len(photos),) and far[0] == 0 and (far[1:] > 2).all()
    with pytest.raises(ImageError, match="3 pictures and 2 paintings"):
        metrics.palette_distance(photos[:3], photos[:2])


def calm(side=128):
    """A photo that is smooth everywhere."""
    return np.tile(np.linspace(-0.3, 0.3, side, dtype="float32")[:, None, None], (1, side, 3))


def planted(rows, columns, colour):
    picture = calm()
    picture[rows, columns] = colour
    return picture


def test_a_planted_blot_is_found_with_its_size():
    photo = calm()
    assert metrics.blots(photo, photo) == 0
    blot = planted(slice(60, 68), slice(60, 70), (1.0, -0.9, -0.9))
    assert metrics.blots(blot, photo) == pytest.approx(80 / 128**2, rel=1e-6)
    both = metrics.blots(np.stack([photo, blot]), np.stack([photo, photo]))
    assert both[0] == 0 < both[1]


@pytest.mark.parametrize(
    "rows, columns, colour",
    [
        (slice(60, 61), slice(60, 64), (1.0, -0.9, -0.9)),  # grain
        (slice(0, 64), slice(0, 64), (1.0, -0.9, -0.9)),  # a shape
        (slice(60, 68), slice(60, 70), (0.15, 0.1, 0.1)),  # a stroke that does not stand out
    ],
)
def test_grain_shapes_and_quiet_strokes_are_no_blots(rows, columns, colour):
    assert metrics.blots(planted(rows, columns, colour), calm()) == 0


def test_what_the_photo_shows_is_no_blot():
    shown = planted(slice(60, 68), slice(60, 70), (1.0, -0.9, -0.9))
    assert metrics.blots(shown, shown) == 0
