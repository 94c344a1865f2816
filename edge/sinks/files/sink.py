"""What sinks that write files share: a thread of its own writes, and what it could not write is counted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import Self

from edge.errors import InputError
from edge.sinks.background import Background
from edge.sinks.claim import claimed
from edge.words import Language, word


class FileSink(ABC):
    """A sink whose records are written behind it: a disk that hangs holds nothing up.

    place: what trouble is told of. A subclass writes in `_put` and closes in `_close`.
    """

    def __init__(self, place: Path, language: Language) -> None:
        self._place, self._language = place, language
        self._background = Background(self._put, self._close)
        self._trouble = ""
        self._failed = 0

    def __enter__(self) -> Self:
        self._background.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._background.__exit__(kind, error, trace)

    @property
    def trouble(self) -> str:
        """What is wrong now and what to do, one line; empty when all is well."""
        if self._background.stuck:
            return word("log_stuck", self._language, folder=self._place)
        return self._trouble

    @property
    def lost(self) -> int:
        """Records that could not be written."""
        return self._failed + self._background.lost

    def put(self, made: dict[str, Any]) -> None:
        """Have a record written; returns at once."""
        self._background.put(made)

    @abstractmethod
    def _put(self, made: dict[str, Any]) -> None:
        """Write a record; what goes wrong is counted."""

    def _close(self) -> None:  # noqa: B027 - a sink may hold nothing open
        """Close what is held open."""


class FolderSink(FileSink):
    """One whose files are in a folder that it holds: one run a folder.

    Raises InputError on entering when the folder is missing or another run holds it.
    """

    def __init__(self, folder: Path, language: Language) -> None:
        super().__init__(folder, language)
        self._claim = ExitStack()

    def __enter__(self) -> Self:
        if not self._place.is_dir():
            raise InputError.of("log_folder", folder=self._place)
        self._claim.enter_context(claimed(self._place, "log"))
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._claim.close()

    def _failed_by(self, error: OSError) -> None:
        """Count a record that could not be written, and say why."""
        self._failed += 1
        values = {"folder": self._place, "why": error.strerror or error}
        self._trouble = word("log_unwritable", self._language, **values)
