"""Measures of how alike two pictures are, pixel by pixel, in content, style and colour, or how alike two sets are."""

from stylekit.metrics.colours import blots, palette_distance
from stylekit.metrics.maps import (
    content_distance,
    kid,
    relative_content_loss,
    style_distance,
    style_table,
    trade_off,
)
from stylekit.metrics.patches import sliced_wasserstein
from stylekit.metrics.pixels import psnr, ssim

__all__ = [
    "blots",
    "content_distance",
    "kid",
    "palette_distance",
    "psnr",
    "relative_content_loss",
    "sliced_wasserstein",
    "ssim",
    "style_distance",
    "style_table",
    "trade_off",
]
