"""Readings in files a device can go on writing for years: a new one each day, within a quota.

readings-20261122-001.jsonl     names sort by time; the day is the local day of wall_time
readings-20261122-002.jsonl     begun when the first had reached file_mb
readings-20261123-001.csv       after the format was changed; both count for the quota

JSON lines have the keys of jsonl.py. CSV has a header in every file and these columns, in order:

wall_time,time,source,state,label,probability_<label> for each label of the bundle,candidates (";" between),
margin,votes,held,weight_audio,weight_vision,weight_text,delay_ms,person,run,alarm

What is null in JSON is empty in CSV; text that a spreadsheet would run begins with an apostrophe. A bundle
with other labels begins a new file.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from edge.items import MODALITIES, Reading
from edge.sections import LogSettings
from edge.sinks.files.jsonl import new_run, record, whole_record
from edge.sinks.files.lines import append, mend
from edge.sinks.files.sink import FolderSink
from edge.system.days import day_of
from edge.system.private import open_private
from edge.system.texts import csv_line, json_text
from edge.words import Language

MB = 1_000_000
NAME = re.compile(r"readings-(\d{8})-(\d{3,})\.(?:jsonl|csv)")


class Log(FolderSink):
    """Appends each reading to the newest file of a folder, which it holds: one run a folder.

    A thread of its own writes: a disk that hangs holds nothing up. Trouble (a full disk, a folder that is
    gone) costs the readings it lasts for: they are counted as lost, each next reading tries again, and no
    half line stays behind. Files of other names are never touched. run: of `new_run`; None: its own. days:
    age at which files are deleted; None: only to make room.
    Raises InputError on entering when the folder is missing or another run holds it.
    """

    def __init__(
        self,
        settings: LogSettings,
        labels: Sequence[str],
        run: str | None = None,
        language: Language = "en",
        days: int | None = None,
    ) -> None:
        super().__init__(settings.folder, language)
        self._days, self._run = days, run or new_run()
        self._settings = settings
        self._labels = labels
        self._header = "" if settings.format == "jsonl" else csv_line(columns(labels))
        self._file: io.FileIO | None = None
        self._day = ""

    def write(self, reading: Reading) -> None:
        """Have one reading appended; returns at once."""
        self.put(record(reading, self._labels, self._run))

    def settle(self, limit_s: float = 10.0) -> bool:
        """Wait until all readings are dealt with, for limit_s at most; whether they are."""
        return self._background.settle(limit_s)

    def _put(self, made: dict[str, Any]) -> None:
        day = f"{day_of(made['wall_time']):%Y%m%d}"
        line = self._line(made).encode()
        try:
            if self._file is None or day != self._day or self._file.tell() + len(line) > self._limit:
                self._open(day, len(line))
            assert self._file is not None
            append(self._file, line)
            self._trouble = ""
        except OSError as error:
            # Opened again for the next reading: the folder may by then be another disk.
            self._close()
            self._failed_by(error)

    @property
    def _limit(self) -> int:
        return self._settings.file_mb * MB

    def _line(self, made: dict[str, Any]) -> str:
        if self._settings.format == "jsonl":
            return json_text(made) + "\n"
        return csv_line(row(made, self._labels))

    def _open(self, day: str, room: int) -> None:
        """Open the newest file if it is of this day and has room, a new one else. Raises OSError."""
        self._close()
        folder = self._settings.folder
        files = written(folder)
        if files:
            # What a power cut left of a line goes now, also when the file is yesterday's.
            mend(files[-1], whole_record if files[-1].suffix == ".jsonl" else lambda _: False)
        today = [path for path in files if _when(path)[0] == day]
        if today and self._continues(today[-1], room):
            path = today[-1]
        else:
            part = _when(today[-1])[1] + 1 if today else 1
            path = folder / f"readings-{day}-{part:03d}.{self._settings.format}"
        self._make_space([other for other in files if other != path])
        self._file = open_private(path, "ab", buffering=0)
        self._day = day
        if self._header and self._file.tell() == 0:
            append(self._file, self._header.encode())

    def _continues(self, path: Path, room: int) -> bool:
        if path.suffix != f".{self._settings.format}" or path.stat().st_size + room > self._limit:
            return False
        with path.open("rb") as file:
            return file.readline() in (b"", self._header.encode()) if self._header else True

    def _make_space(self, old: Sequence[Path]) -> None:
        """Delete what is too old, then the oldest until the file that is written may grow to its limit."""
        if self._days is not None:
            last = f"{date.today() - timedelta(days=self._days):%Y%m%d}"
            for path in [path for path in old if _when(path)[0] < last]:
                path.unlink(missing_ok=True)
            old = [path for path in old if path.exists()]
        sizes = [path.stat().st_size for path in old]
        for index, path in enumerate(old):
            if sum(sizes[index:]) + self._limit <= self._settings.quota_mb * MB:
                return
            path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._file:
            with suppress(OSError):
                self._file.close()
            self._file = None


def columns(labels: Sequence[str]) -> list[str]:
    """The columns of a CSV file, in order."""
    probabilities = [f"probability_{label}" for label in labels]
    weights = [f"weight_{name}" for name in MODALITIES]
    ahead = ["wall_time", "time", "source", "state", "label"]
    return [
        *ahead,
        *probabilities,
        "candidates",
        "margin",
        "votes",
        "held",
        *weights,
        "delay_ms",
        "person",
        "run",
        "alarm",
    ]


def row(made: dict[str, Any], labels: Sequence[str]) -> list[Any]:
    """One record (edge/sinks/files/jsonl.py) in the order of `columns`; None where there is no value."""
    flat = made | {"candidates": ";".join(made["candidates"]), "held": str(made["held"]).lower()}
    flat |= {"alarm": str(made["alarm"]).lower()}
    flat |= {f"probability_{label}": p for label, p in (made["probabilities"] or {}).items()}
    flat |= {f"weight_{name}": share for name, share in made["weights"].items()}
    return [flat.get(name) for name in columns(labels)]


def written(folder: Path) -> list[Path]:
    """The files a Log made in a folder, oldest first."""
    return sorted(
        (path for path in folder.iterdir() if NAME.fullmatch(path.name) and not path.is_symlink()), key=_when
    )


def _when(path: Path) -> tuple[str, int]:
    """Day and part in the name of a file that was written."""
    found = NAME.fullmatch(path.name)
    assert found
    return found[1], int(found[2])
