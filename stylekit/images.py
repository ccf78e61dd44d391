"""The only door between image files and pictures.

A picture is float32 RGB, (height, width, 3), in [-1, 1]: black is -1, white is 1. A file may be anything that Pillow
opens; what cannot become a right picture becomes one `ImageError` that says what to do.
"""

import contextlib
import io
import os
import re
import warnings
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

from stylekit.errors import DataError, ImageError, SettingError
from stylekit.files import write_whole

MAX_PIXELS = 64_000_000  # above every phone's 50 megapixels; such a picture fills 0.8 GB as float32
SLACK = 1e-3  # how far rounding may carry a value beyond [-1, 1]
READABLE = {
    ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".gif": "GIF", ".bmp": "BMP", ".tif": "TIFF",
    ".tiff": "TIFF", ".avif": "AVIF", ".heic": "HEIF", ".heif": "HEIF",
}  # fmt: skip
WRITABLE = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
# Named one by one because Pillow would otherwise start other programs for some formats (PostScript, for one).
FORMATS = list(dict.fromkeys(READABLE.values()))
PILLOW = re.compile(r"(PIL|pillow_heif)\b")  # whose warnings concern nobody who reads a picture
FILTER = Image.Resampling.LANCZOS  # Pillow widens it when it shrinks a picture: no aliasing


def read(path, size=None):
    """The picture in a file.

    path: the file. size: the short side wanted, in px, the aspect kept; None keeps the file's own size.
    Returns (h, w, 3) float32 in [-1, 1]. The camera's rotation (EXIF) is applied, transparency lies on white, grey,
    palette, CMYK and 16-bit pictures become 8-bit RGB, and an animation gives its first frame.
    Raises ImageError for a file that is missing, unreadable, no image, damaged, or larger than MAX_PIXELS (refused
    before its pixels are decoded).
    """
    return from_uint8(read_uint8(path, size))


def read_uint8(path, size=None):
    """The same picture as `read` gives, (h, w, 3) uint8: a quarter of the memory."""
    with _opened(path) as image:
        image = _to_rgb(ImageOps.exif_transpose(image), path)
    if size is not None:
        image = image.resize(_scaled(image.width, image.height, size), FILTER)
    return np.asarray(image)


def measure(path, size=None):
    """(height, width) of the picture that `read` would give, px, from the file's header: its pixels stay unread.

    Raises ImageError as `read` does; damage behind the header shows only when the picture is read.
    """
    with _opened(path) as image:
        width, height = image.size
        if image.format == "TIFF":  # whose size is turned already, in some versions of Pillow
            width, height = (image.tag_v2[tag] for tag in (ExifTags.Base.ImageWidth, ExifTags.Base.ImageLength))
        # Pillow would decode a whole PNG in search of EXIF behind the pixels, where hardly any program puts it
        searched = image.format != "PNG" or "exif" in image.info
        if searched and image.getexif().get(ExifTags.Base.Orientation, 1) >= 5:  # taken with the camera on its side
            width, height = height, width
    return (height, width) if size is None else _scaled(width, height, size)[::-1]


@contextlib.contextmanager
def _opened(path):
    """The Pillow image of a file, its header read, its size allowed; what goes wrong with it becomes an ImageError."""
    path = Path(path)
    if os.path.isdir(path):
        raise ImageError(f"{path} is a folder: wanted an image file, so name one of the files in it.")
    try:
        file = open(path, "rb")
    except FileNotFoundError as error:
        raise ImageError(f"There is no file {path}: check the name and the folder.") from error
    except (OSError, ValueError) as error:
        raise ImageError(f"Cannot read {path} ({_reason(error)}): check its name and its permissions.") from error
    _silence_pillow()
    with file:
        image = _open(file, path)
        _refuse_if_large(image.width, image.height, path)
        try:
            yield image
        except ImageError:
            raise
        except Exception as error:  # a damaged file makes Pillow's decoders raise almost anything
            raise ImageError(
                f"{path} is damaged or incomplete ({_reason(error)}): copy or download it again."
            ) from error


