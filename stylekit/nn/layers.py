"""The layers that stylekit adds to those of Keras."""

import math

import keras
import tensorflow as tf  # BatchNorm and SeededDropout have no equal among keras.ops
from keras import layers, ops

HE_GAIN = math.sqrt(2)  # a ReLU halves the mean square of its input


@keras.saving.register_keras_serializable("stylekit")
class ReflectionPadding(layers.Layer):
    """Pad a picture by mirroring its borders. Zeros instead would show as a frame in the result.

    Call it with (batch, h, w, channels); it returns (batch, h + 2 margin, w + 2 margin, channels).

    Args:
        margin: Pixels to add on each side, less than h and w.
    """

    def __init__(self, margin, **kwargs):
        super().__init__(**kwargs)
        self.margin = margin

    def call(self, x):
        return ops.pad(x, [[0, 0], [self.margin, self.margin], [self.margin, self.margin], [0, 0]], mode="reflect")

    def compute_output_shape(self, shape):
        def padded(length):
            return length and length + 2 * self.margin

        return shape[0], padded(shape[1]), padded(shape[2]), shape[3]

    def get_config(self):
        return {**super().get_config(), "margin": self.margin}


def small_dense(units):
    """A dense layer whose output starts close to 0, so that what it controls starts close to its neutral state."""
    return layers.Dense(units, kernel_initializer=keras.initializers.RandomNormal(0.0, 0.02))


@keras.saving.register_keras_serializable("stylekit")
class AdaptiveInstanceNorm(layers.Layer):
    """AdaIN: give each channel the mean and deviation that the style asks for.

    Call it with [x, style], (batch, h, w, channels) and (batch, s); it returns (batch, h, w, channels). The new
    deviation is 1 + a and the new mean is b; a and b are linear in the style and start close to 0, so the layer starts
    close to plain instance norm.

    Huang and Belongie 2017, eq. 8.
    """

    def build(self, shapes):
        self.channels = shapes[0][-1]
        self.affine = small_dense(2 * self.channels)
        self.affine.build(shapes[1])

    def call(self, inputs):
        x, style = inputs
        deviation, mean = ops.split(self.affine(style)[:, None, None, :], 2, axis=-1)
        # half precision is too coarse for a mean over many pixels
        x_mean, x_variance = ops.moments(ops.cast(x, "float32"), axes=[1, 2], keepdims=True)
        scale = (1.0 + ops.cast(deviation, "float32")) * ops.rsqrt(x_variance + 1e-5)
        shift = ops.cast(mean, "float32") - x_mean * scale
        return x * ops.cast(scale, x.dtype) + ops.cast(shift, x.dtype)  # one multiply and one add per pixel

    def compute_output_shape(self, shapes):
        return shapes[0]


@keras.saving.register_keras_serializable("stylekit")
class StyledNoise(layers.Layer):
    """Add noise to each channel, as much as the style asks for: without it a flat sky can get no strokes.

    Call it with [x, style], (batch, h, w, channels) and (batch, s); it returns (batch, h, w, channels). The noise
    depends on the size and the seed only, so the same picture is drawn the same way twice. The amount starts at 0.

    Args:
        seed: An integer that decides the noise.

    Karras et al. 2019, section 3.2.
    """

    def __init__(self, seed, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed

    def build(self, shapes):
        self.amount = layers.Dense(shapes[0][-1], kernel_initializer="zeros")
        self.amount.build(shapes[1])

    def call(self, inputs):
        x, style = inputs
        height, width = ops.shape(x)[1:3]
        noise = keras.random.normal((1, height, width, 1), dtype="float32", seed=self.seed)
        return x + ops.cast(noise, x.dtype) * self.amount(style)[:, None, None, :]

    def compute_output_shape(self, shapes):
        return shapes[0]

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}


