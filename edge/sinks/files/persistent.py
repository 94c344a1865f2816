"""The file of --jsonl in a live run: its trouble costs the readings it lasts for, not the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typing_extensions import Self

from edge.errors import EdgeError
from edge.items import Reading
from edge.sinks.files.jsonl import JsonLines, record
from edge.sinks.files.sink import FileSink
from edge.words import Language


class Persistent(FileSink):
    """Appends readings of a run from a thread of its own: a disk that hangs holds nothing up."""

    def __init__(self, lines: JsonLines, labels: Sequence[str], run: str, language: Language = "en") -> None:
        super().__init__(lines.path, language)
        self._lines, self._labels, self._run = lines, labels, run

    def __enter__(self) -> Self:
        self._lines.__enter__()
        return super().__enter__()

    def write(self, reading: Reading) -> None:
        """Have a reading written; returns at once."""
        self.put(record(reading, self._labels, self._run))

    def _put(self, made: dict[str, Any]) -> None:
        """Pass a record on, or count it as lost."""
        try:
            self._lines.append(made)
            self._trouble = ""
        except EdgeError as error:
            self._trouble = error.told(self._language)
            self._failed += 1

    def _close(self) -> None:
        self._lines.__exit__(None, None, None)
