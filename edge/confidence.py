"""How sure a posterior is: temperature and bias, prediction set, "needs a human check", checks a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from edge.items import Floats

EVENT_NEAR = 0.05
"""An event whose probability is this near to its threshold may be there or not."""
DAY_S = 86400.0
TIE = 1e-9


def softmax(logits: Floats, temperature: float = 1.0, bias: Sequence[float] | None = None) -> Floats:
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
    conformal prediction with the score 1 - p); None leaves only the likeliest label.
    """
    order = np.argsort(-probabilities, kind="stable")
    kept = [labels[i] for i in order if thresholds is not None and probabilities[i] >= thresholds[i] - TIE]
    return tuple(kept) or (labels[order[0]],)


def needs_check(candidates: Sequence[str], margin: float, least_margin: float) -> bool:
    """True when a person should look: more than one candidate, or too small a lead (margins 0..1)."""
    return len(candidates) > 1 or margin < least_margin


def near_event(probabilities: Floats, labels: Sequence[str], events: Mapping[str, float]) -> bool:
    """True when a listed label is within EVENT_NEAR of its threshold, on either side.

    probabilities: [k]. events: label -> threshold; a label the bundle lacks is passed over.
    """
    return any(
        abs(float(p) - events[label]) < EVENT_NEAR
        for p, label in zip(probabilities, labels, strict=True)
        if label in events
    )


@dataclass(frozen=True, slots=True)
class Checks:
    """What is remembered of the checks asked for; one check is a run of readings that need it."""

    day: int = 0
    """Days since the clock's zero."""
    asked: int = 0
    """Checks of this day that were shown."""
    withheld: int = 0
    """Checks not shown because the day's limit was used up, since the start."""
    wanted: bool = False
    """Whether the last reading needed a check."""
    shown: bool = False
    """Whether that was shown."""


def limited(checks: Checks, wanted: bool, time: float, a_day: int | None) -> Checks:
    """Count one reading in; the result's `shown` says whether it may ask for a check.

    time: of the reading, on its source's clock (seconds). a_day: checks a person can do; None: any number.
    """
    day = int(time // DAY_S)
    if day != checks.day:
        checks = replace(checks, day=day, asked=0)
    if not wanted:
        return replace(checks, wanted=False, shown=False)
    if checks.wanted:  # the same check goes on, or goes on being withheld
        return checks
    if a_day is None or checks.asked < a_day:
        return replace(checks, asked=checks.asked + 1, wanted=True, shown=True)
    return replace(checks, withheld=checks.withheld + 1, wanted=True, shown=False)
