"""Layers: each does what its paper says, worked out by hand or by another implementation, and can be stored."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers
from scipy import ndimage

from stylekit.nn.layers import (
    AdaptiveInstanceNorm,
    BatchNorm,
    EqualisedConvolution,
    ReflectionPadding,
    SeededDropout,
    SpectralNormalization,
    StyledFilters,
    StyledNoise,
)

few = settings(deadline=None, max_examples=10)
seeds = st.integers(0, 10_000)


def noise(seed, *shape):
    return np.random.default_rng(seed).normal(0, 1, shape).astype("float32")


def photo(seed, *shape):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype("float32")


# --- of the painter ---------------------------------------------------------------------------------------------------


@few
@given(seeds, st.integers(0, 3), st.integers(4, 9), st.integers(4, 9))
def test_reflection_padding_mirrors_the_borders(seed, margin, height, width):
    x = noise(seed, 2, height, width, 3)
    found = ReflectionPadding(margin)(x)
    assert np.array_equal(found, np.pad(x, [(0, 0), (margin, margin), (margin, margin), (0, 0)], mode="reflect"))


def test_reflection_padding_tells_its_size_and_can_be_stored():
    layer = ReflectionPadding(2)
    assert layer.compute_output_shape((None, 5, None, 3)) == (None, 9, None, 3)
    assert keras.layers.deserialize(keras.layers.serialize(layer)).margin == 2


@few
@given(seeds, st.floats(0.1, 50), st.floats(-20, 20))
def test_adain_gives_each_channel_the_mean_and_deviation_that_the_style_asks_for(seed, spread, shift):
    layer = AdaptiveInstanceNorm()
    x, style = noise(seed, 2, 8, 9, 5) * spread + shift, noise(seed + 1, 2, 7)
    layer([x, style])
    layer.affine.set_weights([noise(seed + 2, 7, 10), noise(seed + 3, 10)])
    found = layer([x, style]).numpy()
    deviation, mean = np.split(style @ layer.affine.kernel.numpy() + layer.affine.bias.numpy(), 2, axis=1)
    assert np.allclose(found.mean(axis=(1, 2)), mean, atol=1e-3)
    assert np.allclose(found.std(axis=(1, 2)), np.abs(1 + deviation), rtol=1e-2, atol=1e-3)


def test_adain_starts_as_plain_instance_norm_and_takes_a_flat_channel():
    keras.utils.set_random_seed(1)
    layer, style = AdaptiveInstanceNorm(), noise(1, 1, 64)
    found = layer([5 + 3 * noise(2, 1, 8, 8, 4), style]).numpy()
    assert np.abs(found.mean(axis=(1, 2))).max() < 0.6 and np.abs(found.std(axis=(1, 2)) - 1).max() < 0.6
    flat = layer([np.full((1, 8, 8, 4), 3.0, "float32"), style]).numpy()
    assert np.isfinite(flat).all() and np.ptp(flat, axis=(1, 2)).max() == 0


@few
@given(seeds, st.integers(1, 4), st.integers(3, 9), st.integers(3, 9), st.sampled_from([3, 5]))
def test_filters_are_those_of_each_pictures_style(seed, batch, height, width, size):
    layer, x, style = StyledFilters(size), noise(seed, batch, height, width, 2), noise(seed + 1, batch, 3)
    layer.build([x.shape, style.shape])
    for i, variable in enumerate(layer.trainable_variables):
        variable.assign(noise(seed + i, *variable.shape))
    filters = (style @ layer.filters.kernel.numpy() + layer.filters.bias.numpy()).reshape(batch, size, size, 2)
    found = layer([x, style]).numpy()
    for picture, drawn, filters_of_it in zip(x, found, filters, strict=True):
        for channel in range(2):
            filtered = ndimage.correlate(picture[..., channel], filters_of_it[..., channel], mode="mirror")
            assert np.allclose(drawn[..., channel], picture[..., channel] + filtered, atol=1e-3)


@pytest.mark.parametrize("layer, setting", [(StyledNoise(3), "seed"), (StyledFilters(3), "size")])
def test_layers_for_strokes_come_back_from_their_settings(layer, setting):
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config() and getattr(again, setting) == 3
    assert again.compute_output_shape([(1, 2, 3, 4), (1, 5)]) == (1, 2, 3, 4)


def test_spectral_normalisation_does_what_keras_own_does_bit_for_bit():
    found = []
    for kind in (SpectralNormalization, layers.SpectralNormalization):
        keras.utils.set_random_seed(3)
        layer = kind(layers.Conv2D(4, 3))
        for seed in range(3):
            with tf.GradientTape() as tape:
                made = layer(photo(seed, 2, 8, 8, 3), training=True)
            gradients = tape.gradient(made, layer.trainable_variables)
            layer.layer.kernel.assign(layer.layer.kernel + 0.1)  # as an optimiser would
        found.append([made, *gradients, *layer.variables])
    assert all(np.array_equal(own, keras_own) for own, keras_own in zip(*found, strict=True))


# --- of other methods -------------------------------------------------------------------------------------------------


def test_the_equalised_scale_is_hes():
    layer = EqualisedConvolution(4, 3)
    x = noise(0, 2, 5, 5, 6)
    layer(x)
    assert layer.scale == pytest.approx(math.sqrt(2 / (3 * 3 * 6)))
    layer.kernel.assign(np.ones((3, 3, 6, 4)))
    layer.bias.assign([0.0, 1.0, 2.0, 3.0])
    middle = x[:, 1:4, 1:4].sum(axis=(1, 2, 3)) * math.sqrt(2 / 54)  # the window around place (2, 2)
    assert np.array(layer(x))[:, 2, 2] == pytest.approx(middle[:, None] + np.arange(4), abs=1e-4)


def test_equalised_layers_begin_with_deviation_1_and_keep_the_size_of_what_they_pass_on():
    layer = EqualisedConvolution(256, 3, gain=1)
    passed = np.array(layer(noise(0, 4, 8, 8, 64)))
    assert np.std(layer.kernel) == pytest.approx(1, abs=0.02)
    assert passed[:, 1:-1, 1:-1].std() == pytest.approx(1, abs=0.1)


def test_batch_norm_is_that_of_keras_in_training():
    x = 3 + 2 * tf.random.stateless_normal((3, 5, 4, 6), (0, 1))
    ours, kerass = BatchNorm(), layers.BatchNormalization(epsilon=1e-5)
    ours.build(x.shape)
    ours.scale.assign(np.ones(6))
    assert np.asarray(ours(x)) == pytest.approx(np.asarray(kerass(x, training=True)), abs=1e-4)


def test_dropout_drops_half_and_doubles_the_rest():
    x = tf.ones((1, 40, 40, 4))
    one, other = SeededDropout(0), SeededDropout(1)
    z = tf.constant([5, 0], tf.int64)
    dropped = one([x, z]).numpy()
    assert set(np.unique(dropped)) == {0, 2} and 0.45 < (dropped == 0).mean() < 0.55
    assert np.array_equal(dropped, one([x, z]))
    assert not np.array_equal(dropped, other([x, z]))
    assert not np.array_equal(dropped, one([x, tf.constant([6, 0], tf.int64)]))
