"""What a discriminator of patches looks at, found by its gradient; for the tests of pix2pix and of CycleGAN."""

import numpy as np
import tensorflow as tf


def patch_seen(discriminator, norm, side=128):
    """How many rows and columns of a picture move the logit in the middle: two ints.

    norm: the class of its normalising layers. They are made to pass everything on, because their mean sees the whole
    picture. side: of the picture, px.
    """
    for layer in discriminator.layers:
        if isinstance(layer, norm):
            layer.call = lambda x: x
    painting = tf.random.stateless_uniform((1, side, side, 3), (0, 1))
    with tf.GradientTape() as tape:
        tape.watch(painting)
        logits = discriminator(painting)
        middle = logits[0, logits.shape[1] // 2, logits.shape[2] // 2, 0]
    seen = np.abs(tape.gradient(middle, painting)[0]).sum(axis=-1) > 0
    return int(seen.any(axis=1).sum()), int(seen.any(axis=0).sum())
