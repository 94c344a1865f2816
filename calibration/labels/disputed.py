"""The list of clips that raters do not agree on: written for somebody to decide, and given back."""

from __future__ import annotations

from pathlib import Path

from calibration.labels.agreement import Agreement
from calibration.labels.studio import CANNOT_TELL
from calibration.labels.taken import VOTES
from edge.system.private import write_whole
from edge.system.texts import csv_line


def write_disputed(found: Agreement, path: Path) -> int:
    """Write the list, emotion empty; how many clips it has. Raises OSError."""
    votes = (*found.labels, CANNOT_TELL)
    columns = ("file_name", "emotion", "disagreement", "needed", *(f"{VOTES}{name}" for name in votes))
    lines = [csv_line(columns)]
    for one in found.disputed:
        counts = (one.votes.get(name, 0) for name in votes)
        lines.append(csv_line((one.file_name, "", one.disagreement, "yes" if one.needed else "no", *counts)))
    write_whole(path, "".join(lines), encoding="utf-8-sig")
    return len(found.disputed)
