"""What the folder of a site holds so far, read from the files that the verbs wrote."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calibration.data.dataset import person
from calibration.data.table import read_rows, side_of
from calibration.steps import layout
from edge.bundle.folder import Bundle, open_bundle
from edge.errors import BundleError, InputError


@dataclass(frozen=True, slots=True)
class Recorded:
    """What metadata.csv says."""

    clips: int = 0
    people: int = 0
    minutes: float | None = None
    """None: the table does not say how long its recordings are."""
    without_side: int = 0
    """Clips of people who are neither calibrated on nor kept back."""
    labelled: Counter[str] = field(default_factory=Counter)
    """Side -> clips with a label."""
    people_on: dict[str, int] = field(default_factory=dict)
    """Side -> people."""


def recorded(folder: Path) -> Recorded:
    """Of the folder's recordings. Raises DatasetError."""
    table = folder / layout.TABLE
    if not table.is_file():
        return Recorded()
    rows = read_rows(table, ("file_name",))
    seconds = [row.number("seconds", 0.0, 1e9) for row in rows]
    labelled: Counter[str] = Counter()
    for row in rows:
        if row.get("emotion"):
            labelled[side_of(row) or ""] += 1
    return Recorded(
        clips=len(rows),
        people=len({person(row.get("speaker")) for row in rows} - {""}),
        minutes=None if None in seconds else sum(s or 0.0 for s in seconds) / 60,
        without_side=sum(side_of(row) is None for row in rows),
        labelled=labelled,
        people_on={
            side: len({person(row.get("speaker")) for row in rows if side_of(row) == side})
            for side in ("calibration", "evaluation")
        },
    )


def report(path: Path) -> dict[str, Any] | None:
    """A JSON file that a verb wrote; None where there is none. Raises InputError."""
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError.of("steps_report", path=path) from error
    if not isinstance(found, dict):
        raise InputError.of("steps_report", path=path)
    return found


def newer(path: Path, than: Path) -> bool:
    """Whether a file was written after another one, or that one is not there."""
    return not than.exists() or path.stat().st_mtime >= than.stat().st_mtime


def calibrated(folder: Path) -> list[Path]:
    """Bundles of the folder that are calibrated for a site, the newest last."""
    there = []
    for path in sorted((folder / layout.BUNDLES).glob("*")):
        bundle = opened(path)
        if bundle is not None and bundle.manifest.site is not None:
            there.append((bundle.manifest.site.created, path))
    return [path for _, path in sorted(there)]


def opened(path: Path) -> Bundle | None:
    """A bundle; None where it is none."""
    try:
        return open_bundle(path)
    except BundleError:
        return None
