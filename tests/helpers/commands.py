"""Commands as they are typed, and what they refuse; for the tests of the command line."""

from contextlib import contextmanager

from stylekit import cli


@contextmanager
def uncompiled():
    """TensorFlow without compiling: for two steps, compiling would take ten seconds."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


def training(pictures, directory, *more):
    """`train` on the folders in `pictures`: a list of str."""
    folders = ["--photos", str(pictures / "photos"), "--paintings", str(pictures / "paintings")]
    return ["train", *folders, "-o", str(directory), "--size", "32", "--batch", "1", *more]


def stylizing(pictures, run, photo, output, *more):
    """`stylize` with the painter of a run: a list of str."""
    style = ["--style", str(pictures / "paintings" / "y.png"), "--weights", str(run / "painter.npz")]
    return ["stylize", str(photo), *style, "-o", str(output), *more]


def refused(capsys, *arguments):
    """The one line that the command refuses with. Fails if the command does anything else."""
    try:
        code = cli.main([str(argument) for argument in arguments])
    except SystemExit as exit:
        code = exit.code
    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert code == 2 and len(lines) == 1 and lines[0].startswith("stylekit: "), said
    return lines[0]


def refused_after_skips(capsys, arguments):
    """The last line that the command refuses with, after the lines that name broken files."""
    assert cli.main(arguments) == 2
    return capsys.readouterr().err.splitlines()[-1]
