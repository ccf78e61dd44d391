"""The command line, on real files: what it writes, what it refuses, and in which words."""

import io
import os
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from stylekit import cli, images
from stylekit.cli import arguments
from stylekit.data import domains
from stylekit.methods.painter import Painter
from stylekit.training.trainer import Trainer

ROOT = Path(__file__).parents[2]
HEAVY = ("tensorflow", "keras", "numpy", "matplotlib")


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def first_run(pictures, tmp_path_factory):
    """A training run made by the command itself and stopped by Ctrl-C at step 2: (directory, code, stdout, stderr)."""
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


@pytest.fixture(scope="module")
def run(first_run):
    return first_run[0]


@contextmanager
def uncompiled():
    """Two steps are not worth the ten seconds that compiling them takes."""
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


def training(pictures, directory, *more):
    folders = ["--photos", str(pictures / "photos"), "--paintings", str(pictures / "paintings")]
    return ["train", *folders, "-o", str(directory), "--size", "32", "--batch", "1", *more]


def stylizing(pictures, run, photo, output, *more):
    style = ["--style", str(pictures / "paintings" / "y.png"), "--weights", str(run / "painter.npz")]
    return ["stylize", str(photo), *style, "-o", str(output), *more]


def refused(capsys, *arguments):
    """The one line that the command refuses with; fails if it does anything else."""
    try:
        code = cli.main([str(argument) for argument in arguments])
    except SystemExit as exit:
        code = exit.code
    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert code == 2 and len(lines) == 1 and lines[0].startswith("stylekit: "), said
    return lines[0]


# --- help, and what is loaded for it ----------------------------------------------------------------------------------


