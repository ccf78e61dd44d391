"""The lab on a trained painter: move a loss weight, see the picture change at once.

>>> lab = instant()
>>> lab.show(content=10.0)      # what the slider does

G was trained with the weights as an input (Dosovitskiy and Djolonga 2020), so each move is one pass of G. While a
slider moves, a machine that needs too long for the whole picture paints a smaller one; the whole one follows as soon
as the hand rests, and its distances are measured then.
"""

import functools
import html
import json
from pathlib import Path

import ipywidgets as widgets
import numpy as np

from stylekit import images
from stylekit.data import domains
from stylekit.errors import SettingError
from stylekit.filters import render
from stylekit.lab import parts
from stylekit.lab.engine import SIZE, engine_of, reason
from stylekit.methods.painter import DECADES, TERMS, Painter
from stylekit.plots import svg

SHOWN = 384  # px of the screen
REST = 0.15  # s without a move, after which the whole picture is painted
PRESETS = {
    "photo-like": {"adversarial": 1.0, "content": 31.6, "style": 1.0},
    "balanced": {"adversarial": 1.0, "content": 1.0, "style": 1.0},
    "painterly": {"adversarial": 1.0, "content": 1.0, "style": 31.6},
    "adversarial only": {"adversarial": 100.0, "content": 0.01, "style": 0.01},
}
MEANING = {"adversarial": "deceive D", "content": "keep the photo", "style": "follow the painting"}
CURVE = (100.0, 31.6, 10.0, 3.16, 1.0, 0.316, 0.1, 0.0316, 0.01)  # content to style, where the trade-off is measured
# painted on demand, of a photo that is not the first to be chosen; colours of its own let one see what was taken over
PALETTE = {
    "brush": "van_gogh", "oil": "dusk", "pointillist": "monet", "watercolour": "sea", "ink": None, "woodcut": "earth",
    "cartoon": "fauve", "stained_glass": "autumn",
}  # fmt: skip
SCENE = "china"
ALL_PHOTOS = (*domains.TRAIN_PHOTOS, *domains.TEST_PHOTOS)
YOURS = "yours"  # in the menus, what the caller brought
ONE_COLOUR = 0.02  # a painting with less between its darkest and its lightest has no stroke
JPEG_QUALITY = 90


def instant(painter=None, photo=None, painting=None):
    """The lab on a trained painter, a widget that shows itself at the end of a cell.

    painter: a `Painter`; the one that is shipped if left out. photo, painting: (h, w, 3) in [-1, 1], of which the
    middle square is taken; chosen in the lab if left out. Returns an InstantLab.
    Raises ImageError for wrong pictures, DataError where the shipped painter is missing.
    """
    return InstantLab(painter or _shipped(), photo, painting)


@functools.cache
def _shipped():
    return Painter.shipped()


