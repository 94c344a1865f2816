"""Multinomial logistic regression with an L2 penalty, in numpy: small, convex, the same at every run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
STEPS = 150
"""Most steps of a fit."""
TOLERANCE = 1e-4
"""It ends where no part of the gradient is larger."""
REACH = 5.0
"""Features further from their mean are taken for so many deviations."""


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """A fitted regression with the scale of its features."""

    mean: Array
    """Of each feature, [features]."""
    deviation: Array
    """The same; 1 where a feature never changes."""
    weights: Array
    """[features + 1, classes]; the last row is the bias."""

    def predict(self, features: Array) -> NDArray[np.int64]:
        """Likeliest class of each row, [n]; features: [n, features]."""
        found = _with_bias(_scaled(features, self.mean, self.deviation)) @ self.weights
        return np.asarray(found.argmax(axis=1), np.int64)


def fit(features: Array, classes: NDArray[np.int64], count: int, strength: float) -> Regression:
    """Fit to rows whose classes weigh alike, however many rows each has.

    features: [n, features]; classes: [n], below `count`. strength: of the penalty on weights of features of
    deviation 1, beside a mean loss over rows. Nesterov's accelerated gradient with steps of 1 over the bound
    of the curvature (Bohning 1992: half of that of least squares).
    """
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    deviation = np.where(deviation > 1e-9, deviation, 1.0)
    rows = _with_bias(_scaled(features, mean, deviation))
    per_class = np.bincount(classes, minlength=count)
    share = 1.0 / np.maximum(per_class[classes], 1)
    share /= share.sum()
    wanted = np.eye(count)[classes]
    penalty = np.full((rows.shape[1], 1), strength)
    penalty[-1] = 1e-6
    scaled = rows * np.sqrt(share)[:, None]
    step = 1.0 / (0.5 * _largest(scaled) + strength)
    weights = ahead = np.zeros((rows.shape[1], count))
    pace = 1.0
    for _ in range(STEPS):
        gradient = rows.T @ ((_softmax(rows @ ahead) - wanted) * share[:, None]) + penalty * ahead
        if np.abs(gradient).max() < TOLERANCE:
            break
        after = ahead - step * gradient
        faster = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * pace * pace))
        ahead = after + (pace - 1.0) / faster * (after - weights)
        weights, pace = after, faster
    return Regression(mean, deviation, weights)


def _scaled(features: Array, mean: Array, deviation: Array) -> Array:
    return np.asarray(np.clip((features - mean) / deviation, -REACH, REACH))


def _with_bias(rows: Array) -> Array:
    return np.concatenate([rows, np.ones((len(rows), 1))], axis=1)


def _softmax(scores: Array) -> Array:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _largest(rows: Array) -> float:
    """Largest eigenvalue of rows' * rows, by the power method; a little above it."""
    one = np.ones(rows.shape[1])
    for _ in range(20):
        one = rows.T @ (rows @ one)
        one /= max(float(np.linalg.norm(one)), 1e-30)
    return 1.05 * float(np.linalg.norm(rows @ one) ** 2)
