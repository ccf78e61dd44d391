"""stylekit download: fetch a well-known set of pictures, list them all, or remove one."""

from stylekit.data import downloads
from stylekit.errors import SettingError


def run(options):
    """Do one of the three, and print what was done.

    Args:
        options: the parsed arguments of `download`.

    Raises:
        SettingError: if neither a name nor --list was typed.
        DataError: if the set cannot be fetched or kept.
    """
    if options.list:
        for name, dataset in downloads.datasets().items():
            size = f"{dataset.bytes / 1e6:.0f} MB" if dataset.bytes else "size unknown"
            here = ", here" if (downloads.cache() / name).is_dir() else ""
            print(f"{name:24s} {dataset.about}; {dataset.pictures} pictures, {size}{here}")
            print(f"{'':24s} licence: {dataset.licence}")
    elif not options.name:
        raise SettingError("Which set of pictures? Give its name, or --list to see them all.")
    elif options.remove:
        print(f"Removed {options.name}." if downloads.remove(options.name) else f"{options.name} is not here.")
    else:
        downloads.download(options.name, most=1)  # reads one picture of each domain, too
        folder = downloads.cache() / options.name
        print(f"{options.name} is in {folder}: photos, paintings = stylekit.download({options.name!r})")
