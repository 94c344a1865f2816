"""A bundle as one .tar file: plain files, at most one folder around them, nothing else, unpacked beside it.

The headers are read here, a block at a time, by the rules of pax and GNU tar, for the library's reader
follows what a header says: links, sparse files that grow, notes of any length. Nothing is unpacked but the
files the archive's own bundle.json lists.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from edge.errors import BundleError, InputError
from edge.system.documents import MOST_BYTES, one_line

MANIFEST = "bundle.json"
BLOCK = 512
MOST_ARCHIVE = 4 << 30
MOST_FILES = 64
MOST_NOTE = 1 << 16
"""Bytes of one header about another: a long name, times, attributes."""
_NOTES = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME)
_CHANGING = ("GNU.sparse.", "size", "linkpath")
"""Records of a note that change what a file is."""

NamesOf = Callable[[bytes], set[str]]
Check = Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class _Part:
    """Where a file lies in the archive."""

    start: int
    """Of its first byte (bytes)."""
    size: int
    """Bytes."""


def unpack(archive: Path, names_of: NamesOf, check: Check) -> Path:
    """The folder of an archive's files: beside it, named after it and its sha256. Raises BundleError.

    names_of: content of bundle.json -> the files it lists. check: raises BundleError unless a folder is
    whole. One that was there and is whole is taken; one that is not is made anew, unless it holds anything of
    somebody else's. The folder comes into being by one rename; what a killed process left is cleared away.
    """
    try:
        with archive.open("rb") as file, _alone(file) as alone:
            size = os.fstat(file.fileno()).st_size
            if size > MOST_ARCHIVE:
                raise InputError.of("tar_large", limit=MOST_ARCHIVE >> 30)
            parts = _parts(file, size)
            names = names_of(_manifest(file, parts)) | {MANIFEST}
            for name in sorted(names ^ parts.keys()):
                raise InputError.of("tar_extra" if name in parts else "tar_lacks", name=one_line(name, 80))
            target = archive.with_name(f"{archive.stem}-{_sha256(file)[:12]}")
            if alone:
                _clear(target)
            if not os.path.lexists(target):
                return _write_tar(file, parts, target, check)
            try:
                check(target)
            except BundleError:
                if not _ours(target, names):
                    raise
                return _write_tar(file, parts, target, check)
            return target
    except InputError as error:
        raise BundleError.of("bundle_packed", path=archive, why=error) from error
    except OSError as error:
        raise BundleError.of("tar_place", path=archive, why=error.strerror or error) from error


def pack(folder: Path, archive: Path) -> Path:
    """Write the files of a folder as a plain .tar; the same files give the same bytes. Raises OSError."""
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(path for path in folder.iterdir() if path.is_file()):
            info = tarfile.TarInfo(path.name)
            info.size, info.mode = path.stat().st_size, 0o644
            with path.open("rb") as file:
                tar.addfile(info, file)
    return archive


@contextmanager
def _alone(file: BinaryIO) -> Iterator[bool]:
    """One process at a time unpacks an archive; False where the file system knows no locks."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _parts(file: BinaryIO, size: int) -> dict[str, _Part]:
    """Name -> place of each file. Raises InputError with the reason."""
    found: dict[str, _Part] = {}
    tops: set[str] = set()
    position, noted, headers = 0, None, 0
    while True:
        file.seek(position)
        header = file.read(BLOCK)
        if not header.strip(b"\0"):
            break
        info = _header(header, "tar_short" if found else "tar_none")
        position += BLOCK
        headers += 1
        if not 0 <= info.size <= size - position:
            raise InputError.of("tar_short")
        if headers > 4 * MOST_FILES:
            raise InputError.of("tar_many", limit=MOST_FILES)
        if info.type in _NOTES:
            noted = _noted_name(info, file.read(min(info.size, MOST_NOTE + 1))) or noted
        else:
            name = _flat_name(noted or info.name, info, tops)
            noted = None
            if name in found:
                raise InputError.of("tar_twice", name=one_line(name, 80))
            if name:
                found[name] = _Part(position, info.size)
        if len(found) > MOST_FILES:
            raise InputError.of("tar_many", limit=MOST_FILES)
        position += -(-info.size // BLOCK) * BLOCK
    if not found:
        raise InputError.of("tar_none")
    return found


def _header(header: bytes, trouble: str) -> tarfile.TarInfo:
    """What a header says of the file after it. Raises InputError with the words of `trouble`."""
    try:
        return tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError):
        raise InputError.of(trouble) from None


