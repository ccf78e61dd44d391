"""Palettes: a few colours each, and how a picture takes them on."""

import numpy as np
from PIL import ImageColor

from stylekit.filters.ground import from_lab, to_lab

# each from dark to light
PALETTES = {
    "van_gogh": ("#14213d", "#1f4e9c", "#4a90c4", "#3f7d4e", "#e0a526", "#f7df72"),
    "monet": ("#3b4a6b", "#5f7fa8", "#7fa88f", "#b59ac2", "#e3b7b0", "#f2ead0"),
    "autumn": ("#2b1a12", "#6e2b14", "#b5491b", "#d98424", "#9a9a3c", "#f3d58a"),
    "sea": ("#0b2236", "#12566b", "#1f8a94", "#6fc3bd", "#d9c79a", "#f4f1e4"),
    "dusk": ("#1a1433", "#4b2463", "#8f3a72", "#d9626b", "#f49b5b", "#fbe0a0"),
    "forest": ("#12190f", "#26401f", "#4f6b2c", "#8d9a4b", "#a5763f", "#e8e3b4"),
    "earth": ("#1d1512", "#4a3226", "#85583a", "#b88a5c", "#7d8578", "#efe3cb"),
    "winter": ("#171d2b", "#3a4d6b", "#7890ab", "#b4c4d1", "#c58f88", "#f6f8fa"),
    "fauve": ("#1b1464", "#c4172c", "#00856f", "#f0651f", "#e85aa0", "#ffe135"),
    "night": ("#05070f", "#0f1c3f", "#1d3f72", "#2d6b7f", "#7d8fb8", "#e9e2b0"),
}


def recolour(picture, name):
    """Lead the colours of a picture over to a palette.

    First the mean and the covariance in Lab become those of the palette, by the linear Monge-Kantorovitch map between
    two colour distributions (Pitie and Kokaram 2007). Then each colour moves part of the way to the palette's colours
    near it.

    Args:
        picture: (h, w, 3) in [0, 1].
        name: a key of PALETTES.

    Returns:
        (h, w, 3) float32 array in [0, 1]; equal colours stay equal.
    """
    palette = to_lab(np.array([ImageColor.getrgb(colour) for colour in PALETTES[name]]) / 255)
    lab = to_lab(picture).reshape(-1, 3)
    moved = _match(lab, palette)
    moved[:, 0] = 0.35 * moved[:, 0] + 0.65 * lab[:, 0]  # most of the scene's light stays
    distance = ((moved[:, None] - palette) ** 2 * np.array([1.6, 1.0, 1.0])).sum(-1)
    pull = np.exp(-(distance - distance.min(1, keepdims=True)) / 600)
    target = pull @ palette / pull.sum(1, keepdims=True)
    moved += np.array([0.3, 0.7, 0.7]) * (target - moved)
    return from_lab(moved.reshape(picture.shape))


def _match(values, palette, most=2.5):
    """Move values, (n, 3), linearly so that they get the palette's mean and, as far as possible, its covariance.

    No direction is stretched more than `most` times: otherwise the grain of a grey photo becomes coloured noise.
    """
    mean = values.mean(0)
    own, wanted = np.cov(values.T) + np.eye(3), np.cov(palette.T) + np.eye(3)
    root, unroot = _power(own, 0.5), _power(own, -0.5)
    stretch, directions = np.linalg.eigh(unroot @ _power(root @ wanted @ root, 0.5) @ unroot)
    return (values - mean) @ (directions * np.minimum(stretch, most)) @ directions.T + palette.mean(0)


def _power(matrix, exponent):
    """Raise a symmetric positive matrix to a power."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, 1e-6) ** exponent) @ vectors.T
