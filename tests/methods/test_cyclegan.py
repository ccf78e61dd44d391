"""CycleGAN: the paper's layers, terms worked out by hand, a pool inside the graph, and a way there and back."""

import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from patches import patch_seen
from resuming import check_goes_on

from stylekit.data import domains
from stylekit.data.batches import Batches
from stylekit.errors import ImageError, SettingError
from stylekit.methods import cyclegan
from stylekit.methods.cyclegan import CycleGAN, cyclegan_discriminator, cyclegan_generator
from stylekit.training.image_pool import ImagePool
from stylekit.training.trainer import Trainer

SEED = tf.constant([3, 4], tf.int64)


def pictures(seed, count=2, side=16):
    return np.random.default_rng(seed).uniform(-1, 1, (count, side, side, 3)).astype("float32")


def small(**settings):
    return CycleGAN(**{"width": 4, "blocks": 1, "halvings": 1, "side": 16, "pool": 3, "seed": 3, **settings})


@pytest.fixture(scope="module")
def batches():
    """Dark photos, and bright paintings of other things."""
    dark = domains.Domain("dark", [0.3 * picture - 0.6 for picture in pictures(0, 8, 20)])
    bright = domains.Domain("bright", [0.3 * picture + 0.6 for picture in pictures(1, 8, 20)])
    return Batches(dark, bright, crop=16, batch_size=2, seed=1)


@pytest.fixture(scope="module")
def method():
    return small()


# --- the paper's networks ---------------------------------------------------------------------------------------------


def table(network):
    """(filters, kernel, stride) of every convolution, from the picture on."""
    kinds = (layers.Conv2D, layers.Conv2DTranspose)
    found = [layer for layer in network.layers if isinstance(layer, kinds)]
    return [(layer.filters, layer.kernel_size[0], layer.strides[0]) for layer in found]


def test_the_generator_is_the_papers():
    generator = cyclegan_generator()
    assert generator.count_params() == 11_378_179
    down, up = [(64, 7, 1), (128, 3, 2), (256, 3, 2)], [(128, 3, 2), (64, 3, 2), (3, 7, 1)]
    assert table(generator) == [*down, *18 * [(256, 3, 1)], *up]
    assert sum(isinstance(layer, layers.Conv2DTranspose) for layer in generator.layers) == 2
    assert sum(isinstance(layer, layers.GroupNormalization) for layer in generator.layers) == 23  # all but the last
    assert generator.compute_output_shape((1, 256, 256, 3)) == (1, 256, 256, 3)


def test_the_discriminator_is_the_papers():
    discriminator = cyclegan_discriminator()
    assert discriminator.count_params() == 2_764_737
    assert table(discriminator) == [(64, 4, 2), (128, 4, 2), (256, 4, 2), (512, 4, 1), (1, 4, 1)]
    assert sum(isinstance(layer, layers.GroupNormalization) for layer in discriminator.layers) == 3
    assert discriminator.compute_output_shape((1, 256, 256, 3)) == (1, 30, 30, 1)


@pytest.mark.parametrize("halvings, patch", [(1, 16), (2, 34), (3, 70)])
def test_a_logit_sees_a_patch_of_that_many_pixels(halvings, patch):
    discriminator = cyclegan_discriminator(width=2, halvings=halvings)
    assert patch_seen(discriminator, layers.GroupNormalization) == (patch, patch)


def test_resize_has_no_transposed_convolution():
    generator = cyclegan_generator(width=4, blocks=1, upsampling="resize")
    assert not any(isinstance(layer, layers.Conv2DTranspose) for layer in generator.layers)
    assert generator(pictures(0)).shape == (2, 16, 16, 3)


def test_with_a_skip_it_begins_near_the_picture():
    x = pictures(0)
    assert np.abs(cyclegan_generator(4, 1, skip=True)(x) - x).mean() < 0.3 * np.abs(x).mean()
    assert np.abs(cyclegan_generator(4, 1)(x) - x).mean() > 0.8 * np.abs(x).mean()


# --- the pool ---------------------------------------------------------------------------------------------------------


