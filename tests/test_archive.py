"""Bundles as .tar: what is unpacked, what is refused, and what a kill leaves."""

import io
import os
import signal
import subprocess
import sys
import tarfile
import time

import pytest

from edge.bundle.archive import MOST_FILES
from edge.bundle.folder import MANIFEST, open_bundle
from edge.errors import BundleError

OPEN = (
    "import sys; from pathlib import Path; from edge.bundle.folder import open_bundle; "
    "open_bundle(Path(sys.argv[1]))"
)


@pytest.fixture
def pack(tiny_copy, tmp_path):
    """Packs the tiny bundle, and further members (TarInfo, bytes), as line3.tar."""

    def pack(*more, mode="w", top="line3", without=(), name="line3.tar", form=tarfile.PAX_FORMAT):
        (tmp_path / "packed").mkdir(exist_ok=True)
        path = tmp_path / "packed" / name
        with tarfile.open(path, mode, format=form) as tar:
            for file in sorted(tiny_copy.iterdir()):
                if file.name not in without:
                    tar.add(file, f"{top}/{file.name}" if top else file.name)
            for info, data in more:
                tar.addfile(info, io.BytesIO(data))
        return path

    return pack


def member(name, data=b"x", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, data


def refusal(path):
    with pytest.raises(BundleError) as error:
        open_bundle(path)
    assert "\n" not in str(error.value)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    return str(error.value)


@pytest.mark.parametrize("top", ["line3", "", ".", "./line3", "ライン3の現場で使うバンドル" * 8])
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_it_opens_however_it_was_packed(pack, tiny_copy, top, form):
    archive = pack(top=top, form=form)
    opened = open_bundle(archive)
    assert opened.manifest == open_bundle(tiny_copy).manifest
    assert sorted(p.name for p in archive.parent.iterdir()) == [opened.folder.name, "line3.tar"]
    assert {p.name for p in opened.folder.iterdir()} == {p.name for p in tiny_copy.iterdir()}


def test_tar_itself_packs_one(tiny_copy, tmp_path):
    subprocess.run(["tar", "cf", tmp_path / "b.tar", "-C", tmp_path, tiny_copy.name], check=True)
    assert open_bundle(tmp_path / "b.tar").manifest.name == "tiny"


@pytest.mark.parametrize("mode", ["w:gz", "w:xz", "w:bz2"])
def test_a_packed_tar_is_no_plain_one(pack, mode):
    assert "it is no plain tar; pack it with: tar cf" in refusal(pack(mode=mode))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (member("line3/bomb.bin", b"\0" * 1000), "bomb.bin in it is not part of the bundle"),
        (member("line3/more/x"), "line3/more/x is not in its one top folder"),
        (member("other/x"), "other/x is not in its one top folder"),
        (member("/etc/x"), "/etc/x is not in its one top folder"),
        (member("line3/../../x"), "line3/../../x is not in its one top folder"),
        (member("line3/card.md"), "card.md is in it twice"),
        (member("line3/l", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "line3/l in it is a link"),
        (member("line3/l", b"", type=tarfile.LNKTYPE, linkname="line3/card.md"), "line3/l in it is a link"),
        (member("line3/d", b"", type=tarfile.CHRTYPE), "line3/d in it is a link"),
        (member("line3/f", b"", type=tarfile.FIFOTYPE), "line3/f in it is a link"),
        (member("line3/c", type=tarfile.CONTTYPE), "line3/c in it is a link"),
        (member("line3/s", b"x", type=tarfile.GNUTYPE_SPARSE), "line3/s in it is a link"),
        (member("line3/p", pax_headers={"GNU.sparse.realsize": "99999999999"}), "in it is a link, sparse"),
        (member("line3/p", pax_headers={"comment": "x" * 100_000}), "in it is a link, sparse"),
    ],
)
def test_what_is_no_plain_file_of_the_bundle_is_refused(pack, more, why):
    assert why in refusal(pack(more))


@pytest.mark.parametrize("name", ["card.md", MANIFEST])
def test_a_file_too_few(pack, name):
    assert f"{name} is not in it" in refusal(pack(without=(name,)))


def test_a_count_is_bounded(pack):
    more = [member(f"line3/{i}", b"") for i in range(MOST_FILES)]
    assert "it holds more than 64 files" in refusal(pack(*more))


def test_a_bomb_of_holes_is_not_even_hashed(tmp_path):
    path = tmp_path / "b.tar"
    with path.open("wb") as file:
        file.truncate(5 << 30)
    assert "it is larger than 4 GB" in refusal(path)


@pytest.mark.parametrize("share", [0.001, 0.3, 0.7, 0.99])
def test_an_archive_cut_short(pack, share):
    path = pack()
    os.truncate(path, int(share * path.stat().st_size))
    said = refusal(path)
    assert "cannot be unpacked" in said
    assert "copy it again" in said


def test_a_changed_byte_is_found_and_nothing_stays(pack):
    path = pack()
    content = bytearray(path.read_bytes())
    with tarfile.open(path) as tar:
        content[tar.getmember("line3/text.onnx").offset_data + 100] ^= 1
    path.write_bytes(content)
    assert "text.onnx was changed after export" in refusal(path)


def test_a_folder_that_is_not_whole_is_made_anew(pack):
    archive = pack()
    folder = open_bundle(archive).folder
    (folder / "text.onnx").unlink()
    (folder / "card.md").write_text("half")
    assert open_bundle(archive).folder == folder
    assert (folder / "text.onnx").is_file()
    assert sorted(p.name for p in archive.parent.iterdir()) == [folder.name, "line3.tar"]


def test_what_somebody_put_into_it_is_not_deleted(pack):
    archive = pack()
    folder = open_bundle(archive).folder
    (folder / "notes.txt").write_text("precious")
    with pytest.raises(BundleError, match=r"notes\.txt is not part of the bundle; move it elsewhere"):
        open_bundle(archive)
    assert (folder / "notes.txt").read_text() == "precious"


def test_a_kill_at_any_moment_leaves_an_archive_that_opens(pack):
    archive = pack()
    for delay in (0.0, 0.002, 0.005, 0.01):
        child = subprocess.Popen([sys.executable, "-c", OPEN, archive])
        ends = time.monotonic() + 20
        while time.monotonic() < ends and child.poll() is None and len(list(archive.parent.iterdir())) == 1:
            time.sleep(0.0005)
        time.sleep(delay)
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert open_bundle(archive).manifest.name == "tiny"
        (folder,) = (p for p in archive.parent.iterdir() if p != archive)
        assert not folder.name.startswith(".")
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def test_only_our_own_left_overs_are_cleared(pack):
    archive = pack()
    folder = open_bundle(archive).folder
    ours = archive.parent / f".{folder.name}-unpacking-abcd1234"
    theirs = [archive.parent / name for name in (".line3-notes", f".{folder.name}-unpacking-my notes")]
    for path in (ours, *theirs):
        path.mkdir()
        (path / "x").write_text("x")
    open_bundle(archive)
    assert not ours.exists()
    assert all((path / "x").is_file() for path in theirs)


def test_two_at_once(pack):
    archive = pack()
    children = [subprocess.Popen([sys.executable, "-c", OPEN, archive]) for _ in range(3)]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    assert len(list(archive.parent.iterdir())) == 2


def test_a_place_that_cannot_be_written(pack, monkeypatch):
    archive = pack()

    def mkdtemp(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.mkdtemp", mkdtemp)
    assert "cannot be unpacked beside itself (Read-only file system); make room" in refusal(archive)
