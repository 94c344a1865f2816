"""What checks find on streams, for several shares of the readings and ways to choose them.

share     of the voted readings that is asked for
checked   share that needs a check: each reading a check stands for
asked     share that a check began with: what people answer; one a run of readings that show one label
caught    share of the wrong readings that the answers correct: those from the reading that is asked about to
          the end of its run, for as long as the person goes on showing what was answered
costly    the same of the misses and false alarms alone: a negative emotion or event not shown, or shown where
          there is none
itself    share of the wrong readings that need a check themselves: no answer counts for what comes after it
found     wrong readings that an answer corrects, a mean over all checks
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.reading.confidence import Checks, Costs, Run, worth
from edge.reading.voting import Tally
from edge.system.texts import left, right
from edge.words import Language, word

SHARES = (0.05, 0.1, 0.2)
"""Of the voted readings that are asked about."""
WAYS = ("worth", "doubt", "random")
"""By what a device weighs; by the probability that the label is wrong; by chance."""
COLUMNS = ("checked", "asked", "caught", "costly", "itself", "found")
WIDTH = 22


@dataclass(frozen=True)
class Found:
    """What the checks of all readings together come to; the fields are told above."""

    share: float
    checked: float
    asked: float
    caught: float | None
    """None: nothing was wrong."""
    costly: float | None
    """None: there was neither a miss nor a false alarm."""
    itself: float | None
    found: float | None
    """None: nobody was asked."""


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Readings of one person in a row, with no longer gap than a vote remembers."""

    probabilities: NDArray[np.floating[Any]]
    """Voted, [n, k]."""
    labels: NDArray[np.int64]
    """Indices of the labels shown, [n]."""
    truth: NDArray[np.int64]
    """Of the true ones, [n]."""

    @classmethod
    def of(cls, tallies: Sequence[Tally], truth: NDArray[np.int64]) -> Readings:
        """What votes show."""
        labels = np.array([tally.label for tally in tallies])
        return cls(np.stack([tally.probabilities for tally in tallies]), labels, truth)


def find(
    readings: Sequence[Readings],
    acted_on: Collection[int],
    stands: int,
    costs: Costs,
    ways: Sequence[str] = WAYS,
) -> dict[str, list[Found]]:
    """Way to choose -> what it finds for each of SHARES; one budget for all, one after the other.

    acted_on: see `watched`. stands: readings that a check stands for.
    """
    rng = np.random.default_rng(0)

    def weigh(shown: Readings) -> list[float]:
        rows = zip(shown.probabilities, shown.labels, strict=True)
        return [worth(p, int(label), acted_on, costs) for p, label in rows]

    weighed: dict[str, list[list[float]]] = {
        "worth": [weigh(r) for r in readings],
        "doubt": [(1.0 - r.probabilities[np.arange(len(r.labels)), r.labels]).tolist() for r in readings],
        "random": [rng.random(len(r.labels)).tolist() for r in readings],
    }

    def checks(way: str, share: float) -> Checks:
        """The rivals know beforehand how much there is to come of what they weigh by."""
        most = None if way == "worth" else float(np.quantile(np.concatenate(weighed[way]), 1.0 - share / 2.0))
        return Checks(share=share, stands=stands, threshold=most)

    return {
        way: [asked(readings, weighed[way], acted_on, checks(way, share)) for share in SHARES] for way in ways
    }


def asked(
    readings: Sequence[Readings], values: Sequence[Sequence[float]], acted_on: Collection[int], checks: Checks
) -> Found:
    """What checks find; values: what a check of each reading is taken to be worth."""
    rows = []
    for shown, own in zip(readings, values, strict=True):
        run, answered = Run(), False
        for place, value in enumerate(own):
            label, true = int(shown.labels[place]), int(shown.truth[place])
            before = run.asked and label == run.label
            needs = checks.ask(run, label, value, 0)
            began = run.asked and not before
            answered = began or (before and answered and true == shown.truth[place - 1])
            rows.append((needs, began, answered, label != true, (label in acted_on) != (true in acted_on)))
    needed, begun, corrected, wrong, costly = np.array(rows, bool).T
    caught = wrong & corrected
    return Found(
        checks.share,
        round(float(needed.mean()), 4),
        round(float(begun.mean()), 4),
        _share(caught, wrong),
        _share(caught & costly, wrong & costly),
        _share(needed & wrong, wrong),
        round(float(caught.sum() / begun.sum()), 4) if begun.any() else None,
    )


def lines(rows: Mapping[str, Sequence[Found]], language: Language) -> list[str]:
    """A table for a person to read."""
    heads = "".join(right(word(f"checks_{name}", language), 12) for name in COLUMNS)
    told = [left(word("checks_title", language), WIDTH) + heads]
    for place, share in enumerate(SHARES):
        for way, results in rows.items():
            name = word(f"checks_by_{way}", language, share=share)
            told.append(left(name, WIDTH) + "".join(_cell(results[place], column) for column in COLUMNS))
    return told


def _cell(result: Found, column: str) -> str:
    value = getattr(result, column)
    if value is None:
        return f"{'-':>12}"
    return f"{value:12.1f}" if column == "found" else f"{value:12.1%}"


def _share(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> float | None:
    return round(float(part.sum() / whole.sum()), 4) if whole.any() else None
