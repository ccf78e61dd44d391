"""A painter that is built and compiled fast, and what it trains on: for tests of what happens around a training."""

import keras
import numpy as np

from stylekit.data import domains
from stylekit.data.batches import Batches
from stylekit.methods.painter import Painter
from stylekit.nn.features import feature_extractor, measured_statistics


def small_extractor():
    """An F of two layers: the loop is tested here, not F, and a small F compiles fast."""
    pictures = keras.layers.Input((None, None, 3))
    first = keras.layers.Conv2D(8, 3, 2, padding="same", activation="relu")(pictures)
    second = keras.layers.Conv2D(16, 3, 2, padding="same")(first)
    extractor = keras.Model(pictures, [first, second])
    for layer in extractor.layers[1:]:
        layer.set_weights([np.random.default_rng(2).normal(0, 0.3, w.shape) for w in layer.get_weights()])
    return feature_extractor(extractor)


def small_painter(width=4, **settings):
    extractor = small_extractor()
    typical = measured_statistics(extractor, domains.photos(size=128, split="train"))
    return Painter(width=width, blocks=1, feature_extractor=extractor, typical=typical, **settings)


def domain_batches():
    photos = domains.photos(size=48, split="train")
    return Batches(photos, domains.filtered(photos, "oil"), crop=32, batch_size=2, seed=3)
