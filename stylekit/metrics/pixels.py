"""How alike two pictures are, pixel by pixel."""

import numpy as np
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from stylekit.errors import ImageError
from stylekit.metrics.common import alike, per_picture

DATA_RANGE = 2.0  # from -1 to 1
WINDOW = 11  # px, SSIM's Gaussian window


def ssim(pictures, others):
    """Measure with SSIM, the structural similarity, whether two pictures show the same structures at the same places.

    Args:
        pictures: A picture (h, w, 3) or a batch (n, h, w, 3), in [-1, 1], at least 11 px high and wide.
        others: The pictures to compare with, of the same shape.

    Returns:
        A float, or (n,) float64 for a batch, in [-1, 1]: 1 for equal pictures, about 0 for unrelated ones.

    Raises:
        ImageError: The pictures are too small, not in range, or their shapes differ.

    Wang et al. 2004, eq. 13.
    """
    pictures, others = alike(pictures, others)
    height, width = pictures.shape[-3:-1]
    if min(height, width) < WINDOW:
        raise ImageError(
            f"SSIM uses windows of {WINDOW} x {WINDOW} px, but the pictures have {width} x {height}: compare larger "
            "ones."
        )

    def one(picture, other):
        return structural_similarity(
            picture, other, channel_axis=-1, data_range=DATA_RANGE, gaussian_weights=True, use_sample_covariance=False
        )

    return per_picture(one, pictures, others)


def psnr(pictures, others):
    """Measure the peak signal-to-noise ratio, 10 log10(2^2 / mean squared error), in dB.

    Args:
        pictures: A picture (h, w, 3) or a batch (n, h, w, 3), in [-1, 1].
        others: The pictures to compare with, of the same shape.

    Returns:
        A float, or (n,) float64 for a batch: higher for more alike, infinite for equal pictures.

    Raises:
        ImageError: The pictures are not in range, or their shapes differ.
    """
    with np.errstate(divide="ignore"):  # equal pictures divide by an error of 0
        return per_picture(
            lambda picture, other: peak_signal_noise_ratio(picture, other, data_range=DATA_RANGE),
            *alike(pictures, others),
        )
