"""The painter: any picture in, a picture out, the weights as sliders, and files that keep it."""

import io
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from stylekit import metrics
from stylekit.data import domains
from stylekit.errors import DataError, ImageError, SettingError
from stylekit.methods.painter import TERMS, Painter
from stylekit.nn import features, losses
from stylekit.nn.features import feature_extractor
from stylekit.training.objective import Objective, starting_weights

few = settings(deadline=None, max_examples=8)


def noise(seed, *shape):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype("float32")


def small_extractor():
    """An F of two layers: the painter is tested here, not F, and a small F compiles fast."""
    pictures = keras.layers.Input((None, None, 3))
    first = keras.layers.Conv2D(8, 3, 2, padding="same", activation="relu")(pictures)
    second = keras.layers.Conv2D(16, 3, 2, padding="same")(first)
    extractor = keras.Model(pictures, [first, second])
    for layer in extractor.layers[1:]:
        layer.set_weights([np.random.default_rng(2).normal(0, 0.3, w.shape) for w in layer.get_weights()])
    return feature_extractor(extractor)


def small_painter(**settings):
    extractor = small_extractor()
    typical = features.measured_statistics(extractor, domains.photos(size=128, split="train"))
    return Painter(**{"width": 4, "blocks": 1, "feature_extractor": extractor, "typical": typical, **settings})


@pytest.fixture(scope="module")
def painter():
    """Untrained, but shaken, so that style and weights show in its pictures."""
    painter = small_painter()
    random = np.random.default_rng(1)
    for variable in painter.generator_variables:
        variable.assign(variable + random.normal(0, 0.1, variable.shape))
    return painter


# --- painting ---------------------------------------------------------------------------------------------------------


@few
@given(st.tuples(st.integers(1, 40), st.integers(1, 40)), st.tuples(st.integers(1, 40), st.integers(1, 40)))
def test_any_photo_in_the_style_of_any_painting_keeps_its_size(painter, size, other):
    picture = painter(noise(1, *size, 3), noise(2, *other, 3))
    assert isinstance(picture, np.ndarray) and picture.dtype == "float32" and picture.shape == (*size, 3)
    assert np.isfinite(picture).all() and np.abs(picture).max() <= 1


@pytest.mark.parametrize("size", [(16, 16), (33, 47)])
def test_a_flat_photo_becomes_a_flat_picture_to_its_last_pixel(painter, size):
    picture = painter(np.full((*size, 3), 0.4, "float32"), noise(1, 24, 24, 3))
    assert np.ptp(picture, axis=(0, 1)).max() < 1e-3


@pytest.mark.parametrize("term", TERMS)
def test_each_weight_changes_the_picture(painter, term):
    photo, painting = noise(1, 32, 32, 3), noise(2, 32, 32, 3)
    usual = painter(photo, painting)
    up, down = (painter(photo, painting, **{term: weight}) for weight in (30.0, 1 / 30))
    for one, other in ((usual, up), (usual, down), (up, down)):
        assert np.abs(one - other).mean() > 0.01


def test_each_weight_comes_to_its_own_input(painter):
    photo, painting = noise(1, 1, 32, 32, 3), noise(2, 1, 32, 32, 3)
    expected = painter.draw(photo, painter.style_code(painting).numpy(), np.float32([[0.1, 2, 30]]))
    assert np.allclose(painter(photo, painting, adversarial=0.1, content=2, style=30), expected, atol=1e-4)


def test_only_the_ratios_of_the_weights_matter(painter):
    photo, painting = noise(1, 32, 32, 3), noise(2, 32, 32, 3)
    usual = painter(photo, painting, adversarial=0.5, content=2, style=1)
    assert np.allclose(painter(photo, painting, adversarial=5, content=20, style=10), usual, atol=1e-4)


@pytest.mark.parametrize("weights", [(0, 0, 1), (0, 1, 0), (1, 0, 0), (1e-30, 1e30, 1)])
def test_weights_at_their_ends_give_pictures(painter, weights):
    picture = painter(noise(1, 16, 16, 3), noise(2, 16, 16, 3), *weights)
    assert np.isfinite(picture).all()


def test_the_style_comes_from_the_painting(painter):
    photo, painting = noise(1, 32, 32, 3), noise(2, 32, 32, 3)
    assert np.abs(painter(photo, painting) - painter(photo, 0.3 * painting - 0.6)).mean() > 0.01


