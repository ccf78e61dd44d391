"""Whole files or none, and where the package's own data files are."""

import contextlib
import os
import uuid
import zipfile
import zlib
from pathlib import Path

import numpy as np

from stylekit.errors import DataError

# what NumPy, zipfile and zlib raise for a damaged .npz file; AttributeError: an .npy file, which has no names
DAMAGED = (OSError, ValueError, EOFError, RuntimeError, MemoryError, AttributeError, zipfile.BadZipFile, zlib.error)


def write_whole(path, data):
    """Write bytes to a file so that, whatever fails, the file is either the old one or the new one, never half of it.

    Raises OSError where it cannot be written; the caller says what that means to the user.
    """
    path = Path(path)
    temporary = path.parent / f".{uuid.uuid4().hex}.tmp"  # the same folder, so that replacing is one indivisible act
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # a disk may notice only now that it is full
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):  # it is gone already, or the disk became read-only
            temporary.unlink()


def read_arrays(path):
    """Read all arrays of an .npz file; nothing that the file holds is run.

    Args:
        path: The file.

    Returns:
        A dict name -> array.

    Raises:
        DataError: The file is missing, damaged or holds anything but arrays.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except DAMAGED as error:
        raise DataError(f"{path} is not a readable file of arrays ({error}).") from error


_HERE = Path(__file__).parent
# The data lives in the top-level data/, where people look for it; a wheel carries it as stylekit/_data.
DATA_FOLDERS = (_HERE / "_data", _HERE.parent / "data")


def data_file(name):
    """The path of a file in the project's data/, the same from a checkout and from an installed wheel.

    name: as in data/, with forward slashes, such as "weights/painter.npz". Raises DataError if it is not there.
    """
    for folder in DATA_FOLDERS:
        if (folder / name).is_file():
            return folder / name
    raise DataError(
        f"The data file {name} is missing from {DATA_FOLDERS[-1]} and from the installed package: install stylekit "
        "anew, or get the whole repository."
    )