def test_help_loads_nothing_heavy():
    script = f"""
import sys
from stylekit import cli
for command in ([], ["demo"], ["train"], ["stylize"], ["lab"]):
    try:
        cli.main([*command, "--help"])
    except SystemExit as exit:
        assert exit.code == 0, command
loaded = [name for name in {HEAVY} if name in sys.modules]
assert not loaded, loaded
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    for word in ("--style-weight", "--resume", "PAINTING", "lab"):
        assert word in done.stdout


def test_python_m_stylekit_says_one_line_and_exits_with_2():
    command = [sys.executable, "-m", "stylekit", "stylize", "none.jpg", "--style", "none.png", "-o", "x.png"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == "stylekit: There is no file none.png: check the name and the folder.\n"


# --- train ------------------------------------------------------------------------------------------------------------


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


def refused_after_skips(capsys, arguments):
    """As `refused`, where broken files are named first."""
    assert cli.main(arguments) == 2
    return capsys.readouterr().err.splitlines()[-1]


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
    assert float(painter.generator_optimizer.learning_rate) == pytest.approx(cli.FINE_TUNING_RATE)
    assert dict(painter.objective.weights) == pytest.approx(cli.FINE_TUNING_WEIGHTS)
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


# --- stylize ----------------------------------------------------------------------------------------------------------


def test_stylize_paints_a_photo_at_its_own_size(pictures, run, tmp_path):
    output = tmp_path / "made" / "painted.png"
    assert cli.main(stylizing(pictures, run, pictures / "photos" / "a.jpg", output)) == 0
    photo, painted = images.read(pictures / "photos" / "a.jpg"), images.read(output)
    assert painted.shape == photo.shape
    assert np.abs(painted - photo).mean() > 0.01


def test_stylize_paints_what_the_painter_paints(pictures, run, tmp_path):
    from stylekit.methods.painter import Painter

    photo = pictures / "photos" / "a.jpg"
    weights = ["--content", "20", "--style-weight", "0.5", "--adversarial", "0"]
    style = images.read(pictures / "paintings" / "y.png", cli.STYLE_SIZE)
    with uncompiled():
        assert cli.main(stylizing(pictures, run, photo, tmp_path / "o.png", "--size", "33", *weights)) == 0
        wanted = Painter.load(run / "painter.npz")(
            images.read(photo, 33), style, adversarial=0.0, content=20.0, style=0.5
        )
    assert np.abs(images.read(tmp_path / "o.png") - wanted).max() <= 1 / 127.5


def test_stylize_paints_a_folder_and_names_what_it_skips(pictures, run, tmp_path, capsys):
    assert cli.main(stylizing(pictures, run, pictures / "photos", tmp_path / "out", "--size", "16")) == 0
    made = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert made == {"a.jpg", "more/ä b.png"}
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and "broken.jpg" in said[0]


def test_a_folder_of_photos_needs_a_folder_to_paint_into(pictures, run, tmp_path, capsys):
    output = tmp_path / "painted.png"
    assert "name a folder" in refused(capsys, *stylizing(pictures, run, pictures / "photos", output))
    assert not output.exists()


def test_a_kind_of_file_that_cannot_be_written_becomes_png():
    assert cli._painted_name(Path("more/a.gif")) == Path("more/a.gif.png")
    assert cli._painted_name(Path("more/a.JPG")) == Path("more/a.JPG")


def test_a_large_photo_is_made_smaller_unless_a_size_is_asked_for(tmp_path):
    images.write(np.zeros((cli.LARGEST + 20, 2 * cli.LARGEST, 3), "float32"), tmp_path / "large.png")
    assert min(cli._photo(tmp_path / "large.png", None).shape[:2]) == cli.LARGEST
    assert min(cli._photo(tmp_path / "large.png", 600).shape[:2]) == 600


def test_stylize_refuses_what_it_cannot_read(pictures, run, tmp_path, capsys):
    photos = pictures / "photos"
    output = tmp_path / "o.png"
    assert "broken.jpg" in refused(capsys, *stylizing(pictures, run, photos / "broken.jpg", output))
    assert "notes.txt" in refused(capsys, *stylizing(pictures, run, pictures / "notes.txt", output))
    assert "none.jpg" in refused(capsys, *stylizing(pictures, run, photos / "none.jpg", output))
    (tmp_path / "empty").mkdir()
    assert "empty" in refused(capsys, *stylizing(pictures, run, tmp_path / "empty", tmp_path / "out"))
    weights = ["--weights", pictures / "notes.txt"]
    assert "notes.txt" in refused(capsys, *stylizing(pictures, run, photos / "a.jpg", output, *weights))
    weights = ["--weights", tmp_path / "none.npz"]
    assert "none.npz" in refused(capsys, *stylizing(pictures, run, photos / "a.jpg", output, *weights))
    assert not output.exists()


def test_a_folder_of_broken_photos_only_is_refused(pictures, run, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    shutil.copy(pictures / "photos" / "broken.jpg", tmp_path / "in")
    assert "None of the 1" in refused_after_skips(
        capsys, stylizing(pictures, run, tmp_path / "in", tmp_path / "out")
    )


def test_stylize_never_overwrites_the_photos(pictures, run, capsys):
    photo = pictures / "photos" / "a.jpg"
    before = photo.read_bytes()
    assert "photo itself" in refused(capsys, *stylizing(pictures, run, photo, photo))
    for output in (pictures / "photos", pictures / "photos" / "painted"):
        assert "folder of the photos" in refused(capsys, *stylizing(pictures, run, pictures / "photos", output))
    assert photo.read_bytes() == before


@pytest.mark.parametrize("name", ["o.txt", "o", "notes.txt/o.png", ""])
def test_an_output_that_cannot_be_written_is_noticed_before_the_work(pictures, run, capsys, monkeypatch, name):
    monkeypatch.setattr(cli, "_painter", lambda weights: pytest.fail("started to work"))
    assert str(pictures / name) in refused(
        capsys, *stylizing(pictures, run, pictures / "photos" / "a.jpg", pictures / name)
    ) or "notes.txt" in name


def test_a_directory_that_cannot_be_written_is_noticed_before_the_work(pictures, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "stylekit.demo", None)  # importing it would fail
    monkeypatch.setattr(Trainer, "fit", lambda *_, **__: pytest.fail("started to work"))
    directory = pictures / "notes.txt" / "run"
    assert "Cannot write to" in refused(capsys, "demo", "-o", directory)
    paintings = ["--photos", pictures / "paintings", "--paintings", pictures / "paintings"]
    assert "Cannot write to" in refused(capsys, "train", *paintings, "-o", directory)


@pytest.mark.parametrize("option", ["--content", "--style-weight", "--adversarial"])
@pytest.mark.parametrize("value", ["-1", "nan", "inf", "-inf", "much", ""])
def test_senseless_weights_are_refused(capsys, option, value):
    line = refused(capsys, "stylize", "a.jpg", "--style", "y.jpg", "-o", "o.jpg", f"{option}={value}")
    assert f"argument {option}: the weight is {value!r}: wanted a finite number >= 0" in line


def test_weights_that_are_all_0_are_refused(pictures, run, tmp_path, capsys):
    zeros = ["--content=0", "--style-weight=0", "--adversarial=0"]
    assert "not all 0" in refused(
        capsys, *stylizing(pictures, run, pictures / "photos" / "a.jpg", tmp_path / "o.png", *zeros)
    )


@given(st.floats(0, 1e30))
def test_every_finite_weight_from_0_on_is_taken(weight):
    assert arguments.weight(repr(weight)) == weight


def test_options_are_not_guessed(capsys):
    assert "--adv" in refused(capsys, "stylize", "a.jpg", "--style", "y.jpg", "-o", "o.jpg", "--adv", "1")


# --- demo, lab, Ctrl-C ------------------------------------------------------------------------------------------------


def test_demo_hands_over_directory_and_seed(tmp_path, monkeypatch):
    asked = []
    demo = SimpleNamespace(demo=lambda directory, seed: asked.append((directory, seed)))
    monkeypatch.setitem(sys.modules, "stylekit.demo", demo)
    assert cli.main(["demo", "-o", str(tmp_path / "here"), "--seed", "3"]) == 0
    assert asked == [(tmp_path / "here", 3)]


def test_ctrl_c_is_one_line_and_130(monkeypatch, capsys):
    def interrupted(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "lab", interrupted)
    interrupted.__name__, interrupted.__doc__ = "lab", "as lab"
    assert cli.main(["lab"]) == 130
    assert capsys.readouterr().err == "stylekit: stopped by Ctrl-C.\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no broken pipes")
def test_nobody_reads_to_the_end_of_a_list():
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "stylekit", "download", "--list"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    os.close(writing)
    assert done.returncode == 141 and done.stderr == ""


@pytest.fixture
def checkout(monkeypatch, tmp_path):
    """A checkout with a lesson, as the command line sees it."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "00_start_here.ipynb").touch()
    monkeypatch.setattr(cli, "__file__", str(tmp_path / "stylekit" / "cli" / "__init__.py"))
    return tmp_path


