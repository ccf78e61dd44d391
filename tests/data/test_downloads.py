"""Downloads from a real server on this machine that misbehaves in every way a server can."""

import hashlib
import multiprocessing
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from picture_server import (
    ALL,
    GOOD,
    PICTURES,
    circle,
    dies_at_half,
    in_two_halves,
    kept,
    moved,
    picture,
    silent,
    status,
    tarred,
    trickling,
    whole,
    zipped,
)

from stylekit import cli, images
from stylekit.data import downloads
from stylekit.errors import DataError, SettingError, StylekitError

# --- the right archive ------------------------------------------------------------------------------------------------


def test_a_set_is_fetched_once_and_only_its_images_are_kept(art, server, cache):
    downloads.fetch(art)
    downloads.fetch(art)
    assert server.asked == ["art.zip"] and kept(cache) == ALL


def test_both_domains_come_in_their_splits(art, monkeypatch):
    monkeypatch.setattr(downloads, "datasets", lambda: {"art": art})
    photos, paintings = downloads.download("art", size=8)
    assert [round(float(p.mean()), 1) for p in photos] == [round((10 + i) / 50 - 1, 1) for i in range(3)]
    assert [round(float(p.mean()), 1) for p in paintings] == [round(i / 50 - 1, 1) for i in range(3)]
    assert downloads.download("art", size=8, split="test")[0][0].mean() == pytest.approx(30 / 50 - 1, abs=0.01)
    assert len(downloads.download("art", size=8, most=2)[0]) == 2
    with pytest.raises(SettingError, match="wanted 'train' or 'test'"):
        downloads.download("art", split="all")


def test_two_pictures_in_one_file_are_cut_apart(art, server, monkeypatch):
    both = images.encode(np.concatenate([np.full((8, 8, 3), -1.0), np.full((8, 8, 3), 1.0)], axis=1).astype("float32"))
    data = tarred({f"art/{split}/{i}.png": both for split in ("train", "val") for i in range(2)})
    server.pages["art.tar.gz"] = whole(data)
    sides = {side: {"half": side, "train": "train", "test": "val"} for side in ("left", "right")}
    batches = replace(
        art,
        addresses=[server.address("art.tar.gz")],
        photos=sides["right"],
        paintings=sides["left"],
        pictures=4,
        bytes=len(data),
        sha256="",
    )
    monkeypatch.setattr(downloads, "datasets", lambda: {"art": batches})
    with pytest.warns(UserWarning, match="No checksum of art is known"):
        photos, paintings = downloads.download("art", size=8)
    assert photos[0].shape == paintings[0].shape == (8, 8, 3)
    assert photos[0].min() == 1 and paintings[0].max() == -1 and photos.names == paintings.names


# --- addresses that fail ----------------------------------------------------------------------------------------------

