"""Sets of real points, and the distance between two sets. Points are (n, 2) float32."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import wasserstein_distance
from sklearn.datasets import make_moons

from stylekit import images
from stylekit.errors import DataError, SettingError

ANGLES = 32  # directions in which two sets are compared
EMPTY = " ."  # letters that stand for an empty square in a drawing made of letters


@dataclass(frozen=True)
class Mixture:
    """Round Gaussians of equal weight. Its density is known at every place.

    Args:
        centres: (k, 2).
        deviation: standard deviation of each Gaussian, above 0.

    Raises:
        SettingError: the centres are not (k, 2), or the deviation is not above 0.
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
        """Draw points.

        Args:
            count: how many.
            seed: decides which.

        Returns:
            (count, 2) float32.
        """
        random = np.random.default_rng(seed)
        centres = np.asarray(self.centres)[random.integers(len(self.centres), size=count)]
        return (centres + self.deviation * random.normal(size=(count, 2))).astype("float32")

    def density(self, points):
        """The probability density p(x), whose integral over the plane is 1.

        Args:
            points: (n, 2).

        Returns:
            (n,), per unit of area.
        """
        squared = cdist(points, self.centres, "sqeuclidean") / self.deviation**2
        return np.exp(-squared / 2).mean(axis=1) / (2 * np.pi * self.deviation**2)


def ring(modes=8, radius=0.75, deviation=0.05):
    """Gaussians on a circle: the usual test for mode collapse.

    Args:
        modes: number of Gaussians.
        radius: of the circle.
        deviation: standard deviation of each Gaussian.

    Returns:
        a Mixture.

    Metz et al. 2017, section 3.1.
    """
    angles = 2 * np.pi * np.arange(modes) / modes
    return Mixture(radius * np.stack([np.cos(angles), np.sin(angles)], axis=1), deviation)


def moons(count, seed=0):
    """Two half moons that reach into each other.

    Args:
        count: number of points.
        seed: decides which.

    Returns:
        (count, 2) float32.
    """
    points, _ = make_moons(count, noise=0.06, random_state=seed)
    return ((points - (0.5, 0.25)) * 0.6).astype("float32")


def spiral(count, seed=0):
    """A spiral with one and a half turns, equally dense along its length.

    Args:
        count: number of points.
        seed: decides which.

    Returns:
        (count, 2) float32.
    """
    random = np.random.default_rng(seed)
    angle = 3 * np.pi * np.sqrt(random.uniform(0.05, 1, count))
    arm = 0.85 * angle / (3 * np.pi) * np.stack([np.cos(angle), np.sin(angle)])
    return (arm.T + 0.025 * random.normal(size=(count, 2))).astype("float32")


def line(count, seed=0):
    """A straight line, a little blurred.

    Args:
        count: number of points.
        seed: decides which.

    Returns:
        (count, 2) float32.
    """
    random = np.random.default_rng(seed)
    along = random.uniform(-0.8, 0.8, count)
    return (np.stack([along, 0.5 * along], axis=1) + 0.025 * random.normal(size=(count, 2))).astype("float32")


SHAPES = {"ring": ring().sample, "moons": moons, "spiral": spiral, "line": line}


# --- one's own --------------------------------------------------------------------------------------------------------


def from_weights(weights, count, seed=0):
    """Points whose density follows a map of weights.

    Args:
        weights: (h, w) numbers >= 0, row 0 on top. The longer side of the map spans -0.9 to 0.9.
        count: number of points.
        seed: decides which.

    Returns:
        (count, 2) float32.

    Raises:
        DataError: the weights are not such numbers, or all of them are 0.
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
    """Points from a drawing made of letters: each letter is a square full of points; dots and spaces are empty.

    Args:
        drawing: str of one or more lines.
        count: number of points.
        seed: decides which.

    Returns:
        (count, 2) float32.

    Raises:
        DataError: nothing is drawn.
    """
    lines = drawing.splitlines() or [""]
    width = max(map(len, lines))
    return from_weights([[mark not in EMPTY for mark in row.ljust(width)] or [0] for row in lines], count, seed)


def from_picture(picture, count, seed=0):
    """Points from a picture, dense where it is dark.

    Args:
        picture: (h, w, 3) in [-1, 1].
        count: number of points.
        seed: decides which.

    Returns:
        (count, 2) float32.

    Raises:
        ImageError: it is no picture.
        DataError: it is white everywhere.
    """
    return from_weights(1 - images.check(picture).mean(axis=-1).clip(-1, 1), count, seed)


# --- how far apart ----------------------------------------------------------------------------------------------------


def distance(points, others):
    """Sliced Wasserstein distance: how far points have to move on average to become the other points.

    It is measured along single directions, where the shortest way is known, and averaged over 32 directions.

    Args:
        points: (n, 2).
        others: (m, 2).

    Returns:
        float >= 0 in units of the plane; about 0.02 for two samples of 2000 points from the same ring.

    Bonneel et al. 2015, section 3.
    """
    angles = np.pi * np.arange(ANGLES) / ANGLES
    directions = np.stack([np.cos(angles), np.sin(angles)])
    here, there = np.asarray(points) @ directions, np.asarray(others) @ directions
    return float(np.mean([wasserstein_distance(a, b) for a, b in zip(here.T, there.T, strict=True)]))


def coverage(points, mixture, share=0.25):
    """The number of modes of a mixture that points cover.

    Args:
        points: (n, 2).
        mixture: a Mixture of k modes.
        share: a mode is covered if at least this share of the points that it should have (n / k) lies within three
            deviations of its centre.

    Returns:
        int from 0 to k.
    """
    nearby = cdist(points, mixture.centres) < 3 * mixture.deviation
    return int((nearby.mean(axis=0) > share / len(mixture.centres)).sum())