def _silence_pillow():
    """No more warnings of odd metadata, nor of sizes that are refused here anyway.

    For good, because files are read in several threads, and `warnings.catch_warnings` is made for one.
    """
    if not any(action == "ignore" and module == PILLOW for action, _, _, module, _ in warnings.filters):
        warnings.filterwarnings("ignore", module=PILLOW.pattern)


def _open(file, path):
    wanted = READABLE.get(path.suffix.lower())
    if wanted == "HEIF":
        with contextlib.suppress(ImportError):
            from pillow_heif import register_heif_opener  # Pillow itself cannot

            register_heif_opener()
    try:
        return Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError as error:
        limit = 2 * Image.MAX_IMAGE_PIXELS // 1_000_000
        raise ImageError(
            f"{path} has more than {limit} million pixels: wanted at most {MAX_PIXELS // 1_000_000} million, so make "
            "it smaller first."
        ) from error
    except Exception as error:  # no format recognised it, or the one that did choked on its header
        if wanted and wanted not in Image.OPEN:
            plugin = "pip install pillow-heif" if wanted == "HEIF" else "pip install -U pillow"
            raise ImageError(
                f"{path} cannot be read, because Pillow lacks the format {wanted} here: {plugin}, or save it as JPEG."
            ) from error
        found = "is empty (0 bytes)" if os.fstat(file.fileno()).st_size == 0 else "is not an image that can be read"
        raise ImageError(f"{path} {found}: wanted one of {', '.join(READABLE)}.") from error


def _to_rgb(image, path):
    """Any Pillow image as 8-bit RGB, transparency on white."""
    if image.mode.startswith(("I", "F")):
        return _from_deep_grey(image, path)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


def _from_deep_grey(image, path):
    """Grey with more than 8 bits: Pillow would clip 16-bit values at 255, where they have to be scaled."""
    values = np.asarray(image).astype("float64")
    white = 1 if image.mode.startswith("F") else 65535
    low, high = values.min(), values.max()
    if not (0 <= low and high <= white):  # written so that NaN is refused too
        raise ImageError(
            f"{path} has grey values from {low:g} to {high:g}: wanted 0 to {white}, so save it with 8 bits first."
        )
    return Image.fromarray(np.round(values / white * 255).astype("uint8")).convert("RGB")


