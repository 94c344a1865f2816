"""How sure a posterior is: temperature, prediction set, "needs a human check"."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge.items import Floats


def softmax(logits: Floats, temperature: float = 1.0) -> Floats:
    """Probabilities of logits divided by a temperature.

    logits: [..., k]. Returns the same shape, each row sums to 1. Temperature scaling after
    Guo et al. 2017, "On Calibration of Modern Neural Networks".
    """
    scaled = np.asarray(logits, np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)


def prediction_set(probabilities: Floats, labels: Sequence[str], threshold: float | None) -> tuple[str, ...]:
    """Every label that cannot be ruled out, likeliest first; never empty.

    probabilities: [k]. threshold: a label below it leaves the set (split conformal prediction with the
    score 1 - p); None leaves only the likeliest label.
    """
    order = np.argsort(-probabilities, kind="stable")
    kept = [labels[i] for i in order if threshold is not None and probabilities[i] >= threshold]
    return tuple(kept) or (labels[order[0]],)


def needs_check(candidates: Sequence[str], margin: float, least_margin: float) -> bool:
    """True when a person should look: more than one candidate, or too small a lead (margins 0..1)."""
    return len(candidates) > 1 or margin < least_margin
