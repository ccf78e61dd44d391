"""A contact sheet: many small pictures with their names, to see what one is about to train on."""

from math import ceil, sqrt
from pathlib import PurePosixPath

import numpy as np

from stylekit import images
from stylekit.errors import DataError, SettingError
from stylekit.plots.figure import DPI, GAP, INK, SMALL, Chart, enlarged, extent, text


def contact_sheet(domain, count=24, seed=0, size=128):
    """Small copies of a domain's pictures with their file names: what one is about to train on.

    domain: a `stylekit.Domain`. count: how many at most; where there are more, one is drawn from each of as many equal
    parts of the domain. seed: decides which. size: px, the long side of a copy. Only what is shown is read.
    Returns a Chart. Raises SettingError for a wrong count, DataError for a domain without pictures.
    """
    if count < 1:
        raise SettingError(f"The count is {count}: wanted 1 or more.")
    if not len(domain):
        raise DataError(f"The domain {domain.name!r} has no pictures to show.")
    parts = np.linspace(0, len(domain), min(count, len(domain)) + 1).astype(int)
    shown = np.random.default_rng(seed).integers(parts[:-1], parts[1:])
    columns = min(len(shown), ceil(sqrt(1.5 * len(shown))))
    copies = [_shrunk(domain[index], size) for index in shown]
    highest = [max(copy.shape[0] for copy in copies[i : i + columns]) for i in range(0, len(copies), columns)]

    figure = Chart()
    heading = f"{domain.name}: {len(shown)} of {len(domain)}"
    title = text(figure, heading, columns * (size + GAP), weight="bold", parse_math=False)
    names = [_short_name(figure, domain.names[index], size) for index in shown]
    below = int(SMALL / 72 * DPI) + 3 * GAP  # room for the name of a copy
    lefts = GAP + (size + GAP) * np.arange(columns)
    tops = extent(title)[1] + 2 * GAP + np.cumsum([0, *(height + below for height in highest)])
    width, height = int(max(lefts[-1] + size, extent(title)[0] + GAP) + GAP), int(tops[-1])
    figure.set_size_inches(width / DPI, height / DPI)
    title.set(x=GAP / width, y=1 - GAP / height, va="top")
    for place, (copy, name) in enumerate(zip(copies, names, strict=True)):
        h, w = copy.shape[:2]
        row, column = divmod(place, columns)
        left, bottom = lefts[column] + (size - w) // 2, tops[row] + highest[row]  # a row stands on one line
        axes = figure.add_axes((left / width, 1 - bottom / height, w / width, h / height))
        axes.imshow(copy, interpolation="none", aspect="auto")
        axes.axis("off")
        name.set(x=(lefts[column] + size / 2) / width, y=1 - (bottom + GAP / 2) / height, ha="center", va="top")
    return figure


def _short_name(figure, name, width):
    """The name of a file as a text at most `width` px wide: without its folders, and if need be its middle."""
    name = PurePosixPath(name).name.encode("utf-8", "replace").decode()
    label = figure.text(0, 0, name, size=SMALL, color=INK, parse_math=False)
    for kept in range(min(len(name), width // 4), 0, -1):
        if extent(label)[0] <= width:
            break
        label.set_text(name[: kept - kept // 2] + "…" + name[len(name) - kept // 2 :])
    return label


def _shrunk(picture, size):
    """A picture as uint8, its long side `size` px or a little less."""
    scale = size / max(picture.shape[:2])
    if scale >= 1:
        return enlarged(picture, size)
    return images.to_uint8(images.fit(picture, [max(round(side * scale), 1) for side in picture.shape[:2]]))
