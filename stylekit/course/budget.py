"""How long the lessons train: one switch for all of them.

>>> steps = budget.pick(quick=40, lesson=400, full=2000)

The budget is "quick" for the tests, "lesson" for a reader, "full" for the best pictures. It is set by the environment
variable STYLEKIT_BUDGET, or by `budget.use("full")` in a cell.
"""

import os

from stylekit.errors import SettingError

BUDGETS = ("quick", "lesson", "full")


def current():
    """The budget in use.

    Returns:
        "quick", "lesson" or "full". Without STYLEKIT_BUDGET it is "lesson".

    Raises:
        SettingError: STYLEKIT_BUDGET is another word.
    """
    return _known(os.environ.get("STYLEKIT_BUDGET") or "lesson")


def use(budget):
    """Set the budget for this process and for the processes that it starts later.

    Args:
        budget: "quick", "lesson" or "full".

    Raises:
        SettingError: it is another word.
    """
    os.environ["STYLEKIT_BUDGET"] = _known(budget)


def pick(quick, lesson, full=None):
    """Choose a value by the budget in use.

    Args:
        quick, lesson, full: the values, for example numbers of steps. Where `full` is None, it is the same as `lesson`.

    Returns:
        one of the three.

    Raises:
        SettingError: STYLEKIT_BUDGET is no budget.
    """
    return {"quick": quick, "lesson": lesson, "full": lesson if full is None else full}[current()]


def _known(budget):
    """The budget itself, if there is one of that name."""
    if budget not in BUDGETS:
        raise SettingError(
            f"The budget is {budget!r}: wanted one of {', '.join(BUDGETS)} (STYLEKIT_BUDGET, or budget.use)."
        )
    return budget