FAULTS = {
    "404": (status(404), "answers 404"),
    "500": (status(500), "answers 500"),
    "dies at half": (dies_at_half, "broke off"),
    "says it is shorter": (lambda handler: handler.give(GOOD, length=len(GOOD) // 2), "checksum differs"),
    "wrong bytes": (whole(GOOD[:-1] + b"?"), "checksum differs"),
    "another length": (whole(GOOD + b"more"), "checksum differs"),
    "nothing": (whole(b""), "checksum differs"),
    "silent": (silent, "silent for"),
    "trickling": (trickling, "slower than 10 kB/s"),
    "moved in a circle": (circle, "redirects in a circle"),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_the_next_address_is_asked(art, server, cache, fault, monkeypatch):
    monkeypatch.setattr(downloads, "SILENCE", 1)
    server.pages["bad.zip"] = FAULTS[fault][0]
    both = replace(art, addresses=[server.address("bad.zip"), server.address("art.zip")])
    downloads.fetch(both)
    assert list(dict.fromkeys(server.asked)) == ["bad.zip", "art.zip"] and kept(cache) == ALL


@pytest.mark.parametrize("fault", FAULTS)
def test_where_no_address_works_one_sentence_says_why_and_nothing_is_kept(art, server, cache, fault, monkeypatch):
    monkeypatch.setattr(downloads, "SILENCE", 1)
    server.pages["art.zip"], reason = FAULTS[fault]
    with pytest.raises(DataError, match=f"(?s)No address gave art.*{reason}.*stylekit.photos"):
        downloads.fetch(art)
    assert kept(cache) == []
    server.pages["art.zip"] = whole()
    downloads.fetch(art)  # and once it works again, it works
    assert kept(cache) == ALL


def test_a_redirect_is_followed(art, server, cache):
    server.pages["old.zip"] = moved
    downloads.fetch(replace(art, addresses=[server.address("old.zip")]))
    assert kept(cache) == ALL


def test_without_a_network_the_error_says_what_works_without(art, cache):
    with pytest.raises(DataError, match="no connection.*stylekit.filtered"):
        downloads.fetch(replace(art, addresses=["http://127.0.0.1:1/art.zip"]))
    assert kept(cache) == []


def test_without_a_checksum_the_size_decides(art, server, cache):
    server.pages["art.zip"] = whole(GOOD + b"more")
    with pytest.warns(UserWarning), pytest.raises(DataError, match=f"{len(GOOD) + 4} bytes, wanted {len(GOOD)}"):
        downloads.fetch(replace(art, sha256=""))
    assert kept(cache) == []


def test_without_a_checksum_a_wrong_archive_makes_the_next_address_be_asked(art, server, cache):
    """A provider's page in place of the archive, or an archive with a part of the images, has any size."""
    few = {path: data for path, data in PICTURES.items() if not path.endswith("2.png")}
    server.pages |= {"page.zip": whole(b"<html>Log in first</html>" * 50), "few.zip": whole(zipped(few))}
    server.pages["other.zip"] = whole(zipped({f"cats/{i}.png": picture(i) for i in range(12)}))
    names = ["page.zip", "few.zip", "other.zip", "art.zip"]
    unknown = replace(art, sha256="", bytes=0, addresses=[server.address(name) for name in names])
    with pytest.warns(UserWarning):
        downloads.fetch(unknown)
    assert server.asked == names and kept(cache) == ALL
    downloads.shutil.rmtree(cache)
    with pytest.warns(UserWarning), pytest.raises(DataError, match="damaged.*; .*8 images, wanted 12; .*another arc"):
        downloads.fetch(replace(unknown, addresses=unknown.addresses[:3]))
    assert kept(cache) == []


def test_a_bar_shows_size_and_speed(art, server, capsys):
    server.pages["art.zip"] = in_two_halves
    downloads.fetch(art)
    last = capsys.readouterr().err.strip().split("\r")[-1].split("\x1b")[0]
    assert last.startswith("100%") and re.search(r"\d[\d.]*k/\d[\d.]*k .*B/s", last)


# --- interruptions ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_ctrl_c_leaves_nothing(art, server, cache):
    """A real interrupt, in the middle of a download that has fallen silent."""
    server.pages["art.zip"] = silent
    program = """
import pickle, signal, sys
from stylekit.data import downloads
signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background may have it ignored
downloads.fetch(pickle.loads(bytes.fromhex(sys.argv[1])))
"""
    command = [sys.executable, "-c", program, pickle.dumps(art).hex()]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=subprocess.PIPE)
    assert server.silence.wait(60)
    process.send_signal(signal.SIGINT)
    assert b"KeyboardInterrupt" in process.communicate(timeout=60)[1]
    assert kept(cache) == []


def _fetch(art, cache, done):
    os.environ["STYLEKIT_CACHE"] = str(cache)
    done.put(str(downloads.fetch(art)))


@pytest.mark.slow
def test_two_processes_that_fetch_the_same_set_both_get_it(art, server, cache):
    both_asked = threading.Barrier(2)

    def together(handler):
        both_asked.wait(60)
        handler.give(GOOD)

    server.pages["art.zip"] = together
    context = multiprocessing.get_context("spawn")
    done = context.Queue()
    both = [context.Process(target=_fetch, args=(art, cache, done)) for _ in range(2)]
    for process in both:
        process.start()
    assert {done.get(timeout=60) for _ in both} == {str(cache / "art")}
    for process in both:
        process.join(60)
    assert kept(cache) == ALL


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux") or os.geteuid() != 0, reason="needs a small disk: Linux, root")
def test_a_full_disk_leaves_nothing(art, server, tmp_path, monkeypatch):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("may not mount a small disk here")
    try:
        monkeypatch.setenv("STYLEKIT_CACHE", str(disk / "cache"))
        data = zipped({f"trainA/{i}.png": os.urandom(20_000) for i in range(9)})
        server.pages["art.zip"] = whole(data)
        with pytest.raises(DataError, match="(?i)no space left.*STYLEKIT_CACHE"):
            downloads.fetch(replace(art, bytes=len(data), sha256=hashlib.sha256(data).hexdigest()))
        assert kept(disk / "cache") == []
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_cache_that_cannot_be_written_is_told(art, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("STYLEKIT_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match="Cannot keep art in .*STYLEKIT_CACHE"):
        downloads.fetch(art)


# --- the registry and the command -------------------------------------------------------------------------------------


def test_every_entry_is_whole():
    entries = downloads.datasets()
    assert {
        "monet2photo",
        "vangogh2photo",
        "cezanne2photo",
        "ukiyoe2photo",
        "horse2zebra",
        "apple2orange",
        "facades",
        "summer2winter_yosemite",
        "maps",
        "edges2shoes",
    } == set(entries)
    for entry in entries.values():
        assert len(entry.addresses) >= 2 and all(address.startswith("http") for address in entry.addresses)
        assert entry.pictures > 500 and entry.licence and entry.citation and entry.about
        assert not entry.sha256 or len(bytes.fromhex(entry.sha256)) == 32 and entry.bytes > 1e7
        assert {"train", "test"} <= set(entry.photos) and {"train", "test"} <= set(entry.paintings)


def test_an_unknown_name_is_told_what_there_is():
    for call in (downloads.download, downloads.remove):
        with pytest.raises(StylekitError, match="'monet'.*monet2photo"):
            call("monet")


def test_the_command_fetches_lists_and_removes(art, cache, monkeypatch, capsys):
    monkeypatch.setattr(downloads, "datasets", lambda: {"art": art})
    assert cli.main(["download", "art"]) == 0 and "stylekit.download('art')" in capsys.readouterr().out
    assert cli.main(["download", "--list"]) == 0
    assert re.search(rf"art .*, here\n +licence: {re.escape(art.licence)}\n", capsys.readouterr().out)
    assert cli.main(["download", "art", "--remove"]) == 0 and kept(cache) == []
    assert cli.main(["download", "art", "--remove"]) == 0 and "is not here" in capsys.readouterr().out
    assert cli.main(["download"]) == 2 and "--list" in capsys.readouterr().err
    assert cli.main(["download", "nothing"]) == 2 and "art" in capsys.readouterr().err


def test_the_command_says_a_warning_in_one_line_before_it_downloads(art, cache, monkeypatch, capsys):
    monkeypatch.setattr(downloads, "datasets", lambda: {"art": replace(art, sha256="")})
    fetch, said_before = downloads._archive, []
    monkeypatch.setattr(downloads, "_archive", lambda *a: said_before.append(capsys.readouterr().err) or fetch(*a))
    assert cli.main(["download", "art"]) == 0
    assert said_before == ["stylekit: No checksum of art is known: it is checked by its size and content alone.\n"]
    assert "checksum" not in capsys.readouterr().err
