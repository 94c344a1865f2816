"""How sure a posterior is: temperature and bias, prediction set; and which readings a person is asked about.

A reading needs a check where the check is worth more than a threshold. The threshold falls a little with each
reading and rises with each that is asked about, by as much as keeps the wanted share of them: so the readings
worth most are asked about, whatever is read, and all day long.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.items import Floats
from edge.labels import Labels

TIE = 1e-9
SHARE = 0.05
"""Share of the readings that need a check, where no limit of a day is set."""
DAY_S = 8 * 3600.0
"""What is read in a day, until a day is over (seconds)."""
OTHER = 0.5
"""Cost of a mistake that is neither a miss nor a false alarm, in parts of the smaller of these."""
START, START_SLOPE, START_MOST = 0.41, 0.11, 0.5
"""Where the threshold begins for SHARE, how much lower for twice the share, and where at most. On streams of
dev people (two English voices, one Polish) it settles at 0.41 for 5 %, 0.31 for 10 % and 0.19 for 20 %."""
STEP = 0.005
"""How far the threshold moves for a reading that needs a check."""
DAY_STEP = 0.4
"""How far it moves for all checks of a day's limit. On these streams 20 of 1.5 hours are worth 0.98 of the 20
worth most, and 5 are worth 0.95 of the 5."""
LONG = 60
"""Readings of a run after which it no longer lowers the threshold without a limit: nobody is asked about it
twice, and hours of one label should not lead to many checks of little worth after them."""


def softmax(
    logits: NDArray[np.floating[Any]], temperature: float = 1.0, bias: Sequence[float] | None = None
) -> Floats:
    """Probabilities of logits divided by a temperature, a bias added.

    logits: [..., k], bias: [k]. Returns the same shape, each row sums to 1. Temperature scaling after Guo et
    al. 2017, "On Calibration of Modern Neural Networks"; with the bias after Alexandari et al. 2020.
    """
    scaled = np.asarray(logits, np.float64) / temperature
    if bias is not None:
        scaled = scaled + np.asarray(bias, np.float64)
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)


def prediction_set(
    probabilities: Floats, labels: Sequence[str], thresholds: Sequence[float] | None
) -> tuple[str, ...]:
    """Every label that cannot be ruled out, likeliest first; never empty.

    probabilities: [k]. thresholds: [k], a label below its own leaves the set (class-conditional split
    conformal prediction with the score 1 - p); None leaves only the likeliest label. What every label
    leaves resembles nothing met in calibration: there the two likeliest stand, for a person to judge.
    """
    order = np.argsort(-probabilities, kind="stable")
    kept = [labels[i] for i in order if thresholds is not None and probabilities[i] >= thresholds[i] - TIE]
    return tuple(kept) or tuple(labels[i] for i in order[: 1 if thresholds is None else 2])


@dataclass(frozen=True, slots=True)
class Costs:
    """What mistakes cost, in any unit, the same for both."""

    miss: float = 2.0
    """Of a negative emotion or an event that is not shown. Twice a false alarm where nobody decided: of the
    costs tried on dev people this finds most mistakes, and most of the costly ones, for 5 and 10 %."""
    response: float = 1.0
    """Of going to see for one that is shown and not there."""


def watched(labels: Labels, events: Collection[str]) -> frozenset[int]:
    """Indices of the labels somebody acts on: the negative ones and the events it knows."""
    return frozenset(labels.index(name) for name in labels if name in labels.negative or name in events)


def worth(
    probabilities: NDArray[np.floating[Any]], label: int, watched: Collection[int], costs: Costs
) -> float:
    """What a check of a reading is worth, 0..1: the mistake it is expected to find, in parts of the dearest.

        worth = sum over labels of p(label) * cost(shown, label) / max(miss, response)
        cost  = miss      shown is not watched, the label is
                response  shown is watched, the label is not
                OTHER * min(miss, response)  another label of the same kind
                0         the label is the one shown

    probabilities: [k], voted, calibrated. label: index of the one shown. watched: indices of the negative
    labels and of the events. It is the expected cost of acting on the label shown (Bayes risk).
    """
    most = max(costs.miss, costs.response)
    if most <= 0.0:
        return 0.0
    across = costs.response if label in watched else costs.miss
    alike = OTHER * min(costs.miss, costs.response)
    total = sum(
        float(p) * (alike if (index in watched) == (label in watched) else across)
        for index, p in enumerate(probabilities)
        if index != label
    )
    return min(1.0, total / most)


def undecided(label: str, candidates: Sequence[str], margin: float, least_margin: float) -> bool:
    """True when it is open which label it is: not the one candidate, or too small a lead (margins 0..1).

    label: the one shown; while it is held it may have been ruled out.
    """
    return tuple(candidates) != (label,) or margin < least_margin


@dataclass(slots=True)
class Run:
    """Readings of one person in a row that show one label: a person is asked about them once at most."""

    label: int | None = None
    """Index of the label; None before the first reading."""
    length: int = 0
    """Readings so far."""
    asked: bool = False
    """Whether a check of it began, shown or withheld."""
    left: int = 0
    """Readings that the check still stands for."""


@dataclass(slots=True)
class Checks:
    """Asks about the readings whose check is worth most, within one budget for all who are read.

    A check stands for the reading it begins with and for those after it that share sound or pictures with it,
    while their run lasts. A new one needs a worth above a threshold, which moves with readings alone:

        without a limit   threshold += STEP * (1 if the reading needs a check else 0, less `share`)
        with one          threshold += DAY_STEP * (1 / a_day if a check began else 0, less 1 / day_readings)

    and is never below 0. So in the long run `share` of the readings need a check, or a_day of a day's begin
    one, whatever comes (Gibbs and Candes 2021, "Adaptive conformal inference", proposition 4.1).
    """

    a_day: int | None = None
    """Checks that a person can do in a day; None: no limit but the share."""
    share: float = SHARE
    """Share of the readings that need a check, without a limit of a day."""
    stands: int = 4
    """Readings that a check stands for at most: those of one window's length."""
    day_readings: float = DAY_S
    """Readings of a day: as many as the last one had, or as are expected."""
    costs: Costs = Costs()
    """May be changed while a run lasts."""
    day: int = 0
    """The day of the last reading (days since any fixed one)."""
    asked: int = 0
    """Checks of this day that were shown."""
    read: int = 0
    """Readings of this day."""
    withheld: int = 0
    """Checks not shown because the day's limit was used up, since the start."""
    withheld_today: int = 0
    """Those of this day."""
    threshold: float | None = None
    """Worth that a new check must exceed; None before the first reading."""

    def ask(self, run: Run, label: int, value: float, day: int) -> bool:
        """Count a reading in; whether it needs a check.

        run: of its person. label: index of the one it shows. value: see `worth`. day: the local day.
        """
        if day != self.day:
            self._next(day)
        self.read += 1
        if label != run.label:
            run.label, run.length, run.asked, run.left = label, 0, False, 0
        run.length += 1
        threshold = start(self._wanted) if self.threshold is None else self.threshold
        began = not run.asked and value > threshold
        if began:
            run.asked = True
            run.left = self.stands if self._shown() else 0
        needed = run.left > 0
        run.left -= needed
        if self.a_day:
            threshold += DAY_STEP * (began / self.a_day - 1.0 / self.day_readings)
        elif needed or run.length <= LONG:
            threshold += STEP * (needed - self.share)
        self.threshold = max(0.0, threshold)
        return needed

    def _next(self, day: int) -> None:
        """Begin a day. A short one halves what is expected at most: it may have been begun late."""
        if self.read:
            self.day_readings = max(float(self.read), self.day_readings / 2.0)
        self.day, self.asked, self.read, self.withheld_today = day, 0, 0, 0

    @property
    def _wanted(self) -> float:
        """Share of the readings that need a check, about."""
        return self.a_day * self.stands / self.day_readings if self.a_day else self.share

    def _shown(self) -> bool:
        """Count a new check in; whether it may be shown."""
        shown = self.a_day is None or self.asked < self.a_day
        self.asked += shown
        self.withheld += not shown
        self.withheld_today += not shown
        return shown


def stands(window_s: float, hop_s: float) -> int:
    """Readings that a check stands for: those that share sound or pictures with the first (seconds both)."""
    return max(1, round(window_s / hop_s))


def start(share: float) -> float:
    """Where the threshold begins for a share of the readings, 0..START_MOST."""
    return min(START_MOST, max(0.0, START - START_SLOPE * math.log2(share / SHARE)))
