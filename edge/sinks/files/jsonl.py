"""Readings as JSON lines. The keys are stable; a new one may be added, none changes its meaning.

wall_time       when the record was made, ISO 8601, UTC, milliseconds; of a recording: when it was read
time            end of the newest window on the source's clock (seconds)
source          recording or device the reading comes from
person          whose it is where everybody is read (faces = "all"): a number from 1 on, kept while they are
                in view, a new one when they come back; null: of the one who is read, or of nobody seen
state           reading | needs_check | no_speech | no_face | dark | loud | no_signal | warming_up | paused |
                unfamiliar
label           voted label, null unless state is reading or needs_check
probabilities   {label: voted posterior}, null when nothing was read
candidates      labels that cannot be ruled out, likeliest first
margin          lead of the first label over the second, 0..1; after edge relabel 0 where another label leads
votes           windows that the vote rests on, each by the share of it that is left
held            true while a new leader waits and the old label stays
weights         {modality: its share in the newest window}, present modalities only
delay_ms        mean age of the windows that voted, each by its influence (milliseconds)
alarm           whether the alarm of negative emotions is up ([alarm] of site.toml)
run             when the run that made it began, ISO 8601, UTC, microseconds: the same in all its records
unfamiliar      modalities left aside because they are unlike everything the bundle learned from
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import Self

from edge.errors import InputError
from edge.items import Reading
from edge.sinks.claim import held, holder
from edge.sinks.files.lines import append, mend
from edge.system.disk import reason
from edge.system.private import open_private
from edge.system.texts import json_text
from edge.words import Language, word

LONGEST = 1_000_000
"""No line of a reading is longer (bytes)."""


class JsonLines:
    """Appends one JSON object a line to a file, flushed line by line.

    The file appears with the first reading, so a source that cannot be read leaves none behind.
    run: of `new_run`; None: a run of its own. say: gets a line when another run writes to the file as well.
    It is for its owner alone; what a stop left of its last line is taken away first.
    Raises InputError when the folder is missing, the file cannot be written or holds something else.
    """

    def __init__(
        self,
        path: Path,
        labels: Sequence[str],
        run: str | None = None,
        say: Callable[[str], None] = lambda _: None,
        language: Language = "en",
    ) -> None:
        self.path = path
        self._labels = labels
        self._run = run or new_run()
        self._say, self._language = say, language
        self._file: io.FileIO | None = None

    def __enter__(self) -> Self:
        if not self.path.absolute().parent.is_dir():
            raise InputError.of("jsonl_no_folder", path=self.path)
        if self.path.is_dir():
            raise InputError.of("jsonl_folder", path=self.path)
        try:
            if self.path.is_file() and not _ours(self.path):
                raise InputError.of("jsonl_foreign", path=self.path)
        except OSError as error:
            raise InputError.of("file_unwritable", path=self.path, why=reason(error)) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            # Each line was flushed when written: what close() may still complain of was already reported.
            with suppress(OSError):
                self._file.close()
            self._file = None

    def write(self, reading: Reading) -> None:
        """Append one reading. Raises InputError."""
        self.append(record(reading, self._labels, self._run))

    def append(self, made: dict[str, Any]) -> None:
        """Append one record. Raises InputError."""
        try:
            if self._file is None:
                self._file = self._opened()
            append(self._file, f"{json_text(made)}\n".encode())
        except OSError as error:
            raise InputError.of("file_unwritable", path=self.path, why=reason(error)) from error

    def _opened(self) -> io.FileIO:
        """The file to append to, what a stop left of a line taken away. Raises OSError."""
        file: io.FileIO = open_private(self.path, "ab", buffering=0)
        try:
            if not held(file.fileno()):
                shared = InputError.of("file_shared", path=self.path, other=holder(file.fileno()))
                self._say(shared.told(self._language))
            elif self.path.is_file() and mend(self.path, whole_record):
                self._say(word("jsonl_mended", self._language, path=self.path))
        except BaseException:
            file.close()
            raise
        return file


def new_run() -> str:
    """What names a run that begins now in all its records."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")


def record(reading: Reading, labels: Sequence[str], run: str = "") -> dict[str, Any]:
    """The object written for a reading of a run; the wall time is taken here, once."""
    probabilities = None
    if reading.probabilities is not None:
        pairs = zip(labels, reading.probabilities, strict=True)
        probabilities = {label: round(float(p), 4) for label, p in pairs}
    return {
        "wall_time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        "time": round(reading.time, 3),
        "source": reading.source,
        "person": reading.person,
        "state": reading.state,
        "label": reading.label,
        "probabilities": probabilities,
        "candidates": list(reading.candidates),
        "margin": round(reading.margin, 4),
        "votes": reading.votes,
        "held": reading.held,
        "weights": {name: round(weight, 3) for name, weight in reading.weights.items()},
        "delay_ms": round(reading.delay_ms, 1),
        "run": run,
        "alarm": reading.alarm,
        "unfamiliar": list(reading.unfamiliar),
    }


def whole_record(line: bytes) -> bool:
    """Whether a line is a record, as far as it can be told without reading all of it anew."""
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _ours(path: Path) -> bool:
    """Whether a file is one of records, or empty. Raises OSError."""
    with path.open("rb") as file:
        first = file.readline(LONGEST).lstrip(b"\xef\xbb\xbf\0 \t\r\n")
    begun = b'"wall_time"'.startswith(first[1:])  # all that was written when the first run was stopped
    return not first or (first.startswith(b"{") and (b'"wall_time"' in first or begun))
