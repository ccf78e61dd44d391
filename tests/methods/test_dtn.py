"""DTN: the paper's layers, losses computed by hand, an f that never moves, and a transfer that keeps the class."""

import functools

import numpy as np
import pytest
from keras import layers
from resuming import check_goes_on
from scipy.special import log_softmax

from stylekit.data import digits, domains
from stylekit.errors import DataError, ImageError, SettingError
from stylekit.methods import dtn
from stylekit.training.objective import Objective
from stylekit.training.trainer import Trainer


def bars(count, colours, seed):
    """Pictures (count, 32, 32, 3) of a lying (label 0) or a standing bar (label 1), and the labels."""
    draw = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    pictures = np.empty((count, 32, 32, 3), "float32")
    for picture, label in zip(pictures, labels, strict=True):
        ground, bar = colours(draw)
        place = draw.integers(8, 20)
        picture[:] = ground
        (picture if label else picture.transpose(1, 0, 2))[:, place : place + 6] = bar
    return pictures, labels


def any_colours(draw):
    return draw.uniform(0.2, 1, 3), draw.uniform(-1, -0.2, 3)


def orange_and_blue(draw):
    return (0.9, 0.4, -0.8), (-0.9, -0.4, 0.6)


@pytest.fixture(scope="module")
def problem():
    photos, labels = bars(64, any_colours, 0)
    paintings, _ = bars(64, orange_and_blue, 1)
    return photos, labels, paintings


@pytest.fixture(scope="module")
def classifier(problem):
    photos, labels, _ = problem
    return dtn.train_classifier(photos, labels, width=8, epochs=10)


@pytest.fixture(scope="module")
def f(classifier):
    return dtn.encoder(classifier)


@pytest.fixture(scope="module")
def batches(problem):
    photos, _, paintings = problem
    return digits.Batches(domains.Domain("bars", photos), domains.Domain("painted", paintings), batch_size=8, seed=1)


def filters(network, kind):
    return [layer.filters for layer in network.layers if type(layer) is kind]


def test_f_is_the_papers():
    classifier = dtn.digit_classifier()
    f = dtn.encoder(classifier)
    assert filters(f, layers.Conv2D) == [64, 128, 256, 128]
    pools = [layer.pool_size for layer in f.layers if isinstance(layer, layers.MaxPooling2D)]
    assert pools == [(2, 2), (2, 2), (2, 2), (4, 4)]
    assert f.output_shape == (None, 1, 1, 128) and classifier.output_shape == (None, 10)
    kernels, biases = 9 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 128), 64 + 128 + 256 + 128
    assert f.count_params() == kernels + biases
    assert classifier.count_params() == f.count_params() + 128 * 10 + 10
    assert isinstance(f.layers[-2], layers.MaxPooling2D)  # taken before the ReLU


def test_g_and_D_are_the_papers():
    g, discriminator = dtn.decoder(), dtn.ternary_discriminator()
    assert filters(g, layers.Conv2DTranspose) == [512, 256, 128, 3]
    assert g.input_shape == (None, 1, 1, 128) and g.output_shape == (None, 32, 32, 3)
    assert sum(isinstance(layer, layers.BatchNormalization) for layer in g.layers) == 3
    norms = 4 * (512 + 256 + 128)  # scale, shift, mean and variance
    assert g.count_params() == 16 * (128 * 512 + 512 * 256 + 256 * 128 + 128 * 3) + 3 + norms
    assert filters(discriminator, layers.Conv2D) == [64, 128, 256, 512]
    assert sum(isinstance(layer, layers.BatchNormalization) for layer in discriminator.layers) == 4
    assert discriminator.output_shape == (None, 3)
    kernels, norms = 9 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512), 4 * (64 + 128 + 256 + 512)
    assert discriminator.count_params() == kernels + norms + 2 * 2 * 512 * 3 + 3


def test_the_ternary_loss_is_a_cross_entropy():
    logits = np.random.default_rng(0).normal(0, 3, (5, 3)).astype("float32")
    for kind in (dtn.FROM_PHOTO, dtn.FROM_PAINTING, dtn.REAL):
        probability = np.exp(logits[:, kind]) / np.exp(logits).sum(axis=1)
        assert dtn.ternary_loss(logits, kind).numpy() == pytest.approx(-np.log(probability), rel=1e-4)
    assert dtn.ternary_loss(np.zeros((2, 3), "float32"), dtn.REAL).numpy() == pytest.approx(np.log(3))
    sure = np.array([[1e4, -1e4, 0]], "float32")
    assert dtn.ternary_loss(sure, dtn.FROM_PAINTING).numpy() == pytest.approx(2e4)


