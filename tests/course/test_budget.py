"""The switch for how long the lessons train."""

import os
import subprocess
import sys

import pytest

from stylekit.course import budget
from stylekit.errors import SettingError


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch):
    monkeypatch.setenv("STYLEKIT_BUDGET", "quick")  # recorded, so that it is put back whatever a test does


@pytest.mark.parametrize(("name", "steps"), [("quick", 1), ("lesson", 2), ("full", 3)])
def test_each_budget_has_its_number(name, steps):
    budget.use(name)
    assert budget.current() == name and budget.pick(quick=1, lesson=2, full=3) == steps


def test_full_is_the_lessons_where_nothing_is_said():
    budget.use("full")
    assert budget.pick(quick=0, lesson=2) == 2


@pytest.mark.parametrize("unset", ["", None])
def test_a_reader_who_says_nothing_gets_the_lessons_budget(monkeypatch, unset):
    monkeypatch.delenv("STYLEKIT_BUDGET") if unset is None else monkeypatch.setenv("STYLEKIT_BUDGET", unset)
    assert budget.current() == "lesson"


def test_an_unknown_budget_is_named(monkeypatch):
    with pytest.raises(SettingError, match="The budget is 'fast': wanted one of quick, lesson, full"):
        budget.use("fast")
    assert budget.current() == "quick"
    monkeypatch.setenv("STYLEKIT_BUDGET", "slow")
    with pytest.raises(SettingError, match="'slow'"):
        budget.pick(1, 2)


@pytest.mark.slow
def test_it_holds_in_processes_that_are_started_later():
    budget.use("full")
    script = "from stylekit.course import budget; print(budget.current())"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "full\n"
    assert os.environ["STYLEKIT_BUDGET"] == "full"
