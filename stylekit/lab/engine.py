"""What the instant lab computes: pictures, fast enough for a slider, and the reason why a picture looks as it does."""

import functools
import time

import numpy as np
import tensorflow as tf

from stylekit import images, metrics
from stylekit.methods.painter import TERMS
from stylekit.nn import losses

SIZE = 256  # px, the side of the picture
FLUENT = 0.018  # s that G may take while a slider moves; the way to the kernel and back takes twice as long


class Engine:
    """A painter for sliders: compiled once for each size, and timed.

    `fluent_size` is the side in px of the largest picture that G paints within `FLUENT` seconds.

    Args:
        painter: a `Painter`.
    """

    def __init__(self, painter):
        self.painter = painter
        self._draw = tf.function(painter.draw, autograph=False)
        self._features = tf.function(painter.feature_extractor, autograph=False)
        self._measure = tf.function(self._distances, autograph=False)
        nothing = np.zeros((SIZE, SIZE, 3), "float32")
        code, weights = self.code(nothing), dict.fromkeys(TERMS, 1.0)
        seconds = []
        for _ in range(6):  # the first one compiles
            started = time.perf_counter()
            self.draw(nothing, code, weights)
            seconds.append(time.perf_counter() - started)
        self.fluent_size = _fluent_size(min(seconds))
        self.draw(images.fit(nothing, self.fluent_size), code, weights)

    @property
    def traces(self):
        """How often G was compiled, an int: once for each size, however the weights move."""
        return self._draw.experimental_get_tracing_count()

    def code(self, painting):
        """Compute the style code of a painting, (h, w, 3) in [-1, 1]: (1, code)."""
        return self.painter.style_code(tf.constant(painting[None]))

    def draw(self, photo, code, weights):
        """Paint one picture: G(x, y, w).

        Args:
            photo: (h, w, 3) in [-1, 1], its sides multiples of 4.
            code: the painting's style code, (1, code).
            weights: dict term -> float, the three loss weights.

        Returns:
            (h, w, 3) float32 in [-1, 1].
        """
        weights = tf.constant([[weights[term] for term in TERMS]])
        return self._draw(tf.constant(photo[None]), code, weights).numpy()[0]

    def features(self, picture):
        """Compute F's feature maps of a picture, (h, w, 3) in [-1, 1]: a list of (1, h, w, c)."""
        return self._features(tf.constant(picture[None]))

    def distances(self, picture, photo_maps, painting_maps):
        """Measure a picture.

        Args:
            picture: (h, w, 3) in [-1, 1].
            photo_maps, painting_maps: the `features` of the photo and of the painting.

        Returns:
            (content distance, style distance), two floats, as `stylekit.metrics` defines them.
        """
        return tuple(self._measure(tf.constant(picture[None]), photo_maps, painting_maps).numpy().tolist())

    def _distances(self, picture, photo_maps, painting_maps):
        maps = self.painter.feature_extractor(picture)
        content = metrics.relative_content_loss(maps, photo_maps)
        return tf.concat([content, losses.moment_style_loss(maps, painting_maps)], axis=0)


def _fluent_size(seconds):
    """The side of a picture that takes FLUENT seconds, px. seconds: what the whole one takes; time goes by area."""
    return int(np.clip(SIZE * (FLUENT / seconds) ** 0.5 // 32 * 32, 96, SIZE))


# Two painters side by side are enough. A cell that is run again finds its painter compiled.
engine_of = functools.lru_cache(maxsize=2)(Engine)


def reason(weights, content_distance, style_distance, photo_style):
    """Say why a picture looks as it does.

    Args:
        weights: dict term -> float, the three loss weights.
        content_distance, style_distance: those of the picture, floats.
        photo_style: the style distance of the photo itself to the painting, a float.

    Returns:
        A str of two sentences.
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