def test_a_batch_gives_what_its_pictures_give_alone(painter):
    photos, paintings = noise(1, 3, 20, 24, 3), noise(2, 3, 33, 17, 3)
    together = painter(photos, paintings)
    assert together.shape == photos.shape
    alone = [painter(photo, painting) for photo, painting in zip(photos, paintings, strict=True)]
    assert np.allclose(together, alone, atol=1e-4)
    assert np.allclose(painter(photos[:1], paintings[0]), together[:1], atol=1e-4)


def test_one_painting_serves_all_photos(painter):
    photos, painting = noise(1, 3, 20, 24, 3), noise(2, 20, 20, 3)
    together = painter(photos, painting)
    assert np.allclose(together[2], painter(photos[2], painting), atol=1e-4)
    assert np.allclose(painter(photos, painting[None]), together, atol=1e-6)


def test_nothing_is_compiled_twice_for_one_size_whatever_the_weights():
    painter = small_painter()
    for weight in (0.01, 1, 100):
        for height, width in ((17, 20), (32, 32), (30, 31)):  # they fill up to the same 32 x 32
            painter(noise(1, height, width, 3), noise(2, height, width, 3), content=weight)
    assert painter._compiled_draw.experimental_get_tracing_count() == 1
    assert painter._compiled_code.experimental_get_tracing_count() == 1
    for side in (40, 50, 60):
        painter(noise(1, side, 32, 3), noise(2, 32, 32, 3))
    assert painter._compiled_draw.experimental_get_tracing_count() <= 3
    assert painter._compiled_code.experimental_get_tracing_count() == 1


def test_what_is_typical_is_shipped_and_each_painters_own():
    shipped = features.typical_statistics()
    first, second = Painter(width=4, blocks=1), Painter(width=4, blocks=1, feature_extractor=feature_extractor())
    assert np.array_equal(first.typical, shipped) and np.array_equal(second.typical, shipped)
    first.typical[:] = 0
    assert np.array_equal(Painter(width=4, blocks=1).typical, shipped)


def test_an_f_of_ones_own_needs_its_typical_statistics():
    with pytest.raises(SettingError, match=r"typical=features.measured_statistics\(F, photos\)"):
        Painter(width=4, blocks=1, feature_extractor=small_extractor())


def test_the_same_seed_gives_the_same_painter():
    photo, painting = noise(1, 16, 16, 3), noise(2, 16, 16, 3)
    first, second, other = (small_painter(seed=seed)(photo, painting) for seed in (3, 3, 4))
    assert np.array_equal(first, second) and not np.allclose(first, other, atol=0.01)


# --- wrong input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong", [np.zeros((8, 8)), np.full((8, 8, 3), np.nan), np.zeros((8, 8, 3), "uint8"), np.full((8, 8, 3), 2.0), "me"]
)
def test_wrong_pictures_are_refused_by_name(painter, wrong):
    right = np.zeros((8, 8, 3), "float32")
    with pytest.raises(ImageError, match="photo"):
        painter(wrong, right)
    with pytest.raises(ImageError, match="painting"):
        painter(right, wrong)


def test_a_wrong_number_of_paintings_is_refused(painter):
    with pytest.raises(ImageError, match="Got 3 photos and 2 paintings"):
        painter(noise(1, 3, 8, 8, 3), noise(2, 2, 8, 8, 3))


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize(
    "weights",
    [
        {"style": -1},
        {"style": "high"},
        {"content": np.nan},
        {"adversarial": np.inf},
        {"style": 1e39},
        dict.fromkeys(TERMS, 0),
    ],
)
def test_wrong_weights_are_refused(painter, weights):
    with pytest.raises(SettingError, match="wanted finite numbers >= 0, not all 0"):
        painter(noise(1, 8, 8, 3), noise(2, 8, 8, 3), **weights)


# --- terms ------------------------------------------------------------------------------------------------------------


def tensors(batch):
    """Photos, paintings and weights as the compiled step is given them."""
    return tf.constant(noise(1, batch, 32, 32, 3)), tf.constant(noise(2, batch, 32, 32, 3)), tf.ones((batch, 3))


