"""The file of --jsonl in a live run: its trouble costs the readings it lasts for, not the run."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any

from typing_extensions import Self

from edge.errors import EdgeError
from edge.items import Reading
from edge.sinks.background import Background
from edge.sinks.files.jsonl import JsonLines, record
from edge.words import Language, word


class Persistent:
    """Appends readings of a run from a thread of its own: a disk that hangs holds nothing up."""

    def __init__(self, lines: JsonLines, labels: Sequence[str], run: str, language: Language = "en") -> None:
        self._lines, self._labels, self._run, self._language = lines, labels, run, language
        self._background = Background(self._append, lambda: lines.__exit__(None, None, None))
        self._failed = 0
        self._trouble = ""

    def __enter__(self) -> Self:
        self._lines.__enter__()
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
            return word("log_stuck", self._language, folder=self._lines.path)
        return self._trouble

    @property
    def lost(self) -> int:
        """Readings that could not be written."""
        return self._failed + self._background.lost

    def write(self, reading: Reading) -> None:
        """Have a reading written; returns at once."""
        self.put(record(reading, self._labels, self._run))

    def put(self, made: dict[str, Any]) -> None:
        """Have a record written; returns at once."""
        self._background.put(made)

    def _append(self, made: dict[str, Any]) -> None:
        """Pass a record on, or count it as lost."""
        try:
            self._lines.append(made)
            self._trouble = ""
        except EdgeError as error:
            self._trouble = error.told(self._language)
            self._failed += 1
