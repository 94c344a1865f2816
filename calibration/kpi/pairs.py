"""Scores of streams before and after the vote, and the pair of KPIs at a threshold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from calibration.judge.intervals import Span, reaches, wilson
from calibration.judge.voting_trial import votes
from calibration.kpi.alarms import Counts, alarms, counted
from calibration.kpi.tracks import PersonStream
from edge.reading.alarm import OperatingPoint, alarm_rules
from edge.reading.voting import Ballot, Rules, vote

Way = Literal["window", "vote", "prior"]
WAYS: tuple[Way, ...] = ("window", "vote", "prior")
"""Each window alone; voted without the site's prior; voted with it, as the device does."""
GRID = (*(round(0.02 * step, 2) for step in range(1, 50)), 0.985, 0.99, 0.995)
"""Thresholds of a curve."""
Posteriors = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """One stream and what a way to read makes of it."""

    track: PersonStream
    posteriors: Posteriors
    """[n, labels]."""


@dataclass(frozen=True)
class Pair:
    """The two numbers that are only ever stated together."""

    counts: Counts
    people: int
    detection_interval: Span | None
    """95 %, over people; None of one person, or where leaving one out leaves no episode."""
    false_interval: Span | None
    """Of false alarms an hour, likewise."""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready values."""
        found = self.counts
        return {
            "detection": _rounded(found.detection),
            "detection_interval": _ends(self.detection_interval),
            "episodes": found.episodes,
            "detected": found.detected,
            "false_alarms_per_hour": _rounded(found.false_per_hour),
            "false_interval": _ends(self.false_interval),
            "false_alarms": found.false_alarms,
            "hours": round(found.other_s / 3600, 4),
            "people": self.people,
        }


def site_priors(track: PersonStream, rules: Rules) -> list[tuple[float, ...]]:
    """The site's prior as the device knows it at each reading."""
    return [known.site_prior for _, known in votes(track.predictions, rules)]


def read(
    track: PersonStream, rules: Rules, way: Way, priors: Sequence[tuple[float, ...]] | None = None
) -> Scored:
    """What a way makes of a stream; priors: `site_priors` of it, where they are known already."""
    if way == "window":
        return Scored(track, np.stack([p.probabilities for p in track.predictions]).astype(np.float64))
    if way == "vote":
        known: Sequence[tuple[float, ...]] = [rules.train_prior] * len(track.predictions)
    else:
        known = site_priors(track, rules) if priors is None else priors
    ballot, rows = Ballot(), []
    for prediction, prior in zip(track.predictions, known, strict=True):
        ballot, tally = vote(ballot, prediction, replace(rules, site_prior=prior))
        rows.append(tally.probabilities)
    return Scored(track, np.stack(rows).astype(np.float64))


def pair(
    scored: Sequence[Scored], labels: Sequence[int], point: OperatingPoint, rules: Rules, hop_s: float
) -> Pair:
    """The pair of KPIs of some labels over streams; rules: of the vote. One stream at least."""
    by_person = people_counts(scored, labels, point, rules, hop_s)
    return summed(list(by_person.values()))


def people_counts(
    scored: Sequence[Scored], labels: Sequence[int], point: OperatingPoint, rules: Rules, hop_s: float
) -> dict[str, Counts]:
    """Person -> counts over all their streams."""
    hold_s = alarm_rules(rules, point).settings.memory_s
    found: dict[str, Counts] = defaultdict(Counts)
    for one in scored:
        times, shown = one.track.times, np.isin(one.track.labels, labels)
        up, raised = alarms(times, one.posteriors[:, labels].sum(axis=1), point, hold_s)
        found[one.track.person] += counted(times, shown, up, raised, hop_s)
    return dict(found)


def summed(counts: Sequence[Counts]) -> Pair:
    """One pair of the counts of several people, with its intervals over them."""
    whole = sum(counts, Counts())
    rows = np.array([[c.episodes, c.detected, c.false_alarms, round(c.other_s)] for c in counts], np.int64)
    reach = reaches(rows, _scores)
    return Pair(
        whole,
        len(counts),
        _span(
            whole.detection,
            reach["detection"],
            lambda: wilson(whole.detected / whole.episodes, whole.episodes),
            1.0,
        ),
        _span(
            whole.false_per_hour, reach["false"], lambda: poisson(whole.false_alarms, whole.other_s / 3600)
        ),
    )


def curve(
    scored: Sequence[Scored], labels: Sequence[int], point: OperatingPoint, rules: Rules, hop_s: float
) -> list[dict[str, float | None]]:
    """The pair at every threshold of GRID; point: its averaging and suppression."""
    found = []
    for threshold in GRID:
        counts = people_counts(scored, labels, replace(point, threshold=threshold), rules, hop_s)
        whole = sum(counts.values(), Counts())
        values = {"detection": whole.detection, "false_alarms_per_hour": whole.false_per_hour}
        found.append({"threshold": threshold, **{name: _rounded(v) for name, v in values.items()}})
    return found


def best_within(rows: Sequence[Mapping[str, float | None]], budget: float) -> float | None:
    """The best detection of a curve with no more false alarms an hour than the budget; None: none has."""
    kept = [
        row["detection"]
        for row in rows
        if row["detection"] is not None
        and row["false_alarms_per_hour"] is not None
        and row["false_alarms_per_hour"] <= budget
    ]
    return max(kept, default=None)


def poisson(count: int, hours: float) -> Span:
    """95 % interval of a rate of events an hour, by Byar's approximation (Breslow and Day 1987)."""
    more = count + 1
    low = count * (1 - 1 / (9 * count) - 1.96 / (3 * sqrt(count))) ** 3 if count else 0.0
    high = more * (1 - 1 / (9 * more) + 1.96 / (3 * sqrt(more))) ** 3
    return low / hours, high / hours


def _scores(cells: NDArray[np.int64]) -> dict[str, float]:
    episodes, detected, false, seconds = (float(cell) for cell in cells)
    nothing = float("nan")
    return {
        "detection": detected / episodes if episodes else nothing,
        "false": 3600 * false / seconds if seconds else nothing,
    }


def _span(
    value: float | None, reach: float | None, alike: Callable[[], Span], high: float = float("inf")
) -> Span | None:
    """Interval of a value; alike: asked where all people are alike."""
    if value is None or reach is None or not np.isfinite(reach):
        return None
    return (max(0.0, value - reach), min(high, value + reach)) if reach > 0 else alike()


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _ends(span: Span | None) -> list[float] | None:
    return None if span is None else [round(end, 4) for end in span]
