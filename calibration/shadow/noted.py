"""What people said happened during a trial: events.csv, and verdicts on checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from calibration.data.table import Row, read_rows, shown
from edge.errors import DatasetError, InputError
from edge.labels import Labels, plain
from edge.review.results import verdict
from edge.review.store import DATABASE, Store
from edge.shadow.folder import COLUMNS, EVENTS
from edge.system.texts import uncell

WATCHED = {"watched", "観察"}
"""`what` of a row that says when somebody was watching."""
VOTED_S = 10.0
"""A verdict speaks of the seconds that were voted on as well (seconds)."""
OTHER = {"other", "その他"}
"""`what` of an event of no label."""


@dataclass(frozen=True, slots=True)
class Noted:
    """One stretch of time."""

    start: float
    end: float
    """Seconds since 1970."""
    label: str
    """Name of a label; empty: something else happened."""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """All that people said."""

    events: tuple[Noted, ...]
    """Noted in the table."""
    watched: tuple[Noted, ...]
    """When somebody was watching; empty: whenever something was read."""
    judged: tuple[Noted, ...]
    """Checks people agree on."""
    waiting: int
    """Checks nobody judged."""


def said(folder: Path, review: Path, labels: Labels, started: float) -> Said:
    """What people noted and judged since a moment (seconds since 1970). Raises InputError."""
    rows = _rows(folder / EVENTS)
    noted = [_noted(row, names, labels) for row, names in rows]
    watched = [one for one, what in noted if what in WATCHED]
    events = [one for one, what in noted if what not in WATCHED]
    judged, waiting = _verdicts(review, started)
    return Said(tuple(events), tuple(watched), tuple(judged), waiting)


def _rows(table: Path) -> list[tuple[Row, tuple[str, ...]]]:
    if not table.is_file():
        return []
    for names in COLUMNS.values():
        try:
            return [(row, names) for row in read_rows(table, names[:3])]
        except DatasetError as error:
            if error.key == "table_empty":
                return []
            if error.key != "table_columns" or names == COLUMNS["ja"]:
                raise
    return []


def _noted(row: Row, names: tuple[str, ...], labels: Labels) -> tuple[Noted, str]:
    first, last = _moment(row, names[0]), _moment(row, names[1])
    what = plain(uncell(row[names[2]]))
    label = labels.find(what)
    if last < first:
        raise row.refused("shadow_order", first=shown(row[names[0]]), last=shown(row[names[1]]))
    if label is None and what not in WATCHED | OTHER:
        raise row.refused("shadow_what", said=shown(row[names[2]]), known=labels.choice)
    return Noted(first, last, label or "", row.get(names[3])), what


def _moment(row: Row, column: str) -> float:
    """Local time of the site, or with a zone of its own."""
    try:
        return datetime.fromisoformat(row[column].replace("/", "-").replace("：", ":")).timestamp()
    except (ValueError, OverflowError):
        raise row.refused("shadow_moment", column=column, said=shown(row[column])) from None


def _verdicts(review: Path, started: float) -> tuple[list[Noted], int]:
    if not (review / DATABASE).is_file():
        return [], 0
    with Store(review) as store:
        items = [item for item in store.items() if _seconds(item.made) >= started]
    found = []
    for item in items:
        label = verdict(item)
        if label is not None:
            walls = [_seconds(reading["wall_time"]) for reading in item.readings]
            found.append(Noted(min(walls) - VOTED_S, max(walls), label))
    return found, sum(not item.verdicts for item in items)


def _seconds(moment: str) -> float:
    try:
        return datetime.fromisoformat(moment).timestamp()
    except ValueError as error:
        raise InputError.of("shadow_damaged", path=moment) from error
