"""A file that several commands rewrite, held by one of them from reading it to writing it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import InputError
from edge.system.output import warn
from edge.words import asked_language, word

if sys.platform != "win32":
    import fcntl

WAIT_S = 60.0
"""Longest wait for another command (seconds): none needs as long to write a table."""
_LOOK_S = 0.05


@contextmanager
def locked(path: Path, say: Callable[[str], object] = warn, wait_s: float = WAIT_S) -> Iterator[None]:
    """Hold a file against other processes and threads; say: gets one line where it is waited for.

    The lock is a file beside it that goes with who holds it, so a folder is not littered; one that a killed
    command left is no hindrance. Not to be held twice. Raises InputError after wait_s seconds, OSError.
    """
    if sys.platform == "win32":
        yield
        return
    target = path.resolve()
    lock = target.with_name(f".{target.name}.lock")
    descriptor = _taken(lock)
    if descriptor is None:
        say(word("lock_waits", asked_language(), path=path))
        end = time.monotonic() + wait_s
        while (descriptor := _taken(lock)) is None:
            if time.monotonic() > end:
                raise InputError.of("lock_busy", path=path, seconds=wait_s)
            time.sleep(_LOOK_S)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(descriptor)


def _taken(lock: Path) -> int | None:
    """A descriptor that holds the lock; None where another one does."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Who held it deletes it: what was opened before that holds nothing any more.
        if os.path.samestat(os.fstat(descriptor), lock.stat()):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None
