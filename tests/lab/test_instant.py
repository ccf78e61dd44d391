"""The instant lab without a browser: what the mouse can do is a method, and methods are tested here."""

import datetime
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from jupyter_client.manager import start_new_kernel
from kernel import run, text
from PIL import Image

from stylekit import filters, images, metrics
from stylekit.data import domains
from stylekit.errors import ImageError, SettingError
from stylekit.lab import InstantLab, instant, parts
from stylekit.lab.engine import SIZE, engine_of, reason
from stylekit.lab.instant_lab import CURVE, PRESETS
from stylekit.methods.painter import Painter

NEAR = 1e-4


@pytest.fixture(scope="module")
def painter():
    # untrained: that its gates let the photo through where content weighs much is built into it
    return Painter(width=4, blocks=1)


@pytest.fixture(scope="module")
def shared_lab(painter):
    return instant(painter)


@pytest.fixture
def lab(shared_lab):
    """A lab as it was when it was opened."""
    shared_lab.choose("coffee", "ink")
    shared_lab.show(**PRESETS["balanced"])
    shared_lab.wipe(0)
    return shared_lab


def on_screen(lab):
    return np.asarray(Image.open(io.BytesIO(lab.screen.value)).convert("RGB")).astype("float32") / 127.5 - 1


def encoded(picture, format="png"):
    return images.encode(picture, format)


def slide(lab, **weights):
    """Sliders moved by hand."""
    for term, weight in weights.items():
        lab.sliders[term].value = weight


# --- weights and pictures ---------------------------------------------------------------------------------------------


def test_a_moved_slider_paints_what_the_painter_paints(lab, painter):
    slide(lab, content=10.0, style=0.1)
    wanted = painter(lab.photo, lab.painting, content=10.0, style=0.1)
    assert np.abs(lab.picture - wanted).max() < NEAR
    assert np.abs(on_screen(lab) - wanted).mean() < 0.05  # as JPEG


def test_show_moves_the_sliders_and_leaves_the_others(lab):
    picture = lab.show(content=10.0)
    lab.show(adversarial=0.1)
    assert lab.weights == {"adversarial": 0.1, "content": 10.0, "style": 1.0}
    assert not np.array_equal(picture, lab.picture)


def test_more_content_is_nearer_to_the_photo(lab):
    distances = []
    for weight in (0.01, 1.0, 100.0):
        lab.show(content=weight)
        distances.append((lab.content_distance, np.abs(lab.picture - lab.photo).mean()))
    assert distances == sorted(distances, reverse=True)
    assert distances[2][1] < 0.7 * distances[0][1]


def test_the_distances_are_those_of_the_metrics(lab, painter):
    lab.show(style=10.0)
    extractor = painter.feature_extractor
    assert lab.content_distance == pytest.approx(metrics.content_distance(extractor, lab.picture, lab.photo), rel=1e-3)
    assert lab.style_distance == pytest.approx(metrics.style_distance(extractor, lab.picture, lab.painting), rel=1e-3)


def test_nothing_is_compiled_twice(lab):
    sizes = {SIZE, lab.engine.fluent_size}
    slide(lab, content=3.0, adversarial=20.0)
    lab.choose(photo="cat")
    other = InstantLab(lab.engine.painter)
    other.show(style=5.0)
    assert other.engine is lab.engine and lab.engine.traces == len(sizes)


def test_presets_set_all_three(lab):
    lab.show(adversarial=7.0)
    for name, weights in PRESETS.items():
        lab.presets[name].click()
        assert lab.weights == weights
    lab.presets["photo-like"].click()
    near = lab.content_distance
    lab.presets["painterly"].click()
    assert lab.content_distance > near


