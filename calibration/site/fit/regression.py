"""Multinomial logistic regression beside logits that are there already: convex, in numpy."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Objective = Callable[[Array], tuple[float, Array]]

BIAS_PULL = 1e-2
"""Pull of the bias towards 0, and of the scale towards 1: what a handful of examples asks for is not
believed."""
MEMORY, STEPS, TOLERANCE = 8, 200, 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """logits' = scale * logits + features @ weights + bias."""

    weights: Array
    """[d, k]."""
    bias: Array
    """[k]."""
    scale: float
    """Above 0."""

    def logits(self, features: Array, offsets: Array) -> Array:
        """New logits [n, k] of features [n, d] and the logits there were [n, k]."""
        return np.asarray(self.scale * offsets + features @ self.weights + self.bias)


def fit_regression(
    features: Array,
    offsets: Array,
    targets: Array,
    examples: Array,
    strength: float,
    *,
    with_bias: bool = True,
    start: Regression | None = None,
) -> Regression:
    """The likeliest regression under a Gaussian prior on its weights.

    features: [n, d], of unit variance. offsets: logits there are, [n, k]. targets: shares of labels, [n, k],
    rows of sum 1: of one label, or of what raters said. examples: weight of each, [n], of any sum. strength:
    of the prior; an infinite one leaves bias and scale. with_bias: whether bias and weights are free; else
    the scale alone is (Guo et al. 2017). start: a fit nearby.
    """
    d = features.shape[1]
    k = offsets.shape[1]
    if not np.isfinite(strength) or not with_bias:
        features, d = features[:, :0], 0
    share = examples / examples.sum()

    def loss(point: Array) -> tuple[float, Array]:
        weights, bias, scale = _split(point, d, k)
        z = scale * offsets + features @ weights + bias
        z = z - z.max(axis=1, keepdims=True)
        total = np.log(np.exp(z).sum(axis=1))
        missing = (np.exp(z - total[:, None]) - targets) * share[:, None]
        value = float(share @ (total - (z * targets).sum(axis=1)))
        value += 0.5 * strength * float((weights**2).sum()) if d else 0.0
        value += 0.5 * BIAS_PULL * (float((bias**2).sum()) + (scale - 1.0) ** 2)
        slope_bias = missing.sum(axis=0) + BIAS_PULL * bias
        slope_scale = float((missing * offsets).sum()) + BIAS_PULL * (scale - 1.0)
        slope_weights = features.T @ missing + (strength * weights if d else 0.0)
        if not with_bias:
            slope_bias = np.zeros(k)
        return value, np.concatenate([slope_weights.ravel(), slope_bias, [slope_scale]])

    first = np.concatenate([np.zeros(d * k + k), [1.0]])
    if start is not None and start.weights.shape == (d, k):
        first = np.concatenate([start.weights.ravel(), start.bias, [start.scale]])
    weights, bias, scale = _split(least(loss, first), d, k)
    return Regression(weights, bias, max(scale, 1e-3))


def least(loss: Objective, start: Array) -> Array:
    """Where a smooth convex function of [n] is least: L-BFGS (Nocedal and Wright 2006, algorithm 7.5).

    loss: gives the value and the slope at a point.
    """
    point = start.astype(np.float64)
    value, slope = loss(point)
    steps: deque[tuple[Array, Array]] = deque(maxlen=MEMORY)
    for _ in range(STEPS):
        if float(np.abs(slope).max()) < TOLERANCE:
            break
        way = -_curved(slope, steps)
        falls = float(way @ slope)
        length = 1.0 if steps else 1.0 / max(1.0, float(np.abs(slope).sum()))
        while True:
            after, slope_after = loss(point + length * way)
            if after <= value + 1e-4 * length * falls or length < 1e-10:
                break
            length *= 0.5
        step, change = length * way, slope_after - slope
        if length < 1e-10 or value - after < 1e-12:
            break
        if float(step @ change) > 1e-12:
            steps.append((step, change))
        point, value, slope = point + step, after, slope_after
    return point


def _curved(slope: Array, steps: deque[tuple[Array, Array]]) -> Array:
    """The slope times the inverse curvature that the last steps showed (two-loop recursion)."""
    way, factors = slope.copy(), []
    for step, change in reversed(steps):
        factor = float(step @ way) / float(step @ change)
        factors.append(factor)
        way = way - factor * change
    if steps:
        step, change = steps[-1]
        way = way * (float(step @ change) / float(change @ change))
    for (step, change), factor in zip(steps, reversed(factors), strict=True):
        way = way + (factor - float(change @ way) / float(step @ change)) * step
    return np.asarray(way)


def _split(point: Array, d: int, k: int) -> tuple[Array, Array, float]:
    weights, bias = np.asarray(point[: d * k].reshape(d, k)), np.asarray(point[d * k : d * k + k])
    return weights, bias, float(point[-1])
