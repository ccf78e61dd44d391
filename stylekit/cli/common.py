"""What the commands share: one line for the user, a folder that can be written, and TensorFlow without its log."""

import os
import sys
import tempfile

from stylekit.errors import SettingError


def say(message):
    """Print one line on stderr, beside the output."""
    line = " ".join(["stylekit:", *str(message).split()])
    bars = sys.modules.get("tqdm")  # a progress bar in the last line makes room, and is drawn again below
    if bars:
        bars.tqdm.write(line, file=sys.stderr)
    else:
        print(line, file=sys.stderr)


def writable_folder(path):
    """Make a folder if it is missing, and try to write to it: an error now is better than one after an hour.

    Args:
        path: the folder, a `Path`.

    Returns:
        The same path.

    Raises:
        SettingError: if nothing can be written there.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        raise SettingError(f"Cannot write to {path} ({error.strerror}): choose another -o.") from error


def load_tensorflow():
    """Import TensorFlow without its log, which would bury the one line that matters.

    Its C++ side writes some lines while it loads, whatever TF_CPP_MIN_LOG_LEVEL says. So stderr is closed meanwhile.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    stderr = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        import tensorflow
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
    tensorflow.get_logger().setLevel("ERROR")