def write(picture, path, quality=92):
    """Write a picture to a file, whole or not at all: where it fails, a file of that name stays what it was.

    picture: (h, w, 3) in [-1, 1]. path: its suffix chooses PNG, JPEG or WebP. quality: 1 to 100, for JPEG and WebP.
    Returns the Path. Raises ImageError for a wrong picture, an unknown suffix, or a place that cannot be written.
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
        raise ImageError(
            f"Cannot write {path} ({_reason(error)}): free some space or choose another folder."
        ) from error
    return path


def encode(picture, format="png", quality=92):
    """A picture as the bytes of an image file.

    picture: (h, w, 3) in [-1, 1]. format: png, jpeg or webp. quality: 1 to 100, for JPEG and WebP.
    Raises ImageError for a wrong picture, an unknown format, or a picture too large for the format.
    """
    if format.upper() not in WRITABLE.values():
        raise ImageError(f"The image format is {format!r}: wanted png, jpeg or webp.")
    if not 1 <= quality <= 100:
        raise SettingError(f"The quality is {quality}: wanted 1 to 100.")
    image = Image.fromarray(to_uint8(_check_one(picture)))
    buffer = io.BytesIO()
    try:
        image.save(buffer, format, quality=quality)
    except (OSError, ValueError) as error:
        raise ImageError(
            f"A picture of {image.width} x {image.height} px does not fit into {format.upper()} ({_reason(error)}): "
            "make it smaller, or write PNG."
        ) from error
    return buffer.getvalue()


def resize(picture, short_side):
    """A picture scaled until its short side has `short_side` px, the aspect kept, antialiased (Lanczos).

    picture: (h, w, 3) in [-1, 1]. Returns the same kind. Raises ImageError for a wrong picture, or a result larger
    than MAX_PIXELS.
    """
    picture = _check_one(picture)
    size = _scaled(picture.shape[1], picture.shape[0], short_side)
    return picture if size == picture.shape[1::-1] else _resample(picture, size)


def fit(picture, size):
    """The largest centred part of a picture that has the wanted shape, scaled to it.

    picture: (h, w, 3) in [-1, 1]. size: px, one number for a square or (height, width). Returns (height, width, 3).
    """
    height, width = map(_whole, (size, size) if np.ndim(size) == 0 else size)
    _refuse_if_large(width, height, "The fitted picture")
    picture = _check_one(picture)
    h, w = picture.shape[:2]
    scale = min(h / height, w / width)
    left, top = max(w - width * scale, 0) / 2, max(h - height * scale, 0) / 2  # never -1e-15
    return _resample(picture, (width, height), box=(left, top, w - left, h - top))


def montage(rows, gap=4, background=1.0):
    """Many pictures in one, row under row.

    rows: lists of pictures (h, w, 3) in [-1, 1], equally high within a row. gap: px between them and around them.
    background: the grey of the gaps, -1 black, 1 white. Returns one picture; a short row ends in background.
    """
    rows = [[_check_one(picture) for picture in row] for row in rows]
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


def to_uint8(picture):
    """[-1, 1] to 0 ... 255, rounded: any picture or batch (n, h, w, 3) as uint8 of the same shape."""
    return np.round((check(picture) + 1) * 127.5).astype("uint8")


def from_uint8(array):
    """0 ... 255 to [-1, 1]: uint8 of shape (h, w, 3) or (n, h, w, 3) as float32 of the same shape."""
    array = np.asarray(array)
    if array.dtype != np.uint8 or array.ndim not in (3, 4) or array.shape[-1] != 3:
        raise ImageError(f"Found an array of {array.dtype} {array.shape}: wanted uint8 of shape (h, w, 3).")
    return array.astype("float32") / np.float32(127.5) - 1


def check(picture, name="picture"):
    """The picture as a float32 array, once it is certain to be one.

    picture: anything like an array, (h, w, 3) or a batch (n, h, w, 3), finite, in [-1, 1] up to SLACK (clipped).
    name: what to call it in the error. Raises ImageError that says what was found instead.
    """
    try:
        array = np.asarray(picture)
    except Exception as error:  # whatever a stranger's __array__ raises
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


def find(folder):
    """The image files in a folder and the folders inside it, sorted by path; hidden ones are left out.

    Returns a list of Paths whose suffix is one of READABLE; whether they hold images shows when they are read.
    Raises DataError if there is no such folder.
    """
    folder = Path(folder)
    if not os.path.isdir(folder):
        found = "is a file" if os.path.exists(folder) else "does not exist"
        raise DataError(f"{folder} {found}: wanted a folder of images.")
    files = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        # macOS leaves a hidden "._photo.jpg" beside every photo on a memory stick
        files += [
            Path(place, name) for name in names if Path(name).suffix.lower() in READABLE and not name.startswith(".")
        ]
    return sorted(files)


def _check_one(picture):
    picture = check(picture)
    if picture.ndim != 3:
        raise ImageError(f"Found a batch of shape {picture.shape}: wanted one picture (h, w, 3), so pass them singly.")
    return picture


def _resample(picture, size, box=None):
    """The part of a picture in box (left, top, right, bottom), scaled to size (width, height); Pillow does it in C."""
    planes = [Image.fromarray(np.ascontiguousarray(picture[..., i])).resize(size, FILTER, box) for i in range(3)]
    return np.clip(np.stack([np.asarray(plane) for plane in planes], -1), -1, 1)  # Lanczos overshoots at edges


def _whole(size):
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
        raise SettingError(f"The size is {size}: wanted a whole number of px, at least 1.")
    return int(size)


def _scaled(width, height, short_side):
    """(width, height) with the short side as wanted."""
    scale = _whole(short_side) / min(width, height)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    _refuse_if_large(*size, "The scaled picture")
    return size


def _refuse_if_large(width, height, name):
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{name} has {width} x {height} px: wanted at most {MAX_PIXELS // 1_000_000} million pixels, so make it "
            "smaller first."
        )


def _reason(error):
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
