"""Image files to pictures."""

import contextlib
import os
import re
import warnings
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

from stylekit.errors import DataError, ImageError, reason
from stylekit.images.arrays import FILTER, MAX_PIXELS, from_uint8, refuse_large, scaled_size

READABLE = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".gif": "GIF",
    ".bmp": "BMP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".avif": "AVIF",
    ".heic": "HEIF",
    ".heif": "HEIF",
}
FORMATS = list(dict.fromkeys(READABLE.values()))  # for others, such as PostScript, Pillow would start other programs
PILLOW = re.compile(r"(PIL|pillow_heif)\b")  # their warnings are of no use to someone who reads a picture


def read(path, size=None):
    """Read the picture in a file.

    The camera's rotation (EXIF) is applied. Transparent parts become white. Grey, palette, CMYK and 16-bit pictures
    become 8-bit RGB. An animation gives its first frame.

    Args:
        path: The file.
        size: The wanted length of the short side in px, with the aspect ratio kept; None keeps the file's own size.

    Returns:
        A float32 array (h, w, 3) in [-1, 1].

    Raises:
        ImageError: The file is missing, unreadable, no image, damaged, or has more than MAX_PIXELS; such a picture is
            refused before its pixels are decoded.
        SettingError: The size is no whole number of at least 1.
    """
    return from_uint8(read_uint8(path, size))


def read_uint8(path, size=None):
    """Read the picture in a file as whole numbers, in a quarter of the memory that `read` takes.

    Args:
        path: The file.
        size: As for `read`.

    Returns:
        A uint8 array (h, w, 3).

    Raises:
        ImageError: As for `read`.
        SettingError: As for `read`.
    """
    with _opened(path) as image:
        image = _to_rgb(ImageOps.exif_transpose(image), path)
    if size is not None:
        image = image.resize(scaled_size(image.width, image.height, size), FILTER)
    return np.asarray(image)


def measure(path, size=None):
    """Return the size of the picture that `read` would give, from the file's header, without reading the pixels.

    Args:
        path: The file.
        size: As for `read`.

    Returns:
        Two ints: height and width in px.

    Raises:
        ImageError: As for `read`, but damage behind the header is found only when the picture is read.
        SettingError: As for `read`.
    """
    with _opened(path) as image:
        width, height = image.size
        if image.format == "TIFF":  # some versions of Pillow have rotated its size already
            width, height = (image.tag_v2[tag] for tag in (ExifTags.Base.ImageWidth, ExifTags.Base.ImageLength))
        # to look for EXIF behind the pixels of a PNG, Pillow would decode them; hardly any program puts it there
        look = image.format != "PNG" or "exif" in image.info
        if look and image.getexif().get(ExifTags.Base.Orientation, 1) >= 5:  # the camera was held on its side
            width, height = height, width
    return (height, width) if size is None else scaled_size(width, height, size)[::-1]


@contextlib.contextmanager
def _opened(path):
    """Open a file as a Pillow image of allowed size; whatever fails with it becomes an ImageError."""
    path = Path(path)
    if os.path.isdir(path):
        raise ImageError(f"{path} is a folder: wanted an image file, so name one of the files in it.")
    try:
        file = open(path, "rb")
    except FileNotFoundError as error:
        raise ImageError(f"There is no file {path}: check the name and the folder.") from error
    except (OSError, ValueError) as error:
        raise ImageError(f"Cannot read {path} ({reason(error)}): check its name and its permissions.") from error
    _silence_pillow()
    with file:
        image = _open(file, path)
        refuse_large(image.width, image.height, path)
        try:
            yield image
        except ImageError:
            raise
        except Exception as error:  # a damaged file makes Pillow's decoders raise almost anything
            raise ImageError(
                f"{path} is damaged or incomplete ({reason(error)}): copy or download it again."
            ) from error


def _silence_pillow():
    """Turn off Pillow's warnings of unusual metadata and of sizes, which are checked here anyway.

    They stay off: files are read in several threads, and `warnings.catch_warnings` is made for one thread.
    """
    if not any(action == "ignore" and module == PILLOW for action, _, _, module, _ in warnings.filters):
        warnings.filterwarnings("ignore", module=PILLOW.pattern)


def _open(file, path):
    """The Pillow image of an open file; ImageError if it has no known format or no readable header."""
    wanted = READABLE.get(path.suffix.lower())
    if wanted == "HEIF":
        with contextlib.suppress(ImportError):
            from pillow_heif import register_heif_opener  # Pillow itself cannot read this format

            register_heif_opener()
    try:
        return Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError as error:
        limit = 2 * Image.MAX_IMAGE_PIXELS // 1_000_000
        raise ImageError(
            f"{path} has more than {limit} million pixels: wanted at most {MAX_PIXELS // 1_000_000} million, so make "
            "it smaller first."
        ) from error
    except Exception as error:  # no format recognises the file, or its header is damaged
        if wanted and wanted not in Image.OPEN:
            plugin = "pip install pillow-heif" if wanted == "HEIF" else "pip install -U pillow"
            raise ImageError(
                f"{path} cannot be read, because Pillow lacks the format {wanted} here: {plugin}, or save it as JPEG."
            ) from error
        found = "is empty (0 bytes)" if os.fstat(file.fileno()).st_size == 0 else "is not an image that can be read"
        raise ImageError(f"{path} {found}: wanted one of {', '.join(READABLE)}.") from error


def _to_rgb(image, path):
    """Any Pillow image as 8-bit RGB; transparent parts become white."""
    if image.mode.startswith(("I", "F")):
        return _from_deep_grey(image, path)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


def _from_deep_grey(image, path):
    """Grey of more than 8 bits as 8-bit RGB, scaled; Pillow would clip all values above 255."""
    values = np.asarray(image).astype("float64")
    white = 1 if image.mode.startswith("F") else 65535
    low, high = values.min(), values.max()
    if not (0 <= low and high <= white):  # in this form it is true for NaN too
        raise ImageError(
            f"{path} has grey values from {low:g} to {high:g}: wanted 0 to {white}, so save it with 8 bits first."
        )
    return Image.fromarray(np.round(values / white * 255).astype("uint8")).convert("RGB")


def find(folder):
    """List the image files in a folder and the folders inside it, without hidden ones.

    Args:
        folder: The folder.

    Returns:
        A sorted list of `pathlib.Path` with a suffix in READABLE. Whether they are images is known when they are read.

    Raises:
        DataError: There is no such folder.
    """
    folder = Path(folder)
    if not os.path.isdir(folder):
        found = "is a file" if os.path.exists(folder) else "does not exist"
        raise DataError(f"{folder} {found}: wanted a folder of images.")
    files = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        # macOS writes a hidden "._photo.jpg" beside every photo on a memory stick
        files += [
            Path(place, name) for name in names if Path(name).suffix.lower() in READABLE and not name.startswith(".")
        ]
    return sorted(files)
