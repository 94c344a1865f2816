"""Readings of a file that `edge run --jsonl` or [log] wrote (edge/sinks/files/jsonl.py), read back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, get_args

import numpy as np

from edge.errors import InputError
from edge.items import MODALITIES, Reading, State
from edge.sinks.files.jsonl import LONGEST
from edge.system.disk import reason
from edge.words import Language

MOST = 1e15
"""No number of a reading is larger."""


def read_records(
    path: Path, say: Callable[[str], None] = lambda _: None, language: Language = "en"
) -> Iterator[tuple[dict[str, Any], Reading]]:
    """Each record of a file and the reading it stands for.

    A line that is none, as one torn by a power cut, is passed over; at the end `say` gets one line about
    them. Raises InputError for a file that cannot be read or has no line that is a reading.
    """
    count, bad = 0, 0
    first: dict[str, Any] = {}
    try:
        with path.open("rb") as file:
            for number, line in enumerate(_lines(file), 1):
                try:
                    found = _parsed(line)
                except InputError as error:
                    first = first or {"path": path, "number": number, "why": error}
                    bad += 1
                    continue
                if found is not None:
                    count += 1
                    yield found
    except OSError as error:
        raise InputError.of("readings_unreadable", path=path, why=reason(error)) from error
    if bad and not count:
        raise InputError.of("readings_none", **first)
    if bad:
        key = "reading_skipped" if bad == 1 else "readings_skipped"
        say(InputError.of(key, **first, more=bad - 1).told(language))


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Lines as a newline ends them, and nothing else does; zeros for one that is too long for a reading."""
    while line := file.readline(LONGEST):
        rest = line
        while not rest.endswith(b"\n") and (rest := file.readline(LONGEST)):
            line = b"\0" * LONGEST
        yield line


def _parsed(line: bytes) -> tuple[dict[str, Any], Reading] | None:
    """A record and its reading; None for an empty line. Raises InputError."""
    try:
        found = _record(line)
        return None if found is None else (found, _reading(found))
    except KeyError as error:
        raise InputError.of("reading_lacks", name=error.args[0]) from error
    except TypeError as error:
        raise InputError.of("reading_kind") from error
    except (ValueError, RecursionError) as error:
        raise InputError.of("reading_torn") from error


def _record(line: bytes) -> Any:
    """What a line holds; None for an empty one. Raises ValueError; zeros are what a power cut leaves."""
    text = line.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n")
    return json.loads(text.strip(b"\0").decode()) if text else None


def _reading(record: Any) -> Reading:
    """Raises KeyError, TypeError and InputError for what is none."""
    if not isinstance(record, dict):
        raise InputError.of("reading_torn")
    shares, label, person = record["probabilities"], record["label"], record.get("person")
    shares = None if shares is None else _shares("probabilities", shares)
    if record["state"] not in get_args(State):
        raise InputError.of("reading_state", value=_short(record["state"]))
    if unknown := {label, *record["candidates"]} - {None, *(shares or ())}:
        raise InputError.of("reading_label", value=_short(unknown.pop()))
    if person is not None and type(person) is not int:
        raise InputError.of("reading_whole", name="person", value=_short(person))
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
        alarm=bool(record.get("alarm")),  # files of before have none, nor the next
        unfamiliar=tuple(name for name in MODALITIES if name in record.get("unfamiliar", ())),
    )


def _shares(name: str, value: Any) -> dict[str, float]:
    """{name: 0..1}. Raises InputError."""
    if not isinstance(value, dict):
        raise InputError.of("reading_shares", name=name, value=_short(value))
    return {key: _number(f"{name} {key}", share) for key, share in value.items()}


def _number(name: str, value: Any, least: float = 0.0, most: float = 1.0) -> float:
    """Raises InputError; NaN lies in no range."""
    if type(value) not in (int, float):
        raise InputError.of("reading_number", name=name, value=_short(value))
    if not least <= value <= most:
        raise InputError.of("reading_range", name=name, value=_short(value), least=least, most=most)
    return float(value)


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:40]
