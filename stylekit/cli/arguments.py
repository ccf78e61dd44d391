"""What can be typed after python -m stylekit: the arguments of every command, checked as they are read."""

import argparse
import math
import sys
from pathlib import Path

from stylekit.cli.common import say

STEPS, STEPS_FRESH = 600, 2000  # all steps of a training, from the shipped painter and from random weights
CROP, BATCH = 96, 4
LARGEST = 512  # px, the longest short side of a photo that keeps its size; a larger one takes memory and time
APP_PORT = 8866  # of `lab --app`


class Parser(argparse.ArgumentParser):
    """A parser that refuses in one line, as everything here does, and takes no abbreviations.

    With abbreviations, --style and --style-weight could be confused.
    """

    def __init__(self, **kwargs):
        super().__init__(allow_abbrev=False, **kwargs)

    def error(self, message):
        """Print one line and end the process with exit code 2."""
        say(f"{message} (see {self.prog} --help)")
        sys.exit(2)


def parser():
    """Build the parser of all commands.

    Returns:
        A `Parser`. What it returns has `command`, the command's name, beside the command's own arguments.
    """
    typed = Parser(prog="stylekit", description="Photos become paintings, with a GAN that you can watch learning.")
    commands = typed.add_subparsers(required=True, dest="command", metavar="COMMAND")
    for add_arguments in (demo, train, stylize, download, lab):
        about = add_arguments.__doc__
        add_arguments(commands.add_parser(add_arguments.__name__, help=about, description=about))
    return typed


# --- the commands: each function adds the arguments of one, and its docstring is the help of that command -------------


def demo(command):
    """Train on the embedded photographs and show what was learned."""
    command.add_argument("-o", "--output", type=Path, default="runs/demo", metavar="DIR", help="default runs/demo")
    add_seed(command)


def train(command):
    """Train the painter further on your paintings, or on one; leave painter.npz, the history and checkpoints."""
    add = command.add_argument
    add("--photos", type=Path, metavar="DIR", help="folder of photos (default those that are shipped)")
    add("--paintings", type=Path, required=True, metavar="PATH", help="a painting, or a folder of them")
    add("--fresh", action="store_true", help="begin with random weights, not with the shipped painter")
    add("-o", "--output", type=Path, default="runs/train", metavar="DIR", help="default runs/train")
    add("--steps", type=whole(1), help=f"of training, in all (default {STEPS}, with --fresh {STEPS_FRESH})")
    add("--size", type=whole(16), default=CROP, metavar="PX", help=f"side of a training picture (default {CROP})")
    add("--batch", type=whole(1), default=BATCH, help=f"pictures in a step (default {BATCH})")
    add_seed(command)
    add("--augment", action="store_true", help="vary scale, light and colours as well")
    add("--resume", action="store_true", help="go on with the run in DIR")


def stylize(command):
    """Paint one photo, or every photo in a folder, in the style of a painting."""
    add = command.add_argument
    add("photo", type=Path, metavar="PHOTO", help="a photo, or a folder: every photo in it")
    add("--style", type=Path, required=True, metavar="PAINTING", help="whose style")
    for name, pull in (("content", "to the photo"), ("style-weight", "to the painting"), ("adversarial", "to realism")):
        add(f"--{name}", type=weight, default=1.0, metavar="W", help=f"pull {pull}, 0.01 to 100")
    add("--weights", type=Path, metavar="FILE", help="a painter.npz; default: the one that is shipped")
    add("--size", type=whole(16), metavar="PX", help=f"short side (default the photo's own, at most {LARGEST})")
    add("-o", "--output", type=Path, required=True, metavar="OUT", help="a file; for a folder, a folder")


def download(command):
    """Fetch a well-known set of pictures, list them all, or remove one from the cache."""
    command.add_argument("name", nargs="?", metavar="NAME", help="which set, as in --list")
    command.add_argument("--list", action="store_true", help="say what there is")
    command.add_argument("--remove", action="store_true", help="delete it from the cache")


def lab(command):
    """Open JupyterLab on the course; with --app, the instant lab alone, as a web page."""
    add = command.add_argument
    add("--app", action="store_true", help="the instant lab as a web page, with Voila")
    add("--port", type=whole(1, 65535), metavar="N", help=f"default of the page {APP_PORT}")
    add("--no-browser", dest="browser", action="store_false", help="print the address, open nothing")


def add_seed(command):
    """Add --seed, which demo and train share."""
    command.add_argument("--seed", type=whole(0), default=7, help="decides every random choice (default 7)")


# --- what an argument is ----------------------------------------------------------------------------------------------


def weight(text):
    """Read a loss weight.

    Args:
        text: what was typed, a str.

    Returns:
        A finite float >= 0.

    Raises:
        argparse.ArgumentTypeError: if it is anything else.
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise argparse.ArgumentTypeError(f"the weight is {text!r}: wanted a finite number >= 0, where 1 is balanced")
    return number


def whole(least, most=2**31 - 1):
    """Make a function that reads a whole number.

    Args:
        least, most: the smallest and the largest number that it takes, ints.

    Returns:
        A function from a str to an int. It raises argparse.ArgumentTypeError for anything else.
    """

    def number(text):
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"found {text!r}: wanted a whole number, {least} to {most}")
        return int(text)

    return number
