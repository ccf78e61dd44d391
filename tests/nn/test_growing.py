"""The growing networks: the paper's table of layers, and their parts worked out by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from stylekit.nn import growing
from stylekit.nn.layers import EqualisedConvolution

few = settings(deadline=None, max_examples=10)


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


# --- the paper's networks ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def papers():
    return growing.growing_generators(), growing.growing_discriminators()


def kernels(models):
    """(kernel side, channels in, channels out) of each convolution, the last stage's too."""
    layers = {id(layer): layer for layer in models[-1]._flatten_layers() if isinstance(layer, EqualisedConvolution)}
    return [tuple(np.array(layer.kernel.shape)[[0, 2, 3]]) for layer in layers.values()]


def test_the_channels_are_the_papers():
    sides = growing.sides_until(1024)
    assert sides == [4, 8, 16, 32, 64, 128, 256, 512, 1024]
    assert [growing.channels(side) for side in sides] == [512, 512, 512, 512, 256, 128, 64, 32, 16]
    assert [growing.channels(side, 64, widest=8) for side in sides[:4]] == [64, 64, 32, 16]


def test_the_layers_are_those_of_table_2(papers):
    generators, discriminators = papers
    steps = [(512, 512)] * 3 + [(512, 256), (256, 128), (128, 64), (64, 32), (32, 16)]  # from 4 to 8 px, to 16 ...
    up = [(4, 512, 512), (3, 512, 512)] + [layer for a, b in steps for layer in ((3, a, b), (3, b, b))]
    down = [layer for a, b in steps for layer in ((3, b, b), (3, b, a))] + [(3, 513, 512), (4, 512, 512), (1, 512, 1)]
    # the last stage fades in: it looks and draws at 1024 px with 16 channels, and at 512 px with 32
    assert sorted(kernels(generators)) == sorted([*up, (1, 16, 3), (1, 32, 3)])
    assert sorted(kernels(discriminators)) == sorted([*down, (1, 3, 16), (1, 3, 32)])
    assert [model.output_shape[1] for model in generators] == growing.sides_until(1024)
    assert [model.input_shape[0][1] for model in discriminators] == growing.sides_until(1024)


def test_each_network_has_23_1_million_parameters(papers):
    generator, discriminator = (stages[-1].count_params() for stages in papers)
    assert round(generator / 1e6, 1) == round(discriminator / 1e6, 1) == 23.1
    # rows of Table 2, as the paper rounds them: 4x4 px, then pairs of layers at 8, 16, 32, 64 ... px, then the picture
    conv = lambda size, a, b: size**2 * a * b + b  # noqa: E731
    rows = [conv(4, 512, 512), conv(3, 512, 512), *[conv(3, 512, 512)] * 6, conv(3, 512, 256), conv(3, 256, 256)]
    assert [round(row / 1e5) / 10 for row in rows] == [4.2, 2.4, *[2.4] * 6, 1.2, 0.6]
    rows += [conv(3, a, b) for a, b in ((256, 128), (128, 128), (128, 64), (64, 64), (64, 32), (32, 32), (32, 16))]
    rows += [conv(3, 16, 16), conv(1, 16, 3)]
    assert generator == sum(rows) + conv(1, 32, 3)  # of the fade


def test_stages_share_their_layers():
    generators, discriminators = growing.growing_generators(16, 8), growing.growing_discriminators(16, 8)
    for stages, new in ((generators, (584 * 2, 27)), (discriminators, (584 * 2, 32))):
        ids = [{id(weight) for weight in model.trainable_variables} for model in stages]
        for stage in (1, 2):
            added = [w for w in stages[stage].trainable_variables if id(w) not in ids[stage - 1]]
            assert sum(math.prod(w.shape) for w in added) == sum(new)  # two convolutions 8 -> 8, and to or from colours


# --- the parts --------------------------------------------------------------------------------------------------------


@few
@given(st.integers(1, 4), st.integers(1, 9), st.floats(0.01, 100))
def test_pixel_norm_leaves_the_mean_square_1_at_every_pixel(batch, count, size):
    x = size * (0.5 + np.abs(draw(1, batch, 3, 2, count)))
    normed = np.array(growing.pixel_norm(x))
    assert normed.shape == x.shape
    assert np.square(normed).mean(axis=-1) == pytest.approx(np.ones((batch, 3, 2)), rel=1e-3)
    assert normed[..., :1] / x[..., :1] == pytest.approx(normed[..., -1:] / x[..., -1:], rel=1e-3)


def test_minibatch_deviation_is_0_for_equal_pictures_and_the_mean_deviation_for_others():
    x = draw(2, 5, 4, 4, 3)
    more = np.array(growing.minibatch_deviation(x))
    assert more.shape == (5, 4, 4, 4) and np.array_equal(more[..., :3], x)
    assert more[..., 3] == pytest.approx(np.full((5, 4, 4), x.std(axis=0).mean()), rel=1e-4)
    equal = np.array(growing.minibatch_deviation(np.repeat(x[:1], 5, axis=0)))
    assert np.abs(equal[..., 3]).max() < 2e-4


def test_small_and_large_again_is_a_mean_of_2_by_2_pixels():
    x = draw(3, 1, 4, 4, 2)
    half = np.array(growing.shrunk(x))
    assert half[0, 0, 1] == pytest.approx(x[0, :2, 2:].mean(axis=(0, 1)), abs=1e-6)
    assert np.array_equal(np.array(growing.enlarged(half))[0, :2, :2], np.tile(half[0, 0, 0], (2, 2, 1)))
    assert np.array(growing.shrunk(growing.shrunk(x))) == pytest.approx(np.array(growing.shrunk(x, 4)), abs=1e-6)


def test_at_the_ends_of_a_fade_there_is_one_path_exactly():
    generators, discriminators = growing.growing_generators(16, 8), growing.growing_discriminators(16, 8)
    noise, start, end = tf.constant(draw(4, 3, 8)), tf.constant(0.0), tf.constant(1.0)
    before, faded = generators[1]([noise, end]), generators[2]([noise, start])
    assert np.array_equal(faded, growing.enlarged(before))
    pictures = tf.constant(draw(5, 3, 16, 16, 3))
    assert np.array_equal(discriminators[2]([pictures, start]), discriminators[1]([growing.shrunk(pictures), end]))
    # at the other end nothing of the lower path is left: its weights do not matter
    of_both = [np.array(generators[2]([noise, end])), np.array(discriminators[2]([pictures, end]))]
    for stages in (generators, discriminators):
        before = {id(weight) for weight in stages[1].trainable_variables}
        for weight in stages[2].trainable_variables:
            if id(weight) in before and tuple(weight.shape) in ((1, 1, 8, 3), (1, 1, 3, 8)):  # to and from colours
                weight.assign(10 * np.ones(weight.shape))
    assert np.array_equal(of_both[0], generators[2]([noise, end]))
    assert np.array_equal(of_both[1], discriminators[2]([pictures, end]))
    assert not np.array_equal(faded, generators[2]([noise, start]))
