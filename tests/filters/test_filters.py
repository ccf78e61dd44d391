"""Each filter on any picture; and, by its pixels, that the mark of each one is there to see."""

import itertools
import warnings
from pathlib import Path

import numpy as np
import pytest
import skimage
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage import color

from stylekit import images
from stylekit.errors import ImageError, SettingError, StylekitError
from stylekit.filters import FILTERS, PALETTES, palettes, render

FOLDER = Path(skimage.__file__).parent / "data"
NAMES = ("astronaut.png", "chelsea.png", "coffee.png")


@pytest.fixture(scope="module")
def photos():
    return [images.fit(images.read(FOLDER / name), 96) for name in NAMES]


@pytest.fixture(scope="module")
def paintings(photos):
    return {name: [render(photo, name, seed=1) for photo in photos] for name in FILTERS}


def grey(picture):
    """Luminance in [0, 1]."""
    return color.rgb2gray(picture / 2 + 0.5)


def random_picture(height, width, seed):
    return np.random.default_rng(seed).uniform(-1, 1, (height, width, 3)).astype("float32")


@pytest.mark.slow
@pytest.mark.parametrize("name", FILTERS)
@settings(deadline=None, max_examples=6)
@given(height=st.integers(16, 90), width=st.integers(16, 90), seed=st.integers(0, 2**32), flat=st.booleans())
def test_any_size_gives_a_picture_of_that_size(name, height, width, seed, flat):
    picture = random_picture(height, width, seed % 1000)
    if flat:
        picture = np.broadcast_to(picture[0, 0], picture.shape)
    before = picture.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        painted = FILTERS[name](picture, seed)
    assert painted.shape == picture.shape and painted.dtype == np.float32
    assert np.isfinite(painted).all() and np.abs(painted).max() <= 1
    np.testing.assert_array_equal(picture, before)
    np.testing.assert_array_equal(painted, FILTERS[name](picture, seed))


@pytest.mark.parametrize("shape", [(16, 200), (200, 16), (127, 129), (16, 16)])
@pytest.mark.parametrize("name", FILTERS)
def test_narrow_odd_and_smallest_sizes(name, shape):
    painted = render(random_picture(*shape, 0), name)
    assert painted.shape == (*shape, 3) and np.isfinite(painted).all()


@pytest.mark.parametrize("value", [-1.0, 0.0, 1.0])
@pytest.mark.parametrize("name", FILTERS)
def test_black_grey_and_white_keep_their_order(name, value):
    """A flat picture is painted about as light as it is: ink and woodcut have three tones to do it with."""
    picture = np.full((48, 48, 3), value, "float32")
    painted = render(picture, name, seed=3)
    assert abs(painted.mean() - value) < 0.75


@pytest.mark.parametrize("name", FILTERS)
def test_another_seed_is_another_painting_of_the_same_scene(name, photos):
    first, second = (render(photos[0], name, seed=seed) for seed in (0, 1))
    difference = np.abs(first - second).mean()
    assert 0.003 < difference < 0.45
    assert np.abs(first - photos[0]).mean() < 1.0


@pytest.mark.parametrize("name", FILTERS)
def test_the_scene_can_still_be_recognised(name, photos, paintings):
    """Seen from afar (8 x 8), the lightness of a painting goes with its own photo's more than with another photo's."""

    def afar(picture):
        return images.fit(picture, 8).mean(-1).ravel()

    match = np.array([[np.corrcoef(afar(p), afar(q))[0, 1] for q in paintings[name]] for p in photos])
    assert (match.argmax(1) == np.arange(len(photos))).all() and np.diag(match).min() > 0.55


def test_every_two_filters_differ_and_change_the_photo(photos, paintings):
    everything = {"photo": photos, **paintings}
    for one, other in itertools.combinations(everything, 2):
        difference = np.mean([np.abs(a - b).mean() for a, b in zip(everything[one], everything[other], strict=True)])
        assert difference > 0.1, f"{one} and {other} differ by only {difference:.3f}"


