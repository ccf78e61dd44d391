"""Files that are written as a whole or not at all, and the data files that belong to stylekit."""

import contextlib
import os
import uuid
import zipfile
import zlib
from pathlib import Path

import numpy as np

from stylekit.errors import DataError

# In a checkout the data is in the top-level folder data/; a wheel has it as stylekit/_data.
DATA_FOLDERS = (Path(__file__).parent / "_data", Path(__file__).parents[1] / "data")
# what NumPy, zipfile and zlib raise for a damaged .npz file; the last two for an .npy file, which cannot be closed
DAMAGED = (OSError, ValueError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)
DAMAGED += (AttributeError, TypeError)


def write_whole(path, data):
    """Write bytes to a file; if that fails, the old file stays as it was.

    Args:
        path: The file. Its folder must exist.
        data: The new content, bytes.

    Raises:
        OSError: The file cannot be written. The caller tells the user what that means.
    """
    path = Path(path)
    temporary = path.parent / f".{uuid.uuid4().hex}.tmp"  # in the same folder, where replacing a file is one step
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # some disks report only here that they are full
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):  # it has been moved already, or the disk has become read-only
            temporary.unlink()


def read_arrays(path):
    """Read all arrays of an .npz file. Code in the file, if any, is not run.

    Args:
        path: The file.

    Returns:
        A dict: name -> array.

    Raises:
        DataError: The file is missing, damaged, or holds anything but arrays.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except DAMAGED as error:
        raise DataError(f"{path} is not a readable file of arrays ({error}).") from error


def data_file(name):
    """Find a file of the project's folder data/, in a checkout or in an installed package.

    Args:
        name: Path inside data/ with forward slashes, such as "weights/painter.npz".

    Returns:
        The `pathlib.Path` of the file.

    Raises:
        DataError: The file is not there.
    """
    for folder in DATA_FOLDERS:
        if (folder / name).is_file():
            return folder / name
    raise DataError(
        f"The data file {name} is missing from {DATA_FOLDERS[-1]} and from the installed package: install stylekit "
        "again, or get the whole repository."
    )
