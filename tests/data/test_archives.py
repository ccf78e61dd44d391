"""Archives that would harm are refused, and nothing of them is kept."""

import hashlib
import io
import os
import tarfile
import zipfile
from dataclasses import replace

import pytest
from picture_server import kept, picture, tarred, whole, zipped

from stylekit.data import downloads
from stylekit.data.archives import unpack
from stylekit.errors import DataError


def linked_zip():
    link = zipfile.ZipInfo("trainA/link.png")
    link.external_attr = 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as pack:
        pack.writestr(link, "/etc/passwd")
    return buffer.getvalue()


def linked_tar(kind):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as pack:
        info = tarfile.TarInfo("trainA/link.png")
        info.type, info.linkname = kind, "/etc/passwd"
        pack.addfile(info)
    return buffer.getvalue()


HARM = {
    "a path upwards": (zipped({"../up.png": picture(1)}), "outside"),
    "a path upwards, deep": (zipped({"trainA/../../up.png": picture(1)}), "outside"),
    "an absolute path": (tarred({"/tmp/up.png": picture(1)}), "outside"),
    "a path of Windows": (zipped({"C:/up.png": picture(1)}), "outside"),
    "a link in a zip": (linked_zip(), "a link"),
    "a link in a tar": (linked_tar(tarfile.SYMTYPE), "a link"),
    "a hard link in a tar": (linked_tar(tarfile.LNKTYPE), "a link"),
    "a bomb": (zipped({"trainA/bomb.png": bytes(3 * 2**20)}), "unpacks to more than"),
    "no images": (zipped({"trainA/text.txt": b"hello"}), "holds no images"),
    "not an archive": (b"<html>Sorry</html>" * 50, "damaged"),
    "half a tar": (tarred({f"trainA/{i}.png": os.urandom(2000) for i in range(9)})[:9000], "damaged"),
    "the wrong folders": (zipped({"other/0.png": picture(1)}), "another archive than was expected"),
}


@pytest.mark.parametrize("name", HARM)
def test_an_archive_that_harms_is_refused_whole(art, server, cache, name, monkeypatch):
    monkeypatch.setattr("stylekit.data.archives.LARGEST_FILE", 2**20)
    data, reason = HARM[name]
    server.pages["art.zip"] = whole(data)
    with pytest.raises(DataError, match=reason):
        downloads.fetch(replace(art, bytes=len(data), sha256=hashlib.sha256(data).hexdigest()))
    assert kept(cache) == [] and not list(cache.parent.rglob("up.png"))


def test_many_small_files_may_not_fill_the_disk_either(tmp_path, monkeypatch):
    monkeypatch.setattr("stylekit.data.archives.LARGEST", 5000)
    archive = tmp_path / "many.zip"
    archive.write_bytes(zipped({f"{i}.png": bytes(1000) for i in range(9)}))
    (tmp_path / "out").mkdir()
    with pytest.raises(DataError, match="unpacks to more"):
        unpack(archive, tmp_path / "out")
