"""The files of a site one by one: what is done to each so that nothing of a person is left in it."""

from __future__ import annotations

import re
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from edge.bundle.folder import MANIFEST, sha256
from edge.forget.cut import Cut, cut_json, cut_lines, cut_table, cut_text, decoded
from edge.forget.traces import Traces
from edge.recording.sealed import destroy
from edge.system.lock import locked
from edge.system.private import replacing, settle

REPORTS = "reports"
"""Folder of what a verb makes again: what speaks of the person there goes whole."""
APART = ("audit", "receipts")
"""Folders that hold no person: subjects are keyed hashes there."""
_TEXT = (".csv", ".tsv", ".json", ".jsonl", ".md", ".txt", ".toml", ".xml", ".html", ".htm", ".yaml", ".yml")
_PACKED = (".zip", ".npz", ".tar", ".tgz", ".npy")
_DATABASE = (".db", ".sqlite", ".sqlite3")
_PICTURES = re.compile(r"data:(?:image/(?:png|jpe?g|webp|gif)|audio|video)")
_PART = 1 << 24  # bytes of an archive's member that are looked at as text


@dataclass(frozen=True, slots=True)
class Step:
    """What is done to one file."""

    path: Path
    kind: Literal["delete", "cut", "left"]
    """left: it names the person and cannot be cut; somebody must look."""
    size: int
    """Bytes that go."""
    rows: int = 0
    """Rows, lines or elements that go, of a file that stays."""

    def do(self, traces: Traces) -> None:
        """Do it, on the disk when this returns; again is fine. Raises InputError and OSError."""
        if self.kind == "delete":
            if self.path.is_symlink():
                self.path.unlink(missing_ok=True)
            else:
                destroy(self.path)
        elif self.kind == "cut" and self.path.is_file():
            with locked(self.path):  # a recording or an import may be writing it
                self._cut(traces)
        if self.path.parent.is_dir():
            settle(self.path.parent)

    def _cut(self, traces: Traces) -> None:
        found = _cut(self.path, traces)
        mode = self.path.stat().st_mode & 0o777
        with replacing(self.path) as part:
            part.write_bytes(found.data)
            part.chmod(mode)
            settle(part)


def steps(
    folders: Sequence[Path], doomed: Sequence[Path], traces: Traces, keep: Sequence[Path]
) -> list[Step]:
    """What is to be done, recordings last: tables that name them are read before.

    doomed: recordings to delete. keep: files that others take care of. Raises OSError.
    """
    gone = {path.absolute() for path in doomed}
    kept = {path.absolute() for path in keep}
    found, more = list[Step](), set[Path]()
    for folder in folders:
        for path in _files(folder):
            if path in gone or path in kept:
                continue
            step, copies = _step(path, folder, traces)
            more |= {place for name in copies if (place := _copy(path, name)).is_file()}
            if step:
                found.append(step)
    gone |= more
    found = [step for step in found if step.path not in gone]
    return found + [Step(path, "delete", _size(path)) for path in sorted(gone) if _there(path)]


def _files(folder: Path) -> Iterator[Path]:
    """Files of a folder at any depth, but those of bundles and of APART."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or not path.is_dir():
            yield path
        elif path.name not in APART and not (path / MANIFEST).is_file():
            yield from _files(path)


def _step(path: Path, folder: Path, traces: Traces) -> tuple[Step | None, tuple[str, ...]]:
    size = _size(path)
    within = path.relative_to(folder).parts
    if _by_name(within, traces):
        return Step(path, "delete", size), ()
    if path.is_symlink() or not path.is_file():
        return None, ()
    if size in traces.sizes and sha256(path) in traces.digests:
        return Step(path, "delete", size), ()
    suffix = path.suffix.lower()
    if suffix in _PACKED:
        return (Step(path, "delete", size) if _packed(path, traces) else None), ()
    if suffix in _DATABASE:
        return (Step(path, "left", 0) if _in_bytes(path, traces) else None), ()
    if suffix not in _TEXT:
        return None, ()
    if suffix in (".html", ".htm") or within[0] == REPORTS:
        return (Step(path, "delete", size) if _reports(path, traces, within[0] == REPORTS) else None), ()
    before = path.read_bytes()
    found = _cut(path, traces)
    if found.whole:
        return Step(path, "delete", size), found.copies
    if found.data == before:
        return None, ()
    return Step(path, "cut", max(0, size - len(found.data)), found.rows), found.copies


def _by_name(within: tuple[str, ...], traces: Traces) -> bool:
    """Whether a file is the person's by its place below a folder of the site."""
    if any(part.endswith(".work") for part in within[:-1]) and traces.files:
        return True  # features and answers of teachers, by digest: made again
    return any(traces.named_in(part) for part in within) or traces.is_file("/".join(within))


