"""Files are written whole or not at all, arrays are read without running anything, data files are found."""

import io
import os
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylekit import files
from stylekit.errors import DataError
from stylekit.files import data_file, read_arrays, write_whole


@settings(deadline=None, max_examples=20)
@given(data=st.binary(max_size=5000))
def test_what_is_written_is_read_back_over_an_older_file_too(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("files") / "file"
    path.write_bytes(b"older, and longer than most of what comes now" * 100)
    write_whole(path, data)
    assert path.read_bytes() == data
    assert os.listdir(path.parent) == ["file"]  # nothing temporary is left


def test_where_writing_fails_the_older_file_stays_and_nothing_is_left(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"older")
    with pytest.raises(TypeError):
        write_whole(path, "not bytes: fails after the temporary file was made")
    assert path.read_bytes() == b"older"
    assert os.listdir(tmp_path) == ["file"]


def test_a_place_that_cannot_be_written_is_an_oserror(tmp_path):
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    with pytest.raises(OSError):
        write_whole(tmp_path / "folder", b"a folder is in the way")
    with pytest.raises(OSError):
        write_whole(tmp_path / "none" / "file", b"no such folder")
    assert os.listdir(tmp_path) == ["folder"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="resource limits are tested where there is POSIX")
def test_a_file_too_large_for_the_disk_leaves_the_older_one(tmp_path):
    import resource
    import signal

    path = tmp_path / "file"
    path.write_bytes(b"older")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # otherwise the process ends where the limit is met
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError):
            write_whole(path, bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert path.read_bytes() == b"older" and os.listdir(tmp_path) == ["file"]


# --- arrays -----------------------------------------------------------------------------------------------------------


def packed(**arrays):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def test_arrays_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "arrays.npz"
    path.write_bytes(packed(a=np.arange(6, dtype="float32").reshape(2, 3), b=np.array(7)))
    arrays = read_arrays(path)
    assert list(arrays) == ["a", "b"] and arrays["a"].dtype == "float32" and arrays["b"] == 7
    assert np.array_equal(arrays["a"], [[0, 1, 2], [3, 4, 5]])


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_a_damaged_file_of_arrays_is_refused_or_unchanged(tmp_path_factory, data):
    """One byte changed or the end cut off: a DataError, or the arrays as they were where the byte says nothing."""
    array = np.arange(40, dtype="float32")
    whole = packed(a=array)
    place = data.draw(st.integers(0, len(whole) - 1))
    cut = data.draw(st.booleans())
    byte = bytes([whole[place] ^ data.draw(st.integers(1, 255))])
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    path.write_bytes(whole[:place] if cut else whole[:place] + byte + whole[place + 1 :])
    try:
        arrays = read_arrays(path)
    except DataError as error:
        assert "damaged.npz is not a readable file of arrays" in str(error)
    else:
        assert not cut
        assert all(np.array_equal(found, array) for found in arrays.values())


@pytest.mark.parametrize("content", [b"", b"garbage", None, "npy"])
def test_what_is_no_file_of_arrays_is_refused(tmp_path, content):
    path = tmp_path / "none.npz"
    if content == "npy":
        with open(path, "wb") as file:
            np.save(file, np.arange(3))
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match="none.npz is not a readable file of arrays"):
        read_arrays(path)


class Command:
    """What a malicious file holds: unpickled in the ordinary way, it makes a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_what_a_malicious_file_wants_to_run_does_not_run(tmp_path):
    path, mark = tmp_path / "evil.npz", tmp_path / "mark"
    path.write_bytes(packed(a=np.array([Command(str(mark))], dtype=object)))
    with pytest.raises(DataError, match="evil.npz"):
        read_arrays(path)
    assert not mark.exists()
    np.load(path, allow_pickle=True)["a"]  # the attack is a real one: read in the ordinary way, it runs
    assert mark.exists()


def test_an_archive_with_a_password_is_refused(tmp_path):
    path = tmp_path / "locked.npz"
    data = bytearray(packed(a=np.arange(3)))
    data[data.rindex(b"PK\1\2") + 8] |= 1  # the flag that says encrypted
    path.write_bytes(data)
    assert zipfile.is_zipfile(path)
    with pytest.raises(DataError, match="locked.npz"):
        read_arrays(path)


# --- data files -------------------------------------------------------------------------------------------------------


def test_data_is_found_in_a_checkout_and_in_a_wheel(tmp_path, monkeypatch):
    assert data_file("datasets.toml").read_text().strip()
    wheel, checkout = tmp_path / "_data", tmp_path / "data"
    monkeypatch.setattr(files, "DATA_FOLDERS", (wheel, checkout))
    for folder in (checkout, wheel):
        (folder / "weights").mkdir(parents=True)
        (folder / "weights" / "x.npz").touch()
        assert data_file("weights/x.npz") == folder / "weights" / "x.npz"


def test_a_data_file_that_is_missing_is_named():
    with pytest.raises(DataError, match="The data file weights/none.npz is missing from .*data and from the installed"):
        data_file("weights/none.npz")
