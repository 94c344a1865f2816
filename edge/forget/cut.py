"""Files that speak of several people, without one of them; what stays is as it was, byte for byte."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from edge.forget.traces import COLUMNS, Traces, texts
from edge.system.texts import uncell

_SEPARATORS = (",", ";", "\t")
_WHOLE = object()  # in place of a value of JSON that is about the person


@dataclass(frozen=True, slots=True)
class Cut:
    """What is left of a file."""

    data: bytes
    rows: int
    """Rows, lines or elements taken out."""
    whole: bool = False
    """Whether nothing of it may stay."""
    copies: tuple[str, ...] = ()
    """Files named by what was taken out, as a labelling task names them."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a table as it lies in its file."""

    raw: str
    cells: dict[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with all that is needed to write it again."""

    head: str
    """All up to the first row, as it is."""
    records: list[Record]


def decoded(data: bytes) -> tuple[str, str] | None:
    """Text of a file and its encoding; None where it is none."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8", "cp932"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else (text, encoding)
    return None


def sheet(text: str) -> Sheet | None:
    """The table in a text, columns in small letters; None where it is none."""
    lines = list(io.StringIO(text, newline=""))
    first = next((i for i, line in enumerate(lines) if line.strip(" \t,;\r\n\u3000")), None)
    if first is not None and lines[first].casefold().startswith("sep="):
        first += 1
    if first is None or first >= len(lines):
        return None
    separator = max(_SEPARATORS, key=lambda mark: lines[first].count(mark))
    reader = csv.reader(lines[first:], delimiter=separator, strict=True, skipinitialspace=True)
    try:
        names = [uncell(cell.strip()).casefold() for cell in next(reader)]
        head = end = reader.line_num
        records = []
        for cells in reader:
            raw = "".join(lines[first + end : first + reader.line_num])
            end = reader.line_num
            told = zip(names, (uncell(cell.strip()) for cell in cells), strict=False)
            records.append(Record(raw, dict(told)))
    except (csv.Error, StopIteration):
        return None
    return Sheet("".join(lines[: first + head]), records)


def cut_table(data: bytes, traces: Traces) -> Cut:
    """A table without the rows about the person, and with the person's name taken out of the others."""
    found = decoded(data)
    table = sheet(found[0]) if found else None
    if found is None or table is None:
        return cut_text(data, traces)
    kept, rows = [], 0
    for record in table.records:
        if any(traces.about(name, cell) for name, cell in record.cells.items()):
            rows += 1
            continue
        kept.append(_cleaned(record, traces))
    text = table.head + "".join(kept)
    return Cut(data if text == found[0] else text.encode(found[1]), rows)


def _cleaned(record: Record, traces: Traces) -> str:
    """A row that stays; in a column that lists people the person is left out of the list."""
    raw = record.raw
    for name, cell in record.cells.items():
        if name in COLUMNS and traces.among(cell):
            rest = " ".join(part for part in cell.split() if not traces.is_person(part))
            raw = raw.replace(cell, rest, 1)
    return traces.without(raw)


def cut_lines(data: bytes, traces: Traces) -> Cut:
    """JSON lines without those about the person; a line that is no JSON is taken as running text."""
    kept, rows = [], 0
    for line in data.splitlines(keepends=True):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            kept.append(cut_text(line, traces).data)
            continue
        dropped: list[Any] = []
        left = _pruned(value, traces, dropped)
        if left is _WHOLE:
            rows += 1
        elif dropped or any(traces.named_in(text) for text in texts(left)):
            rows += len(dropped)
            end = line[len(line.rstrip(b"\r\n")) :]
            kept.append(json.dumps(_renamed(left, traces), ensure_ascii=False).encode() + end)
        else:
            kept.append(line)
    return Cut(b"".join(kept), rows)


def cut_json(data: bytes, traces: Traces) -> Cut:
    """A JSON file without the elements about the person: the innermost list elements that hold them."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return cut_text(data, traces)
    dropped: list[Any] = []
    left = _pruned(value, traces, dropped)
    if left is _WHOLE:
        return Cut(b"", 1, whole=True, copies=tuple(_copies([value])))
    if not dropped and not any(traces.named_in(text) for text in texts(left)):
        return Cut(data, 0)
    text = json.dumps(_renamed(left, traces), ensure_ascii=False, indent=1) + "\n"
    return Cut(text.encode(), len(dropped), copies=tuple(_copies(dropped)))


def cut_text(data: bytes, traces: Traces) -> Cut:
    """Running text with the person's name taken out, and lines that are a name alone; else as it is."""
    found = decoded(data)
    if found is None:
        return Cut(data, 0)
    lines = found[0].splitlines(keepends=True)
    kept = [line for line in lines if not (traces.is_person(said := line.strip()) or traces.is_file(said))]
    text = "".join(kept)
    if len(kept) == len(lines) and not traces.named_in(text):
        return Cut(data, 0)
    return Cut(traces.without(text).encode(found[1]), len(lines) - len(kept))


def _pruned(value: Any, traces: Traces, dropped: list[Any]) -> Any:
    """A value without what is about the person; _WHOLE where all of it is."""
    if isinstance(value, str):
        return _WHOLE if traces.is_file(value) else value
    if isinstance(value, list):
        kept = []
        for inner in value:
            mine = isinstance(inner, str) and traces.is_person(inner)
            left = _WHOLE if mine else _pruned(inner, traces, dropped)
            if left is _WHOLE:
                dropped.append(inner)
            else:
                kept.append(left)
        return kept
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, inner in value.items():
        if traces.is_person(key) or traces.is_file(key):
            dropped.append(inner)
            continue
        if isinstance(inner, str) and traces.about(key, inner):
            return _WHOLE
        left = _pruned(inner, traces, dropped)
        if left is _WHOLE:
            return _WHOLE
        found[key] = left
    return found


def _renamed(value: Any, traces: Traces) -> Any:
    if isinstance(value, str):
        return traces.without(value)
    if isinstance(value, list):
        return [_renamed(inner, traces) for inner in value]
    if isinstance(value, dict):
        return {traces.without(key): _renamed(inner, traces) for key, inner in value.items()}
    return value


def _copies(values: list[Any]) -> Iterator[str]:
    """Files that a task of Label Studio names: /data/local-files/?d=media/00001.flac."""
    from urllib.parse import unquote

    for value in values:
        for text in texts(value):
            if "?d=" in text:
                yield unquote(text.partition("?d=")[2])
