"""Lines at the end of a file: each is written whole or not at all, and nothing is glued to a torn one."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

BLOCK = 65536


def append(file: io.FileIO, line: bytes) -> None:
    """Write the whole line or nothing of it. Raises OSError."""
    before = file.seek(0, os.SEEK_END) if file.seekable() else None
    try:
        left = memoryview(line)
        while left:  # a disk that is nearly full takes part of it, and says so at the next try
            left = left[file.write(left) :]
    except OSError:
        if before is not None:
            with suppress(OSError):
                file.truncate(before)
        raise


def mend(path: Path, whole: Callable[[bytes], bool] = lambda _: False) -> bool:
    """Take away what stands after the last newline, or end it where it is a line already; whether it was cut.

    whole: whether what stands there lacks nothing but its newline. Raises OSError.
    """
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        start = end
        tail = b""
        while start and b"\n" not in tail:
            step = min(BLOCK, start)
            start = file.seek(start - step)
            tail = file.read(step) + tail
        rest = tail.rpartition(b"\n")[2]
        if not rest:
            return False
        if whole(rest):
            file.seek(end)
            file.write(b"\n")
            return False
        file.truncate(end - len(rest))
        return True
