"""The live lab without a browser: steps, weights, samples and alarms; and a run in the background of a real kernel."""

import os
from pathlib import Path

import keras
import numpy as np
import pytest
from jupyter_client.manager import start_new_kernel
from keras import ops
from kernel import run, text
from small import small_painter

from stylekit.errors import SettingError
from stylekit.lab import LiveLab, alarms, live, watching
from stylekit.training.trainer import Trainer


@pytest.fixture(scope="module")
def shared(batches):
    """(a lab, its weights, its learning rates): one for all, because compiling a step takes seconds."""
    lab = live(Trainer(small_painter(), seed=5), batches, every=2)
    yield lab, dict(lab.trainer.method.objective.weights.items()), {name: r.value for name, r in lab.rates.items()}
    lab.close()


@pytest.fixture
def lab(shared):
    """The lab as it was when it was opened."""
    lab, weights, rates = shared
    for term, weight in weights.items():
        lab.set_weight(term, weight)
    for network, rate in rates.items():
        lab.set_rate(network, rate)
    lab.reset()
    return lab


def state(lab):
    return lab.trainer.snapshot()


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


# --- steps ------------------------------------------------------------------------------------------------------------


def test_steps_train_as_fit_does(lab, batches):
    lab.step(4)
    terms, steps = dict(lab.trainer.history.terms), lab.trainer.history.steps
    lab.reset()
    history = lab.trainer.fit(batches, 4, progress=False)
    assert steps == history.steps == [1, 2, 3, 4]
    for name, numbers in terms.items():
        assert np.allclose(numbers, history[name], rtol=1e-3, atol=1e-5), name
    lab.step(1)  # on the fifth batch, whoever took the steps before
    assert history.steps == [1, 2, 3, 4, 5]


def test_the_buttons_are_the_methods(lab):
    lab.buttons["step"].click()
    assert lab.trainer.step == 1 and "now at step 1" in text(lab.line)
    generator = [ops.convert_to_numpy(v) for v in lab.trainer.method.generator_variables]
    lab.buttons["only D"].click()
    assert equal(generator, lab.trainer.method.generator_variables) and "D alone" in text(lab.line)
    critic = [ops.convert_to_numpy(v) for v in lab.trainer.method.discriminator.variables]
    lab.buttons["only G"].click()
    assert equal(critic, lab.trainer.method.discriminator.variables)
    assert not equal(generator, lab.trainer.method.generator_variables)
    assert lab.trainer.step == 3


def test_reset_goes_back_to_the_beginning(lab):
    before, picture = state(lab), lab.screen.value
    lab.step(3)
    assert lab.screen.value != picture
    lab.buttons["reset"].click()
    assert equal(before, state(lab)) and lab.screen.value == picture
    assert lab.trainer.step == 0 and len(lab.trainer.history) == 0 and len(lab.watched.samples) == 1
    lab.step(1)
    assert lab.trainer.history.steps == [1]


def test_a_moved_weight_acts_at_the_next_step_without_a_retrace(lab):
    for term in lab.sliders:
        lab.set_weight(term, 0.0)  # nothing pulls at G; Adam has no momentum yet
    lab.step(1)
    before, traces = [ops.convert_to_numpy(v) for v in lab.trainer.method.generator_variables], lab.trainer.traces
    lab.step(1)
    assert equal(before, lab.trainer.method.generator_variables)
    lab.sliders["style"].value = 10.0  # by hand
    assert lab.trainer.method.objective.weights["style"] == 10.0
    lab.step(1)
    assert not equal(before, lab.trainer.method.generator_variables)
    assert lab.trainer.traces == traces


