"""Generators and discriminators: their parts do what their papers say, without borders, grids or overflow."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from stylekit.methods.painter import Painter
from stylekit.nn import growing, networks
from stylekit.nn.features import feature_extractor
from stylekit.nn.layers import AdaptiveInstanceNorm, StyledFilters, StyledNoise

few = settings(deadline=None, max_examples=10)
seeds = st.integers(0, 10_000)
BALANCED = np.ones((1, 3), "float32")


def noise(seed, *shape):
    return np.random.default_rng(seed).normal(0, 1, shape).astype("float32")


def photo(seed, *shape):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype("float32")


def shaken(network, seed=1):
    """The network with random weights everywhere, as training might have left them."""
    for i, variable in enumerate(network.trainable_variables):
        variable.assign(variable + 0.2 * noise(seed + i, *variable.shape))
    return network


@pytest.fixture(scope="module")
def painter_network():
    keras.utils.set_random_seed(1)
    return shaken(networks.painter_network(width=4, blocks=1, code=8))


@pytest.fixture
def half_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


# --- layers -----------------------------------------------------------------------------------------------------------


@few
@given(seeds, st.sampled_from([(3, 1), (5, 1), (3, 2)]))
def test_a_convolution_leaves_no_frame_around_a_flat_picture(seed, form):
    keras.utils.set_random_seed(seed)
    kernel, stride = form
    pictures = layers.Input((None, None, 3))
    network = keras.Model(pictures, networks.convolution(pictures, 4, kernel, stride))
    found = network(np.full((1, 8, 12, 3), 0.7, "float32")).numpy()
    assert found.shape == (1, 8 // stride, 12 // stride, 4)
    assert np.ptp(found, axis=(1, 2)).max() < 1e-5 < np.abs(found).max()


# --- style ------------------------------------------------------------------------------------------------------------


def test_style_statistics_are_the_moments_of_the_painting_and_of_its_maps():
    painting, maps = photo(1, 2, 8, 8, 3), [noise(2, 2, 4, 4, 5), noise(3, 2, 2, 2, 7)]
    found = networks.style_statistics(painting, maps).numpy()
    parts = [moment for x in (painting, *maps) for moment in (x.mean(axis=(1, 2)), x.std(axis=(1, 2)))]
    assert np.allclose(found, np.concatenate(parts, axis=1), atol=1e-3)


def test_the_style_encoder_looks_at_what_is_unusual_and_not_further_than_five_deviations():
    mean, deviation = noise(1, 10), np.abs(noise(2, 10))
    encoder = networks.style_encoder(mean, deviation, code=6)
    usual, far, farther = (mean + deviation * ([k] + 9 * [3 * (k > 0)]) for k in (0, 50, 500))
    codes = encoder(np.stack([usual, far, farther])).numpy()
    assert codes.shape == (3, 6)
    assert np.allclose(codes[1], codes[2], atol=1e-5) and np.abs(codes[0] - codes[1]).max() > 0.1


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ((1, 1, 1), (0, 0, 0)),
        ((1, 10, 100), (-1, 0, 1)),
        ((5, 50, 500), (-1, 0, 1)),
        ((0, 1, 1000), (-3, 0, 3)),  # 0 acts like 1/1000
        ((1e-9, 1, 1e9), (-3, 0, 3)),
    ],
)
def test_the_generator_sees_the_ratios_of_the_weights(weights, expected):
    assert np.allclose(networks.centred_log_weights(np.float32([weights])), [expected], atol=1e-5)


# --- generator --------------------------------------------------------------------------------------------------------


@few
@given(seeds, st.integers(2, 10), st.integers(2, 10))
def test_the_picture_has_the_photos_size_and_stays_in_range(painter_network, seed, height, width):
    picture = painter_network([photo(seed, 2, 4 * height, 4 * width, 3), noise(seed, 2, 8), BALANCED.repeat(2, 0)])
    assert picture.shape == (2, 4 * height, 4 * width, 3) and picture.dtype == tf.float32
    assert np.isfinite(picture).all() and np.abs(picture).max() <= 1


@few
@given(seeds, st.floats(-1, 1), st.floats(0.01, 100))
def test_a_flat_photo_gives_a_flat_picture_without_border_or_grid(painter_network, seed, grey, content):
    weights = np.float32([[1, content, 1]])
    picture = painter_network([np.full((1, 32, 48, 3), grey, "float32"), noise(seed, 1, 8), weights]).numpy()
    assert np.ptp(picture, axis=(1, 2)).max() < 1e-3
    spectrum = np.abs(np.fft.fft2(picture[0], axes=(0, 1)))
    spectrum[0, 0] = 0
    assert spectrum.max() < 0.1  # of 32 * 48 for a full swing


def test_enlarging_adds_no_grid_of_its_own():
    """The power at the frequencies of a grid of 2 or 4 px, against the frequencies beside them."""
    keras.utils.set_random_seed(3)
    network = networks.painter_network(width=8, blocks=1, code=8)
    photos = photo(1, 24, 64, 64, 3)
    power = 0
    for seed in range(4):
        for i, variable in enumerate(network.trainable_variables):
            variable.assign(variable + 0.03 * noise(seed + i, *variable.shape))
        weights = np.float32([[1, 0.01, 1]]).repeat(24, 0)  # the gates shut: all that comes is enlarged
        pictures = network([photos, noise(seed, 24, 8), weights]).numpy()
        power = power + (np.abs(np.fft.fft2(pictures - pictures.mean(axis=(1, 2), keepdims=True), axes=(1, 2))) ** 2)
    power = power.sum(axis=(0, 3))
    for across in (0, 16, 32):
        for down in (0, 16, 32):
            if across or down:
                around = np.roll(power, (3 - down, 3 - across), axis=(0, 1))[:7, :7]
                beside = np.delete(around.ravel(), 24)
                assert around[3, 3] < 3 * beside.mean()


def test_style_and_weights_reach_the_picture(painter_network):
    picture, code = photo(1, 1, 32, 32, 3), noise(1, 1, 8)
    usual = painter_network([picture, code, BALANCED]).numpy()
    for other in ([picture, -code, BALANCED], *([picture, code, BALANCED + 9 * np.eye(3)[i]] for i in range(3))):
        assert np.abs(painter_network(other).numpy() - usual).mean() > 0.01
    assert np.allclose(painter_network([picture, code, 7 * BALANCED]), usual, atol=1e-4)


@pytest.mark.parametrize("batch", [2, 3, 4, 8])  # 3, 4 and 8 are also numbers of channels: of the picture, of layers
@pytest.mark.parametrize("strokes", [False, True])
def test_a_picture_is_painted_as_if_it_were_alone(batch, strokes):
    network = networks.painter_network(width=4, blocks=2, code=8, strokes=strokes)
    network = shaken(network) if strokes else network
    draw = np.random.default_rng(batch)
    photos = draw.uniform(-1, 1, (batch, 16, 16, 3)).astype("float32")
    codes, weights = draw.normal(size=(batch, 8)).astype("float32"), 10 ** draw.uniform(-2, 2, (batch, 3))
    weights = weights.astype("float32")
    together = network([photos, codes, weights])
    for i in range(batch):
        alone = network([photos[i : i + 1], codes[i : i + 1], weights[i : i + 1]])
        assert np.abs(together[i] - alone[0]).max() < 1e-4


def test_the_gates_let_the_photo_back_before_anything_is_learned():
    keras.utils.set_random_seed(1)
    network = networks.painter_network(width=4, blocks=1, code=8)
    picture, code = photo(1, 1, 32, 32, 3), noise(1, 1, 8)
    near, far = (network([picture, code, np.float32([[0.01, w, 0.01]])]).numpy() for w in (100, 1e-4))
    likeness = [np.corrcoef(found.ravel(), picture.ravel())[0, 1] for found in (near, far)]
    assert likeness[0] > abs(likeness[1]) + 0.3


def test_every_variable_of_the_generator_has_a_gradient(painter_network):
    with tf.GradientTape() as tape:
        picture = painter_network([photo(1, 2, 16, 16, 3), noise(1, 2, 8), np.float32([[1, 1, 1], [1, 9, 0.1]])])
        loss = tf.reduce_mean(tf.square(picture - 0.3))
    gradients = tape.gradient(loss, painter_network.trainable_variables)
    assert all(gradient is not None and np.isfinite(gradient).all() for gradient in gradients)
    assert np.mean([np.abs(gradient).max() > 0 for gradient in gradients]) > 0.9  # norms cancel some biases


def test_the_painters_generator_has_one_to_one_and_a_half_million_parameters():
    extractor = feature_extractor()
    statistics = 2 * (3 + sum(maps.shape[-1] for maps in extractor.outputs))
    painter = Painter(feature_extractor=extractor, typical=np.ones((2, statistics)))
    assert 1.0e6 < sum(int(np.prod(v.shape)) for v in painter.generator_variables) < 1.5e6


# --- layers for strokes -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def strokes_network():
    return shaken(networks.painter_network(width=4, blocks=2, code=8, strokes=True))


def test_layers_for_strokes_start_without_effect():
    plain, strokes = (networks.painter_network(width=4, blocks=2, code=8, strokes=wanted) for wanted in (False, True))
    added = (StyledNoise, StyledFilters)
    extra = {id(v) for layer in strokes.layers if isinstance(layer, added) for v in layer.variables}
    kept = [variable for variable in strokes.variables if id(variable) not in extra]
    for mine, other in zip(kept, plain.variables, strict=True):
        mine.assign(other)
    arguments = [photo(1, 2, 16, 24, 3), noise(1, 2, 8), BALANCED.repeat(2, 0)]
    assert extra and np.array_equal(strokes(arguments), plain(arguments))


def test_a_flat_photo_gets_strokes_and_the_same_ones_each_time(strokes_network):
    arguments = [np.zeros((1, 32, 48, 3), "float32"), noise(1, 1, 8), BALANCED]
    picture = strokes_network(arguments).numpy()
    assert picture.std(axis=(1, 2)).min() > 1e-3
    assert np.array_equal(strokes_network(arguments), picture)


@pytest.mark.parametrize("strokes", [False, True])
def test_half_precision_gives_the_same_picture(half_precision, strokes):
    half = networks.painter_network(width=4, blocks=1, code=8, strokes=strokes)
    keras.config.set_dtype_policy("float32")
    full = networks.painter_network(width=4, blocks=1, code=8, strokes=strokes)
    full.set_weights(half.get_weights())
    arguments = [photo(1, 1, 32, 32, 3), noise(1, 1, 8), BALANCED]
    maps = [layer.output for layer in half.layers if isinstance(layer, (layers.Conv2D, AdaptiveInstanceNorm))]
    assert len(maps) > 10
    assert {made.dtype for made in keras.Model(half.inputs, maps)(arguments)} == {tf.bfloat16}  # what they really give
    picture = half(arguments)
    assert picture.dtype == tf.float32
    assert 0 < np.abs(picture - full(arguments)).mean() < 0.03


# --- discriminator ----------------------------------------------------------------------------------------------------


def test_the_discriminator_judges_every_patch():
    discriminator = networks.patch_discriminator(width=4)
    assert discriminator(photo(1, 2, 64, 96, 3)).shape == (2, 8, 12, 1)
    assert networks.patch_discriminator(width=4, halvings=1)(photo(1, 2, 64, 96, 3)).shape == (2, 32, 48, 1)


def test_a_condition_changes_the_verdict_of_its_own_picture_alone():
    discriminator = networks.patch_discriminator(width=4, condition=8)
    pictures, codes = photo(1, 2, 32, 32, 3), noise(1, 2, 8)
    other = np.stack([codes[0], -codes[1]])
    one, two = discriminator([pictures, codes]).numpy(), discriminator([pictures, other]).numpy()
    assert np.allclose(one[0], two[0], atol=1e-6) and np.abs(one[1] - two[1]).max() > 1e-4


def test_spectral_normalisation_brings_every_slope_to_1():
    discriminator = networks.patch_discriminator(width=8, condition=8)
    wrapped = [layer for layer in discriminator.layers if isinstance(layer, layers.SpectralNormalization)]
    assert len(wrapped) == 6
    for layer in wrapped:
        layer.layer.kernel.assign(10 * layer.layer.kernel)
    for _ in range(30):
        discriminator([photo(1, 1, 16, 16, 3), noise(1, 1, 8)], training=True)
    for layer in wrapped:
        kernel = layer.layer.kernel.numpy()
        assert np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)[0] == pytest.approx(1, abs=0.05)


# --- receptive field --------------------------------------------------------------------------------------------------


def measured_field(network, size=128):
    """Pixels across that change the value in the middle of the output."""
    pictures = tf.Variable(photo(1, 1, size, size, 3))
    with tf.GradientTape() as tape:
        output = network(pictures)
        middle = output[0, output.shape[1] // 2, output.shape[2] // 2, 0]
    seen = np.abs(tape.gradient(middle, pictures)).max(axis=(0, 1, 3)) > 0
    return np.flatnonzero(seen)[-1] - np.flatnonzero(seen)[0] + 1


@pytest.mark.parametrize("halvings", [1, 2, 3])
def test_the_receptive_field_is_the_one_that_the_gradient_shows(halvings):
    discriminator = networks.patch_discriminator(width=4, halvings=halvings)
    assert networks.receptive_field(discriminator) == measured_field(discriminator)


def test_the_receptive_field_of_a_small_network_follows_by_hand():
    pictures = layers.Input((None, None, 3))
    x = networks.convolution(pictures, 4, 5)  # sees 5
    x = networks.convolution(x, 4, 3, stride=2)  # 5 + 2 = 7, then 2 px a step
    network = keras.Model(pictures, networks.convolution(x, 4, 3))  # 7 + 2 * 2 = 11
    assert networks.receptive_field(network) == measured_field(network) == 11


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "shapes"),
    [
        (lambda: networks.painter_network(4, 1, 8, strokes=True), [(1, 16, 16, 3), (1, 8), (1, 3)]),
        (lambda: networks.patch_discriminator(4, condition=8), [(1, 16, 16, 3), (1, 8)]),
        (lambda: networks.style_encoder(np.zeros(5), np.ones(5)), [(1, 5)]),
        (lambda: growing.growing_generators(8, 4)[-1], [(1, 4), ()]),
        (lambda: growing.growing_discriminators(8, 4)[-1], [(2, 8, 8, 3), ()]),
    ],
)
def test_a_network_comes_back_from_a_file_of_keras(tmp_path, build, shapes):
    network = shaken(build())
    network.save(tmp_path / "network.keras")
    again = keras.models.load_model(tmp_path / "network.keras")
    arguments = [np.abs(photo(i, *shape)) for i, shape in enumerate(shapes)]
    arguments = arguments if len(shapes) > 1 else arguments[0]
    assert np.array_equal(again(arguments), network(arguments))


# --- counting ---------------------------------------------------------------------------------------------------------


def test_flops_are_two_for_each_weight_and_position():
    inputs = keras.layers.Input((None, None, 3))
    network = keras.Model(inputs, keras.layers.Conv2D(8, 5, padding="same", use_bias=False)(inputs))
    assert networks.flops(network, (1, 16, 12, 3)) == 2 * 5 * 5 * 3 * 8 * 16 * 12
    assert networks.flops(network, (2, 16, 12, 3)) == 2 * networks.flops(network, (1, 16, 12, 3))


def test_flops_of_several_inputs():
    one, other = keras.layers.Input((4,)), keras.layers.Input((6,))
    dense = keras.layers.Dense(3, use_bias=False)
    network = keras.Model([one, other], [dense(one), keras.layers.Dense(5, use_bias=False)(other)])
    assert networks.flops(network, (1, 4), (1, 6)) == 2 * (4 * 3 + 6 * 5)
