"""Labelled recordings in the generic layout: a folder with metadata.csv.

Columns: file_name and emotion; optional speaker, transcript, session. file_name is relative to the folder.
A folder of pseudo-labels (export/pseudo.py) has the columns weight and p_<label> besides; rows in which
these are empty were labelled by people.
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
    scene: str | None = None
    """The conversation it was said in; none has two roles."""
    soft: tuple[float, ...] | None = None
    """Probability of each label, where a machine gave the label; None where a person did."""
    weight: float = 1.0
    """How much it counts in training beside a human-labelled example, above 0 and at most 1."""


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
        soft, weight = _guess(row, label, f"{table}, line {number}")
        place = path if files else None
        examples.append(Example(row["file_name"], label, speaker, place, text, soft=soft, weight=weight))
    if not examples:
        raise DatasetError(f"{table} lists no usable clip; add rows with file_name and emotion")
    return examples


def require_human(examples: Sequence[Example]) -> None:
    """Scores are computed on labels that people gave, on no others. Raises DatasetError."""
    guessed = [example.name for example in examples if example.soft is not None]
    if guessed:
        raise DatasetError(
            f"{len(guessed)} of {len(examples)} examples have pseudo-labels ({guessed[0]} ...): a machine "
            "agreeing with a machine is no score; judge on clips that people labelled"
        )


def _guess(row: dict[str, str], label: int, where: str) -> tuple[tuple[float, ...] | None, float]:
    """Soft label and weight of a row; None and 1 where a person gave the label."""
    cells = [row.get(f"p_{name}") or "" for name in LABELS]
    if not any(cells) and not row.get("weight"):
        return None, 1.0
    try:
        soft, weight = tuple(float(cell) for cell in cells), float(row.get("weight") or "")
    except ValueError:
        soft, weight = (), 0.0
    if not soft or not 0.0 < weight <= 1.0 or abs(sum(soft) - 1.0) > 0.01 or soft[label] < max(soft):
        raise DatasetError(
            f"{where}: a pseudo-label needs weight above 0 and at most 1, and p_{', p_'.join(LABELS)} that "
            "sum to 1 and are highest for its emotion; let edge pseudo write the table again"
        )
    return soft, weight


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
