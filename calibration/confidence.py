"""How sure the networks may say they are: temperatures fitted on people they never saw."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import InputError

LEAST = 30
"""Fewer examples than this say nothing about confidence."""


def fit_temperature(logits: NDArray[Any], labels: NDArray[Any]) -> float:
    """Temperature T that makes softmax(logits / T) likeliest (Guo et al. 2017).

    logits: [n, k], labels: [n]. Returns T in 0.25..8. Raises InputError for fewer than LEAST examples.
    """
    if len(labels) < LEAST:
        raise InputError(f"{len(labels)} held-out examples set no temperature; give at least {LEAST}")
    candidates = np.geomspace(0.25, 8.0, 200)
    losses = [_loss(logits.astype(np.float64) / t, labels) for t in candidates]
    return float(candidates[int(np.argmin(losses))])


def _loss(logits: NDArray[np.float64], labels: NDArray[Any]) -> float:
    """Mean negative log-likelihood."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    return float((log_sum - shifted[np.arange(len(labels)), labels]).mean())