def test_a_smaller_picture_while_sliding_and_the_whole_one_after(painter):
    lab = instant(painter)
    lab.engine.fluent_size = SIZE // 2
    try:
        lab.choose(photo="cat")
        shown = []
        lab.screen.observe(lambda change: shown.append(Image.open(io.BytesIO(change.new)).size), "value")
        slide(lab, content=5.0)
        assert shown == [(SIZE // 2,) * 2, (SIZE, SIZE)]
    finally:
        engine_of.cache_clear()  # this engine was tampered with
        lab.close()


def test_the_wipe_shows_the_photo_on_the_left_and_the_picture_on_the_right(lab):
    lab.show(content=0.01, style=100.0)
    lab.wipe(0.5)
    screen, half = on_screen(lab), SIZE // 2
    assert np.abs(screen[:, : half - 8] - lab.photo[:, : half - 8]).mean() < 0.05
    assert np.abs(screen[:, half + 8 :] - lab.picture[:, half + 8 :]).mean() < 0.05
    lab.wiper.value = 1.0  # by hand
    assert np.abs(on_screen(lab)[:, :-8] - lab.photo[:, :-8]).mean() < 0.05
    assert np.abs(lab.picture - lab.photo).mean() > 0.1


# --- the trade-off ----------------------------------------------------------------------------------------------------


def test_the_curve_is_measured_at_each_ratio(lab, painter):
    curve = lab.curve()
    assert len(curve) == len(CURVE)
    picture = painter(lab.photo, lab.painting, content=CURVE[0] ** 0.5, style=CURVE[0] ** -0.5)
    wanted = metrics.content_distance(painter.feature_extractor, picture, lab.photo)
    assert curve[0][0] == pytest.approx(wanted, rel=1e-2)
    assert lab.plot.value.count("<circle") == len(CURVE) + 2  # the photo itself, and where the picture is
    assert curve == sorted(curve, key=lambda point: point[0])


def test_the_point_is_where_the_picture_is(lab):
    lab.curve()
    places = []
    for content in (100.0, 1.0, 0.01):
        lab.show(content=content)
        places.append(float(re.search(r'class="here" cx="([\d.]+)"', lab.plot.value)[1]))
        assert f"{lab.style_distance:.2f} at {lab.content_distance:.2f}" in lab.plot.value
    assert places == sorted(places)


@pytest.mark.parametrize(
    "weights, distances, said",
    [
        ((1, 20, 2), (0.1, 0.5, 1.0), "Content weighs 10 times as much as style. .* 10% and came 50% of the way"),
        ((1, 1, 4), (0.6, 0.1, 0.4), "Style weighs 4 times as much as content. .* 60% and came 75%"),
        ((1, 1, 1), (0.3, 0.5, 0.4), "weigh about the same. .* came no step nearer to the painting"),
        ((100, 0.01, 0.01), (0.3, 0.2, 0.4), "adversarial weight is 1e\\+04 times the others, so D decides"),
    ],
)
def test_the_reason_follows_from_the_numbers(weights, distances, said):
    assert re.search(said, reason(dict(zip(("adversarial", "content", "style"), weights, strict=True)), *distances))


# --- photos and paintings ---------------------------------------------------------------------------------------------


def test_menus_change_photo_and_painting(lab):
    before = lab.picture
    lab.photo_menu.value = "cat"
    assert np.array_equal(lab.photo, images.fit(domains.photos(SIZE, "test")[0], SIZE))
    middle = lab.picture
    lab.painting_menu.value = "woodcut"
    assert not np.array_equal(before, middle) and not np.array_equal(middle, lab.picture)
    assert set(lab.painting_menu.options) >= set(filters.FILTERS)
    assert set(lab.photo_menu.options) >= set(domains.photos(SIZE, "all").names)


def test_a_lab_on_pictures_of_ones_own(painter):
    photo, painting = (domains.photos(96, "train")[i] for i in (0, 1))
    lab = instant(painter, photo=photo, painting=painting)
    assert np.array_equal(lab.photo, images.fit(photo, SIZE))
    assert np.array_equal(lab.painting, images.fit(painting, SIZE))
    assert lab.photo_menu.value == lab.painting_menu.value == "yours"
    with pytest.raises(ImageError, match="shape"):
        instant(painter, photo=np.zeros((4, 4), "float32"))


@pytest.mark.parametrize("role", ["photo", "painting"])
@pytest.mark.parametrize("version", [7, 8])
def test_uploads_of_both_versions_of_ipywidgets_are_taken(lab, role, version):
    picture = domains.photos(80, "train")[2]
    content = encoded(picture)
    value = {"my photo.png": {"metadata": {"name": "my photo.png"}, "content": content}}
    if version == 8:
        value = ({"name": "my photo.png", "type": "image/png", "size": 1, "content": memoryview(content)},)
    assert parts.newest_upload(value) == ("my photo.png", content)
    lab._uploaded(role, value)
    assert np.abs(getattr(lab, role) - images.fit(images.from_uint8(images.to_uint8(picture)), SIZE)).max() < 0.01
    assert (lab.photo_menu if role == "photo" else lab.painting_menu).value == "my photo.png"
    assert 'images.fit(images.read("my photo.png"), 256)' in lab.code


def test_nothing_uploaded_is_nothing():
    assert parts.newest_upload(()) is parts.newest_upload({}) is None


def by_hand(lab, name, data, role):
    """A file chosen with the mouse."""
    file = {"name": name, "type": "image/png", "size": len(data), "content": memoryview(data)}
    lab.uploads[role].value = ({**file, "last_modified": datetime.datetime.now(datetime.timezone.utc)},)


@pytest.mark.parametrize(
    "name, data, said",
    [
        ("notes.txt", b"not a picture at all", "notes.txt is not an image"),
        ("empty.png", b"", "empty.png is empty"),
        ("half.png", encoded(np.zeros((64, 64, 3), "float32"))[:80], "half.png is"),
        ("film.mp4", bytes(parts.LARGEST_UPLOAD + 1), "film.mp4 has 50 MB"),
    ],
)
def test_an_upload_that_cannot_be_used_is_told_in_the_lab(lab, name, data, said):
    before = lab.picture, lab.screen.value, lab.photo_menu.value
    by_hand(lab, name, data, "photo")
    assert text(lab.line).startswith(said) and 'role="alert"' in lab.line.value
    assert "/tmp" not in text(lab.line)
    assert before == (lab.picture, lab.screen.value, lab.photo_menu.value)
    lab.show(content=4.0)
    assert not np.array_equal(lab.picture, before[0])


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(lab):
    buffer = io.BytesIO()
    Image.new("1", (9000, 9000)).save(buffer, "png")
    with pytest.raises(ImageError, match="huge.png has 9000 x 9000 px"):
        lab.upload("huge.png", buffer.getvalue(), "painting")


def test_a_painting_of_one_colour_is_told_and_painted(lab):
    lab.upload("red.png", encoded(np.full((40, 40, 3), (0.8, -0.8, -0.8), "float32")), "painting")
    assert "single colour" in text(lab.line)
    for weight in (0.01, 100.0):
        assert np.isfinite(lab.show(style=weight)).all()
        assert np.isfinite([lab.content_distance, lab.style_distance]).all()


# --- files, code, errors ----------------------------------------------------------------------------------------------


def test_save_writes_a_new_file_and_says_where(lab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab.show(style=30.0)
    lab.saver.click()
    lab.saver.click()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["painting-1.png", "painting-2.png"]
    assert str(tmp_path / "painting-2.png") in text(lab.line)
    assert np.abs(images.read("painting-1.png") - lab.picture).max() < 0.01


def test_a_place_that_cannot_be_written_is_told(lab, tmp_path, monkeypatch):
    with pytest.raises(ImageError, match="there is no folder"):
        lab.save(tmp_path / "no folder" / "a.png")
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    lab.saver.click()
    assert 'role="alert"' in lab.line.value


def test_the_code_paints_the_same_picture(lab, painter):
    lab.choose("rocket", "watercolour")
    slide(lab, content=2.0, adversarial=0.3)
    names = {"painter": painter}
    exec(lab.code, names)
    assert np.abs(names["picture"] - lab.picture).max() < NEAR
    assert lab.code in text(lab.code_view).replace("&quot;", '"')


@pytest.mark.parametrize("weight", [1000, 0.0, -1.0, float("nan"), "much"])
def test_a_weight_that_no_slider_has_raises_and_moves_nothing(lab, weight):
    before, weights = lab.picture, lab.weights
    with pytest.raises(SettingError, match=f"The content weight is {weight!r}: wanted a number from 0.01 to 100."):
        lab.show(adversarial=10.0, content=weight)
    assert lab.picture is before and lab.weights == weights


def test_show_returns_the_picture(lab):
    picture = lab.show(content=100)
    assert picture is lab.picture and picture.shape == (SIZE, SIZE, 3)


def test_a_wrong_name_raises(lab):
    before = lab.picture
    with pytest.raises(SettingError, match="There is no painting 'Vermeer': wanted one of brush, "):
        lab.choose(painting="Vermeer")
    assert lab.picture is before


@pytest.mark.parametrize("term", ["adversarial", "content", "style"])
@pytest.mark.parametrize("end", [0.01, 100.0])
def test_the_ends_of_the_sliders(lab, term, end):
    slide(lab, **{term: end})
    assert lab.weights[term] == end and np.isfinite(lab.picture).all()


def test_a_callback_that_fails_is_told_and_the_lab_lives_on(lab):
    before, draw = lab.picture, lab.engine.draw

    def broken(*arguments):
        raise MemoryError("no memory left")

    lab.engine.draw = broken
    slide(lab, content=20.0)
    assert "MemoryError: no memory left" in text(lab.line) and lab.picture is before
    with pytest.raises(MemoryError):  # a script must know
        lab.show(content=20.5)
    lab.engine.draw = draw
    slide(lab, content=21.0)
    assert not np.array_equal(lab.picture, before)


# --- in a kernel ------------------------------------------------------------------------------------------------------

KERNEL = """
import stylekit
lab = stylekit.lab.instant(stylekit.Painter(width=4, blocks=1))
painted, paint = [], lab.engine.draw
def counted(photo, code, weights):
    painted.append((len(photo), weights["content"]))
    return paint(photo, code, weights)
lab.engine.draw = counted
"""


@pytest.fixture(scope="module")
def kernel():
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TF_CPP_MIN_LOG_LEVEL": "3"}
    manager, client = start_new_kernel(kernel_name="python3", env=environment)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_of_a_flood_of_moves_the_newest_wins_and_none_queue_up(kernel):
    run(kernel, KERNEL)
    run(kernel, "lab.curve(); painted.clear()")
    slider = run(kernel, "print(lab.sliders['content'].model_id)").splitlines()[-1]
    moves = np.geomspace(0.02, 50, 300).round(4).tolist()
    for value in moves:
        data = {"method": "update", "state": {"value": value}, "buffer_paths": []}
        kernel.shell_channel.send(kernel.session.msg("comm_msg", {"comm_id": slider, "data": data}))
    # a cell's own messages come after the flood; it gives the lab time to rest
    run(kernel, "import asyncio\nwhile lab._here is None or lab._rested.waiting: await asyncio.sleep(0.02)")
    painted = eval(run(kernel, "print(painted)").splitlines()[-1])
    assert painted[-1] == (SIZE, float(f"{moves[-1]:.3g}"))
    assert 2 <= len(painted) < 20, painted


MOVES = """
import resource, stylekit, sys
lab = stylekit.lab.instant(stylekit.Painter(width=4, blocks=1))
def memory():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6
def move(times):
    for i in range(times):
        lab.sliders["content"].value = 0.02 + i % 97
move(40)
before = memory()
move(100)
print(memory() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux's /proc")
def test_moves_do_not_pile_up_in_memory():
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", MOVES], capture_output=True, text=True, env=environment, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    assert float(done.stdout.split()[-1]) < 5
