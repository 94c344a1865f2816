"""Clips that raters do not agree on, as a table for somebody to decide; and clips that are certain."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from calibration.data.labels import LabelReader
from calibration.data.table import Once, read_rows
from calibration.data.votes import column_of
from calibration.labels.agreement import Agreement
from calibration.labels.studio import CANNOT_TELL
from edge.starter_labels import labels_of
from edge.system.private import write_whole
from edge.system.texts import csv_line


def write_disputed(found: Agreement, path: Path) -> int:
    """Write the list, emotion empty; how many clips it has. Raises OSError."""
    votes = (*found.labels, CANNOT_TELL)
    columns = ("file_name", "emotion", "disagreement", "needed", *map(column_of, votes))
    lines = [csv_line(columns)]
    for one in found.disputed:
        counts = (one.votes.get(name, 0) for name in votes)
        lines.append(csv_line((one.file_name, "", one.disagreement, "yes" if one.needed else "no", *counts)))
    write_whole(path, "".join(lines), encoding="utf-8-sig")
    return len(found.disputed)


def read_gold(path: Path, labels: Sequence[str]) -> dict[str, str]:
    """Clip -> label that is certain. Raises DatasetError."""
    emotions, once, found = LabelReader(labels_of(labels)), Once(), {}
    for row in read_rows(path, ("file_name", "emotion")):
        label = emotions.index(row["emotion"], row.where)
        name, _ = row.file(Path(), must_exist=False)
        once.take(row, name, row["emotion"])
        if label is not None:
            found[name] = labels[label]
    return found
