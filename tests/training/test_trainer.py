"""The loop: one compiled step, nothing lost, and a resumed run equal to an uninterrupted one, bit for bit."""

import csv
import io
import signal
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from IPython.core.interactiveshell import InteractiveShell
from keras import ops
from small import small_painter

from stylekit.errors import SettingError, TrainingError
from stylekit.methods.painter import TERMS
from stylekit.training.trainer import History, Trainer

HELPERS = Path(__file__).parents[1] / "helpers"


def trained(batches, steps, **settings):
    trainer = Trainer(small_painter(**settings), seed=5)
    trainer.fit(batches, steps, progress=False)
    return trainer


def state(trainer):
    return trainer.snapshot()


def test_training_changes_both_networks_and_counts_its_steps(trainer, batches):
    before = [
        ops.convert_to_numpy(v)
        for v in trainer.method.generator_variables + trainer.method.discriminator.trainable_variables
    ]
    history = trainer.fit(batches, 3, progress=False)
    after = trainer.method.generator_variables + trainer.method.discriminator.trainable_variables
    moved = [not np.array_equal(old, new) for old, new in zip(before, after, strict=True)]
    assert np.mean(moved) > 0.9
    assert trainer.step == 3 and history.steps == [1, 2, 3]
    assert set(history.terms) == {"adversarial", "content", "style", "discriminator"}


def test_the_feature_extractor_never_trains(trainer, batches):
    painter = trainer.method
    extractor = painter.feature_extractor
    before = [ops.convert_to_numpy(v) for v in extractor.variables]
    trainer.fit(batches, 2, progress=False)
    assert before and all(np.array_equal(a, b) for a, b in zip(before, extractor.variables, strict=True))
    learning = {id(v) for v in (*painter.generator_variables, *painter.discriminator_variables)}
    assert not learning & {id(v) for v in extractor.variables}
    # the style loss does pull at F: it stays because nobody asks it to move
    photos, paintings = next(iter(batches.dataset()))
    extractor.trainable = True
    try:
        with tf.GradientTape() as tape:
            terms, _ = painter.losses_of(photos, paintings, tf.ones((len(photos), 3)), training=False)
            style = tf.reduce_sum(terms["style"])
        pulls = tape.gradient(style, [v.value for v in extractor.trainable_variables])
        assert pulls and all(float(tf.norm(pull)) > 0 for pull in pulls)
        assert not {id(v) for v in painter.generator_variables} & {id(v) for v in extractor.variables}
        trainer.fit(batches, 1, progress=False)
        assert all(np.array_equal(a, b) for a, b in zip(before, extractor.variables, strict=True))
    finally:
        extractor.trainable = False


def test_weights_moved_while_training_act_without_a_retrace(trainer, batches):
    trainer.fit(batches, 1, progress=False)
    traces = trainer.traces
    for weight in (0.0, 3.0, 100.0):
        trainer.method.objective.weights["style"] = weight
        trainer.fit(batches, 1, progress=False)
    assert trainer.traces == traces


@pytest.mark.parametrize("term", ["adversarial", "content", "style"])
def test_a_weight_of_zero_takes_the_pull_of_that_term_away_and_of_no_other(trainer, batches, term):
    # of one step: what G's optimiser first remembers of a gradient is half the gradient
    painter = trainer.method
    batch = next(iter(batches.dataset()))
    beginning = trainer.snapshot()
    weights = dict(painter.objective.weights)

    def pull(**changed):
        trainer.restore(beginning)
        painter.objective.weights.update({**weights, **changed})
        trainer.train_step(*batch, "generator")
        momenta = [v for v in painter.generator_optimizer.variables if "momentum" in v.path]
        return np.concatenate([ops.convert_to_numpy(v).ravel() for v in momenta])

    def by_hand():
        trainer.restore(beginning)
        drawn = painter.draw_weights(len(batch[0]), tf.constant([5, 0], tf.int64))
        with tf.GradientTape() as tape:
            values = painter.losses_of(*batch, drawn, training=False)[0][term]
            share = drawn[:, TERMS.index(term)] / tf.reduce_sum(drawn, axis=1)
            loss = tf.reduce_mean(weights[term] * share * values)
        gradients = tape.gradient(loss, painter.generator_variables)
        return np.concatenate([0.5 * np.ravel(gradient) for gradient in gradients])

    everything, without, wanted = pull(), pull(**{term: 0.0}), by_hand()
    alone = pull(**{**dict.fromkeys(weights, 0.0), term: weights[term]})
    # the second part is rounding: a small pull is the difference of two large ones
    tolerance = 0.01 * np.abs(wanted).max() + 1e-4 * np.abs(everything).max()
    assert np.abs(alone - wanted).max() < tolerance
    assert np.abs(everything - without - wanted).max() < tolerance
    assert np.abs(wanted).max() > 1e-6 and np.abs(without).max() > 1e-6


