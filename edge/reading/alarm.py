"""The alarm of negative emotions: up while their voted probability stays at or above a threshold.

    score    probability of all negative labels together, by a filter of its own: that of the vote
             (edge/reading/voting.py), with `average_s` as its tau
    up       from the first score at or above the threshold to the last one in a row
    down     at the first score below it, or when nothing was read for as long as the filter
             remembers
    quiet    for `suppression_s` after it came down no alarm is raised; what is still above then raises one

Pure functions: no clock, no I/O. What must be remembered is a `Watch`, passed in and handed back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.items import Prediction
from edge.reading.voting import Belief, Rules, filtered, told

THRESHOLD = 0.5
"""Where nobody decided on another."""
LEVEL = 1e-6
"""Scores nearer to the threshold than this are at it; posteriors are float32."""


@dataclass(frozen=True, slots=True)
class Point:
    """An operating point."""

    threshold: float = THRESHOLD
    """Score from which on an alarm is up, 0..1."""
    suppression_s: float = 0.0
    """How long no alarm is raised after one came down (seconds)."""
    average_s: float | None = None
    """tau of the alarm's filter (seconds); None: that of the bundle's vote."""


@dataclass(frozen=True, slots=True, eq=False)
class Watch:
    """What the alarm remembers from one reading to the next."""

    belief: Belief | None = None
    """Of the alarm's own filter; None before the first window."""
    up: bool = False
    last: float = float("-inf")
    """Time of the last score at or above the threshold while up (seconds)."""
    ended: float = float("-inf")
    """When the last alarm came down (seconds)."""


def alarm_rules(rules: Rules, point: Point) -> Rules:
    """The rules that the alarm's score is voted by."""
    if point.average_s is None:
        return rules
    return replace(rules, settings=rules.settings.model_copy(update={"tau_s": point.average_s}))


def watched(
    watch: Watch, prediction: Prediction, rules: Rules, negative: Sequence[int], point: Point
) -> Watch:
    """Count a new window in; rules: of the vote. negative: indices of the negative labels."""
    own = alarm_rules(rules, point)
    silent_s = prediction.time - watch.belief.time if watch.belief else 0.0
    known = None if silent_s > own.settings.memory_s else watch.belief
    belief = filtered(known, prediction, own)
    score = score_of(told(belief, own), negative)
    return replace(scored(watch, prediction.time, score, point, own.settings.memory_s), belief=belief)


def score_of(probabilities: NDArray[np.floating[Any]], negative: Sequence[int]) -> float:
    """Probability of the negative labels together, 0..1."""
    return float(sum(float(probabilities[label]) for label in negative))


def scored(watch: Watch, time: float, score: float, point: Point, hold_s: float) -> Watch:
    """The alarm after a score of a time (seconds); hold_s: silence after which it is down."""
    if watch.up and time - watch.last > hold_s + LEVEL:
        watch = replace(watch, up=False, ended=watch.last)
    above = score >= point.threshold - LEVEL
    if watch.up:
        return replace(watch, last=time) if above else replace(watch, up=False, ended=time)
    if above and time - watch.ended >= point.suppression_s - LEVEL:
        return replace(watch, up=True, last=time)
    return watch


class Alarms:
    """The alarms of everybody who is read.

    point: asked at each window, so that it may change while a run lasts; None: no alarm is ever up.
    negative: indices of the negative labels.
    """

    def __init__(self, negative: Sequence[int], point: Callable[[], Point | None]) -> None:
        self._negative, self._point = tuple(negative), point
        self._watches: dict[int | None, Watch] = {}

    def read(self, prediction: Prediction, rules: Rules, person: int | None) -> bool:
        """Count a person's window in; whether their alarm is up. rules: of the vote."""
        point = self._point()
        if point is None or not self._negative:
            self._watches.clear()
            return False
        watch = watched(self._watches.get(person, Watch()), prediction, rules, self._negative, point)
        self._watches[person] = watch
        forgotten_s = alarm_rules(rules, point).settings.memory_s + point.suppression_s
        self._watches = {
            who: known
            for who, known in self._watches.items()
            if known.belief and known.belief.time >= prediction.time - forgotten_s
        }
        return watch.up

    def silent(self, time: float, rules: Rules) -> bool:
        """Whether an alarm is still up when nothing could be read at a time (seconds)."""
        point = self._point()
        if point is None:
            return False
        hold_s = alarm_rules(rules, point).settings.memory_s
        return any(watch.up and time - watch.last <= hold_s + LEVEL for watch in self._watches.values())
