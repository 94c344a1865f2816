"""LABELS.csv: everything raters said, a row an annotation. The one file that agreement and votes come from.

annotation file_name clip rater label lead_time_s created updated guideline bundle labels predictions kind
label: a label, cannot_tell, or empty where the clip was skipped. kind: vote, gold (what is certain) or
adjudicated (what was decided later).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from calibration.data.table import Row, read_rows
from calibration.labels.annotations import Annotation
from calibration.labels.studio import CANNOT_TELL, Facts
from edge.errors import DatasetError
from edge.system.texts import csv_line

COLUMNS = (
    "annotation",
    "file_name",
    "clip",
    "rater",
    "label",
    "lead_time_s",
    "created",
    "updated",
    "guideline",
    "bundle",
    "labels",
    "predictions",
    "kind",
)
ADJUDICATOR = "adjudicated"
KINDS = ("vote", "gold", ADJUDICATOR)


@dataclass(frozen=True, slots=True)
class Said:
    """One row."""

    annotation: str
    file_name: str
    """Of the clip, as the table of the recordings has it."""
    clip: str
    """Digest of the clip."""
    rater: str
    label: str
    lead_time_s: float | None
    created: str
    """ISO 8601, UTC."""
    updated: str
    guideline: str
    """Version of what the rater was told."""
    bundle: str
    labels: tuple[str, ...]
    """All that could be chosen."""
    predictions: bool
    """Whether the rater saw what the bundle thinks."""
    kind: str

    @property
    def counts(self) -> bool:
        """Whether it is a vote for a label."""
        return self.kind == "vote" and self.label not in ("", CANNOT_TELL)


def said_of(given: Annotation, file_name: str, facts: Facts) -> Said:
    """The row of an annotation."""
    return Said(
        given.id,
        file_name,
        given.clip,
        given.rater,
        given.label,
        given.lead_time_s,
        given.created.isoformat(timespec="milliseconds"),
        given.updated.isoformat(timespec="milliseconds"),
        facts.guideline,
        facts.bundle,
        facts.labels,
        facts.predictions,
        "gold" if given.ground_truth else "vote",
    )


def read_kept(path: Path) -> list[Said]:
    """All rows, in file order. Raises DatasetError."""
    found = [_said(row) for row in read_rows(path, COLUMNS)]
    if not found:
        raise DatasetError.of("label_kept_empty", path=path)
    if len({one.labels for one in found}) > 1:
        raise DatasetError.of("label_kept_two", path=path)
    return found


def merged(before: Iterable[Said], fresh: Iterable[Said]) -> tuple[list[Said], int, int]:
    """Rows by annotation, the later version of each; how many are new, how many replaced one."""
    rows = {one.annotation: one for one in before}
    new = replaced = 0
    for one in fresh:
        known = rows.get(one.annotation)
        if known is None:
            new += 1
        elif one.updated < known.updated or one == known:
            continue
        else:
            replaced += 1
        rows[one.annotation] = one
    return list(rows.values()), new, replaced


def table(rows: Sequence[Said]) -> str:
    """The text of the file."""
    return csv_line(COLUMNS) + "".join(csv_line(_cells(one)) for one in rows)


def votes(rows: Iterable[Said]) -> dict[str, dict[str, Said]]:
    """Clip -> rater -> what they said last, skips left out; cannot_tell is a vote too."""
    found: dict[str, dict[str, Said]] = {}
    for one in sorted(rows, key=lambda row: row.updated):
        if one.kind == "vote" and one.label:
            found.setdefault(one.file_name, {})[one.rater] = one
    return found


def certain(rows: Iterable[Said], kind: str) -> dict[str, str]:
    """Clip -> label, of the rows of a kind that is no vote."""
    return {one.file_name: one.label for one in rows if one.kind == kind and one.label}


def _cells(one: Said) -> Iterable[object]:
    cells: Mapping[str, object] = {
        **{name: getattr(one, name) for name in COLUMNS},
        "lead_time_s": "" if one.lead_time_s is None else one.lead_time_s,
        "labels": ";".join(one.labels),
        "predictions": "yes" if one.predictions else "no",
    }
    return cells.values()


def _said(row: Row) -> Said:
    labels = tuple(filter(None, (name.strip() for name in row["labels"].split(";"))))
    label, kind = row["label"], row["kind"]
    if label not in ("", CANNOT_TELL, *labels) or kind not in KINDS or not row["rater"]:
        raise row.refused("label_kept_row")
    for column in ("created", "updated"):
        try:
            datetime.fromisoformat(row[column])
        except ValueError as error:
            raise row.refused("label_kept_row") from error
    return Said(
        row["annotation"],
        row["file_name"],
        row["clip"],
        row["rater"],
        label,
        row.number("lead_time_s", 0.0, 1e9),
        row["created"],
        row["updated"],
        row["guideline"],
        row["bundle"],
        labels,
        row["predictions"] == "yes",
        kind,
    )
