"""Unpacks archives that nobody has checked: only images, only into one folder, only up to a size."""

import tarfile
import zipfile
from pathlib import Path, PurePosixPath

from stylekit.errors import DataError
from stylekit.images import READABLE

LARGEST_FILE = 200 * 2**20  # bytes of one unpacked file: no photo is that large
LARGEST = 10 * 2**30  # bytes of all of them
CHUNK = 2**20  # bytes copied at a time


def unpack(archive, folder):
    """Write the images of an archive to a folder; everything else in it is left out.

    Nothing is ever written outside of the folder.

    Args:
        archive: path of a .zip, .tar or .tar.gz file.
        folder: path of a folder that exists.

    Returns:
        The number of images, an int >= 1.

    Raises:
        DataError: for a path that leads out of the folder, a link, more than LARGEST_FILE bytes in a file or LARGEST
            in all, a damaged archive, or one without images.
        OSError: if the disk is full or cannot be written.
    """
    folder, name = Path(folder), Path(archive).name
    count, written = 0, 0
    try:
        for path, source in _files(archive):
            if ".." in path.parts or path.is_absolute() or ":" in path.parts[0] or "\\" in str(path):
                raise DataError(f"{name} holds {str(path)!r}, which would lie outside of its folder: not unpacked.")
            if path.suffix.lower() not in READABLE or path.name.startswith("."):
                continue
            target = folder.joinpath(*path.parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            written += _copy(source, target, min(LARGEST_FILE, LARGEST - written), f"{path} in {name}")
            count += 1
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _damaged(name, error) from error
    except OSError as error:
        if error.errno is None:  # it comes from gzip, not from the disk
            raise _damaged(name, error) from error
        raise
    if not count:
        raise DataError(f"{name} holds no images: wanted files that end in {', '.join(READABLE)}.")
    return count


def _damaged(name, error):
    """The DataError for an archive that cannot be read."""
    reason = str(error).partition(":\n")[0]  # tarfile adds one line for each format that it tried
    return DataError(f"{name} is damaged, or no archive at all ({reason}): download it again.")


def _files(archive):
    """Yield (path inside, open file) for each file in an archive. Raises DataError at the first link."""
    name = Path(archive).name
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as pack:
            for info in pack.infolist():
                if (info.external_attr >> 16) & 0o170000 == 0o120000:
                    raise DataError(f"{name} holds a link, {info.filename!r}: not unpacked.")
                if not info.is_dir():
                    with pack.open(info) as source:
                        yield PurePosixPath(info.filename), source
    else:
        with tarfile.open(archive) as pack:
            for info in pack:
                if info.issym() or info.islnk():
                    raise DataError(f"{name} holds a link, {info.name!r}: not unpacked.")
                if info.isfile():
                    yield PurePosixPath(info.name), pack.extractfile(info)


def _copy(source, target, most, name):
    """Copy an open file of at most `most` bytes; they are counted, because an archive may give wrong sizes.

    Returns the number of bytes. Raises DataError for more.
    """
    size = 0
    with open(target, "wb") as file:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > most:
                raise DataError(f"{name} unpacks to more than {most // 2**20} MB: refused.")
            file.write(chunk)
    return size
