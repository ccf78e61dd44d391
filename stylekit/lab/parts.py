"""What both labs are built of: calls that wait for the newest event, uploads, small drawings, a line to speak in.

Core ipywidgets only, and of those only what 7.7 and 8 have in common.
"""

import asyncio
import functools
import html
import tempfile
from pathlib import Path

import ipywidgets as widgets

from stylekit import images
from stylekit.errors import ImageError, StylekitError
from stylekit.plots import COLOURS

INK, GREY, ALARM = "#333333", "#8a8a8a", "#b00020"
STYLESHEET = f"""<style>
.stylekit-lab {{ --jp-widgets-font-size: 15px; color: {INK}; background: white; padding: 8px; }}
.stylekit-lab .widget-html-content, .stylekit-lab .jupyter-button, .stylekit-lab select, .stylekit-lab .widget-readout
  {{ font-size: 15px !important; line-height: 1.3 !important; }}
.stylekit-lab .widget-html-content {{ overflow: hidden; }}
.stylekit-lab .widget-box {{ overflow: visible; }}
.stylekit-lab img {{ image-rendering: auto; object-fit: fill; }}
.stylekit-lab pre {{ font-size: 14px; line-height: 1.35; margin: 0; padding: 6px 8px; background: #f3f3f3;
  white-space: pre-wrap; user-select: all; }}
</style>"""
LARGEST_UPLOAD = 50_000_000  # bytes


def stylesheet():
    """The labs' look, as a widget that takes no room."""
    return widgets.HTML(STYLESHEET, layout=widgets.Layout(height="0px", margin="0"))


class Newest:
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


class Later:
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


def sentence(text, wrong=False):
    """One sentence as HTML, in the colour of alarm where something is wrong."""
    colour, role = (ALARM, "alert") if wrong else (INK, "status")
    return f'<span role="{role}" style="color:{colour}">{html.escape(text)}</span>'


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


def tradeoff(curve, here, measured, width=284, height=184):
    """The trade-off between content and style as SVG: light enough to be drawn anew with every move.

    curve: list of (content distance, style distance), from the photo itself to all style. here: where the picture is,
    or None. measured: False while it is only estimated from the curve, and drawn hollow. Returns the text of an SVG.
    """
    left, right, top, bottom = 4, width - 4, 40, height - 30
    points = [*curve, *([here] if here else [])]
    far = max(content for content, _ in points) + 1e-9
    low, high = min(style for _, style in points), max(style for _, style in points) + 1e-9

    def place(point):
        content, style = point
        x = left + 8 + content / far * (right - left - 16)
        return round(x, 1), round(bottom - 10 - (style - low) / (high - low) * (bottom - top - 16), 1)

    def text(x, y, words, colour=INK, anchor="start"):
        return f'<text x="{x}" y="{y}" fill="{colour}" text-anchor="{anchor}">{words}</text>'

    line = " ".join(f"{x},{y}" for x, y in map(place, curve))
    drawn = [
        f'<path d="M{left},{top - 8} V{bottom} H{right}" fill="none" stroke="{GREY}"/>',
        f'<polyline points="{line}" fill="none" stroke="{GREY}" stroke-width="2.5"/>',
        *(f'<circle cx="{x}" cy="{y}" r="3.5" fill="{GREY}"/>' for x, y in map(place, curve)),
        text(left, 15, "&#8593; style distance", COLOURS["style"]),
        text(right, height - 10, "content distance &#8594;", COLOURS["content"], "end"),
    ]
    if here:
        x, y = place(here)
        fill, about = ("#E69F00", "") if measured else ("white", "about ")
        drawn.append(f'<circle class="here" cx="{x}" cy="{y}" r="8" fill="{fill}" stroke="{INK}" stroke-width="2.5"/>')
        drawn.append(text(right, 15, f"{about}{here[1]:.2f} at {here[0]:.2f}", anchor="end"))
    return (
        f'<svg width="{width}" height="{height}" role="img" aria-label="style distance against content distance" '
        f'font-size="15">{"".join(drawn)}</svg>'
    )
