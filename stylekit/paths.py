"""Where the package's own data files are."""

from pathlib import Path

from stylekit.errors import DataError

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