def test_a_pool_that_is_not_full_takes_everything_and_gives_it_back():
    pool, made = ImagePool(4, 16), pictures(5, 3)
    assert np.array_equal(pool.exchange(tf.constant(made), SEED), made)
    assert int(pool.count) == 3 and np.array_equal(pool.pictures[:3], made)
    assert not np.any(pool.pictures[3])


def test_a_full_pool_exchanges_half():
    size, batch = 20, 200
    pool, old = ImagePool(size, 2), pictures(6, size, 2)
    pool.exchange(tf.constant(old), SEED)
    new = pictures(7, batch, 2)
    given = pool.exchange(tf.constant(new), SEED).numpy()
    passed = np.array([np.array_equal(a, b) for a, b in zip(given, new, strict=True)])
    assert 0.35 < passed.mean() < 0.65
    flat = {picture.tobytes() for picture in [*old, *new]}
    held = [picture.tobytes() for picture in pool.pictures.numpy()]
    shown = [picture.tobytes() for picture in given]
    assert sorted([*held, *shown]) == sorted(flat)  # each picture once, in the pool or out of it


def test_the_seed_decides_the_draws():
    def given(seed):
        pool = ImagePool(4, 2)
        pool.exchange(tf.constant(pictures(1, 4, 2)), SEED)
        return pool.exchange(tf.constant(pictures(2, 12, 2)), tf.constant(seed, tf.int64)).numpy()

    assert np.array_equal(given([1, 2]), given([1, 2])) and not np.array_equal(given([1, 2]), given([1, 3]))


def test_a_pool_of_size_0_does_nothing():
    pool, made = ImagePool(0, 16), pictures(1)
    assert pool.exchange(made, SEED) is made


def test_the_discriminator_is_shown_what_the_pool_gives(method):
    pool, old = ImagePool(2, 16), pictures(8)
    pool.exchange(tf.constant(old), SEED)
    real, fake = tf.constant(pictures(9)), tf.constant(pictures(10))
    found = cyclegan.discriminator_loss_of(method.painting_discriminator, real, pool, fake, SEED)
    again = ImagePool(2, 16)
    again.exchange(tf.constant(old), SEED)
    shown = again.exchange(fake, SEED)
    of_real, of_shown = (np.asarray(method.painting_discriminator(p)) for p in (real, shown))
    wanted = (((of_real - 1) ** 2).mean((1, 2, 3)) + (of_shown**2).mean((1, 2, 3))) / 2
    assert np.asarray(found) == pytest.approx(wanted, rel=1e-3)


# --- terms and steps --------------------------------------------------------------------------------------------------


def test_the_terms_are_those_of_the_paper(method):
    x, y = pictures(1), pictures(2)
    terms, _ = method.losses_of(x, y, SEED, training=False)
    g, f = method.painting_generator, method.photo_generator

    def mean(values):
        return np.asarray(values).mean(axis=(1, 2, 3))

    def fooled(discriminator, fake):
        return mean((np.asarray(discriminator(fake)) - 1) ** 2)

    adversarial = fooled(method.painting_discriminator, g(x)) + fooled(method.photo_discriminator, f(y))
    cycle = mean(np.abs(f(g(x)) - x)) + mean(np.abs(g(f(y)) - y))
    identity = mean(np.abs(g(y) - y)) + mean(np.abs(f(x) - x))
    for name, wanted in {"adversarial": adversarial, "cycle": cycle, "identity": identity}.items():
        assert np.asarray(terms[name]) == pytest.approx(wanted, rel=1e-3), name
    assert dict(method.objective.weights) == {"adversarial": 1.0, "cycle": 10.0, "identity": 5.0}


def test_the_way_back_teaches_both_generators_in_both_directions(method):
    g, f, x, y = method.painting_generator, method.photo_generator, pictures(1), pictures(2)
    kernels = [network.trainable_variables[0] for network in (g, f)]
    with tf.GradientTape(persistent=True) as tape:
        found = tf.reduce_sum(method.losses_of(x, y, SEED, training=False)[0]["cycle"])
        wanted = sum(tf.reduce_sum(tf.reduce_mean(tf.abs(way), (1, 2, 3))) for way in (f(g(x)) - x, g(f(y)) - y))
    for ours, by_hand in zip(tape.gradient(found, kernels), tape.gradient(wanted, kernels), strict=True):
        assert float(tf.norm(by_hand)) > 1e-6
        assert float(tf.norm(ours - by_hand)) < 0.01 * float(tf.norm(by_hand))


