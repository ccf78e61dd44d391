"""The one family of errors: a sentence that names the thing, what was found, what was wanted, what to do."""


class StylekitError(Exception):
    """Anything that stylekit refuses, told in one sentence; the command line prints it without a traceback."""


class ImageError(StylekitError):
    """A picture or an image file that cannot be used."""


class DataError(StylekitError):
    """A folder, domain or download that cannot be used."""


class SettingError(StylekitError):
    """An argument outside what makes sense: a negative weight, a size of zero."""


class TrainingError(StylekitError):
    """Training that cannot start, go on, or be resumed."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, or the square button of a notebook, during a training that kept everything and can go on.

    It ends what was going on around the training, as any interrupt does; a notebook shows the sentence alone.
    """

    def _render_traceback_(self):
        return [str(self)]
