"""The instant lab: move a loss weight of a trained painter, and see the picture change at once.

>>> lab = instant()
>>> lab.show(content=10.0)      # what the slider does

G was trained with the weights as an input (Dosovitskiy and Djolonga 2020), so each move is one pass of G. On a slow
machine a smaller picture is painted while the slider moves. The whole picture follows when the hand rests, and then its
distances are measured.
"""

import functools
import html
import numbers
from pathlib import Path

import ipywidgets as widgets
import numpy as np

from stylekit import images
from stylekit.errors import SettingError
from stylekit.lab import menus, parts
from stylekit.lab.engine import SIZE, engine_of, reason
from stylekit.methods.painter import DECADES, TERMS, Painter
from stylekit.plots import svg

SHOWN = 384  # px, side of the screen
REST = 0.15  # s without a move until the whole picture is painted
IDLE = 0.02  # s without anything to do until one more point of the trade-off is measured
PRESETS = {
    "photo-like": {"adversarial": 1.0, "content": 31.6, "style": 1.0},
    "balanced": {"adversarial": 1.0, "content": 1.0, "style": 1.0},
    "painterly": {"adversarial": 1.0, "content": 1.0, "style": 31.6},
    "adversarial only": {"adversarial": 100.0, "content": 0.01, "style": 0.01},
}
MEANING = {"adversarial": "deceive D", "content": "keep the photo", "style": "follow the painting"}
CURVE = (100.0, 31.6, 10.0, 3.16, 1.0, 0.316, 0.1, 0.0316, 0.01)  # content to style, where the trade-off is measured
ONE_COLOUR = 0.02  # a painting with less between its darkest and its lightest pixel has no stroke
JPEG_QUALITY = 90


def instant(painter=None, photo=None, painting=None):
    """Open the lab on a trained painter: a widget that a notebook shows at the end of a cell.

    Args:
        painter: a `Painter`. None takes the shipped one.
        photo, painting: (h, w, 3) in [-1, 1]; the middle square is taken. None leaves the choice to the menus.

    Returns:
        An `InstantLab`.

    Raises:
        ImageError: for a picture of another shape or range.
        DataError: if the shipped painter is missing.
    """
    return InstantLab(painter or _shipped(), photo, painting)


@functools.cache
def _shipped():
    return Painter.shipped()


