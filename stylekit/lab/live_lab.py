"""The live lab: move a loss weight of a running training, and see what it does to learning.

>>> lab = live(Trainer(Painter()), batches)
>>> lab.step(10)                # what the button does, ten times

In a notebook each step runs in a thread, so that sliders and cells are answered meanwhile. Between two steps the lab
draws. A slider that was moved acts at the next step.
"""

import asyncio
import bisect
import functools
import time
from concurrent.futures import ThreadPoolExecutor

import ipywidgets as widgets
import numpy as np

from stylekit.data.batches import Batches
from stylekit.errors import SettingError
from stylekit.lab import parts
from stylekit.lab.watching import Watched, follows_schedule, learning_rate
from stylekit.plots import svg

WEIGHTS, RATES = (-3, 2), (-6, -1)  # the sliders' ends, as powers of ten
SCREEN = 296  # px, side of the screen
PAUSE = 0.005  # s between two steps, in which the kernel answers
REDRAWN = 0.5  # s between two drawings of the curves, because the browser draws on the same cores
COMPILING = "The first step is being compiled, which takes some seconds."
NETWORKS = {"generator": "G", "discriminator": "D"}


def live(trainer, batches, steps=2000, every=10):
    """Open the lab on a training: a widget that a notebook shows at the end of a cell.

    Args:
        trainer: a `Trainer` of a `Painter`. A lab that is open on it is closed.
        batches: a `Batches` to train on.
        steps: how many steps until the lab pauses by itself, an int.
        every: how many steps between two samples, and between two readings of D's accuracy, an int.

    Returns:
        A `LiveLab`.

    Raises:
        SettingError: if the method is no `Painter`, its networks hold NaN, or `batches` are no `Batches`.
    """
    return LiveLab(trainer, batches, steps, every)