def test_the_terms_are_those_of_each_picture(painter):
    photos, paintings, weights = tensors(2)
    terms, discriminator_loss = painter.losses_of(photos, paintings, weights, training=False)
    assert tuple(terms) == TERMS and all(term.shape == (2,) for term in (*terms.values(), discriminator_loss))
    extractor, pictures = painter.feature_extractor, painter(photos, paintings)
    assert np.allclose(terms["style"], metrics.style_distance(extractor, pictures, paintings), rtol=1e-3)
    one = painter.losses_of(photos[1:], paintings[1:], weights[1:], training=False)[0]
    assert all(np.allclose(one[name], terms[name][1:], rtol=1e-3, atol=1e-5) for name in TERMS)


def test_d_is_asked_about_the_painting_as_real_and_the_picture_as_fake(painter):
    photos, paintings, weights = tensors(1)
    terms, discriminator_loss = painter.losses_of(photos, paintings, weights, training=False)
    code = painter.style_code(paintings)
    real = painter.discriminator([paintings, code])
    fake = painter.discriminator([painter.draw(photos, code, weights), code])
    assert np.allclose(discriminator_loss, losses.hinge_discriminator_loss(real, fake), atol=1e-4)
    assert np.allclose(terms["adversarial"], losses.critic_generator_loss(fake), atol=1e-4)


@pytest.mark.parametrize("form", losses.ADVERSARIAL)
def test_every_adversarial_form_can_take_a_step(form):
    painter = small_painter(adversarial_form=form)
    before = [v.numpy() for v in (*painter.generator_variables, *painter.discriminator.trainable_variables)]
    terms = painter.step(tf.constant(noise(1, 2, 16, 16, 3)), tf.constant(noise(2, 2, 16, 16, 3)), seed=(1, 2))
    after = [*painter.generator_variables, *painter.discriminator.trainable_variables]
    assert all(np.isfinite(term) for term in terms.values())
    assert np.mean([not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]) > 0.9


def test_gradient_shares_follow_the_weights_and_change_nothing():
    painter = small_painter(objective=Objective(adversarial=1.0, content=1.0, style=1.0))
    photos, paintings = noise(1, 2, 32, 32, 3), noise(2, 2, 32, 32, 3)
    before = [v.numpy() for v in painter.state()]
    usual = painter.gradient_shares(photos, paintings)
    assert sum(usual.values()) == pytest.approx(1) and tuple(usual) == TERMS
    painter.objective.weights["content"] = 100.0
    assert painter.gradient_shares(photos, paintings)["content"] > usual["content"]
    painter.objective.weights.update(content=1.0, style=0)
    assert painter.gradient_shares(photos, paintings)["style"] == 0
    painter.objective.weights["style"] = 1
    assert all(np.array_equal(a, b) for a, b in zip(before, painter.state(), strict=True))


def test_starting_weights_make_the_terms_pull_as_stated():
    painter = small_painter()
    photos, paintings = noise(1, 2, 32, 32, 3), noise(2, 2, 32, 32, 3)
    wanted = {"adversarial": 0.2, "content": 0.3, "style": 0.5}
    painter.objective.weights.update(starting_weights(painter.gradient_norms(photos, paintings), wanted))
    assert painter.gradient_shares(photos, paintings) == pytest.approx(wanted, abs=1e-3)


def test_half_precision_trains_and_paints():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        painter = small_painter()
        terms = painter.step(tf.constant(noise(1, 2, 16, 16, 3)), tf.constant(noise(2, 2, 16, 16, 3)), seed=(1, 2))
        picture = painter(noise(1, 17, 16, 3), noise(2, 16, 16, 3))
    finally:
        keras.config.set_dtype_policy("float32")
    networks = (painter.generator, painter.discriminator, painter.style_encoder)
    assert {layer.compute_dtype for network in networks for layer in network.layers if layer.weights} == {"bfloat16"}
    assert all(np.isfinite(term) for term in terms.values())
    assert picture.dtype == "float32" and np.isfinite(picture).all()


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_painter_comes_back_from_its_file(painter, tmp_path):
    path = painter.save(tmp_path / "painter.npz")
    again = Painter.load(path, feature_extractor=small_extractor())
    photo, painting = noise(1, 32, 32, 3), noise(2, 32, 32, 3)
    assert np.abs(again(photo, painting, content=3) - painter(photo, painting, content=3)).max() < 0.02
    for one in (again, painter):
        assert [one.settings[name] for name in ("width", "blocks", "strokes")] == [4, 1, False]
    assert again.save(tmp_path / "again.npz").read_bytes() == path.read_bytes()  # a second rounding changes nothing


