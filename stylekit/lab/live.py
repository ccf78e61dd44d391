"""The lab on a running training: move a loss weight, see what it does to learning.

>>> lab = live(Trainer(Painter()), pairs)
>>> lab.step(10)                # what the button does, ten times

A step runs in a thread beside the kernel, so that sliders and cells are answered meanwhile; between two steps the lab
draws. What a slider says acts at the next step.
"""

import asyncio
import functools
import threading

import ipywidgets as widgets
import keras
import numpy as np
import tensorflow as tf
from keras import ops

from stylekit import domains, images
from stylekit.errors import SettingError
from stylekit.lab import alarms, drawing, parts
from stylekit.methods.painter import TERMS

EXAMPLES, SIDE = 3, 96  # pictures in a sample, and their side in px
KEPT = 240  # samples that the timeline holds; beyond, every other one is let go
SAFE = 20  # steps between two copies of the networks to which a NaN leads back
NEVER_NEGATIVE = ("content", "style", "discriminator")  # of such a term, "five times as much" means something
WEIGHTS, RATES = (-3, 2), (-6, -1)  # decades of the sliders
SCREEN = 296  # px of the screen
PAUSE = 0.005  # s between two steps, in which the kernel answers
TIMES = {"generator": "G", "discriminator": "D"}


def live(trainer, pairs, steps=2000, every=10):
    """The lab on a training, a widget that shows itself at the end of a cell.

    trainer: a `Trainer` of a `Painter`. pairs: a `domains.Pairs` to train on. steps: after which it pauses by itself,
    whether anybody watches or not. every: steps between two samples. Returns a LiveLab.
    Raises SettingError for a method that offers no accuracy of D.
    """
    return LiveLab(trainer, pairs, steps, every)


