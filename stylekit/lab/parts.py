"""What both labs are built of: calls that wait for the newest event, uploads, small drawings, a line to speak in.

Core ipywidgets only, and of those only what 7.7 and 8 have in common.
"""

import asyncio
import contextlib
import functools
import html
import tempfile
import weakref
from pathlib import Path

import ipywidgets as widgets
from IPython import get_ipython

from stylekit import images
from stylekit.errors import ImageError, StylekitError
from stylekit.plots.figure import COLOURS, INK

ALARM = "#b00020"
STYLESHEET = f"""<style>
.stylekit-lab {{ --jp-widgets-font-size: 15px; color: {INK}; background: white; padding: 8px; }}
.stylekit-lab .widget-html-content, .stylekit-lab .jupyter-button, .stylekit-lab select, .stylekit-lab .widget-readout
  {{ font-size: 15px !important; line-height: 1.3 !important; }}
.stylekit-lab .widget-html-content {{ overflow: hidden; }}
.stylekit-lab .widget-box, .stylekit-lab .widget-gridbox {{ overflow: visible; }}
.stylekit-lab img {{ image-rendering: auto; object-fit: fill; }}
.stylekit-lab pre {{ font-size: 14px; line-height: 1.35; margin: 0; padding: 6px 8px; background: #f3f3f3;
  white-space: pre-wrap; user-select: all; }}
</style>"""
LARGEST_UPLOAD = 50_000_000  # bytes


WIDTH = "844px"  # what JupyterLab leaves of a 1280 px screen


class Lab(widgets.VBox):
    """A lab's frame: its look, one line to speak in, and its end when the cell that made it is run again."""

    _open = weakref.WeakSet()

    def __init__(self):
        self.line, self._by_itself = widgets.HTML(), False
        super().__init__(layout=widgets.Layout(width=WIDTH))
        self.add_class("stylekit-lab")
        self._place = running_cell()
        for lab in list(Lab._open):
            if self._place and lab._place and lab._place[0] == self._place[0] and lab._place != self._place:
                lab.close()
        Lab._open.add(self)

    def fill(self, *rows):
        self.children = [widgets.HTML(STYLESHEET, layout=widgets.Layout(height="0px", margin="0")), *rows]

    def say(self, text, wrong=False):
        """Put one sentence into the lab's own line."""
        colour, role = (ALARM, "alert") if wrong else (INK, "status")
        self.line.value = f'<span role="{role}" style="color:{colour}">{html.escape(text)}</span>'

    @contextlib.contextmanager
    def by_itself(self):
        """Widgets that the lab moves in here call nothing back."""
        before, self._by_itself = self._by_itself, True
        try:
            yield
        finally:
            self._by_itself = before

    def by_hand(self, action):
        """action(new value), for a widget that the user moves."""

        def observer(change):
            if not self._by_itself:
                action(change.new)

        return observer

    def close(self):
        """Take the lab from the page and its widgets from memory."""
        Lab._open.discard(self)
        for widget in list(descendants(self)):
            widget.close()
        super().close()


def descendants(widget):
    """The widgets inside a widget, its layout and its style among them: each is kept in memory until it is closed."""
    for part in (*getattr(widget, "children", ()), getattr(widget, "layout", None), getattr(widget, "style", None)):
        if isinstance(part, widgets.Widget):
            yield from descendants(part)
            yield part


def in_a_loop():
    """Whether an event loop runs, as it does in a notebook: else nothing can be done in the background."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def running_cell():
    """(the cell that runs now, this run of it), or None outside of a notebook that names its cells."""
    shell = get_ipython()
    parent = getattr(shell, "parent_header", None) or {}
    cell = parent.get("metadata", {}).get("cellId")
    return (cell, parent["header"]["msg_id"]) if cell else None


def column(width, *children):
    return widgets.VBox(children, layout=widgets.Layout(width=f"{width}px", flex="0 0 auto"))


def columns(*children):
    return widgets.HBox(children, layout=widgets.Layout(justify_content="space-between"))


def named_slider(term, meaning, value, least, most, step):
    """A logarithmic slider, 10^least to 10^most, below its name in the term's colour. Returns (heading, slider)."""
    slider = widgets.FloatLogSlider(
        value, base=10, min=least, max=most, step=step, readout_format=".3g",
        layout=widgets.Layout(width="auto", margin="2px 0"),
    )  # fmt: skip
    slider.add_class(f"stylekit-{term.replace(' ', '-')}")
    return widgets.HTML(f'<b style="color:{COLOURS.get(term, INK)}">{term}</b>{meaning}'), slider


class Throttled:
    """Calls `work` for the newest of many events: at once where all has been still, else once no more has come for
    `rest` seconds.

    While a picture is painted, the slider's messages wait in the kernel; afterwards they are taken off the queue in one
    go, and only the newest is acted on. Events that never pause are acted on every `longest` seconds. Outside of a
    running event loop, in a script or a test, all work is done at once.
    """

    def __init__(self, work, rest=0.004, longest=0.05):
        self.work, self.rest, self.longest = work, rest, longest
        self._timer, self._done = None, float("-inf")

    def __call__(self):
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.work()
            return
        now = loop.time()
        if self._timer:
            self._timer.cancel()
        elif now > self._done + self.rest:  # within the event's own message: its answer goes out with the reply
            self._run(loop)
            return
        else:
            self._latest = now + self.longest
        self._timer = loop.call_at(min(now + self.rest, self._latest), self._run, loop)

    def _run(self, loop):
        self._timer = None
        self.work()
        self._done = loop.time()


class Debounced:
    """Calls `work` once nothing has asked for it, or cancelled it, for `rest` seconds; at once outside of a loop."""

    def __init__(self, work, rest):
        self.work, self.rest, self._timer = work, rest, None

    def __call__(self):
        self.cancel()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.work()
        else:
            self._timer = loop.call_later(self.rest, self._run)

    @property
    def waiting(self):
        return self._timer is not None

    def _run(self):
        self._timer = None
        self.work()

    def cancel(self):
        if self._timer:
            self._timer.cancel()
            self._timer = None


def guarded(method):
    """A callback of a lab that says in the lab what went wrong; a traceback below it would be read by nobody."""

    @functools.wraps(method)
    def callback(self, *arguments, **options):
        try:
            return method(self, *arguments, **options)
        except StylekitError as error:
            self.say(str(error), wrong=True)
        except Exception as error:  # whatever it is, the lab lives on
            self.say(f"That did not work ({type(error).__name__}: {error}). The lab goes on as it was.", wrong=True)

    return callback


def newest_upload(value):
    """(name, bytes) of the file that a FileUpload holds, or None.

    value: in ipywidgets 8 a tuple of dicts, in 7 a dict by name.
    """
    if not value:
        return None
    if isinstance(value, dict):
        name, file = list(value.items())[-1]
    else:
        file = value[-1]
        name = file["name"]
    return name, bytes(file["content"])


def decode(name, data, size):
    """The bytes of an image file as a square picture (size, size, 3), its middle. name: the file's, for the errors.

    Raises ImageError for what is too large, damaged, or no image.
    """
    if len(data) > LARGEST_UPLOAD:
        most = LARGEST_UPLOAD / 1e6
        raise ImageError(f"{name} has {len(data) / 1e6:.0f} MB: wanted at most {most:.0f}, so make it smaller first.")
    with tempfile.TemporaryDirectory() as folder:  # `images.read` is the only door, and it wants a file
        path = Path(folder) / "upload"
        path.write_bytes(data)
        try:
            return images.fit(images.read(path), size)
        except ImageError as error:
            raise ImageError(str(error).replace(str(path), name)) from error
