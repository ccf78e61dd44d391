"""The weighted sum: exact, live, and honest about which term pulls how hard."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from stylekit.errors import SettingError
from stylekit.training.objective import LiveWeights, Objective, gradient_norms, gradient_shares, starting_weights

few = settings(deadline=None, max_examples=15)
TERMS = {"content": tf.constant([1.0, 2.0]), "style": tf.constant([10.0, 30.0])}


# --- the sum ----------------------------------------------------------------------------------------------------------


def test_the_objective_is_the_mean_of_the_weighted_sum():
    objective = Objective(content=10.0, style=0.5)
    assert float(objective(TERMS)) == pytest.approx(((10 + 5) + (20 + 15)) / 2)


def test_terms_are_weighted_by_name_whatever_their_order():
    weighted = Objective(style=0.5, content=10.0).weighted(TERMS)
    assert list(np.asarray(weighted["content"])) == [10, 20] and list(np.asarray(weighted["style"])) == [5, 15]


def test_emphasis_weighs_each_image_and_term_by_its_share():
    objective = Objective(content=10.0, style=0.5)
    emphasis = np.array([[1, 3], [4, 0]], "float32")  # in the order of the weights: content, style
    weighted = objective.weighted(TERMS, emphasis)
    assert np.allclose(weighted["content"], [10 / 4, 20]) and np.allclose(weighted["style"], [5 * 3 / 4, 0])
    assert float(objective(TERMS, emphasis)) == pytest.approx((2.5 + 3.75 + 20) / 2)


@few
@given(st.floats(1e-3, 1e3), st.integers(0, 1000))
def test_only_the_ratios_of_the_emphasis_matter(factor, seed):
    emphasis = np.random.default_rng(seed).uniform(0.01, 100, (2, 2)).astype("float32")
    objective = Objective(content=1.0, style=1.0)
    assert float(objective(TERMS, factor * emphasis)) == pytest.approx(float(objective(TERMS, emphasis)), rel=1e-4)


def test_terms_and_weights_of_different_names_are_refused():
    objective = Objective(content=1.0)
    for terms in (TERMS, {}, {"style": TERMS["style"]}):
        with pytest.raises(SettingError, match="the weights .'content'.: wanted the same"):
            objective(terms)


def test_an_objective_without_terms_is_refused():
    with pytest.raises(SettingError, match="at least one term"):
        Objective()


# --- live weights -----------------------------------------------------------------------------------------------------


@few
@given(st.floats(0, 1e6, width=32))
def test_a_weight_is_what_it_was_set_to(value):
    weights = LiveWeights({"content": 1.0})
    weights["content"] = value
    assert weights["content"] == value and dict(weights) == {"content": value}


def test_a_new_weight_acts_at_once_without_a_retrace():
    objective = Objective(content=1.0, style=1.0)
    compiled = tf.function(lambda: objective(TERMS))
    values = []
    for style in (0.0, 1.0, 2.5, 100):
        objective.weights["style"] = style
        values.append(float(compiled()))
    assert values == pytest.approx([1.5 + 20 * style for style in (0.0, 1.0, 2.5, 100)])
    assert compiled.experimental_get_tracing_count() == 1


def test_all_weights_can_be_set_together():
    weights = Objective(adversarial=1.0, content=2.0).weights
    weights.update(adversarial=3.0, content=0)
    assert list(weights) == ["adversarial", "content"] and len(weights) == 2
    assert repr(weights) == "LiveWeights({'adversarial': 3.0, 'content': 0.0})"


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), "1", None, [1.0]])
def test_weights_that_make_no_sense_are_refused_and_change_nothing(wrong):
    weights = LiveWeights({"content": 2.0})
    with pytest.raises(SettingError, match="'content' is .*: wanted a finite number >= 0"):
        weights["content"] = wrong
    with pytest.raises(SettingError):
        Objective(content=wrong)
    assert weights["content"] == 2.0


def test_an_unknown_term_is_named_with_the_known_ones():
    weights = LiveWeights({"content": 2.0, "style": 1.0})
    with pytest.raises(SettingError, match="no term 'stile': this objective has content, style"):
        weights["stile"]
    with pytest.raises(SettingError, match="no term 'stile'"):
        weights["stile"] = 1.0
    assert set(weights) == {"content", "style"}


def test_a_term_cannot_be_removed():
    weights = LiveWeights({"content": 2.0})
    with pytest.raises(SettingError, match="set its weight to 0"):
        del weights["content"]
    assert weights["content"] == 2.0


# --- who pulls how hard -----------------------------------------------------------------------------------------------


def norms_of(*scales):
    """Gradients' lengths of terms scale * (a + 2 b): scale * sqrt(5)."""
    a, b, unused = (keras.Variable(1.0) for _ in range(3))
    with tf.GradientTape(persistent=True) as tape:
        terms = {name: scale * tf.stack([a + 2 * b] * 4) for name, scale in zip("abc", scales, strict=False)}
    norms = gradient_norms(tape, terms, [a.value, b.value, unused.value])
    return {name: float(norm) for name, norm in norms.items()}


def test_the_norm_is_the_length_of_the_gradient_of_the_mean():
    assert norms_of(3.0, -4.0) == pytest.approx({"a": 3 * 5**0.5, "b": 4 * 5**0.5})


def test_a_share_is_weight_times_norm_of_the_sum():
    norms = {"a": 3.0, "b": 1.0, "c": 4.0}
    assert gradient_shares(norms, dict.fromkeys(norms, 1.0)) == pytest.approx({"a": 3 / 8, "b": 1 / 8, "c": 4 / 8})
    assert gradient_shares(norms, {"a": 1.0, "b": 3.0, "c": 0.0}) == {"a": 0.5, "b": 0.5, "c": 0.0}


def test_shares_are_0_where_nothing_pulls():
    assert gradient_shares({"a": 1.0, "b": 0.0}, {"a": 0.0, "b": 2.0}) == {"a": 0.0, "b": 0.0}


names = st.sampled_from("abcd")
some = st.dictionaries(names, st.floats(0.01, 100), min_size=2)


@few
@given(some, st.data())
def test_starting_weights_give_the_shares_that_are_wanted(norms, data):
    wanted = {name: data.draw(st.floats(0.01, 10)) for name in norms}
    weights = starting_weights(norms, wanted)
    assert max(weights.values()) == 1.0
    total = sum(wanted.values())
    assert gradient_shares(norms, weights) == pytest.approx({name: share / total for name, share in wanted.items()})


def test_a_share_of_0_is_a_weight_of_0_even_without_a_gradient():
    assert starting_weights({"a": 0.0, "b": 2.0}, {"a": 0, "b": 1}) == {"a": 0.0, "b": 1.0}


@pytest.mark.parametrize(
    ("shares", "sentence"),
    [
        ({"a": 1.0}, "wanted the same"),
        ({"a": 1.0, "b": -1.0}, "numbers >= 0"),
        ({"a": 0.0, "b": 0.0}, "not all 0"),
        ({"a": float("nan"), "b": 1.0}, "numbers >= 0"),
        ({"a": 1.0, "b": 1.0}, "The a term has no gradient"),
    ],
)
def test_shares_that_cannot_be_had_are_refused(shares, sentence):
    with pytest.raises(SettingError, match=sentence):
        starting_weights({"a": 0.0, "b": 2.0}, shares)
