"""Figures: what is drawn is looked for in the rendered pixels, at its place, in its colour, whole."""

import gc
import io
import itertools
import subprocess
import sys
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.formatters import DisplayFormatter
from matplotlib import pyplot
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from PIL import Image

from stylekit import images, plots
from stylekit.data.domains import Domain, folder
from stylekit.errors import DataError, ImageError, SettingError
from stylekit.training.trainer import History

few = settings(deadline=None, max_examples=8)
seeds = st.integers(0, 10_000)


def noise(seed, height, width):
    return np.random.default_rng(seed).choice(np.float32([-1, 1]), (height, width, 3))


def rendered(figure):
    """The figure's pixels, (height, width, 3) uint8."""
    return np.asarray(Image.open(io.BytesIO(figure.png())).convert("RGB"))


def boxes(figure, artists):
    """(left, top, right, bottom) of each artist in the rendered picture, in px."""
    height = round(figure.bbox.height)
    extents = [artist.get_window_extent() for artist in artists]
    return [(box.x0, height - box.y1, box.x1, height - box.y0) for box in extents]


def texts(figure):
    figure.png()  # the layout is made when the figure is drawn
    unseen = [tick.label1 for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)
              for tick in axis.get_major_ticks() if not _within(tick.get_loc(), axis.get_view_interval())]  # fmt: skip
    drawn = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    return [text for text in drawn if text not in unseen]


def _within(value, interval):
    return min(interval) <= value <= max(interval)


def colours_in(pixels, colour, tolerance=12):
    """How many pixels have a colour."""
    return (np.abs(pixels.astype(int) - np.multiply(to_rgb(colour), 255)).max(axis=-1) < tolerance).sum()


def history(steps=60):
    record, random = History(), np.random.default_rng(1)
    for step in range(1, steps + 1):
        record.append(step, {name: random.normal(i, 1 / step) for i, name in enumerate(plots.COLOURS)})
    return record


def every_chart():
    yield plots.pictures([[noise(1, 20, 30), noise(2, 64, 64)]], ["photo x", "painting y"], ["first row"])
    yield plots.histogram([noise(1, 9, 9), noise(2, 9, 9)], ["photo", "painting"])
    yield plots.terms(history())
    yield plots.tradeoff({"content": ([3, 2, 1], [1, 2, 3]), "style": ([1, 2, 3], [3, 2, 1])}, {"you": (2.0, 2.0)})
    beside = {"all at 1": (0.52, 0.37), "set by hand": (0.54, 0.19), "shares, once": (0.505, 0.365)}
    yield plots.tradeoff({"style": ([0.4, 0.5, 0.53], [0.3, 0.25, 0.2])}, beside)
    yield plots.bars({"photo": 0.34, "the known answer": 1.0, "below": -0.2}, "SSIM to the answer", "photo")


# --- every figure -----------------------------------------------------------------------------------------------------


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
        width, height = figure.get_size_inches() * plots.DPI
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


def test_pyplot_is_not_needed():
    code = "import sys, stylekit.plots; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_terms_have_colours_of_their_own():
    assert set(plots.COLOURS) == {"adversarial", "content", "style", "discriminator"}
    assert len(set(plots.COLOURS.values())) == 4


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_saved_figure_is_the_one_that_is_shown(tmp_path):
    figure = plots.bars({"a": 1, "b": 2}, "metres")
    path = plots.save(figure, tmp_path / "bars.png")
    saved, shown = np.asarray(Image.open(path).convert("RGB")), rendered(figure)
    assert saved.shape == shown.shape and colours_in(saved, plots.PALE) > 10_000
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


# --- pictures ---------------------------------------------------------------------------------------------------------


