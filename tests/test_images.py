"""Every kind of image file, every kind of broken one, and writing that never leaves half a file."""

import contextlib
import os
import shutil
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from stylekit import images
from stylekit.errors import DataError, ImageError, SettingError
from stylekit.images import arrays

RED, GREEN, BLUE, WHITE, BLACK = (1, -1, -1), (-1, 1, -1), (-1, -1, 1), (1, 1, 1), (-1, -1, -1)
pixels = hnp.arrays("uint8", st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3)))
# nothing that Pillow thinks of a file reaches the user unasked
pytestmark = pytest.mark.filterwarnings("error::UserWarning", "error::RuntimeWarning")
quick = settings(deadline=None, max_examples=30)


def corners(size=(40, 30)):
    """A picture that tells every rotation from every other: red, green, blue and white quarters."""
    image = Image.new("RGB", size, "white")
    w, h = size[0] // 2, size[1] // 2
    image.paste("red", (0, 0, w, h))
    image.paste("lime", (w, 0, 2 * w, h))
    image.paste("blue", (0, h, w, 2 * h))
    return image


def check_corners(picture, shape=(30, 40, 3), tolerance=0.05):
    assert picture.shape == shape and picture.dtype == np.float32
    found = [picture[4, 4], picture[4, -5], picture[-5, 4], picture[-5, -5]]
    assert np.allclose(found, [RED, GREEN, BLUE, WHITE], atol=tolerance)


def refused(call, *words):
    """call() raises one ImageError, one line that holds all the words."""
    with pytest.raises(ImageError) as caught:
        call()
    text = str(caught.value)
    assert "\n" not in text and text.endswith(".")
    for word in words:
        assert str(word) in text