@pytest.mark.slow
@pytest.mark.parametrize("name", FILTERS)
def test_small_and_large_pictures_are_painted_alike(name):
    """The painting of a picture of three times the size, made smaller, has marks as large and as strong."""
    photo = images.read(FOLDER / "coffee.png")
    small, large = (grey(images.fit(render(images.fit(photo, size), name), 96)) for size in (96, 288))
    assert abs(small.mean() - large.mean()) < 0.06
    marks = [(light - ndimage.gaussian_filter(light, 3)).std() for light in (small, large)]
    assert 0.75 < marks[0] / marks[1] < 1.33


@pytest.mark.parametrize("name", ["pointillist", "watercolour", "ink", "woodcut", "stained_glass"])
def test_marks_grow_with_the_picture(name):
    """In a picture three times as large, a step of one px meets fewer edges of marks; marks of a fixed size would not
    change that.
    """

    def edges(size):
        disc = np.hypot(*(np.mgrid[:size, :size] - size / 2)) < size / 4
        picture = np.where(disc, 0.6, -0.1)[..., None] * np.ones(3)
        return np.abs(np.diff(grey(render(picture, name)), axis=0)).mean()

    assert edges(96) > 1.6 * edges(288)


def test_brush_follows_the_stripes():
    """Strokes run along a striped picture, not across it: light changes more across than along."""
    stripes = np.sin(np.arange(96) / 5)[:, None, None] * np.ones((96, 96, 3), "float32") * 0.5
    for name in ("brush", "oil", "woodcut"):
        light = grey(render(stripes.astype("float32"), name))
        across, along = (np.abs(np.diff(light, axis=axis)).mean() for axis in (0, 1))
        assert across > 1.8 * along, name


def test_oil_is_warm_and_dark(paintings):
    """Old varnish: from neutral grey, oil makes a warm tone."""
    painted = render(np.zeros((64, 64, 3), "float32"), "oil")
    red, green, blue = painted.mean((0, 1))
    assert red > green > blue and red - blue > 0.1


def test_pointillist_divides_grey_into_many_colours_that_average_to_it():
    painted = render(np.zeros((96, 96, 3), "float32"), "pointillist")
    assert color.rgb2lab(painted / 2 + 0.5)[..., 1:].std((0, 1)).min() > 6  # many hues
    assert np.abs(painted.mean((0, 1))).max() < 0.1


def test_watercolour_is_pale_and_leaves_paper(paintings, photos):
    for painted, photo in zip(paintings["watercolour"], photos, strict=True):
        assert np.percentile(grey(painted), 1) > np.percentile(grey(photo), 1)
    white = render(np.ones((64, 64, 3), "float32"), "watercolour")
    assert grey(white).mean() > 0.9 and grey(white).std() > 0.005  # the paper, with its tooth


def test_ink_is_black_on_paper_with_one_wash(paintings):
    """Nearly every pixel is ink, wash or paper; few lie between them."""
    for painted in paintings["ink"]:
        light = grey(painted)
        assert (light < 0.15).mean() > 0.05 and (light > 0.8).mean() > 0.1
        assert ((light > 0.15) & (light < 0.45)).mean() < 0.12
        assert color.rgb2hsv(painted / 2 + 0.5)[..., 1][light > 0.8].mean() < 0.2  # no colour of the photo is left


def test_woodcut_prints_two_blocks_on_paper(paintings):
    inks = np.float32([(0.11, 0.09, 0.1), (0.865, 0.53, 0.31), (0.95, 0.88, 0.72)])
    for painted in paintings["woodcut"]:
        distance = np.linalg.norm((painted / 2 + 0.5)[..., None, :] - inks, axis=-1)
        assert (distance.min(-1) < 0.12).mean() > 0.7
        assert ((distance < 0.12).mean((0, 1)) > 0.05).all()


def test_cartoon_has_few_tones_and_dark_lines(photos, paintings):
    """The seven fullest of 64 lightness bins hold far more of a cartoon than of its photo."""

    def full(picture):
        counts = np.sort(np.histogram(grey(picture), 64, (0, 1))[0])
        return counts[-7:].sum() / counts.sum()

    share = [(full(painted), full(photo)) for painted, photo in zip(paintings["cartoon"], photos, strict=True)]
    assert all(painted > 1.25 * photo for painted, photo in share)
    disc = np.hypot(*(np.mgrid[:96, :96] - 48)) < 25
    painted = grey(render((np.where(disc, 0.6, -0.1)[..., None] * np.ones(3)).astype("float32"), "cartoon"))
    assert painted.min() < 0.15 < painted[48, 48] and 0.15 < painted[5, 5]  # a line where the disc ends, none within


