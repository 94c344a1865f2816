"""Hours in files of the folder of [log], a new one each month.

hours-202611-001.jsonl     the records of edge/sinks/hours/counted.py
hours-202611-002.csv       begun when the format or the labels had changed; it has these columns:

wall_time,hour,fewer_than_k,people,readings,share_<label> for each label of the bundle,k,run
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import Self

from edge.errors import InputError
from edge.items import Reading
from edge.sections import LogSettings
from edge.sinks.background import Background
from edge.sinks.claim import claimed
from edge.sinks.files.jsonl import whole_record
from edge.sinks.files.lines import append, mend
from edge.system.days import day_of
from edge.system.private import open_private
from edge.system.texts import csv_line, json_text
from edge.words import Language, word

NAME = re.compile(r"hours-(\d{6})-(\d{3})\.(?:jsonl|csv)")


class HourLog:
    """Appends each hour to the newest file of a folder, which it holds; single readings go nowhere.

    Raises InputError on entering when the folder is missing or another run holds it.
    """

    def __init__(self, settings: LogSettings, labels: Sequence[str], language: Language = "en") -> None:
        self._settings, self._labels, self._language = settings, labels, language
        self._claim = ExitStack()
        self._background = Background(self._put, lambda: None)
        self._trouble = ""
        self._failed = 0

    def __enter__(self) -> Self:
        if not self._settings.folder.is_dir():
            raise InputError.of("log_folder", folder=self._settings.folder)
        self._claim.enter_context(claimed(self._settings.folder, "log"))
        self._background.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._background.__exit__(kind, error, trace)
        self._claim.close()

    @property
    def trouble(self) -> str:
        """What is wrong now and what to do, one line; empty when all is well."""
        if self._background.stuck:
            return word("log_stuck", self._language, folder=self._settings.folder)
        return self._trouble

    @property
    def lost(self) -> int:
        """Hours that could not be written."""
        return self._failed + self._background.lost

    def write(self, reading: Reading) -> None:
        """Take no notice."""

    def put(self, made: dict[str, Any]) -> None:
        """Have an hour appended; returns at once."""
        self._background.put(made)

    def _put(self, made: dict[str, Any]) -> None:
        try:
            path, head = self._file(f"{day_of(made['wall_time']):%Y%m}")
            if path.exists():
                mend(path, whole_record if path.suffix == ".jsonl" else lambda _: False)
            with open_private(path, "ab", buffering=0) as file:
                append(file, (head + self._line(made)).encode())
            self._trouble = ""
        except OSError as error:
            self._failed += 1
            values = {"folder": self._settings.folder, "why": error.strerror or error}
            self._trouble = word("log_unwritable", self._language, **values)

    def _file(self, month: str) -> tuple[Path, str]:
        """Where to append, and the header a new file begins with. Raises OSError."""
        folder, form = self._settings.folder, self._settings.format
        header = csv_line(self._columns()) if form == "csv" else ""
        there = sorted(path for path in folder.iterdir() if NAME.fullmatch(path.name) and month in path.name)
        if there and there[-1].suffix == f".{form}":
            with there[-1].open("rb") as file:
                if not header or file.readline() == header.encode():
                    return there[-1], ""
        found = NAME.fullmatch(there[-1].name) if there else None
        return folder / f"hours-{month}-{int(found[2]) + 1 if found else 1:03d}.{form}", header

    def _columns(self) -> list[str]:
        shares = [f"share_{label}" for label in self._labels]
        return ["wall_time", "hour", "fewer_than_k", "people", "readings", *shares, "k", "run"]

    def _line(self, made: dict[str, Any]) -> str:
        if self._settings.format == "jsonl":
            return json_text(made) + "\n"
        flat = made | {"fewer_than_k": str(made["fewer_than_k"]).lower()}
        flat |= {f"share_{label}": share for label, share in (made["shares"] or {}).items()}
        return csv_line([flat.get(name) for name in self._columns()])