class LiveLab(parts.Lab):
    """Buttons, weights and learning rates in; terms, D's accuracy, samples and alarms out.

    What the mouse can do is a method: `start`, `pause`, `step`, `reset`, `rewind`. `accuracies` and `samples` are lists
    of (step, ...); the terms are in `trainer.history`. `alarms` are the sentences of the lamps that burn.
    """

    def __init__(self, trainer, pairs, steps=2000, every=10):
        if not hasattr(trainer.method, "discriminator_accuracy"):
            raise SettingError(f"The live lab wants a Painter to train, not a {type(trainer.method).__name__}.")
        super().__init__()
        self.trainer, self.pairs, self.end, self.every = trainer, pairs, trainer.step + steps, every
        self.running, self._task = False, None
        self._one_at_a_time = threading.Lock()
        self._beginning = self._safe = trainer.snapshot()
        photos = domains.photos(SIDE, "test")
        self.photos = np.stack([images.fit(photo, SIDE) for photo in (*photos, pairs.photos[0])][:EXAMPLES])
        paintings = [pairs.paintings[i % len(pairs.paintings)] for i in range(EXAMPLES)]
        self.paintings = np.stack([images.fit(painting, SIDE) for painting in paintings])
        self._batches, self._accuracy = None, tf.function(trainer.method.discriminator_accuracy)
        self._build()
        self._clear()
        self.fill(*self._layout())

    # --- what one can do ----------------------------------------------------------------------------------------------

    @parts.guarded
    def start(self):
        """Train until `pause`, or until the steps are used up."""
        if self.running:
            return
        if self.trainer.step >= self.end:
            self.say(f"All {self.trainer.step} steps are done. Reset, or take single steps.")
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError as error:
            raise SettingError("Only a notebook trains in the background: here, take steps with step(10).") from error
        self.running, self._broken = True, None
        self.say("Training. A weight that is moved acts at the next step.")
        if self._task is None or self._task.done():  # a pause may still be waiting for its last step
            self._task = loop.create_task(self._run())

    @parts.guarded
    def pause(self):
        """Stop after the step that is under way."""
        if self.running:
            self.running = False
            self.say(f"Paused at step {self.trainer.step}.")

    @parts.guarded
    def step(self, times=1, only=None):
        """Take single steps now. only: "generator" or "discriminator" to train that one and leave the other."""
        self.running, self._broken = False, None
        for _ in range(times):
            self._train(only)
            self._take_in()
            if self._broken:
                return
        trained = f" of {TIMES[only]} alone" if only else ""
        self.say(f"{times} step{'s' if times > 1 else ''}{trained}: now at step {self.trainer.step}.")

    @parts.guarded
    def reset(self):
        """Go back to the networks as they were when the lab was opened. Weights and learning rates stay."""
        self.running = False
        with self._one_at_a_time:
            self.trainer.restore(self._beginning)
            self._safe, self._batches = self._beginning, None
            self._clear()
        self.say(f"Back at step {self.trainer.step}.")

    @parts.guarded
    def rewind(self, number):
        """Show sample `number`, counted from 0; the last one follows the training."""
        step, picture = self.samples[number]
        self.screen.value = picture
        self.when.value = f"<b>step {step}</b> of {self.samples[-1][0]}"

    def close(self):
        """Stop training, and take the lab from the page."""
        self.running = False
        super().close()

    # --- training -----------------------------------------------------------------------------------------------------

    async def _run(self):
        """Step after step; each one in a thread, so that the kernel answers meanwhile."""
        loop = asyncio.get_running_loop()
        while self.running and self.trainer.step < self.end:
            try:
                await loop.run_in_executor(None, self._train)
            except Exception as error:  # whatever it is, it must be seen in the lab
                self._stop_at(error)
            self._take_in()
            await asyncio.sleep(PAUSE)
        if self.running:
            self.pause()
        if self.trainer.directory:
            self._save()

    @parts.guarded
    def _save(self):
        with self._one_at_a_time:
            self.trainer.save()

    def _stop_at(self, error):
        self.running = False
        self.say(f"Training stopped at step {self.trainer.step} ({type(error).__name__}: {error}).", wrong=True)

    def _train(self, only=None):
        """One step; what it says waits in `_unread`, because a thread must not move widgets."""
        with self._one_at_a_time:
            if self._batches is None:
                self._batches = iter(self.pairs.batches(start=self.trainer.step))
            photos, paintings = next(self._batches)
            terms = self.trainer.train_step(photos, paintings, only)
            reading = {"step": self.trainer.step, "terms": {name: float(value) for name, value in terms.items()}}
            if self.trainer.step % max(self.every // 2, 1) == 0 or only:
                reading["accuracy"] = [float(share) for share in self._accuracy(photos, paintings)]
            if self.trainer.step % self.every == 0:
                reading["sample"] = self.trainer.method(self.photos, self.paintings)
            self._unread.append(reading)

    @parts.guarded
    def _take_in(self):
        """Draw what the last steps said."""
        unread, self._unread = self._unread, []
        for reading in unread:
            step, terms = reading["step"], reading["terms"]
            broken = [name for name, value in terms.items() if not np.isfinite(value)]
            if broken:
                self._go_back(step, broken[0])
                return
            self.trainer.history.append(step, terms)
            if "accuracy" in reading:
                self.accuracies.append((step, *reading["accuracy"]))
            if "sample" in reading:
                self._keep(step, reading["sample"])
            if step % SAFE == 0:
                with self._one_at_a_time:
                    self._safe = self.trainer.snapshot() or self._safe
        if unread:
            self._draw()

    def _go_back(self, step, name):
        self.running = False
        with self._one_at_a_time:
            self.trainer.restore(self._safe)
            self._batches, self._unread = None, []
        self._broken = (
            f"At step {step} the {name} term was no number any more, so the networks are back at step "
            f"{self.trainer.step}. Lower the learning rates."
        )
        self._draw()

    # --- drawing ------------------------------------------------------------------------------------------------------

    def _clear(self):
        """Nothing has been seen yet, but what G paints now."""
        self.accuracies, self.samples, self._unread, self._broken, self._diversity = [], [], [], None, None
        self._keep(self.trainer.step, self.trainer.method(self.photos, self.paintings))
        self._draw()

    def _keep(self, step, pictures):
        """A sample for the timeline; the screen follows it, unless somebody has gone back."""
        self._diversity = alarms.diversity(pictures, self.photos)
        following = len(self.samples) < 2 or self.timeline.value == self.timeline.max
        rows = [list(self.photos), list(self.paintings), list(pictures)]
        self.samples.append((step, images.encode(images.montage(rows, gap=2), "jpeg", 88)))
        if len(self.samples) > KEPT:
            del self.samples[1::2]
        last = len(self.samples) - 1
        with self.by_itself():
            self.timeline.max = last
            self.timeline.value = last if following else min(self.timeline.value, last)
        self.rewind(self.timeline.value)

    def _draw(self):
        terms = {name: self.trainer.history.terms.get(name, []) for name in (*TERMS, "discriminator")}
        right = {"real": [real for _, real, _ in self.accuracies], "fake": [fake for _, _, fake in self.accuracies]}
        panels = [drawing.lines("", {name: values}) for name, values in terms.items()]
        self.plot.value = "".join([*panels, drawing.lines("D is right: ", right, scale=(0.0, 1.0))])
        self.alarms = {
            alarms.D_TOO_STRONG: alarms.d_too_strong(self.accuracies),
            alarms.COLLAPSE: alarms.collapse(self._diversity),
            alarms.NOT_A_NUMBER: self._broken,
            alarms.BLOW_UP: alarms.blow_up({name: terms[name] for name in NEVER_NEGATIVE}),
        }
        self.lamps.value = drawing.lamps({name: bool(text) for name, text in self.alarms.items()})
        burning = [text for text in self.alarms.values() if text]
        if burning:
            self.say(burning[0], wrong=True)
        elif self.running:
            self.say(f"Step {self.trainer.step}. A weight that is moved acts at the next step.")

    # --- widgets ------------------------------------------------------------------------------------------------------

    def _build(self):
        third = widgets.Layout(width="auto", margin="2px 0")
        actions = {
            "start": lambda: self.start(), "pause": lambda: self.pause(), "reset": lambda: self.reset(),
            "step": lambda: self.step(), "only D": lambda: self.step(only="discriminator"),
            "only G": lambda: self.step(only="generator"),
        }  # fmt: skip
        self.buttons = {name: widgets.Button(description=name, layout=third) for name in actions}
        for name, action in actions.items():
            self.buttons[name].on_click(lambda _, action=action: action())
        self._rows, self.sliders, self.rates = [], {}, {}
        for term, weight in self.trainer.method.objective.weights.items():
            heading, slider = parts.named_slider(term, "", _within(weight, WEIGHTS), *WEIGHTS, 0.05)
            slider.observe(self.by_hand(functools.partial(self.set_weight, term)), "value")
            self.sliders[term] = slider
            self._rows += [heading, slider]
        for network, optimizer in self._optimizers().items():
            rate = _within(_rate(optimizer), RATES)
            heading, slider = parts.named_slider(f"rate of {network}", "", rate, *RATES, 0.05)
            slider.readout_format, slider.disabled = ".1e", _is_led(optimizer)
            slider.observe(self.by_hand(functools.partial(self.set_rate, network)), "value")
            self.rates[network] = slider
            self._rows += [heading, slider]
        self.screen = widgets.Image(format="jpeg", width=SCREEN, height=SCREEN)
        self.screen.add_class("stylekit-screen")
        self.timeline = widgets.IntSlider(0, min=0, max=0, readout=False, layout=third)
        self.timeline.add_class("stylekit-timeline")
        self.timeline.observe(self.by_hand(self.rewind), "value")
        self.when, self.plot, self.lamps = (widgets.HTML() for _ in range(3))
        self.when.add_class("stylekit-when")

    @parts.guarded
    def set_weight(self, term, weight):
        """Give a term of the objective another weight; it acts at the next step."""
        self.trainer.method.objective.weights[term] = float(weight)
        with self.by_itself():
            self.sliders[term].value = _within(weight, WEIGHTS)

    @parts.guarded
    def set_rate(self, network, rate):
        """Give "G" or "D" another learning rate; it acts at the next step."""
        optimizer = self._optimizers()[network]
        if _is_led(optimizer):
            raise SettingError(f"The learning rate of {network} follows a schedule: give the Painter a number instead.")
        optimizer.learning_rate = float(rate)
        with self.by_itself():
            self.rates[network].value = _within(rate, RATES)

    def _optimizers(self):
        return {"G": self.trainer.method.generator_optimizer, "D": self.trainer.method.discriminator_optimizer}

    def _layout(self):
        grid = widgets.Layout(grid_template_columns="32% 32% 32%", grid_gap="0 2%")
        left = parts.column(262, widgets.GridBox(list(self.buttons.values()), layout=grid), *self._rows, self.lamps)
        middle = parts.column(SCREEN, widgets.HTML("<b>photos, paintings, G&#8217;s pictures</b>"), self.screen,
                              self.timeline, self.when)  # fmt: skip
        return parts.columns(left, middle, parts.column(250, self.plot)), self.line


def _rate(optimizer):
    return float(ops.convert_to_numpy(optimizer.learning_rate))


def _is_led(optimizer):
    """Whether a schedule sets the learning rate."""
    return isinstance(optimizer._learning_rate, keras.optimizers.schedules.LearningRateSchedule)


def _within(value, decades):
    """What a logarithmic slider can show: a weight of 0 stands at its lower end."""
    least, most = decades
    return float(np.clip(value, 10.0**least, 10.0**most))