@keras.saving.register_keras_serializable("stylekit")
class StyledFilters(layers.Layer):
    """Filter each channel with a kernel computed from the style, which sets the strokes' length, slant and width.

    AdaIN can only make stronger or weaker what is the same for all paintings. Call this layer with [x, style],
    (batch, h, w, channels) and (batch, s); it returns x plus the filtered x. The kernels start at 0.

    Args:
        size: Side of the kernels in pixels, odd.

    After Chandran et al. 2021, Adaptive Convolutions.
    """

    def __init__(self, size=5, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def build(self, shapes):
        self.filters = layers.Dense(self.size**2 * shapes[0][-1], kernel_initializer="zeros")
        self.filters.build(shapes[1])

    def call(self, inputs):
        x, style = inputs
        size, (batch, height, width, channels) = self.size, ops.shape(x)
        filters = ops.reshape(self.filters(style), (batch, size, size, channels))
        # depthwise convolution has a kernel for each channel, but not for each picture: so the pictures of the batch
        # become channels of one picture
        kernels = ops.reshape(ops.transpose(filters, (1, 2, 0, 3)), (size, size, batch * channels, 1))
        padded = ops.pad(x, [[0, 0], [size // 2] * 2, [size // 2] * 2, [0, 0]], mode="reflect")
        padded = ops.transpose(padded, (1, 2, 0, 3))
        padded = ops.reshape(padded, (1, height + size - 1, width + size - 1, batch * channels))
        filtered = ops.depthwise_conv(padded, kernels, padding="valid", data_format="channels_last")
        return x + ops.transpose(ops.reshape(filtered, (height, width, batch, channels)), (2, 0, 1, 3))

    def compute_output_shape(self, shapes):
        return shapes[0]

    def get_config(self):
        return {**super().get_config(), "size": self.size}


@keras.saving.register_keras_serializable("stylekit")
class SpectralNormalization(layers.SpectralNormalization):
    """Keras' layer of this name, which keeps the slope of another layer at 1, but faster to compile.

    Keras' own has a branch for a kernel of zeros. No initialiser makes one, and the branch takes a quarter of the time
    to compile a training step.

    Miyato et al. 2018.
    """

    def call(self, inputs, training=False):
        if training:
            vector_u, kernel = self.normalized_weights()
            self.vector_u.assign(vector_u)
            self.kernel.assign(kernel)
        return ops.cast(self.layer(inputs), inputs.dtype)


@keras.saving.register_keras_serializable("stylekit")
class EqualisedConvolution(layers.Layer):
    """A convolution whose weights start with deviation 1 and are multiplied by a fixed scale at every use.

    Adam moves every weight by about its learning rate, whatever the size of the weight. With all weights of one size,
    wide and narrow layers learn equally fast. The scale is He's: gain / sqrt(inputs of one filter). Call the layer with
    (batch, h, w, channels); it returns (batch, h', w', filters).

    Args:
        filters: Number of output channels.
        size: Side of the kernel in pixels.
        padding: "same" or "valid".
        gain: sqrt(2) before a leaky ReLU, 1 where no activation follows.

    Karras et al. 2018, section 4.1.
    """

    def __init__(self, filters, size, padding="same", gain=HE_GAIN, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.size, self.padding, self.gain = filters, size, padding, gain

    def build(self, shape):
        self.scale = self.gain / math.sqrt(self.size**2 * shape[-1])
        unit = keras.initializers.RandomNormal(0.0, 1.0)
        self.kernel = self.add_weight((self.size, self.size, shape[-1], self.filters), unit, name="kernel")
        self.bias = self.add_weight((self.filters,), "zeros", name="bias")

    def call(self, x):
        return ops.conv(x, self.scale * self.kernel, padding=self.padding) + self.bias

    def get_config(self):
        own = {"filters": self.filters, "size": self.size, "padding": self.padding, "gain": self.gain}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("stylekit")
class BatchNorm(layers.Layer):
    """Batch normalisation with the statistics of the batch at hand, in training and in use.

    With a batch of one picture it is instance normalisation. It keeps no moving averages, so a call changes nothing.
    Call it with (batch, h, w, channels); it returns the same shape.

    Isola et al. 2017, section 6.1.1.
    """

    def build(self, shape):
        near_one = keras.initializers.RandomNormal(1.0, 0.02)
        # autocast=False: scale and shift stay float32 where pictures are bfloat16
        self.scale = self.add_weight(shape=shape[-1:], initializer=near_one, autocast=False, name="scale")
        self.shift = self.add_weight(shape=shape[-1:], initializer="zeros", autocast=False, name="shift")

    def call(self, x):
        # one fused operation is several times as fast as mean, deviation and division one after the other
        normalised = tf.raw_ops.FusedBatchNormV3(
            x=x, scale=self.scale, offset=self.shift, mean=[], variance=[], epsilon=1e-5, is_training=True
        )
        return normalised.y

    def compute_output_shape(self, shape):
        return shape


@keras.saving.register_keras_serializable("stylekit")
class SeededDropout(layers.Layer):
    """Set a random half of the numbers to 0 and double the others, in training and in use.

    Call it with [x, z], (batch, h, w, channels) and two integers (2,) that decide what is dropped; it returns x's
    shape. The same z always drops the same numbers.

    Args:
        place: Number of this layer in its network, so that each layer drops others.

    Isola et al. 2017, section 3.1: dropout is the only noise z of pix2pix.
    """

    def __init__(self, place, **kwargs):
        super().__init__(**kwargs)
        self.place = place

    def call(self, inputs):
        x, z = inputs
        seed = tf.random.experimental.stateless_fold_in(z, self.place)
        return tf.nn.experimental.stateless_dropout(x, 0.5, seed)

    def compute_output_shape(self, shapes):
        return shapes[0]

    def get_config(self):
        return {**super().get_config(), "place": self.place}
