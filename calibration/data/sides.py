"""Which people a site calibrates on and which it keeps back to judge: the column split of metadata.csv.

`calibration` and `evaluation` (校正, 評価) are sides; any other value is none. The side `evaluation` is never
calibrated or trained on; where a table has such rows, they alone are judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from calibration.data.dataset import person, speaker_of
from calibration.data.table import Row, read_rows, side_of
from edge.errors import DatasetError
from edge.system.lock import locked
from edge.system.private import write_whole
from edge.system.texts import csv_line

Side = Literal["calibration", "evaluation"]


def share_out(folder: Path) -> dict[str, Side]:
    """Write a side for every person of a folder's metadata.csv who has none; who has one keeps it.

    People with most recordings come first, with those who were recorded in a session of theirs unless that is
    everybody; each goes to the side that has fewer people, then fewer recordings. Returns the side of each
    person. Raises DatasetError: fewer than two people, a row without one, or a person on both sides.
    """
    table = folder / "metadata.csv"
    read_rows(table, ("file_name", "speaker"))  # a table that is not there is not held
    with locked(table):
        return _shared_out(table)


def _shared_out(table: Path) -> dict[str, Side]:
    rows = read_rows(table, ("file_name", "speaker"))
    sides, clips = _people(rows)
    if len(clips) < 2:
        raise DatasetError.of("split_people", table=table, count=len(clips))
    for together in _groups(rows, clips):
        dealt = {sides[name] for name in together if name in sides}
        both: tuple[Side, Side] = ("calibration", "evaluation")
        least = min(both, key=lambda side: _size(side, sides, clips))
        for name in together:
            sides.setdefault(name, next(iter(dealt)) if len(dealt) == 1 else least)
    met: dict[str, tuple[int, str]] = {}
    columns = list(rows[0].cells)
    columns += [] if "split" in columns else ["split"]
    lines = [csv_line(columns)]
    for row in rows:
        cells = dict(row.cells) | {"split": row.get("split") or sides[speaker_of(row, met)]}
        lines.append(csv_line(cells.get(name, "") for name in columns))
    write_whole(table, "".join(lines))
    return sides


def _groups(rows: Sequence[Row], clips: Counter[str]) -> list[list[str]]:
    """People who share sessions, those with most recordings first; each alone where all are one group."""
    met: dict[str, tuple[int, str]] = {}
    group = {name: {name} for name in clips}
    first: dict[str, str] = {}
    for row in rows:
        name, session = speaker_of(row, met), person(row.get("session"))
        other = first.setdefault(session, name) if session else name
        if group[name] is not group[other]:
            group[name] |= group[other]
            for one in group[name]:
                group[one] = group[name]
    found = {id(people): sorted(people, key=lambda n: (-clips[n], n)) for people in group.values()}
    groups = list(found.values()) if len(found) > 1 else [[name] for name in clips]
    return sorted(groups, key=lambda names: (-sum(clips[name] for name in names), names[0]))


def _people(rows: Sequence[Row]) -> tuple[dict[str, Side], Counter[str]]:
    """The side of each person who has one, and the recordings of everybody."""
    sides: dict[str, Side] = {}
    clips: Counter[str] = Counter()
    met: dict[str, tuple[int, str]] = {}
    for row in rows:
        name = speaker_of(row, met)
        if not name:
            raise row.refused("split_nobody")
        clips[name] += 1
        side = side_of(row)
        if side and sides.setdefault(name, side) != side:
            raise row.refused("split_both", name=name)
    return sides, clips


def _size(side: Side, sides: dict[str, Side], clips: Counter[str]) -> tuple[int, int]:
    """People and recordings on a side."""
    there = [name for name, one in sides.items() if one == side]
    return len(there), sum(clips[name] for name in there)
