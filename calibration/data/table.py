"""One reader for every table that says something about recordings: strict in content, forgiving in form.

Read as it is: cells between commas, semicolons or tabs; UTF-8, UTF-16 with its mark, Shift-JIS as Excel in
Japan writes it; any line ends, blank lines, and column names in any case or width.
Refused with file and line: an open quote, a row of another length than the header, a column named twice,
NUL characters, bytes of no known encoding.
"""

from __future__ import annotations

import csv
import io
import posixpath
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Literal

from calibration.data.encodings import decoded
from edge.errors import DatasetError
from edge.system.texts import uncell

SEPARATORS = (",", ";", "\t")
SHOWN = 60
"""Longest part of a cell that an error repeats (characters)."""
BLANK = " \t,;\r\n\u3000"
"""Characters of a line that says nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table."""

    table: Path
    line: int
    """Where it begins in the file, from 1."""
    cells: Mapping[str, str]
    """By column, without space around them."""

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def get(self, column: str) -> str:
        """A cell; empty where the table lacks the column."""
        return self.cells.get(column, "")

    @property
    def where(self) -> DatasetError:
        """Table and line, as errors name them."""
        return at_line(self.table, self.line)

    def refused(self, key: str, **values: object) -> DatasetError:
        """An error about this row, to be raised."""
        return DatasetError.of(key, where=self.where, **values)

    def number(self, column: str, low: float, high: float) -> float | None:
        """A number from low to high; None where the cell is empty. Raises DatasetError.

        The decimal sign may be a comma, as spreadsheets of half of Europe write it.
        """
        said = self.get(column)
        if not said:
            return None
        try:
            value = float(unicodedata.normalize("NFKC", said).replace(",", "."))
        except ValueError:
            value = float("nan")
        if not low <= value <= high:  # so is NaN
            raise self.refused("table_number", column=column, said=shown(said), low=low, high=high)
        return value

    def file(self, folder: Path, column: str = "file_name", *, must_exist: bool = True) -> tuple[str, Path]:
        r"""Name of a file, NFC with / between folders, and its place. Raises DatasetError.

        Found whatever normal form the disk has its name in. A relative name stays below the folder; held-out
        sets of an export name their files by absolute paths.
        """
        said = self[column]
        if not said:
            raise self.refused("table_no_name", column=column)
        try:
            name = said if (folder / said).is_file() else said.replace("\\", "/")
            name = posixpath.normpath(unicodedata.normalize("NFC", name))
            if name.split("/")[0] == "..":
                raise self.refused("table_outside", name=shown(said), folder=folder)
            place = _on_disk(folder, said if (folder / said).is_file() else name)
            missing = must_exist and not place.is_file()
        except OSError as error:  # a name too long for any disk
            raise self.refused("table_no_file", name=shown(said), folder=folder) from error
        if missing:
            away = PureWindowsPath(name).is_absolute() or PurePosixPath(name).is_absolute()
            raise self.refused("table_absolute" if away else "table_no_file", name=shown(said), folder=folder)
        return name, place


def side_of(row: Row) -> Literal["calibration", "evaluation"] | None:
    """Which side a row is on by its column split; None where it names no side."""
    said = column_name(row.get("split"))
    if said in ("calibration", "校正", "較正"):
        return "calibration"
    return "evaluation" if said in ("evaluation", "評価") else None


