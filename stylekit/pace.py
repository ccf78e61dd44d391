"""How long the lessons train: one switch for all of them.

>>> steps = pace.pick(quick=40, lesson=400, full=2000)

`quick` is for the tests, `lesson` for a reader, `full` for the best pictures. The switch is the environment variable
STYLEKIT_PACE, or `pace.use("full")` in a cell.
"""

import os

from stylekit.errors import SettingError

PACES = ("quick", "lesson", "full")


def current():
    """The pace that holds now: "quick", "lesson" or "full". Raises SettingError if STYLEKIT_PACE is another word."""
    return _known(os.environ.get("STYLEKIT_PACE") or "lesson")


def use(pace):
    """Set the pace from here on, for this process and those that it starts."""
    os.environ["STYLEKIT_PACE"] = _known(pace)


def pick(quick, lesson, full=None):
    """The value for the pace that holds now; `full` is the lesson's where it is left out."""
    return {"quick": quick, "lesson": lesson, "full": lesson if full is None else full}[current()]


def _known(pace):
    if pace not in PACES:
        raise SettingError(f"The pace is {pace!r}: wanted one of {', '.join(PACES)} (STYLEKIT_PACE, or pace.use).")
    return pace