def test_a_moved_learning_rate_acts_at_the_next_step_without_a_retrace(lab):
    lab.step(1)
    traces = lab.trainer.traces

    def moved(network, rate):
        lab.rates[network].value = rate
        before = [ops.convert_to_numpy(v) for v in lab.trainer.method.generator_variables]
        lab.step(1)
        after = [ops.convert_to_numpy(v) for v in lab.trainer.method.generator_variables]
        return max(np.abs(a - b).max() for a, b in zip(after, before, strict=True))

    assert not lab.rates["G"].disabled
    assert moved("G", 1e-2) > 20 * moved("G", 1e-5)
    lab.rates["D"].value = 1e-3
    assert float(ops.convert_to_numpy(lab.trainer.method.discriminator_optimizer.learning_rate)) == pytest.approx(1e-3)
    assert lab.trainer.traces == traces


def test_going_back_leaves_the_learning_rates_where_the_sliders_stand(lab):
    lab.set_rate("G", 1e-2)
    lab.set_rate("D", 1e-5)
    lab.reset()
    optimizers = lab.trainer.method.generator_optimizer, lab.trainer.method.discriminator_optimizer
    assert [float(ops.convert_to_numpy(o.learning_rate)) for o in optimizers] == pytest.approx([1e-2, 1e-5])
    assert [rate.value for rate in lab.rates.values()] == pytest.approx([1e-2, 1e-5])


def test_a_learning_rate_that_follows_a_schedule_is_left_alone(batches):
    falling = keras.optimizers.schedules.CosineDecay(1e-3, 100)
    lab = live(Trainer(small_painter(learning_rate=falling)), batches)
    assert lab.rates["G"].disabled
    with pytest.raises(SettingError, match="follows a schedule"):
        lab.set_rate("G", 1e-2)
    lab.reset()
    assert "Back at step 0" in text(lab.line)
    lab.close()


# --- what it shows ----------------------------------------------------------------------------------------------------


def test_samples_fill_the_timeline_and_it_rewinds(lab):
    lab.step(6)
    assert [step for step, _ in lab.watched.samples] == [0, 2, 4, 6]
    assert lab.timeline.value == lab.timeline.max == 3 and lab.screen.value == lab.watched.samples[3][1]
    lab.timeline.value = 1
    assert lab.screen.value == lab.watched.samples[1][1] and "step 2 of 6" in text(lab.when)
    lab.step(2)  # who looks back is not torn away
    assert lab.timeline.value == 1 and lab.screen.value == lab.watched.samples[1][1]
    lab.timeline.value = lab.timeline.max
    lab.step(2)
    assert lab.timeline.value == lab.timeline.max and lab.screen.value == lab.watched.samples[-1][1]


def test_the_timeline_does_not_grow_without_end(lab, monkeypatch):
    monkeypatch.setattr(watching, "KEPT", 6)
    lab.step(8)
    lab.timeline.value = 2
    seen = lab.screen.value
    lab.step(22)  # thinned out again and again
    steps = [step for step, _ in lab.watched.samples]
    assert len(steps) <= 6 and steps[0] == 0 and steps[-1] == 30 and steps == sorted(set(steps))
    assert lab.timeline.max == len(steps) - 1
    assert lab.screen.value == lab.watched.samples[lab.timeline.value][1]  # nearly what was looked at
    assert (lab.screen.value == seen) == (4 in steps) and lab.watched.samples[lab.timeline.value][0] <= 4


def test_the_accuracy_of_d_by_hand(lab, batches):
    painter = lab.trainer.method
    photos, paintings = next(iter(batches.dataset()))
    code = painter.style_code(paintings)
    generated = painter.draw(photos, code, ops.ones((2, 3)))
    real, fake = (painter.discriminator([pictures, code], training=False) for pictures in (paintings, generated))
    wanted = (ops.convert_to_numpy(real) > 0).mean(), (ops.convert_to_numpy(fake) < 0).mean()
    assert np.allclose([float(a) for a in painter.discriminator_accuracy(photos, paintings)], wanted)
    lab.step(4)
    assert [step for step, *_ in lab.watched.accuracies] == [2, 4]
    assert "D is right" in lab.plot.value and lab.plot.value.count("<polyline") == 6