class InstantLab(parts.Lab):
    """A widget: photo, painting and three weights go in; G(x, y, w) and its distances come out.

    What the mouse can do is a method: `show`, `choose`, `upload`, `wipe`, `save`. `picture` is what G painted,
    (256, 256, 3) float32 in [-1, 1]. `content_distance` and `style_distance` are measured on it, as in
    `stylekit.metrics`.

    Args:
        painter: a `Painter`.
        photo, painting: as for `instant`.
    """

    def __init__(self, painter, photo=None, painting=None):
        super().__init__()
        self.engine = engine_of(painter)
        self._photos, self._paintings = menus.photos(), dict.fromkeys(menus.PALETTE)
        self._sources = {}  # Python code that gets the photo and the painting
        self._moved = parts.Throttled(self.guarded(self._preview))
        self._rested = parts.Debounced(self.guarded(self._finish), REST)
        self._idle = parts.Debounced(self.guarded(self._measure_more), IDLE)
        self._build()
        self.fill(*self._layout())
        for role, picture, first in (("photo", photo, "coffee"), ("painting", painting, "brush")):
            if picture is not None:
                self._offer(menus.YOURS, images.fit(picture, SIZE), role)
            self._take(first if picture is None else menus.YOURS, role)
        self._start_pair()

    # --- what one can do ----------------------------------------------------------------------------------------------

    @property
    def weights(self):
        """The three weights where the sliders stand, to three digits: dict term -> float."""
        return {term: float(f"{slider.value:.3g}") for term, slider in self.sliders.items()}

    def show(self, adversarial=None, content=None, style=None):
        """Move sliders, then paint and measure at once.

        Args:
            adversarial, content, style: the loss weights, 0.01 to 100. None leaves a slider where it is.

        Returns:
            The picture, (256, 256, 3) float32 in [-1, 1].

        Raises:
            SettingError: for a weight outside the range of the sliders. Nothing moves then.
        """
        wanted = {"adversarial": adversarial, "content": content, "style": style}
        wanted = {term: weight for term, weight in wanted.items() if weight is not None}
        for term, weight in wanted.items():
            if not (isinstance(weight, numbers.Real) and 10.0**-DECADES <= weight <= 10.0**DECADES):
                raise SettingError(f"The {term} weight is {weight!r}: wanted a number from 0.01 to 100.")
        with self.by_itself():
            for term, weight in wanted.items():
                self.sliders[term].value = weight
        self._finish()
        return self.picture

    def choose(self, photo=None, painting=None):
        """Take another photo, another painting, or both.

        Args:
            photo, painting: their names in the menus, str. None leaves what is there.

        Raises:
            SettingError: for a name that is not in the menu.
        """
        for name, role in ((photo, "photo"), (painting, "painting")):
            if name is not None:
                self._take(name, role)
        self._start_pair()

    def upload(self, name, data, role):
        """Take an image file as photo or painting.

        Args:
            name: the file's name, a str.
            data: its bytes.
            role: "photo" or "painting".

        Raises:
            ImageError: if the file cannot be used.
        """
        self._offer(name, parts.decode(name, data, SIZE), role)
        self._take(name, role)
        self._start_pair()

    def wipe(self, share):
        """Show the photo on the left and the picture on the right.

        Args:
            share: of the width, 0 to 1, for the photo.
        """
        with self.by_itself():
            self.wiper.value = share
        self._draw()

    def save(self, path=None):
        """Write the picture to a file.

        Args:
            path: the file. None takes the first of painting-1.png, painting-2.png ... that is free here.

        Returns:
            The file's `Path`.

        Raises:
            ImageError: if the file cannot be written.
        """
        if self._here is None:  # the whole picture is still to come
            self._finish()
        if path is None:
            path = next(path for i in range(1, 10_000) if not (path := Path(f"painting-{i}.png")).exists())
        path = images.write(self.picture, path)
        self.say(f"Saved: {path.resolve()}")
        return path

    @property
    def code(self):
        """Python that paints the same picture, a str."""
        mine = _shipped.cache_info().currsize and self.engine.painter is _shipped()
        weights = ", ".join(f"{term}={weight:g}" for term, weight in self.weights.items())
        lines = [
            "from stylekit import Painter, filters, images, photos",
            *(f"{role} = {self._sources[role]}" for role in ("photo", "painting") if self._sources[role]),
            f"picture = {'Painter.shipped()' if mine else 'painter'}(photo, painting, {weights})",
        ]
        return "\n".join(lines)

    def curve(self):
        """Measure the trade-off of this photo and painting.

        Returns:
            A list of (content distance, style distance), one for each ratio of content to style in `CURVE`.
        """
        while len(self._curve) < len(CURVE):
            self._extend_curve()
        return list(self._curve)

    def close(self):
        """Forget what is still to be done, and take the lab from the page."""
        for waiting in (self._rested, self._idle):
            waiting.cancel()
        super().close()

    # --- photo and painting -------------------------------------------------------------------------------------------

    def _offer(self, name, picture, role):
        """Put a picture of the user into the menu. role: "photo" or "painting"."""
        shelf, menu = self._shelf(role)
        shelf[name] = picture
        with self.by_itself():
            menu.options = tuple(shelf)

    def _take(self, name, role):
        """Make a picture of the menu the photo or the painting. role: "photo" or "painting"."""
        shelf, menu = self._shelf(role)
        if name not in shelf:
            raise SettingError(f"There is no {role} {name!r}: wanted one of {', '.join(shelf)}.")
        if shelf[name] is None:  # painted when it is first chosen, because some take a second
            shelf[name] = menus.painting(name, self._photos)
        picture, features = shelf[name], self.engine.features(shelf[name])
        if role == "photo":
            self.photo, self._photo_maps = picture, features
            self._photo_sized = {size: images.fit(picture, size) for size in (SIZE, self.engine.fluent_size)}
        else:
            self.painting, self._painting_maps = picture, features
            self._code = self.engine.code(picture)  # kept, because a slider changes only the weights
        self._sources[role] = menus.source(name, role)
        self.thumbnails[role].value = images.encode(picture, "jpeg")
        with self.by_itself():
            menu.value = name

    def _shelf(self, role):
        """The pictures of a menu, dict name -> picture, and the menu."""
        return (self._photos, self.photo_menu) if role == "photo" else (self._paintings, self.painting_menu)

    def _start_pair(self):
        """Begin with another photo or painting: paint, measure, and forget the old trade-off."""
        self._curve = []
        self._photo_style = self.engine.distances(self.photo, self._photo_maps, self._painting_maps)[1]
        self._finish()
        if np.ptp(self.painting, axis=(0, 1)).max() < ONE_COLOUR:
            self.say("This painting is a single colour: it has no stroke that G could take over.")
        else:
            self.say("Move a slider. Only the ratios of the three weights matter.")

    # --- from the weights to the screen -------------------------------------------------------------------------------

    def _preview(self):
        """Paint as large as is fluent. The whole picture is painted and measured when the hand rests."""
        self._idle.cancel()
        self._here = None
        self._shown = self._paint(self.engine.fluent_size, self.weights)
        self._draw()
        self._mark(self._estimate(), measured=False)
        self._rested()

    def _finish(self):
        """Paint the whole picture and measure it."""
        self._rested.cancel()
        self._shown = self.picture = self._paint(SIZE, self.weights)
        self._draw()
        self._here = self._distances(self.picture)
        self._tell()
        self._idle()

    def _paint(self, size, weights):
        return self.engine.draw(self._photo_sized[size], self._code, weights)

    def _distances(self, picture):
        return self.engine.distances(picture, self._photo_maps, self._painting_maps)

    @property
    def content_distance(self):
        """How much G changed of what F sees in the photo, a float: `metrics.content_distance`."""
        return self._here[0]

    @property
    def style_distance(self):
        """How far the picture's style is from the painting's, a float: `metrics.style_distance`."""
        return self._here[1]

    def _draw(self):
        """Put the picture on the screen, and the photo over its left part."""
        size = len(self._shown)
        edge = round(self.wiper.value * size)
        screen = self._shown
        if edge:
            screen = np.concatenate([self._photo_sized[size][:, :edge], screen[:, edge:]], axis=1)
            screen[:, edge - 1 : edge + 1] = 1.0
        self.screen.value = images.encode(screen, "jpeg", JPEG_QUALITY)

    def _tell(self):
        """Show the distances of the picture, the reason, and the code."""
        self._mark(self._here, measured=True)
        words = reason(self.weights, *self._here, self._photo_style)
        self.why.value = f"<b>Why does it look like this?</b> {words}"
        self.code_view.value = f"<pre>{html.escape(self.code)}</pre>"

    def _mark(self, here, measured):
        """Draw the trade-off with the picture's place in it."""
        self.plot.value = svg.tradeoff([(0.0, self._photo_style), *self._curve], here, measured)

    def _estimate(self):
        """The picture's distances, interpolated between the points of the curve; None while points are missing."""
        if len(self._curve) < len(CURVE):
            return None
        ratio = np.log10(self.weights["style"] / self.weights["content"])
        return tuple(np.interp(ratio, -np.log10(CURVE), axis) for axis in zip(*self._curve, strict=True))

    def _measure_more(self):
        """Measure one more point of the trade-off while nobody moves a slider, and the next one after it."""
        if len(self._curve) < len(CURVE):
            self._extend_curve()
            self._idle()

    def _extend_curve(self):
        """Measure one more point of the trade-off, with the adversarial weight at 1."""
        balance = CURVE[len(self._curve)] ** 0.5
        weights = {"adversarial": 1.0, "content": balance, "style": 1 / balance}
        self._curve.append(self._distances(self._paint(SIZE, weights)))
        self._mark(self._here, measured=True)

    # --- widgets ------------------------------------------------------------------------------------------------------

    def _build(self):
        wide, narrow = widgets.Layout(width="auto", margin="2px 0"), widgets.Layout(width="136px", margin="2px 0")
        self.thumbnails = {
            role: widgets.Image(format="jpeg", width=136, height=136) for role in ("photo", "painting")
        }
        self.photo_menu = widgets.Dropdown(options=tuple(self._photos), layout=narrow)
        self.painting_menu = widgets.Dropdown(options=tuple(self._paintings), layout=narrow)
        self.uploads = {
            role: widgets.FileUpload(description="upload", accept="image/*", multiple=False, layout=narrow)
            for role in ("photo", "painting")
        }
        self.screen = widgets.Image(format="jpeg", width=SHOWN, height=SHOWN)
        self.wiper = widgets.FloatSlider(0.0, min=0, max=1, step=0.01, readout=False, layout=wide)
        rows = {
            term: parts.named_slider(term, f": {MEANING[term]}", 1.0, -DECADES, DECADES, 0.05) for term in TERMS
        }
        self.sliders = {term: slider for term, (_, slider) in rows.items()}
        self.slider_rows = [widget for row in rows.values() for widget in row]
        self.screen.add_class("stylekit-screen")
        self.wiper.add_class("stylekit-wipe")
        self.presets = {name: widgets.Button(description=name, layout=wide) for name in PRESETS}
        beside = widgets.Layout(width="136px", margin="2px 12px 2px 0")
        self.saver = widgets.Button(description="save picture", layout=beside)
        self.plot, self.why, self.code_view = (widgets.HTML() for _ in range(3))
        self._connect()

    def _connect(self):
        self.on_move(self.photo_menu, lambda name: self.choose(photo=name))
        self.on_move(self.painting_menu, lambda name: self.choose(painting=name))
        for role, upload in self.uploads.items():
            self.on_move(upload, functools.partial(self._uploaded, role))
        for slider in self.sliders.values():
            self.on_move(slider, lambda _: self._moved())
        self.on_move(self.wiper, lambda _: self._draw())
        for name, button in self.presets.items():
            self.on_click(button, functools.partial(self.show, **PRESETS[name]))
        self.on_click(self.saver, self.save)

    def _uploaded(self, role, value):
        file = parts.newest_upload(value)
        if file:
            self.upload(*file, role)

    def _layout(self):
        def inputs(role, symbol):
            menu = self._shelf(role)[1]
            return widgets.HTML(f"<b>{role} {symbol}</b>"), self.thumbnails[role], menu, self.uploads[role]

        left = parts.column(136, *inputs("photo", "x"), *inputs("painting", "y"))
        ends = "<span>&#9664; picture</span><span>photo &#9654;</span>"
        wipe = widgets.HTML(f'<div style="display:flex;justify-content:space-between">{ends}</div>')
        middle = parts.column(SHOWN, widgets.HTML("<b>picture G(x, y, w)</b>"), self.screen, self.wiper, wipe)
        presets = widgets.GridBox(
            list(self.presets.values()), layout=widgets.Layout(grid_template_columns="46% 52%", grid_gap="0 2%")
        )
        right = parts.column(284, *self.slider_rows, presets, self.plot)
        return parts.columns(left, middle, right), self.why, widgets.HBox([self.saver, self.line]), self.code_view
