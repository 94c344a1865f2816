"""Files about people: readable for the user who made them and nobody else, whatever the umask."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FILE = 0o600
FOLDER = 0o700


def open_private(path: Path | str, mode: str, file_mode: int = FILE, **options: Any) -> Any:
    """`open` that makes a new file with file_mode; one that is there keeps its own. Raises OSError."""

    def opener(name: str, flags: int) -> int:
        try:
            made = os.open(name, flags | os.O_EXCL, file_mode) if flags & os.O_CREAT else None
        except FileExistsError:
            if flags & os.O_EXCL:
                raise
            made = None
        if made is None:
            return os.open(name, flags, file_mode)
        os.fchmod(made, file_mode)  # the umask may have taken something away
        return made

    return open(path, mode, opener=opener, **options)


def make_private(folder: Path) -> None:
    """Make a folder, and those above it, where they are missing. Raises OSError."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=FOLDER, exist_ok=True)


def write_whole(path: Path, text: str, encoding: str = "utf-8") -> None:
    """Write a text file whole or not at all. Raises OSError."""
    with replacing(path) as part:
        part.write_text(text, encoding=encoding)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file of the same suffix to write instead of `path`, whose place it takes, whole or not at all.

    A link stays and what it points to is replaced; a device or a pipe is written to as it is. Raises OSError.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        yield target
        return
    handle, name = tempfile.mkstemp(target.suffix, ".edge-", target.parent)
    os.close(handle)
    try:
        yield Path(name)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def settle(path: Path) -> None:
    """Have a file or the names in a folder on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def settle_all(folder: Path) -> None:
    """Have all files of a folder, at any depth, and their names on the disk. Raises OSError."""
    for path in folder.rglob("*"):
        if path.is_file() or path.is_dir():
            settle(path)
    settle(folder)
