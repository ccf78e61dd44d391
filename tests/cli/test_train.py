"""stylekit train on real files: what it writes, what it refuses, and in which words."""

import shutil

import numpy as np
import pytest
from commands import refused, refused_after_skips, training, uncompiled

from stylekit import cli
from stylekit.cli import train
from stylekit.data import domains
from stylekit.methods.painter import Painter
from stylekit.training.trainer import Trainer


def test_train_names_the_broken_file_and_goes_on(first_run):
    _, _, out, err = first_run
    assert [line for line in err.splitlines() if "broken.jpg" in line and line.startswith("stylekit: ")]
    assert "Traceback" not in err and "UserWarning: Skipped" not in err
    assert "2 photos, 1 paintings" in out


def test_train_goes_on_where_a_file_of_a_large_folder_turns_out_to_be_damaged(pictures, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(domains, "KEPT", 0)  # so that files are read while training
    with uncompiled():
        assert cli.main(training(pictures, tmp_path, "--steps", "4")) == 0
    said = capsys.readouterr()
    (line,) = [line for line in said.err.splitlines() if "broken.jpg" in line]
    assert line.startswith("stylekit: Skipped one of 3 images in photos. ") and "Traceback" not in said.err
    assert "3 photos, 1 paintings" in said.out and (tmp_path / "painter.npz").exists()


def test_augment_is_asked_for(pictures, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(Trainer, "fit", lambda trainer, batches, steps: asked.append(batches.augment))
    for more in ([], ["--augment"]):
        cli.main(training(pictures, tmp_path, *more))
    assert asked == [False, True]


def test_ctrl_c_in_training_keeps_the_painter_and_says_how_to_go_on(first_run):
    directory, code, _, err = first_run
    assert code == 130 and "--resume" in err.splitlines()[-1]
    assert {path.name for path in directory.iterdir()} >= {"painter.npz", "history.json", "checkpoints"}


def test_train_does_not_overwrite_an_earlier_run_but_goes_on_with_it(pictures, run, tmp_path, capsys):
    directory = shutil.copytree(run, tmp_path / "run")
    before = (directory / "painter.npz").read_bytes()
    assert "--resume" in refused_after_skips(capsys, training(pictures, directory, "--steps", "3"))
    assert (directory / "painter.npz").read_bytes() == before
    with uncompiled():
        assert cli.main(training(pictures, directory, "--steps", "3", "--resume")) == 0
    assert "from step 2" in capsys.readouterr().out
    assert (directory / "painter.npz").read_bytes() != before


def test_training_goes_on_from_the_shipped_painter(pictures, tmp_path, capsys, monkeypatch):
    begun = []
    monkeypatch.setattr(Trainer, "fit", lambda trainer, batches, steps: begun.append(trainer.method))
    cli.main(training(pictures, tmp_path / "tuned", "--steps", "1"))
    cli.main(training(pictures, tmp_path / "fresh", "--steps", "1", "--fresh"))
    shipped = Painter.shipped()
    tuned, fresh = ([v.numpy() for v in painter.generator_variables] for painter in begun)
    wanted = [v.numpy() for v in shipped.generator_variables]
    assert all(np.array_equal(a, b) for a, b in zip(tuned, wanted, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(fresh, wanted, strict=True))
    assert np.array_equal(begun[0].typical, shipped.typical)


def test_one_painting_and_the_photos_that_are_shipped_are_enough(pictures, tmp_path, capsys):
    one = pictures / "paintings" / "y.png"
    with uncompiled():
        assert cli.main(["train", "--paintings", str(one), "-o", str(tmp_path), "--size", "32", "--steps", "1"]) == 0
    assert "8 photos, 1 paintings, 1 steps" in capsys.readouterr().out
    assert (tmp_path / "painter.npz").exists()


def test_a_resumed_run_keeps_what_the_painter_began_with(pictures, tmp_path, monkeypatch):
    """Networks, learning rate and weights of the objective: whatever the flags say the second time."""
    with uncompiled():
        cli.main(training(pictures, tmp_path, "--steps", "1"))
    seen = []
    monkeypatch.setattr(Trainer, "fit", lambda trainer, batches, steps: seen.append(trainer.method))
    cli.main(training(pictures, tmp_path, "--steps", "1", "--resume", "--fresh"))
    (painter,) = seen
    assert float(painter.generator_optimizer.learning_rate) == pytest.approx(train.FINE_TUNING_RATE)
    assert dict(painter.objective.weights) == pytest.approx(train.FINE_TUNING_WEIGHTS)
    with np.load(tmp_path / "painter.npz") as kept:
        arrays = [v.numpy().astype("float16") for v in painter.generator_variables]
        assert all(np.array_equal(kept[str(i)], array) for i, array in enumerate(arrays))


def test_resuming_a_finished_run_keeps_it(pictures, run, tmp_path):
    directory = shutil.copytree(run, tmp_path / "run")
    assert cli.main(training(pictures, directory, "--steps", "2", "--resume")) == 0
    with np.load(run / "painter.npz") as old, np.load(directory / "painter.npz") as new:
        assert all(np.array_equal(old[name], new[name]) for name in old.files)


@pytest.mark.parametrize("option, value", [("--steps", "0"), ("--steps", "1e3"), ("--size", "3"), ("--batch", "-1")])
def test_train_refuses_senseless_numbers(pictures, tmp_path, capsys, option, value):
    assert option in refused(capsys, *training(pictures, tmp_path / "run"), f"{option}={value}")
    assert not (tmp_path / "run").exists()


def test_train_refuses_folders_without_images(pictures, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    photos = ["--photos", pictures / "paintings"]
    assert "empty" in refused(capsys, "train", *photos, "--paintings", tmp_path / "empty", "-o", tmp_path / "run")
    assert "nowhere" in refused(capsys, "train", *photos, "--paintings", tmp_path / "nowhere", "-o", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_directory_that_cannot_be_written_is_noticed_before_the_work(pictures, capsys, monkeypatch):
    monkeypatch.setattr(Trainer, "fit", lambda *_, **__: pytest.fail("started to work"))
    directory = pictures / "notes.txt" / "run"
    paintings = ["--photos", pictures / "paintings", "--paintings", pictures / "paintings"]
    assert "Cannot write to" in refused(capsys, "train", *paintings, "-o", directory)
