"""Progressive growing: its loss worked out by hand, and a growth that can be resumed."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import settings
from keras import ops

from stylekit.data import digits, domains
from stylekit.data.batches import Batches
from stylekit.errors import ImageError, SettingError
from stylekit.methods import progressive
from stylekit.methods.progressive import Progressive
from stylekit.nn import growing
from stylekit.training.trainer import Trainer

ORANGE, DARK = (0.8, 0.1, -0.7), (-0.9, -0.9, -0.9)
few = settings(deadline=None, max_examples=10)


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def small(**changes):
    return Progressive(**{"side": 16, "width": 8, "phase": 2, "learning_rate": 2e-3, **changes})


def copies(variables):
    return [ops.convert_to_numpy(variable).copy() for variable in variables]


def unchanged(before, variables):
    return [np.array_equal(old, new.numpy()) for old, new in zip(before, variables, strict=True)]


def halves(side):
    """Orange pictures with a dark left or right half."""
    pictures = np.tile(np.array(ORANGE, "float32"), (16, side, side, 1))
    pictures[::2, :, : side // 2], pictures[1::2, :, side // 2 :] = DARK, DARK
    domain = domains.Domain("halves", pictures)
    return digits.Batches(domain, domain, batch_size=8, seed=1)


@pytest.fixture(scope="module")
def batches():
    return halves(16)


# --- losses and fades -------------------------------------------------------------------------------------------------


def test_real_pictures_are_faded_like_gs():
    gan, x = small(), draw(6, 2, 16, 16, 3)
    coarse = np.array(growing.shrunk(x)).repeat(2, 1).repeat(2, 2)
    assert np.array_equal(gan.seen(x, 2, 0.0), coarse) and np.array_equal(gan.seen(x, 2, 1.0), x)
    assert np.array(gan.seen(x, 2, 0.25)) == pytest.approx(0.75 * coarse + 0.25 * x, abs=1e-6)
    assert np.array(gan.seen(x, 0, 1.0)) == pytest.approx(x.reshape(2, 4, 4, 4, 4, 3).mean(axis=(2, 4)), abs=1e-6)


def test_the_loss_of_a_linear_critic_by_hand():
    slope = np.array([3.0, 0.0, 4.0], "float32")  # D(x) = 3 red + 4 blue, of one pixel: steepness 5 everywhere
    real, fake = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 1.0]]), np.array([[0.0, 0.0, 0.5], [-1.0, 0.0, 0.0]])
    gradients = np.tile(slope, (2, 1, 1, 1))
    loss = progressive.critic_loss((real @ slope)[:, None], (fake @ slope)[:, None], gradients)
    # -(3 - 2) + 10 (5 - 1)^2 + 0.001 * 3^2, and -(4 + 3) + 10 (5 - 1)^2 + 0.001 * 4^2
    assert np.array(loss) == pytest.approx([159.009, 153.016], rel=1e-5)


# --- growing ----------------------------------------------------------------------------------------------------------


def test_stages_and_fades_take_turns():
    gan = small(phase=4)
    moments = [tuple(float(number) for number in gan.moment(age)) for age in range(20)]
    assert moments[:4] == [(0, 1)] * 4
    assert moments[4:8] == [(1, 0), (1, 0.25), (1, 0.5), (1, 0.75)] and moments[8:12] == [(1, 1)] * 4
    assert moments[12:16] == [(2, 0), (2, 0.25), (2, 0.5), (2, 0.75)] and moments[16:] == [(2, 1)] * 4
    assert gan.growth == 16
    assert tuple(float(number) for number in gan.moment(10**9)) == (2, 1)
    plain = small(phase=0)
    assert plain.growth == 0 and tuple(float(number) for number in plain.moment(0)) == (2, 1)


@pytest.fixture(scope="module")
def grown(batches):
    """A training through all stages, and what it was at each."""
    gan = small()
    trainer = Trainer(gan)
    seen = []

    def watch(trainer, terms):
        seen.append((copies(gan.generators[-1].trainable_variables), gan.sample(3).shape))

    trainer.fit(batches, 12, [watch], progress=False)
    return gan, trainer, seen


def test_every_stage_draws_its_own_side_and_is_compiled_once(grown):
    gan, trainer, seen = grown
    assert [shape[1] for _, shape in seen] == [4] * 1 + [8] * 4 + [16] * 7  # after the step, the next one is due
    assert trainer.traces == 1
    assert set(trainer.history.terms) == {"generator", "discriminator", "distance"}


def test_layers_that_are_not_there_yet_stay_as_they_are(grown):
    gan, _, seen = grown
    before = {id(weight) for weight in gan.generators[1].trainable_variables}
    new = [i for i, weight in enumerate(gan.generators[2].trainable_variables) if id(weight) not in before]
    for step in range(5):  # 2 at 4 px, 2 of fading, 2 at 8 px
        assert all(np.array_equal(seen[step][0][i], seen[step + 1][0][i]) for i in new)
    assert not any(np.array_equal(seen[6][0][i], seen[7][0][i]) for i in new)  # the first with an alpha above 0


@pytest.mark.parametrize("only", ["generator", "discriminator"])
def test_who_trains_alone_leaves_the_other_as_it_is(batches, only):
    gan = small(phase=0)
    players = {"generator": gan.generators[-1], "discriminator": gan.discriminators[-1]}
    before = {name: copies(player.trainable_variables) for name, player in players.items()}
    Trainer(gan).train_step(*next(iter(batches.dataset())), only)
    for name, player in players.items():
        same = unchanged(before[name], player.trainable_variables)
        # the colours of the stage before have no say at alpha 1
        assert sum(not kept for kept in same) == (len(same) - 2 if name == only else 0)


def test_it_learns_colours_and_halves():
    gan = small(side=8, width=16, phase=60, learning_rate=4e-3, momentum=0.9)
    Trainer(gan).fit(halves(8), gan.growth + 100, progress=False)
    sides = gan.sample(64).reshape(64, 8, 2, 4, 3).mean(axis=(1, 3))
    left_is_dark = sides[:, 0, 0] < sides[:, 1, 0]
    assert 0.1 < left_is_dark.mean() < 0.9  # both kinds are drawn
    sides[left_is_dark] = sides[left_is_dark, ::-1]
    assert np.abs(sides.mean(axis=0) - [ORANGE, DARK]).mean() < 0.2


def test_a_run_goes_on_where_it_was_saved_in_the_middle_of_a_fade(batches, tmp_path, grown):
    Trainer(small(), tmp_path).fit(batches, 7, progress=False)
    gan = small(seed=9)
    resumed = Trainer(gan, tmp_path)
    assert resumed.resume() == 7
    assert tuple(float(number) for number in gan.moment(7)) == (2, 0.5) and gan.sample(1).shape == (1, 16, 16, 3)
    resumed.fit(batches, 5, progress=False)
    _, whole, _ = grown
    assert all(np.array_equal(a, b) for a, b in zip(whole.snapshot(), resumed.snapshot(), strict=True))


def test_samples_come_from_the_average(batches):
    gan = small(phase=0, momentum=0.5)
    start = gan.sample(2)
    weights = gan.generators[-1].trainable_variables
    before = copies(weights)
    Trainer(gan).train_step(*next(iter(batches.dataset())))
    after = copies(weights)
    drawn = gan.sample(2)
    assert all(unchanged(after, weights))  # drawing changes nothing
    for weight, a, b in zip(weights, before, after, strict=True):
        weight.assign((a + b) / 2)
    noise = tf.constant(np.random.default_rng(0).normal(size=(2, 8)), tf.float32)
    expected = np.clip(gan.generators[-1]([noise, tf.constant(1.0)]), -1, 1)
    assert drawn == pytest.approx(expected, abs=1e-5) and not np.array_equal(drawn, start)


def test_the_same_noise_gives_the_same_picture_whatever_stands_beside_it(grown):
    gan, *_ = grown
    noise = draw(3, 5, 8)
    assert gan.sample(noise)[:2] == pytest.approx(gan.sample(noise[:2]), abs=1e-5)
    assert np.array_equal(gan(noise), gan.sample(noise, stage=2, alpha=1.0))
    assert gan.sample(noise, stage=0).shape == (5, 4, 4, 3) and np.abs(gan.sample(5)).max() <= 1


# --- what cannot be done ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [0, 4, 12, 33, 2048, -8, 8.0, "16", True])
def test_a_side_that_4_px_cannot_grow_to_is_refused(side):
    with pytest.raises(SettingError, match="power of two from 8 to 1024"):
        small(side=side)


@pytest.mark.parametrize("setting", [{"phase": -1}, {"phase": 1.5}, {"width": 0}, {"widest": 0}])
def test_numbers_that_cannot_be_are_refused(setting):
    with pytest.raises(SettingError, match=f"The {next(iter(setting))} is .*: wanted a whole number"):
        small(**setting)


@pytest.mark.parametrize("crop", [8, 20])
def test_pairs_of_another_side_are_refused(crop):
    photos = domains.photos(32, "train")
    with pytest.raises(ImageError, match=f"{crop} x {crop} px, but this method grows to 16"):
        Trainer(small()).fit(Batches(photos, photos, crop=crop, batch_size=2), 1)


@pytest.mark.parametrize("noise", [np.zeros((3, 1)), np.zeros((0, 8)), np.zeros(8), np.full((2, 8), np.nan)])
def test_noise_of_the_wrong_form_is_refused(grown, noise):
    with pytest.raises(SettingError, match="wanted"):
        grown[0].sample(noise)


@pytest.mark.parametrize("stage, alpha", [(3, 1.0), (-1, 1.0), (1, 1.5), (1, float("nan"))])
def test_a_stage_that_there_is_not_is_refused(grown, stage, alpha):
    with pytest.raises(SettingError, match="wanted 0 to 2, and 0 to 1"):
        grown[0].sample(2, stage, alpha)
