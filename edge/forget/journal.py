"""What is to be deleted, on the disk before anything is: a run that was killed is gone on with.

.forget.json in the folder of the site. It names the person, so it goes last.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from edge.errors import InputError
from edge.forget.steps import Step
from edge.forget.traces import Traces
from edge.system.private import replacing, settle

if sys.platform != "win32":
    import fcntl

JOURNAL = ".forget.json"


class Done(BaseModel):
    """What goes of one file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    area: str
    """Folder it lies in below that of the site; empty: none."""
    kind: str
    """delete or cut."""
    size: int
    """Bytes that go."""
    rows: int
    """Rows, lines or elements that go."""


class Case(BaseModel):
    """One deletion from its beginning to its receipt."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    began: str
    """ISO 8601 in the site's own zone."""
    reason: str
    """wish or retention."""
    traces: Traces
    shared: int = 0
    """Recordings that showed others as well and went whole."""
    files: dict[str, Done] = {}
    """By path."""
    checks: int = 0
    """Items of review queues that go, ..."""
    check_files: int = 0
    check_bytes: int = 0
    consents: int = 0
    """Rows of the file of consents that go."""
    settings: bool = False
    """Whether [review.consent] of site.toml named the person."""

    @property
    def doomed(self) -> list[Path]:
        """Files that go whole."""
        return [Path(name) for name, one in self.files.items() if one.kind == "delete"]

    def with_steps(self, steps: Sequence[Step], folders: Sequence[Path]) -> Case:
        """With more to do; what is known of a file stays."""
        more = {
            str(step.path): Done(
                area=_area(step.path, folders), kind=step.kind, size=step.size, rows=step.rows
            )
            for step in steps
            if step.kind != "left"
        }
        return self.model_copy(update={"files": more | self.files})


def read_case(folder: Path) -> Case | None:
    """The deletion that was not finished here; None: there is none. Raises InputError."""
    path = folder / JOURNAL
    if not path.exists():
        return None
    try:
        return Case.model_validate_json(path.read_bytes())
    except (OSError, ValidationError, ValueError) as error:
        raise InputError.of("forget_journal", path=path) from error


def write_case(folder: Path, case: Case) -> None:
    """Keep it, on the disk when this returns. Raises OSError."""
    with replacing(folder / JOURNAL) as part:
        part.write_text(case.model_dump_json(), encoding="utf-8")
        settle(part)
    settle(folder)


def end_case(folder: Path) -> None:
    """Nothing of it is needed any more. Raises OSError."""
    (folder / JOURNAL).unlink(missing_ok=True)
    settle(folder)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder of a site against another deletion; waits for it. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if sys.platform != "win32":
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _area(path: Path, folders: Sequence[Path]) -> str:
    for place, folder in enumerate(folders):
        if folder in path.parents:
            parts = path.relative_to(folder).parts
            return (parts[0] if len(parts) > 1 else "") if place == 0 else folder.name
    return ""
