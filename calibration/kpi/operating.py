"""The operating point of a site: threshold, averaging and suppression searched together within a budget.

Every combination of GRID is counted once for each person (calibration/kpi/alarms.py). Chosen is the one that
misses least with no more false alarms an hour than the budget, or, where costs are given, the one of the
least expected cost an hour within it:

    cost = (cost_miss x missed episodes + cost_response x false alarms) / hours of readings

On a tie the fewer false alarms win, then the higher threshold. Leaving each person out in turn and choosing
anew on the others shows how far the choice hangs on who was recorded, and what it came to on the person left
out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from calibration.kpi.alarms import Counts
from calibration.kpi.pairs import GRID, Pair, people_counts, read, site_priors, summed
from calibration.kpi.tracks import PersonStream
from edge.reading.alarm import OperatingPoint, alarm_rules
from edge.reading.voting import Rules

AVERAGES_S = (4.0, 8.0, 12.0, 20.0, 30.0)
SUPPRESSIONS_S = (0.0, 10.0, 30.0, 60.0, 120.0)
BUDGETS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
"""False alarms an hour that the trade-off is shown at."""


@dataclass(frozen=True, slots=True)
class Objective:
    """What a point is chosen by."""

    budget: float
    """False alarms an hour at most."""
    cost_miss: float | None = None
    """Of a missed episode, in any unit; None: what is missed alone counts."""
    cost_response: float = 1.0
    """Of going to see for a false alarm, in the same unit."""


@dataclass(frozen=True, eq=False)
class Search:
    """Every point, counted for each person."""

    points: tuple[OperatingPoint, ...]
    people: tuple[str, ...]
    counts: NDArray[np.float64]
    """[points, people, 5]: the fields of Counts in order."""

    def pair(self, place: int) -> Pair:
        """The pair of KPIs of a point, over all people."""
        return summed([self._counts(row) for row in self.counts[place]])

    def whole(self, place: int, person: int | None = None) -> Counts:
        """The counts of a point, of all or of one person."""
        return self._counts(self.counts[place].sum(axis=0) if person is None else self.counts[place, person])

    @staticmethod
    def _counts(row: NDArray[np.float64]) -> Counts:
        episodes, detected, false = (int(value) for value in row[:3])
        return Counts(episodes, detected, false, float(row[3]), float(row[4]))


@dataclass(frozen=True)
class LeftOut:
    """The choice made on everybody but one person, and what it came to on them."""

    person: str
    point: OperatingPoint | None
    """None: on the others nothing fits."""
    counts: Counts | None


@dataclass(frozen=True, eq=False)
class Choice:
    """A point and how sure it is."""

    point: OperatingPoint
    pair: Pair
    cost_per_hour: float | None
    left_out: tuple[LeftOut, ...]
    """One a person; empty of one person alone."""

    @property
    def outside(self) -> Counts:
        """What the choices made without them came to on all people left out."""
        return sum((one.counts for one in self.left_out if one.counts), Counts())


def search(
    tracks: Sequence[PersonStream],
    rules: Rules,
    negative: Sequence[int],
    hop_s: float,
) -> Search:
    """Count every point on streams."""
    people = tuple(sorted({track.person for track in tracks}))
    priors = [site_priors(track, rules) for track in tracks]
    points, rows = [], []
    for average_s in AVERAGES_S:
        own = alarm_rules(rules, OperatingPoint(average_s=average_s))
        scored = [read(track, own, "prior", known) for track, known in zip(tracks, priors, strict=True)]
        for suppression_s, threshold in product(SUPPRESSIONS_S, GRID):
            point = OperatingPoint(threshold, suppression_s, average_s)
            found = people_counts(scored, negative, point, rules, hop_s)
            points.append(point)
            rows.append([_row(found[person]) for person in people])
    return Search(tuple(points), people, np.array(rows))


def choose(found: Search, objective: Objective) -> Choice | None:
    """The point of an objective; None where none keeps the budget and detects anything."""
    place = _chosen(found.counts.sum(axis=1), found.points, objective)
    if place is None:
        return None
    left_out = []
    for person, name in enumerate(found.people) if len(found.people) > 1 else ():
        other = _chosen(np.delete(found.counts, person, axis=1).sum(axis=1), found.points, objective)
        point = None if other is None else found.points[other]
        left_out.append(LeftOut(name, point, None if other is None else found.whole(other, person)))
    cost = None
    if objective.cost_miss is not None:
        cost = float(_costs(found.counts.sum(axis=1), objective)[place])
    return Choice(found.points[place], found.pair(place), cost, tuple(left_out))


def nearest(found: Search) -> tuple[OperatingPoint, Counts] | None:
    """Of the points that detect anything the one of the fewest false alarms; None where none detects any."""
    counts = found.counts.sum(axis=1)
    rates = np.where(counts[:, 1] > 0, counts[:, 2], np.inf)
    if not np.isfinite(rates).any():
        return None
    best = np.flatnonzero(rates == rates.min())
    place = int(best[counts[best, 1].argmax()])
    return found.points[place], found.whole(place)


def trade_off(found: Search) -> list[tuple[float, OperatingPoint, Counts]]:
    """Budget, the point that misses least within it, its counts; budgets that none keeps are left out."""
    counts = found.counts.sum(axis=1)
    rows = []
    for budget in BUDGETS:
        place = _chosen(counts, found.points, Objective(budget))
        if place is not None:
            rows.append((budget, found.points[place], found.whole(place)))
    return rows


def frontier(found: Search) -> list[tuple[float, float, float]]:
    """Threshold, false alarms an hour and detection of the points that none beats in both."""
    counts = found.counts.sum(axis=1)
    rates, shares = _rates(counts), counts[:, 1] / np.maximum(1, counts[:, 0])
    best, kept = -1.0, []
    for place in np.lexsort((-shares, rates)):
        if shares[place] > best:
            best = float(shares[place])
            kept.append((found.points[place].threshold, float(rates[place]), best))
    return kept


def _chosen(
    counts: NDArray[np.float64], points: Sequence[OperatingPoint], objective: Objective
) -> int | None:
    """Place of the best of the points that keep the budget; counts: [points, 5]."""
    rates = _rates(counts)
    fits = np.flatnonzero((rates <= objective.budget + 1e-9) & (counts[:, 1] > 0))
    if not len(fits):
        return None
    missed = counts[:, 0] - counts[:, 1] if objective.cost_miss is None else _costs(counts, objective)
    return int(min(fits, key=lambda i: (round(float(missed[i]), 9), rates[i], -points[int(i)].threshold)))


def _rates(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """False alarms an hour, [points]; none without time to raise them in."""
    return np.asarray(3600.0 * counts[:, 2] / np.maximum(counts[:, 3], 1e-9))


def _costs(counts: NDArray[np.float64], objective: Objective) -> NDArray[np.float64]:
    """Expected cost an hour, [points]."""
    missed, hours = counts[:, 0] - counts[:, 1], (counts[:, 3] + counts[:, 4]) / 3600.0
    return np.asarray(
        ((objective.cost_miss or 0.0) * missed + objective.cost_response * counts[:, 2]) / hours
    )


def _row(counts: Counts) -> list[float]:
    return [counts.episodes, counts.detected, counts.false_alarms, counts.other_s, counts.shown_s]
