"""Where the real points come from, and how far two sets of points are apart. Points are (n, 2) float32."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import wasserstein_distance
from sklearn.datasets import make_moons

from stylekit import images
from stylekit.errors import DataError, SettingError

ANGLES = 32  # directions from which two sets are compared
INK_MARKS = " ."  # what counts as empty in a drawing made of letters


@dataclass(frozen=True)
class Mixture:
    """Round Gaussians of equal weight: points can be drawn from it, and its density is known at every place.

    centres: (k, 2). deviation: > 0, the same for all.
    """

    centres: np.ndarray
    deviation: float

    def __post_init__(self):
        if np.ndim(self.centres) != 2 or np.shape(self.centres)[1] != 2 or not self.deviation > 0:
            raise SettingError(
                f"A mixture got centres of shape {np.shape(self.centres)} and the deviation {self.deviation}: wanted "
                "(k, 2), and a deviation above 0."
            )

    def sample(self, count, seed=0):
        """Draw points: (count, 2) float32."""
        random = np.random.default_rng(seed)
        centres = np.asarray(self.centres)[random.integers(len(self.centres), size=count)]
        return (centres + self.deviation * random.normal(size=(count, 2))).astype("float32")

    def density(self, points):
        """p(x), per unit of area: (n, 2) -> (n,), its integral over the plane is 1."""
        squared = cdist(points, self.centres, "sqeuclidean") / self.deviation**2
        return np.exp(-squared / 2).mean(axis=1) / (2 * np.pi * self.deviation**2)


def ring(modes=8, radius=0.75, deviation=0.05):
    """Gaussians on a circle, the standard test for mode collapse. Metz et al. 2017, section 3.1. Returns a Mixture."""
    angles = 2 * np.pi * np.arange(modes) / modes
    return Mixture(radius * np.stack([np.cos(angles), np.sin(angles)], axis=1), deviation)


def moons(count, seed=0):
    """Two half moons, one in the other's arms: (count, 2)."""
    points, _ = make_moons(count, noise=0.06, random_state=seed)
    return ((points - (0.5, 0.25)) * 0.6).astype("float32")


def spiral(count, seed=0):
    """One arm, one and a half turns, equally dense along its length: (count, 2)."""
    random = np.random.default_rng(seed)
    angle = 3 * np.pi * np.sqrt(random.uniform(0.05, 1, count))
    arm = 0.85 * angle / (3 * np.pi) * np.stack([np.cos(angle), np.sin(angle)])
    return (arm.T + 0.025 * random.normal(size=(count, 2))).astype("float32")


def line(count, seed=0):
    """A straight line, a little blurred: (count, 2)."""
    random = np.random.default_rng(seed)
    along = random.uniform(-0.8, 0.8, count)
    return (np.stack([along, 0.5 * along], axis=1) + 0.025 * random.normal(size=(count, 2))).astype("float32")


SHAPES = {"ring": ring().sample, "moons": moons, "spiral": spiral, "line": line}


# --- one's own --------------------------------------------------------------------------------------------------------


def from_weights(weights, count, seed=0):
    """Points from a drawing: as dense at each place as the drawing is heavy there.

    weights: (h, w), >= 0, row 0 on top; its longer side spans -0.9 to 0.9. Returns (count, 2) float32.
    Raises DataError where nothing is drawn.
    """
    weights = np.asarray(weights, "float64")
    if weights.ndim != 2 or not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise DataError("There is nothing in the drawing to take points from: wanted (h, w) numbers >= 0, not all 0.")
    random = np.random.default_rng(seed)
    height, width = weights.shape
    places = random.choice(weights.size, size=count, p=weights.ravel() / weights.sum())
    row, column = np.divmod(places, width) + random.uniform(size=(2, count))
    points = np.stack([column - width / 2, height / 2 - row], axis=1)
    return (points * 1.8 / max(height, width)).astype("float32")


def from_text(drawing, count, seed=0):
    """Points from a drawing made of letters: every letter but the dot is a square full of points.

    drawing: a str of several lines. Returns (count, 2) float32. Raises DataError where nothing is drawn.
    """
    lines = drawing.splitlines() or [""]
    width = max(map(len, lines))
    return from_weights([[mark not in INK_MARKS for mark in row.ljust(width)] or [0] for row in lines], count, seed)


def from_picture(picture, count, seed=0):
    """Points from a picture, dense where it is dark: (h, w, 3) in [-1, 1] -> (count, 2) float32."""
    return from_weights(1 - images.check(picture).mean(axis=-1).clip(-1, 1), count, seed)


# --- how far apart ----------------------------------------------------------------------------------------------------


def distance(points, others):
    """How far, on average, points have to move to become the others, seen from all sides: sliced Wasserstein distance.

    points, others: (n, 2), (m, 2). Each direction sees the points in one dimension, where the shortest way to move
    them is known. Returns a float >= 0 in units of the plane; about 0.02 for two draws of 2000 points from one ring.
    Bonneel et al. 2015, section 3.
    """
    angles = np.pi * np.arange(ANGLES) / ANGLES
    directions = np.stack([np.cos(angles), np.sin(angles)])
    here, there = np.asarray(points) @ directions, np.asarray(others) @ directions
    return float(np.mean([wasserstein_distance(a, b) for a, b in zip(here.T, there.T, strict=True)]))


def coverage(points, mixture, share=0.25):
    """How many of a mixture's modes (n, 2) points cover: int.

    A mode counts if it has `share` of the points that it should have, within three deviations of its centre.
    """
    nearby = cdist(points, mixture.centres) < 3 * mixture.deviation
    return int((nearby.mean(axis=0) > share / len(mixture.centres)).sum())
