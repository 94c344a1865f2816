"""Labels for a whole recording at once when the share of each label is known beforehand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.errors import InputError
from edge.items import Floats

ROUNDS = 500
SHARPNESS = 10.0
"""Inverse of the entropy weight: the higher, the nearer the plan to the best assignment."""


def assign(posteriors: Floats, shares: Sequence[float]) -> NDArray[np.int64]:
    """Label of each window so that every label gets its share of them.

    posteriors: [n, k]. shares: [k], sum to 1. Returns [n]; label c is given round(n * shares[c]) times, the
    largest remainders rounded up. Entropic optimal transport with cost -log p (Sinkhorn; Cuturi 2013), the
    plan then rounded from its surest entry on. Raises InputError when shares fit no distribution.
    """
    wished = np.asarray(shares, np.float64)
    n, k = posteriors.shape
    if wished.shape != (k,) or not (wished.min() >= 0 and abs(wished.sum() - 1.0) <= 1e-3):
        raise InputError.of("quotas_wrong", count=k, given=list(shares))
    quota = _whole(n * wished / wished.sum(), n)
    plan = _plan(np.log(np.maximum(posteriors.astype(np.float64), 1e-12)) * SHARPNESS, quota)
    labels = np.full(n, -1, np.int64)
    left = quota.copy()
    for cell in np.argsort(-plan, axis=None, kind="stable"):
        row, label = divmod(int(cell), k)
        if labels[row] < 0 and left[label] > 0:
            labels[row] = label
            left[label] -= 1
    return labels


def _plan(scores: NDArray[np.float64], quota: NDArray[np.int64]) -> NDArray[np.float64]:
    """exp(scores) scaled to rows that sum to 1 and columns that sum to the quota, as logarithms."""
    plan = np.where(quota > 0, scores, -np.inf)
    target = np.log(np.maximum(quota, 1))
    for _ in range(ROUNDS):
        plan = plan - _log_sum(plan, 1)
        columns = _log_sum(plan, 0)
        plan = plan + np.where(quota > 0, target - columns, 0.0)
        if np.abs(np.exp(columns[0]) - quota).max() < 1e-3:
            break
    return plan


def _log_sum(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    largest = np.maximum(values.max(axis=axis, keepdims=True), -1e300)
    with np.errstate(divide="ignore"):
        return np.asarray(largest + np.log(np.exp(values - largest).sum(axis=axis, keepdims=True)))


def _whole(wished: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """Whole numbers near the wished ones that sum to n, by largest remainder."""
    down = np.floor(wished).astype(np.int64)
    order = np.argsort(down - wished, kind="stable")
    down[order[: n - int(down.sum())]] += 1
    return down