@few
@given(seeds, st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=4, max_size=4))
def test_every_pixel_of_every_picture_is_a_square_of_the_figure(seed, sizes):
    shown = [noise(seed + i, *size) for i, size in enumerate(sizes)]
    figure = plots.pictures([shown[:2], shown[2:]], ["one", "two"], ["up", "down"], size=50)
    pixels = rendered(figure)
    places = np.round(boxes(figure, figure.axes)).astype(int)
    for picture, (left, top, right, bottom) in zip(shown, places, strict=True):
        times = 50 // max(picture.shape[:2])
        expected = ((picture + 1) * 127.5).astype("uint8").repeat(times, 0).repeat(times, 1)
        np.testing.assert_array_equal(pixels[top:bottom, left:right], expected)
    for a, b in itertools.combinations([*places, *boxes(figure, texts(figure))], 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_pictures_stand_in_rows_and_columns():
    figure = plots.pictures([[noise(1, 16, 16), noise(2, 16, 16)], [noise(3, 16, 16), noise(4, 16, 16)]])
    one, two, three, four = boxes(figure, figure.axes)
    assert one[0] == three[0] < two[0] == four[0] and one[1] == two[1] < three[1] == four[1]
    assert one[2] - one[0] == 128


def test_a_large_picture_is_never_shrunk():
    figure = plots.pictures([[noise(1, 300, 200)]])
    left, top, right, bottom = np.round(boxes(figure, figure.axes)[0])
    assert (right - left, bottom - top) == (200, 300)


def test_titles_stand_over_their_columns_and_beside_their_rows():
    names, rows = ["photo x", "a word of incomprehensible length", "G(x, y)"], ["brush", "pointillist painting"]
    figure = plots.pictures([[noise(i, 64, 64) for i in range(3)]] * 2, names, rows, size=64)
    places = boxes(figure, figure.axes)
    found = {text.get_text().replace("\n", " "): box
             for text, box in zip(texts(figure), boxes(figure, texts(figure)), strict=True)}  # fmt: skip
    assert set(found) == {*names, *rows}
    for name, place in zip(names, places[:3], strict=True):
        left, _, right, bottom = found[name]
        assert abs((left + right) / 2 - (place[0] + place[2]) / 2) < 2 and bottom < place[1]
    for name, place in zip(rows, places[::3], strict=True):
        _, top, right, bottom = found[name]
        assert abs((top + bottom) / 2 - (place[1] + place[3]) / 2) < 3 and right < place[0]


def test_a_short_row_is_allowed_and_so_is_an_empty_title():
    figure = plots.pictures([[noise(1, 32, 32)] * 3, [noise(2, 32, 32)]], ["photo", "", "painting"])
    assert len(figure.axes) == 4


def test_wrong_pictures_and_titles_are_refused():
    picture = noise(1, 8, 8)
    with pytest.raises(SettingError, match="Got 1 titles for 2 columns"):
        plots.pictures([[picture, picture]], ["one"])
    with pytest.raises(SettingError, match="Got 2 titles for 1 rows"):
        plots.pictures([[picture]], ["one"], ["up", "down"])
    for rows in ([], [[]], [picture], [[picture * 3]], [[picture[None]]]):
        with pytest.raises(ImageError):
            plots.pictures(rows)


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_the_histogram_counts_the_values_of_each_channel():
    picture = np.full((4, 4, 3), -1.0, "float32")
    picture[:, :2, 0] = 1.0  # half of red is bright
    figure = plots.histogram([picture, np.stack([picture, picture])], ["one", "two"])
    for axes in figure.axes:
        red, green, blue = (patch.get_data().values for patch in axes.patches)
        assert red[0] == red[-1] == 50 and red.sum() == 100
        assert green[0] == blue[0] == 100
    pixels = rendered(figure)
    assert all(colours_in(pixels, colour) > 20 for colour in plots.CHANNELS.values())


def test_the_histogram_needs_a_name_for_each_picture():
    for pictures, names in (([noise(1, 4, 4)], []), ([], [])):
        with pytest.raises(SettingError, match="wanted a name for each"):
            plots.histogram(pictures, names)


def test_each_term_has_a_panel_in_its_colour():
    figure = plots.terms(history())
    pixels = rendered(figure)
    assert [axes.get_title() for axes in figure.axes] == list(plots.COLOURS)
    for axes, colour in zip(figure.axes, plots.COLOURS.values(), strict=True):
        left, top, right, bottom = np.round(boxes(figure, [axes])[0]).astype(int)
        panel = pixels[top:bottom, left:right]
        assert colours_in(panel, colour) > 100
        assert all(colours_in(panel, other) == 0 for other in plots.COLOURS.values() if other != colour)


def test_the_strong_line_is_the_mean_of_the_steps_around():
    record = History()
    for step, value in enumerate([3.0, 0.0, 3.0, 6.0, 0.0], 11):
        record.append(step, {"content": value, "cycle": value})
    raw, mean = plots.terms(record, smooth=3).axes[0].lines
    assert list(raw.get_xdata()) == list(mean.get_xdata()) == [11, 12, 13, 14, 15]
    assert list(raw.get_ydata()) == [3, 0, 3, 6, 0]
    assert mean.get_ydata() == pytest.approx([1.5, 2, 3, 3, 3])  # the first and the last step have one neighbour


def test_one_wild_step_does_not_press_the_panel_flat():
    record = History()
    for step in range(1, 1001):
        record.append(step, {"style": 1e6 if step == 500 else step / 1000})
    low, high = plots.terms(record, smooth=1).axes[0].get_ylim()
    assert low < 0.02 and high >= 1e6  # unsmoothed it is the line itself, which is never cut
    record.terms["style"][499] = 30.0
    assert plots.terms(record, smooth=100).axes[0].get_ylim()[1] < 2


def test_a_run_of_one_step_and_a_term_that_never_moves_can_be_drawn():
    record = History()
    record.append(1, {"content": 0.5})
    rendered(plots.terms(record))


def test_five_terms_need_a_second_row():
    record = History()
    record.append(1, dict.fromkeys("abcde", 1.0))
    figure = plots.terms(record)
    assert len(figure.axes) == 5
    rendered(figure)
    first, last = (boxes(figure, [axes])[0] for axes in (figure.axes[0], figure.axes[4]))
    assert last[1] > first[3] and last[0] == pytest.approx(first[0], abs=1)


def test_a_history_without_steps_is_refused():
    with pytest.raises(DataError, match="train first"):
        plots.terms(History())


def test_the_tradeoff_draws_the_curves_with_their_names_at_their_ends():
    curves = {
        "content": ([0.8, 0.5, 0.2], [0.1, 0.2, 0.6]),
        "more epochs": (np.array([0.9, 0.4]), np.array([0.9, 0.8])),
    }
    figure = plots.tradeoff(curves, {"you are here": (0.5, 0.2)})
    pixels, axes = rendered(figure), figure.axes[0]
    assert "content distance" in axes.get_xlabel() and "style distance" in axes.get_ylabel()
    for (content, style), line in zip(curves.values(), axes.lines, strict=False):
        assert list(line.get_xdata()) == list(content) and list(line.get_ydata()) == list(style)
        assert colours_in(pixels, line.get_color()) > 100
    assert axes.lines[0].get_color() == plots.COLOURS["content"] != axes.lines[1].get_color()
    assert {text.get_text(): text.xy for text in axes.texts} == {
        "content": (0.2, 0.6), "more epochs": (0.4, 0.8), "you are here": (0.5, 0.2)
    }  # fmt: skip
    height = pixels.shape[0]
    for x, y in zip(*curves["content"], strict=True):
        column, row = np.round(axes.transData.transform((x, y))).astype(int)
        colour = plots.INK if (x, y) == (0.5, 0.2) else plots.COLOURS["content"]
        assert colours_in(pixels[height - row, column], colour) == 1  # a marker, or the point that lies over it


def test_a_curve_of_unequal_lengths_is_refused():
    with pytest.raises(SettingError, match="'style' has 2 content and 1 style distances"):
        plots.tradeoff({"style": ([1, 2], [1])})


def test_bars_are_as_high_as_their_numbers_which_stand_on_them():
    groups = {"photo": 0.3412, "G(x, y)": 0.5, "none": 0.0, "worse": -0.25}
    figure = plots.bars(groups, "SSIM", highlight="G(x, y)")
    pixels, axes = rendered(figure), figure.axes[0]
    assert [bar.get_height() for bar in axes.patches] == list(groups.values())
    assert [text.get_text() for text in axes.texts] == ["0.341", "0.5", "0", "-0.25"]
    assert [label.get_text() for label in axes.get_xticklabels()] == list(groups)
    assert axes.get_ylabel() == "SSIM"
    left, top, right, bottom = np.round(boxes(figure, axes.patches[1:2])[0]).astype(int)
    assert colours_in(pixels[top + 1 : bottom - 1, left + 1 : right - 1], plots.COLOURS["content"]) == (
        bottom - top - 2
    ) * (right - left - 2)


def test_large_numbers_on_bars_are_written_out():
    figure = plots.bars({"with": 1.81, "without": 2434.1, "almost": 999.6, "down": -12345.0}, "slope")
    assert [text.get_text() for text in figure.axes[0].texts] == ["1.81", "2,434", "1,000", "-12,345"]


def test_bars_without_the_one_to_highlight_are_refused():
    with pytest.raises(SettingError, match="'painting': the bars are photo"):
        plots.bars({"photo": 1}, "dB", "painting")
    with pytest.raises(SettingError):
        plots.bars({}, "dB")


# --- curves -----------------------------------------------------------------------------------------------------------


def test_curves_are_drawn_in_their_colours_and_named():
    steps = np.arange(50)
    figure = plots.curves({"discriminator": (steps, steps), "other": (steps, -steps)}, "step", "loss", {"zero": 0.0})
    pixels = rendered(figure)
    assert min(colours_in(pixels, plots.COLOURS["discriminator"]), colours_in(pixels, plots.OTHER_COLOURS[1])) > 100
    assert {"discriminator", "other", "zero", "step", "loss"} <= {text.get_text() for text in texts(figure)}
    with pytest.raises(SettingError, match="'bent' has 3 x and 2 y"):
        plots.curves({"bent": ([1, 2, 3], [1, 2])}, "x", "y")


def test_an_encoded_figure_is_a_png():
    assert plots.encode(plots.bars({"a": 1}, "b"))[:8] == b"\x89PNG\r\n\x1a\n"


# --- shares -----------------------------------------------------------------------------------------------------------


def test_shares_are_drawn_as_long_as_they_are():
    figure = plots.shares({"one": {"content": 0.25, "style": 0.75}, "two": {"content": 0.5, "style": 0.5}})
    bars = figure.axes[0].patches
    assert [bar.get_width() for bar in bars] == [0.25, 0.5, 0.75, 0.5]
    assert [bar.get_x() for bar in bars] == [0, 0, 0.25, 0.5]
    assert to_rgb(bars[0].get_facecolor()) == to_rgb(plots.COLOURS["content"])


@pytest.mark.parametrize("rows", [{}, {"one": {}}, {"one": {"a": 1.0}, "two": {"b": 1.0}}])
def test_shares_of_different_things_are_refused(rows):
    with pytest.raises(SettingError, match="the same names in each"):
        plots.shares(rows)


def test_a_matrix_shows_every_number_and_frames_the_smallest_of_each_row():
    figure = plots.matrix([[0.1, 0.25], [0.5, 0.35]], ["a", "b"], ["c_d", "e"], "distance")
    assert {"0.10", "0.25", "0.50", "0.35", "a", "b", "c\nd", "e", "distance"} <= {t.get_text() for t in texts(figure)}
    assert [(round(p.get_x()), round(p.get_y())) for p in figure.axes[0].patches] == [(0, 0), (1, 1)]
    with pytest.raises(SettingError, match="numbers of shape"):
        plots.matrix([[1, 2]], ["a"], ["b"], "distance")


# --- contact sheets ---------------------------------------------------------------------------------------------------


def album(count, seed=0, **settings):
    """A domain of `count` pictures of any shape, each in a colour of its own."""
    random = np.random.default_rng(seed)
    shapes = random.integers(1, 300, (count, 2))
    colours = np.linspace(-0.9, 0.9, count)
    pictures = [
        np.full((*shape, 3), (colour, -colour, 0), "float32") for shape, colour in zip(shapes, colours, strict=True)
    ]
    return Domain("album", pictures, **settings)


@few
@given(st.integers(1, 40), st.integers(1, 40), seeds)
def test_a_contact_sheet_shows_one_picture_of_each_part(pictures, count, seed):
    domain = album(pictures, names=[f"in/{i}.jpg" for i in range(pictures)])
    figure = plots.contact_sheet(domain, count, seed)
    labels = [text.get_text() for text in texts(figure)]
    assert labels[0] == f"album: {min(count, pictures)} of {pictures}"
    shown = [int(label.removesuffix(".jpg")) for label in labels[1:]]
    assert len(shown) == len(figure.axes) == min(count, pictures) and shown == sorted(set(shown))
    gaps = np.diff([-1, *shown, pictures])
    assert gaps.max() <= 2 * -(-pictures // len(shown))
    again = [text.get_text() for text in texts(plots.contact_sheet(domain, count, seed))]
    assert again == labels


@few
@given(st.integers(1, 30), seeds)
def test_on_a_contact_sheet_nothing_overlaps_and_names_stand_below(count, seed):
    domain = album(count, seed, names=[("MW" * (i % 9) or "i") + f"{i}.png" for i in range(count)])
    figure = plots.contact_sheet(domain, count)
    pixels = rendered(figure)
    names, copies = boxes(figure, texts(figure)[1:]), boxes(figure, figure.axes)
    for i, ((left, top, right, bottom), name) in enumerate(zip(copies, names, strict=True)):
        colour = images.to_uint8(domain[i])[0, 0]
        inside = pixels[round(top) : round(bottom), round(left) : round(right)].reshape(-1, 3)
        assert len(inside) and np.abs(inside.astype(int) - colour).max() <= 2, i  # whole, and nothing else on it
        assert max(right - left, bottom - top) <= 128.5
        assert abs((name[0] + name[2]) / 2 - (left + right) / 2) < 2 and 0 <= name[1] - bottom < 8
    for one, other in itertools.combinations(names + copies, 2):
        assert (
            one[2] <= other[0] + 0.5 or other[2] <= one[0] + 0.5 or one[3] <= other[1] + 0.5 or other[3] <= one[1] + 0.5
        )
    for left, top, right, bottom in names + copies + boxes(figure, texts(figure)[:1]):
        assert left >= 0 and top >= 0 and right <= pixels.shape[1] and bottom <= pixels.shape[0]


def test_a_contact_sheet_takes_any_name():
    names = ["a/very/deep/place/with a name that is far too long to be shown.jpeg", "$a$.png", "\udce9.png", "x"]
    labels = [text.get_text() for text in texts(plots.contact_sheet(album(4, names=names)))[1:]]
    assert labels[0].startswith("with") and labels[0].endswith("eg") and "…" in labels[0]
    assert labels[1:] == ["$a$.png", "?.png", "x"]


def test_a_contact_sheet_reads_only_what_it_shows(tmp_path, monkeypatch):
    for i in range(20):
        Image.new("RGB", (20, 20), (10 * i, 0, 0)).save(tmp_path / f"{i:02}.png")
    domain = folder(tmp_path, 20, lazy=True)
    read, names = images.read_uint8, []
    monkeypatch.setattr(images, "read_uint8", lambda path, size: (names.append(path.name), read(path, size))[1])
    labels = [text.get_text() for text in texts(plots.contact_sheet(domain, 5, seed=1))[1:]]
    assert names == labels and len(names) == 5


def test_contact_sheets_that_cannot_be():
    with pytest.raises(SettingError, match="count is 0"):
        plots.contact_sheet(album(3), 0)
    with pytest.raises(DataError, match="'album' has no pictures"):
        plots.contact_sheet(album(0))
