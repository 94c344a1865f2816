"""What a trial came to: the alarm that would have been raised beside what people noted.

Events, alarms and false alarms an hour are those of calibration/kpi/alarms.py. Time of a live run is that of
its devices; it is set beside the table by the wall clock of each reading, that of a recording by when its run
began. An event while nothing at all was logged is not counted; one while the log says that nobody was heard
or seen is missed. A check that people call negative is an event where nobody noted one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.judge.intervals import Span, wilson
from calibration.kpi.alarms import Counts, counted
from calibration.kpi.pairs import poisson, summed
from calibration.shadow.noted import Noted, said
from edge.items import LIVE
from edge.shadow.folder import READINGS, ShadowTrial, runs
from edge.sinks.files.log import written
from edge.sinks.files.readings import read_records

JOIN_S = 10.0
"""Silence after which a stream is another one (seconds)."""


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """Readings of one person without a gap."""

    day: date
    times: NDArray[np.float64]
    """On the clock of the run (seconds)."""
    walls: NDArray[np.float64]
    """Seconds since 1970."""
    read: NDArray[np.bool_]
    """Whether there was something to read."""
    up: NDArray[np.bool_]
    """Whether the alarm was up."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a trial came to."""

    counts: Counts
    detection_interval: Span | None
    """95 %; None without an event."""
    false_interval: Span | None
    """Of false alarms an hour; None without a reading."""
    over_days: bool
    """Whether the intervals are over days; else over events and alarms one by one."""
    days: int
    people: int
    readings: int
    from_verdicts: int
    """Events known by a verdict alone."""
    unlogged: int
    """Events while nothing was logged."""
    waiting: int
    """Checks nobody judged."""
    runs: int
    """Times it was started: once, and again after each stop."""
    false_at: tuple[float, ...]
    """When alarms were raised where nobody noted anything (seconds since 1970)."""
    missed: tuple[Noted, ...]

    @property
    def hours(self) -> float:
        """Time read in which nothing negative was noted (hours)."""
        return self.counts.other_s / 3600.0


def evidence(trial: ShadowTrial, say: Callable[[str], None] = lambda _: None) -> Evidence:
    """Everything of a trial so far. say: gets a line about readings that are torn. Raises InputError."""
    start = trial.start
    labels = start.full_labels
    told = said(trial.folder, Path(start.review), labels, datetime.fromisoformat(start.started).timestamp())
    streams, readings = _streams(trial, say)
    streams = [part for stream in streams for part in _watched(stream, told.watched)]
    negative = [one for one in told.events if one.label in labels.negative]
    alone = [one for one in told.judged if one.label in labels.negative and not _near(one, negative)]
    events = negative + alone
    by_day: defaultdict[date, Counts] = defaultdict(Counts)
    false_at: list[float] = []
    for stream in streams:
        shown = _within(stream.walls, events, start.hop_s)
        raised = stream.up & ~np.concatenate([[False], stream.up[:-1]])
        found = counted(stream.times, shown, stream.up, raised, start.hop_s)
        other_s = start.hop_s * float((stream.read & ~shown).sum())
        shown_s = start.hop_s * float((stream.read & shown).sum())
        by_day[stream.day] += Counts(found.episodes, found.detected, found.false_alarms, other_s, shown_s)
        false_at += [float(wall) for wall in stream.walls[raised & ~_within(stream.walls, events, 5.0)]]
    missed = [one for one in events if _met(one, streams, start.hop_s) is False]
    spans = _spans(list(by_day.values()))
    return Evidence(
        sum(by_day.values(), Counts()),
        *spans,
        days=sum(1 for counts in by_day.values() if counts.other_s + counts.shown_s > 0),
        people=len({one.person for one in told.events if one.person}),
        readings=readings,
        from_verdicts=sum(_met(one, streams, start.hop_s) is not None for one in alone),
        unlogged=sum(_met(one, streams, start.hop_s) is None for one in negative),
        waiting=told.waiting,
        runs=len(runs(trial.folder)),
        false_at=tuple(sorted(false_at)),
        missed=tuple(missed),
    )


