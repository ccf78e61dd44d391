"""What watches a training: samples, event files, a moving average of G."""

import keras
import numpy as np
import pytest
from keras import ops

from stylekit.data import domains
from stylekit.errors import DataError, SettingError
from stylekit.training.callbacks import MovingAverage, Samples, read_events


def test_samples_are_taken_on_schedule_and_show_the_generator_change(trainer, batches):
    photo = domains.photos(size=32, split="test")[0]
    samples = Samples(photo, photo[:, ::-1], every=2)
    trainer.fit(batches, 4, callbacks=[samples], progress=False)
    assert [step for step, _ in samples.pictures] == [2, 4]
    assert samples.pictures[0][1].shape == photo.shape
    assert np.abs(samples.pictures[0][1] - samples.pictures[1][1]).max() > 0.01


def test_event_files_hold_the_terms_that_the_history_holds(trainer, batches, tmp_path):
    board = keras.callbacks.TensorBoard(tmp_path, update_freq=2)
    history = trainer.fit(batches, 6, callbacks=[board], progress=False)
    curves = read_events(tmp_path / "train")
    for name in history.terms:
        steps = [step for step, _ in curves[f"batch_{name}"]]
        assert steps == [2, 4, 6]
        assert [value for _, value in curves[f"batch_{name}"]] == pytest.approx(history[name][1::2], rel=1e-6)
        assert curves[f"epoch_{name}"] == [(0, pytest.approx(history[name].mean(), rel=1e-5))]


def test_no_event_files_is_told(tmp_path):
    with pytest.raises(DataError, match="no event files in"):
        read_events(tmp_path / "nowhere")


def test_the_average_is_what_the_formula_says_and_swaps_there_and_back():
    variable = keras.Variable([1.0, 2.0])
    average = MovingAverage([variable], momentum=0.75)
    variable.assign([5.0, 2.0])
    average.update()
    average.update()
    average.swap()
    np.testing.assert_allclose(ops.convert_to_numpy(variable), [1.0 * 0.75**2 + 5.0 * (1 - 0.75**2), 2.0])
    average.swap()
    np.testing.assert_allclose(ops.convert_to_numpy(variable), [5.0, 2.0])


def test_averaging_does_not_change_the_training(trainer, batches):
    beginning = trainer.snapshot()
    trainer.fit(batches, 4, progress=False)
    alone = trainer.snapshot()
    trainer.restore(beginning)
    average = MovingAverage(trainer.method.generator_variables)
    trainer.fit(batches, 4, callbacks=[average], progress=False)
    assert all(np.array_equal(a, b) for a, b in zip(alone, trainer.snapshot(), strict=True))
    assert any(np.any(a != ops.convert_to_numpy(v)) for a, v in zip(average.averages, average.variables, strict=True))


@pytest.mark.parametrize("momentum", [-0.1, 1.0, float("nan")])
def test_a_silly_momentum_is_refused(momentum):
    with pytest.raises(SettingError, match="momentum"):
        MovingAverage([], momentum)
