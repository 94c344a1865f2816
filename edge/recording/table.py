"""metadata.csv of a site's recordings: rows of a session replaced together, whole or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from edge.errors import InputError
from edge.system.lock import locked
from edge.system.private import replacing, settle

COLUMNS = (
    *("file_name", "speaker", "session", "recorded", "seconds", "emotion", "label_source", "asked"),
    *("transcript", "place", "shift", "device", "microphone", "camera", "distance_m", "subjects", "consent"),
    *("speech_s", "level_dbfs", "noise_dbfs", "snr_db", "band_hz", "light", "faces"),
)
"""Columns of a new table; docs/record.md says what each holds."""


def replace_rows(table: Path, session: str, rows: Sequence[Mapping[str, str]]) -> None:
    """Put the rows of a session in place of those it has; other rows and columns stay as they are.

    Raises InputError where the table is damaged or another command holds it too long, OSError.
    """
    with locked(table):
        names, kept = read_table(table)
        names += [name for name in COLUMNS if name not in names]
        kept = [row for row in kept if row.get("session") != session]
        out = io.StringIO()
        writer = csv.DictWriter(out, names, restval="", lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows([*kept, *rows])
        with replacing(table) as part:
            part.write_text(out.getvalue(), encoding="utf-8")
            settle(part)
        settle(table.parent)


def read_table(table: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and rows; none where there is no table yet. Raises InputError."""
    if not table.is_file():
        return [], []
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            rows = [{name: cell or "" for name, cell in row.items() if name} for row in reader]
            return list(reader.fieldnames or []), rows
    except (OSError, csv.Error, UnicodeDecodeError):
        raise InputError.of("record_table", path=table) from None