def test_stained_glass_has_dark_lead_round_clear_glass(photos):
    light = grey(render(np.zeros((96, 96, 3), "float32"), "stained_glass"))
    lead = light < 0.15
    assert 0.08 < lead.mean() < 0.45 and np.median(light) > 0.3
    assert lead.any(0).mean() > 0.9 and lead.any(1).mean() > 0.9  # the lines go through the whole window


@pytest.mark.parametrize("palette", PALETTES)
def test_a_palette_brings_the_picture_nearer_to_its_colours(palette, photos):
    wanted = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in PALETTES[palette]])
    wanted = color.rgb2lab(wanted[None])[0]

    def far(picture):
        lab = color.rgb2lab(picture / 2 + 0.5)
        return np.linalg.norm(lab[..., None, 1:] - wanted[:, 1:], axis=-1).min(-1).mean()

    recoloured = [2 * palettes.recolour(photo / 2 + 0.5, palette) - 1 for photo in photos]
    assert np.mean([far(picture) for picture in recoloured]) < 0.85 * np.mean([far(photo) for photo in photos])


def test_the_match_gives_the_mean_and_covariance_of_the_palette():
    """Where no direction has to be stretched far, the linear map is exact (up to the ridge of 1)."""
    rng = np.random.default_rng(0)
    values, palette = rng.normal(40, 20, (5000, 3)), rng.normal(60, 15, (6, 3))
    moved = palettes._match(values, palette)
    np.testing.assert_allclose(moved.mean(0), palette.mean(0), atol=1e-6)
    np.testing.assert_allclose(np.cov(moved.T), np.cov(palette.T), atol=5)


@pytest.mark.parametrize("name", FILTERS)
def test_palettes_differ_for_every_filter(name, photos):
    first, second = (render(photos[2], name, 0, palette) for palette in ("sea", "autumn"))
    assert np.abs(first - second).mean() > 0.08
    np.testing.assert_array_equal(first, render(photos[2], name, 0, "sea"))


@pytest.mark.parametrize("palette", PALETTES)
def test_a_palette_makes_no_noise_of_an_almost_flat_picture(palette):
    picture = 0.6 + 0.01 * random_picture(32, 32, 0) / 2
    assert palettes.recolour(picture, palette).std((0, 1)).max() < 9 * picture.std()


@pytest.mark.parametrize(
    "picture",
    [
        None,
        "photo.jpg",
        np.zeros((32, 32)),
        np.zeros((32, 32, 4)),
        np.zeros((15, 40, 3)),
        np.zeros((1, 1, 3)),
        np.zeros((2, 32, 32, 3)),
        np.full((32, 32, 3), np.nan),
        np.full((32, 32, 3), 255.0),
        np.zeros((32, 32, 3), "uint8"),
    ],
)
@pytest.mark.parametrize("palette", [None, "sea"])
def test_a_wrong_picture_is_one_sentence(picture, palette):
    with pytest.raises(ImageError) as caught:
        render(picture, "ink", palette=palette)
    assert isinstance(caught.value, StylekitError) and "wanted" in str(caught.value) or "scale" in str(caught.value)


def test_an_unknown_name_names_the_known_ones():
    picture = np.zeros((32, 32, 3), "float32")
    for arguments, known in (({"name": "rembrandt"}, FILTERS), ({"palette": "mud"}, PALETTES)):
        with pytest.raises(SettingError) as caught:
            render(picture, **arguments)
        assert all(name in str(caught.value) for name in known)
    for arguments in ({"name": ["ink"]}, {"palette": ["sea"]}):
        with pytest.raises(SettingError):
            render(picture, **arguments)


@pytest.mark.parametrize("seed", [-1, 1.5, "one", None])
def test_a_seed_that_cannot_be_repeated_is_refused(seed):
    with pytest.raises(SettingError, match="seed"):
        render(np.zeros((32, 32, 3), "float32"), "ink", seed=seed)