@pytest.fixture
def port():
    """A port that is free."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_lab_opens_the_lessons(checkout, monkeypatch, port):
    from jupyterlab import labapp

    opened = []
    monkeypatch.setattr(labapp, "main", opened.append)
    monkeypatch.setattr(sys, "argv", ["stylekit", "lab"])
    assert cli.main(["lab"]) == 0
    prompt = "--ServerApp.kernel_websocket_connection_class=stylekit.lab.serving.Prompt"
    assert opened.pop() == [str(checkout / "notebooks"), prompt] and sys.argv == ["jupyter-lab"]
    assert cli.main(["lab", "--no-browser", "--port", str(port)]) == 0
    assert opened.pop() == [str(checkout / "notebooks"), prompt, "--no-browser", f"--port={port}"]


def test_lab_without_jupyterlab_says_what_to_install(checkout, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", None)  # makes the import fail
    assert "pip install" in refused(capsys, "lab")


def test_the_app_without_voila_says_what_to_install(monkeypatch, capsys, port):
    monkeypatch.setitem(sys.modules, "voila.app", None)
    assert "pip install 'stylekit[voila]'" in refused(capsys, "lab", "--app", "--port", port)


@pytest.mark.parametrize("command", [["lab"], ["lab", "--app"]])
def test_a_port_that_is_taken_is_told(checkout, capsys, command):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"Port {port} cannot be used" in refused(capsys, *command, "--port", port)
    assert "wanted a whole number, 1 to 65535" in refused(capsys, *command, "--port", 65536)


def test_lab_without_lessons_says_so(checkout, monkeypatch, capsys):
    (checkout / "notebooks" / "00_start_here.ipynb").unlink()
    monkeypatch.chdir(checkout)
    assert "notebooks" in refused(capsys, "lab")
