"""`edge label agree`: how far raters agree, with gold clips and with each other, and how that moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

import numpy as np
from numpy.typing import NDArray

from calibration.labels.alpha import Alpha, coincidences, krippendorff, of_label
from calibration.labels.kept import ADJUDICATOR, Said, certain, votes
from calibration.labels.studio import CANNOT_TELL
from calibration.labels.taken import outcome
from edge.review.results import Share

PART = 3
"""What came first and what came last is a third of a rater's clips each."""


GOLD = 30
"""Gold clips of a rater that tell by themselves how a third went."""


@dataclass(frozen=True, slots=True)
class Rater:
    """One person who labels."""

    name: str
    """Pseudonym."""
    clips: int
    cannot_tell: int
    skipped: int
    lead_time_s: float | None
    """Median (seconds)."""
    gold: Share
    """How many gold clips were labelled as they should be."""
    others: Share
    """How many ratings of others, on the same clips, are the same."""
    first: Share
    """How many were as gold or else as the majority, in the first third of the rater's clips."""
    last: Share
    by_gold: bool
    """Whether first and last are of gold clips."""

    @property
    def fell(self) -> bool:
        """Whether the last third is worse than the first, sure at 95 % (Newcombe 1998, method 10)."""
        if not self.first.of or not self.last.of:
            return False
        (p, q), low, high = _values(self.first, self.last), self.first.interval[0], self.last.interval[1]
        return p - q - float(np.hypot(p - low, high - q)) > 0.0


@dataclass(frozen=True, slots=True)
class Disputed:
    """A clip that raters do not agree on."""

    file_name: str
    votes: Mapping[str, int]
    """By label, or cannot_tell."""
    disagreement: float
    """Share of pairs of ratings that differ, 0..1."""
    needed: bool
    """Whether it has no label as it stands."""


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """All that is found."""

    labels: tuple[str, ...]
    clips: int
    """With one vote or more."""
    ratings: int
    """Votes for a label."""
    alpha: Alpha
    by_label: Mapping[str, Alpha]
    pairs: NDArray[np.float64]
    """Pairs of ratings of the same clip by their labels, [labels, labels]."""
    raters: Sequence[Rater]
    between: Mapping[tuple[str, str], Share]
    """Two raters -> how many clips both labelled they label alike."""
    disputed: Sequence[Disputed]
    """The most disputed first; what was adjudicated is not among them."""
    adjudicated: int
    guidelines: Mapping[str, int]
    """Version -> votes under it."""
    predictions: int
    """Votes by raters who were shown what the bundle thinks."""
    gold: int
    """Clips whose label is certain."""


def agreement(rows: Sequence[Said], gold: Mapping[str, str]) -> Agreement:
    """Everything about rows of LABELS.csv. gold: clip -> label that is certain, beside those of the rows."""
    labels = rows[0].labels
    known = {**certain(rows, "gold"), **gold}
    given = votes(rows)
    names = list(given)
    counts = np.zeros((len(names), len(labels)), np.int64)
    for row, name in enumerate(names):
        for one in given[name].values():
            if one.counts:
                counts[row, labels.index(one.label)] += 1
    every = [one for by_rater in given.values() for one in by_rater.values()]
    people = sorted({one.rater for one in rows if one.kind == "vote"})
    decided = certain(rows, ADJUDICATOR)
    return Agreement(
        labels,
        len(names),
        int(counts.sum()),
        krippendorff(counts),
        {label: of_label(counts, place) for place, label in enumerate(labels)},
        coincidences(counts),
        [_rater(name, rows, given, known) for name in people],
        _between(people, given),
        _disputed({name: own for name, own in given.items() if name not in decided}),
        len(decided),
        Counter(one.guideline for one in every),
        sum(one.predictions for one in every),
        sum(name in known for name in names),
    )


def _rater(
    name: str, rows: Sequence[Said], given: Mapping[str, Mapping[str, Said]], gold: Mapping[str, str]
) -> Rater:
    own = sorted((one[name] for one in given.values() if name in one), key=lambda row: row.created)
    times = [one.lead_time_s for one in own if one.lead_time_s is not None]
    by_gold = sum(one.file_name in gold for one in own) >= GOLD
    third = len(own) // PART
    judged = [one for one in own if one.file_name in gold] if by_gold else own
    first, last = judged[: len(judged) // PART], judged[len(judged) - len(judged) // PART :]

    def share(some: Sequence[Said]) -> Share:
        return _right(some, gold) if by_gold else _as_most(some, given)

    return Rater(
        name,
        len(own),
        sum(one.label == CANNOT_TELL for one in own),
        len({one.file_name for one in rows if one.rater == name and one.kind == "vote" and not one.label}),
        round(median(times), 1) if times else None,
        _right(own, gold),
        _alike(own, given),
        share(first) if third else Share(0, 0),
        share(last) if third else Share(0, 0),
        by_gold,
    )


def _right(some: Sequence[Said], gold: Mapping[str, str]) -> Share:
    asked = [one for one in some if one.file_name in gold]
    return Share(sum(one.label == gold[one.file_name] for one in asked), len(asked))


def _alike(some: Sequence[Said], given: Mapping[str, Mapping[str, Said]]) -> Share:
    """Of the ratings by others on the same clips, those alike."""
    others = [
        (one.label, other.label)
        for one in some
        if one.counts
        for other in given[one.file_name].values()
        if other.rater != one.rater and other.counts
    ]
    return Share(sum(mine == theirs for mine, theirs in others), len(others))


def _as_most(some: Sequence[Said], given: Mapping[str, Mapping[str, Said]]) -> Share:
    """As most said, own vote included, or as the other one of two.

    Unlike agreement with each of the others it does not fall because one of the others becomes careless.
    """
    asked = []
    for one in some:
        labels = [other.label for other in given[one.file_name].values() if other.counts]
        most = outcome(Counter(labels))
        if one.counts and len(labels) == 2:
            asked.append(labels[0] == labels[1])
        elif one.counts and len(labels) > 2 and most is not None:
            asked.append(one.label == most)
    return Share(sum(asked), len(asked))


def _between(people: Sequence[str], given: Mapping[str, Mapping[str, Said]]) -> dict[tuple[str, str], Share]:
    found = {}
    for one, other in combinations(people, 2):
        both = [(own[one], own[other]) for own in given.values() if one in own and other in own]
        told = [(a.label, b.label) for a, b in both if a.counts and b.counts]
        found[one, other] = Share(sum(a == b for a, b in told), len(told))
    return found


def _disputed(given: Mapping[str, Mapping[str, Said]]) -> list[Disputed]:
    found = []
    for name, own in given.items():
        counts = Counter(one.label for one in own.values())
        n = counts.total()
        same = sum(count * (count - 1) for count in counts.values())
        differing = 1.0 - same / (n * (n - 1)) if n > 1 else 0.0
        needed = outcome(counts) is None
        if differing or needed:
            found.append(Disputed(name, counts, round(differing, 3), needed))
    return sorted(found, key=lambda one: (not one.needed, -one.disagreement, one.file_name))


def _values(*shares: Share) -> tuple[float, ...]:
    return tuple(share.value or 0.0 for share in shares)