class InstantLab(parts.Lab):
    """Photo, painting and three weights in; G(x, y, w) and its distances out.

    What the mouse can do is a method: `show`, `choose`, `upload`, `wipe`, `save`. `picture` is what G painted,
    (256, 256, 3) in [-1, 1]; `content_distance` and `style_distance` are its distances, as in `metrics`.
    """

    def __init__(self, painter, photo=None, painting=None):
        super().__init__()
        self.engine = engine_of(painter)
        self._photos, self._paintings = _embedded_photos(), dict.fromkeys(PALETTE)
        self._sources = {}  # how Python gets the photo and the painting
        self._moved = parts.Throttled(self._preview)
        self._rested = parts.Debounced(self._finish, REST)
        self._idle = parts.Debounced(self._extend_curve, 0.02)
        self._build()
        self.fill(*self._layout())
        for role, picture, first in (("photo", photo, "coffee"), ("painting", painting, "brush")):
            if picture is not None:
                self._offer(YOURS, images.fit(picture, SIZE), role)
            self._take(first if picture is None else YOURS, role)
        self._start_pair()

    # --- what one can do ----------------------------------------------------------------------------------------------

    @property
    def weights(self):
        """The three weights where the sliders stand, to three digits: dict term -> number."""
        return {term: float(f"{slider.value:.3g}") for term, slider in self.sliders.items()}

    @parts.guarded
    def show(self, adversarial=None, content=None, style=None):
        """Move sliders, 0.01 to 100, then paint and measure at once. Weights left out stay. Returns the picture."""
        wanted = {"adversarial": adversarial, "content": content, "style": style}
        wanted = {term: weight for term, weight in wanted.items() if weight is not None}
        for term, weight in wanted.items():
            if not 10.0**-DECADES <= weight <= 10.0**DECADES:
                raise SettingError(f"The {term} weight is {weight}: the sliders go from 0.01 to 100.")
        with self.by_itself():
            for term, weight in wanted.items():
                self.sliders[term].value = weight
        self._finish()
        return self.picture

    @parts.guarded
    def choose(self, photo=None, painting=None):
        """Take another photo, another painting, or both, by their names in the menus."""
        for name, role in ((photo, "photo"), (painting, "painting")):
            if name is not None:
                self._take(name, role)
        self._start_pair()

    @parts.guarded
    def upload(self, name, data, role):
        """Take an image file as photo or painting. name: the file's. data: its bytes. role: "photo" or "painting"."""
        self._offer(name, parts.decode(name, data, SIZE), role)
        self._take(name, role)
        self._start_pair()

    @parts.guarded
    def wipe(self, share):
        """Show the photo in the left `share` of the width, 0 to 1, and the picture in the rest."""
        with self.by_itself():
            self.wiper.value = share
        self._draw()

    @parts.guarded
    def save(self, path=None):
        """Write the picture to a file; by default painting-1.png, painting-2.png ... here. Returns its Path."""
        if self._here is None:  # the hand has only just come to rest
            self._finish()
        if path is None:
            path = next(path for i in range(1, 10_000) if not (path := Path(f"painting-{i}.png")).exists())
        path = images.write(self.picture, path)
        self.say(f"Saved: {path.resolve()}")
        return path

    @property
    def code(self):
        """The settings as Python that paints the same picture."""
        mine = _shipped.cache_info().currsize and self.engine.painter is _shipped()
        weights = ", ".join(f"{term}={weight:g}" for term, weight in self.weights.items())
        return "\n".join(
            [
                "from stylekit import Painter, images, render, photos",
                *(f"{role} = {self._sources[role]}" for role in ("photo", "painting") if self._sources[role]),
                f"picture = {'Painter.shipped()' if mine else 'painter'}(photo, painting, {weights})",
            ]
        )

    def curve(self):
        """The trade-off of this photo and painting: (content distance, style distance) for each ratio of CURVE."""
        while len(self._curve) < len(CURVE):
            self._extend_curve(rearm=False)
        return list(self._curve)

    def close(self):
        """Forget what was still to be done, and take the lab from the page."""
        for waiting in (self._rested, self._idle):
            waiting.cancel()
        super().close()

    # --- photo and painting -------------------------------------------------------------------------------------------

    def _offer(self, name, picture, role):
        """Put a picture of the user's own into the menu."""
        shelf, menu = self._shelf(role)
        shelf[name] = picture
        with self.by_itself():
            menu.options = tuple(shelf)

    def _take(self, name, role):
        shelf, menu = self._shelf(role)
        if name not in shelf:
            raise SettingError(f"There is no {role} {name!r}: wanted one of {', '.join(shelf)}.")
        if shelf[name] is None:  # painted when it is first asked for: some take a second
            shelf[name] = render(self._photos[SCENE], name, palette=PALETTE[name])
        picture, features = shelf[name], self.engine.features(shelf[name])
        if role == "photo":
            self.photo, self._photo_maps = picture, features
            self._photo_sized = {size: images.fit(picture, size) for size in (SIZE, self.engine.fluent_size)}
        else:
            self.painting, self._painting_maps = picture, features
            self._code = self.engine.code(picture)  # kept: a slider changes nothing but the weights
        self._sources[role] = _source(name, role)
        self.thumbnails[role].value = images.encode(picture, "jpeg")
        with self.by_itself():
            menu.value = name

    def _shelf(self, role):
        return (self._photos, self.photo_menu) if role == "photo" else (self._paintings, self.painting_menu)

    def _start_pair(self):
        """Begin with a photo and a painting that have not been together yet."""
        self._curve = []
        self._photo_style = self.engine.distances(self.photo, self._photo_maps, self._painting_maps)[1]
        self._finish()
        if np.ptp(self.painting, axis=(0, 1)).max() < ONE_COLOUR:
            self.say("This painting is a single colour: it has no stroke that G could take over.")
        else:
            self.say("Move a slider. Only the ratios of the three weights matter.")

    # --- from the weights to the screen -------------------------------------------------------------------------------

    @parts.guarded
    def _preview(self):
        """Paint as large as can be done fluently; measure once the hand rests."""
        self._idle.cancel()
        self._here = None
        self._shown = self._paint(self.engine.fluent_size, self.weights)
        self._draw()
        self._mark(self._estimate(), measured=False)
        self._rested()

    @parts.guarded
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
        """How much of what F sees in the photo has changed: `metrics.content_distance`."""
        return self._here[0]

    @property
    def style_distance(self):
        """How far the picture's style is from the painting's: `metrics.style_distance`."""
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
        """What there is to say about a measured picture, in numbers and words."""
        self._mark(self._here, measured=True)
        words = reason(self.weights, *self._here, self._photo_style)
        self.why.value = f"<b>Why does it look like this?</b> {words}"
        self.code_view.value = f"<pre>{html.escape(self.code)}</pre>"

    def _mark(self, here, measured):
        self.plot.value = svg.tradeoff([(0.0, self._photo_style), *self._curve], here, measured)

    def _estimate(self):
        """The distances between the measured points of the curve, or None while there are too few."""
        if len(self._curve) < len(CURVE):
            return None
        ratio = np.log10(self.weights["style"] / self.weights["content"])
        return tuple(np.interp(ratio, -np.log10(CURVE), axis) for axis in zip(*self._curve, strict=True))

    @parts.guarded
    def _extend_curve(self, rearm=True):
        """Measure one more point of the trade-off, the adversarial weight at 1, while nobody moves a slider."""
        if len(self._curve) == len(CURVE):
            return
        balance = CURVE[len(self._curve)] ** 0.5
        weights = {"adversarial": 1.0, "content": balance, "style": 1 / balance}
        self._curve.append(self._distances(self._paint(SIZE, weights)))
        self._mark(self._here, measured=True)
        if rearm:
            self._idle()

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
        self.photo_menu.observe(self.by_hand(lambda name: self.choose(photo=name)), "value")
        self.painting_menu.observe(self.by_hand(lambda name: self.choose(painting=name)), "value")
        for role, upload in self.uploads.items():
            upload.observe(self.by_hand(functools.partial(self._uploaded, role)), "value")
        for slider in self.sliders.values():
            slider.observe(self.by_hand(lambda _: self._moved()), "value")
        self.wiper.observe(self.by_hand(lambda _: self._draw()), "value")
        for name, button in self.presets.items():
            button.on_click(lambda _, name=name: self.show(**PRESETS[name]))
        self.saver.on_click(lambda _: self.save())

    def _uploaded(self, role, value):
        file = parts.newest_upload(value)
        if file:
            self.upload(*file, role)

    def _layout(self):
        def inputs(role, symbol):
            menu = self._shelf(role)[1]
            return widgets.HTML(f"<b>{role} {symbol}</b>"), self.thumbnails[role], menu, self.uploads[role]

        left = parts.column(136, *inputs("photo", "x"), *inputs("painting", "y"))
        wipe = widgets.HTML('<div style="display:flex;justify-content:space-between"><span>&#9664; picture</span>'
                            "<span>photo &#9654;</span></div>")  # fmt: skip
        middle = parts.column(SHOWN, widgets.HTML("<b>picture G(x, y, w)</b>"), self.screen, self.wiper, wipe)
        presets = widgets.GridBox(
            list(self.presets.values()), layout=widgets.Layout(grid_template_columns="46% 52%", grid_gap="0 2%")
        )
        right = parts.column(284, *self.slider_rows, presets, self.plot)
        return parts.columns(left, middle, right), self.why, widgets.HBox([self.saver, self.line]), self.code_view


def _embedded_photos():
    domain = domains.photos(SIZE, "all")
    return {name: images.fit(photo, SIZE) for name, photo in zip(domain.names, domain, strict=True)}


def _source(name, role):
    """How Python gets a photo or painting of the menus; None for what the caller brought."""
    if name == YOURS:
        return None
    if role == "photo" and name in ALL_PHOTOS:
        return _photo_source(name)
    if role == "painting" and name in PALETTE:
        palette = f', palette="{PALETTE[name]}"' if PALETTE[name] else ""
        return f'render({_photo_source(SCENE)}, "{name}"{palette})'
    return f"images.fit(images.read({json.dumps(name, ensure_ascii=False)}), {SIZE})"


def _photo_source(name):
    return f'images.fit(photos({SIZE}, "all")[{ALL_PHOTOS.index(name)}], {SIZE})'
