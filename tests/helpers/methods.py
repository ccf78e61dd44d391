"""Every method in a form that compiles fast, and a dataset to train it on: for tests of what all of them must do."""

import keras
import numpy as np
import tensorflow as tf
from small import small_painter

from stylekit.methods import dtn
from stylekit.methods.cyclegan import CycleGAN
from stylekit.methods.dcgan import DCGAN
from stylekit.methods.pix2pix import Pix2Pix
from stylekit.methods.progressive import Progressive
from stylekit.methods.single_loss import SingleLoss
from stylekit.nn import losses


@keras.saving.register_keras_serializable("stylekit tests")
def darker(generated, photos, paintings):
    return losses.pixel_style_loss(generated, photos / 2 - 0.5)


def small_dtn(**settings):
    keras.utils.set_random_seed(4)
    return dtn.DTN(dtn.encoder(dtn.digit_classifier(4)), width=4, **settings)


# name -> (function that builds the method, side of its pictures)
METHODS = {
    "painter": (small_painter, 32),
    "dcgan": (lambda **settings: DCGAN(width=2, **settings), 28),
    "dcgan64": (lambda **settings: DCGAN(width=2, side=64, **settings), 64),
    "pix2pix": (lambda **settings: Pix2Pix(side=16, width=4, halvings=1, **settings), 16),
    "cyclegan": (lambda **settings: CycleGAN(width=4, blocks=1, halvings=1, side=16, pool=3, **settings), 16),
    "progressive": (lambda **settings: Progressive(side=8, width=4, phase=1, **settings), 8),
    "dtn": (small_dtn, 32),
    "single_loss": (lambda **settings: SingleLoss(darker, 4, 1, **settings), 16),
}


def pictures(seed, count, side):
    return np.random.default_rng(seed).uniform(-1, 1, (count, side, side, 3)).astype("float32")


def dataset(side, count=8, batch_size=2):
    """Four batches of (photos, paintings), always the same."""
    both = pictures(1, count, side), pictures(2, count, side)
    return tf.data.Dataset.from_tensor_slices(both).batch(batch_size, drop_remainder=True)


def drawn(method, side):
    """What a method draws: of photos, or of noise."""
    if hasattr(method, "sample"):
        return method.sample(3)
    return method(pictures(3, 2, side), pictures(4, 2, side))
