"""Labelled recordings in the generic layout: a folder with metadata.csv.

Columns: file_name and emotion; optional speaker, transcript, session. file_name is relative to the folder.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.errors import DatasetError
from edge.items import LABELS

SYNONYMS = {
    "calm": "neutral",
    "anger": "angry",
    "joy": "happy",
    "happiness": "happy",
    "sadness": "sad",
    "fear": "worried",
    "fearful": "worried",
    "worry": "worried",
    "surprised": "surprise",
} | {name: name for name in LABELS}
"""Names that published corpora use for our labels."""
DROPPED = ("disgust", "contempt")
"""Emotions of published corpora that no label of ours stands for."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled clip, face or sentence."""

    name: str
    """Unique inside its corpus: the file name, or the row."""
    label: int
    """Index into edge.items.LABELS."""
    speaker: str
    """Who is heard, seen or read; an example without one is its own speaker."""
    path: Path | None = None
    """The recording or picture; None where there is only text."""
    transcript: str | None = None
    """What was said."""
    tile: tuple[int, int] | None = None
    """Row and column of a face in a mosaic picture."""
    also: tuple[int, ...] = ()
    """Further labels the same example was given."""


def label_index(name: str, where: str) -> int | None:
    """Index of a label by any of its known names; None for an emotion that is left out.

    Raises DatasetError for a name nobody knows.
    """
    plain = name.strip().lower()
    if plain in DROPPED:
        return None
    if plain not in SYNONYMS:
        raise DatasetError(
            f"{where}: unknown emotion '{name}'; use {', '.join(LABELS)} ({', '.join(DROPPED)} are left out)"
        )
    return LABELS.index(SYNONYMS[plain])


def read_folder(folder: Path, *, files: bool = True) -> list[Example]:
    """Examples of a folder in the generic layout, in file order.

    files: whether every file_name must exist. Raises DatasetError, naming the row.
    """
    table = folder / "metadata.csv"
    if not table.is_file():
        raise DatasetError(
            f"{folder} holds no metadata.csv; write one with the columns file_name, emotion "
            "and, if known, speaker, transcript, session"
        )
    examples = []
    for number, row in read_rows(table, ("file_name", "emotion")):
        label = label_index(row["emotion"], f"{table}, line {number}")
        if label is None:
            continue
        path = folder / row["file_name"]
        if files and not path.is_file():
            raise DatasetError(f"{table}, line {number}: {row['file_name']} does not exist in {folder}")
        speaker = row.get("speaker") or row["file_name"]
        text = (row.get("transcript") or "").strip() or None
        examples.append(Example(row["file_name"], label, speaker, path if files else None, text))
    if not examples:
        raise DatasetError(f"{table} lists no usable clip; add rows with file_name and emotion")
    return examples


def read_rows(table: Path, columns: Sequence[str], separator: str = ",") -> list[tuple[int, dict[str, str]]]:
    """Line number and row of a table with a header. Raises DatasetError when a column is missing."""
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restval="", delimiter=separator)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise DatasetError(f"{table} lacks the column {', '.join(missing)}; add it to the header")
            return [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{table} cannot be read ({error}); save it as UTF-8 CSV") from error
