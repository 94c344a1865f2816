"""A disk that takes no more, where a run writes."""

import errno
import resource
from pathlib import Path

import pytest
import torch

from edge.errors import InputError
from edge.system.disk import work_folder, writing
from edge.system.private import replacing
from export.progress import logged
from export.pseudo.clips import _known
from export.training.weights import save_whole


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.ENOTDIR])
def test_a_refused_write_is_one_line(tmp_path, code):
    with (
        pytest.raises(InputError, match="free some space or name another folder") as caught,
        writing(tmp_path),
    ):
        raise OSError(code, "refused")
    assert str(caught.value).startswith(f"{tmp_path} cannot be ")


def test_other_errors_pass(tmp_path):
    with pytest.raises(FileNotFoundError), writing(tmp_path):
        raise FileNotFoundError(errno.ENOENT, "gone")


@pytest.mark.parametrize("name", [".", "/"])
def test_a_bundle_needs_a_name(name):
    with pytest.raises(InputError, match="name a folder of its own with --out"):
        work_folder(Path(name))


def test_a_folder_below_a_file_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "out"
    with pytest.raises(InputError, match="cannot be opened or made"), writing(out):
        out.mkdir(parents=True)


def test_weights_the_disk_does_not_take_leave_the_old_ones(tmp_path):
    kept = tmp_path / "audio.pt"
    save_whole(kept, {"a": torch.ones(3)})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OSError, match=r"File too large.*audio\.pt"):
            save_whole(kept, {"a": torch.zeros(100_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == [kept]
    assert torch.load(kept)["a"].tolist() == [1, 1, 1]


def test_a_log_that_cannot_be_written_hides_no_error(tmp_path, monkeypatch):
    def full(file, line):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("export.progress._write_log_line", full)
    with pytest.raises(KeyError, match="first"), logged(tmp_path / "export.log"):
        raise KeyError("first")


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1}', "{"])
def test_damaged_hashes_of_clips_are_had_again(tmp_path, content):
    (tmp_path / "clips.json").write_text(content)
    assert _known(tmp_path / "clips.json") == {}


def test_the_work_on_a_bundle_is_for_its_owner_alone(tmp_path):
    work = work_folder(tmp_path / "new" / "bundle")
    assert work.name == "bundle.work"
    assert work.stat().st_mode & 0o777 == 0o700


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path, link = tmp_path / "kept.png", tmp_path / "link.png"
    path.write_text("old")
    link.symlink_to(path)
    with pytest.raises(TypeError), replacing(link) as part:
        part.write_text(b"no text")
    assert (path.read_text(), len(list(tmp_path.iterdir()))) == ("old", 2)
    with replacing(link) as part:
        part.write_text("new")
    assert (path.read_text(), link.is_symlink(), path.stat().st_mode & 0o777) == ("new", True, 0o600)
    with replacing(Path("/dev/null")) as part:
        part.write_text("x")
    assert Path("/dev/null").is_char_device()
