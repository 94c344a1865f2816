"""People left out in turn, and whether a gain among them is more than noise."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from calibration.judge.intervals import quantile

FOLDS = 10
"""Parts that people are left out in."""
MANY = 10
"""From so many people on the bootstrap over them covers what it says (calibration/judge/intervals.py)."""
FEW = 5
"""Of fewer people no interval says anything: each has to gain."""
DRAWS = 2000
SURE = 0.95
"""How sure a gain has to be, one-sided."""


def folds(people: NDArray[np.int64], labels: NDArray[np.int64], most: int = FOLDS) -> list[NDArray[np.bool_]]:
    """Masks [n] of the examples left out together: each person in one of at most `most` parts.

    people, labels: [n]. The parts hold like numbers of examples of each label, as far as whole people allow.
    Fewer than two people give none.
    """
    names = np.unique(people)
    count = min(most, len(names))
    if count < 2:
        return []
    tables = np.zeros((len(names), int(labels.max()) + 1))
    np.add.at(tables, (np.searchsorted(names, people), labels), 1.0)
    parts, part_of = np.zeros((count, tables.shape[1])), np.zeros(len(names), np.int64)
    # The largest first, each to where labels stay evenest; ties by number of examples.
    for row in np.argsort(-tables.sum(axis=1), kind="stable"):
        cost = [float(((parts[p] + tables[row]) ** 2).sum() - (parts[p] ** 2).sum()) for p in range(count)]
        part_of[row] = int(np.argmin(cost))
        parts[part_of[row]] += tables[row]
    where = part_of[np.searchsorted(names, people)]
    return [where == part for part in range(count)]


@dataclass(frozen=True, slots=True)
class Gain:
    """What something gains on people it was not fitted on."""

    mean: float
    """In the unit of the scores."""
    low: float
    """Lower end of its one-sided 95 % interval over people."""
    people: int


def gain_over_people(gains: NDArray[np.float64], people: NDArray[np.int64]) -> Gain:
    """The mean gain and how low it may be, paired: gains [n] of examples of people [n].

    The bootstrap over people where they are many, else Student's t over people weighed by their examples;
    of fewer than FEW the gain of who gains least. Raises ValueError for fewer than two people.
    """
    _, who = np.unique(people, return_inverse=True)
    sums, counts = np.bincount(who, gains), np.bincount(who).astype(np.float64)
    k, mean = len(sums), float(gains.mean())
    if k < 2:
        raise ValueError(k)
    if k >= MANY:
        drawn = np.random.default_rng(0).integers(k, size=(DRAWS, k))
        means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
        return Gain(mean, float(np.quantile(means, 1.0 - SURE)), k)
    if k < FEW:
        return Gain(mean, float((sums / counts).min()), k)
    residues = sums - mean * counts
    error = sqrt(k / (k - 1) * float((residues**2).sum())) / float(counts.sum())
    return Gain(mean, mean - quantile(k - 1) * error, k)


def even_weights(
    labels: NDArray[np.int64], people: NDArray[np.int64], clips: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Weight of each window [n], sum 1: labels weigh alike, in a label people by the root of their clips.

    Clips of one person are alike: ten of them say more than one, and less than one each of ten people.
    """
    weights = np.zeros(len(labels))
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        for person in np.unique(people[rows]):
            own = rows[people[rows] == person]
            names, where = np.unique(clips[own], return_inverse=True)
            windows = np.bincount(where)
            weights[own] = sqrt(len(names)) / len(names) / windows[where]
        weights[rows] /= weights[rows].sum()
    return np.asarray(weights / weights.sum())