def _noted_name(info: tarfile.TarInfo, note: bytes) -> str | None:
    """The name a note gives to what follows, None when it gives none."""
    if len(note) > MOST_NOTE:
        raise InputError.of("tar_kind", name=one_line(info.name, 80))
    if info.type == tarfile.GNUTYPE_LONGNAME:
        return note.partition(b"\0")[0].decode("utf-8", "surrogateescape")
    name = None
    while note.strip(b"\0"):  # records: "27 path=line3/audio.onnx\n", the number counts all of it
        length = re.match(rb"(\d{1,6}) ([^=\n]+)=", note)
        if not length or int(length[1]) < length.end():
            raise InputError.of("tar_short")
        key = length[2].decode("utf-8", "replace")
        value, note = note[length.end() : int(length[1]) - 1], note[int(length[1]) :]
        if key.startswith(_CHANGING):
            raise InputError.of("tar_kind", name=one_line(name or info.name, 80))
        if key == "path" and info.type == tarfile.XHDTYPE:
            name = value.decode("utf-8", "surrogateescape")
    return name


def _flat_name(path: str, info: tarfile.TarInfo, tops: set[str]) -> str:
    """A file's name without the one folder around all; empty for that folder itself."""
    steps = [step for step in path.split("/") if step not in ("", ".")]
    folders = steps if info.isdir() else steps[:-1]
    if path.startswith("/") or ".." in steps or "\0" in path or len(folders) > 1:
        raise InputError.of("tar_nested", name=one_line(path, 80))
    if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE):
        raise InputError.of("tar_kind", name=one_line(path, 80))
    if info.isdir() and not steps:
        return ""
    tops.add(folders[0] if folders else "")
    if len(tops) > 1 or not steps:
        raise InputError.of("tar_nested", name=one_line(path, 80))
    return "" if info.isdir() else steps[-1]


def _manifest(file: BinaryIO, parts: dict[str, _Part]) -> bytes:
    part = parts.get(MANIFEST)
    if part is None:
        raise InputError.of("tar_lacks", name=MANIFEST)
    if part.size > MOST_BYTES:
        raise InputError.of("too_large", limit=MOST_BYTES >> 20)
    file.seek(part.start)
    return file.read(part.size)


def _write_tar(file: BinaryIO, parts: dict[str, _Part], target: Path, check: Check) -> Path:
    """Make the folder and check it, then rename it into its place."""
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-unpacking-", dir=target.parent) as scratch:
        folder = Path(scratch) / "bundle"
        folder.mkdir()
        for name, part in parts.items():
            file.seek(part.start)
            with (folder / name).open("wb") as out:
                left = part.size
                while left:
                    block = file.read(min(left, 1 << 20))
                    if not block:
                        raise InputError.of("tar_short")
                    out.write(block)
                    left -= len(block)
        check(folder)
        if os.path.lexists(target):
            os.replace(target, Path(scratch) / "old")
        os.replace(folder, target)
    return target


def _ours(folder: Path, names: set[str]) -> bool:
    """Whether a folder holds nothing but files of the bundle: else somebody put something into it."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    with os.scandir(folder) as entries:
        return all(entry.name in names and entry.is_file(follow_symlinks=False) for entry in entries)


def _clear(target: Path) -> None:
    """Delete what processes left that were killed while they unpacked this archive; whoever asks is alone."""
    left = re.compile(rf"\.{re.escape(target.name)}-unpacking-[a-z0-9_]{{8}}")
    with suppress(OSError), os.scandir(target.parent) as entries:
        for entry in entries:
            if left.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()
