"""What a modality is usually like, and how far windows of people who were left out are from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from calibration.judge.intervals import quantile
from edge.reading.familiar import Home, on_side

FOLDS = 12
"""Parts, at most, that people are left out in."""
A_MINUTE = 15
"""Windows of a minute that do not overlap."""
MINUTES = 8
"""Minutes drawn of each person."""
FEW = 0.05
"""Share of windows of people who were left out that lie beyond the limit of a window."""
LEAST_NOISY = 40
"""Fewer windows in noise than this do not say what sound in noise is like."""

Array = NDArray[np.float64]


def fit_home(
    summaries: NDArray[np.floating], people: NDArray[np.int64], seed: int = 0, reach: float = 1.0
) -> Home:
    """Centre, covariance and limits of one modality.

    summaries: of windows, [n, features], n >= 2. people: who each is of, [n]; where there is one person
    alone, halves of the windows are left out in turn. The limit of a minute is the upper end of the 95 %
    prediction interval for the mean distance over a minute of one more person, in logarithms (Student's t):
    few people make it wide. reach: how far it is from the middle, beside the end of that interval.
    """
    rows = np.asarray(summaries, np.float64)
    parts = _parts(people)
    distances = np.zeros(len(rows))
    for part in np.unique(parts):
        out = parts == part
        distances[out] = _centre(rows[~out]).distances(rows[out])
    home = _centre(rows)
    return Home(
        home.mean,
        home.whitening,
        window=float(np.quantile(distances, 1.0 - FEW)),
        minute=_minute(distances, people if len(np.unique(people)) > 1 else parts, seed, reach),
    )


def fit_noisy_home(
    clear: NDArray[np.floating], noisy: NDArray[np.floating], people: NDArray[np.int64]
) -> Home | None:
    """The centre of windows in noise alone; None where they or the people are too few.

    clear, noisy: summaries, [n, features] and [m, features]. people: who each noisy window is of, [m]. The
    side is where Fisher's linear discriminant of the two lies nearer to noise.
    """
    own, other = np.asarray(noisy, np.float64), np.asarray(clear, np.float64)
    within = shrunk_covariance(np.concatenate([own - own.mean(axis=0), other - other.mean(axis=0)]))
    across = np.linalg.solve(within, own.mean(axis=0) - other.mean(axis=0))
    middle = (own.mean(axis=0) + other.mean(axis=0)) / 2.0
    side = np.append(across, -across @ middle)
    there = on_side(own, side)
    if there.sum() < LEAST_NOISY or len(np.unique(people[there])) < 2:
        return None
    return replace(fit_home(own[there], people[there]), side=side)


def _centre(rows: Array) -> Home:
    mean = rows.mean(axis=0)
    return Home(mean, np.linalg.cholesky(np.linalg.inv(shrunk_covariance(rows))), 1.0, 1.0)


def shrunk_covariance(rows: Array) -> Array:
    """Covariance of rows [n, f], drawn to a multiple of the identity: [f, f].

    As far as Ledoit and Wolf 2004, "A well-conditioned estimator for large-dimensional covariance matrices",
    find best.
    """
    centred = rows - rows.mean(axis=0)
    count, size = centred.shape
    sample = centred.T @ centred / count
    level = np.trace(sample) / size
    apart = np.square(sample - level * np.eye(size)).sum()
    if apart <= 0.0:
        return np.asarray(max(level, 1e-12) * np.eye(size))
    squares = np.square(centred)
    noise = min(apart, (squares.T @ squares / count - np.square(sample)).sum() / count)
    share = noise / apart
    return np.asarray((1.0 - share) * sample + share * level * np.eye(size))


def _parts(people: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which part each window is left out with, [n]: whole people, shared out in turn."""
    names, row = np.unique(people, return_inverse=True)
    if len(names) == 1:
        return np.arange(len(people), dtype=np.int64) % 2
    return np.asarray(row % min(FOLDS, len(names)), np.int64)


def _minute(distances: Array, people: NDArray[np.int64], seed: int, reach: float) -> float:
    rng = np.random.default_rng(seed)
    means, within = [], []
    for person in np.unique(people):
        own = distances[people == person]
        size = min(A_MINUTE, len(own))
        drawn = [np.log(rng.choice(own, size, replace=False).mean()) for _ in range(MINUTES)]
        means.append(np.mean(drawn))
        within.append(np.var(drawn))
    count = len(means)
    spread = np.sqrt(np.var(means, ddof=1) * (1.0 + 1.0 / count) + np.mean(within))
    return float(np.exp(np.mean(means) + reach * quantile(count) * spread))
