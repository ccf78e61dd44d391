"""stylekit demo: train on real photos here and now, and show what was learned."""

from stylekit.cli.common import load_tensorflow, writable_folder


def run(options):
    """Write demo.png, terms.png and painter.npz, and print the scores.

    Args:
        options: the parsed arguments of `demo`.

    Raises:
        SettingError: if the folder cannot be written. That is checked before TensorFlow loads.
    """
    directory = writable_folder(options.output)
    load_tensorflow()
    from stylekit.cli.showcase import showcase

    showcase(directory, seed=options.seed)
