"""Behind the instant lab: a painter, compiled once for each size and timed, and why its picture looks as it does."""

import functools
import time

import numpy as np
import tensorflow as tf

from stylekit import images, metrics
from stylekit.methods.painter import TERMS
from stylekit.nn import losses

SIZE = 256  # px, the side of the picture
FLUENT = 0.018  # s that G may take while a slider moves: the way to the kernel and back takes twice as long


class Engine:
    """A painter made ready for sliders: compiled once for each size, and timed."""

    def __init__(self, painter):
        self.painter = painter
        self._paint = tf.function(painter.draw, autograph=False)
        self._features = tf.function(painter.feature_extractor, autograph=False)
        self._measure = tf.function(self._distances, autograph=False)
        nothing = np.zeros((SIZE, SIZE, 3), "float32")
        code, weights = self.code(nothing), dict.fromkeys(TERMS, 1.0)
        seconds = []
        for _ in range(6):  # the first compiles
            started = time.perf_counter()
            self.draw(nothing, code, weights)
            seconds.append(time.perf_counter() - started)
        self.fluent_size = _fluent_size(min(seconds))
        self.draw(images.fit(nothing, self.fluent_size), code, weights)

    @property
    def traces(self):
        """How often G was compiled: once for each size, however the weights move."""
        return self._paint.experimental_get_tracing_count()

    def code(self, painting):
        """What G knows of a painting (h, w, 3): (1, code)."""
        return self.painter.style_code(tf.constant(painting[None]))

    def paint(self, photo, code, weights):
        """G(x, y, w). photo: (h, w, 3), sides multiples of 4. weights: dict term -> number. Returns (h, w, 3)."""
        weights = tf.constant([[weights[term] for term in TERMS]])
        return self._paint(tf.constant(photo[None]), code, weights).numpy()[0]

    def features(self, picture):
        """F's maps of a picture (h, w, 3)."""
        return self._features(tf.constant(picture[None]))

    def distances(self, picture, photo_maps, painting_maps):
        """(content distance, style distance) of a picture (h, w, 3), as in `metrics`, from maps that are there."""
        return tuple(self._measure(tf.constant(picture[None]), photo_maps, painting_maps).numpy().tolist())

    def _distances(self, picture, photo_maps, painting_maps):
        maps = self.painter.feature_extractor(picture)
        content = metrics.relative_content_loss(maps, photo_maps)
        return tf.concat([content, losses.moment_style_loss(maps, painting_maps)], axis=0)


def _fluent_size(seconds):
    """The side, px, of a picture that takes FLUENT, where the whole one takes `seconds`: time goes by area."""
    return int(np.clip(SIZE * (FLUENT / seconds) ** 0.5 // 32 * 32, 96, SIZE))


# two painters side by side are enough; a cell that is run again finds its painter compiled
engine_of = functools.lru_cache(maxsize=2)(Engine)


def reason(weights, content_distance, style_distance, photo_style):
    """Why the picture looks as it does, from its numbers: a sentence or two.

    weights: dict term -> number. content_distance, style_distance: of the picture. photo_style: the photo's own style
    distance to the painting, which is where the way to the painting begins.
    """
    rest = max(weights["content"], weights["style"])
    ratio = weights["content"] / weights["style"]
    if weights["adversarial"] >= 10 * rest:
        cause = f"The adversarial weight is {weights['adversarial'] / rest:.3g} times the others, so D decides"
    elif ratio >= 2:
        cause = f"Content weighs {ratio:.3g} times as much as style"
    elif ratio <= 1 / 2:
        cause = f"Style weighs {1 / ratio:.3g} times as much as content"
    else:
        cause = "Content and style weigh about the same"
    way = 1 - style_distance / max(photo_style, 1e-9)
    went = f"came {way:.0%} of the way" if way > 0 else "came no step nearer"
    return f"{cause}. G changed what F sees in the photo by {content_distance:.0%} and {went} to the painting's style."
