"""How sure the networks may say they are: fitted on people they never saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import InputError

LEAST = 30
"""Fewer examples than this say nothing about confidence."""
RIDGE = 1e-2
"""Pull of the bias towards 0: what a handful of examples asks for is not believed."""
STEPS = 100


@dataclass(frozen=True, slots=True)
class Scaling:
    """softmax(logits / temperature + bias) is calibrated."""

    temperature: float
    """In 0.25..8."""
    bias: tuple[float, ...]
    """One a label, sums to 0."""


def fit_scaling(logits: NDArray[Any], labels: NDArray[Any], *, with_bias: bool = True) -> Scaling:
    """Temperature and bias that make softmax(logits / T + b) likeliest.

    logits: [n, k], labels: [n]. Every label that occurs weighs the same, however often it does: the fit is
    for the even training prior. Bias-corrected temperature scaling, Alexandari et al. 2020; without the
    bias Guo et al. 2017. Raises InputError for fewer than LEAST examples.
    """
    require_examples(labels)
    k = logits.shape[1]
    x = logits.astype(np.float64) - logits.mean(axis=1, keepdims=True)
    counts = np.bincount(labels, minlength=k)
    weights = 1.0 / (counts[labels] * (counts > 0).sum())
    # The loss is convex in (1 / T, b): damped Newton steps find its least value.
    found = np.array([1.0, *np.zeros(k)])
    free = np.array([True, *np.full(k, with_bias)])
    columns = np.concatenate([x[:, :, None], np.broadcast_to(np.eye(k), (len(x), k, k))], axis=2)[:, :, free]
    ridge = np.diag([0.0, *np.full(k, RIDGE)])[np.ix_(free, free)]
    for _ in range(STEPS):
        powers = np.exp((z := x * found[0] + found[1:]) - z.max(axis=1, keepdims=True))
        p = powers / powers.sum(axis=1, keepdims=True)
        missing = (p - np.eye(k)[labels]) * weights[:, None]
        slope = np.einsum("nk,nkd->d", missing, columns) + ridge @ found[free]
        centred = columns - np.einsum("nk,nkd->nd", p, columns)[:, None]
        bend = np.einsum("n,nk,nkd,nke->de", weights, p, centred, centred) + ridge
        step = np.linalg.solve(bend + 1e-9 * np.eye(len(bend)), slope)
        found[free] -= step * min(1.0, 1.0 / max(1e-12, np.abs(step).max()))
        found[0] = np.clip(found[0], 1 / 8.0, 4.0)
        if np.abs(step).max() < 1e-8:
            break
    bias = found[1:] - found[1:].mean()
    return Scaling(float(1.0 / found[0]), tuple(bias.tolist()))


def confusion_rates(posteriors: NDArray[Any], labels: NDArray[Any]) -> tuple[tuple[float, ...], ...]:
    """Row: true label, its shares of predicted labels, [k, k]; a label that never occurs is taken as found.

    posteriors: [n, k], labels: [n].
    """
    k = posteriors.shape[1]
    table = np.zeros((k, k))
    np.add.at(table, (labels, posteriors.argmax(axis=1)), 1.0)
    table[table.sum(axis=1) == 0] = np.eye(k)[table.sum(axis=1) == 0]
    rows = table / table.sum(axis=1, keepdims=True)
    return tuple(tuple(row.tolist()) for row in rows)


def require_examples(labels: NDArray[Any]) -> None:
    """Raises InputError for fewer than LEAST examples."""
    if len(labels) < LEAST:
        raise InputError.of("confidence_few", count=len(labels), least=LEAST)