def png(path, width, height, rows=b""):
    """A one-bit PNG made by hand, so that it can claim any size."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")
    )
    return path


# Every kind of file that holds a picture


@pytest.mark.parametrize("suffix", ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "PNG"])
def test_reads_every_format(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    corners().save(path, **({"quality": 95} if suffix in ("jpg", "jpeg", "webp") else {}))
    check_corners(images.read(path), tolerance=0.15)
    check_corners(images.read(str(path)), tolerance=0.15)


def test_reads_one_pixel(tmp_path):
    Image.new("RGB", (1, 1), "red").save(tmp_path / "a.png")
    assert np.array_equal(images.read(tmp_path / "a.png"), [[RED]])
    assert np.array_equal(images.read(tmp_path / "a.png", 8), np.full((8, 8, 3), RED))


def test_scales_16_bits(tmp_path):
    values = np.array([[0, 255, 32768, 65535]], "uint16")
    for name in ("a.png", "a.tif"):
        Image.fromarray(values).save(tmp_path / name)
        picture = images.read(tmp_path / name)
        assert picture.shape == (1, 4, 3)
        assert np.allclose(picture[0, :, 1], values[0] / 65535 * 2 - 1, atol=1 / 255)


def test_reads_16_bit_colour(tmp_path):
    row = np.array([0, 65535, 0, 0, 0, 32768, 0, 0], ">u2").tobytes()[:12]  # two pixels: green, half blue
    path = tmp_path / "a.png"
    png(path, 2, 1, b"\0" + row)
    data = bytearray(path.read_bytes())
    data[24:26] = b"\x10\x02"  # 16 bits, RGB
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    path.write_bytes(data)
    assert np.allclose(images.read(path), [[GREEN, (-1, -1, 0)]], atol=0.01)


def test_scales_float_grey_and_refuses_unknown_range(tmp_path):
    Image.fromarray(np.array([[0, 0.5, 1]], "float32")).save(tmp_path / "a.tif")
    assert np.allclose(images.read(tmp_path / "a.tif")[0, :, 0], [-1, 0, 1], atol=0.01)
    for wrong in (200, np.nan, -1):
        Image.fromarray(np.array([[0, wrong]], "float32")).save(tmp_path / "b.tif")
        refused(lambda: images.read(tmp_path / "b.tif"), "b.tif", "wanted 0 to 1", "8 bits")


@pytest.mark.parametrize("mode", ["L", "1"])
def test_reads_grey(tmp_path, mode):
    image = Image.new(mode, (4, 2), 255)
    image.putpixel((0, 0), 0)
    image.save(tmp_path / "a.png")
    picture = images.read(tmp_path / "a.png")
    assert np.array_equal(picture[0, 0], BLACK) and np.array_equal(picture[1, 3], WHITE)


def test_reads_palette(tmp_path):
    corners().quantize(8).save(tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").mode == "P"
    check_corners(images.read(tmp_path / "a.png"))


@pytest.mark.parametrize("suffix", ["png", "gif"])
def test_palette_transparency_lies_on_white(tmp_path, suffix):
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((1, 0), 1)
    image.save(tmp_path / f"a.{suffix}", transparency=0)
    assert np.array_equal(images.read(tmp_path / f"a.{suffix}"), [[WHITE, GREEN]])


@pytest.mark.parametrize("suffix", ["png", "webp", "tif"])
def test_alpha_lies_on_white(tmp_path, suffix):
    image = Image.new("RGBA", (3, 1), (0, 0, 0, 0))
    image.putpixel((1, 0), (0, 0, 0, 128))
    image.putpixel((2, 0), (0, 0, 0, 255))
    image.save(tmp_path / f"a.{suffix}", **({"lossless": True} if suffix == "webp" else {}))
    assert np.allclose(images.read(tmp_path / f"a.{suffix}")[0, :, 0], [1, 0, -1], atol=0.01)


def test_grey_with_alpha_lies_on_white(tmp_path):
    Image.fromarray(np.array([[[0, 0], [0, 255]]], "uint8"), "LA").save(tmp_path / "a.png")
    assert np.array_equal(images.read(tmp_path / "a.png"), [[WHITE, BLACK]])


def test_reads_cmyk(tmp_path):
    corners().convert("CMYK").save(tmp_path / "a.jpg", quality=98)
    assert Image.open(tmp_path / "a.jpg").mode == "CMYK"
    check_corners(images.read(tmp_path / "a.jpg"), tolerance=0.15)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_applies_camera_rotation(tmp_path, orientation):
    flip = Image.Transpose
    undo = [None, flip.FLIP_LEFT_RIGHT, flip.ROTATE_180, flip.FLIP_TOP_BOTTOM]
    undo += [flip.TRANSPOSE, flip.ROTATE_90, flip.TRANSVERSE, flip.ROTATE_270]
    image = corners()
    exif = image.getexif()
    exif[0x0112] = orientation
    stored = image if orientation == 1 else image.transpose(undo[orientation - 1])
    stored.save(tmp_path / "a.png", exif=exif)
    check_corners(images.read(tmp_path / "a.png"))
    check_corners(images.read(tmp_path / "a.png", 60), (60, 80, 3))


def test_animation_gives_first_frame(tmp_path):
    for name in ("a.gif", "a.webp"):
        corners().save(tmp_path / name, save_all=True, append_images=[Image.new("RGB", (40, 30), "black")], quality=95)
        assert Image.open(tmp_path / name).n_frames == 2
        check_corners(images.read(tmp_path / name), tolerance=0.15)


def test_reads_at_a_size(tmp_path):
    corners((400, 200)).save(tmp_path / "a.png")
    check_corners(images.read(tmp_path / "a.png", 50), (50, 100, 3), tolerance=0.1)
    for wrong in (0, -1, 2.5, "big", True, float("nan")):
        with pytest.raises(SettingError):
            images.read(tmp_path / "a.png", wrong)


# Files that hold none


def test_refuses_what_is_no_image(tmp_path):
    (tmp_path / "a.png").write_text("no image at all")
    refused(lambda: images.read(tmp_path / "a.png"), "a.png", "not an image", ".jpg")
    (tmp_path / "b.png").write_bytes(b"")
    refused(lambda: images.read(tmp_path / "b.png"), "b.png", "0 bytes")
    (tmp_path / "c.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n")
    refused(lambda: images.read(tmp_path / "c.eps"), "c.eps", "not an image")


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "bmp", "tif"])
def test_refuses_truncated(tmp_path, suffix):
    path, noise = tmp_path / f"a.{suffix}", np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype="uint8")
    Image.fromarray(noise).save(path)
    whole = path.read_bytes()
    for part in (0.02, 0.3, 0.6, 0.9):
        path.write_bytes(whole[: int(len(whole) * part)])
        refused(lambda: images.read(path), f"a.{suffix}")


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "bmp", "tif"])
def test_damage_gives_a_picture_or_one_error(tmp_path, suffix):
    """Flipped bytes anywhere: whatever the decoder raises, nothing but ImageError comes out."""
    path, random = tmp_path / f"a.{suffix}", np.random.default_rng(1)
    corners().save(path)
    whole = path.read_bytes()
    for _ in range(150):
        damaged = bytearray(whole)
        for place in random.integers(0, len(whole), 3):
            damaged[place] = random.integers(256)
        path.write_bytes(damaged)
        try:
            images.check(images.read(path))
        except ImageError:
            pass


def test_refuses_a_chunk_that_is_none(tmp_path):
    """Pillow answers this one with a SyntaxError."""
    path = png(tmp_path / "a.png", 64, 64, b"\0" * 100)
    path.write_bytes(path.read_bytes()[:-12] + b"\0\0\0\0\x1f3\xd0\xe1" + bytes(100))
    refused(lambda: images.read(path), "a.png", "damaged", "again")


def test_refuses_missing_and_folder(tmp_path):
    refused(lambda: images.read(tmp_path / "none.png"), "none.png", "no file")
    refused(lambda: images.read(tmp_path), tmp_path.name, "folder")
    refused(lambda: images.read("a\0b.png"), "Cannot read")
    refused(lambda: images.read(tmp_path / ("a" * 300 + ".png")), "Cannot read")


def test_refuses_unreadable(tmp_path):
    corners().save(tmp_path / "a.png")
    (tmp_path / "a.png").chmod(0)
    if os.access(tmp_path / "a.png", os.R_OK):  # root reads everything, so ask as somebody else
        code = f"from stylekit import images\nos.setuid(65534)\nimages.read({str(tmp_path / 'a.png')!r})"
        ran = subprocess.run([sys.executable, "-c", "import os\n" + code], capture_output=True, text=True)
        assert "ImageError: Cannot read" in ran.stderr and "Permission denied" in ran.stderr
    else:
        refused(lambda: images.read(tmp_path / "a.png"), "a.png", "Permission denied")


@pytest.mark.skipif(sys.platform == "win32", reason="measures memory the POSIX way")
def test_refuses_huge_before_decoding(tmp_path):
    path = png(tmp_path / "huge.png", 30_000, 30_000, bytes(30_000 * (1 + 30_000 // 8)))
    code = f"""if True:
        import resource, zlib
        from stylekit import images
        from stylekit.errors import ImageError
        try:
            images.read({str(tmp_path / "small.png")!r})  # so that all code is loaded before measuring
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            images.read({str(path)!r})
        except ImageError as error:
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, error)
    """
    corners().save(tmp_path / "small.png")
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    grown, message = ran.stdout.split(" ", 1)
    assert int(grown) * (1 if sys.platform == "darwin" else 1024) < 20e6  # its pixels would take 900 MB
    assert "huge.png" in message and "million pixels" in message


@pytest.mark.parametrize("side", [8_001, 12_000, 20_000, 2**31 - 1])
def test_refuses_every_size_above_the_limit(tmp_path, side):
    refused(lambda: images.read(png(tmp_path / "a.png", side, side)), "a.png", "million pixels", "smaller")


def test_limit_is_exact(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "MAX_PIXELS", 1200)
    corners().save(tmp_path / "a.png")
    check_corners(images.read(tmp_path / "a.png"))
    corners((40, 31)).save(tmp_path / "a.png")
    refused(lambda: images.read(tmp_path / "a.png"), "40 x 31 px")


def test_refuses_to_scale_a_line_to_a_giant(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "MAX_PIXELS", 30_000)
    Image.new("RGB", (30_000, 1)).save(tmp_path / "a.png")
    refused(lambda: images.read(tmp_path / "a.png", 2), "60000 x 2 px", "smaller")
    refused(lambda: images.resize(np.zeros((9, 9, 3)), 200), "200 x 200 px", "smaller")
    refused(lambda: images.fit(np.zeros((9, 9, 3)), 200), "200 x 200 px", "smaller")


# Writing


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".webp", ".PNG"])
def test_writes_what_it_reads(tmp_path, suffix):
    picture = images.from_uint8(np.asarray(corners()))
    path = images.write(picture, str(tmp_path / f"a{suffix}"), quality=95)
    assert path == tmp_path / f"a{suffix}"
    check_corners(images.read(path), tolerance=0.15)
    assert os.listdir(tmp_path) == [f"a{suffix}"]
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


@quick
@given(pixels)
def test_png_keeps_every_value(tmp_path_factory, array):
    path = tmp_path_factory.getbasetemp() / "round.png"
    assert np.array_equal(images.to_uint8(images.read(images.write(images.from_uint8(array), path))), array)


def test_quality_changes_the_file():
    noise = np.random.default_rng(0).uniform(-1, 1, (64, 64, 3))
    assert len(images.encode(noise, "jpeg", 30)) < len(images.encode(noise, "jpeg", 95))
    with pytest.raises(SettingError):
        images.encode(noise, "jpeg", 0)


def test_refuses_unknown_suffix_and_place(tmp_path):
    picture = np.zeros((4, 4, 3), "float32")
    refused(lambda: images.write(picture, tmp_path / "a.gif"), "a.gif", ".png")
    refused(lambda: images.write(picture, tmp_path / "a"), "missing", ".png")
    refused(lambda: images.write(picture, tmp_path / "none" / "a.png"), "none", "no folder")
    refused(lambda: images.write(picture, __file__ + "/a.png"), "no folder")
    (tmp_path / "b.png").mkdir()
    refused(lambda: images.write(picture, tmp_path / "b.png"), "b.png", "folder")
    refused(lambda: images.write(np.zeros((1, 20_000, 3)), tmp_path / "wide.webp"), "WEBP", "smaller")
    refused(lambda: images.write(picture, tmp_path / ("a" * 300 + ".png")), "Cannot write")
    refused(lambda: images.write(picture, tmp_path / "a\0.png"), "Cannot write")
    refused(lambda: images.encode(picture, "gif"), "gif", "png")
    assert os.listdir(tmp_path) == ["b.png"]


def test_refuses_unwritable_place(tmp_path):
    tmp_path.chmod(0o555)
    place = "/proc/a.png" if os.access(tmp_path, os.W_OK) else tmp_path / "a.png"  # root writes anywhere but there
    try:
        refused(lambda: images.write(np.zeros((4, 4, 3)), place), "Cannot write", "a.png", "another folder")
    finally:
        tmp_path.chmod(0o755)


def writing_fails_whole(folder):
    """The next write into folder runs out of space: the old file stays, and nothing else."""
    old = images.write(np.zeros((2, 2, 3)), folder / "a.png").read_bytes()
    noise = np.random.default_rng(0).uniform(-1, 1, (300, 300, 3))
    for name in ("a.png", "new.png"):
        refused(lambda name=name: images.write(noise, folder / name), "Cannot write", name, "free some space")
    assert os.listdir(folder) == ["a.png"]
    assert (folder / "a.png").read_bytes() == old


@contextlib.contextmanager
def disk(folder, options):
    """A disk of its own, mounted at folder."""
    if shutil.which("mount") is None or sys.platform != "linux":
        pytest.skip("mounts a small disk the Linux way")
    ran = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], capture_output=True)
    if ran.returncode:
        pytest.skip("only root may mount a small disk; test_file_size_limit tests the same path")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_full_disk(tmp_path):
    with disk(tmp_path, "size=64k"):
        writing_fails_whole(tmp_path)


def test_read_only_disk(tmp_path):
    with disk(tmp_path, "ro"):
        refused(lambda: images.write(np.zeros((4, 4, 3)), tmp_path / "a.png"), "a.png", "Read-only", "another folder")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
def test_file_size_limit(tmp_path):
    import resource
    import signal

    limit, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, limit[1]))
    try:
        writing_fails_whole(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch, step):
    old = images.write(np.zeros((2, 2, 3)), tmp_path / "a.png").read_bytes()

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, step, interrupt)
    with pytest.raises(KeyboardInterrupt):
        images.write(np.ones((2, 2, 3)), tmp_path / "a.png")
    assert os.listdir(tmp_path) == ["a.png"] and (tmp_path / "a.png").read_bytes() == old


# Arrays


@pytest.mark.parametrize(
    "wrong, words",
    [
        (np.full((4, 4, 3), np.nan), ["48 values", "NaN"]),
        (np.array([[[0, np.inf, 0]]]), ["1 values", "infinite"]),
        (np.full((4, 4, 3), 200.0), ["200", "[-1, 1]"]),
        (np.full((4, 4, 3), -1.01), ["-1.01", "[-1, 1]"]),
        (np.zeros((4, 4, 3), "uint8"), ["uint8", "from_uint8"]),
        (np.zeros((4, 4)), ["(4, 4)", "(h, w, 3)"]),
        (np.zeros((4, 4, 4)), ["(4, 4, 4)"]),
        (np.zeros((1, 1, 4, 4, 3)), ["(1, 1, 4, 4, 3)"]),
        (np.zeros((0, 4, 3)), ["(0, 4, 3)"]),
        (np.zeros((4, 4, 3), bool), ["bool"]),
        (np.zeros((4, 4, 3), complex), ["complex"]),
        (None, ["object"]),
        ("photo.png", ["photo"]),
        ([[0.0], [0.0, 1.0]], ["no array"]),
    ],
)
def test_check_says_what_is_wrong(wrong, words):
    refused(lambda: images.check(wrong, "photo"), "photo", *words)
    for use in (images.to_uint8, images.encode, lambda a: images.resize(a, 8), lambda a: images.fit(a, 8)):
        refused(lambda use=use: use(wrong))


def test_check_accepts_rounding_and_kinds():
    for kind in ("float16", "float32", "float64"):
        checked = images.check(np.full((2, 2, 3), 1, kind))
        assert checked.dtype == np.float32 and checked.shape == (2, 2, 3)
    assert images.check(np.full((5, 2, 2, 3), 1.0005)).max() == 1
    assert images.check([[[0.5, 0.5, 0.5]]]).shape == (1, 1, 3)
    refused(lambda: images.check(np.full((2, 2, 3), 1.002)))


def test_batches_are_refused_where_one_picture_is_wanted(tmp_path):
    batch = np.zeros((2, 4, 4, 3))
    for use in (images.encode, lambda a: images.resize(a, 8), lambda a: images.write(a, tmp_path / "a.png")):
        refused(lambda use=use: use(batch), "(2, 4, 4, 3)", "one picture")


def test_eight_bits_and_back():
    every = np.arange(256, dtype="uint8").repeat(3).reshape(16, 16, 3)
    picture = images.from_uint8(every)
    assert picture.dtype == np.float32 and picture.min() == -1 and picture.max() == 1
    assert np.array_equal(images.to_uint8(picture), every)
    assert np.array_equal(images.to_uint8(np.stack([picture, picture])), [every, every])
    for wrong in (every.astype(int), every[..., 0], every[..., :2], every[0], every[None, None]):
        refused(lambda wrong=wrong: images.from_uint8(wrong), "wanted uint8")


# Sizes


@quick
@given(pixels, st.integers(1, 40))
def test_resize_keeps_aspect_and_range(array, side):
    picture = images.resize(images.from_uint8(array), side)
    h, w = array.shape[:2]
    assert min(picture.shape[:2]) == side and picture.dtype == np.float32
    assert abs(max(picture.shape[:2]) - side * max(h, w) / min(h, w)) <= 0.5
    assert np.array_equal(images.check(picture), picture)


@quick
@given(pixels, st.integers(1, 30), st.integers(1, 30))
@example(np.zeros((1, 7, 3), "uint8"), 1, 25)  # 7 - 25 * (7 / 25) is -9e-16
@example(np.zeros((7, 1, 3), "uint8"), 25, 1)
def test_fit_gives_the_shape(array, height, width):
    picture = images.from_uint8(array)
    assert images.fit(picture, (height, width)).shape == (height, width, 3)
    assert images.fit(picture, height).shape == (height, height, 3)
    assert np.array_equal(images.fit(picture, array.shape[:2]), picture)


def test_fit_takes_the_centre():
    picture = np.full((10, 30, 3), -1.0)
    picture[:, 10:20] = 1
    assert np.array_equal(images.fit(picture, 10), np.ones((10, 10, 3)))
    assert images.fit(picture, 20)[:, 3:-3].min() > 0.9
    assert np.array_equal(images.fit(picture.swapaxes(0, 1), 10), np.ones((10, 10, 3)))


def test_shrinking_does_not_alias():
    stripes = np.tile(np.array([-1.0, 1.0])[:, None], (64, 128, 3)).reshape(128, 128, 3)
    assert np.abs(images.resize(stripes, 32)).max() < 0.1
    assert np.abs(images.fit(stripes, 32)).max() < 0.1


def test_resize_agrees_with_reading_at_a_size(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype="uint8")
    Image.fromarray(noise).save(tmp_path / "a.png")
    assert np.allclose(images.read(tmp_path / "a.png", 20), images.resize(images.from_uint8(noise), 20), atol=0.02)


def test_montage_places_every_picture():
    a, b, c = np.full((4, 5, 3), -1.0), np.full((4, 6, 3), 0.0), np.full((3, 2, 3), -0.5)
    canvas = images.montage([[a, b], [c]], gap=2, background=1)
    assert canvas.shape == (4 + 3 + 3 * 2, 5 + 6 + 3 * 2, 3) and canvas.dtype == np.float32
    assert (canvas[2:6, 2:7] == -1).all() and (canvas[2:6, 9:15] == 0).all() and (canvas[8:11, 2:4] == -0.5).all()
    assert (canvas == 1).sum() == canvas.size - a.size - b.size - c.size
    assert images.montage([np.stack([a, a])], gap=0).shape == (4, 10, 3)
    refused(lambda: images.montage([[a, c]]), "Row 1", "[3, 4]")
    refused(lambda: images.montage([]), "at least one")
    refused(lambda: images.montage([[a], []]), "at least one")


# Folders


def test_find_goes_deep_and_sorts(tmp_path):
    for name in ("b.JPG", "a.png", "in/c.webp", "in/d.txt", ".hidden/e.png", "._a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert [path.relative_to(tmp_path).as_posix() for path in images.find(tmp_path)] == ["a.png", "b.JPG", "in/c.webp"]
    (tmp_path / "empty").mkdir()
    assert images.find(tmp_path / "empty") == []
    for wrong, word in ((tmp_path / "none", "does not exist"), (tmp_path / "a.png", "is a file")):
        with pytest.raises(DataError, match=word):
            images.find(wrong)


@pytest.mark.slow
def test_images_need_no_tensorflow():
    code = "import sys, stylekit.images; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