def test_each_term_looks_at_its_own_domain(f, problem):
    photos, _, paintings = (part[:6] for part in problem)
    method = dtn.DTN(f, width=4, seed=1)
    terms, of_discriminator = method.losses_of(photos, paintings)
    both = np.concatenate([photos, paintings])
    drawn = method.generator(f(both), training=True).numpy()
    from_photos, from_paintings = drawn[:6], drawn[6:]
    verdicts = method.discriminator(np.concatenate([drawn, paintings]), training=True).numpy()
    costs = -log_softmax(verdicts, axis=1)

    def mean_square(values):
        return np.mean(np.square(values), axis=(1, 2, 3))

    assert terms["constancy"].numpy() == pytest.approx(mean_square(f(from_photos) - f(photos)), rel=1e-3)
    assert terms["identity"].numpy() == pytest.approx(mean_square(from_paintings - paintings), rel=1e-3)
    assert terms["adversarial"].numpy() == pytest.approx(costs[:6, 2] + costs[6:12, 2], rel=1e-3)
    assert of_discriminator.numpy() == pytest.approx(costs[:6, 0] + costs[6:12, 1] + costs[12:, 2], rel=1e-3)
    steps = [np.abs(np.diff(drawn, axis=axis)).mean(axis=(1, 2, 3)) for axis in (1, 2)]
    assert terms["variation"].numpy() == pytest.approx(sum(s[:6] + s[6:] for s in steps), rel=1e-3)


def test_it_draws_the_class_of_the_photo_in_the_colours_of_the_paintings(f, batches, problem):
    photos, labels, paintings = problem
    method = dtn.DTN(f, width=8, learning_rate=2e-3)
    frozen = [variable.numpy() for variable in f.variables]
    Trainer(method).fit(batches, 80, progress=False)
    drawn = method(photos)
    judge = dtn.train_classifier(paintings, labels, width=8, epochs=10)
    assert dtn.accuracy(judge, paintings, labels) == 1
    assert dtn.accuracy(judge, drawn, labels) > 0.8

    def distance(pictures):
        return np.abs(pictures.mean(axis=(0, 1, 2)) - paintings.mean(axis=(0, 1, 2))).mean()

    assert distance(drawn) < 0.3 * distance(photos)
    assert drawn.shape == photos.shape and np.abs(drawn).max() <= 1
    assert all(np.array_equal(old, new.numpy()) for old, new in zip(frozen, f.variables, strict=True))


def test_f_hears_a_faint_bar_like_a_bold_one(f, problem):
    photos = problem[0][:4]
    bold, faint = f(photos).numpy(), f(0.7 * photos).numpy()
    other = f(problem[0][1:5]).numpy()
    assert bold.mean(axis=-1) == pytest.approx(0, abs=1e-4) and bold.std(axis=-1) == pytest.approx(1, abs=0.02)
    assert np.square(bold - faint).mean() < 0.2 * np.square(bold - other).mean()


@pytest.mark.parametrize("only", ["generator", "discriminator"])
def test_who_trains_alone_leaves_the_other_as_it_is(f, batches, only):
    method = dtn.DTN(f, width=4)
    trainer = Trainer(method)
    batch = next(iter(batches.dataset()))
    players = {"generator": method.generator, "discriminator": method.discriminator}
    before = {name: [v.numpy() for v in player.trainable_variables] for name, player in players.items()}
    trainer.train_step(*batch, only)
    for name, player in players.items():
        same = [np.array_equal(old, v.numpy()) for old, v in zip(before[name], player.trainable_variables, strict=True)]
        assert not any(same) if name == only else all(same)


def test_a_weight_acts_at_the_next_step_without_retracing(f, batches):
    batch = next(iter(batches.dataset()))
    method = dtn.DTN(f, width=4, objective=Objective(adversarial=0.0, constancy=0.0, identity=1.0, variation=0.0))
    trainer = Trainer(method)
    start = trainer.snapshot()
    ends = []
    for weights in ({}, {}, {"constancy": 50.0}):
        method.objective.weights.update(weights)
        trainer.restore(start)
        trainer.train_step(*batch, "generator")
        ends.append(method.generator.trainable_variables[0].numpy())
    assert np.array_equal(ends[0], ends[1]) and not np.array_equal(ends[0], ends[2])
    assert trainer.traces == 1


def test_a_run_goes_on_where_it_was_saved(f, batches, tmp_path):
    check_goes_on(functools.partial(dtn.DTN, f, width=4), batches, tmp_path)


def test_one_photo_is_drawn_like_many(f, problem):
    method = dtn.DTN(f, width=4)
    drawn = method(problem[0][:5])
    assert method(problem[0][2]) == pytest.approx(drawn[2], abs=1e-4)


def test_bad_input_is_told_in_a_sentence(f, problem):
    photos, labels, _ = problem
    method = dtn.DTN(f, width=4)
    with pytest.raises(ImageError, match="28 x 28 px: wanted 32 x 32"):
        method(np.zeros((28, 28, 3), "float32"))
    with pytest.raises(ImageError, match="NaN"):
        method(np.full((32, 32, 3), np.nan, "float32"))
    with pytest.raises(SettingError, match="wanted one from"):
        dtn.DTN(dtn.digit_classifier(width=4))
    with pytest.raises(DataError, match="64 pictures and 3 labels"):
        dtn.train_classifier(photos, labels[:3])
    with pytest.raises(SettingError, match="no term 'style'"):
        method.objective.weights["style"] = 1.0
    with pytest.raises(SettingError, match="The terms are"):
        Trainer(dtn.DTN(f, width=4, objective=Objective(content=1.0))).train_step(photos[:2], photos[:2])
