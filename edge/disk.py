"""A disk that takes no more, in one line."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import InputError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
REFUSED = (*FULL, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG)


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Raises InputError where what is done inside cannot write; out: the folder it was given to write to."""
    try:
        yield
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        place = error.filename2 or error.filename or out
        what = "written" if error.errno in FULL else "opened or made"
        raise InputError(
            f"{place} cannot be {what} ({error.strerror}); free some space or name another folder and start "
            "again, what is finished is kept"
        ) from error


def beside(out: Path) -> Path:
    """The folder beside a bundle that keeps the work on it. Raises InputError for . and /."""
    if not out.name:
        raise InputError(f"{out} cannot be a bundle; name a folder of its own with --out")
    return out.with_name(f"{out.name}.work")
