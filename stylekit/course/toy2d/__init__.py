"""A GAN whose data are points in the plane instead of pictures: small enough to see all of it."""

from stylekit.course.toy2d.frames import FORMS, Frame, over_square
from stylekit.course.toy2d.game import Game
from stylekit.course.toy2d.shapes import (
    SHAPES,
    Mixture,
    coverage,
    distance,
    from_picture,
    from_text,
    from_weights,
    ring,
)
from stylekit.plots.points import board, clouds, surfaces

__all__ = [
    "FORMS",
    "SHAPES",
    "Frame",
    "Game",
    "Mixture",
    "board",
    "clouds",
    "coverage",
    "distance",
    "from_picture",
    "from_text",
    "from_weights",
    "over_square",
    "ring",
    "surfaces",
]
