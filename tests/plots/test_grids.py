"""Pictures side by side: each is whole, sharp and at its place, with its words beside it."""

import itertools

import numpy as np
import pytest
from figures import boxes, noise, rendered, texts
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from stylekit import images, plots
from stylekit.data.domains import Domain, folder
from stylekit.errors import DataError, ImageError, SettingError

few = settings(deadline=None, max_examples=8)
seeds = st.integers(0, 10_000)


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
    found = {
        text.get_text().replace("\n", " "): box
        for text, box in zip(texts(figure), boxes(figure, texts(figure)), strict=True)
    }
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


@pytest.mark.slow
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


@pytest.mark.slow
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
