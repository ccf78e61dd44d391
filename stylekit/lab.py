"""The weight lab: move a loss weight, see the picture change at once.

>>> lab = instant()
>>> lab.move(content=10.0)      # what the slider does

G was trained with the weights as an input, so no training runs here: each move is one pass of G.
"""

import functools
import html
import tempfile
from pathlib import Path

import ipywidgets as widgets
import numpy as np
import tensorflow as tf

from stylekit import domains, images, losses, metrics
from stylekit.errors import SettingError, StylekitError
from stylekit.methods.painter import TERMS, Painter
from stylekit.painters import PAINTERS, PALETTES, paint

DECADES = 2  # the sliders go from 10^-2 to 10^2, which is what the painter was trained on
PRESETS = {
    "photo-like": {"content": 30.0},
    "balanced": {},
    "painterly": {"style": 30.0},
    "adversarial only": {"adversarial": 100.0, "content": 0.01, "style": 0.01},
}
MEANING = {
    "adversarial": "D takes it for a painting",
    "content": "it shows what the photo shows",
    "style": "it has the painting's strokes",
}
COLOURS = {"adversarial": "#D55E00", "content": "#0072B2", "style": "#009E73"}  # as in `plots`
CURVE = np.geomspace(0.01, 100.0, 9)  # content weights for which the trade-off is drawn
SHOWN = 448  # px of the screen
LARGEST_UPLOAD = 50e6  # bytes
OWN = "my own"
STYLESHEET = """<style>
.stylekit-lab, .stylekit-lab .widget-label, .stylekit-lab button, .stylekit-lab select, .stylekit-lab textarea
{ font-size: 14px !important; }
.stylekit-lab .widget-html-content { line-height: 1.35; overflow: hidden; }
</style>"""


def instant(painter=None, size=256):
    """The lab on a trained painter: photo, painting, three sliders, and the picture that they make.

    painter: what paints; the one that is shipped if left out. size: px, side of the pictures.
    Returns an `InstantLab`, a widget that shows itself at the end of a cell.
    """
    return InstantLab(painter or Painter.shipped(), size)


def guarded(method):
    """A callback that tells what went wrong in the lab's own line, and leaves the lab as it was."""

    @functools.wraps(method)
    def callback(self, *arguments, **options):
        try:
            result = method(self, *arguments, **options)
        except StylekitError as error:
            self.say(str(error), wrong=True)
        except Exception as error:  # whatever it is, a traceback below the lab would be read by nobody
            self.say(f"That did not work ({error}). The lab goes on with the picture before.", wrong=True)
        else:
            return result

    return callback


