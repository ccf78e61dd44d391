"""A painter that is built and compiled fast, and what it trains on: for tests of what happens around a training."""

import keras
import numpy as np

from stylekit.data import domains
from stylekit.methods.painter import Painter
from stylekit.nn.features import feature_extractor


def small_extractor():
    """A keeper of two layers: the loop is tested here, not F, and a small F compiles fast."""
    pictures = keras.layers.Input((None, None, 3))
    first = keras.layers.Conv2D(8, 3, 2, padding="same", activation="relu")(pictures)
    second = keras.layers.Conv2D(16, 3, 2, padding="same")(first)
    extractor = keras.Model(pictures, [first, second])
    for layer in extractor.layers[1:]:
        layer.set_weights([np.random.default_rng(2).normal(0, 0.3, w.shape) for w in layer.get_weights()])
    return feature_extractor(extractor)


def small_painter(**settings):
    return Painter(width=4, blocks=1, feature_extractor=small_extractor(), **settings)


def domain_batches():
    photos = domains.photos(size=48, split="train")
    return domains.Batches(photos, domains.filtered(photos, "oil"), crop=32, batch_size=2, seed=3)
