"""Pictures as arrays: checked, scaled, cut, put side by side, and as 8-bit numbers."""

import numpy as np
from PIL import Image

from stylekit.errors import ImageError, SettingError

MAX_PIXELS = 64_000_000  # more than any phone's 50 megapixels; such a picture takes 0.8 GB as float32
SLACK = 1e-3  # how far rounding may move a value beyond [-1, 1]
FILTER = Image.Resampling.LANCZOS  # Pillow widens it to make a picture smaller, which prevents aliasing


def check(picture, name="picture"):
    """Return the picture as a float32 array, or say what is wrong with it.

    Args:
        picture: A picture (h, w, 3) or a batch (n, h, w, 3), like an array: float, finite, in [-1, 1]. Values up to
            0.001 beyond are clipped.
        name: What the error message calls it.

    Returns:
        A float32 array of the same shape.

    Raises:
        ImageError: It is anything else.
    """
    try:
        array = np.asarray(picture)
    except Exception as error:  # an object's own __array__ can raise anything
        raise ImageError(f"The {name} is no array: wanted numbers of shape (h, w, 3).") from error
    if array.dtype.kind in "iu":
        raise ImageError(
            f"The {name} has whole numbers ({array.dtype}): wanted float values in [-1, 1], as from_uint8 makes them."
        )
    if array.dtype.kind != "f":
        raise ImageError(f"The {name} has values of type {array.dtype}: wanted float values in [-1, 1].")
    if array.ndim not in (3, 4) or array.shape[-1] != 3 or array.size == 0:
        raise ImageError(f"The {name} has shape {array.shape}: wanted (h, w, 3), or (n, h, w, 3) for several.")
    low, high = array.min(), array.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        bad = array.size - np.isfinite(array).sum()
        raise ImageError(f"The {name} has {bad} values that are NaN or infinite: wanted finite values in [-1, 1].")
    if low < -1 - SLACK or high > 1 + SLACK:
        raise ImageError(f"The {name} has values from {low:.3g} to {high:.3g}: scale them to [-1, 1] first.")
    array = array.astype("float32", copy=False)
    return np.clip(array, -1, 1) if low < -1 or high > 1 else array


def check_one(picture):
    """As `check`, for one picture (h, w, 3); ImageError for a batch."""
    picture = check(picture)
    if picture.ndim != 3:
        raise ImageError(f"Found a batch of shape {picture.shape}: wanted one picture (h, w, 3), so pass them singly.")
    return picture


def to_uint8(picture):
    """Convert [-1, 1] to whole numbers from 0 to 255, rounded.

    Args:
        picture: A picture (h, w, 3) or a batch (n, h, w, 3), in [-1, 1].

    Returns:
        A uint8 array of the same shape.

    Raises:
        ImageError: It is no such picture.
    """
    return np.round((check(picture) + 1) * 127.5).astype("uint8")


def from_uint8(array):
    """Convert whole numbers from 0 to 255 to a picture in [-1, 1].

    Args:
        array: A uint8 array (h, w, 3) or (n, h, w, 3).

    Returns:
        A float32 array of the same shape.

    Raises:
        ImageError: The array has another type or shape.
    """
    array = np.asarray(array)
    if array.dtype != np.uint8 or array.ndim not in (3, 4) or array.shape[-1] != 3:
        raise ImageError(f"Found an array of {array.dtype} {array.shape}: wanted uint8 of shape (h, w, 3).")
    return array.astype("float32") / np.float32(127.5) - 1


def resize(picture, short_side):
    """Scale a picture so that its short side has the wanted length; the aspect ratio is kept, without aliasing.

    Args:
        picture: (h, w, 3) in [-1, 1].
        short_side: The wanted length in px.

    Returns:
        A float32 array (h', w', 3) in [-1, 1].

    Raises:
        ImageError: The picture is wrong, or the result would have more than MAX_PIXELS.
        SettingError: The length is no whole number of at least 1.
    """
    picture = check_one(picture)
    size = scaled_size(picture.shape[1], picture.shape[0], short_side)
    return picture if size == picture.shape[1::-1] else _resampled(picture, size)


def fit(picture, size):
    """Cut out the largest part around the centre that has the wanted aspect ratio, and scale it to the wanted size.

    Args:
        picture: (h, w, 3) in [-1, 1].
        size: The wanted size in px: one number for a square, or (height, width).

    Returns:
        A float32 array (height, width, 3) in [-1, 1].

    Raises:
        ImageError: The picture is wrong, or the result would have more than MAX_PIXELS.
        SettingError: The size has a number that is not whole or less than 1.
    """
    height, width = map(_whole, (size, size) if np.ndim(size) == 0 else size)
    refuse_large(width, height, "The fitted picture")
    picture = check_one(picture)
    h, w = picture.shape[:2]
    scale = min(h / height, w / width)
    left, top = max(w - width * scale, 0) / 2, max(h - height * scale, 0) / 2  # max: never -1e-15
    return _resampled(picture, (width, height), box=(left, top, w - left, h - top))


def montage(rows, gap=4, background=1.0):
    """Put many pictures into one, row by row.

    Args:
        rows: Lists of pictures (h, w, 3) in [-1, 1]; those of one row have the same height.
        gap: Space between the pictures and around them, px.
        background: Grey of the gaps and of what a short row leaves empty, from -1 (black) to 1 (white).

    Returns:
        A float32 array (height, width, 3) in [-1, 1].

    Raises:
        ImageError: A picture is wrong, a row is empty, or the heights in a row differ.
    """
    rows = [[check_one(picture) for picture in row] for row in rows]
    if not rows or not all(rows):
        raise ImageError("A montage needs at least one picture in every row.")
    for number, row in enumerate(rows, 1):
        heights = sorted({picture.shape[0] for picture in row})
        if len(heights) > 1:
            raise ImageError(f"Row {number} of the montage has pictures {heights} px high: fit them to one size first.")
    width = max(sum(picture.shape[1] + gap for picture in row) for row in rows) + gap
    height = sum(row[0].shape[0] + gap for row in rows) + gap
    canvas = np.full((height, width, 3), background, "float32")
    top = gap
    for row in rows:
        left = gap
        for picture in row:
            h, w = picture.shape[:2]
            canvas[top : top + h, left : left + w] = picture
            left += w + gap
        top += h + gap
    return canvas


def scaled_size(width, height, short_side):
    """(width, height) with the short side as wanted; SettingError or ImageError if that is no size for a picture."""
    scale = _whole(short_side) / min(width, height)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    refuse_large(*size, "The scaled picture")
    return size


def refuse_large(width, height, name):
    """ImageError for more than MAX_PIXELS."""
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{name} has {width} x {height} px: wanted at most {MAX_PIXELS // 1_000_000} million pixels, so make it "
            "smaller first."
        )


def _resampled(picture, size, box=None):
    """The part of a picture in box (left, top, right, bottom), scaled to size (width, height)."""
    planes = [Image.fromarray(np.ascontiguousarray(picture[..., i])).resize(size, FILTER, box) for i in range(3)]
    return np.clip(np.stack([np.asarray(plane) for plane in planes], -1), -1, 1)  # Lanczos goes too far at edges


def _whole(size):
    """The size as an int; SettingError unless it is a whole number of at least 1."""
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
        raise SettingError(f"The size is {size}: wanted a whole number of px, at least 1.")
    return int(size)