def _streams(trial: ShadowTrial, say: Callable[[str], None]) -> tuple[list[Stream], int]:
    rows: defaultdict[tuple[str, str, Any], list[tuple[float, float, bool, bool]]] = defaultdict(list)
    leads: dict[tuple[str, str], float] = {}
    total = 0
    folder = trial.folder / READINGS
    for path in written(folder) if folder.is_dir() else ():
        for record, _ in read_records(path, say):
            wall = datetime.fromisoformat(record["wall_time"]).timestamp()
            lead = leads.setdefault((record["run"], record["source"]), wall - record["time"])
            if record["source"] != LIVE:
                wall = record["time"] + lead
            who = (record["run"], record["source"], record.get("person"))
            rows[who].append((record["time"], wall, record["label"] is not None, bool(record.get("alarm"))))
            total += 1
    found = []
    for some in rows.values():
        some.sort(key=lambda row: row[0])
        times = np.array([row[0] for row in some])
        days = np.array([datetime.fromtimestamp(row[1]).date().toordinal() for row in some])
        cuts = np.flatnonzero((np.diff(times) > JOIN_S) | (np.diff(days) != 0)) + 1
        for part in np.split(np.arange(len(some)), cuts):
            columns = np.array([some[i] for i in part])
            found.append(
                Stream(
                    date.fromordinal(int(days[part[0]])),
                    columns[:, 0],
                    columns[:, 1],
                    columns[:, 2] > 0,
                    columns[:, 3] > 0,
                )
            )
    return found, total


def _watched(stream: Stream, watched: Sequence[Noted]) -> list[Stream]:
    """The parts of a stream while somebody was watching."""
    if not watched:
        return [stream]
    kept = np.flatnonzero(_within(stream.walls, watched, 0.0))
    parts = np.split(kept, np.flatnonzero(np.diff(kept) > 1) + 1) if len(kept) else []
    return [Stream(stream.day, stream.times[p], stream.walls[p], stream.read[p], stream.up[p]) for p in parts]


def _within(walls: NDArray[np.float64], some: Sequence[Noted], more_s: float) -> NDArray[np.bool_]:
    """Which moments lie in a stretch, or so long after one (seconds)."""
    found = np.zeros(len(walls), bool)
    for one in some:
        found |= (walls >= one.start) & (walls <= one.end + more_s)
    return found


def _met(one: Noted, streams: Sequence[Stream], hop_s: float) -> bool | None:
    """Whether an alarm was up in an event; None while nothing was logged."""
    seen: bool | None = None
    for stream in streams:
        inside = _within(stream.walls, [one], hop_s)
        if inside.any():
            seen = bool(seen) or bool(stream.up[_within(stream.walls, [one], 5.0)].any())
    return seen


def _near(one: Noted, others: Sequence[Noted]) -> bool:
    return any(one.start <= other.end + JOIN_S and other.start <= one.end + JOIN_S for other in others)


def _spans(days: Sequence[Counts]) -> tuple[Span | None, Span | None, bool]:
    """Intervals of the pair over days; where these are too few or alike, of shares and rates alone."""
    whole = sum(days, Counts())
    hours = whole.other_s / 3600.0
    if not days:
        return None, None, False
    over = summed(days)
    alone = wilson(whole.detected / whole.episodes, whole.episodes) if whole.episodes else None
    rate = poisson(whole.false_alarms, hours) if hours else None
    enough = over.detection_interval is not None and over.false_interval is not None
    # Days can look alike by chance: an interval is never narrower than that of as many single events.
    return _wider(over.detection_interval, alone), _wider(over.false_interval, rate), enough


def _wider(one: Span | None, other: Span | None) -> Span | None:
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])