class InstantLab(widgets.VBox):
    """Photo, painting and three weights in, G(x, y, w) and its distances out.

    Everything the mouse can do is a method: `move`, `choose`, `upload`, `wipe`, `save`. `picture` is what G painted,
    (size, size, 3) in [-1, 1]; `weights`, `content` and `style` are its weights and distances.
    """

    def __init__(self, painter, size=256):
        if size < 32 or size % 16:
            raise SettingError(f"The lab's size is {size} px: wanted a multiple of 16, at least 32.")
        self.painter, self.size = painter, size
        self._distances = tf.function(self._distances_of)
        self._photos = {
            name: images.fit(photo, size)
            for split in ("test", "train")
            for name, photo in zip(*_named(domains.photos(size, split)), strict=True)
        }
        scene = self._photos["china"]
        palettes = dict(zip(PAINTERS, PALETTES, strict=False))
        self._paintings = {name: functools.partial(paint, scene, name, 3, palettes[name]) for name in PAINTERS}
        self._build()
        super().__init__([widgets.HTML(STYLESHEET), self._layout()])
        self.add_class("stylekit-lab")
        self.choose(photo="coffee", painting="brush")

    # --- what one can do ------------------------------------------------------------------------------------------

    @property
    def weights(self):
        """The three weights where the sliders stand: dict term -> number."""
        return {term: self.sliders[term].value for term in TERMS}

    @guarded
    def move(self, **weights):
        """Set weights, dict term -> number within the sliders; terms left out go to 1, balanced. Draws once."""
        unknown = set(weights) - set(TERMS)
        if unknown:
            raise SettingError(f"There is no weight {unknown.pop()!r}: wanted {', '.join(TERMS)}.")
        self._moving = True  # else each slider would draw on its own
        try:
            for term in TERMS:
                self.sliders[term].value = weights.get(term, 1.0)
        finally:
            self._moving = False
        self._draw()

    @guarded
    def choose(self, photo=None, painting=None):
        """Take another photo or painting, by its name in the menus. Draws the picture and the trade-off anew."""
        for name, shelf, what in ((photo, self._photos, "photo"), (painting, self._paintings, "painting")):
            if name is not None and name not in shelf:
                raise SettingError(f"There is no {what} {name!r}: wanted one of {', '.join(shelf)}.")
        if photo is not None:
            self._take_photo(self._photos[photo])
            self._set(self.photo_menu, photo)
        if painting is not None:
            if callable(self._paintings[painting]):  # painted when first asked for: some take a second
                self._paintings[painting] = self._paintings[painting]()
            self._take_painting(self._paintings[painting])
            self._set(self.painting_menu, painting)
        self._trace_curve()
        self._draw()

    @guarded
    def upload(self, name, data, role):
        """Take the bytes of an image file as photo or painting. name: the file's. role: "photo" or "painting"."""
        if len(data) > LARGEST_UPLOAD:
            raise SettingError(f"{name} has {len(data) / 1e6:.0f} MB: wanted at most {LARGEST_UPLOAD / 1e6:.0f} MB.")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / Path(name).name
            path.write_bytes(data)
            try:
                picture = images.fit(images.read(path, self.size), self.size)
            except StylekitError as error:
                raise type(error)(str(error).replace(f"{folder}/", "")) from error
        shelf, menu = (
            (self._photos, self.photo_menu) if role == "photo" else (self._paintings, self.painting_menu)
        )
        shelf[OWN] = picture
        if OWN not in menu.options:
            menu.options = (*menu.options, OWN)
        self.choose(**{role: OWN})

    @guarded
    def wipe(self, share):
        """Show the photo left of `share` of the width, 0 to 1, and the picture right of it."""
        self._set(self.wiper, share)
        self._show()

    @guarded
    def save(self, path=None):
        """Write the picture to a file, by default painted_1.png, painted_2.png ... beside the notebook. Returns it."""
        if path is None:
            path = next(p for p in (Path(f"painted_{i}.png") for i in range(1, 10**6)) if not p.exists())
        path = images.write(self.picture, path)
        self.say(f"Saved as {path.resolve()}.")
        return path

    def say(self, sentence, wrong=False):
        """Put one sentence into the lab's own line."""
        colour = "#B00020" if wrong else "#333333"
        self.line.value = f'<span style="color:{colour}">{html.escape(sentence)}</span>'

    @property
    def code(self):
        """The settings as Python, to be copied."""
        weights = ", ".join(f"{term}={value:.3g}" for term, value in self.weights.items())
        return f"painter = stylekit.Painter.shipped()\npicture = painter(photo, painting, {weights})"

    # --- from pictures to pictures --------------------------------------------------------------------------------

    def _take_photo(self, photo):
        self.photo = photo
        self._photo_tensor = tf.constant(photo[None])
        self._photo_maps = self.painter.content_keeper(self._photo_tensor)
        self.photo_view.value = images.encode(photo, "jpeg")

    def _take_painting(self, painting):
        self.painting = painting
        tensor = tf.constant(painting[None])
        self._code = self.painter._compiled_code(tensor)  # kept: only the weights change from move to move
        self._painting_maps = self.painter.content_keeper(tensor)
        self.painting_view.value = images.encode(painting, "jpeg")

    def _paint(self, weights):
        """G(x, y, w) as a tensor (1, size, size, 3)."""
        return self.painter._compiled_paint(self._photo_tensor, self._code, tf.constant([weights], "float32"))

    def _distances_of(self, picture, photo_maps, painting_maps):
        maps = self.painter.content_keeper(picture)
        content = metrics.relative_content_loss(maps, photo_maps)
        return tf.stack([content[0], losses.moment_style_loss(maps, painting_maps)[0]])

    def _measure(self, picture):
        """Content distance to the photo and style distance to the painting."""
        return self._distances(picture, self._photo_maps, self._painting_maps).numpy()

    def _trace_curve(self):
        """The trade-off of this photo and painting, from all style to all content."""
        points = [self._measure(self._paint([1.0, weight, 1.0])) for weight in CURVE]
        ends = [self._measure(self._paint([1.0, 1.0, 100.0])), self._measure(self._photo_tensor)]
        self._curve = np.array([ends[0], *points, ends[1]])

    def _draw(self):
        picture = self._paint([self.weights[term] for term in TERMS])
        self.picture = picture.numpy()[0]
        self._show()  # first the picture: the eye waits for it, the numbers can come a moment later
        self.content, self.style = (float(distance) for distance in self._measure(picture))
        self.plot.value = _tradeoff_svg(self._curve, (self.content, self.style))
        self.why.value = self._reason()
        self.code_view.value = self.code
        self.say("Move a slider; only the ratios of the three matter.")

    def _show(self):
        edge = round(self.wiper.value * self.size)
        shown = self.picture
        if edge:
            shown = np.concatenate([self.photo[:, :edge], self.picture[:, edge:]], axis=1)
            shown[:, max(edge - 1, 0) : edge + 1] = 1.0
        self.screen.value = images.encode(shown, "jpeg", quality=92)

    def _reason(self):
        """Why the picture looks as it does, from its numbers."""
        (far, near_style), (_, photo_style) = self._curve[0], self._curve[-1]
        kept = np.clip(1 - self.content / far, 0, 1)
        taken = np.clip((photo_style - self.style) / (photo_style - near_style + 1e-9), 0, 1)
        pulls = sorted(self.weights.items(), key=lambda item: -item[1])
        (first, most), (second, next_most) = pulls[:2]
        if most < 1.5 * next_most:
            cause = f"{first.capitalize()} and {second} pull about alike"
        else:
            cause = f"{first.capitalize()} pulls {most / next_most:.3g} times harder than {second}"
        return (
            f"<b>Why does it look like this?</b> {cause}. So it keeps {kept:.0%} of what F sees in the photo, and goes "
            f"{taken:.0%} of the way to the painting's style."
        )

    # --- widgets --------------------------------------------------------------------------------------------------

    def _build(self):
        self._moving = False
        view = {"format": "jpeg", "width": 132, "height": 132}
        self.photo_view, self.painting_view = widgets.Image(**view), widgets.Image(**view)
        self.screen = widgets.Image(format="jpeg", width=SHOWN, height=SHOWN)
        full, narrow = widgets.Layout(width="auto"), widgets.Layout(width="132px")
        self.photo_menu = widgets.Dropdown(options=list(self._photos), layout=narrow)
        self.painting_menu = widgets.Dropdown(options=list(self._paintings), layout=narrow)
        self.uploads = {
            role: widgets.FileUpload(description="upload", accept="image/*", multiple=False, layout=narrow)
            for role in ("photo", "painting")
        }
        self.sliders = {
            term: widgets.FloatLogSlider(
                1.0, base=10, min=-DECADES, max=DECADES, step=0.05, readout_format=".3g", layout=full
            )
            for term in TERMS
        }
        self.presets = {name: widgets.Button(description=name, layout=full) for name in PRESETS}
        self.wiper = widgets.FloatSlider(0.0, min=0, max=1, step=0.01, readout=False, layout=full)
        self.saver = widgets.Button(description="save picture", icon="download", layout=full)
        self.plot, self.why, self.line = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.code_view = widgets.Textarea(layout=widgets.Layout(width="auto", height="96px"))
        self._connect()

    def _connect(self):
        self.photo_menu.observe(lambda change: self._menu(photo=change.new), "value")
        self.painting_menu.observe(lambda change: self._menu(painting=change.new), "value")
        for role, upload in self.uploads.items():
            upload.observe(lambda change, role=role: self._uploaded(change.new, role), "value")
        for slider in self.sliders.values():
            slider.observe(lambda change: self._slid(), "value")
        for name, button in self.presets.items():
            button.on_click(lambda _, name=name: self.move(**PRESETS[name]))
        self.wiper.observe(lambda change: self._slid(wiper=True), "value")
        self.saver.on_click(lambda _: self.save())

    @guarded
    def _slid(self, wiper=False):
        if not self._moving:
            self._show() if wiper else self._draw()

    def _menu(self, **chosen):
        if not self._moving:
            self.choose(**chosen)

    def _uploaded(self, files, role):
        for name, data in _files(files):
            self.upload(name, data, role)

    def _set(self, widget, value):
        """Set a widget without its callback: the caller draws."""
        before, self._moving = self._moving, True
        try:
            widget.value = value
        finally:
            self._moving = before

    def _layout(self):
        def titled(text, *children, width=None):
            return widgets.VBox([widgets.HTML(text), *children], layout=widgets.Layout(width=width))

        inputs = widgets.HBox(
            [
                titled("<b>photo x</b>", self.photo_view, self.photo_menu, self.uploads["photo"]),
                titled("<b>painting y</b>", self.painting_view, self.painting_menu, self.uploads["painting"]),
            ],
            layout=widgets.Layout(justify_content="space-between"),
        )
        sliders = [
            titled(f'<b style="color:{COLOURS[term]}">{term}</b>: {MEANING[term]}', self.sliders[term])
            for term in TERMS
        ]
        presets = widgets.GridBox(
            list(self.presets.values()), layout=widgets.Layout(grid_template_columns="50% 50%", width="auto")
        )
        left = widgets.VBox([inputs, *sliders, presets], layout=widgets.Layout(width="296px"))
        middle = titled(
            "<b>G(x, y, w)</b>", self.screen, widgets.HTML("before / after"), self.wiper, self.line, width=f"{SHOWN}px"
        )
        right = titled("<b>trade-off</b>", self.plot, self.why, self.code_view, self.saver, width="320px")
        columns = widgets.Layout(justify_content="flex-start", grid_gap="20px", overflow="hidden")
        return widgets.HBox([left, middle, right], layout=columns)