def test_without_any_weight_nothing_pulls_at_g(trainer, batches):
    painter = trainer.method
    painter.objective.weights.update(dict.fromkeys(painter.objective.weights, 0.0))
    before = [ops.convert_to_numpy(v) for v in painter.generator_variables]
    trainer.fit(batches, 2, progress=False)
    assert all(np.array_equal(a, b) for a, b in zip(before, painter.generator_variables, strict=True))


@pytest.mark.parametrize("only, resting", [("generator", "discriminator"), ("discriminator", "generator")])
def test_a_step_of_one_network_leaves_the_other_as_it_was(trainer, batches, only, resting):
    painter = trainer.method
    variables = {"generator": painter.generator_variables, "discriminator": painter.discriminator.variables}

    def copy(name):
        return [ops.convert_to_numpy(variable) for variable in variables[name]]

    before, moving = copy(resting), copy(only)
    trainer.train_step(*next(iter(batches.dataset())), only=only)
    assert all(np.array_equal(a, b) for a, b in zip(before, copy(resting), strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(moving, copy(only), strict=True))
    assert trainer.step == 1


def test_restore_puts_step_history_and_networks_back(trainer, batches):
    trainer.fit(batches, 2, progress=False)
    snapshot = trainer.snapshot()
    trainer.fit(batches, 2, progress=False)
    trainer.restore(snapshot)
    assert trainer.step == 2 and trainer.history.steps == [1, 2]
    assert all(np.array_equal(a, b) for a, b in zip(snapshot, trainer.snapshot(), strict=True))


def test_training_lowers_the_style_distance(trainer, batches):
    # on one batch again and again: what is left then is learning, not the luck of the draw
    photos, paintings = next(iter(batches.dataset()))
    distances = [float(trainer.train_step(photos, paintings)["style"]) for _ in range(60)]
    assert np.mean(distances[-15:]) < 0.8 * np.mean(distances[:15])


def test_the_same_seed_gives_the_same_run_and_another_seed_another(trainer, batches):
    first, second, other = trainer, trained(batches, 4), trained(batches, 4, seed=1)
    first.fit(batches, 4, progress=False)
    assert second.traces == 1
    assert all(np.array_equal(a, b) for a, b in zip(state(first), state(second), strict=True))
    assert first.history.terms == second.history.terms
    assert first.history.terms != other.history.terms


RUN = """
import os, signal, sys
sys.path.insert(0, sys.argv[2])
from small import domain_batches, small_painter
from stylekit.training.trainer import Trainer

def kill(trainer, terms):
    if trainer.step == 13:
        os.kill(os.getpid(), signal.SIGKILL)

trainer = Trainer(small_painter(), sys.argv[1], seed=5)
trainer.fit(domain_batches(), 20, callbacks=[kill], save_every=10, progress=False)
"""


def test_killed_and_resumed_equals_never_stopped_bit_for_bit(trainer, batches, tmp_path):
    command = [sys.executable, "-c", RUN, str(tmp_path), str(HELPERS)]
    killed = subprocess.run(command, capture_output=True, timeout=300)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
    resumed = Trainer(small_painter(), tmp_path, seed=5)
    assert resumed.resume() == 10
    resumed.fit(batches, 10, progress=False)
    trainer.fit(batches, 20, progress=False)
    assert all(np.array_equal(a, b) for a, b in zip(state(resumed), state(trainer), strict=True))
    assert resumed.history.steps == trainer.history.steps
    assert resumed.history.terms == trainer.history.terms


@pytest.fixture
def ctrl_c():
    """Ctrl-C raises KeyboardInterrupt, also where this process was started with it ignored, as in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def shown_in_a_notebook(caught):
    """What IPython prints of an exception."""
    shell, out = InteractiveShell.instance(), io.StringIO()
    with redirect_stdout(out):
        shell.showtraceback((caught.type, caught.value, caught.tb))
    return out.getvalue().strip()


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_keeps_everything_and_ends_what_comes_next_too(batches, tmp_path):
    def interrupt(trainer, terms):
        if trainer.step == 3:
            signal.raise_signal(signal.SIGINT)

    trainer, begun = Trainer(small_painter(), tmp_path, seed=5), []
    with pytest.raises(KeyboardInterrupt, match="Stopped at step 3 of 10. Nothing is lost") as caught:
        for _ in range(2):
            begun.append(trainer.step)
            trainer.fit(batches, 10, callbacks=[interrupt], progress=False)
    assert begun == [0] and trainer.step == 3 and trainer.history.steps == [1, 2, 3]
    assert shown_in_a_notebook(caught) == "Stopped at step 3 of 10. Nothing is lost: call fit again to go on."
    again = Trainer(small_painter(), tmp_path, seed=5)
    assert again.resume() == 3
    trainer.fit(batches, 1, progress=False)
    again.fit(batches, 1, progress=False)
    assert all(np.array_equal(a, b) for a, b in zip(state(trainer), state(again), strict=True))


def test_a_term_that_is_no_number_stops_training_at_the_last_good_state(trainer, batches):
    trainer.fit(batches, 2, progress=False)
    good = state(trainer)
    painter = trainer.method

    def break_it(trainer, terms):
        if trainer.step == 4:
            painter.generator.trainable_variables[0].assign(painter.generator.trainable_variables[0] * np.nan)

    with pytest.raises(TrainingError, match="At step 5 .* learning rate"):
        trainer.fit(batches, 10, callbacks=[break_it], progress=False)
    assert trainer.step == 2
    assert all(np.array_equal(a, b) for a, b in zip(good, state(trainer), strict=True))


def test_an_old_checkpoint_of_another_size_is_refused_in_one_sentence(tmp_path):
    Trainer(small_painter(), tmp_path).save()
    with pytest.raises(TrainingError, match="does not fit"):
        Trainer(small_painter(width=6), tmp_path).resume()


def test_a_damaged_history_is_refused_in_one_sentence(tmp_path):
    Trainer(small_painter(), tmp_path).save()
    (tmp_path / "history.json").write_text("{")
    with pytest.raises(TrainingError):
        Trainer(small_painter(), tmp_path).resume()


def test_resume_without_a_checkpoint_starts_at_zero(tmp_path):
    assert Trainer(small_painter(), tmp_path).resume() == 0
    assert Trainer(small_painter()).resume() == 0


def test_bad_settings_are_told_in_one_sentence(batches, tmp_path):
    with pytest.raises(SettingError, match="-1 steps"):
        Trainer(small_painter()).fit(batches, -1)
    with pytest.raises(SettingError, match="no directory"):
        Trainer(small_painter()).save()
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="Cannot write"):
        Trainer(small_painter(), tmp_path / "file" / "run")


def test_a_full_disk_while_saving_loses_nothing(tmp_path):
    trainer = Trainer(small_painter(), tmp_path)
    trainer.history.append(1, {"style": 0.5})
    before = state(trainer)
    (tmp_path / "history.json").mkdir()  # nothing can be written in its place
    with pytest.raises(TrainingError, match="still in memory"):
        trainer.save()
    assert all(np.array_equal(a, b) for a, b in zip(before, state(trainer), strict=True))
    assert trainer.history.steps == [1]


def test_the_history_comes_back_from_its_file(tmp_path):
    history = History()
    for step in (1, 2, 3):
        history.append(step, {"style": tf.constant(1.0 / step)})
    history.save(tmp_path / "h.json")
    copy = History.load(tmp_path / "h.json")
    assert copy.steps == [1, 2, 3] and np.array_equal(copy["style"], history["style"])
    copy.cut(2)
    assert copy.steps == [1, 2] and len(copy["style"]) == 2


def test_mixed_precision_trains_to_the_same_losses(trainer, batches):
    plain = trainer.fit(batches, 8, progress=False)["style"]
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        trained_mixed = trained(batches, 8)
    finally:
        keras.config.set_dtype_policy("float32")
    mixed = trained_mixed.history["style"]
    networks = (trained_mixed.method.generator, trained_mixed.method.discriminator)
    assert {layer.compute_dtype for network in networks for layer in network.layers if layer.weights} == {"bfloat16"}
    assert not np.array_equal(plain, mixed) and np.abs(plain - mixed).max() < 0.15 * plain.max()


# --- as Keras users train ---------------------------------------------------------------------------------------------


def test_every_callback_of_keras_works(trainer, batches, tmp_path):
    beginning = trainer.snapshot()
    callbacks = [
        keras.callbacks.TensorBoard(tmp_path / "logs", update_freq=1),
        keras.callbacks.EarlyStopping("style", mode="min", patience=1, min_delta=100),
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras"),
        keras.callbacks.TerminateOnNaN(),
    ]
    history = trainer.fit(batches, epochs=5, steps_per_epoch=2, callbacks=callbacks, progress=False)
    assert history.steps == [1, 2, 3, 4]  # the second epoch was not better by 100
    with open(tmp_path / "log.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1"]
    for name in history.terms:
        assert float(rows[1][name]) == pytest.approx(np.mean(history[name][2:]), rel=1e-5)
    assert list((tmp_path / "logs" / "train").glob("events*"))
    kept = keras.models.load_model(tmp_path / "2.keras")
    pair = [np.random.default_rng(i).uniform(-1, 1, (1, 32, 32, 3)).astype("float32") for i in range(2)]
    assert np.array_equal(kept(*pair), trainer.method(*pair))
    trainer.restore(beginning)
    assert not np.array_equal(kept(*pair), trainer.method(*pair))


def test_terminate_on_nan_stops_at_once(trainer, batches):
    trainer.fit(batches, 1, progress=False)
    variable = trainer.method.generator.trainable_variables[0]
    variable.assign(variable * np.nan)
    with pytest.raises(TrainingError, match="At step 2 "):
        trainer.fit(batches, 10, callbacks=[keras.callbacks.TerminateOnNaN()], progress=False)


def test_the_history_is_like_keras_and_has_validation_terms(trainer, batches):
    history = trainer.fit(
        batches, epochs=2, steps_per_epoch=3, validation_data=batches, validation_steps=2, progress=False
    )
    assert set(history.history) == set(history.terms) | {f"val_{name}" for name in [*history.terms, "loss"]}
    assert history.history["style"] == history["style"].tolist() and len(history.history["style"]) == 6
    assert history.validated == [3, 6] and len(history.history["val_style"]) == 2
    found = trainer.method.evaluate(batches.dataset(), steps=2, verbose=0, return_dict=True)
    assert history["val_style"][-1] == pytest.approx(found["style"], rel=1e-5)
    history.cut(4)
    assert history.validated == [3] and len(history["val_style"]) == 1


def test_a_dataset_is_resumed_where_it_was_left(trainer, batches, tmp_path):
    numbers = tf.data.Dataset.from_tensor_slices(np.linspace(-1, 1, 6, dtype="float32"))
    finite = numbers.map(lambda n: (tf.fill((2, 32, 32, 3), n), tf.fill((2, 32, 32, 3), -n)))
    seen = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append((epoch, trainer.step)))
    trainer.fit(finite, 4, progress=False)
    trainer.fit(finite, epochs=1, progress=False, callbacks=[note])  # one pass
    assert trainer.step == 10 and seen == [(0, 10)]
    whole = trainer.history.terms
    other = Trainer(small_painter(), tmp_path, seed=5)
    other.fit(finite, 7, progress=False)
    again = Trainer(small_painter(), tmp_path, seed=5)
    again.resume()
    again.fit(finite, 3, progress=False)
    assert again.history.terms == whole


def test_plain_functions_are_called_after_each_step(trainer, batches):
    seen = []
    trainer.fit(
        batches, 3, callbacks=[lambda trainer, terms: seen.append((trainer.step, sorted(terms)))], progress=False
    )
    assert seen == [(step, ["adversarial", "content", "discriminator", "style"]) for step in (1, 2, 3)]


def test_networks_that_hold_no_numbers_are_refused(batches):
    trainer = Trainer(small_painter())
    variable = trainer.method.generator.trainable_variables[0]
    variable.assign(variable * np.nan)
    with pytest.raises(TrainingError, match="hold numbers that are none"):
        trainer.fit(batches, 1, progress=False)


@pytest.mark.parametrize(
    "settings, sentence",
    [
        ({}, "How long is an epoch"),
        ({"epochs": 0, "steps_per_epoch": 2}, "epochs are 0"),
        ({"steps": 1, "callbacks": [3]}, "3 is no callback"),
        ({"steps": 1, "validation_data": "batches"}, "give validation_steps"),
    ],
)
def test_training_that_cannot_be_planned_is_told_in_one_sentence(trainer, batches, settings, sentence):
    settings = {name: batches if value == "batches" else value for name, value in settings.items()}
    with pytest.raises(SettingError, match=sentence):
        trainer.fit(batches, **settings)


def test_a_trainer_leaves_tensorflows_options_alone(batches):
    before = tf.config.optimizer.get_experimental_options()
    Trainer(small_painter()).train_step(*next(iter(batches.dataset())))
    after = tf.config.optimizer.get_experimental_options()
    assert all(after[name] == before.get(name, True) for name in after)
