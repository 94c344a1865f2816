"""How sure a posterior is: temperature and bias, prediction set, "needs a human check", checks a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.bundle.manifest import VotingSettings
from edge.items import Floats

EVENT_NEAR = 0.05
"""An event whose probability is this near to its threshold may be there or not."""
TIE = 1e-9


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


def judged(
    probabilities: Floats,
    label: int,
    margin: float,
    labels: Sequence[str],
    thresholds: Sequence[float] | None,
    settings: VotingSettings,
) -> tuple[tuple[str, ...], bool]:
    """The labels a voted reading may be, and whether a person should look.

    probabilities: [k], voted. label: index of the one shown. margin: its lead, 0..1. thresholds: see
    prediction_set.
    """
    candidates = prediction_set(probabilities, labels, thresholds)
    unsure = needs_check(labels[label], candidates, margin, settings.margin)
    return candidates, unsure or near_event(probabilities, labels, settings.events or {})


def needs_check(label: str, candidates: Sequence[str], margin: float, least_margin: float) -> bool:
    """True when a person should look: label not the one candidate, or too small a lead (margins 0..1).

    label: the one shown; while it is held it may have been ruled out.
    """
    return tuple(candidates) != (label,) or margin < least_margin


def near_event(probabilities: Floats, labels: Sequence[str], events: Mapping[str, float]) -> bool:
    """True when a listed label is within EVENT_NEAR of its threshold, on either side.

    probabilities: [k]. events: label -> threshold; a label the bundle lacks is passed over.
    """
    return any(
        abs(float(p) - events[label]) < EVENT_NEAR
        for p, label in zip(probabilities, labels, strict=True)
        if label in events
    )


@dataclass(slots=True)
class Checks:
    """How many checks were asked for; one check is a run of readings that need it."""

    a_day: int | None = None
    """Checks a person can do in a day; None: any number."""
    day: int = 0
    """The day of the last one (days since any fixed one)."""
    asked: int = 0
    """Checks of this day that were shown."""
    withheld: int = 0
    """Checks not shown because the day's limit was used up, since the start."""
    withheld_today: int = 0
    """Those of this day."""

    def ask(self, day: int) -> bool:
        """Count a new check in; whether it may be shown."""
        if day != self.day:
            self.day, self.asked, self.withheld_today = day, 0, 0
        shown = self.a_day is None or self.asked < self.a_day
        self.asked += shown
        self.withheld += not shown
        self.withheld_today += not shown
        return shown
