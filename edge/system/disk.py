"""A disk that takes no more, in one line."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edge.errors import EdgeError, InputError
from edge.system.private import make_private
from edge.words import Language

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
        key = "disk_full" if error.errno in FULL else "disk_refused"
        raise InputError.of(key, path=place, why=reason(error)) from error


def reason(error: BaseException, language: Language = "en") -> str:
    """Why something failed, without the path of the file it was about: that may be a person's."""
    if isinstance(error, EdgeError):
        return error.told(language)
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__


def work_folder(out: Path) -> Path:
    """The folder beside a bundle that keeps the work on it, made for its owner alone: people are in it.

    Raises InputError for . and /, and OSError.
    """
    if not out.name:
        raise InputError.of("bundle_no_name", path=out)
    work = out.with_name(f"{out.name}.work")
    make_private(work)
    return work


def not_over(out: Path, *sources: Path | None) -> None:
    """Raises InputError where a file to write is one of those that are read."""
    for source in sources:
        with suppress(OSError):  # one that is missing is said by who reads it
            if source is not None and out.samefile(source):
                raise InputError.of("over_input", path=out)
