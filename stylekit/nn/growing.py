"""What progressive growing is made of: layers that learn at one pace, and networks that grow from 4 px on.

Karras, Aila, Laine and Lehtinen, "Progressive Growing of GANs for Improved Quality, Stability, and Variation", 2018.
"""

import keras
from keras import layers, ops

from stylekit.errors import SettingError
from stylekit.nn.layers import EqualisedConvolution

FIRST = 4  # px, the side of the first pictures


# --- the parts --------------------------------------------------------------------------------------------------------


def pixel_norm(x):
    """Each pixel's channels divided by their root mean square, so that no signal in G can grow out of bounds.

    x: (batch, ..., channels). Returns the same shape, with mean square 1 at every pixel. Section 4.2.
    """
    return x / ops.sqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + 1e-8)


def minibatch_deviation(x):
    """One channel more, which tells D how much the pictures of the batch differ: 0 if G makes always the same.

    Over the batch, the deviation of each number of the maps; the mean of all these, everywhere. Section 3.
    x: (batch, h, w, c). Returns (batch, h, w, c + 1).
    """
    deviation = ops.mean(ops.sqrt(ops.var(x, axis=0) + 1e-8))  # 1e-8: sqrt has no gradient at 0
    return ops.concatenate([x, ops.zeros_like(x[..., :1]) + deviation], axis=-1)


def fade_in(low, high, alpha):
    """From what the lower resolution gives (alpha 0) to what the new layers give (alpha 1). All of one shape."""
    return (1 - alpha) * low + alpha * high


def enlarged(x):
    """Twice as large: each pixel becomes 2 x 2. (batch, h, w, c) -> (batch, 2h, 2w, c)."""
    return ops.repeat(ops.repeat(x, 2, axis=1), 2, axis=2)


def shrunk(x, times=2):
    """The mean of every times x times pixels. (batch, h, w, c) -> (batch, h / times, w / times, c)."""
    return ops.average_pool(x, times, times)


# --- the networks -----------------------------------------------------------------------------------------------------


def sides_until(side):
    """4, 8, 16 ... side px. Raises SettingError for a side that doubling does not reach."""
    if not isinstance(side, int) or side not in [2**power for power in range(3, 11)]:
        raise SettingError(f"The side is {side!r} px: wanted a power of two from 8 to 1024, which 4 px can grow to.")
    return [2**power for power in range(2, side.bit_length())]


def channels(side, width=512, widest=32):
    """How many channels the layers of this resolution have: `width` up to `widest` px, then half at every doubling.

    The paper's are 512 at 4 to 32 px, 256 at 64 ... and 16 at 1024 px. Table 2.
    """
    return max(min(width, width * widest // side), 1)


def _convolved(x, *settings):
    return ops.leaky_relu(EqualisedConvolution(*settings)(x), 0.2)


def growing_generators(side=1024, width=512, widest=32):
    """The generators of all stages, for 4, 8, 16 ... side px. Each has the layers of the one before, and new ones.

    side: px of the last one's pictures, a power of two. width: channels up to `widest` px, and numbers in the noise;
    512 and 32 are the paper's, with 23.1 million parameters at 1024 px. Returns a list of models, called with
    [noise, alpha]: (batch, width) and a scalar, 0 for the stage before, 1 for this one. They give (batch, h, h, 3),
    mostly in [-1, 1]. Raises SettingError for another side. Section 2.
    """
    noise, alpha = layers.Input((width,), name="noise"), layers.Input(batch_shape=(), name="alpha")
    x = ops.reshape(pixel_norm(noise), (-1, 1, 1, width))
    x = pixel_norm(_convolved(layers.ZeroPadding2D(FIRST - 1)(x), width, FIRST, "valid"))
    x = pixel_norm(_convolved(x, width, 3))
    pictures = EqualisedConvolution(3, 1, gain=1)(x)
    stages = [keras.Model([noise, alpha], fade_in(pictures, pictures, alpha))]  # Keras 3.13 refuses an idle input
    for stage_side in sides_until(side)[1:]:
        x = enlarged(x)
        for _ in range(2):
            x = pixel_norm(_convolved(x, channels(stage_side, width, widest), 3))
        low, pictures = enlarged(pictures), EqualisedConvolution(3, 1, gain=1)(x)
        stages.append(keras.Model([noise, alpha], fade_in(low, pictures, alpha)))
    return stages


def growing_discriminators(side=1024, width=512, widest=32):
    """The discriminators of all stages, mirror images of the generators: new layers come before the old ones.

    side, width, widest: as for `growing_generators`. Returns a list of models, called with [pictures, alpha]:
    (batch, h, h, 3) and a scalar. They give (batch, 1): higher for more real, without bounds.
    """
    alpha = layers.Input(batch_shape=(), name="alpha")
    maps = layers.Input((FIRST, FIRST, width))
    x = _convolved(minibatch_deviation(maps), width, 3)
    x = EqualisedConvolution(1, 1, gain=1)(_convolved(x, width, FIRST, "valid"))
    judge = keras.Model(maps, layers.Flatten()(x))  # from the maps of a stage to the verdict
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
