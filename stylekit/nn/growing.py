"""The networks of progressive growing, which grow from 4 x 4 px to the full size.

Karras, Aila, Laine and Lehtinen, "Progressive Growing of GANs for Improved Quality, Stability, and Variation", 2018.
"""

import keras
from keras import layers, ops

from stylekit.errors import SettingError
from stylekit.nn.layers import EqualisedConvolution

FIRST = 4  # px, side of the first stage's pictures


# --- the parts --------------------------------------------------------------------------------------------------------


def pixel_norm(x):
    """Divide each pixel's channels by their root mean square, so that the signals in G cannot grow without limit.

    Args:
        x: (batch, ..., channels).

    Returns:
        A tensor of the same shape, with mean square 1 at every pixel.

    Section 4.2.
    """
    return x / ops.sqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + 1e-8)


def minibatch_deviation(x):
    """Append a channel that tells D how much the pictures of the batch differ: 0 if G always makes the same picture.

    It holds one number everywhere: the deviation over the batch, averaged over all positions and channels.

    Args:
        x: (batch, h, w, channels).

    Returns:
        A tensor (batch, h, w, channels + 1).

    Section 3.
    """
    deviation = ops.mean(ops.sqrt(ops.var(x, axis=0) + 1e-8))  # 1e-8: sqrt has no gradient at 0
    return ops.concatenate([x, ops.zeros_like(x[..., :1]) + deviation], axis=-1)


def fade_in(low, high, alpha):
    """Mix the result of the lower resolution with that of the new layers.

    Args:
        low: The result of the layers before, any shape.
        high: The result of the new layers, the same shape.
        alpha: A scalar from 0 (only low) to 1 (only high).

    Returns:
        A tensor of that shape.
    """
    return (1 - alpha) * low + alpha * high


def enlarged(x):
    """Double the size, each pixel becomes 2 x 2: (batch, h, w, channels) -> (batch, 2 h, 2 w, channels)."""
    return ops.repeat(ops.repeat(x, 2, axis=1), 2, axis=2)


def shrunk(x, times=2):
    """Average blocks of times x times pixels: (batch, h, w, channels) -> (batch, h / times, w / times, channels)."""
    return ops.average_pool(x, times, times)


# --- the networks -----------------------------------------------------------------------------------------------------


def sides_until(side):
    """Return the sides of all stages: 4, 8, 16 ... side px.

    Args:
        side: Side of the last stage in px, a power of two from 8 to 1024.

    Returns:
        A list of int.

    Raises:
        SettingError: Doubling 4 px does not lead to this side.
    """
    if not isinstance(side, int) or side not in [2**power for power in range(3, 11)]:
        raise SettingError(f"The side is {side!r} px: wanted a power of two from 8 to 1024, which 4 px can grow to.")
    return [2**power for power in range(2, side.bit_length())]


def channels(side, width=512, widest=32):
    """Return the number of channels at a resolution: `width` up to `widest` px, then half as many at every doubling.

    Args:
        side: Side of the maps in px.
        width: Channels at low resolutions; 512 in the paper.
        widest: The last side with so many channels in px; 32 in the paper, which has 16 channels at 1024 px.

    Returns:
        An int, at least 1.

    Table 2.
    """
    return max(min(width, width * widest // side), 1)


def _convolved(x, *settings):
    """An equalised convolution with the paper's activation."""
    return ops.leaky_relu(EqualisedConvolution(*settings)(x), 0.2)


def growing_generators(side=1024, width=512, widest=32):
    """Build the generators of all stages, for 4, 8, 16 ... side px; each adds layers to those of the stage before.

    Args:
        side: Side of the last stage's pictures in px, a power of two from 8 to 1024.
        width: Channels up to `widest` px, and length of the noise; 512 in the paper.
        widest: See `channels`; 32 in the paper, which gives 23.1 million parameters at 1024 px.

    Returns:
        A list of `keras.Model`, called with [noise, alpha]: (batch, width), and a scalar from 0 (as the stage before)
        to 1. They return pictures (batch, h, h, 3), mostly in [-1, 1].

    Raises:
        SettingError: The side is no such power of two.

    Section 2.
    """
    noise, alpha = layers.Input((width,), name="noise"), layers.Input(batch_shape=(), name="alpha")
    x = ops.reshape(pixel_norm(noise), (-1, 1, 1, width))
    x = pixel_norm(_convolved(layers.ZeroPadding2D(FIRST - 1)(x), width, FIRST, "valid"))
    x = pixel_norm(_convolved(x, width, 3))
    pictures = EqualisedConvolution(3, 1, gain=1)(x)
    stages = [
        keras.Model([noise, alpha], fade_in(pictures, pictures, alpha))
    ]  # both, because Keras 3.13 refuses an unused input
    for stage_side in sides_until(side)[1:]:
        x = enlarged(x)
        for _ in range(2):
            x = pixel_norm(_convolved(x, channels(stage_side, width, widest), 3))
        low, pictures = enlarged(pictures), EqualisedConvolution(3, 1, gain=1)(x)
        stages.append(keras.Model([noise, alpha], fade_in(low, pictures, alpha)))
    return stages


def growing_discriminators(side=1024, width=512, widest=32):
    """Build the discriminators of all stages, mirror images of the generators: new layers come before the old ones.

    Args:
        side: As for `growing_generators`.
        width: As for `growing_generators`.
        widest: As for `growing_generators`.

    Returns:
        A list of `keras.Model`, called with [pictures, alpha]: (batch, h, h, 3), and a scalar from 0 to 1. They return
        (batch, 1): any real number, higher for more real.

    Raises:
        SettingError: The side is no such power of two.

    Section 2.
    """
    alpha = layers.Input(batch_shape=(), name="alpha")
    maps = layers.Input((FIRST, FIRST, width))
    x = _convolved(minibatch_deviation(maps), width, 3)
    x = EqualisedConvolution(1, 1, gain=1)(_convolved(x, width, FIRST, "valid"))
    judge = keras.Model(maps, layers.Flatten()(x))  # from the maps of a stage to the result
    stages, seen_before = [], None
    for stage_side in sides_until(side):
        count = channels(stage_side, width, widest)
        pictures = layers.Input((stage_side, stage_side, 3), name="pictures")
        look = keras.Sequential([EqualisedConvolution(count, 1), layers.LeakyReLU(0.2)])
        if not stages:
            seen = look(pictures)
            stages.append(keras.Model([pictures, alpha], judge(fade_in(seen, seen, alpha))))
        else:
            maps = layers.Input((stage_side, stage_side, count))
            x = _convolved(_convolved(maps, count, 3), channels(stage_side // 2, width, widest), 3)
            block = keras.Model(maps, shrunk(x))
            seen = fade_in(seen_before(shrunk(pictures)), block(look(pictures)), alpha)
            stages.append(keras.Model([pictures, alpha], judge(seen)))
            judge = keras.Model(maps, judge(block(maps)))
        seen_before = look
    return stages
