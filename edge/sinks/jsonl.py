"""Readings as JSON lines. The keys are stable; a new one may be added, none changes its meaning.

wall_time       when the record was made, ISO 8601, UTC, milliseconds; of a recording: when it was read
time            end of the newest window on the source's clock (seconds)
source          recording or device the reading comes from
person          whose it is where everybody is read (faces = "all"): a number from 1 on, kept while they are
                in view, a new one when they come back; null: of the one who is read, or of nobody seen
state           reading | needs_check | no_speech | no_face | dark | loud | no_signal | warming_up | paused
label           voted label, null unless state is reading or needs_check
probabilities   {label: voted posterior}, null when nothing was read
candidates      labels that cannot be ruled out, likeliest first
margin          lead of the first label over the second, 0..1; after edge relabel 0 where another label leads
votes           windows that took part in the vote
held            true while a new leader waits and the old label stays
weights         {modality: its share in the newest window}, present modalities only
delay_ms        mean age of the windows that voted, by what they weigh (milliseconds)
run             when the run that made it began, ISO 8601, UTC, microseconds: the same in all its records
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO, get_args

import numpy as np
from typing_extensions import Self

from edge.errors import InputError
from edge.items import Reading, State
from edge.sinks.claim import held, holder
from edge.words import Language

MOST = 1e15
"""No number of a reading is larger."""


class JsonLines:
    """Appends one JSON object a line to a file, flushed line by line.

    The file appears with the first reading, so a source that cannot be read leaves none behind.
    run: of `new_run`; None: a run of its own. say: gets a line when another run writes to the file as well.
    Raises InputError when the folder is missing or the file cannot be written.
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
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        if not self.path.absolute().parent.is_dir():
            raise InputError(f"{self.path} cannot be written: its folder does not exist; make it first")
        if self.path.is_dir():
            raise InputError(f"{self.path} is a folder; name a file in it")
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
        line = json.dumps(made, ensure_ascii=False) + "\n"
        try:
            if self._file is None:
                self._file = self.path.open("a", encoding="utf-8")
                if not held(self._file.fileno()):
                    other = holder(self._file.fileno())
                    shared = InputError.of("file_shared", path=self.path, other=other)
                    self._say(shared.told(self._language))
            self._file.write(line)
            self._file.flush()
        except OSError as error:
            raise InputError.of("file_unwritable", path=self.path, why=error.strerror) from error


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
    }


def read_records(path: Path) -> Iterator[tuple[dict[str, Any], Reading]]:
    """Each object of a file and the reading it stands for. Raises InputError for what is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error}); give a file of edge run --jsonl") from error
    for number, line in enumerate(lines, 1):
        try:
            found = json.loads(line)
            reading = _reading(found)
        except KeyError as error:
            raise _refused(path, number, f"{error} is missing") from error
        except (ValueError, TypeError, RecursionError) as error:
            raise _refused(path, number, str(error)) from error
        yield found, reading


def _refused(path: Path, number: int, why: str) -> InputError:
    return InputError(f"{path} line {number} is no reading ({why}); give a file of edge run --jsonl")


def _reading(record: Any) -> Reading:
    """Raises KeyError, ValueError and TypeError for what is none."""
    if not isinstance(record, dict):
        raise ValueError("no object in braces")
    shares, label, person = record["probabilities"], record["label"], record.get("person")
    shares = None if shares is None else _shares("probabilities", shares)
    if record["state"] not in get_args(State):
        raise ValueError(f"state {record['state']!r}")
    if unknown := {label, *record["candidates"]} - {None, *(shares or ())}:
        raise ValueError(f"no probability of {unknown.pop()!r}")
    if person is not None and type(person) is not int:
        raise ValueError(f"person is {_short(person)}, not a whole number")
    return Reading(
        time=_number("time", record["time"], -MOST, MOST),
        state=record["state"],
        source=str(record["source"]),
        person=person,
        label=label,
        probabilities=None if shares is None else np.array(list(shares.values()), np.float32),
        candidates=tuple(record["candidates"]),
        margin=_number("margin", record["margin"]),
        votes=int(_number("votes", record["votes"], 0.0, MOST)),
        held=bool(record["held"]),
        weights=_shares("weights", record["weights"]),
        delay_ms=_number("delay_ms", record["delay_ms"], 0.0, MOST),
    )


def _shares(name: str, value: Any) -> dict[str, float]:
    """{name: 0..1}. Raises ValueError."""
    if not isinstance(value, dict):
        raise ValueError(f"{name} are {_short(value)}, not numbers by name")
    return {key: _number(f"{name} of {key}", share) for key, share in value.items()}


def _number(name: str, value: Any, least: float = 0.0, most: float = 1.0) -> float:
    """Raises ValueError; NaN lies in no range."""
    if type(value) not in (int, float):
        raise ValueError(f"{name}: {_short(value)} is not a number")
    if not least <= value <= most:
        raise ValueError(f"{name}: {_short(value)} is not in {least:g}..{most:g}")
    return float(value)


def _short(value: Any) -> str:
    return json.dumps(value)[:40]
