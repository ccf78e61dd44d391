"""Pictures side by side. Each of their pixels covers a whole number of the figure's pixels, so nothing is blurred."""

import textwrap
from math import ceil, sqrt
from pathlib import PurePosixPath

import numpy as np

from stylekit import images
from stylekit.errors import DataError, ImageError, SettingError
from stylekit.plots.figure import DPI, INK, SMALL, Chart

GAP = 6  # px between pictures
LETTER = 0.6 * SMALL / 72 * DPI  # px, about the width of a letter


def pictures(rows, titles=None, row_titles=None, size=128):
    """Draw pictures in rows and columns.

    Args:
        rows: list of lists of pictures, each (h, w, 3) in [-1, 1]. Their sizes may differ.
        titles: one str for each column, or None.
        row_titles: one str for each row, or None.
        size: px. A smaller picture is enlarged 2, 3, ... times, as long as its long side is at most `size`.

    Returns:
        a Chart.

    Raises:
        ImageError: something is no picture, or a row is empty.
        SettingError: the number of titles is wrong.
    """
    rows = [[_enlarged(picture, size) for picture in row] for row in rows]
    if not rows or not all(rows):
        raise ImageError("A figure needs at least one picture in every row.")
    columns = max(len(row) for row in rows)
    _check_titles(titles, columns, "columns")
    _check_titles(row_titles, len(rows), "rows")

    sheet = _Sheet()
    widths = [max(row[i].shape[1] for row in rows if i < len(row)) for i in range(columns)]
    heads = [sheet.text(title, width, weight="bold") for title, width in zip(titles or [], widths, strict=False)]
    names = [sheet.text(title, 18 * LETTER) for title in row_titles or []]
    widths = np.maximum(widths, [_extent(head)[0] for head in heads] or 0)
    heights = [max(picture.shape[0] for picture in row) for row in rows]
    heights = np.maximum(heights, [_extent(name)[1] for name in names] or 0)

    left = max((_extent(name)[0] + 2 * GAP for name in names), default=0) + GAP
    top = max((_extent(head)[1] + 2 * GAP for head in heads), default=GAP)
    lefts = left + np.cumsum([0, *(widths + GAP)])
    tops = top + np.cumsum([0, *(heights + GAP)])
    sheet.resize(lefts[-1], tops[-1])
    for head, x, cell in zip(heads, lefts, widths, strict=False):
        sheet.place(head, x + cell / 2, top - 2 * GAP, ha="center", va="baseline")
    for name, y, cell in zip(names, tops, heights, strict=False):
        sheet.place(name, left - 2 * GAP, y + cell / 2, ha="right", va="center")
    for row, y, row_height in zip(rows, tops, heights, strict=False):
        for picture, x, column_width in zip(row, lefts, widths, strict=False):
            height, width = picture.shape[:2]
            sheet.show(picture, x + (column_width - width) // 2, y + (row_height - height) // 2)
    return sheet.figure


def contact_sheet(domain, count=24, seed=0, size=128):
    """Draw small copies of a domain's pictures with their file names. Only the pictures that are shown are read.

    Args:
        domain: a `stylekit.Domain`.
        count: the largest number of copies. A larger domain is cut into `count` equal parts, and one picture of each
            part is shown.
        seed: decides which one.
        size: px, the long side of a copy.

    Returns:
        a Chart.

    Raises:
        SettingError: the count is below 1.
        DataError: the domain has no pictures.
    """
    if count < 1:
        raise SettingError(f"The count is {count}: wanted 1 or more.")
    if not len(domain):
        raise DataError(f"The domain {domain.name!r} has no pictures to show.")
    parts = np.linspace(0, len(domain), min(count, len(domain)) + 1).astype(int)
    shown = np.random.default_rng(seed).integers(parts[:-1], parts[1:])
    columns = min(len(shown), ceil(sqrt(1.5 * len(shown))))
    copies = [_shrunk(domain[index], size) for index in shown]
    heights = [max(copy.shape[0] for copy in copies[i : i + columns]) for i in range(0, len(copies), columns)]

    sheet = _Sheet()
    heading = f"{domain.name}: {len(shown)} of {len(domain)}"
    title = sheet.text(heading, columns * (size + GAP), weight="bold", parse_math=False)
    names = [_short_name(sheet, domain.names[index], size) for index in shown]
    below = int(SMALL / 72 * DPI) + 3 * GAP  # room for the name of a copy
    lefts = GAP + (size + GAP) * np.arange(columns)
    tops = _extent(title)[1] + 2 * GAP + np.cumsum([0, *(height + below for height in heights)])
    sheet.resize(max(lefts[-1] + size, _extent(title)[0] + GAP) + GAP, tops[-1])
    sheet.place(title, GAP, GAP, va="top")
    for i, (copy, name) in enumerate(zip(copies, names, strict=True)):
        row, column = divmod(i, columns)
        height, width = copy.shape[:2]
        bottom = tops[row] + heights[row]  # all copies of a row stand on one line
        sheet.show(copy, lefts[column] + (size - width) // 2, bottom - height)
        sheet.place(name, lefts[column] + size / 2, bottom + GAP / 2, ha="center", va="top")
    return sheet.figure


class _Sheet:
    """A figure whose contents are placed by pixels, counted from its left upper corner."""

    def __init__(self):
        self.figure = Chart()

    def text(self, words, width, **style):
        """A text in lines of about `width` px, which has no place yet."""
        lines = textwrap.wrap(words, max(int(width / LETTER), 6), break_long_words=False)
        return self.figure.text(0, 0, "\n".join(lines), size=SMALL, color=INK, linespacing=1.25, **style)

    def resize(self, width, height):
        """Set the figure's size, px. What is placed later relies on it."""
        self.width, self.height = int(width), int(height)
        self.figure.set_size_inches(self.width / DPI, self.height / DPI)

    def place(self, text, x, y, **alignment):
        """Put a text at (x, y)."""
        text.set(x=x / self.width, y=1 - y / self.height, **alignment)

    def show(self, picture, left, top):
        """Show a uint8 picture pixel for pixel."""
        height, width = picture.shape[:2]
        place = (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        axes = self.figure.add_axes(place)
        axes.imshow(picture, interpolation="none", aspect="auto")
        axes.axis("off")


def _extent(text):
    """Width and height of a text in whole px."""
    box = text.get_window_extent()
    return int(np.ceil(box.width)), int(np.ceil(box.height))


def _short_name(sheet, name, width):
    """The name of a file as a text of at most `width` px: without folders, and if necessary without its middle."""
    name = PurePosixPath(name).name.encode("utf-8", "replace").decode()
    label = sheet.figure.text(0, 0, name, size=SMALL, color=INK, parse_math=False)
    for kept in range(min(len(name), width // 4), 0, -1):
        if _extent(label)[0] <= width:
            break
        label.set_text(name[: kept - kept // 2] + "…" + name[len(name) - kept // 2 :])
    return label


def _enlarged(picture, size):
    """A picture as uint8, each pixel repeated as often as the size allows."""
    picture = images.to_uint8(picture)
    if picture.ndim != 3:
        raise ImageError(f"Found a batch of shape {picture.shape} in a row: wanted pictures (h, w, 3), one by one.")
    times = max(size // max(picture.shape[:2]), 1)
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def _shrunk(picture, size):
    """A picture as uint8, its long side `size` px or a little less."""
    scale = size / max(picture.shape[:2])
    if scale >= 1:
        return _enlarged(picture, size)
    return images.to_uint8(images.fit(picture, [max(round(side * scale), 1) for side in picture.shape[:2]]))


def _check_titles(titles, count, what):
    """Refuse a wrong number of titles."""
    if titles is not None and len(titles) != count:
        raise SettingError(f"Got {len(titles)} titles for {count} {what} of pictures: wanted as many.")
