"""Figures of pictures, terms and numbers, legible from the last row of a classroom.

Each function returns a `Chart`: a matplotlib Figure that shows itself in a notebook when a cell ends with it.
"""

from stylekit.plots.charts import (
    bars,
    curves,
    encode,
    histogram,
    matrix,
    pictures,
    save,
    shares,
    terms,
    tradeoff,
)
from stylekit.plots.figure import COLOURS, INK, Chart
from stylekit.plots.sheets import contact_sheet

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
