"""Unpacking archives from strangers: images only, inside one folder, no larger than they may be."""

import tarfile
import zipfile
from pathlib import Path, PurePosixPath

from stylekit.errors import DataError
from stylekit.images import READABLE

LARGEST_FILE = 200 * 2**20  # bytes of one unpacked file: no photo is that large
LARGEST = 10 * 2**30  # bytes of all of them
CHUNK = 2**20


def unpack(archive, folder):
    """Write the images of a .zip, .tar or .tar.gz into a folder, which must exist.

    Everything else in the archive is left out. Returns how many images there are.
    Raises DataError, with nothing written outside the folder, for a path that leads out of it, a link, a file or an
    archive that grows beyond all measure, a damaged archive, or one without images.
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
        if error.errno is None:  # gzip's: not of the disk
            raise _damaged(name, error) from error
        raise
    if not count:
        raise DataError(f"{name} holds no images: wanted files that end in {', '.join(READABLE)}.")
    return count


def _damaged(name, error):
    reason = str(error).partition(":\n")[0]  # tarfile's has a line for every format that it is not
    return DataError(f"{name} is damaged, or no archive at all ({reason}): download it again.")


def _files(archive):
    """(path inside, open file) of every file in an archive, one after the other; DataError at the first link."""
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
    """Copy an open file, counting what really comes: what an archive says of its sizes may be a lie."""
    size = 0
    with open(target, "wb") as file:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > most:
                raise DataError(f"{name} unpacks to more than {most // 2**20} MB: refused.")
            file.write(chunk)
    return size
