"""stylekit stylize: paint one photo, or a folder of photos, in the style of a painting."""

from stylekit import images
from stylekit.cli.arguments import LARGEST
from stylekit.cli.common import load_tensorflow, say, writable_folder
from stylekit.errors import DataError, ImageError, SettingError

STYLE_SIZE = 256  # px, the short side at which G looks at a painting: near the scale of its training


def run(options):
    """Paint, and print the name of each file that was written.

    Args:
        options: the parsed arguments of `stylize`.

    Raises:
        ImageError: if the painting, or the only photo, cannot be read.
        DataError: if there is no photo, or no painter.
        SettingError: if the output cannot be written, or would overwrite a photo.
    """
    style = images.read(options.style, STYLE_SIZE)
    jobs = jobs_of(options.photo, options.output)
    painter = _painter(options.weights)
    weights = {"adversarial": options.adversarial, "content": options.content, "style": options.style_weight}
    skipped = 0
    for source, target in jobs:
        try:
            photo = photo_of(source, options.size)
        except ImageError as error:
            if not options.photo.is_dir():
                raise
            say(f"skipped {source}: {error}")
            skipped += 1
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        print(images.write(painter(photo, style, **weights), target))
    if skipped == len(jobs):
        raise DataError(f"None of the {skipped} images in {options.photo} can be used.")


def jobs_of(photo, output):
    """List what to paint. An output that cannot be written is refused here, before any work.

    Args:
        photo: a file, or a folder; a `Path`.
        output: a file to write; for a folder, a folder. A `Path`.

    Returns:
        A list of (source, target) paths.

    Raises:
        SettingError: if the output cannot be written, or is the photo itself, or lies among the photos.
        ImageError: if the only photo cannot be read.
        DataError: if the folder holds no image.
    """
    if not photo.is_dir():
        if output.is_dir() or output.suffix.lower() not in images.WRITABLE:
            raise SettingError(f"Cannot write {output}: wanted a file that ends in {', '.join(images.WRITABLE)}.")
        if output.exists() and photo.exists() and output.samefile(photo):
            raise SettingError(f"{output} is the photo itself: choose another -o, so that the photo is kept.")
        images.read(photo)
        writable_folder(output.parent)
        return [(photo, output)]
    if output.suffix.lower() in images.WRITABLE and not output.is_dir():
        raise SettingError(f"{photo} is a folder of photos, and {output} a file: name a folder for what is painted.")
    if output.resolve().is_relative_to(photo.resolve()):
        raise SettingError(f"{output} lies in the folder of the photos: choose another -o, so that they are kept.")
    sources = images.find(photo)
    if not sources:
        raise DataError(f"There is no image in {photo}: wanted files that end in {', '.join(images.READABLE)}.")
    writable_folder(output)
    return [(source, output / painted_name(source.relative_to(photo))) for source in sources]


def painted_name(path):
    """Give the name of the painted file: the photo's own, plus .png if that kind of file cannot be written."""
    return path if path.suffix.lower() in images.WRITABLE else path.with_name(path.name + ".png")


def photo_of(path, size):
    """Read a photo.

    Args:
        path: the file.
        size: px of its short side, an int. None keeps its own size, up to `LARGEST`.

    Returns:
        (h, w, 3) float32 in [-1, 1].
    """
    picture = images.read(path, size)
    return images.resize(picture, LARGEST) if size is None and min(picture.shape[:2]) > LARGEST else picture


def _painter(weights):
    """The painter in a file, a `Path`, or the shipped one for None."""
    if weights is not None and not weights.is_file():
        raise DataError(f"There is no file {weights}: wanted a painter.npz that `stylekit train` wrote.")
    load_tensorflow()
    from stylekit.methods.painter import Painter

    return Painter.load(weights) if weights else Painter.shipped()
