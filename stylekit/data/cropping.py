"""How a picture becomes the square that training sees: cut, mirrored, resized and, if wanted, in another light."""

from math import ceil

import tensorflow as tf

# The limits of augmentation: the same artist could have painted the result on another day.
LARGEST_SCALE = 1.25  # enlarged further, a picture becomes soft
BRIGHTNESS = 0.06  # added or taken away; 1 is the step from black to white
CONTRAST, SATURATION = 0.15, 0.2  # factors of 1 - this to 1 + this


def random_square(picture, zoom, down, right, flip, crop, augment=False):
    """Cut a square out of a picture and resize it; four random numbers choose the square.

    Args:
        picture: (h, w, 3) tensor, 0 to 255, with a short side of at least `crop` px.
        zoom: scalar in [0, 1); the square's side, from half of the picture's short side (0) to all of it (1). The
            side is at least `crop`, so that nothing is enlarged.
        down, right: scalars in [0, 1); the square's place, from top to bottom and from left to right.
        flip: scalar in [0, 1); from 0.5 on the square is mirrored left to right.
        crop: side of the result, px.
        augment: True for more variety: the side starts at a third of the short side, and the square may be enlarged
            up to 1.25 times.

    Returns:
        (crop, crop, 3) float32 tensor in [-1, 1].
    """
    smallest, parts = (ceil(crop / LARGEST_SCALE), 3) if augment else (crop, 2)
    height, width = tf.shape(picture)[0], tf.shape(picture)[1]
    longest = tf.minimum(height, width)
    shortest = tf.maximum(smallest, longest // parts)
    side = shortest + _scaled(zoom, longest - shortest + 1)
    top, left = _scaled(down, height - side + 1), _scaled(right, width - side + 1)
    square = picture[top : top + side, left : left + side]
    square = tf.cond(flip < 0.5, lambda: square, lambda: tf.reverse(square, [1]))
    # "area" neither aliases nor rings, but it enlarges to blocks; the clip removes its rounding error
    square = tf.image.resize(square, (crop, crop), "bilinear" if augment else "area", antialias=True)
    return tf.clip_by_value(square / 127.5 - 1.0, -1.0, 1.0)


def change_light(square, seed):
    """Change a picture's saturation, contrast and brightness a little, at random.

    Args:
        square: (h, w, 3) float32 tensor in [-1, 1].
        seed: (2,) integer tensor; the same seed gives the same change.

    Returns:
        (h, w, 3) float32 tensor in [-1, 1].
    """
    seeds = [tf.random.experimental.stateless_fold_in(seed, i) for i in range(3)]
    square = (square + 1.0) / 2.0
    square = tf.image.stateless_random_saturation(square, 1 - SATURATION, 1 + SATURATION, seeds[0])
    square = tf.image.stateless_random_contrast(square, 1 - CONTRAST, 1 + CONTRAST, seeds[1])
    square = tf.image.stateless_random_brightness(square, BRIGHTNESS, seeds[2])
    return tf.clip_by_value(square * 2.0 - 1.0, -1.0, 1.0)


def _scaled(draw, count):
    """Turn a number in [0, 1) into a whole number in 0 ... count - 1."""
    return tf.minimum(tf.cast(draw * tf.cast(count, tf.float32), tf.int32), count - 1)