# --- alarms -----------------------------------------------------------------------------------------------------------


def test_a_term_that_is_no_number_leads_back_and_is_told(lab):
    lab.step(2)
    variable = lab.trainer.method.generator.trainable_variables[0]
    variable.assign(variable * np.nan)
    lab.step(5)
    assert "no number any more" in text(lab.line) and 'role="alert"' in lab.line.value
    assert lab.alarms[alarms.NOT_A_NUMBER] and lab.lamps.value.count("lit") == 1
    assert all(np.isfinite(part).all() for part in state(lab))
    lab.step(2)
    assert not lab.alarms[alarms.NOT_A_NUMBER] and np.isfinite(lab.trainer.history["style"]).all()


def test_the_alarms_by_hand():
    sure, unsure = [(step, 0.99, 0.98) for step in range(6)], [(step, 0.99, 0.6) for step in range(6)]
    assert "99% of the paintings and 98%" in alarms.d_too_strong(sure)
    assert alarms.d_too_strong(unsure) is alarms.d_too_strong(sure[:5]) is alarms.d_too_strong([]) is None
    photos = np.stack([np.full((4, 4, 3), value, "float32") for value in (-1, 0, 1)])
    assert alarms.diversity(photos / 2, photos) == pytest.approx(0.5)
    assert alarms.diversity(photos * 0, photos) == 0
    assert "only 5%" in alarms.collapse(0.05) and alarms.collapse(0.5) is alarms.collapse(None) is None
    assert "The style term is 8 times" in alarms.blow_up({"style": [1.0] * 20 + [8.0] * 6})
    assert alarms.blow_up({"style": [1.0] * 26}) is alarms.blow_up({"style": [1.0, 9.0]}) is None
    assert alarms.blow_up({"style": [1.0] * 25 + [90.0]}) is None  # one spike is no blow-up
    surprised = [2.0] * 20 + [0.01] * 40
    assert alarms.blow_up({"discriminator": [*surprised, *[2.0] * 6]}) is None  # as at first, so no blow-up
    assert "discriminator term is 6 times" in alarms.blow_up({"discriminator": [*surprised, *[12.0] * 6]})


def burning(lab):
    assert lab.lamps.value.count("lit") == sum(map(bool, lab.alarms.values()))
    return [name for name, sentence in lab.alarms.items() if sentence]


def test_a_training_that_goes_well_lights_no_lamp(lab):
    for _ in range(8):
        lab.step(5)
        assert burning(lab) == []


def test_a_d_that_learns_much_faster_than_g_lights_its_lamp(lab):
    lab.set_rate("G", 1e-6)
    lab.step(30)
    assert burning(lab) == [alarms.D_TOO_STRONG] and "Lower D" in text(lab.line)
    lab.set_rate("D", 1e-6)
    lab.set_rate("G", 1e-2)
    lab.step(20)
    assert alarms.D_TOO_STRONG not in burning(lab)


def test_a_far_too_high_rate_of_g_lights_collapse_and_blow_up(lab):
    said = {}
    for weights in ((10.0, 0.01, 0.01), (0.01, 0.01, 10.0), (1.0, 1.0, 1.0)):  # one run may light one lamp only
        lab.step(20)
        for term, weight in zip(("adversarial", "content", "style"), weights, strict=True):
            lab.set_weight(term, weight)
        lab.set_rate("G", 0.1)
        lab.step(15)
        said |= {name: lab.alarms[name] for name in burning(lab)}
        lab.reset()
        assert burning(lab) == []
        if {alarms.COLLAPSE, alarms.BLOW_UP} <= set(said):
            break
        lab.set_rate("G", 0.002)
    assert {alarms.COLLAPSE, alarms.BLOW_UP} <= set(said)
    assert "paints the same picture for all" in said[alarms.COLLAPSE]


