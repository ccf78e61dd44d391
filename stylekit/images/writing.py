"""Pictures to image files."""

import io
import os
from pathlib import Path

from PIL import Image

from stylekit.errors import ImageError, SettingError, reason
from stylekit.files import write_whole
from stylekit.images.arrays import check_one, to_uint8

WRITABLE = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


def write(picture, path, quality=92):
    """Write a picture to a file; if that fails, an old file of that name stays as it was.

    Args:
        picture: (h, w, 3) in [-1, 1].
        path: The file; its suffix selects PNG, JPEG or WebP.
        quality: 1 to 100, for JPEG and WebP.

    Returns:
        The `pathlib.Path` of the file.

    Raises:
        ImageError: The picture is wrong, the suffix is unknown, or the file cannot be written.
        SettingError: The quality is out of range.
    """
    path = Path(path)
    if path.suffix.lower() not in WRITABLE:
        raise ImageError(
            f"Cannot write {path}: the suffix is {path.suffix or 'missing'!r}, wanted one of {', '.join(WRITABLE)}."
        )
    if os.path.isdir(path):
        raise ImageError(f"Cannot write {path}: it is a folder, so add a file name such as painting.png.")
    if not os.path.isdir(path.parent):
        raise ImageError(f"Cannot write {path}: there is no folder {path.parent}, so make it first.")
    data = encode(picture, WRITABLE[path.suffix.lower()], quality)
    try:
        write_whole(path, data)
    except (OSError, ValueError) as error:
        raise ImageError(f"Cannot write {path} ({reason(error)}): free some space or choose another folder.") from error
    return path


def encode(picture, format="png", quality=92):
    """Return a picture as the bytes of an image file.

    Args:
        picture: (h, w, 3) in [-1, 1].
        format: "png", "jpeg" or "webp".
        quality: 1 to 100, for JPEG and WebP.

    Returns:
        bytes.

    Raises:
        ImageError: The picture is wrong, the format is unknown, or the picture is too large for it.
        SettingError: The quality is out of range.
    """
    if format.upper() not in WRITABLE.values():
        raise ImageError(f"The image format is {format!r}: wanted png, jpeg or webp.")
    if not 1 <= quality <= 100:
        raise SettingError(f"The quality is {quality}: wanted 1 to 100.")
    image = Image.fromarray(to_uint8(check_one(picture)))
    buffer = io.BytesIO()
    try:
        image.save(buffer, format, quality=quality)
    except (OSError, ValueError) as error:
        raise ImageError(
            f"A picture of {image.width} x {image.height} px does not fit into {format.upper()} ({reason(error)}): "
            "make it smaller, or write PNG."
        ) from error
    return buffer.getvalue()
