"""Generators and discriminators: functions that return keras.Model.

The parts of the article: the generator G(x, y) 生成器 and the discriminator D(x, G(x, y)) 判别器.
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

CONTENT = 1  # place of the content weight among the three: adversarial, content, style
WEIGHT_RANGE = (1e-3, 1e3)  # loss weights outside act like these: three decades each way say "off" and "nothing but"


def convolution(x, channels, kernel, stride=1):
    """A convolution that mirrors the borders instead of padding with zeros. Size is kept, or divided by the stride."""
    x = ReflectionPadding(kernel // 2)(x)
    return layers.Conv2D(channels, kernel, stride)(x)


def style_statistics(painting, maps):
    """What F sees in a painting, wherever it stands: mean and deviation of the colours and of each map's channels.

    painting: (batch, h, w, 3) in [-1, 1]. maps: list of (batch, h, w, c). Returns (batch, statistics) float32.
    """
    return ops.concatenate([moment for features in (painting, *maps) for moment in losses.moments(features)], axis=1)


def style_encoder(typical_mean, typical_deviation, code=64):
    """The statistics of a painting -> a style code.

    They come from a network trained on ImageNet, not from one trained here: so G follows a painting it never saw.
    typical_mean, typical_deviation: (statistics,), of pictures of any kind. What all pictures have in common is taken
    away with them; it would drown what sets one painting apart. Call with (batch, statistics). Returns a model whose
    output is (batch, code).
    """
    statistics = layers.Input(typical_mean.shape, name="statistics")
    unusual = (statistics - typical_mean) / (typical_deviation + 1e-2)  # 1e-2: some channels never fire on photos
    x = layers.Dense(2 * code)(ops.clip(unusual, -5.0, 5.0))
    x = layers.LayerNormalization()(x)
    x = layers.Activation("gelu")(x)
    return keras.Model(statistics, layers.Dense(code)(x), name="style_encoder")


def centred_log_weights(weights):
    """log10 of the loss weights, less their mean: only the ratios of the weights matter, so G sees only ratios.

    weights: (batch, 3), >= 0, clipped to WEIGHT_RANGE. Returns (batch, 3), about -2 ... 2.
    """
    logs = ops.log10(ops.clip(weights, *WEIGHT_RANGE))
    return logs - ops.mean(logs, axis=1, keepdims=True)


def painter_network(width=24, blocks=4, code=64, strokes=False):
    """The drawing half of G(x, y, w): photo, style code and loss weights -> picture.

    Content encoder (two halvings), residual blocks, resize-convolution decoder; every layer is driven by AdaIN from
    the style code and the three weights. On the way up, the encoder's maps come back through gates that style and
    weights open and shut: open, the photo can return to the last pixel; shut, the strokes are free of it.
    After Johnson et al. 2016 (layout), Dosovitskiy and Djolonga 2020 (weights as input).
    strokes: whether the layers that draw also get noise to make strokes of, and filters to shape them, both driven by
    the style. They cost a tenth more time at 256 px and twice the numbers, and need a training of an hour to pay.
    photo (batch, h, w, 3) with h and w multiples of 4; code (batch, code); weights (batch, 3). Returns (batch, h, w, 3)
    in (-1, 1).
    """
    photo = layers.Input((None, None, 3), name="photo")
    style_code = layers.Input((code,), name="style_code")
    weights = layers.Input((3,), name="weights")
    logs = centred_log_weights(weights)
    style = layers.Concatenate()([style_code, logs])
    style = layers.Dense(2 * code, activation="gelu")(style)
    style = layers.Dense(2 * code, activation="gelu")(style)
    style = layers.Concatenate()([style, logs])  # once more, so that each layer hears the sliders directly

    seeds = iter(range(blocks + 2))  # no two layers get the same noise

    def drawn(x, channels, kernel=3, stride=1, activation="relu", noise=False, filters=False):
        x = convolution(x, channels, kernel, stride)
        x = StyledNoise(next(seeds))([x, style]) if strokes and noise else x
        x = StyledFilters()([x, style]) if strokes and filters else x
        x = AdaptiveInstanceNorm()([x, style])
        return layers.Activation(activation)(x) if activation else x

    def gated(skip):
        # more content opens the gate from the first step on; left to be found out, it costs hundreds of steps
        channels = skip.shape[-1]
        # one for each channel: Keras takes (batch, 1) for a bias wherever there are as many images as channels
        pull = ops.tile(2.0 * logs[:, CONTENT : CONTENT + 1], (1, channels))
        gate = ops.sigmoid(small_dense(channels)(style) + pull - 1.0)
        return skip * gate[:, None, None, :]

    def enlarged(x):
        # smooth where the nearest neighbour would leave steps: no kernel can turn them into a grid
        return layers.UpSampling2D(2, interpolation="bilinear")(x)

    fine = drawn(photo, width, 5)
    middle = drawn(fine, 2 * width, stride=2)
    x = drawn(middle, 4 * width, stride=2)
    for block in range(blocks):  # filters in every second one: in all of them they would be most numbers
        x = x + drawn(drawn(x, 4 * width, noise=True, filters=block % 2 == 1), 4 * width, activation=None)
    x = drawn(enlarged(x), 2 * width, noise=True, filters=True) + gated(middle)
    x = drawn(enlarged(x), width, noise=True, filters=True) + gated(fine)
    # arctanh undoes the tanh: with this gate open and nothing drawn, the picture is the photo, colours included
    x = convolution(x, 3, 5) + gated(ops.arctanh(0.99 * photo))
    return keras.Model([photo, style_code, weights], ops.tanh(ops.cast(x, "float32")), name="painter")


def patch_discriminator(width=32, halvings=3, condition=None):
    """PatchGAN: one logit for every patch of a picture, > 0 for real. Isola et al. 2017, section 3.2.2.

    Spectral normalisation (Miyato et al. 2018) keeps its slope, and with it G's gradient, bounded.
    condition: None, or the length of a style code; then D also judges whether the picture belongs to that code, by
    projection (Miyato and Koyama 2018), and is called with [pictures, codes].
    pictures (batch, h, w, 3). Returns logits (batch, h', w', 1).
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
    """How many pixels across one output value of a network of plain convolutions sees. network: keras.Model."""
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
    """How many multiplications and additions one pass of a network takes, counted by TensorFlow's profiler.

    network: keras.Model. shapes: of its inputs, as in flops(discriminator, (1, 128, 128, 3), (1, 64)). Returns an int.
    """
    # here, because all else in this room runs on any backend of Keras
    import tensorflow as tf
    from tensorflow.compat.v1.profiler import ProfileOptionBuilder, profile

    inputs = [tf.TensorSpec(shape) for shape in shapes]
    call = tf.function(lambda *values: network(list(values) if len(values) > 1 else values[0]))
    operations = ProfileOptionBuilder(ProfileOptionBuilder.float_operation()).with_empty_output().build()
    logger, level = tf.get_logger(), tf.get_logger().level
    logger.setLevel("ERROR")  # the profiler warns of its own parts
    try:
        return profile(call.get_concrete_function(*inputs).graph, options=operations).total_float_ops
    finally:
        logger.setLevel(level)