def _named(domain):
    return domain.names, domain.pictures


def _files(value):
    """(name, bytes) of each uploaded file: ipywidgets 8 gives a tuple of dicts, 7 a dict by name."""
    if isinstance(value, dict):
        return [(name, bytes(file["content"])) for name, file in value.items()]
    return [(file["name"], bytes(file["content"])) for file in value]


def _tradeoff_svg(curve, here, width=310, height=250, margin=42):
    """The trade-off as SVG: light enough to be drawn anew with every move.

    curve: (n, 2), content and style distances from all style to all content. here: the picture's own.
    """
    top = np.maximum(curve.max(axis=0), here) * 1.08 + 1e-6

    def place(point):
        across, up = np.asarray(point) / top
        return f"{margin + across * (width - margin - 8):.1f},{height - margin - up * (height - margin - 8):.1f}"

    x, y = place(here).split(",")
    text = 'font-size="14" font-family="sans-serif" fill="#333"'
    return (
        f'<svg width="{width}" height="{height}" role="img" aria-label="content and style distance">'
        f'<path d="M{margin},8 V{height - margin} H{width - 8}" fill="none" stroke="#888"/>'
        f'<polyline points="{" ".join(place(point) for point in curve)}" fill="none" stroke="#0072B2" '
        f'stroke-width="2.5"/><circle cx="{x}" cy="{y}" r="8" fill="#E69F00" stroke="#333" stroke-width="1.5"/>'
        f'<text x="{margin}" y="{height - 8}" {text}>distance from the photo: {here[0]:.2f}</text>'
        f'<text transform="translate(16,{height - margin}) rotate(-90)" {text}>from the painting: {here[1]:.2f}</text>'
        f"</svg>"
    )
