"""What the verdicts of a queue come to: agreement with people, missed and false negative emotions, kappa.

Only readings that needed a check are judged, those where mistakes are expected most: the shares here hold for
them alone, and false alarms that nobody checked are not counted.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from edge.review.item import Item
from edge.review.known import labels_in
from edge.review.store import Store

_Z = 1.959964
"""95 % of a normal distribution lie within so many deviations."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with what it may be elsewhere."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """0..1; None of nothing."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval, 0..1 (Wilson 1927, "Probable inference")."""
        if not self.of:
            return 0.0, 1.0
        n, p = self.of, self.hits / self.of
        middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z / (1 + _Z**2 / n) * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Results:
    """All counts are of checks, each once however many people judged it."""

    waiting: int
    """Nobody judged them."""
    judged: int
    """People agree on a label."""
    cannot_tell: int
    """All who judged could not tell."""
    disputed: int
    """People disagree; in none of the shares below."""
    recall: Share
    """Of those a person called a negative emotion, how many were read as one of them."""
    false: Share
    """Of those read as a negative emotion, how many a person called something else."""
    agreement: dict[str, Share]
    """Label that was read -> how often a person called it the same."""
    hours: float
    """Time a label was read, checked or not."""
    days: int
    """Days on which any was."""
    alarms: int
    """Checks of negative emotions, judged or not."""
    kappa: dict[tuple[str, str], tuple[float | None, int]]
    """Two reviewers -> Cohen's kappa, None where it is not defined, and the checks both judged."""

    def false_alarms(self, over: float) -> tuple[float, float, float] | None:
        """False alarms an hour or a day (over: so many hours or days) and their 95 % interval.

        The share that was false among those judged, times how often there was an alarm; None where that is
        unknown.
        """
        if not over or self.false.value is None:
            return None
        low, high = self.false.interval
        rate = self.alarms / over
        return rate * self.false.value, rate * low, rate * high


def results(store: Store) -> Results:
    """Count what is in a queue."""
    items, tallies, negatives = store.items(), store.tallies(), set(labels_in(store).negative)
    called = [(item, verdict(item)) for item in items if item.verdicts]
    judged = [(item.label, label) for item, label in called if label]
    negative = [(read in negatives, label in negatives) for read, label in judged]
    told = [{v.label for v in item.verdicts} for item, _ in called]
    return Results(
        waiting=len(items) - len(called),
        judged=len(judged),
        cannot_tell=sum(labels == {None} for labels in told),
        disputed=sum(len(labels - {None}) > 1 for labels in told),
        recall=Share(sum(read and said for read, said in negative), sum(said for _, said in negative)),
        false=Share(sum(read and not said for read, said in negative), sum(read for read, _ in negative)),
        agreement={
            label: Share(sum(read == said == label for read, said in judged), count)
            for label, count in sorted(Counter(read for read, _ in judged).items())
        },
        hours=sum(seconds for _, label, seconds, _ in tallies if label) / 3600.0,
        days=len({day for day, label, _, _ in tallies if label}),
        alarms=sum(checks for _, label, _, checks in tallies if label in negatives),
        kappa=_kappas(items),
    )


def last_read_s(store: Store, day: date) -> float:
    """How long labels were read on the last day before this one with any (seconds); 0 where there is none."""
    read: dict[str, float] = {}
    for on, label, seconds, _ in store.tallies():
        if label and on < day.isoformat():
            read[on] = read.get(on, 0.0) + seconds
    return read[max(read)] if read else 0.0


def verdict(item: Item) -> str | None:
    """The label all who could tell agree on; None where they do not, or nobody could."""
    labels = {v.label for v in item.verdicts if v.label}
    return labels.pop() if len(labels) == 1 else None


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Agreement of two people beyond chance, -1..1 (Cohen 1960); None where chance alone explains all."""
    n = len(pairs)
    first, second = (Counter(side) for side in zip(*pairs, strict=True))
    by_chance = sum(first[label] * second[label] for label in first) / n**2
    if by_chance >= 1.0:
        return None
    return (sum(a == b for a, b in pairs) / n - by_chance) / (1.0 - by_chance)


def _kappas(items: Sequence[Item]) -> dict[tuple[str, str], tuple[float | None, int]]:
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for item in items:
        said = sorted((v.reviewer, v.label or "") for v in item.verdicts)
        for (one, label), (other, its) in combinations(said, 2):
            found.setdefault((one, other), []).append((label, its))
    return {people: (kappa(pairs), len(pairs)) for people, pairs in sorted(found.items())}
