"""The feature extractor F: a frozen network whose feature maps say what a picture shows.

The article calls F the content keeper (内容保持器), because the content loss compares what F sees before and after.
"""

import keras
import numpy as np
from keras import layers, ops

from stylekit.errors import DataError, SettingError
from stylekit.files import data_file, read_arrays
from stylekit.nn import networks

DEPTHS = (0, 1, 3, 5, 8)  # where the default F takes its maps

# The first blocks of EfficientNet-Lite0: kernel, stride, channels at its widest place, channels out.
# Tan and Le 2019, table 1, without squeeze-and-excitation and with ReLU6 for swish.
STEM = 32  # channels
BLOCKS = (
    (3, 1, 32, 16),
    (3, 2, 96, 24),
    (3, 1, 144, 24),
    (5, 2, 144, 40),
    (5, 1, 240, 40),
    (3, 2, 240, 80),
    (3, 1, 480, 80),
    (3, 1, 480, 80),
)


@keras.saving.register_keras_serializable("stylekit")
class FeatureExtractor(keras.Model):
    """A frozen network that maps a batch of pictures to a list of feature maps; `feature_extractor` builds it."""

    depths = None  # of EfficientNet-Lite0, where the maps are taken

    @property
    def typical(self):
        """`typical_statistics` of this F, (2, statistics) float32; None if they are not shipped."""
        return None if self.depths is None else typical_statistics(self.depths)

    def call(self, pictures, **settings):
        """Return a list of maps, even of one map: Keras itself would return one map without a list."""
        maps = super().call(pictures, **settings)
        return maps if isinstance(maps, list) else [maps]

    def get_config(self):
        return {**super().get_config(), "depths": self.depths}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        depths = config.pop("depths")
        extractor = super().from_config(config, custom_objects)
        extractor.depths = depths and tuple(depths)
        return extractor


