"""The package's own code in a lesson, so that lesson and package cannot differ."""

import ast
import inspect
import textwrap

from IPython.display import display

from stylekit.errors import SettingError

SILENT = "register_keras_serializable"  # a decorator that says nothing about what the code does


def show_source(*parts):
    """Show the code of functions, methods or classes, without their docstrings.

    >>> show_source(losses.content_loss)
    >>> show_source(Painter.train_step, Painter.losses_of)

    Args:
        parts: functions, methods, properties or classes with public names. They are shown one below the other.

    Raises:
        SettingError: nothing was given, a name is private, or there is no Python code to show.
    """
    display(Source(*parts))


class Source:
    """What `show_source` displays: `code`, in colour in a notebook, and everywhere else as plain text.

    The coloured form is Markdown. The page that shows it brings the colours, so they fit its light or dark theme, and a
    notebook file holds nothing but the code.
    """

    def __init__(self, *parts):
        if not parts:
            raise SettingError("There is nothing to show: wanted a function, a method or a class: show_source(f).")
        self.code = "\n\n".join(source_of(part) for part in parts)

    def __repr__(self):
        return self.code

    def _repr_markdown_(self):
        fence = "````" if "```" in self.code else "```"
        return f"{fence}python\n{self.code}\n{fence}"


def source_of(part):
    """The code of a function, method, property or class, dedented and without docstrings.

    Args:
        part: as for `show_source`.

    Returns:
        str without a line break at its end.

    Raises:
        SettingError: the name is private, or there is no Python code to show.
    """
    part = inspect.unwrap(part.fget if isinstance(part, property) else part)
    if not (inspect.isroutine(part) or inspect.isclass(part)):
        raise SettingError(f"Cannot show the code of {part!r}: wanted a function, a method or a class.")
    name = part.__qualname__
    private = [word for word in name.split(".") if word.startswith("_") and not word.endswith("__")]
    if private:
        raise SettingError(f"Cannot show the code of {name}: {private[0]} is private. Show what calls it instead.")
    try:
        code = inspect.getsource(part)
    except (OSError, TypeError) as error:
        raise SettingError(
            f"Cannot show the code of {name}: it was not written in Python, or its file is gone."
        ) from error
    return _bare(textwrap.dedent(code))


def _bare(code):
    """The code without docstrings and without decorators that say nothing."""
    lines = code.splitlines()
    try:
        tree = ast.parse(code)
    except SyntaxError:  # for example a lambda in the middle of a call: shown as it stands
        return code.rstrip()
    gone = set()
    for node in ast.walk(tree):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for decorator in node.decorator_list:
            if SILENT in ast.unparse(decorator):
                gone.update(range(decorator.lineno, decorator.end_lineno + 1))
        first = node.body[0]
        # a docstring that is the whole body, or stands on the line of the def, has to stay
        if ast.get_docstring(node) and len(node.body) > 1 and first.lineno > node.lineno:
            gone.update(range(first.lineno, first.end_lineno + 1))
            below = first.end_lineno + 1
            if below <= len(lines) and not lines[below - 1].strip():
                gone.add(below)
    return "\n".join(line for number, line in enumerate(lines, 1) if number not in gone).rstrip()
