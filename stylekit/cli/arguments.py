"""What can be typed behind python -m stylekit: every command's arguments, checked as they are read."""

import argparse
import math
import sys
from pathlib import Path

STEPS, STEPS_FRESH = 600, 2000  # of training in all, from the shipped painter and from nothing
CROP, BATCH = 96, 4
LARGEST = 512  # px: short side up to which a photo keeps its own size; larger ones take memory and time
APP_PORT = 8866  # of `lab --app`


def say(message):
    """One line for the user, beside the output."""
    print("stylekit:", " ".join(str(message).split()), file=sys.stderr)


class Parser(argparse.ArgumentParser):
    """Refuses in one line, as everything here does, and guesses no abbreviations: --style has a longer sister."""

    def __init__(self, **kwargs):
        super().__init__(allow_abbrev=False, **kwargs)

    def error(self, message):
        say(f"{message} (see {self.prog} --help)")
        sys.exit(2)


def weight(text):
    """A loss weight, a float, from what was typed."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise argparse.ArgumentTypeError(f"the weight is {text!r}: wanted a finite number >= 0, where 1 is balanced")
    return number


def whole(least, most=2**31 - 1):
    """A function that reads a whole number from what was typed, least to most."""

    def number(text):
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"found {text!r}: wanted a whole number, {least} to {most}")
        return int(text)

    return number


def parser(demo, train, stylize, download, lab):
    """The argparse parser. demo ... lab: the functions behind the commands; each one's docstring is its help."""
    typed = Parser(prog="stylekit", description="Photos become paintings, with a GAN that you can watch learning.")
    commands = typed.add_subparsers(required=True, metavar="COMMAND")

    def command(function, **kwargs):
        sub = commands.add_parser(function.__name__, help=function.__doc__, description=function.__doc__, **kwargs)
        sub.set_defaults(command=function)
        return sub

    def seed(sub):
        sub.add_argument("--seed", type=whole(0), default=7, help="decides every random choice (default 7)")

    sub = command(demo)
    sub.add_argument("-o", "--output", type=Path, default="runs/demo", metavar="DIR", help="default runs/demo")
    seed(sub)

    sub = command(train)
    sub.add_argument("--photos", type=Path, metavar="DIR", help="folder of photos (default those that are shipped)")
    sub.add_argument("--paintings", type=Path, required=True, metavar="PATH", help="a painting, or a folder of them")
    sub.add_argument("--fresh", action="store_true", help="begin with random weights, not with the shipped painter")
    sub.add_argument("-o", "--output", type=Path, default="runs/train", metavar="DIR", help="default runs/train")
    sub.add_argument(
        "--steps", type=whole(1), help=f"of training, in all (default {STEPS}, with --fresh {STEPS_FRESH})"
    )
    sub.add_argument(
        "--size", type=whole(16), default=CROP, metavar="PX", help=f"side of a training picture (default {CROP})"
    )
    sub.add_argument("--batch", type=whole(1), default=BATCH, help=f"pictures in a step (default {BATCH})")
    seed(sub)
    sub.add_argument("--augment", action="store_true", help="vary scale, light and colours as well")
    sub.add_argument("--resume", action="store_true", help="go on with the run in DIR")

    sub = command(stylize)
    sub.add_argument("photo", type=Path, metavar="PHOTO", help="a photo, or a folder: every photo in it")
    sub.add_argument("--style", type=Path, required=True, metavar="PAINTING", help="whose style")
    for name, pull in (("content", "to the photo"), ("style-weight", "to the painting"), ("adversarial", "to realism")):
        sub.add_argument(f"--{name}", type=weight, default=1.0, metavar="W", help=f"pull {pull}, 0.01 to 100")
    sub.add_argument("--weights", type=Path, metavar="FILE", help="a painter.npz; default: the one that is shipped")
    sub.add_argument(
        "--size", type=whole(16), metavar="PX", help=f"short side (default the photo's own, at most {LARGEST})"
    )
    sub.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="a file; for a folder, a folder")

    sub = command(download)
    sub.add_argument("name", nargs="?", metavar="NAME", help="which set, as in --list")
    sub.add_argument("--list", action="store_true", help="say what there is")
    sub.add_argument("--remove", action="store_true", help="delete it from the cache")

    sub = command(lab)
    sub.add_argument("--app", action="store_true", help="the instant lab as a web page, with Voila")
    sub.add_argument("--port", type=whole(1, 65535), metavar="N", help=f"default of the page {APP_PORT}")
    sub.add_argument("--no-browser", dest="browser", action="store_false", help="print the address, open nothing")
    return typed
