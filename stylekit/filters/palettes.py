"""Palettes: a picture's colours led over to a few chosen ones."""

import numpy as np

from stylekit.filters.ground import from_lab, to_lab

# each from dark to light, as a painter would lay them out
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
}  # fmt: skip


def recolour(picture, name):
    """Lead the colours of a picture over to a palette: its mean and covariance in Lab first, then each colour part of
    the way to the palette colours near it.

    picture: (h, w, 3) in [0, 1]. name: a key of PALETTES. Returns (h, w, 3) in [0, 1]; equal colours stay equal.
    Pitie and Kokaram 2007 (the linear Monge-Kantorovitch map between two colour distributions).
    """
    palette = to_lab(np.array([[[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in PALETTES[name]]]))[0]
    lab = to_lab(picture).reshape(-1, 3)
    moved = _match(lab, palette)
    moved[:, 0] = 0.35 * moved[:, 0] + 0.65 * lab[:, 0]  # the light of the scene stays, mostly
    distance = ((moved[:, None] - palette) ** 2 * np.array([1.6, 1.0, 1.0])).sum(-1)
    pull = np.exp(-(distance - distance.min(1, keepdims=True)) / 600)
    target = pull @ palette / pull.sum(1, keepdims=True)
    moved += np.array([0.3, 0.7, 0.7]) * (target - moved)
    return from_lab(moved.reshape(picture.shape))


def _match(values, palette, most=2.5):
    """values (n, 3) moved linearly so that their mean is the palette's, and their covariance as far as that is possible
    without stretching any direction more than `most` times: the grain of a grey photo must not become coloured noise.
    """
    mean = values.mean(0)
    own, wanted = np.cov(values.T) + np.eye(3), np.cov(palette.T) + np.eye(3)
    root, unroot = _power(own, 0.5), _power(own, -0.5)
    stretch, directions = np.linalg.eigh(unroot @ _power(root @ wanted @ root, 0.5) @ unroot)
    return (values - mean) @ (directions * np.minimum(stretch, most)) @ directions.T + palette.mean(0)


def _power(matrix, exponent):
    """A symmetric positive matrix to a power."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, 1e-6) ** exponent) @ vectors.T
