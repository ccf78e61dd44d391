"""A painter in one .npz file: G in half precision, and the settings to build it again."""

import io
import json
import zipfile
import zlib
from pathlib import Path

import numpy as np
from keras import ops

from stylekit.errors import DataError
from stylekit.files import write_whole

# what NumPy, zipfile, zlib and Keras raise for a file that is no painter
DAMAGED = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    RuntimeError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
)
SETTINGS = ("width", "blocks", "strokes")  # what decides the form of G


def save(painter, path):
    """Write a painter's G and its settings to an .npz file. Returns the path; raises DataError if it cannot."""
    arrays = {str(i): ops.convert_to_numpy(v).astype("float16") for i, v in enumerate(painter.generator_variables)}
    settings = json.dumps({name: painter.settings[name] for name in SETTINGS})
    buffer = io.BytesIO()
    np.savez_compressed(buffer, settings=settings, typical=painter.typical, **arrays)
    try:
        write_whole(path, buffer.getvalue())
    except OSError as error:
        raise DataError(f"Cannot write {path} ({error.strerror}): choose another place or free some space.") from error
    return Path(path)


def load(build, path):
    """A painter from a file that `save` wrote. Nothing in the file is run.

    Args:
        build: Function of the settings in the file, `typical` among them, that returns a painter of that form.
        path: The file.

    Raises:
        DataError: The file is no painter.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            painter = build(**json.loads(str(file["settings"])), typical=file["typical"])
            arrays = [file[str(i)] for i in range(len(file.files) - 2)]
        for variable, array in zip(painter.generator_variables, arrays, strict=True):
            variable.assign(array.astype("float32"))
    except DAMAGED as error:
        raise DataError(f"{path} is not a painter that this version can read ({error}).") from error
    return painter
