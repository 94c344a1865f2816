"""Krippendorff's alpha of nominal labels: any number of raters, any clip judged by any of them.

Krippendorff, K. (2011), "Computing Krippendorff's Alpha-Reliability", University of Pennsylvania, section C:
alpha = 1 - D_observed / D_expected, over pairs of ratings of the same clip and over all pairs of ratings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000
"""Bootstrap samples of clips."""
SURE = 0.95
LEAST = 5
"""Fewer clips than this that two raters judged say nothing of an interval."""


@dataclass(frozen=True, slots=True)
class Alpha:
    """Agreement beyond chance: 1 all agree, 0 as by chance, below 0 they contradict each other."""

    value: float | None
    """None: not defined, because no clip has two ratings or one label alone was used."""
    low: float | None
    """Lower and upper end of the 95 % interval over clips; None: too few clips."""
    high: float | None
    clips: int
    """With two ratings or more; only these count."""
    ratings: int
    """Of these clips."""


def krippendorff(counts: NDArray[np.int64]) -> Alpha:
    """Alpha of how many raters gave each clip each label, [clips, labels]."""
    several = counts[counts.sum(axis=1) >= 2].astype(np.float64)
    clips, ratings = len(several), int(several.sum())
    value = _alpha(several, np.ones((1, clips)))[0] if clips else np.nan
    if not np.isfinite(value):
        return Alpha(None, None, None, clips, ratings)
    if clips < LEAST:
        return Alpha(float(value), None, None, clips, ratings)
    drawn = np.random.default_rng(0).multinomial(clips, np.full(clips, 1.0 / clips), size=DRAWS)
    drawn_values = _alpha(several, drawn.astype(np.float64))
    kept = drawn_values[np.isfinite(drawn_values)]
    low, high = np.quantile(kept, [(1 - SURE) / 2, (1 + SURE) / 2])
    return Alpha(float(value), float(low), float(high), clips, ratings)


def of_label(counts: NDArray[np.int64], label: int) -> Alpha:
    """Alpha of one label against all others; label: its column."""
    own = counts[:, label]
    return krippendorff(np.stack([own, counts.sum(axis=1) - own], axis=1))


def coincidences(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Pairs of ratings of the same clip by their two labels, [labels, labels], symmetric.

    A clip with m ratings adds each of its m (m - 1) ordered pairs with weight 1 / (m - 1).
    """
    several = counts[counts.sum(axis=1) >= 2].astype(np.float64)
    weight = 1.0 / (several.sum(axis=1) - 1.0)
    pairs = (several * weight[:, None]).T @ several
    pairs -= np.diag((several * weight[:, None]).sum(axis=0))
    return np.asarray(pairs)


def _alpha(counts: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Alpha with each clip taken so many times: counts [clips, labels], weights [draws, clips] -> [draws]."""
    ratings = counts.sum(axis=1)
    agreeing = (counts * (counts - 1.0)).sum(axis=1) / (ratings - 1.0)
    n, labels = weights @ ratings, weights @ counts
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = 1.0 - (weights @ agreeing) / n
        expected = 1.0 - (labels * (labels - 1.0)).sum(axis=1) / (n * (n - 1.0))
        return np.asarray(np.where(expected > 1e-12, 1.0 - observed / expected, np.nan))
