"""What both labs are built of: their frame, calls that wait for the newest event, and uploads.

Only core ipywidgets, and only what its versions 7.7 and 8 have in common.
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
WIDTH = "844px"  # what JupyterLab leaves of a 1280 px screen
LARGEST_UPLOAD = 50_000_000  # bytes


class Lab(widgets.VBox):
    """The frame of a lab: its look, and one line for messages. It closes when the cell that made it is run again.

    What the mouse can do is also a method. A method raises what goes wrong, as any Python does; after a click, the lab
    says it in its own line, because nobody would read a traceback below it.
    """

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
        """Put widgets into the frame, one below the other."""
        self.children = [widgets.HTML(STYLESHEET, layout=widgets.Layout(height="0px", margin="0")), *rows]

    def say(self, text, wrong=False):
        """Write a sentence, a str, into the lab's line. wrong: whether it is an error."""
        colour, role = (ALARM, "alert") if wrong else (INK, "status")
        self.line.value = f'<span role="{role}" style="color:{colour}">{html.escape(text)}</span>'

    def guarded(self, work):
        """Wrap a function, so that the lab says what goes wrong in it, and goes on.

        Args:
            work: any function.

        Returns:
            A function with the same arguments. It returns None if `work` failed.
        """

        @functools.wraps(work)
        def callback(*arguments, **options):
            try:
                return work(*arguments, **options)
            except StylekitError as error:
                self.say(str(error), wrong=True)
            except Exception as error:  # whatever it is, the lab goes on
                self.say(f"That did not work ({type(error).__name__}: {error}). The lab goes on as it was.", wrong=True)

        return callback

    @contextlib.contextmanager
    def by_itself(self):
        """Widgets that the lab moves inside this block call nothing."""
        before, self._by_itself = self._by_itself, True
        try:
            yield
        finally:
            self._by_itself = before

    def on_move(self, widget, action):
        """Call action(new value), guarded, when the user moves a widget."""
        action = self.guarded(action)

        def observer(change):
            if not self._by_itself:
                action(change.new)

        widget.observe(observer, "value")

    def on_click(self, button, action):
        """Call action(), guarded, when the user presses a button."""
        action = self.guarded(action)
        button.on_click(lambda _: action())

    def close(self):
        """Take the lab from the page and its widgets from memory."""
        Lab._open.discard(self)
        for widget in list(descendants(self)):
            widget.close()
        super().close()


def descendants(widget):
    """Yield the widgets inside a widget, their layouts and styles too: each is kept in memory until it is closed."""
    for part in (*getattr(widget, "children", ()), getattr(widget, "layout", None), getattr(widget, "style", None)):
        if isinstance(part, widgets.Widget):
            yield from descendants(part)
            yield part


def in_a_loop():
    """Whether an event loop runs, as it does in a notebook. Without one, nothing can be done in the background."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def running_cell():
    """Find the cell that runs now.

    Returns:
        (id of the cell, id of this run of it), or None outside of a notebook that names its cells.
    """
    shell = get_ipython()
    parent = getattr(shell, "parent_header", None) or {}
    cell = parent.get("metadata", {}).get("cellId")
    return (cell, parent["header"]["msg_id"]) if cell else None


def column(width, *children):
    """Stack widgets. width: px."""
    return widgets.VBox(children, layout=widgets.Layout(width=f"{width}px", flex="0 0 auto"))


def columns(*children):
    """Place widgets side by side."""
    return widgets.HBox(children, layout=widgets.Layout(justify_content="space-between"))


def named_slider(term, meaning, value, least, most, step):
    """Make a logarithmic slider below its name.

    Args:
        term: the name, a str; a loss term is shown in its colour.
        meaning: what stands after the name, a str of HTML.
        value: where the slider stands at first, a float.
        least, most, step: its range and its step, as powers of ten.

    Returns:
        (the name, the slider), two widgets.
    """
    wide = widgets.Layout(width="auto", margin="2px 0")
    settings = {"base": 10, "min": least, "max": most, "step": step, "readout_format": ".3g"}
    slider = widgets.FloatLogSlider(value, **settings, layout=wide)
    slider.add_class(f"stylekit-{term.replace(' ', '-')}")
    return widgets.HTML(f'<b style="color:{COLOURS.get(term, INK)}">{term}</b>{meaning}'), slider


# --- calls that wait --------------------------------------------------------------------------------------------------


class Throttled:
    """A call that acts on the newest of many events.

    After a pause it acts at once; else when no event has come for `rest` seconds. While a picture is painted, the
    slider's messages wait in the kernel. Afterwards all are read in one go, and only the newest is acted on. While the
    events never pause, it acts every `longest` seconds. Outside of a running event loop, in a script or a test, it acts
    at once.

    Args:
        work: a function without arguments.
        rest, longest: seconds.
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
        elif now > self._done + self.rest:  # within the event's own message: the answer goes out with the reply
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
    """A call that acts when nobody has called or cancelled it for some time; at once outside of an event loop.

    Args:
        work: a function without arguments.
        rest: seconds.
    """

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
        """Whether a call is still to come."""
        return self._timer is not None

    def _run(self):
        self._timer = None
        self.work()

    def cancel(self):
        """Forget the call that is still to come."""
        if self._timer:
            self._timer.cancel()
            self._timer = None


# --- uploads ----------------------------------------------------------------------------------------------------------


def newest_upload(value):
    """Read the value of a FileUpload.

    Args:
        value: in ipywidgets 8 a tuple of dicts, in 7 a dict by name.

    Returns:
        (name, bytes) of the newest file, or None.
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
    """Decode an uploaded image file.

    Args:
        name: the file's name, for the errors.
        data: its bytes.
        size: px.

    Returns:
        The middle square of the picture, (size, size, 3) float32 in [-1, 1].

    Raises:
        ImageError: if the file is too large, damaged, or no image.
    """
    if len(data) > LARGEST_UPLOAD:
        most = LARGEST_UPLOAD / 1e6
        raise ImageError(f"{name} has {len(data) / 1e6:.0f} MB: wanted at most {most:.0f}, so make it smaller first.")
    with tempfile.TemporaryDirectory() as folder:  # `images.read` is the only door, and it reads files
        path = Path(folder) / "upload"
        path.write_bytes(data)
        try:
            return images.fit(images.read(path), size)
        except ImageError as error:
            raise ImageError(str(error).replace(str(path), name)) from error