def test_a_painter_with_layers_for_strokes_comes_back_with_them(tmp_path):
    painter = small_painter(strokes=True, width=8, blocks=2)
    for seed, variable in enumerate(painter.generator_variables):  # the layers for strokes start at 0
        variable.assign(variable + 0.1 * noise(seed, *variable.shape))
    again = Painter.load(painter.save(tmp_path / "painter.npz"), feature_extractor=small_extractor())
    photo, painting = noise(1, 32, 32, 3), noise(2, 32, 32, 3)
    assert again.settings["strokes"]
    assert len(again.generator_variables) > len(small_painter(blocks=2).generator_variables)
    assert np.abs(again(photo, painting) - painter(photo, painting)).mean() < 0.02
    assert np.array_equal(again(photo, painting), again(photo, painting))  # the noise is the same each time


def test_a_painter_file_takes_two_bytes_a_parameter(painter, tmp_path):
    parameters = sum(int(np.prod(v.shape)) for v in painter.generator_variables)
    assert painter.save(tmp_path / "painter.npz").stat().st_size < 2.2 * parameters + 30_000


@pytest.fixture(scope="module")
def saved(painter, tmp_path_factory):
    return painter.save(tmp_path_factory.mktemp("painter") / "painter.npz").read_bytes()


def changed(saved, **changes):
    """The file with some of its arrays changed, or left out where the change is None."""
    with np.load(io.BytesIO(saved)) as file:
        arrays = {**dict(file), **changes}
    buffer = io.BytesIO()
    np.savez(buffer, **{name: array for name, array in arrays.items() if array is not None})
    return buffer.getvalue()


class Harmful:
    def __reduce__(self):
        return exec, ("raise SystemExit('it ran')",)


@pytest.mark.parametrize(
    "change",
    [
        lambda saved: b"",
        lambda saved: b"not an archive",
        lambda saved: saved[: len(saved) // 2],
        lambda saved: saved[: len(saved) // 2] + bytes(50) + saved[len(saved) // 2 + 50 :],
        lambda saved: changed(saved, settings=None),
        lambda saved: changed(saved, typical=None),
        lambda saved: changed(saved, **{"0": None}),
        lambda saved: changed(saved, **{"3": np.zeros((2, 2))}),
        lambda saved: changed(saved, extra=np.zeros(2)),
        lambda saved: changed(saved, **{str(len(np.load(io.BytesIO(saved)).files) - 2): np.zeros(2)}),  # one too many
        lambda saved: changed(saved, settings="{"),
        lambda saved: changed(saved, settings=json.dumps({"width": 4, "blocks": 2})),
        lambda saved: changed(saved, settings=json.dumps({"width": 4, "blocks": 1, "depth": 3})),
        lambda saved: changed(saved, settings=json.dumps([4, 1])),
        lambda saved: changed(saved, typical=np.zeros(3)),
        lambda saved: changed(saved, settings=np.array(Harmful(), dtype=object)),
        lambda saved: changed(saved, **{"0": np.array([Harmful()], dtype=object)}),
    ],
)
def test_a_file_that_is_no_painter_is_refused(saved, tmp_path, change):
    path = tmp_path / "painter.npz"
    path.write_bytes(change(saved))
    with pytest.raises(DataError, match="painter.npz is not a painter that this version can read"):
        Painter.load(path, feature_extractor=small_extractor())


@pytest.mark.parametrize(
    ("mark", "offset", "new"),
    [
        (b"PK\3\4", 60, b"\xff" * 20),  # an array's packed numbers
        (b"PK\1\2", 8, b"\1"),  # the flag that says encrypted
        (b"PK\1\2", 10, b"\x63"),  # the way of packing
    ],
)
def test_a_damaged_archive_is_refused(saved, tmp_path, mark, offset, new):
    start = saved.rindex(mark) + offset  # from the start of the last entry
    path = tmp_path / "painter.npz"
    path.write_bytes(saved[:start] + new + saved[start + len(new) :])
    with pytest.raises(DataError, match="painter.npz is not a painter that this version can read"):
        Painter.load(path, feature_extractor=small_extractor())


def test_a_painter_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="none.npz"):
        Painter.load(tmp_path / "none.npz")


def test_a_place_that_cannot_be_written_is_named(painter, tmp_path):
    with pytest.raises(DataError, match="Cannot write .*painter.npz"):
        painter.save(tmp_path / "none" / "painter.npz")
