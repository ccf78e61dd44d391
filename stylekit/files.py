"""Writing files whole or not at all."""

import contextlib
import os
import uuid
from pathlib import Path


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
