"""What all figures have in common: nothing is cut off, words are legible, and a notebook or a file gets all of it."""

import gc
import io
import itertools
import subprocess
import sys
import weakref

import numpy as np
import pytest
from figures import boxes, colours_in, history, noise, rendered, texts
from IPython.core.formatters import DisplayFormatter
from matplotlib import pyplot
from PIL import Image

from stylekit import plots
from stylekit.errors import ImageError
from stylekit.plots.figure import DPI, PALE


def every_chart():
    yield plots.pictures([[noise(1, 20, 30), noise(2, 64, 64)]], ["photo x", "painting y"], ["first row"])
    yield plots.histogram([noise(1, 9, 9), noise(2, 9, 9)], ["photo", "painting"])
    yield plots.terms(history())
    yield plots.tradeoff({"content": ([3, 2, 1], [1, 2, 3]), "style": ([1, 2, 3], [3, 2, 1])}, {"you": (2.0, 2.0)})
    beside = {"all at 1": (0.52, 0.37), "set by hand": (0.54, 0.19), "shares, once": (0.505, 0.365)}
    yield plots.tradeoff({"style": ([0.4, 0.5, 0.53], [0.3, 0.25, 0.2])}, beside)
    yield plots.bars({"photo": 0.34, "the known answer": 1.0, "below": -0.2}, "SSIM to the answer", "photo")


def test_nothing_is_cut_off_at_the_edges():
    for figure in every_chart():
        pixels = rendered(figure)
        edges = [pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]
        assert all((edge == 255).all() for edge in edges)


def test_no_text_overlaps_another_one():
    for figure in every_chart():
        for a, b in itertools.combinations(boxes(figure, texts(figure)), 2):
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_every_text_is_large_enough_for_a_projector():
    for figure in every_chart():
        assert min(text.get_fontsize() for text in texts(figure)) >= 10


def test_a_notebook_shows_a_figure_in_its_own_pixels():
    for figure in every_chart():
        shown, _ = DisplayFormatter().format(figure)
        width, height = figure.get_size_inches() * DPI
        assert Image.open(io.BytesIO(shown["image/png"])).size == (round(width), round(height))


def test_a_figure_is_told_in_words_to_those_who_cannot_see_it():
    words = {
        "2 pictures: photo x, painting y, first row",
        "Chart: photo, share of the pixels, %, value of a pixel, red, green, blue, painting",
        "Chart: SSIM to the answer, photo, the known answer, below, 0.34, 1, -0.2",
    }
    told = []
    for figure in every_chart():
        _, metadata = DisplayFormatter().format(figure)
        told.append(metadata["image/png"]["alt"])
        rendered(figure)
        assert figure.alt() == told[-1]  # drawn or not
    assert words <= set(told)
    matrix = plots.matrix(np.eye(2), ["oil", "stained_glass"], ["oil", "ink"], "distance").alt()
    assert matrix == "Chart: oil, stained glass, ink, 1.00, 0.00, distance"
    many = plots.pictures([[noise(1, 9, 9)] * 50], [f"a title with the number {i}" for i in range(50)]).alt()
    assert many.startswith("50 pictures: a title with the number 0,") and many.endswith(" …") and len(many) <= 300


def test_no_figure_stays_behind():
    left = [weakref.ref(figure) for figure in every_chart() if figure.png()]
    gc.collect()
    assert not any(figure() for figure in left)
    assert pyplot.get_fignums() == []


@pytest.mark.slow
def test_figures_need_neither_pyplot_nor_tensorflow_nor_the_rooms_above():
    code = """
import sys
from stylekit.plots import charts, diagrams, grids, points, svg
print([name for name in sys.modules if name.startswith(("matplotlib.pyplot", "tensorflow", "stylekit.course",
                                                        "stylekit.lab", "stylekit.methods"))])
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_terms_have_colours_of_their_own():
    assert set(plots.COLOURS) == {"adversarial", "content", "style", "discriminator"}
    assert len(set(plots.COLOURS.values())) == 4


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_saved_figure_is_the_one_that_is_shown(tmp_path):
    figure = plots.bars({"a": 1, "b": 2}, "metres")
    path = plots.save(figure, tmp_path / "bars.png")
    saved, shown = np.asarray(Image.open(path).convert("RGB")), rendered(figure)
    assert saved.shape == shown.shape and colours_in(saved, PALE) > 10_000
    assert [file.name for file in tmp_path.iterdir()] == ["bars.png"]


def test_places_that_cannot_be_written_are_named(tmp_path):
    figure = plots.bars({"a": 1}, "metres")
    with pytest.raises(ImageError, match="none.bars.png .No such file"):
        plots.save(figure, tmp_path / "none" / "bars.png")
    with pytest.raises(ImageError, match="ends in .png"):
        plots.save(figure, tmp_path / "bars.pdf")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(ImageError, match="folder.png"):
        plots.save(figure, tmp_path / "folder.png")
    assert [file.name for file in tmp_path.iterdir()] == ["folder.png"]


def test_an_encoded_figure_is_a_png():
    assert plots.encode(plots.bars({"a": 1}, "b"))[:8] == b"\x89PNG\r\n\x1a\n"
