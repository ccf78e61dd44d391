"""The GAN of points: its points and distances by hand, its rules, and that G learns the shapes."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from stylekit.course import toy2d
from stylekit.errors import DataError, ImageError, SettingError, TrainingError

few = settings(deadline=None, max_examples=10)
seeds = st.integers(0, 10_000)
RING = toy2d.ring()


@pytest.fixture(scope="module")
def game():
    """One game for all: compiling takes longer than playing. A test begins with `fresh`."""
    return toy2d.Game(RING.sample(2000, seed=1), seed=7)


def fresh(game):
    game.reset()
    game.aim(RING.sample(2000, seed=1))
    game.set("non_saturating", 1e-3, 1e-3, 1)
    return game


def states(game):
    return [[weight.copy() for weight in model.get_weights()] for model in (game.generator, game.discriminator)]


def same(before, after):
    return all(map(np.array_equal, before, after))


# --- points -----------------------------------------------------------------------------------------------------------


@few
@given(st.sampled_from(sorted(toy2d.SHAPES)), st.integers(1, 300), seeds)
def test_every_shape_gives_points_in_the_square_and_the_same_for_a_seed(name, count, seed):
    points = toy2d.SHAPES[name](count, seed=seed)
    assert points.shape == (count, 2) and points.dtype == np.float32
    assert np.abs(points).max() < 1.2
    np.testing.assert_array_equal(points, toy2d.SHAPES[name](count, seed=seed))


def test_a_mixtures_density_by_hand():
    two = toy2d.Mixture([[0, 0], [100, 0]], deviation=2.0)
    # half of a Gaussian's peak, 1 / (2 pi 4); one deviation away it is exp(-1/2) of that
    np.testing.assert_allclose(two.density([[0, 0], [0, 2]]), np.array([1, np.exp(-0.5)]) / (16 * np.pi))


def test_a_density_sums_to_one_and_is_where_the_points_are():
    cell = (2.4 / 60) ** 2
    mixture = toy2d.Mixture([[-0.3, 0.2], [0.3, 0]], deviation=0.15)
    density = toy2d.over_square(mixture.density)
    assert density.sum() * cell == pytest.approx(1, abs=1e-3)
    points = mixture.sample(200_000, seed=1)
    counted, *_ = np.histogram2d(-points[:, 1], points[:, 0], bins=61, range=[(-1.22, 1.22)] * 2)
    assert np.abs(counted / 200_000 / cell - density).max() < 0.4  # of a peak of 3.5


@pytest.mark.parametrize("centres, deviation", [([[0, 0, 0]], 1), ([0, 0], 1), ([[0, 0]], 0), ([[0, 0]], -1)])
def test_a_mixture_that_makes_no_sense_is_refused(centres, deviation):
    with pytest.raises(SettingError, match="mixture"):
        toy2d.Mixture(centres, deviation)


def test_a_drawing_becomes_points_where_its_letters_are():
    points = toy2d.from_text("\n..#\n#..\n", 4000, seed=1)  # three lines, the first one empty
    assert set(map(tuple, np.sign(np.round(points, 6)).astype(int))) <= {(1, 1), (1, -1), (1, 0), (-1, -1)}
    right = points[points[:, 0] > 0]
    assert 0.3 < right[:, 0].min() and right[:, 0].max() <= 0.9  # the third of three columns, each 0.6 wide
    assert -0.3 <= right[:, 1].min() and right[:, 1].max() <= 0.3
    assert len(right) == pytest.approx(2000, abs=150)
    lower = points[points[:, 0] < 0]
    assert lower[:, 1].max() <= -0.3 and lower[:, 0].max() <= -0.3


def test_a_picture_becomes_points_where_it_is_dark():
    picture = np.ones((10, 20, 3), "float32")
    picture[:, :5] = -1
    points = toy2d.from_picture(picture, 1000)
    assert points[:, 0].max() <= -0.45 and np.abs(points[:, 1]).max() <= 0.45
    with pytest.raises(ImageError):
        toy2d.from_picture(picture[..., 0], 10)


@pytest.mark.parametrize("weights", [[[0, 0]], [[-1, 2]], [[np.nan, 1]], [1, 2], np.zeros((0, 0))])
def test_a_drawing_of_nothing_is_refused(weights):
    with pytest.raises(DataError, match="nothing in the drawing"):
        toy2d.from_weights(weights, 10)


@pytest.mark.parametrize("text", ["", "\n\n", "...\n..."])
def test_a_text_of_nothing_is_refused(text):
    with pytest.raises(DataError, match="nothing in the drawing"):
        toy2d.from_text(text, 10)


# --- how far apart ----------------------------------------------------------------------------------------------------


def test_a_distance_by_hand():
    points = RING.sample(200)
    assert toy2d.distance(points, points) == pytest.approx(0, abs=1e-6)
    # moved by 1 to the right, seen from the angle a: |cos a|, which is 2 / pi on average
    assert toy2d.distance(points, points + np.float32([1, 0])) == pytest.approx(2 / np.pi, abs=1e-3)


@few
@given(seeds)
def test_a_distance_is_symmetric_and_grows_with_the_shift(seed):
    a, b = RING.sample(150, seed), toy2d.SHAPES["moons"](100, seed)
    assert toy2d.distance(a, b) == pytest.approx(toy2d.distance(b, a))
    assert toy2d.distance(a, a + 0.1) < toy2d.distance(a, a + 0.3)


def test_coverage_counts_modes_that_are_hit_often_enough():
    assert toy2d.coverage(RING.sample(1000), RING) == 8
    assert toy2d.coverage(RING.centres[:3].repeat(10, axis=0), RING) == 3
    assert toy2d.coverage(np.zeros((50, 2)), RING) == 0
    rare = RING.centres[[0] * 99 + [1]]  # one of 100 points, where an eighth was due
    assert toy2d.coverage(rare, RING) == 1


# --- the rules --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("only, learns", [("generator", 0), ("discriminator", 1)])
def test_a_turn_of_one_leaves_the_other_as_it_was(game, only, learns):
    before = states(fresh(game))
    game.run(3, only=only)
    after = states(game)
    assert not same(before[learns], after[learns])
    assert same(before[1 - learns], after[1 - learns])


@pytest.mark.slow
@few
@given(seeds, st.integers(1, 30), st.integers(1, 30))
def test_two_runs_are_one_longer_run_and_reset_brings_it_back(game, seed, first, second):
    fresh(game).run(first)
    game.run(second)
    split, losses = states(game), game.history["discriminator"]
    assert game.step == first + second
    fresh(game).run(first + second)
    assert same(split[0], states(game)[0]) and same(split[1], states(game)[1])
    np.testing.assert_array_equal(losses, game.history["discriminator"])


def test_another_seed_is_another_game(game):
    other = toy2d.Game(RING.sample(2000, seed=1), seed=8)
    assert not same(states(fresh(game))[0], states(other)[0])
    assert not np.array_equal(game.samples(), other.samples())


def test_reset_keeps_the_rules_that_hold_now(game):
    fresh(game).set("hinge", 0.0, 2e-3, 2)
    game.reset()
    before = states(game)
    game.run(2)
    assert same(before[0], states(game)[0]) and not same(before[1], states(game)[1])
    assert game.form == "hinge" and float(game.optimizers[1].learning_rate) == pytest.approx(2e-3)


@pytest.mark.slow
def test_more_steps_of_d_are_more_steps_of_d(game):
    fresh(game).set(discriminator_steps=3, generator_learning_rate=0.0)
    game.run(4)
    assert int(game.optimizers[1].iterations) == 12 and int(game.optimizers[0].iterations) == 4


def test_the_losses_of_an_untrained_game_are_those_of_not_knowing(game):
    history = fresh(game).run(1)
    assert history["discriminator"][0] == pytest.approx(2 * np.log(2), abs=0.2)
    assert history["adversarial"][0] == pytest.approx(np.log(2), abs=0.2)


@pytest.mark.slow
@pytest.mark.parametrize("form", toy2d.FORMS)
def test_every_form_trains_both(game, form):
    fresh(game).set(form)
    before = states(game)
    history = game.run(5)
    assert np.isfinite(history["adversarial"]).all()
    assert not any(map(same, before, states(game)))
    verdict = game.judge(game.real[:50])
    assert verdict.shape == (50,)
    assert form not in ("log", "non_saturating") or (0 < verdict.min() and verdict.max() < 1)


def test_the_penalty_holds_the_slope_near_one(game):
    fresh(game).set("wasserstein", discriminator_steps=5)
    game.run(300)
    points = game.samples(300)
    step = np.float32([1e-2, 0]), np.float32([0, 1e-2])
    slopes = [(game.judge(points + s) - game.judge(points - s)) / 2e-2 for s in step]
    assert 0.6 < np.linalg.norm(slopes, axis=0).mean() < 1.4


def test_the_penalty_looks_between_real_and_fake_points():
    game = toy2d.Game(RING.sample(10))
    game.discriminator = lambda points: keras.ops.sum(points**2, axis=1, keepdims=True) / 2  # its slope is the place
    real, fake = tf.fill((256, 2), 1.0), tf.fill((256, 2), -1.0)
    places = game._slopes_between(real, fake).numpy()
    np.testing.assert_allclose(places[:, 0], places[:, 1], atol=1e-6)
    assert -1 <= places.min() < -0.9 and 0.9 < places.max() <= 1 and abs(places.mean()) < 0.1


def test_the_pull_goes_uphill(game):
    fresh(game).run(100, only="discriminator")
    points = game.samples(200)
    pull = game.pull(points)
    nearer = points + 1e-3 * pull / np.linalg.norm(pull, axis=1, keepdims=True)
    assert (game.judge(nearer) > game.judge(points)).mean() > 0.95


def test_the_game_aims_at_new_points(game):
    fresh(game).aim(np.float32([[5, 5]]))
    game.run(150, only="discriminator")
    assert game.judge([[5, 5]])[0] > 0.9 > 0.5 > game.judge(game.samples(50)).mean()


@pytest.mark.parametrize("real", [np.zeros((0, 2)), np.zeros((3, 3)), [1, 2], [[np.nan, 0]]])
def test_points_that_are_none_are_refused(game, real):
    with pytest.raises(DataError, match="real points have the shape"):
        game.aim(real)


@pytest.mark.parametrize(
    "rules, sentence",
    [
        ({"form": "softmax"}, "wanted one of log, non_saturating"),
        ({"generator_learning_rate": -1}, "learning rate is -1"),
        ({"discriminator_learning_rate": np.nan}, "learning rate is nan"),
        ({"discriminator_learning_rate": 30}, "from 0 to 1"),
        ({"discriminator_steps": 0}, "wanted 1 to 100"),
        ({"discriminator_steps": 1.5}, "wanted 1 to 100"),
    ],
)
def test_rules_that_make_no_sense_are_refused(game, rules, sentence):
    with pytest.raises(SettingError, match=sentence):
        game.set(**rules)


def test_runs_that_make_no_sense_are_refused(game):
    with pytest.raises(SettingError, match="Cannot take -1 steps"):
        game.run(-1)
    with pytest.raises(SettingError, match="'judge'"):
        game.run(1, only="judge")
    with pytest.raises(SettingError, match="wanted 2 or more"):
        game.film(10, frames=1)
    assert len(fresh(game).run(0)) == 0


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_what_is_no_number_ends_the_run(game, network):
    bias = getattr(fresh(game), network).weights[-1]
    bias.assign([np.nan] * bias.shape[0])
    with pytest.raises(TrainingError, match="reset the game"):
        game.run(2)
    assert np.isfinite(fresh(game).run(2)["adversarial"]).all()


# --- the theory -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_d_alone_finds_the_best_discriminator_and_its_loss():
    p, q = toy2d.Mixture([[-0.2, 0]], 0.35), toy2d.Mixture([[0.2, 0.1]], 0.25)
    fixed = keras.Sequential([keras.Input((2,)), keras.layers.Rescaling(0.25, offset=[0.2, 0.1])])
    game = toy2d.Game(p.sample(10_000), generator=fixed, seed=3)
    history = game.run(600, only="discriminator")
    game.run(1)  # a G that can't learn does no harm
    real, fake = toy2d.over_square(p.density), toy2d.over_square(q.density)
    best, share = real / (real + fake), (real + fake) / (real + fake).sum()
    assert (share * np.abs(toy2d.over_square(game.judge) - best)).sum() < 0.04
    loss = -((2.4 / 60) ** 2) * (real * np.log(best) + fake * np.log(1 - best)).sum()
    assert history["discriminator"][-200:].mean() == pytest.approx(loss, abs=0.03)


def test_g_learns_the_ring(game):
    film = fresh(game).film(800, frames=3)
    assert [frame.step for frame in film] == [0, 400, 800]
    assert toy2d.distance(film[-1].fake, RING.sample(1000)) < toy2d.distance(film[0].fake, RING.sample(1000)) / 3
    assert toy2d.coverage(film[-1].fake, RING) >= 7
