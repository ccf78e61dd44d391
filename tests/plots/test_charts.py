"""Charts: the lines, bars and numbers that are drawn are the ones that were given."""

import numpy as np
import pytest
from figures import boxes, colours_in, history, noise, rendered, texts
from matplotlib.colors import to_rgb

from stylekit import plots
from stylekit.errors import DataError, SettingError
from stylekit.plots.figure import CHANNELS, OTHER_COLOURS
from stylekit.training.trainer import History


def test_the_histogram_counts_the_values_of_each_channel():
    picture = np.full((4, 4, 3), -1.0, "float32")
    picture[:, :2, 0] = 1.0  # half of red is bright
    figure = plots.histogram([picture, np.stack([picture, picture])], ["one", "two"])
    for axes in figure.axes:
        red, green, blue = (patch.get_data().values for patch in axes.patches)
        assert red[0] == red[-1] == 50 and red.sum() == 100
        assert green[0] == blue[0] == 100
    pixels = rendered(figure)
    assert all(colours_in(pixels, colour) > 20 for colour in CHANNELS.values())


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
        "content": (0.2, 0.6),
        "more epochs": (0.4, 0.8),
        "you are here": (0.5, 0.2),
    }
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


def test_curves_are_drawn_in_their_colours_and_named():
    steps = np.arange(50)
    figure = plots.curves({"discriminator": (steps, steps), "other": (steps, -steps)}, "step", "loss", {"zero": 0.0})
    pixels = rendered(figure)
    assert min(colours_in(pixels, plots.COLOURS["discriminator"]), colours_in(pixels, OTHER_COLOURS[1])) > 100
    assert {"discriminator", "other", "zero", "step", "loss"} <= {text.get_text() for text in texts(figure)}
    with pytest.raises(SettingError, match="'bent' has 3 x and 2 y"):
        plots.curves({"bent": ([1, 2, 3], [1, 2])}, "x", "y")


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
