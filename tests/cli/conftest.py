"""Real pictures, and a short training by the command itself: made once for all tests of the command line."""

import io
from contextlib import redirect_stderr, redirect_stdout

import pytest
from commands import training, uncompiled

from stylekit import cli, images
from stylekit.data import domains


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Folders photos/ (one image broken, one in a folder of its own) and paintings/, and a file that is no image."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "photos" / "more").mkdir(parents=True)
    (folder / "paintings").mkdir()
    photos = domains.photos(40, "all")
    for name, photo in zip(["photos/a.jpg", "photos/more/ä b.png", "paintings/y.png"], photos, strict=False):
        images.write(photo, folder / name)
    whole = (folder / "photos" / "a.jpg").read_bytes()
    (folder / "photos" / "broken.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "notes.txt").write_text("no image")
    return folder


@pytest.fixture(scope="session")
def first_run(pictures, tmp_path_factory):
    """A training run made by the command itself and stopped by Ctrl-C at step 2: (directory, code, stdout, stderr)."""
    from stylekit.training.trainer import Trainer

    directory = tmp_path_factory.mktemp("runs") / "new" / "tiny"
    out, err = io.StringIO(), io.StringIO()
    step = Trainer.train_step

    def interrupted(trainer, *batch):
        if trainer.step == 2:
            raise KeyboardInterrupt
        return step(trainer, *batch)

    with pytest.MonkeyPatch.context() as patch, uncompiled(), redirect_stdout(out), redirect_stderr(err):
        patch.setattr(Trainer, "train_step", interrupted)
        code = cli.main(training(pictures, directory, "--steps", "500"))
    return directory, code, out.getvalue(), err.getvalue()


@pytest.fixture(scope="session")
def run(first_run):
    return first_run[0]