@pytest.mark.parametrize("only", ["generator", "discriminator"])
def test_who_trains_alone_leaves_the_others_as_they_are(batches, only):
    method = small()
    players = {"generator": method.generator_variables, "discriminator": method.discriminator_variables}
    before = {name: [v.numpy().copy() for v in variables] for name, variables in players.items()}
    Trainer(method).train_step(*next(iter(batches.dataset())), only)
    for name, variables in players.items():
        kernels = [i for i, variable in enumerate(variables) if len(variable.shape) == 4]
        same = [np.array_equal(before[name][i], variables[i].numpy()) for i in kernels]
        assert not any(same) if name == only else all(same)


def test_a_run_goes_on_where_it_was_saved_with_its_pools_in_one_trace(batches, tmp_path):
    def turn_down(method):
        method.objective.weights["cycle"] = 5.0

    whole, resumed = check_goes_on(small, batches, tmp_path, turn_down)
    assert whole.traces == 1 and int(whole.method.painting_pool.count) == 3
    assert resumed.method.objective.weights["cycle"] == 5.0


def test_it_learns_to_draw_what_paintings_have_and_to_come_back():
    """Photos of grainy colours; paintings of others, with dark lines in every fourth column."""
    draw = np.random.default_rng(2)
    plain, lined = draw.uniform(-0.2, 0.8, (2, 12, 1, 1, 3)) + draw.uniform(-0.2, 0.2, (2, 12, 24, 24, 3))
    lined[:, :, ::4] = -0.9
    both = Batches(domains.Domain("plain", plain), domains.Domain("lined", lined), crop=24, batch_size=2, seed=1)
    method = small(side=24, pool=0, width=8, skip=True, learning_rate=2e-3, cycle=2.0, identity=0.0)

    def lines(made):
        return np.abs(np.diff(made.mean(axis=1), axis=1)).mean()

    Trainer(method).fit(both, 80, progress=False)
    painted = method(plain[:4])
    assert lines(plain[:4]) < 0.1 * lines(lined) and lines(painted) > 0.4 * lines(lined)
    assert np.abs(method.to_photo(painted) - plain[:4]).mean() < 0.6 * np.abs(painted - plain[:4]).mean()


def test_a_picture_does_not_depend_on_what_else_is_painted(method):
    x = pictures(1, 3)
    assert method(x)[1] == pytest.approx(method(x[1]), abs=1e-5)
    assert method.to_photo(x[:, :, :12]).shape == (3, 16, 12, 3)


# --- what cannot be done ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "crop, sentence",
    [
        (18, "18 x 18 px: wanted a multiple of 4 from 8 px on"),
        (4, "wanted a multiple of 4 from 8 px on"),
        (12, "pools keep pictures of 16 x 16 px: build the method with side=12"),
    ],
)
def test_crops_of_the_wrong_size_are_refused_before_training(method, batches, crop, sentence):
    with pytest.raises(ImageError, match=sentence):
        Trainer(method).fit(Batches(batches.photos, batches.paintings, crop=crop, batch_size=2), 1)


def test_without_a_pool_any_multiple_of_4_will_do(batches):
    method = small(pool=0)
    method.check_batches(Batches(batches.photos, batches.paintings, crop=12, batch_size=2))


def test_other_bad_input_is_told_in_a_sentence(method):
    with pytest.raises(ImageError, match="photo has 18 x 16 px: wanted sides that are multiples of 4"):
        method(np.zeros((16, 18, 3), "float32"))
    with pytest.raises(ImageError, match="painting has 4 x 4 px"):
        method.to_photo(np.zeros((4, 4, 3), "float32"))
    with pytest.raises(ImageError, match="NaN"):
        method(np.full((16, 16, 3), np.nan, "float32"))
    with pytest.raises(SettingError, match="'nearest': wanted one of transposed, resize"):
        cyclegan_generator(upsampling="nearest")
    with pytest.raises(SettingError, match="pool's size is -1"):
        ImagePool(-1)
