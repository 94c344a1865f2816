"""The alarm of negative emotions: up while their voted probability stays at or above a threshold.

    score    probability of all negative labels together, by a filter of its own: that of the vote
             (edge/reading/voting.py), with `average_s` as its tau
    up       from the first score at or above the threshold to the last one in a row
    down     at the first score below it, or when nothing was read for as long as the filter
             remembers
    quiet    for `suppression_s` after it came down no alarm is raised; what is still above then raises one

Pure functions: no clock, no I/O. What must be remembered is an `AlarmState`, passed in and handed back.
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
class OperatingPoint:
    """An operating point."""

    threshold: float = THRESHOLD
    """Score from which on an alarm is up, 0..1."""
    suppression_s: float = 0.0
    """How long no alarm is raised after one came down (seconds)."""
    average_s: float | None = None
    """tau of the alarm's filter (seconds); None: that of the bundle's vote."""


@dataclass(frozen=True, slots=True, eq=False)
class AlarmState:
    """What the alarm remembers from one reading to the next."""

    belief: Belief | None = None
    """Of the alarm's own filter; None before the first window."""
    up: bool = False
    last: float = float("-inf")
    """Time of the last score at or above the threshold while up (seconds)."""
    ended: float = float("-inf")
    """When the last alarm came down (seconds)."""


def alarm_rules(rules: Rules, point: OperatingPoint) -> Rules:
    """The rules that the alarm's score is voted by."""
    if point.average_s is None:
        return rules
    return replace(rules, settings=rules.settings.model_copy(update={"tau_s": point.average_s}))


def updated(
    state: AlarmState, prediction: Prediction, rules: Rules, negative: Sequence[int], point: OperatingPoint
) -> AlarmState:
    """Count a new window in; rules: of the vote. negative: indices of the negative labels."""
    own = alarm_rules(rules, point)
    silent_s = prediction.time - state.belief.time if state.belief else 0.0
    known = None if silent_s > own.settings.memory_s else state.belief
    belief = filtered(known, prediction, own)
    score = score_of(told(belief, own), negative)
    return replace(scored(state, prediction.time, score, point, own.settings.memory_s), belief=belief)


def score_of(probabilities: NDArray[np.floating[Any]], negative: Sequence[int]) -> float:
    """Probability of the negative labels together, 0..1."""
    return float(sum(float(probabilities[label]) for label in negative))


def scored(state: AlarmState, time: float, score: float, point: OperatingPoint, hold_s: float) -> AlarmState:
    """The alarm after a score of a time (seconds); hold_s: silence after which it is down."""
    if state.up and time - state.last > hold_s + LEVEL:
        state = replace(state, up=False, ended=state.last)
    above = score >= point.threshold - LEVEL
    if state.up:
        return replace(state, last=time) if above else replace(state, up=False, ended=time)
    if above and time - state.ended >= point.suppression_s - LEVEL:
        return replace(state, up=True, last=time)
    return state


class Alarms:
    """The alarms of everybody who is read.

    point: asked at each window, so that it may change while a run lasts; None: no alarm is ever up.
    negative: indices of the negative labels.
    """

    def __init__(self, negative: Sequence[int], point: Callable[[], OperatingPoint | None]) -> None:
        self._negative, self._point = tuple(negative), point
        self._states: dict[int | None, AlarmState] = {}

    def read(self, prediction: Prediction, rules: Rules, person: int | None) -> bool:
        """Count a person's window in; whether their alarm is up. rules: of the vote."""
        point = self._point()
        if point is None or not self._negative:
            self._states.clear()
            return False
        state = updated(self._states.get(person, AlarmState()), prediction, rules, self._negative, point)
        self._states[person] = state
        forgotten_s = alarm_rules(rules, point).settings.memory_s + point.suppression_s
        self._states = {
            who: known
            for who, known in self._states.items()
            if known.belief and known.belief.time >= prediction.time - forgotten_s
        }
        return state.up

    def silent(self, time: float, rules: Rules) -> bool:
        """Whether an alarm is still up when nothing could be read at a time (seconds)."""
        point = self._point()
        if point is None:
            return False
        hold_s = alarm_rules(rules, point).settings.memory_s
        return any(state.up and time - state.last <= hold_s + LEVEL for state in self._states.values())