def test_a_content_weight_far_above_the_others_makes_g_copy_the_photo(lab):
    for term, weight in {"adversarial": 0.001, "content": 100.0, "style": 0.01}.items():
        lab.set_weight(term, weight)
    lab.step(40)
    assert burning(lab) == [alarms.COPIES_PHOTO] and "G copies the photo" in text(lab.line)


def test_a_d_that_is_sure_with_a_loss_that_saturates_lights_no_gradient(batches):
    lab = live(Trainer(small_painter(adversarial_form="log"), seed=5), batches, every=2)
    lab.set_rate("G", 1e-6)
    lab.set_rate("D", 1e-2)
    lab.step(60)
    assert lab.alarms[alarms.VANISHING] and "does not saturate" in lab.alarms[alarms.VANISHING]
    lab.reset()
    assert burning(lab) == []
    lab.close()


def test_what_pictures_alone_can_tell_lights_its_lamp_once_two_of_three_samples_agree(lab):
    x, y = lab.watched.photos, lab.watched.paintings
    stripes = np.where(np.arange(x.shape[2]) % 4 < 2, 0.2, -0.2)[None, None, :, None]
    faults = {
        alarms.COLLAPSE: np.repeat(0.6 * x[:1] + 0.4 * y[:1], len(x), axis=0),
        alarms.COPIES_PHOTO: 0.98 * x,
        alarms.COPIES_PAINTING: 0.98 * y,
        alarms.INVERTED: -0.7 * x,
        alarms.CHECKERBOARD: 0.5 * x + 0.3 * y + stripes,
    }

    def lit():
        return [lamp for lamp, sentence in lab.watched.alarms().items() if sentence]

    for name, pictures in faults.items():
        lab.reset()
        lab.watched._keep(1, 0.6 * x + 0.4 * y)
        lab.watched._keep(2, pictures)
        assert lit() == []  # one odd sample is none
        lab.watched._keep(3, pictures)
        assert lit() == [name]


def test_a_weight_much_too_large_ends_in_no_number(lab):
    lab.step(2)
    lab.set_weight("style", 1e38)
    lab.step(6)
    assert burning(lab) == [alarms.NOT_A_NUMBER] and "no number any more" in text(lab.line)
    assert all(np.isfinite(part).all() for part in state(lab))


# --- mistakes ---------------------------------------------------------------------------------------------------------


def test_outside_of_a_notebook_it_says_how_to_go_on(lab):
    with pytest.raises(SettingError, match=r"step\(10\)"):
        lab.start()
    lab.buttons["start"].click()
    assert "step(10)" in text(lab.line) and not lab.running


def test_wrong_weights_and_methods_are_told(lab, batches):
    before = dict(lab.trainer.method.objective.weights.items())
    with pytest.raises(SettingError, match="wanted a finite number"):
        lab.set_weight("style", -1.0)
    assert dict(lab.trainer.method.objective.weights.items()) == before
    with pytest.raises(SettingError, match="wants a Painter"):
        LiveLab(type("Trainer", (), {"method": 3})(), batches)
    with pytest.raises(SettingError, match="wants Batches, .* not a .*Dataset"):
        live(lab.trainer, batches.dataset())
    assert lab.trainer.step == 0


def test_a_step_that_fails_is_told_and_the_lab_lives_on(lab, batches):
    lab.watched.batches = None
    lab.buttons["step"].click()
    assert 'role="alert"' in lab.line.value and "did not work" in text(lab.line)
    with pytest.raises(AttributeError):
        lab.step(1)
    lab.watched.batches = batches
    lab.step(1)
    assert lab.trainer.step == 1


# --- in a kernel ------------------------------------------------------------------------------------------------------