def _cut(path: Path, traces: Traces) -> Cut:
    data, suffix = path.read_bytes(), path.suffix.lower()
    if suffix in (".csv", ".tsv"):
        return cut_table(data, traces)
    if suffix == ".jsonl":
        return cut_lines(data, traces)
    return cut_json(data, traces) if suffix == ".json" else cut_text(data, traces)


def _reports(path: Path, traces: Traces, judged: bool) -> bool:
    """Whether a page or a report speaks of the person, or shows recordings in which they may be."""
    text = decoded(path.read_bytes())
    if text is None:
        return False
    if judged and path.suffix.lower() in (".html", ".htm") and traces.files and _PICTURES.search(text[0]):
        return True
    found = _cut(path, traces) if path.suffix.lower() not in (".html", ".htm") else None
    return traces.named_in(text[0]) or (found is not None and (found.whole or found.rows > 0))


def _packed(path: Path, traces: Traces) -> bool:
    """Whether an archive holds something of the person; one that cannot be read does not."""
    try:
        if path.suffix.lower() == ".npy":
            return _in_array(np.load(path, allow_pickle=False, mmap_mode="r"), traces)
        if path.suffix.lower() == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                return any(traces.named_in(name) for name in arrays.files) or any(
                    _in_array(arrays[name], traces) for name in arrays.files
                )
        members = _zipped(path) if path.suffix.lower() == ".zip" else _tarred(path)
        return any(_in_member(name, data, traces) for name, data in members)
    except (
        OSError,
        ValueError,
        EOFError,
        zipfile.BadZipFile,
        tarfile.TarError,
        NotImplementedError,
        KeyError,
    ):
        return False


def _zipped(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            yield info.filename, archive.read(info)


def _tarred(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as archive:
        members = archive.getmembers()
        if any(Path(one.name).name == MANIFEST for one in members):
            return  # a bundle: edge/forget/bundles.py
        for one in members:
            file = archive.extractfile(one) if one.isfile() else None
            yield one.name, file.read() if file else b""


def _in_member(name: str, data: bytes, traces: Traces) -> bool:
    import hashlib

    if traces.named_in(name) or traces.is_file(name):
        return True
    if len(data) in traces.sizes and hashlib.sha256(data).hexdigest() in traces.digests:
        return True
    text = decoded(data[:_PART]) if Path(name).suffix.lower() in _TEXT else None
    return text is not None and (traces.named_in(text[0]) or _cut_member(name, data, traces))


def _cut_member(name: str, data: bytes, traces: Traces) -> bool:
    cut = {".json": cut_json, ".jsonl": cut_lines, ".csv": cut_table, ".tsv": cut_table}.get(
        Path(name).suffix.lower(), cut_text
    )
    found = cut(data, traces)
    return found.whole or found.data != data


def _in_array(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]], traces: Traces) -> bool:
    if array.dtype.kind not in "US":
        return False
    said = {str(one.decode("utf-8", "replace") if isinstance(one, bytes) else one) for one in array.ravel()}
    return any(traces.is_person(one) or traces.is_file(one) or traces.named_in(one) for one in said)


def _in_bytes(path: Path, traces: Traces) -> bool:
    return traces.named_in(path.read_bytes().decode("utf-8", "ignore"))


def _copy(task: Path, name: str) -> Path:
    """Where a file lies that a labelling task names: below the folder of the task."""
    place = (task.parent / name).absolute()
    return (
        place if task.parent.absolute() in place.parents and ".." not in Path(name).parts else task / "none"
    )


def _there(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def _size(path: Path) -> int:
    return 0 if path.is_symlink() else path.stat().st_size
