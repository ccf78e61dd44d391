"""Files are written whole or not at all."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylekit.files import write_whole


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
