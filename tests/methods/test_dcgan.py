"""DCGAN: the article's networks as they run, and a game in which each player moves alone or with the other."""

import functools

import numpy as np
import pytest
from resuming import check_goes_on

from stylekit.data import domains
from stylekit.data.batches import Batches
from stylekit.errors import ImageError, SettingError
from stylekit.methods.dcgan import (
    DCGAN,
    dcgan_discriminator,
    dcgan_generator,
    radford_discriminator,
    radford_generator,
)
from stylekit.training.trainer import Trainer


@pytest.fixture(scope="module")
def paintings():
    """Pictures of one colour: orange, a little lighter or darker."""
    draw = np.random.default_rng(0)
    orange = [np.full((28, 28, 3), [0.8, 0.1, -0.7], "float32") + draw.uniform(-0.2, 0.2) for _ in range(8)]
    domain = domains.Domain("orange", orange)
    return Batches(domain, domain, crop=28, batch_size=8, seed=1)


def test_the_networks_are_the_articles():
    generator, discriminator = dcgan_generator(), dcgan_discriminator()
    assert generator.output_shape == (None, 28, 28, 3) and generator.input_shape == (None, 100)
    assert discriminator.output_shape == (None, 1) and discriminator.input_shape == (None, 28, 28, 3)
    dense, transposed = 100 * 7 * 7 * 256, 25 * (256 * 128 + 128 * 64 + 64 * 3)
    norms = 4 * (7 * 7 * 256 + 128 + 64)  # scale, shift, mean and variance
    assert generator.count_params() == dense + transposed + norms
    assert discriminator.count_params() == (75 * 64 + 64) + (25 * 64 * 128 + 128) + (7 * 7 * 128 + 1)


def test_the_networks_of_64_px_are_the_papers():
    generator, discriminator = radford_generator(), radford_discriminator()
    maps = [layer.output.shape[1:] for layer in generator.layers if layer.__class__.__name__ == "Conv2DTranspose"]
    assert maps == [(8, 8, 512), (16, 16, 256), (32, 32, 128), (64, 64, 3)]  # the paper's figure 1
    dense, transposed = 100 * 4 * 4 * 1024, 25 * (1024 * 512 + 512 * 256 + 256 * 128 + 128 * 3) + 3
    assert generator.count_params() == dense + transposed + 4 * (1024 + 512 + 256 + 128)
    maps = [layer.output.shape[1:] for layer in discriminator.layers if layer.__class__.__name__ == "Conv2D"]
    assert maps == [(32, 32, 128), (16, 16, 256), (8, 8, 512), (4, 4, 1024)]
    assert discriminator.output_shape == (None, 1)


def test_a_game_at_64_px_moves_both_players():
    gan = DCGAN(width=2, side=64)
    domain = domains.Domain("orange", [np.full((64, 64, 3), [0.8, 0.1, -0.7], "float32")])
    players = {"G": gan.generator, "D": gan.discriminator}
    before = {name: [v.numpy().copy() for v in player.trainable_variables] for name, player in players.items()}
    Trainer(gan).fit(Batches(domain, domain, crop=64, batch_size=2), 2, progress=False)
    for name, player in players.items():
        moved = [np.any(old != v.numpy()) for old, v in zip(before[name], player.trainable_variables, strict=True)]
        assert all(moved), name
    assert gan.sample(2).shape == (2, 64, 64, 3)


@pytest.mark.parametrize("side", [32, 0, "64"])
def test_another_side_is_refused(side):
    with pytest.raises(SettingError, match="wanted one of 28, 64"):
        DCGAN(side=side)


def test_crops_of_another_side_are_refused_before_training():
    domain = domains.Domain("orange", [np.zeros((40, 40, 3), "float32")])
    with pytest.raises(ImageError, match=r"40 x 40 px.* crop=28"):
        Trainer(DCGAN(width=2)).fit(Batches(domain, domain, crop=40, batch_size=2), 1, progress=False)


def test_it_learns_the_colour_of_the_paintings(paintings):
    gan = DCGAN(width=8, learning_rate=2e-3)
    before = gan.sample(16)
    Trainer(gan).fit(paintings, 150, progress=False)
    after = gan.sample(16)
    orange = np.array([0.8, 0.1, -0.7])
    far = [np.abs(pictures.mean(axis=(0, 1, 2)) - orange).mean() for pictures in (before, after)]
    assert far[1] < 0.5 * far[0]
    assert after.shape == (16, 28, 28, 3) and np.abs(after).max() <= 1


@pytest.mark.parametrize("only", ["generator", "discriminator"])
def test_who_trains_alone_leaves_the_other_as_it_is(paintings, only):
    gan = DCGAN(width=4)
    trainer = Trainer(gan)
    batch = next(iter(paintings.dataset()))
    players = {"generator": gan.generator, "discriminator": gan.discriminator}
    before = {name: [v.numpy().copy() for v in player.trainable_variables] for name, player in players.items()}
    trainer.train_step(*batch, only)
    for name, player in players.items():
        same = [np.array_equal(old, v.numpy()) for old, v in zip(before[name], player.trainable_variables, strict=True)]
        assert not any(same) if name == only else all(same)


def test_a_run_goes_on_where_it_was_saved(paintings, tmp_path):
    check_goes_on(functools.partial(DCGAN, width=4), paintings, tmp_path)


def test_the_same_noise_gives_the_same_painting_whatever_stands_beside_it():
    gan = DCGAN(width=4)
    noise = np.random.default_rng(3).normal(size=(5, 100))
    assert gan.sample(noise)[:2] == pytest.approx(gan.sample(noise[:2]), abs=1e-5)
    assert np.array_equal(gan.sample(5), gan.sample(5))


@pytest.mark.parametrize("noise", [np.zeros((3, 1)), np.zeros(100), np.full((2, 100), np.nan)])
def test_noise_of_the_wrong_form_is_refused(noise):
    with pytest.raises(SettingError, match="wanted"):
        DCGAN(width=4).sample(noise)