class LiveLab(parts.Lab):
    """A widget: buttons, weights and learning rates go in; terms, D's accuracy, samples and alarms come out.

    What the mouse can do is a method: `start`, `pause`, `step`, `reset`, `rewind`, `set_weight`, `set_rate`. `watched`
    has what was seen, and `trainer.history` the terms. `alarms` is a dict name -> sentence for each lamp that is lit,
    or None for the others.

    Args:
        trainer, batches, steps, every: as for `live`.
    """

    _turn = 0  # how often somebody said stop

    def __init__(self, trainer, batches, steps=2000, every=10):
        if not hasattr(trainer.method, "discriminator_view"):
            raise SettingError(f"The live lab wants a Painter to train, not a {type(trainer.method).__name__}.")
        if not isinstance(batches, Batches):
            raise SettingError(f"The live lab wants Batches, whose pictures it shows, not a {type(batches).__name__}.")
        for lab in list(parts.Lab._open):
            if getattr(lab, "trainer", None) is trainer:
                lab.close()
        watched = Watched(trainer, batches, every)
        super().__init__()
        self.trainer, self.watched, self.end = trainer, watched, trainer.step + steps
        self.running, self._task = False, None
        self._following, self._drawn = True, 0.0
        self._build()
        self._follow()
        self._draw()
        self.fill(self._layout())
        self.say("Start, and move a weight meanwhile; or train step by step.")

    # --- what one can do ----------------------------------------------------------------------------------------------

    def start(self):
        """Train in the background until `pause`, or until all steps are done.

        Raises:
            SettingError: outside of a notebook, where nothing runs in the background.
        """
        if self.running:
            return
        if self.trainer.step >= self.end:
            self.say(f"All {self.trainer.step} steps are done. Reset, or take single steps.")
            return
        self._background(self._run, self._turn)
        self.running = True
        self.say(f"Training. {'' if self.trainer.traces else COMPILING}")

    def pause(self):
        """Stop after the present step."""
        if self.running:
            self._halt()
            self.say(f"Paused at step {self.trainer.step}.")

    def step(self, times=1, only=None):
        """Take steps now, and show what G paints after the last one.

        Args:
            times: how many steps, an int.
            only: "generator" or "discriminator" trains one of them and leaves the other as it is. None trains both.
        """
        self._halt()
        try:
            with ThreadPoolExecutor(1) as thread:  # so that Ctrl-C interrupts the waiting, and no step
                for left in reversed(range(times)):
                    thread.submit(self.watched.step, only, look=left == 0).result()
                    self._take_in()
                    if self.watched.broken:
                        return
        except KeyboardInterrupt:  # what has been learned is kept
            self._take_in()
            self.say(f"Stopped at step {self.trainer.step}.")
            return
        self._tell_steps(times, only)

    def reset(self):
        """Go back to the networks that the lab was opened with. Weights and learning rates stay."""
        self._halt()
        self._go_back()

    def rewind(self, number):
        """Show an earlier sample.

        Args:
            number: its place on the timeline, an int from 0. The last place follows the training.
        """
        self._shown, self.screen.value = self.watched.samples[number]
        self._following = number == len(self.watched.samples) - 1
        self.when.value = f"<b>step {self._shown}</b> of {self.watched.samples[-1][0]}"

    def close(self):
        """Stop training, and take the lab from the page."""
        self._halt()
        super().close()

    # --- training -----------------------------------------------------------------------------------------------------

    def _halt(self):
        """Tell the background to stop. It finishes its present step first."""
        self.running, self._turn = False, self._turn + 1

    def _background(self, work, *arguments):
        """Start a coroutine that waits for the one before it."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError as error:
            raise SettingError("Only a notebook trains in the background: here, take steps with step(10).") from error
        self._task = loop.create_task(_after(self._task, work, *arguments))

    async def _run(self, turn):
        """Train step by step, until somebody says stop. turn: `_turn` at the start."""
        try:
            while turn == self._turn and self.trainer.step < self.end:
                await self._step_beside()
        finally:
            if turn == self._turn:
                self.pause()
            self.guarded(self._draw)()
        self.guarded(self.watched.save)()

    async def _step_beside(self, only=None, look=False):
        """Take one step in a thread, so that the kernel answers meanwhile. Returns whether it went well."""
        try:
            await asyncio.get_running_loop().run_in_executor(None, self.watched.step, only, look)
        except Exception as error:  # whatever it is, it must be seen in the lab
            self._halt()
            self.say(f"Training stopped at step {self.trainer.step} ({type(error).__name__}: {error}).", wrong=True)
            return False
        self.guarded(self._take_in)()
        await asyncio.sleep(PAUSE)
        return True

    async def _single_step(self, only):
        """Take the step of a button."""
        if await self._step_beside(only, look=True) and not self.watched.broken:
            self._tell_steps(1, only)

    def _tell_steps(self, times, only):
        """Say which steps were taken, unless an alarm has more to say."""
        if not any(self.alarms.values()):
            trained = f" of {NETWORKS[only]} alone" if only else ""
            self.say(f"{times} step{'s' if times > 1 else ''}{trained}: now at step {self.trainer.step}.")

    def _go_back(self):
        """Reset, when no step runs any more."""
        self.watched.reset()
        self._follow()
        self._draw()
        self.say(f"Back at step {self.trainer.step}.")

    # --- the buttons: none of them waits for the present step ---------------------------------------------------------

    def _step_clicked(self, only=None):
        if not parts.in_a_loop():
            self.step(only=only)
            return
        self._halt()
        self._background(self._single_step, only)
        if not self.trainer.traces:
            self.say(COMPILING)

    def _reset_clicked(self):
        self._halt()
        if self._task is None or self._task.done():
            self._go_back()
        else:
            go_back = self.guarded(self._go_back)
            self._task.add_done_callback(lambda _: go_back())

    # --- drawing ------------------------------------------------------------------------------------------------------

    def _take_in(self):
        """Show the readings of the last steps."""
        if not self.watched.take_in():
            return
        if self.watched.broken:
            self._halt()
        if self._newest != self.watched.samples[-1]:
            self._follow()
        if not self.running or time.monotonic() > self._drawn + REDRAWN:
            self._draw()

    def _follow(self):
        """Move the timeline on with the samples. Who looks at an earlier sample stays there."""
        steps = [step for step, _ in self.watched.samples]
        self._newest = self.watched.samples[-1]
        last = len(steps) - 1
        with self.by_itself():
            self.timeline.max = last
            self.timeline.value = last if self._following else max(bisect.bisect(steps, self._shown) - 1, 0)
        self.rewind(self.timeline.value)

    def _draw(self):
        """Draw the curves and the lamps, and say what is wrong."""
        self._drawn = time.monotonic()
        readings = self.watched.accuracies
        right = {"real": [real for _, real, _ in readings], "fake": [fake for _, _, fake in readings]}
        panels = [svg.lines("", {name: values}) for name, values in self.watched.curves().items()]
        self.plot.value = "".join([*panels, svg.lines("D is right: ", right, scale=(0.0, 1.0))])
        self.alarms = self.watched.alarms()
        self.lamps.value = svg.lamps({name: bool(text) for name, text in self.alarms.items()})
        burning = [text for text in self.alarms.values() if text]
        if burning:
            self.say(burning[0], wrong=True)
        elif self.running:
            self.say(f"Step {self.trainer.step}. A weight that is moved acts at the next step.")

    # --- widgets ------------------------------------------------------------------------------------------------------

    def _build(self):
        third = widgets.Layout(width="auto", margin="2px 0")
        actions = {
            "start": self.start,
            "pause": self.pause,
            "reset": self._reset_clicked,
            "step": self._step_clicked,
            "only D": functools.partial(self._step_clicked, "discriminator"),
            "only G": functools.partial(self._step_clicked, "generator"),
        }
        self.buttons = {name: widgets.Button(description=name, layout=third) for name in actions}
        for name, action in actions.items():
            self.on_click(self.buttons[name], action)
        self._rows, self.sliders, self.rates = [], {}, {}
        for term, weight in self.trainer.method.objective.weights.items():
            heading, slider = parts.named_slider(term, "", _within(weight, WEIGHTS), *WEIGHTS, 0.05)
            self.on_move(slider, functools.partial(self.set_weight, term))
            self.sliders[term] = slider
            self._rows += [heading, slider]
        for network, optimizer in self.watched.optimizers.items():
            rate = _within(learning_rate(optimizer), RATES)
            heading, slider = parts.named_slider(f"rate of {network}", "", rate, *RATES, 0.05)
            slider.readout_format, slider.disabled = ".1e", follows_schedule(optimizer)
            self.on_move(slider, functools.partial(self.set_rate, network))
            self.rates[network] = slider
            self._rows += [heading, slider]
        self.screen = widgets.Image(format="jpeg", width=SCREEN, height=SCREEN)
        self.screen.add_class("stylekit-screen")
        self.timeline = widgets.IntSlider(0, min=0, max=0, readout=False, layout=third)
        self.timeline.add_class("stylekit-timeline")
        self.on_move(self.timeline, self.rewind)
        self.when, self.plot, self.lamps = (widgets.HTML() for _ in range(3))
        self.when.add_class("stylekit-when")

    def set_weight(self, term, weight):
        """Give a term of the objective another weight. It acts at the next step.

        Args:
            term: its name, a str.
            weight: a finite float >= 0.

        Raises:
            SettingError: for another weight.
        """
        self.trainer.method.objective.weights[term] = float(weight)
        with self.by_itself():
            self.sliders[term].value = _within(weight, WEIGHTS)

    def set_rate(self, network, rate):
        """Give a network another learning rate. It acts at the next step.

        Args:
            network: "G" or "D".
            rate: the learning rate, a float.

        Raises:
            SettingError: if the learning rate follows a schedule.
        """
        optimizer = self.watched.optimizers[network]
        if follows_schedule(optimizer):
            raise SettingError(f"The learning rate of {network} follows a schedule: give the Painter a number instead.")
        optimizer.learning_rate = float(rate)
        with self.by_itself():
            self.rates[network].value = _within(rate, RATES)

    def _layout(self):
        grid = widgets.Layout(grid_template_columns="32% 32% 32%", grid_gap="0 2%")
        left = parts.column(262, widgets.GridBox(list(self.buttons.values()), layout=grid), *self._rows, self.lamps)
        title = widgets.HTML("<b>photos, paintings, G&#8217;s pictures</b>")
        middle = parts.column(SCREEN, title, self.screen, self.timeline, self.when)
        # the line is here, because here it is seen without scrolling
        return parts.columns(parts.column(570, parts.columns(left, middle), self.line), parts.column(250, self.plot))


async def _after(before, work, *arguments):
    """Await work(*arguments) after the task before it has ended."""
    if before is not None and not before.done():
        await asyncio.wait([before])
    await work(*arguments)


def _within(value, decades):
    """Clip a value to the ends of a slider, powers of ten: a weight of 0 is shown at the lower end."""
    least, most = decades
    return float(np.clip(value, 10.0**least, 10.0**most))
