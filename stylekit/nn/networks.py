"""The painter's networks: functions that return a keras.Model.

They are the article's generator G(x, y) (生成器) and discriminator D(x, G(x, y)) (判别器).
"""

import keras
from keras import layers, ops

from stylekit.nn import losses
from stylekit.nn.layers import (
    AdaptiveInstanceNorm,
    ReflectionPadding,
    SpectralNormalization,
    StyledFilters,
    StyledNoise,
    small_dense,
)

CONTENT = 1  # index of the content weight among the three: adversarial, content, style
WEIGHT_RANGE = (1e-3, 1e3)  # loss weights beyond act like these: a factor of 1000 means "off" or "nothing else"


def convolution(x, channels, kernel, stride=1):
    """Apply a convolution that mirrors the borders instead of padding with zeros.

    Args:
        x: A symbolic tensor (batch, h, w, c).
        channels: Number of output channels.
        kernel: Side of the kernel in pixels, odd.
        stride: Step of the kernel in pixels.

    Returns:
        A symbolic tensor (batch, h / stride, w / stride, channels).
    """
    x = ReflectionPadding(kernel // 2)(x)
    return layers.Conv2D(channels, kernel, stride)(x)


def style_statistics(painting, maps):
    """Return the mean and deviation of a painting's colours and of each channel that F sees in it.

    Args:
        painting: (batch, h, w, 3) in [-1, 1].
        maps: F's maps of the painting, a list of (batch, h', w', channels).

    Returns:
        A float32 tensor (batch, statistics): means and deviations of the colours, then those of each map.
    """
    return ops.concatenate([moment for features in (painting, *maps) for moment in losses.moments(features)], axis=1)


def style_encoder(typical_mean, typical_deviation, code=64):
    """Build the network that turns the statistics of a painting into a style code.

    The statistics come from F, which was trained on ImageNet and not on a few paintings here: so G can follow a
    painting that it never saw.

    Args:
        typical_mean: (statistics,), the mean of `style_statistics` over pictures of any kind. It is subtracted: what
            all pictures have in common would hide what sets one painting apart.
        typical_deviation: (statistics,), their standard deviation; the difference is divided by it.
        code: Length of the style code.

    Returns:
        A `keras.Model`: (batch, statistics) -> (batch, code).
    """
    statistics = layers.Input(typical_mean.shape, name="statistics")
    unusual = (statistics - typical_mean) / (typical_deviation + 1e-2)  # 1e-2: some channels are always 0 on photos
    x = layers.Dense(2 * code)(ops.clip(unusual, -5.0, 5.0))
    x = layers.LayerNormalization()(x)
    x = layers.Activation("gelu")(x)
    return keras.Model(statistics, layers.Dense(code)(x), name="style_encoder")


def centred_log_weights(weights):
    """Return log10 of the loss weights minus its mean: G sees only their ratios, because only these matter.

    Args:
        weights: (batch, 3), >= 0; they are clipped to WEIGHT_RANGE.

    Returns:
        A tensor (batch, 3), in general from -2 to 2.
    """
    logs = ops.log10(ops.clip(weights, *WEIGHT_RANGE))
    return logs - ops.mean(logs, axis=1, keepdims=True)


def painter_network(width=24, blocks=4, code=64, strokes=False):
    """Build the drawing half of G(x, y, w): photo, style code and loss weights -> picture.

    A content encoder halves the photo twice, residual blocks follow, and a decoder of resize-convolutions enlarges
    again. Every layer is controlled through AdaIN by the style code and the three weights. The decoder also gets the
    encoder's maps, through gates that the style and the weights open and close. With open gates every pixel of the
    photo can come back; with closed gates the strokes need not follow the photo.

    Args:
        width: Channels at full size; twice and four times as many at half and quarter size.
        blocks: Number of residual blocks.
        code: Length of the style code.
        strokes: Whether to add `StyledNoise`, to make strokes of, and `StyledFilters`, to shape them. They take a tenth
            more time at 256 px, twice as many parameters, and are useful only after an hour of training.

    Returns:
        A `keras.Model`, called with [photo, style code, weights]: (batch, h, w, 3) in [-1, 1] with h and w multiples of
        4, (batch, code) and (batch, 3). It returns float32 pictures (batch, h, w, 3) in (-1, 1).

    After Johnson et al. 2016 (layout); Dosovitskiy and Djolonga 2020 (weights as an input).
    """
    photo = layers.Input((None, None, 3), name="photo")
    style_code = layers.Input((code,), name="style_code")
    weights = layers.Input((3,), name="weights")
    logs = centred_log_weights(weights)
    style = layers.Concatenate()([style_code, logs])
    style = layers.Dense(2 * code, activation="gelu")(style)
    style = layers.Dense(2 * code, activation="gelu")(style)
    style = layers.Concatenate()([style, logs])  # again, so that each layer gets the weights directly

    seeds = iter(range(blocks + 2))  # each layer gets its own noise

    def drawn(x, channels, kernel=3, stride=1, activation="relu", noise=False, filters=False):
        x = convolution(x, channels, kernel, stride)
        x = StyledNoise(next(seeds))([x, style]) if strokes and noise else x
        x = StyledFilters()([x, style]) if strokes and filters else x
        x = AdaptiveInstanceNorm()([x, style])
        return layers.Activation(activation)(x) if activation else x

    def gated(skip):
        # a higher content weight opens the gate from the start: to learn this would take hundreds of steps
        channels = skip.shape[-1]
        # repeated for each channel: Keras would take (batch, 1) for a bias if there are as many pictures as channels
        pull = ops.tile(2.0 * logs[:, CONTENT : CONTENT + 1], (1, channels))
        gate = ops.sigmoid(small_dense(channels)(style) + pull - 1.0)
        return skip * gate[:, None, None, :]

    def enlarged(x):
        # bilinear, because the steps of nearest neighbours can become a visible grid
        return layers.UpSampling2D(2, interpolation="bilinear")(x)

    fine = drawn(photo, width, 5)
    middle = drawn(fine, 2 * width, stride=2)
    x = drawn(middle, 4 * width, stride=2)
    for block in range(blocks):  # filters only in every second one: they have the most parameters
        x = x + drawn(drawn(x, 4 * width, noise=True, filters=block % 2 == 1), 4 * width, activation=None)
    x = drawn(enlarged(x), 2 * width, noise=True, filters=True) + gated(middle)
    x = drawn(enlarged(x), width, noise=True, filters=True) + gated(fine)
    # arctanh cancels the tanh: with this gate open and nothing drawn, the picture is the photo with its colours
    x = convolution(x, 3, 5) + gated(ops.arctanh(0.99 * photo))
    return keras.Model([photo, style_code, weights], ops.tanh(ops.cast(x, "float32")), name="painter")


def patch_discriminator(width=32, halvings=3, condition=None):
    """Build a PatchGAN discriminator: one logit for every patch of a picture, > 0 for real.

    Spectral normalisation (Miyato et al. 2018) bounds its slope, and so G's gradient.

    Args:
        width: Channels after the first layer; they double with each halving.
        halvings: How often the size is halved; more halvings see larger patches.
        condition: None, or the length of a style code. With a code D also judges whether the picture fits it, by
            projection (Miyato and Koyama 2018).

    Returns:
        A `keras.Model`, called with pictures (batch, h, w, 3), or with [pictures, codes] if there is a condition. It
        returns logits (batch, h', w', 1).

    Isola et al. 2017, section 3.2.2.
    """
    normalised = SpectralNormalization
    pictures = layers.Input((None, None, 3), name="pictures")
    x = pictures
    for halving in range(halvings):
        x = normalised(layers.Conv2D(width * 2**halving, 4, 2, padding="same"))(x)
        x = layers.LeakyReLU(0.2)(x)
    x = normalised(layers.Conv2D(x.shape[-1], 3, padding="same"))(x)
    x = layers.LeakyReLU(0.2)(x)
    logits = normalised(layers.Conv2D(1, 3, padding="same"))(x)
    if condition is None:
        return keras.Model(pictures, logits, name="discriminator")
    codes = layers.Input((condition,), name="codes")
    direction = normalised(layers.Dense(x.shape[-1], use_bias=False))(codes)
    logits = logits + ops.mean(x * direction[:, None, None, :], axis=-1, keepdims=True)
    return keras.Model([pictures, codes], logits, name="discriminator")


def receptive_field(network):
    """Return how many pixels, in each direction, influence one output value.

    Args:
        network: A `keras.Model` of convolutions and upsamplings in a chain.

    Returns:
        An int, pixels.
    """
    field, jump = 1, 1
    for layer in network.layers:
        layer = getattr(layer, "layer", layer)  # inside SpectralNormalization
        if isinstance(layer, layers.Conv2D):
            field += (layer.kernel_size[0] - 1) * jump
            jump *= layer.strides[0]
        elif isinstance(layer, layers.UpSampling2D):
            jump /= layer.size[0]
    return int(field)


def flops(network, *shapes):
    """Count the multiplications and additions of one pass with TensorFlow's profiler.

    Args:
        network: A `keras.Model`.
        *shapes: The shape of each input, as in flops(discriminator, (1, 128, 128, 3), (1, 64)).

    Returns:
        An int.
    """
    # imported here, because everything else in this file runs on any backend of Keras
    import tensorflow as tf
    from tensorflow.compat.v1.profiler import ProfileOptionBuilder, profile

    inputs = [tf.TensorSpec(shape) for shape in shapes]
    call = tf.function(lambda *values: network(list(values) if len(values) > 1 else values[0]))
    operations = ProfileOptionBuilder(ProfileOptionBuilder.float_operation()).with_empty_output().build()
    logger, level = tf.get_logger(), tf.get_logger().level
    logger.setLevel("ERROR")  # the profiler warns about its own code
    try:
        return profile(call.get_concrete_function(*inputs).graph, options=operations).total_float_ops
    finally:
        logger.setLevel(level)
