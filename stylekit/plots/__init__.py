"""Figures, large enough to read from the last row of a classroom.

Each function returns a `Chart`: a matplotlib Figure that a notebook shows when a cell ends with it.
"""

from stylekit.plots.charts import bars, curves, histogram, matrix, shares, terms, tradeoff
from stylekit.plots.figure import COLOURS, INK, Chart, encode, save
from stylekit.plots.grids import contact_sheet, pictures

__all__ = [
    "COLOURS",
    "INK",
    "Chart",
    "bars",
    "contact_sheet",
    "curves",
    "encode",
    "histogram",
    "matrix",
    "pictures",
    "save",
    "shares",
    "terms",
    "tradeoff",
]
