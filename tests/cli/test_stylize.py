"""stylekit stylize on real files: what it writes, what it refuses, and in which words."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from commands import refused, refused_after_skips, stylizing, uncompiled

from stylekit import cli, images
from stylekit.cli import stylize
from stylekit.cli.arguments import LARGEST
from stylekit.methods.painter import Painter


def test_stylize_paints_a_photo_at_its_own_size(pictures, run, tmp_path):
    output = tmp_path / "made" / "painted.png"
    assert cli.main(stylizing(pictures, run, pictures / "photos" / "a.jpg", output)) == 0
    photo, painted = images.read(pictures / "photos" / "a.jpg"), images.read(output)
    assert painted.shape == photo.shape
    assert np.abs(painted - photo).mean() > 0.01


def test_stylize_paints_what_the_painter_paints(pictures, run, tmp_path):
    photo = pictures / "photos" / "a.jpg"
    weights = ["--content", "20", "--style-weight", "0.5", "--adversarial", "0"]
    style = images.read(pictures / "paintings" / "y.png", stylize.STYLE_SIZE)
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
    assert stylize.painted_name(Path("more/a.gif")) == Path("more/a.gif.png")
    assert stylize.painted_name(Path("more/a.JPG")) == Path("more/a.JPG")


def test_a_large_photo_is_made_smaller_unless_a_size_is_asked_for(tmp_path):
    images.write(np.zeros((LARGEST + 20, 2 * LARGEST, 3), "float32"), tmp_path / "large.png")
    assert min(stylize.photo_of(tmp_path / "large.png", None).shape[:2]) == LARGEST
    assert min(stylize.photo_of(tmp_path / "large.png", 600).shape[:2]) == 600


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
    monkeypatch.setattr(stylize, "_painter", lambda weights: pytest.fail("started to work"))
    assert str(pictures / name) in refused(
        capsys, *stylizing(pictures, run, pictures / "photos" / "a.jpg", pictures / name)
    ) or "notes.txt" in name


def test_weights_that_are_all_0_are_refused(pictures, run, tmp_path, capsys):
    zeros = ["--content=0", "--style-weight=0", "--adversarial=0"]
    assert "not all 0" in refused(
        capsys, *stylizing(pictures, run, pictures / "photos" / "a.jpg", tmp_path / "o.png", *zeros)
    )