KERNEL = """
import asyncio, gc, os, signal, sys, tempfile, threading, time, weakref
sys.path.insert(0, {helpers!r})
from small import domain_batches, small_painter
from stylekit.lab import live
from stylekit.training.trainer import Trainer
pairs = domain_batches()
room = tempfile.TemporaryDirectory()
trainer, other = Trainer(small_painter(), room.name), Trainer(small_painter())
async def until(condition):
    end = time.monotonic() + 60  # else a training that never comes would keep everybody waiting
    while not condition():
        assert time.monotonic() < end, f"Waited in vain; the lab at step {{trainer.step}} says: {{lab.line.value}}"
        await asyncio.sleep(0.01)
def interrupt_once(condition):
    # as the button with the square does
    def wait():
        while not condition(): time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=wait).start()
def whole(trainer):
    # every step once, and none left out
    assert trainer.history.steps == list(range(1, trainer.step + 1)), trainer.history.steps
"""


@pytest.fixture(scope="module")
def kernel():
    tests = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(tests.parent), "TF_CPP_MIN_LOG_LEVEL": "3"}
    manager, client = start_new_kernel(kernel_name="python3", env=environment)
    run(client, KERNEL.format(helpers=str(tests / "helpers")))
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture
def busy(kernel):
    """A kernel whose `lab` trains."""
    run(kernel, "lab = live(trainer, pairs, every=4)\nlab.start()\nfirst = trainer.step")
    run(kernel, "await until(lambda: trainer.step > first + 2)")  # cells are answered meanwhile
    yield kernel
    run(kernel, "lab.pause()\nawait until(lab._task.done)\nwhole(trainer)\nlab.close()")


def test_it_trains_in_the_background_and_pauses(busy):
    run(busy, "lab.start(); lab.pause(); lab.start()  # however often one clicks")
    run(busy, "last = trainer.step\nawait until(lambda: trainer.step > last + 5)")
    run(busy, "lab.pause()\nawait until(lab._task.done)\nlast = trainer.step\nwhole(trainer)")
    run(busy, "await asyncio.sleep(0.1)\nassert trainer.step == last and not lab.running")
    run(busy, "assert f'Paused at step' in lab.line.value, lab.line.value")
    run(busy, "lab.step(2)\nassert trainer.step == last + 2")


def test_a_pause_saves_where_the_trainer_has_a_directory(busy):
    run(busy, "lab.pause()\nawait until(lab._task.done)")
    run(busy, "assert trainer._manager.latest_checkpoint.endswith(f'-{trainer.step}'), trainer._manager.checkpoints")


def test_it_stops_by_itself_after_its_steps(busy):
    run(busy, "lab.pause()\nlab = live(trainer, pairs, steps=5)\nfirst = trainer.step\nlab.start()")
    run(busy, "await until(lab._task.done)\nassert trainer.step == first + 5 and not lab.running")
    run(busy, "lab.start()\nassert 'steps are done' in lab.line.value and not lab.running")


STILL_UNDER_WAY = "assert not lab.running and not lab._task.done() and trainer.step > opened"
RESET_AND_START = "lab.buttons['reset'].click(); lab.buttons['start'].click()"


def test_no_button_waits_for_the_step_under_way(busy):
    run(busy, "opened = lab.watched.samples[0][0]\nlab.buttons['reset'].click()\n" + STILL_UNDER_WAY)
    run(busy, "await until(lambda: trainer.step == opened)\nwhole(trainer)")
    run(busy, "lab.buttons['start'].click()\nawait until(lambda: trainer.step > opened + 2)")
    run(busy, "for i in range(3): lab.buttons['step'].click()\nlast = trainer.step\nawait until(lab._task.done)")
    run(busy, "assert last + 3 <= trainer.step <= last + 4  # the one under way, and as many as were asked for")
    run(busy, "assert 'now at step' in lab.line.value, lab.line.value")
    run(busy, "lab.start()\nawait until(lambda: trainer.step > opened + 20)\n" + RESET_AND_START)
    run(busy, "await until(lambda: trainer.step < opened + 10)\nassert lab.running")


def test_the_methods_wait_for_the_step_under_way(busy):
    run(busy, "lab.reset()\nassert trainer.step == lab.watched.samples[0][0]")
    run(busy, "lab.start()\nfirst = trainer.step\nawait until(lambda: trainer.step > first + 2)")
    run(busy, "lab.step(2)\nawait until(lab._task.done)")


