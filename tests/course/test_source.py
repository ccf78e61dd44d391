"""The code that a lesson shows."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter

from stylekit.course import show_source, source
from stylekit.errors import SettingError


def plain(x):
    """A docstring.

    Args:
        x: any number.
    """
    # a comment that says why
    return f"""{x}
not indented"""


@keras.saving.register_keras_serializable("tests")
class Scale(keras.layers.Layer):
    """A layer."""

    def build(self, shape):
        """Make the weight."""

        self.scale = self.add_weight(shape=(shape[-1],), name="scale")
        self.built = True

    @property
    def size(self):
        """How large."""
        return len(self.scale)

    @staticmethod
    def empty():
        """Nothing but these words."""

    def _hidden(self):
        return 1

    class _Inner:
        def call(self):
            return 2


def shown(capsys, *parts):
    show_source(*parts)
    return capsys.readouterr().out


def test_a_function_is_shown_without_its_docstring(capsys):
    assert shown(capsys, plain) == (
        'def plain(x):\n    # a comment that says why\n    return f"""{x}\nnot indented"""\n'
    )


def test_a_method_starts_at_the_left(capsys):
    wanted = 'def build(self, shape):\n    self.scale = self.add_weight(shape=(shape[-1],), name="scale")\n'
    assert shown(capsys, Scale.build) == shown(capsys, Scale().build) == wanted + "    self.built = True\n"


def test_a_class_is_shown_whole_without_docstrings_and_without_its_registration(capsys):
    code = shown(capsys, Scale)
    lines = code.splitlines()
    assert lines[:2] == ["class Scale(keras.layers.Layer):", "    def build(self, shape):"]
    assert "    @property" in lines and not any(words in code for words in ("A layer", "Make the weight", "How large"))
    assert '        """Nothing but these words."""' in lines  # without it the method would have no body


def test_a_property_is_shown(capsys):
    assert shown(capsys, Scale.size) == "@property\ndef size(self):\n    return len(self.scale)\n"


def test_several_are_shown_one_below_the_other(capsys):
    assert shown(capsys, Scale.size, plain) == shown(capsys, Scale.size) + "\n" + shown(capsys, plain)


def test_a_notebook_gets_plain_text_and_a_coloured_form_and_hardly_more_than_the_code():
    code = source.source_of(plain)
    data, _ = DisplayFormatter().format(source.Source(plain))
    assert data == {"text/plain": code, "text/markdown": f"```python\n{code}\n```"}


def test_code_with_a_fence_in_it_does_not_end_its_own():
    def fenced():
        return "```"

    markdown = source.Source(fenced)._repr_markdown_()
    assert markdown.startswith("````python\n") and markdown.endswith("\n````")


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        (Scale._hidden, r"code of Scale\._hidden: _hidden is private"),
        (Scale._Inner.call, r"Scale\._Inner\.call: _Inner is private"),
        (len, "code of len: it was not written in Python"),
        (np.ndarray, "code of ndarray: it was not written in Python"),
        (3, "code of 3: wanted a function, a method or a class"),
        ("plain", "code of 'plain': wanted a function"),
    ],
)
def test_what_cannot_be_shown_is_refused(part, sentence):
    with pytest.raises(SettingError, match=sentence):
        show_source(part)


def test_nothing_is_refused():
    with pytest.raises(SettingError, match="nothing to show"):
        show_source()


def test_dunder_names_are_public(capsys):
    assert shown(capsys, source.Source.__repr__) == "def __repr__(self):\n    return self.code\n"


def test_a_compiled_function_is_shown_as_it_was_written(capsys):
    import tensorflow as tf

    assert shown(capsys, tf.function(plain)) == shown(capsys, plain)


@pytest.mark.slow
def test_it_needs_no_tensorflow():
    script = "import sys; from stylekit.course import show_source; print('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "False\n"
