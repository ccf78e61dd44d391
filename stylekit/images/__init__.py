"""The only door between image files and pictures.

A picture is a float32 RGB array (height, width, 3) in [-1, 1]: black is -1, white is 1. A file may have any format that
Pillow opens. A file that cannot become such a picture gives an `ImageError` that says what to do.
"""

from stylekit.images.arrays import MAX_PIXELS, check, fit, from_uint8, montage, resize, to_uint8
from stylekit.images.reading import READABLE, find, measure, read, read_uint8
from stylekit.images.writing import WRITABLE, encode, write

__all__ = [
    "MAX_PIXELS",
    "READABLE",
    "WRITABLE",
    "check",
    "encode",
    "find",
    "fit",
    "from_uint8",
    "measure",
    "montage",
    "read",
    "read_uint8",
    "resize",
    "to_uint8",
    "write",
]
