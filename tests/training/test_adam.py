"""Adam: the same path as Keras' own, whatever the rate, and the same checkpoint."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from stylekit.training.adam import Adam


def path(optimizer, gradients):
    """Where a variable of 2 x 3 numbers goes under these gradients, (steps, 2, 3)."""
    variable = keras.Variable(np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3))
    optimizer.build([variable])
    places = []

    @tf.function
    def step(gradient):
        optimizer.apply([gradient], [variable])

    for gradient in gradients:
        step(tf.constant(gradient, "float32"))
        places.append(variable.numpy())
    return np.array(places)


@settings(deadline=None, max_examples=10)
@given(rate=st.floats(1e-5, 0.1), beta=st.sampled_from([0.0, 0.5, 0.9]), seed=st.integers(0, 99))
def test_it_goes_where_keras_goes(rate, beta, seed):
    gradients = np.random.default_rng(seed).normal(0, 3, (6, 2, 3))
    ours, kerass = (path(kind(rate, beta_1=beta), gradients) for kind in (Adam, keras.optimizers.Adam))
    assert np.abs(ours - kerass).max() < 1e-4 * rate + 1e-6
    assert np.abs(ours[-1] - ours[0]).max() > 0.1 * rate


def test_a_schedule_is_followed():
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 5)
    gradients = np.ones((8, 2, 3))
    ours, kerass = (path(kind(schedule), gradients) for kind in (Adam, keras.optimizers.Adam))
    assert ours == pytest.approx(kerass, abs=1e-5)
    assert np.array_equal(ours[5], ours[7])  # the rate is 0 from then on


def test_amsgrad_is_keras_own():
    gradients = np.random.default_rng(0).normal(size=(4, 2, 3))
    ours, kerass = (path(kind(0.01, amsgrad=True), gradients) for kind in (Adam, keras.optimizers.Adam))
    assert np.array_equal(ours, kerass)


def test_a_checkpoint_of_keras_goes_on_here(tmp_path):
    gradients = np.random.default_rng(1).normal(size=(6, 2, 3)).astype("float32")
    whole = path(keras.optimizers.Adam(0.01), gradients)
    variable = keras.Variable(np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3))
    first = keras.optimizers.Adam(0.01)
    first.build([variable])
    for gradient in gradients[:3]:
        first.apply([tf.constant(gradient)], [variable])
    saved = tf.train.Checkpoint(optimizer=first).write(str(tmp_path / "saved"))
    second = Adam(0.01)
    second.build([variable])
    tf.train.Checkpoint(optimizer=second).read(saved).assert_consumed()
    for gradient in gradients[3:]:
        second.apply([tf.constant(gradient)], [variable])
    assert variable.numpy() == pytest.approx(whole[-1], abs=1e-6)
