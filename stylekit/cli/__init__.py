"""The command line: python -m stylekit demo | train | stylize | download | lab.

`arguments` says what can be typed. Each command has a file of its own with a function `run(options)`. That file is
imported when its command runs, so --help and wrong arguments are answered at once.
"""

import importlib
import os
import sys
import warnings

from stylekit.cli.arguments import parser
from stylekit.cli.common import say
from stylekit.errors import StylekitError


def main(arguments=None):
    """Run one command.

    Args:
        arguments: what was typed, a list of str. None takes the arguments of the process.

    Returns:
        The exit code, an int: 0 for done, 2 for refused (one line on stderr says why), 130 for Ctrl-C, 141 if nobody
        reads the output any more.
    """
    options = parser().parse_args(arguments)
    try:
        with warnings.catch_warnings():  # restores what is set here
            warnings.simplefilter("default", UserWarning)
            warnings.showwarning = lambda message, *_: say(message)  # in one line
            code = importlib.import_module(f"stylekit.cli.{options.command}").run(options) or 0
        sys.stdout.flush()
        return code
    except StylekitError as error:
        say(error)
        return 2
    except KeyboardInterrupt:
        say("stopped by Ctrl-C.")
        return 130
    except BrokenPipeError:  # as in `stylekit download --list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains when it ends
        return 141
