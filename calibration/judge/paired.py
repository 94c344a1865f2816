"""Two bundles on the same examples: by how much one reads better, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.judge.evaluator import Predictions
from calibration.judge.intervals import Span, by_person, intervals
from calibration.judge.metrics import scores_of


@dataclass(frozen=True)
class Difference:
    """One bundle less another on the examples both could judge; scores and their interval in -1..1."""

    n: int
    """Examples both judged."""
    people: int
    ours: float
    """Score of the one, 0..1."""
    theirs: float
    won: int
    """Examples only the one reads right."""
    lost: int
    """Examples only the other reads right."""
    interval: Span | None
    """95 % interval of ours less theirs over people (calibration/judge/intervals.py); None of one person."""

    @property
    def verdict(self) -> str:
        """better or worse where the interval leaves out 0, same, unclear, or unknown of one person."""
        if self.won == self.lost == 0 and self.ours == self.theirs:
            return "same"
        if self.interval is None:
            return "unknown"
        low, high = self.interval
        return "better" if low > 0 else "worse" if high < 0 else "unclear"


def difference(ours: Predictions, theirs: Predictions, number: str) -> Difference | None:
    """The difference of two bundles in a score of `Report`; None where they share no scored example."""
    places = {example.name: row for row, example in enumerate(theirs.examples)}
    rows = [(row, places[e.name]) for row, e in enumerate(ours.examples) if e.name in places]
    if not rows:
        return None
    mine, other = (np.array(column) for column in zip(*rows, strict=True))
    examples = [ours.examples[row] for row in mine]
    truth = np.array([example.label for example in examples])
    said, told = (_answers(found, at) for found, at in ((ours, mine), (theirs, other)))
    k = ours.posteriors.shape[1]
    counts = np.hstack([_cells([e.speaker for e in examples], truth, answer, k) for answer in (said, told)])

    def gap(cells: NDArray[np.int64]) -> dict[str, float]:
        one, two = (scores_of(half.reshape(k, k))[number] for half in np.split(cells, 2))
        return {"one": one, "two": two, "gap": one - two}

    found = gap(counts.sum(axis=0))
    right, known = said == truth, told == truth
    return Difference(
        n=len(examples),
        people=len(counts),
        ours=found["one"],
        theirs=found["two"],
        won=int((right & ~known).sum()),
        lost=int((known & ~right).sum()),
        interval=intervals(counts, gap, low=-1.0)["gap"],
    )


def _answers(found: Predictions, rows: NDArray[Any]) -> NDArray[np.int64]:
    answers: NDArray[np.int64] = np.asarray(found.posteriors)[rows].argmax(axis=1)
    return answers


def _cells(speakers: Sequence[str], truth: NDArray[Any], answers: NDArray[Any], k: int) -> NDArray[np.int64]:
    return by_person(np.array(speakers), truth * k + answers, k * k)
