"""stylekit train: train the painter further on the user's own paintings."""

import contextlib

from stylekit.cli.arguments import STEPS, STEPS_FRESH
from stylekit.cli.common import load_tensorflow, say, writable_folder
from stylekit.data import domains
from stylekit.data.batches import Batches
from stylekit.errors import SettingError

# Fine-tuning takes a quarter of a new painter's learning rate and more content weight: else G loses the photo.
FINE_TUNING_RATE = 5e-4
FINE_TUNING_WEIGHTS = {"adversarial": 0.05, "content": 0.5, "style": 1.0}


def run(options):
    """Train, and write painter.npz, the history and checkpoints.

    Args:
        options: the parsed arguments of `train`.

    Returns:
        None, or 130 if Ctrl-C stopped the training early.

    Raises:
        DataError: if a folder has no usable pictures.
        SettingError: if the folder cannot be written, or holds an earlier run that is not to be resumed.
    """
    size = 2 * options.size
    photos = domains.folder(options.photos, size) if options.photos else domains.photos(size, "all")
    paintings = domains.folder(options.paintings, size)
    directory = writable_folder(options.output)
    if (directory / "checkpoints" / "checkpoint").exists() and not options.resume:
        raise SettingError(f"{directory} holds an earlier run: add --resume to go on with it, or choose another -o.")

    trainer = _trainer(options, directory)
    settings = {"crop": options.size, "batch_size": options.batch, "seed": options.seed, "augment": options.augment}
    batches = Batches(photos, paintings, **settings)
    steps = options.steps or (STEPS_FRESH if options.fresh else STEPS)
    print(f"{len(photos)} photos, {len(paintings)} paintings, {steps} steps.")
    with contextlib.suppress(KeyboardInterrupt):  # the painter is written then, too
        trainer.fit(batches, steps=max(steps - trainer.step, 0))
    weights = trainer.method.save(directory / "painter.npz")
    command = f"python -m stylekit stylize PHOTO --style PAINTING --weights {weights} -o OUT"
    print(f"Wrote {weights} after step {trainer.step}: {command}")
    if trainer.step < steps:
        say("stopped early: the same command with --resume goes on.")
        return 130


def _trainer(options, directory):
    """A trainer with the shipped painter or a new one; with --resume, at the step of its newest checkpoint."""
    load_tensorflow()
    from stylekit.methods.painter import Painter
    from stylekit.training.objective import Objective
    from stylekit.training.trainer import Trainer

    if options.fresh:
        painter = Painter(strokes=True, seed=options.seed)
    else:
        balance = Objective(**FINE_TUNING_WEIGHTS)
        painter = Painter.shipped(learning_rate=FINE_TUNING_RATE, objective=balance, seed=options.seed)
    trainer = Trainer(painter, directory, seed=options.seed)
    if options.resume:
        print(f"Going on from step {trainer.resume()}.")
    return trainer
