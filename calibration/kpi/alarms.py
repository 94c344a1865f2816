"""Episodes, alarms, and the pair they make: episodes found, and false alarms an hour.

    reading      stands for one hop of time, up to its own
    episode      readings in a row that truly show one of the labels looked for, at most JOIN_S apart
    zone         an episode and TOLERANCE_S after it
    alarm        as the device raises it (edge/reading/alarm.py)
    detected     an episode in whose zone an alarm was up
    false alarm  an alarm raised outside every zone, and each full REPEAT_S that alarms are up outside: an
                 alarm that never ends is no free detection
    an hour      of readings that truly show none of the labels looked for

Pure functions over arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.reading.alarm import LEVEL, OperatingPoint

JOIN_S = 10.0
"""Readings of an episode further apart than this belong to two (seconds)."""
TOLERANCE_S = 5.0
"""An alarm so long after an episode still finds it (seconds)."""
REPEAT_S = 60.0
"""An alarm that stays up where there is nothing counts again after so long (seconds)."""

Flags = NDArray[np.bool_]
Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counts:
    """What one stream came to; two of them add up."""

    episodes: int = 0
    detected: int = 0
    false_alarms: int = 0
    other_s: float = 0.0
    """Time that truly shows none of the labels looked for (seconds)."""
    shown_s: float = 0.0
    """Time that truly shows one (seconds)."""

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.episodes + other.episodes,
            self.detected + other.detected,
            self.false_alarms + other.false_alarms,
            self.other_s + other.other_s,
            self.shown_s + other.shown_s,
        )

    @property
    def detection(self) -> float | None:
        """Share of the episodes that were detected, 0..1; None where there is none."""
        return self.detected / self.episodes if self.episodes else None

    @property
    def false_per_hour(self) -> float | None:
        """False alarms an hour; None where no time truly shows nothing."""
        return 3600.0 * self.false_alarms / self.other_s if self.other_s else None


def episodes(times: Times, shown: Flags) -> list[tuple[int, int]]:
    """First and last reading of each episode; times [n] in order, shown [n]."""
    return _runs(times, shown, JOIN_S)


def alarms(
    times: Times, scores: NDArray[np.floating], point: OperatingPoint, hold_s: float
) -> tuple[Flags, Flags]:
    """Whether an alarm is up at each reading, and whether it is raised there, [n] each.

    The same as `edge.reading.alarm.scored` reading by reading, but for whole streams at once.
    """
    up, raised = np.zeros(len(times), bool), np.zeros(len(times), bool)
    ended = -np.inf
    for first, last in _runs(times, scores >= point.threshold - LEVEL, hold_s):
        start = first + int(
            np.searchsorted(times[first : last + 1] - ended, point.suppression_s - LEVEL, side="left")
        )
        if start > last:
            continue
        up[start : last + 1], raised[start] = True, True
        after = last + 1
        # Down at the first score below; after a long silence it was down from its last reading on.
        ended = (
            times[after]
            if after < len(times) and times[after] - times[last] <= hold_s + LEVEL
            else times[last]
        )
    return up, raised


def counted(times: Times, shown: Flags, up: Flags, raised: Flags, hop_s: float) -> Counts:
    """The counts of one stream; all [n]."""
    zone = shown.copy()
    found, detected = episodes(times, shown), 0
    for first, last in found:
        end = int(np.searchsorted(times, times[last] + TOLERANCE_S, side="right"))
        zone[first:end] = True
        detected += bool(up[first:end].any())
    outside_s = hop_s * float((up & ~zone).sum())
    return Counts(
        episodes=len(found),
        detected=detected,
        false_alarms=int((raised & ~zone).sum()) + int((outside_s + LEVEL) // REPEAT_S),
        other_s=hop_s * float((~shown).sum()),
        shown_s=hop_s * float(shown.sum()),
    )


def _runs(times: Times, flags: Flags, gap_s: float) -> list[tuple[int, int]]:
    """First and last of each run of true flags no further apart than gap_s."""
    places = np.flatnonzero(flags)
    if not len(places):
        return []
    broken = (np.diff(places) > 1) | (np.diff(times[places]) > gap_s + LEVEL)
    starts = places[np.concatenate([[True], broken])]
    ends = places[np.concatenate([broken, [True]])]
    return list(zip(starts.tolist(), ends.tolist(), strict=True))
