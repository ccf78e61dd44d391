"""Every loss term against numbers worked out by hand, and what must hold for all pictures."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from stylekit.nn import losses

few = settings(deadline=None, max_examples=15)
seeds = st.integers(0, 10_000)
LOG2 = np.log(2)


def logits(*values):
    """One picture's verdict, a patch for each value: (1, 1, patches, 1)."""
    return np.array(values, "float32").reshape(1, 1, -1, 1)


def pixels(*rows):
    """One picture of one channel: (1, h, w, 1)."""
    return np.array(rows, "float32")[None, ..., None]


def noise(seed, *shape):
    return np.random.default_rng(seed).normal(0, 1, shape).astype("float32")


def maps(seed, batch=3, height=4):
    """Feature maps of two depths."""
    return [noise(seed, batch, height, 6, 5), noise(seed + 1, batch, height // 2, 3, 7)]


def value(loss):
    """The loss of the only picture of a batch."""
    assert loss.shape == (1,)
    return float(loss[0])


# --- adversarial ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "verdicts", "expected"),
    [
        (losses.log_discriminator_loss, [(0,), (0,)], 2 * LOG2),
        # sigmoid(log 3) = 3/4, sigmoid(-log 3) = 1/4
        (losses.log_discriminator_loss, [(np.log(3),), (-np.log(3),)], -2 * np.log(3 / 4)),
        (losses.log_discriminator_loss, [(np.log(3), 0), (0, 0)], -np.log(3 / 4) / 2 + LOG2 / 2 + LOG2),
        (losses.saturating_generator_loss, [(0,)], -LOG2),
        (losses.saturating_generator_loss, [(np.log(3),)], np.log(1 / 4)),
        (losses.non_saturating_generator_loss, [(0,)], LOG2),
        (losses.non_saturating_generator_loss, [(-np.log(3),)], -np.log(1 / 4)),
        (losses.least_squares_discriminator_loss, [(1,), (0,)], 0),
        (losses.least_squares_discriminator_loss, [(3, 1), (-0.5,)], 2 + 0.25),
        (losses.least_squares_generator_loss, [(1,)], 0),
        (losses.least_squares_generator_loss, [(0.5, -1)], (0.25 + 4) / 2),
        (losses.hinge_discriminator_loss, [(0,), (0,)], 2),
        (losses.hinge_discriminator_loss, [(5, 1), (-1, -9)], 0),
        (losses.hinge_discriminator_loss, [(0.5, -1), (-0.5, 2)], (0.5 + 2) / 2 + (0.5 + 3) / 2),
        (losses.wasserstein_discriminator_loss, [(3, 1), (-0.5,)], -2.5),
        (losses.critic_generator_loss, [(0.5, 1)], -0.75),
    ],
)
def test_adversarial_losses_are_what_their_papers_say(loss, verdicts, expected):
    assert value(loss(*[logits(*v) for v in verdicts])) == pytest.approx(expected, abs=1e-6)


@few
@given(seeds)
def test_the_log_form_equals_the_articles_formula(seed):
    real, fake = noise(seed, 2, 2, 3, 3, 1) * 3
    d_real, d_fake = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
    article = (np.log(d_real) + np.log(1 - d_fake)).mean(axis=(1, 2, 3))
    assert np.allclose(losses.log_discriminator_loss(real, fake), -article, atol=1e-4)
    assert np.allclose(losses.saturating_generator_loss(fake), np.log(1 - d_fake).mean(axis=(1, 2, 3)), atol=1e-4)
    assert np.allclose(losses.non_saturating_generator_loss(fake), -np.log(d_fake).mean(axis=(1, 2, 3)), atol=1e-4)


@pytest.mark.parametrize("form", losses.ADVERSARIAL)
def test_no_certainty_of_d_makes_a_loss_or_its_gradient_infinite(form):
    discriminator_loss, generator_loss = losses.ADVERSARIAL[form]
    for sign in (1, -1):
        real, fake = tf.constant(logits(sign * 1000)), tf.constant(logits(-sign * 1000))
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([real, fake])
            terms = discriminator_loss(real, fake), generator_loss(fake)
        gradients = tape.gradient(terms[0], [real, fake]) + [tape.gradient(terms[1], fake)]
        assert all(np.isfinite(term).all() for term in [*terms, *gradients])


@pytest.mark.parametrize("form", losses.ADVERSARIAL)
def test_d_wants_real_up_and_fake_down_and_g_wants_fake_up(form):
    discriminator_loss, generator_loss = losses.ADVERSARIAL[form]
    real, fake = tf.constant(logits(0.1)), tf.constant(logits(0.2))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([real, fake])
        d, g = discriminator_loss(real, fake), generator_loss(fake)
    assert tape.gradient(d, real) < 0 < tape.gradient(d, fake)
    assert tape.gradient(g, fake) < 0


def test_the_articles_gradient_vanishes_where_d_is_sure_and_the_non_saturating_one_does_not():
    fake = tf.constant(logits(-20))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(fake)
        saturating, other = losses.saturating_generator_loss(fake), losses.non_saturating_generator_loss(fake)
    assert abs(tape.gradient(saturating, fake).numpy().item()) < 1e-8
    assert tape.gradient(other, fake).numpy().item() == pytest.approx(-1)


def test_the_gradient_penalty_is_0_at_slope_1():
    slopes = np.zeros((3, 2, 2, 3), "float32")
    slopes[0, 0, 0, 0] = 1
    slopes[1] = 2 / np.sqrt(12)  # length 2 over 12 numbers
    assert np.allclose(losses.gradient_penalty(slopes), [0, 1, 1], atol=1e-5)  # the last is flat: (0 - 1)^2


def test_the_gradient_penalty_of_a_flat_discriminator_can_be_minimised():
    slopes = tf.zeros((1, 2, 2, 3))
    with tf.GradientTape() as tape:
        tape.watch(slopes)
        penalty = losses.gradient_penalty(slopes)
    assert np.isfinite(tape.gradient(penalty, slopes)).all()


# --- content ----------------------------------------------------------------------------------------------------------


def test_content_loss_is_the_mean_distance_at_every_depth():
    fine, coarse = pixels([1, 2], [3, 4]), pixels([10])
    assert value(losses.content_loss([fine + 1, coarse - 3], [fine, coarse])) == 2  # (1 + 3) / 2, whatever their sizes
    assert value(losses.content_loss([fine], [pixels([1, 2], [3, 0])])) == 1


# --- style ------------------------------------------------------------------------------------------------------------


def test_pixel_style_loss_is_the_mean_difference():
    assert value(losses.pixel_style_loss(pixels([1, -1]), pixels([-1, -0.5]))) == pytest.approx((2 + 0.5) / 2)


def test_moments_are_mean_and_deviation_of_each_channel():
    features = np.concatenate([pixels([1, 3], [1, 3]), pixels([5, 5], [5, 5])], axis=-1)
    mean, deviation = losses.moments(features)
    assert np.allclose(mean, [[2, 5]]) and np.allclose(deviation, [[1, 0]], atol=4e-3)


def test_moments_of_half_precision_maps_keep_full_precision():
    mean, deviation = losses.moments(tf.cast(tf.fill((1, 300, 300, 1), 0.1), "bfloat16"))
    assert mean.dtype == deviation.dtype == tf.float32
    assert float(mean[0, 0]) == pytest.approx(0.1, abs=1e-3) and float(deviation[0, 0]) < 0.01


def test_moment_style_loss_is_relative_to_the_paintings_spread():
    painting = pixels([0, 4])  # mean 2, deviation 2
    picture = pixels([1, 1], [5, 5])  # mean 3, deviation 2
    flat = pixels([2, 2, 2])  # mean 2, deviation 0
    assert value(losses.moment_style_loss([picture], [painting])) == pytest.approx(1 / 4, abs=1e-4)
    assert value(losses.moment_style_loss([flat], [painting])) == pytest.approx(4 / 4, abs=1e-2)
    assert value(losses.moment_style_loss([picture, flat], [painting, painting])) == pytest.approx(5 / 8, abs=1e-2)
    # ten times as strong features, the same distance
    assert value(losses.moment_style_loss([10 * picture], [10 * painting])) == pytest.approx(1 / 4, abs=1e-4)


def test_the_gram_matrix_says_which_channels_fire_together():
    features = np.concatenate([pixels([1, 0], [1, 0]), pixels([2, 0], [0, 4])], axis=-1)
    assert np.allclose(losses.gram_matrix(features), [[[2 / 4, 2 / 4], [2 / 4, 20 / 4]]])


def test_gram_style_loss_is_relative_to_the_paintings_own_gram_matrix():
    painting, picture = pixels([1, 3]), pixels([1, 1], [1, 1])  # Gram: 5 and 1
    assert value(losses.gram_style_loss([picture], [painting])) == pytest.approx(16 / 25)
    assert value(losses.gram_style_loss([picture, painting], [painting, painting])) == pytest.approx(8 / 25)


@few
@given(seeds)
def test_where_things_are_does_not_matter_to_the_style(seed):
    painting = maps(seed)
    shuffled = []
    for features in painting:
        batch, height, width, channels = features.shape
        order = np.random.default_rng(seed).permutation(height * width)
        shuffled.append(features.reshape(batch, -1, channels)[:, order].reshape(features.shape))
    assert np.allclose(losses.moment_style_loss(shuffled, painting), 0, atol=1e-6)
    assert np.allclose(losses.gram_style_loss(shuffled, painting), 0, atol=1e-6)
    assert (np.asarray(losses.content_loss(shuffled, painting)) > 0.1).all()


def test_what_fires_together_matters_to_the_gram_matrix_alone():
    features = noise(1, 1, 8, 8, 4)
    apart = np.stack([np.roll(features[..., i], i, axis=1) for i in range(4)], axis=-1)  # each channel moved by itself
    assert value(losses.moment_style_loss([apart], [features])) < 1e-6
    assert value(losses.gram_style_loss([apart], [features])) > 1e-3


@pytest.mark.parametrize("loss", [losses.moment_style_loss, losses.gram_style_loss])
def test_a_painting_may_have_another_size(loss):
    assert loss(maps(1, height=4), maps(2, height=8)).shape == (3,)


@pytest.mark.parametrize("loss", [losses.content_loss, losses.moment_style_loss, losses.gram_style_loss])
def test_lists_of_unequal_depth_are_refused(loss):
    with pytest.raises(ValueError):
        loss(maps(1), maps(2)[:1])


# --- other terms ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", [losses.cycle_loss, losses.identity_loss])
def test_cycle_and_identity_loss_are_the_mean_difference(loss):
    assert value(loss(pixels([1, 0]), pixels([0.5, 1]))) == pytest.approx(0.75)


def test_total_variation_is_the_mean_step_between_neighbours():
    picture = pixels([0, 1, 3], [0, 1, 1])
    assert value(losses.total_variation_loss(picture)) == pytest.approx((0 + 0 + 2) / 3 + (1 + 2 + 1 + 0) / 4)


# --- all of them ------------------------------------------------------------------------------------------------------

PICTURE_LOSSES = [losses.pixel_style_loss, losses.cycle_loss, losses.identity_loss]
MAP_LOSSES = [losses.content_loss, losses.moment_style_loss, losses.gram_style_loss]
SYMMETRIC = [losses.content_loss, *PICTURE_LOSSES]


def arguments(loss, seed):
    """Two batches of three, as the loss takes them."""
    if loss in MAP_LOSSES:
        return maps(seed), maps(seed + 2)
    return noise(seed, 3, 4, 5, 3), noise(seed + 1, 3, 4, 5, 3)


def chosen(argument, order):
    return [part[order] for part in argument] if isinstance(argument, list) else argument[order]


@pytest.mark.parametrize("loss", PICTURE_LOSSES + MAP_LOSSES)
@few
@given(seed=seeds)
def test_distances_are_0_only_between_equals_and_positive_else(loss, seed):
    a, b = arguments(loss, seed)
    assert np.allclose(loss(a, a), 0, atol=1e-7)
    assert (np.asarray(loss(a, b)) > 0).all()
    if loss in SYMMETRIC:
        assert np.allclose(loss(a, b), loss(b, a))


@pytest.mark.parametrize("loss", PICTURE_LOSSES + MAP_LOSSES)
@few
@given(seed=seeds, order=st.permutations(range(3)))
def test_each_image_of_a_batch_has_a_loss_of_its_own(loss, seed, order):
    a, b = arguments(loss, seed)
    found = np.asarray(loss(a, b))
    assert found.shape == (3,) and found.dtype == "float32"
    assert np.allclose(loss(chosen(a, order), chosen(b, order)), found[order], rtol=1e-4)
    assert np.allclose(loss(chosen(a, [1]), chosen(b, [1])), found[1], rtol=1e-4)


@pytest.mark.parametrize("form", losses.ADVERSARIAL)
@few
@given(seed=seeds, order=st.permutations(range(3)))
def test_each_image_of_a_batch_has_an_adversarial_loss_of_its_own(form, seed, order):
    discriminator_loss, generator_loss = losses.ADVERSARIAL[form]
    real, fake = noise(seed, 2, 3, 4, 5, 1)
    d, g = np.asarray(discriminator_loss(real, fake)), np.asarray(generator_loss(fake))
    assert d.shape == g.shape == (3,) and d.dtype == g.dtype == "float32"
    assert np.allclose(discriminator_loss(real[order], fake[order]), d[order], atol=1e-5)
    assert np.allclose(generator_loss(fake[order]), g[order], atol=1e-5)
    if form not in ("wasserstein",):
        assert (d >= 0).all()


@few
@given(seeds)
def test_total_variation_and_penalty_are_of_each_image(seed):
    pictures = noise(seed, 3, 4, 5, 3)
    for loss in (losses.total_variation_loss, losses.gradient_penalty):
        found = np.asarray(loss(pictures))
        assert found.shape == (3,) and (found >= 0).all()
        assert np.allclose(loss(pictures[::-1]), found[::-1], rtol=1e-5)
    assert np.allclose(losses.total_variation_loss(pictures * 0 + 0.3), 0)


@pytest.mark.parametrize("loss", PICTURE_LOSSES + MAP_LOSSES)
def test_every_loss_gives_a_finite_gradient_even_between_flat_pictures(loss):
    flat = [tf.zeros((2, 4, 4, 3))] if loss in MAP_LOSSES else tf.zeros((2, 4, 4, 3))
    other = [part + 1.0 for part in flat] if loss in MAP_LOSSES else flat + 1.0
    with tf.GradientTape() as tape:
        tape.watch(flat)
        terms = loss(flat, other)
    assert np.isfinite(ops.convert_to_numpy(tape.gradient(terms, flat)[0])).all()