def feature_extractor(network="efficientnet_lite0", depths=None):
    """Build the feature extractor F, which the article calls the content keeper (内容保持器).

    F maps pictures in [-1, 1] to a list of feature maps, finest first. Its weights never train.

    Args:
        network: "efficientnet_lite0" (shipped with stylekit, works offline), "vgg19" (Keras downloads 80 MB once),
            or any `keras.Model` that takes pictures in [-1, 1].
        depths: Where the maps are taken. For EfficientNet-Lite0 the numbers of its blocks, from 0 (the stem, stride
            2) to 8 (stride 16); (0, 1, 3, 5, 8) if left out. For another network the names of its layers; a
            `keras.Model` without names gives its outputs.

    Returns:
        A `FeatureExtractor`. It maps (batch, h, w, 3) in [-1, 1] to a list of (batch, h', w', channels).

    Raises:
        SettingError: The network or a depth is unknown.
        DataError: The weights are missing or damaged, or cannot be downloaded.
    """
    if isinstance(network, keras.Model):
        extractor = _maps_of(network, depths)
    elif network == "efficientnet_lite0":
        extractor = _efficientnet_lite0(DEPTHS if depths is None else depths)
    elif network == "vgg19":
        extractor = _vgg19(depths or ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1"))
    else:
        raise SettingError(
            f"Unknown feature extractor {network!r}: wanted 'efficientnet_lite0', 'vgg19' or a keras.Model."
        )
    extractor.trainable = False
    return extractor


def _efficientnet_lite0(depths):
    """The first blocks of EfficientNet-Lite0 with ImageNet weights, as scripts/convert_efficientnet.py wrote them."""
    depths = _checked_depths(depths)
    path = data_file("weights/efficientnet_lite0.npz")
    weights = read_arrays(path)

    def convolution(x, layer):
        x = layer(x)
        try:
            layer.set_weights([weights[f"{layer.name}/kernel"], weights[f"{layer.name}/bias"]])
        except (KeyError, ValueError) as error:  # a name or a shape
            raise DataError(f"{path} does not hold the weights of EfficientNet-Lite0 ({error}).") from error
        return x

    pictures = layers.Input((None, None, 3), name="pictures")
    x = layers.ReLU(6.0)(convolution(pictures, layers.Conv2D(STEM, 3, 2, padding="same", name="stem")))
    maps = {0: x}
    for depth, (kernel, stride, widest, channels) in enumerate(BLOCKS[: max(depths)], start=1):
        skip = x
        if widest > x.shape[-1]:
            x = layers.ReLU(6.0)(convolution(x, layers.Conv2D(widest, 1, name=f"block{depth}_expand")))
        depthwise = layers.DepthwiseConv2D(kernel, stride, padding="same", name=f"block{depth}_depthwise")
        x = layers.ReLU(6.0)(convolution(x, depthwise))
        maps[depth] = x  # where a block has most channels, because they say most about strokes
        x = convolution(x, layers.Conv2D(channels, 1, name=f"block{depth}_project"))
        if stride == 1 and skip.shape[-1] == channels:
            x = layers.Add()([x, skip])
    extractor = FeatureExtractor(pictures, [maps[depth] for depth in depths], name="efficientnet_lite0")
    extractor.depths = depths
    return extractor


def _checked_depths(depths):
    """The depths as a tuple; SettingError unless all are shipped."""
    shipped = range(len(BLOCKS) + 1)
    depths = tuple(depths) if isinstance(depths, (tuple, list, range)) else (depths,)
    if not depths or not all(isinstance(depth, (int, np.integer)) and depth in shipped for depth in depths):
        raise SettingError(
            f"Got depths {depths}: the shipped part of EfficientNet-Lite0 has the depths 0 to {shipped[-1]}, "
            f"for example {DEPTHS}."
        )
    return depths


def _vgg19(names):
    """VGG19's maps at the named layers, with the weights that Keras downloads."""
    try:
        network = keras.applications.VGG19(include_top=False, weights="imagenet")
    except Exception as error:  # Keras raises an Exception of no class of its own if the download fails
        raise DataError(
            "VGG19's weights (80 MB) could not be downloaded: go online once, or use the default feature extractor, "
            "which needs no network."
        ) from error
    pictures = layers.Input((None, None, 3), name="pictures")
    blue_green_red = ops.flip((pictures + 1.0) * 127.5, axis=-1) - ops.array([103.939, 116.779, 123.68])
    return FeatureExtractor(pictures, _maps_of(network, names)(blue_green_red), name="vgg19")


def _maps_of(network, names):
    """An F that returns a network's outputs at the named layers; without names, the network's own outputs."""
    if names is None:
        outputs = network.outputs
    else:
        known = [layer.name for layer in network.layers]
        for name in names:
            if name not in known:
                raise SettingError(f"The feature extractor has no layer {name!r}: it has {', '.join(known)}.")
        outputs = [network.get_layer(name).output for name in names]
    return FeatureExtractor(network.input, list(outputs), name=f"{network.name}_maps")


def typical_statistics(depths=DEPTHS):
    """Return the mean and deviation that the default F's statistics have over photos, as shipped with stylekit.

    `networks.style_encoder` subtracts them: what all pictures have in common would hide what sets one apart.
    scripts/measure_typical_statistics.py measures them.

    Args:
        depths: The depths of F, from 0 to 8, as for `feature_extractor`.

    Returns:
        A (2, statistics) float32 array: mean and deviation of `networks.style_statistics`.

    Raises:
        SettingError: A depth is not shipped.
        DataError: The file is missing or damaged.
    """
    arrays = read_arrays(data_file("weights/typical_statistics.npz"))
    names = ["colours", *(f"depth{depth}" for depth in _checked_depths(depths))]
    return np.concatenate([arrays[name] for name in names], axis=1)


def measured_statistics(feature_extractor, photos):
    """Measure on photos what `typical_statistics` ships for the default F.

    Each photo gives four square crops, three quarters of its shorter side wide, from the corners of its top left
    square.

    Args:
        feature_extractor: F, from `feature_extractor`.
        photos: A sequence of (h, w, 3) arrays in [-1, 1].

    Returns:
        A (2, statistics) float32 array: mean and deviation of `networks.style_statistics` over all crops.
    """
    statistics = []
    for photo in photos:  # one after the other: F's maps of all of them at once would take 150 MB more
        side = min(photo.shape[:2])
        crop = side * 3 // 4
        starts = (0, side - crop)
        crops = np.stack([photo[top : top + crop, left : left + crop] for top in starts for left in starts])
        statistics.append(ops.convert_to_numpy(networks.style_statistics(crops, feature_extractor(crops))))
    statistics = np.concatenate(statistics)
    return np.stack([statistics.mean(axis=0), statistics.std(axis=0)])


def denoising_autoencoder(width=16, noise=0.5):
    """Build a network to train an F of your own with: it gets a picture with noise and learns to remove the noise.

    Three convolutions, named "depth_0" to "depth_2", halve the picture; three more enlarge it again. So that the noise
    can be removed, the maps in between must not depend on it. Train the network with `fit` on (pictures, pictures).
    Then call `feature_extractor(network, names)`, which freezes it.

    Args:
        width: Channels of depth_0; they double with each depth.
        noise: Standard deviation of the noise, which is added in training only.

    Returns:
        A `keras.Model`: (batch, h, w, 3) in [-1, 1], h and w multiples of 8, to the same shape.

    Vincent et al. 2008.
    """
    pictures = layers.Input((None, None, 3), name="pictures")
    x = layers.GaussianNoise(noise)(pictures)
    for depth in range(3):
        x = layers.Conv2D(width * 2**depth, 4, 2, padding="same", activation="relu", name=f"depth_{depth}")(x)
    for channels in (2 * width, width):
        x = layers.UpSampling2D(2, interpolation="bilinear")(x)
        x = layers.Conv2D(channels, 3, padding="same", activation="relu")(x)
    x = layers.UpSampling2D(2, interpolation="bilinear")(x)
    x = layers.Conv2D(3, 3, padding="same", activation="tanh")(x)
    return keras.Model(pictures, x, name="denoising_autoencoder")
