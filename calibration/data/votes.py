"""Votes of raters in a table: columns votes_<label>, how many (or which share) of them said so.

FER+ (Barsoum et al. 2016) is written the same way. Votes for what none of the labels stands for, and of
raters who could not tell, count for nothing.
"""

from __future__ import annotations

from calibration.data.labels import LabelReader
from calibration.data.table import Row, column_name

PREFIX = "votes_"
"""How a column of votes begins; a name of a label follows."""
MOST = 1e6
"""Votes of one clip for one label."""


def column_of(label: str) -> str:
    """The column of a label's votes, as tables have it."""
    return PREFIX + column_name(label)


def has_votes(row: Row) -> bool:
    """Whether the table has votes, for this row or another."""
    return any(name.startswith(PREFIX) for name in row.cells)


def shares_of(row: Row, emotions: LabelReader) -> tuple[float, ...] | None:
    """Share of the votes that each label got; None where none got any. Raises DatasetError."""
    found = [0.0] * len(emotions.labels)
    for column in row.cells:
        if not column.startswith(PREFIX):
            continue
        votes = row.number(column, 0.0, MOST)
        place = emotions.of_column(column.removeprefix(PREFIX)) if votes else None
        if votes and place is not None:
            found[place] += votes
    total = sum(found)
    return tuple(votes / total for votes in found) if total else None
