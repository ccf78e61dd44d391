"""pix2pix: the paper's layers, losses worked out by hand, each player's step, and an answer that is learned."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from patches import patch_seen
from resuming import check_goes_on

from stylekit.data import domains
from stylekit.data.batches import Batches
from stylekit.errors import DataError, ImageError, SettingError
from stylekit.methods.pix2pix import Pix2Pix, pix2pix_discriminator, unet_generator
from stylekit.nn.layers import BatchNorm, SeededDropout
from stylekit.training.trainer import Trainer


def pictures(seed, count=2, side=16):
    return np.random.default_rng(seed).uniform(-1, 1, (count, side, side, 3)).astype("float32")


def small(**settings):
    return Pix2Pix(**{"side": 16, "width": 4, "halvings": 1, "seed": 3, **settings})


@pytest.fixture(scope="module")
def batches():
    """Photos of one colour each, whose answer is the same picture with red and blue exchanged."""
    colours = np.random.default_rng(0).uniform(-0.8, 0.8, (24, 1, 1, 3)).astype("float32")
    photos = domains.Domain("colours", list(np.tile(colours, (1, 16, 16, 1))))
    answers = domains.Domain("exchanged", list(np.tile(colours[..., ::-1], (1, 16, 16, 1))))
    return Batches(photos, answers, crop=16, batch_size=4, paired=True, seed=1)


# --- the paper's networks ---------------------------------------------------------------------------------------------


def channels(network, kind):
    return [layer.filters for layer in network.layers if type(layer) is kind]


def test_the_u_net_is_the_papers():
    generator = unet_generator()
    down, up = [64, 128, 256, 512, 512, 512, 512, 512], [512, 512, 512, 512, 256, 128, 64, 3]
    assert channels(generator, layers.Conv2D) == down
    assert channels(generator, layers.Conv2DTranspose) == up
    wanted = sum(16 * a * b for a, b in zip([3, *down], down, strict=False))  # kernels of 4 x 4
    wanted += sum(16 * a * b for a, b in zip([512, *(2 * c for c in up[:-1])], up, strict=True))
    wanted += 2 * (sum(down[1:-1]) + sum(up[:-1]))  # scale and shift, not of the first, the innermost, the last layer
    wanted += down[0] + down[-1] + up[-1]  # which have a bias
    assert generator.count_params() == wanted
    assert round(generator.count_params() / 1e6, 1) == 54.4
    assert sum(isinstance(layer, SeededDropout) for layer in generator.layers) == 3
    assert generator.output_shape[-1] == 3


def test_the_discriminator_is_the_papers():
    discriminator = pix2pix_discriminator()
    assert channels(discriminator, layers.Conv2D) == [64, 128, 256, 512, 1]
    wanted = 16 * (6 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512) + 64 + 2 * (128 + 256 + 512) + 1
    assert discriminator.count_params() == wanted
    assert round(discriminator.count_params() / 1e6, 1) == 2.8
    shapes = [layer.strides[0] for layer in discriminator.layers if isinstance(layer, layers.Conv2D)]
    assert shapes == [2, 2, 2, 1, 1]
    assert discriminator.compute_output_shape([(1, 256, 256, 3)] * 2) == (1, 30, 30, 1)


@pytest.mark.parametrize("halvings, patch", [(1, 16), (2, 34), (3, 70)])
def test_a_logit_sees_a_patch_of_that_many_pixels(halvings, patch):
    discriminator = pix2pix_discriminator(width=2, halvings=halvings, conditioned=False)
    assert patch_seen(discriminator, BatchNorm) == (patch, patch)


def test_without_skips_all_of_the_photo_passes_through_one_pixel():
    method, plain = small(), small(skips=False)
    assert not [layer for layer in plain.generator.layers if isinstance(layer, layers.Concatenate)]
    assert plain.generator.count_params() < method.generator.count_params()
    x, other = pictures(1), pictures(4)
    assert not np.allclose(plain(x), plain(other))
    for generator in (method.generator, plain.generator):  # that pixel says the same of every photo
        innermost = [layer for layer in generator.layers if type(layer) is layers.Conv2D][-1]
        innermost.kernel.assign(np.zeros(innermost.kernel.shape))
    assert np.array_equal(plain(x), plain(other))
    assert not np.allclose(method(x), method(other))


# --- losses and steps -------------------------------------------------------------------------------------------------


def test_the_terms_are_those_of_the_paper():
    method, z = small(), tf.constant([1, 2], tf.int64)
    x, y = tf.constant(pictures(1)), tf.constant(pictures(2))
    terms, discriminator_loss = method.losses_of(x, y, z)
    generated = method.generator([x, z])
    real, fake = (np.asarray(method.discriminator([x, painting])) for painting in (y, generated))
    log = lambda logits: np.logaddexp(0, -logits).mean(axis=(1, 2, 3))  # noqa: E731 - minus the log of a probability
    assert np.asarray(terms["adversarial"]) == pytest.approx(log(fake), rel=1e-4)
    assert np.asarray(terms["l1"]) == pytest.approx(np.abs(generated - y).mean(axis=(1, 2, 3)), rel=1e-4)
    assert np.asarray(discriminator_loss) == pytest.approx((log(real) + log(-fake)) / 2, rel=1e-4)
    assert dict(method.objective.weights) == {"adversarial": 1.0, "l1": 100.0}


def test_an_unconditioned_discriminator_does_not_see_the_photo():
    x, y, other = pictures(1), pictures(2), pictures(4)
    blind, seeing = small(conditioned=False), small()
    assert np.array_equal(blind.judged(x, y), blind.judged(other, y))
    assert not np.allclose(seeing.judged(x, y), seeing.judged(other, y))


@pytest.mark.parametrize("only", ["generator", "discriminator"])
def test_who_trains_alone_leaves_the_other_as_it_is(batches, only):
    method = small()
    players = {"generator": method.generator, "discriminator": method.discriminator}
    before = {name: [v.numpy().copy() for v in player.trainable_variables] for name, player in players.items()}
    Trainer(method).train_step(*next(iter(batches.dataset())), only)
    for name, player in players.items():
        same = [np.array_equal(old, v.numpy()) for old, v in zip(before[name], player.trainable_variables, strict=True)]
        assert all(same) if name != only else sum(same) <= 1  # a bias may have no gradient yet


def test_it_learns_the_answer(batches):
    method = small(width=8, learning_rate=2e-3)
    x, y = (part.numpy() for part in next(iter(batches.dataset(start=1000))))
    before = np.abs(method(x) - y).mean()
    Trainer(method).fit(batches, 200, progress=False)
    after = method(x)
    assert np.abs(after - y).mean() < 0.4 * before
    assert np.abs(after - y).mean() < 0.6 * np.abs(after - x).mean()


def test_a_run_goes_on_where_it_was_saved(batches, tmp_path):
    check_goes_on(small, batches, tmp_path)


def test_weights_move_without_a_new_trace(batches):
    method = small()
    trainer = Trainer(method)
    trainer.fit(batches, 1, progress=False)
    method.objective.weights.update({"adversarial": 0.0, "l1": 1.0})
    trainer.fit(batches, 2, progress=False)
    assert trainer.traces == 1


def test_bfloat16_keeps_its_variables_and_its_pictures_in_float32(batches):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        method = small()
        history = Trainer(method).fit(batches, 3, progress=False)
    finally:
        keras.config.set_dtype_policy("float32")
    computing = [layer for layer in method.generator.layers if layer.weights]
    assert {layer.compute_dtype for layer in computing} == {"bfloat16"}
    assert {variable.dtype for variable in method.generator.trainable_variables} == {"float32"}
    assert method(pictures(1)).dtype == np.float32
    plain = Trainer(small()).fit(batches, 3, progress=False)
    for name in plain.terms:
        assert history[name] == pytest.approx(plain[name], rel=0.1)


# --- painting ---------------------------------------------------------------------------------------------------------


def test_a_picture_does_not_depend_on_what_else_is_painted():
    method = small()
    x = pictures(1, 3)
    assert method(x)[1] == pytest.approx(method(x[1]), abs=1e-5)
    assert np.array_equal(method(x, seed=1), method(x, seed=1))
    assert not np.allclose(method(x, seed=1), method(x, seed=2))


def test_larger_pictures_are_painted_too():
    assert small()(pictures(1, 1, 48)).shape == (1, 48, 48, 3)


# --- what cannot be done ----------------------------------------------------------------------------------------------


def test_unpaired_pictures_are_refused(batches):
    unpaired = Batches(batches.photos, batches.paintings, crop=16, batch_size=2)
    with pytest.raises(DataError, match="paired=True"):
        Trainer(small()).fit(unpaired, 1)


def test_crops_that_the_u_net_cannot_halve_are_refused():
    photos = domains.photos(40, "train")
    with pytest.raises(ImageError, match="24 x 24 px.*multiple of 16"):
        Trainer(small()).fit(Batches(photos, photos, crop=24, batch_size=2, paired=True), 1)


@pytest.mark.parametrize("side", [0, 2, 48, 100, -16])
def test_a_side_that_is_no_power_of_two_is_refused(side):
    with pytest.raises(SettingError, match="power of two"):
        unet_generator(side)


@pytest.mark.parametrize("shape", [(16, 24, 3), (8, 8, 3), (2, 17, 16, 3), (16, 16)])
def test_pictures_of_the_wrong_size_are_refused(shape):
    with pytest.raises(ImageError, match="wanted"):
        small()(np.zeros(shape, "float32"))