def test_two_labs_at_once(busy):
    run(busy, "second = live(other, pairs, steps=6)\nsecond.start()\nfirst = trainer.step")
    run(busy, "await until(second._task.done)\nassert other.step == 6 and lab.running and trainer.step > first")
    run(busy, "second.close()")


def test_a_trainer_has_one_lab(busy):
    run(busy, "first = lab\nlab = live(trainer, pairs)\nassert first.running is False\nlab.start()")
    run(busy, "await until(first._task.done)\nlast = trainer.step\nawait until(lambda: trainer.step > last + 3)")


SLEEP_UNTIL_INTERRUPTED = """
interrupt_once(lambda: trainer.step > first + 5)
try: await asyncio.sleep(600)
except asyncio.CancelledError: pass
"""


def test_interrupting_a_cell_leaves_the_lab_alone(busy):
    run(busy, SLEEP_UNTIL_INTERRUPTED)
    run(busy, "last = trainer.step\nawait until(lambda: trainer.step > last + 3)\nassert lab.running")


def test_interrupting_single_steps_keeps_what_was_learned(busy):
    run(busy, "lab.pause()\nawait until(lab._task.done)\nlast = trainer.step")
    # in a cell of its own: one that awaits something can only be interrupted while it waits
    run(busy, "interrupt_once(lambda: trainer.step > last + 5)\nlab.step(100_000)")
    run(busy, "assert 'Stopped at step' in lab.line.value, lab.line.value\nassert trainer.step > last + 5")
    run(busy, "lab.start()\nlast = trainer.step\nawait until(lambda: trainer.step > last + 3)")


def test_a_step_that_fails_in_the_background_is_told_and_the_lab_lives_on(busy):
    run(busy, "step, lab.watched.step = lab.watched.step, lambda *_: 1 / 0\nawait until(lab._task.done)")
    run(busy, "assert 'ZeroDivisionError' in lab.line.value and not lab.running, lab.line.value")
    run(busy, "lab.watched.step = step\nlab.start()\nlast = trainer.step\nawait until(lambda: trainer.step > last)")


COUNT_WIDGETS = """
from ipywidgets import Widget
from ipywidgets.widgets import widget as registry
instances = getattr(registry, "_instances", None)
if instances is None: instances = Widget.widgets
before = len(instances)
"""


def test_a_closed_lab_stops_and_leaves_nothing_behind(kernel):
    run(kernel, COUNT_WIDGETS)
    run(kernel, "gone = live(other, pairs)\ngone.start()\nlast = other.step")
    run(kernel, "await until(lambda: other.step > last + 2)")
    run(kernel, "task, watched = gone._task, weakref.ref(gone.watched)\ngone.close()\nawait until(task.done)")
    run(kernel, "del gone, task\nawait asyncio.sleep(0.05)\ngc.collect()")
    assert run(kernel, "print(len(instances) - before, watched())").splitlines()[-1] == "0 None"


def test_a_cell_that_runs_again_stops_its_first_lab(kernel):
    def run_cell(cell, trainer):
        code = f"again = live({trainer}, pairs)\nagain.start()\nlast = {trainer}.step"
        request = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
        message = kernel.session.msg("execute_request", {**request, "allow_stdin": False, "stop_on_error": True})
        message["metadata"]["cellId"] = cell
        kernel.shell_channel.send(message)
        run(kernel, f"await until(lambda: {trainer}.step > last)")

    run_cell("one", "trainer")
    run(kernel, "first = again")
    run_cell("one", "other")
    assert run(kernel, "print(first.running, again.running)").splitlines()[-1] == "False True"
    run(kernel, "second = again")
    run_cell("two", "trainer")
    assert run(kernel, "print(second.running, again.running)").splitlines()[-1] == "True True"
    run(kernel, "second.close(); again.close()")