class Once:
    """Refuses what a table lists a second time."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, str]] = {}

    def take(self, row: Row, name: str, said: str = "") -> None:
        """Note a name and what the row says of it. Raises DatasetError naming both lines."""
        line, before = self._seen.setdefault(name, (row.line, said))
        if line != row.line:
            key = "table_twice" if said == before else "table_two_labels"
            raise row.refused(key, name=shown(name), line=line, said=shown(said), before=shown(before))


def read_rows(table: Path, columns: Sequence[str]) -> list[Row]:
    """Rows of a table with a header that has at least these columns. Raises DatasetError."""
    lines = list(io.StringIO(decoded(table), newline=""))
    start = next((number for number, line in enumerate(lines) if line.strip(BLANK)), len(lines))
    if start == len(lines):
        raise DatasetError.of("table_empty", table=table, columns=", ".join(columns))
    wanted = {column_name(name): name for name in columns}
    told = re.fullmatch(r"sep=(.)", lines[start].strip("\r\n"), re.IGNORECASE)  # for Excel
    start += bool(told)
    separator = told[1] if told else _separator(lines[start : start + 1], wanted)
    records = _records(table, lines, start, separator)
    names = [wanted.get(column_name(cell), column_name(cell)) for cell in next(records, (0, [], []))[1]]
    while names and not names[-1]:
        names.pop()
    _require(table, names, columns, lines[start])
    return list(_rows(table, names, columns[0], separator, records))


def read_unquoted(table: Path, cells: int) -> list[Row]:
    """Rows of a table without header or quotes, tabs between cells; named 0, 1, ... Raises DatasetError."""
    rows = []
    for number, line in enumerate(io.StringIO(decoded(table), newline=""), 1):
        if line.strip(BLANK):
            found = line.rstrip("\r\n").split("\t")
            row = Row(table, number, {str(place): cell for place, cell in enumerate(found)})
            if len(found) != cells:
                raise row.refused("table_tabs", found=len(found), width=cells)
            rows.append(row)
    return rows


def shown(text: str) -> str:
    """What a file says, fit for one line of a message."""
    flat = "".join(letter if letter.isprintable() else " " for letter in text)
    flat = " ".join(flat.split())
    return flat if len(flat) <= SHOWN else f"{flat[:SHOWN]}..."


def at_line(table: Path, line: int) -> DatasetError:
    """A line of a file, as errors name it."""
    return DatasetError.of("table_line", table=table, line=line)


def column_name(name: str) -> str:
    """A name of a column as rows have it: in small letters, _ where there is space."""
    return re.sub(r"[\s-]+", "_", unicodedata.normalize("NFKC", name).strip().casefold())


def _separator(header: Sequence[str], wanted: Mapping[str, str]) -> str:
    """The one that finds most of the wanted columns in the header, then most cells."""
    found = {mark: next(csv.reader(header, delimiter=mark), []) for mark in SEPARATORS}
    return max(
        SEPARATORS, key=lambda mark: (sum(column_name(c) in wanted for c in found[mark]), len(found[mark]))
    )


def _require(table: Path, names: Sequence[str], columns: Sequence[str], header: str) -> None:
    missing = [name for name in columns if name not in names]
    if missing:
        lacking = ", ".join(missing)
        raise DatasetError.of("table_columns", table=table, missing=lacking, there=shown(header))
    for place, name in enumerate(names):
        if name and name in names[:place]:
            raise DatasetError.of("table_same_column", table=table, name=shown(name))


def _records(
    table: Path, lines: Sequence[str], start: int, separator: str
) -> Iterator[tuple[int, list[str], Sequence[str]]]:
    """Line it begins in, cells and lines of each record from `start` on."""
    reader = csv.reader(lines[start:], delimiter=separator, strict=True, skipinitialspace=True)
    while True:
        first = start + reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            line = _open_quote("".join(lines[first:]), separator)
            if line is None:
                why = str(error)
                raise DatasetError.of("table_cell", where=at_line(table, first + 1), why=why) from error
            raise DatasetError.of("table_quote", where=at_line(table, first + 1 + line)) from error
        yield first + 1, [uncell(cell.strip()) for cell in cells], lines[first : start + reader.line_num]


def _open_quote(text: str, separator: str) -> int | None:
    """Line of the first quote that begins a cell and does not end with it, from 0; None without."""
    mark = re.escape(separator)
    opens, closes = rf"(?:^|(?<=[{mark}\r\n]))[ ]*", rf"(?=[{mark}\r\n]|\Z)"
    for found in re.finditer(rf'{opens}("(?:[^"]|"")*"{closes}|")', text):
        if found[1] == '"':
            return len(re.findall(r"\r\n|\r|\n", text[: found.start(1)]))
    return None


def _rows(
    table: Path,
    names: Sequence[str],
    key: str,
    separator: str,
    records: Iterator[tuple[int, list[str], Sequence[str]]],
) -> Iterator[Row]:
    width, place = len(names), names.index(key)
    mark = "tab" if separator == "\t" else separator
    for line, cells, physical in records:
        if not any(cells):
            continue
        while len(cells) > width and not cells[-1]:
            cells.pop()
        row = Row(table, line, {name: cell for name, cell in zip(names, cells, strict=False) if name})
        if len(cells) != width:
            problem = "table_long" if len(cells) > width else "table_short"
            raise row.refused(problem, found=len(cells), width=width, mark=mark)
        for number, inner in enumerate(physical[1:], line + 1):
            # Two quotes that belong to nothing make one cell of all between them.
            parts = inner.split(separator)
            alike = len(parts) == width and Path(parts[place].strip()).suffix == Path(cells[place]).suffix
            if alike:
                raise row.refused("table_swallowed", line=number)
        yield row


def _on_disk(folder: Path, name: str) -> Path:
    """Where a file lies below a folder, though the disk may spell its name in another normal form."""
    place = folder / name
    if name.isascii() or place.is_file():
        return place
    place = folder
    for part in PurePosixPath(name).parts:
        forms = (place / unicodedata.normalize(form, part) for form in ("NFC", "NFD"))
        step = next((form for form in forms if form.exists()), None)
        if step is None and place.is_dir():
            step = next((p for p in place.iterdir() if unicodedata.normalize("NFC", p.name) == part), None)
        place = step or place / part
    return place
