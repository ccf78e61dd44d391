"""Goodfellow's game with points in the plane instead of pictures: small enough to see all of it."""

from stylekit.course.toy2d.drawing import board, clouds, surfaces
from stylekit.course.toy2d.game import FORMS, Frame, Game, over_square
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

__all__ = [
    "FORMS", "SHAPES", "Frame", "Game", "Mixture", "board", "clouds", "coverage", "distance", "from_picture",
    "from_text", "from_weights", "over_square", "ring", "surfaces",
]  # fmt: skip
