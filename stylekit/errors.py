"""The errors of stylekit. Each message is one sentence: what was found, what was wanted, and what to do."""


class StylekitError(Exception):
    """Base class of all errors of stylekit; the command line prints the message without a traceback."""


class ImageError(StylekitError):
    """A picture or an image file cannot be used."""


class DataError(StylekitError):
    """A folder, a domain, a download or a data file cannot be used."""


class SettingError(StylekitError):
    """An argument is out of range or unknown."""


class TrainingError(StylekitError):
    """A training cannot start, continue or be resumed."""


class Interrupted(KeyboardInterrupt):
    """The user stopped a training, with Ctrl-C or a notebook's stop button; everything is kept and it can continue.

    Like any interrupt it also ends the code around the training. A notebook shows its message without a traceback.
    """

    def _render_traceback_(self):
        return [str(self)]


def reason(error):
    """The words of an error that Python or a library raised, or its type if it has none; for the errors above."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
