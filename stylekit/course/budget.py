"""How long the lessons train: one switch for all of them.

>>> steps = budget.pick(quick=40, lesson=400, full=2000)

`quick` is for the tests, `lesson` for a reader, `full` for the best pictures. The switch is the environment variable
STYLEKIT_BUDGET, or `budget.use("full")` in a cell.
"""

import os

from stylekit.errors import SettingError

BUDGETS = ("quick", "lesson", "full")


def current():
    """The pace that holds now: "quick", "lesson" or "full". Raises SettingError if STYLEKIT_BUDGET is another word."""
    return _known(os.environ.get("STYLEKIT_BUDGET") or "lesson")


def use(budget):
    """Set the pace from here on, for this process and those that it starts."""
    os.environ["STYLEKIT_BUDGET"] = _known(budget)


def pick(quick, lesson, full=None):
    """The value for the pace that holds now; `full` is the lesson's where it is left out."""
    return {"quick": quick, "lesson": lesson, "full": lesson if full is None else full}[current()]


def _known(budget):
    if budget not in BUDGETS:
        raise SettingError(
            f"The pace is {budget!r}: wanted one of {', '.join(BUDGETS)} (STYLEKIT_BUDGET, or budget.use)."
        )
    return budget
