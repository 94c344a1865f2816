"""One run a folder, file or name: a lock the system takes back when the process ends, however it ends."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edge.errors import InputError

if sys.platform != "win32":
    import fcntl

LOCKS = Path("/proc/locks")


@contextmanager
def claimed(folder: Path, section: str) -> Iterator[None]:
    """Hold a folder for a section of site.toml. Raises InputError while another run holds it.

    A folder that cannot be written, or whose disk knows no locks, is not held.
    """
    path = folder / f".edge-{section}.lock"
    while True:
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            yield
            return
        if not held(lock):
            error = InputError.of("claimed", folder=folder, section=section, other=holder(lock))
            os.close(lock)
            raise error
        if _is_still(path, lock):
            break
        os.close(lock)  # the run before took it away this moment
    try:
        yield
    finally:
        with suppress(OSError):
            if _is_still(path, lock):
                path.unlink()
        os.close(lock)


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether a path leads to an open file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except OSError:
        return False


@contextmanager
def claimed_name(name: str, refusal: InputError) -> Iterator[None]:
    """Hold a name on this machine. Raises the refusal while another run holds it.

    Linux only: a socket of the abstract namespace, which no other user's files can stand in the way of.
    """
    if sys.platform != "linux":
        yield
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as claim:
        try:
            claim.bind("\0edge-" + hashlib.sha256(name.encode()).hexdigest())
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise refusal from None
        yield


def held(descriptor: int) -> bool:
    """Lock an open file until it is closed; False when another run has it locked."""
    if sys.platform == "win32":  # nothing is locked there
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a disk without locks
        return True
    return True


def holder(descriptor: int) -> InputError:
    """Which process has an open file locked, as far as the system tells."""
    inode = str(os.fstat(descriptor).st_ino)
    try:
        rows = [row.split() for row in LOCKS.read_text(encoding="ascii").splitlines()]
    except (OSError, ValueError):
        rows = []
    for row in rows:
        if len(row) > 5 and row[1] == "FLOCK" and row[5].rpartition(":")[2] == inode and int(row[4]) > 0:
            return InputError.of("another_run_numbered", process=row[4])
    return InputError.of("another_run")
