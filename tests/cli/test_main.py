"""The command line as a whole: help, wrong arguments, exit codes, Ctrl-C."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import refused
from hypothesis import given
from hypothesis import strategies as st

from stylekit import cli
from stylekit.cli import arguments, lab

ROOT = Path(__file__).parents[2]
HEAVY = ("tensorflow", "keras", "numpy", "matplotlib")


def test_help_loads_nothing_heavy():
    script = f"""
import sys
from stylekit import cli
for command in ([], ["demo"], ["train"], ["stylize"], ["download"], ["lab"]):
    try:
        cli.main([*command, "--help"])
    except SystemExit as exit:
        assert exit.code == 0, command
loaded = [name for name in {HEAVY} if name in sys.modules]
assert not loaded, loaded
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    for word in ("--style-weight", "--resume", "PAINTING", "lab"):
        assert word in done.stdout


def test_python_m_stylekit_says_one_line_and_exits_with_2():
    command = [sys.executable, "-m", "stylekit", "stylize", "none.jpg", "--style", "none.png", "-o", "x.png"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == "stylekit: There is no file none.png: check the name and the folder.\n"


def test_wrong_arguments_load_nothing_heavy():
    script = f"""
import sys
from stylekit import cli
try:
    cli.main(["train", "--paintings", "oil", "--steps", "-1"])
except SystemExit as exit:
    assert exit.code == 2
loaded = [name for name in {HEAVY} if name in sys.modules]
assert not loaded, loaded
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_every_command_has_a_file_that_runs_it():
    choices = next(action.choices for action in arguments.parser()._actions if action.dest == "command")
    assert {"demo", "train", "stylize", "download", "lab"} == set(choices)
    for name in choices:
        assert callable(importlib.import_module(f"stylekit.cli.{name}").run)


@pytest.mark.parametrize("option", ["--content", "--style-weight", "--adversarial"])
@pytest.mark.parametrize("value", ["-1", "nan", "inf", "-inf", "much", ""])
def test_senseless_weights_are_refused(capsys, option, value):
    line = refused(capsys, "stylize", "a.jpg", "--style", "y.jpg", "-o", "o.jpg", f"{option}={value}")
    assert f"argument {option}: the weight is {value!r}: wanted a finite number >= 0" in line


@given(st.floats(0, 1e30))
def test_every_finite_weight_from_0_on_is_taken(weight):
    assert arguments.weight(repr(weight)) == weight


def test_options_are_not_guessed(capsys):
    assert "--adv" in refused(capsys, "stylize", "a.jpg", "--style", "y.jpg", "-o", "o.jpg", "--adv", "1")


def test_ctrl_c_is_one_line_and_130(monkeypatch, capsys):
    def interrupted(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(lab, "run", interrupted)
    assert cli.main(["lab"]) == 130
    assert capsys.readouterr().err == "stylekit: stopped by Ctrl-C.\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no broken pipes")
def test_nobody_reads_to_the_end_of_a_list():
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "stylekit", "download", "--list"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    os.close(writing)
    assert done.returncode == 141 and done.stderr == ""
