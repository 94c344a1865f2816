"""Hours in files of the folder of [log], a new one each month.

hours-202611-001.jsonl     the records of edge/sinks/hours/counted.py
hours-202611-002.csv       begun when the format or the labels had changed; it has these columns:

wall_time,hour,fewer_than_k,people,readings,share_<label> for each label of the bundle,k,run
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.items import Reading
from edge.sections import LogSettings
from edge.sinks.files.jsonl import whole_record
from edge.sinks.files.lines import append, mend
from edge.sinks.files.sink import FolderSink
from edge.system.days import day_of
from edge.system.private import open_private
from edge.system.texts import csv_line, json_text
from edge.words import Language

NAME = re.compile(r"hours-(\d{6})-(\d{3})\.(?:jsonl|csv)")


class HourLog(FolderSink):
    """Appends each hour to the newest file of a folder, which it holds; single readings go nowhere.

    Raises InputError on entering when the folder is missing or another run holds it.
    """

    def __init__(self, settings: LogSettings, labels: Sequence[str], language: Language = "en") -> None:
        super().__init__(settings.folder, language)
        self._settings, self._labels = settings, labels

    def write(self, reading: Reading) -> None:
        """Take no notice."""

    def _put(self, made: dict[str, Any]) -> None:
        try:
            path, head = self._file(f"{day_of(made['wall_time']):%Y%m}")
            if path.exists():
                mend(path, whole_record if path.suffix == ".jsonl" else lambda _: False)
            with open_private(path, "ab", buffering=0) as file:
                append(file, (head + self._line(made)).encode())
            self._trouble = ""
        except OSError as error:
            self._failed_by(error)

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
