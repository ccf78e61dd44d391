"""Measure data/weights/typical_statistics.npz: what the default feature extractor F says of photos in general.

    python scripts/measure_typical_statistics.py [-o data/weights/typical_statistics.npz]

Needs data/weights/efficientnet_lite0.npz and the photos that stylekit embeds.
"""

import argparse
import io
from pathlib import Path

import numpy as np

from stylekit.data import domains
from stylekit.files import write_whole
from stylekit.nn import features


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=Path("data/weights/typical_statistics.npz"))
    options = parser.parse_args()
    buffer = io.BytesIO()
    np.savez(buffer, **measured())
    write_whole(options.output, buffer.getvalue())


def measured():
    """Mean and deviation of each statistic on four crops of each embedded photo.

    Returns a dict: "colours" (2, 6), and "depth0" ... "depth8" (2, twice the channels), float32.
    """
    depths = range(len(features.BLOCKS) + 1)
    extractor = features.feature_extractor(depths=depths)
    statistics = features.measured_statistics(extractor, domains.photos(size=128, split="train"))
    names = ["colours", *(f"depth{depth}" for depth in depths)]
    ends = np.cumsum([6, *(2 * maps.shape[-1] for maps in extractor.outputs)])
    return dict(zip(names, np.split(statistics, ends[:-1], axis=1), strict=True))


if __name__ == "__main__":
    main()
