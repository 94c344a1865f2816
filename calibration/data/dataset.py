"""Labelled recordings in the generic layout: a folder with metadata.csv.

Columns: file_name and emotion; optional speaker, transcript, seconds, and what tells recordings apart:
session, condition (or place), group (of people); split: who is kept back (calibration/data/sides.py).
file_name is relative to the folder, with / or \\ between folders.
How the table may be written: calibration/data/table.py.
Order within a session: start (seconds since it began), or recorded (a date and time).
A long recording has a row for each stretch that shows one label, with from and to (seconds within the file);
such tables are judged on, not trained on.
What raters said stands in columns votes_<label> (calibration/data/votes.py); a row of such a table may lack
the emotion, where nobody judged the clip or no label has most of the votes.
A folder of pseudo-labels (export/pseudo/run.py) has the columns weight and p_<label> besides; rows in which
these are empty were labelled by people.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from calibration.data.labels import LabelReader
from calibration.data.moments import LONGEST_S, moment_of, part_of
from calibration.data.table import Once, Row, read_rows, shown, side_of
from calibration.data.votes import has_votes, shares_of
from edge.errors import DatasetError
from edge.labels import Labels
from edge.system.output import warn
from edge.words import asked_language


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled clip, face or sentence."""

    name: str
    """Unique inside its corpus: the file name, or the row."""
    label: int
    """Index into the labels of the bundle or recipe it is read for."""
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
    session: str | None = None
    """The recording session or conversation it comes from; none has two roles."""
    soft: tuple[float, ...] | None = None
    """Probability of each label, where a machine gave the label; None where a person did."""
    weight: float = 1.0
    """How much it counts in training beside a human-labelled example, above 0 and at most 1."""
    named: bool = True
    """Whether it is known who is heard, seen or read; who is not counts as a person of its own."""
    condition: str | None = None
    """Where or under what it was recorded: a place, a machine that runs."""
    group: str | None = None
    """The group of people that its speaker belongs to."""
    at: float | None = None
    """When it began within its session (seconds since any fixed moment); None: unknown."""
    part: tuple[float, float] | None = None
    """The stretch of the recording that is meant (seconds within it); None: all of it."""
    votes: tuple[float, ...] | None = None
    """Share of the raters who said each label; None: not known."""


def person(name: str) -> str:
    """A name as people are told apart by: NFC, without space around it, one blank wherever there is space."""
    return unicodedata.normalize("NFC", " ".join(name.split()))


def read_folder(
    folder: Path,
    emotions: LabelReader,
    *,
    files: bool = True,
    parts: bool = False,
    unlabelled: bool = False,
    judged: bool | None = False,
) -> list[Example]:
    """Examples of a folder in the generic layout, in file order.

    emotions: names -> labels. files: whether every file_name must exist. parts: whether rows may mean a
    stretch of a recording. unlabelled: whether rows may lack the emotion; they are passed over. judged:
    whether they are judged on: then only rows of the side `evaluation` count where a table has it, else none
    of them (calibration/data/sides.py); None: both sides. Raises DatasetError, naming the row.
    """
    table = folder / "metadata.csv"
    if not table.is_file():
        raise DatasetError.of("folder_no_table", folder=folder)
    examples, once, met = [], Once(), dict[str, tuple[int, str]]()
    for row in of_side(read_rows(table, ("file_name", "emotion")), judged=judged):
        votes = shares_of(row, emotions)
        if not row["emotion"] and (unlabelled or has_votes(row)):
            emotions.undecided += votes is not None
            continue
        label = emotions.index(row["emotion"], row.where)
        name, path = row.file(folder, must_exist=files and label is not None)
        part = part_of(row)
        if part and not parts:
            raise row.refused("part_trained", name=shown(name))
        name = f"{name} {part[0]:g}-{part[1]:g} s" if part else name
        once.take(row, name, row["emotion"].lower())
        row.number("seconds", 0.0, LONGEST_S)
        speaker = speaker_of(row, met)
        soft, weight = _guess(row, label, emotions.labels)
        if label is not None:
            examples.append(
                Example(
                    name,
                    label,
                    speaker or name,
                    path if files else None,
                    row.get("transcript") or None,
                    soft=soft,
                    weight=weight,
                    session=person(row.get("session")) or None,
                    named=bool(speaker),
                    condition=person(row.get("condition") or row.get("place")) or None,
                    group=person(row.get("group")) or None,
                    at=moment_of(row),
                    part=part,
                    votes=votes,
                )
            )
    if not examples:
        raise DatasetError.of("folder_no_clip", table=table)
    return examples


def of_side(rows: Sequence[Row], *, judged: bool | None) -> Sequence[Row]:
    """Rows to judge on, or those to learn from: what is kept back is never learnt from; None: all of them.

    One line names a session that stands on both sides.
    """
    if judged is None:
        return rows
    kept = [row for row in rows if side_of(row) == "evaluation"]
    if not kept:
        return rows
    others = [row for row in rows if side_of(row) != "evaluation"]
    here, there = ({person(row.get("session")) for row in some} - {""} for some in (kept, others))
    if both := sorted(here & there):
        error = DatasetError.of("split_session", table=rows[0].table, name=shown(both[0]))
        warn(error.told(asked_language()))
    return kept if judged else others


def read_judged(folder: Path, labels: Labels, *, files: bool = True) -> list[Example]:
    """Examples of a folder to judge on; says how many show what no label stands for.

    Raises DatasetError, also for pseudo-labels.
    """
    emotions = LabelReader(labels)
    examples = read_folder(folder, emotions, files=files, parts=True, unlabelled=True, judged=True)
    require_human(examples)
    for line in emotions.told(folder):
        warn(line.told(asked_language()))
    return examples


def nameless(examples: Sequence[Example]) -> int:
    """Of how many it is not known who is heard, seen or read."""
    return sum(not example.named for example in examples)


def require_human(examples: Sequence[Example]) -> None:
    """Scores are computed on labels that people gave, on no others. Raises DatasetError."""
    guessed = [example.name for example in examples if example.soft is not None]
    if guessed:
        raise DatasetError.of("guess_judged", count=len(guessed), of=len(examples), first=guessed[0])


def speaker_of(row: Row, met: dict[str, tuple[int, str]]) -> str:
    """Who speaks; empty where the row does not say. Two names that only look apart are refused."""
    name = person(row.get("speaker"))
    alike = unicodedata.normalize("NFKC", name).casefold().replace(" ", "")
    line, before = met.setdefault(alike, (row.line, name))
    if before != name:
        raise row.refused("speaker_alike", name=shown(name), before=shown(before), line=line)
    return name


def _guess(row: Row, label: int | None, labels: Labels) -> tuple[tuple[float, ...] | None, float]:
    """Soft label and weight of a row; None and 1 where a person gave the label."""
    cells = [row.number(f"p_{name}", 0.0, 1.0) for name in labels]
    weight = row.number("weight", 0.0, 1.0)
    soft = tuple(cell for cell in cells if cell is not None)
    if not soft and weight is None:
        return None, 1.0
    whole = len(soft) == len(labels) and abs(sum(soft) - 1.0) <= 0.01
    if not weight or not whole or label is None or soft[label] < max(soft):
        raise row.refused("guess_wrong", columns=", ".join(f"p_{name}" for name in labels))
    return soft, weight
