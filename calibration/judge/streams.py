"""Long streams composed from labelled clips of one person, to evaluate a vote on.

A label is held for a random time, meanwhile clips that show it follow each other, each for as long as it
lasts. Windows that would lie across two clips are not made, so a stream changes faster than a room does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edge.errors import DatasetError
from edge.items import Prediction

HELD_S, LEAST_HELD_S = 20.0, 5.0
"""Mean time a label is held beyond the least, and the least (seconds)."""
CONCENTRATION = 0.5
"""Of the Dirichlet distribution that shifted balances are drawn from; 1 would be any balance alike."""
LEAST_LABELS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One labelled clip as the networks saw it."""

    label: int
    speaker: str
    predictions: tuple[Prediction, ...]
    """One a window, in order of time."""
    hops: int
    """How long it lasts (hops), at least its windows."""
    source: int | None = None
    """Which of a person's recordings it is cut from; None: it is one of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """What one person showed over time, and what the networks made of it."""

    predictions: tuple[Prediction, ...]
    """One a hop."""
    labels: NDArray[np.int64]
    """The true label of each hop."""
    speaker: str = ""
    """Whose clips it is composed of."""
    clips: NDArray[np.int64] | None = None
    """Which recording or clip of theirs each hop is of; None: unknown."""


def compose_stream(
    clips: Sequence[Clip], shares: Sequence[float], hops: int, hop_s: float, seed: int
) -> Stream:
    """A stream of one person's clips.

    shares: how often each label is to be met; labels that no clip shows get none. hops: length.
    Raises DatasetError for fewer than two labels.
    """
    rng = np.random.default_rng(seed)
    of_label = [[i for i, clip in enumerate(clips) if clip.label == label] for label in range(len(shares))]
    weights = np.array([share if found else 0.0 for share, found in zip(shares, of_label, strict=True)])
    if sum(map(bool, of_label)) < LEAST_LABELS or weights.sum() <= 0:
        raise DatasetError.of("streams_labels")
    found: list[Prediction] = []
    truth: list[int] = []
    whose: list[int] = []
    while len(found) < hops:
        label = int(rng.choice(len(shares), p=weights / weights.sum()))
        end = len(found) + round((LEAST_HELD_S + rng.exponential(HELD_S)) / hop_s)
        while len(found) < end:
            place = of_label[label][int(rng.integers(len(of_label[label])))]
            clip = clips[place]
            late = len(clip.predictions) - 1
            found += [clip.predictions[min(i, late)] for i in range(clip.hops)]
            truth += [label] * clip.hops
            whose += [place if clip.source is None else clip.source] * clip.hops
    timed = (replace(p, time=i * hop_s) for i, p in enumerate(found[:hops]))
    return Stream(tuple(timed), np.array(truth[:hops]), clips[0].speaker, np.array(whose[:hops]))


def shifted_balance(seed: int, labels: int) -> tuple[float, ...]:
    """How often each of so many labels is met in a stream far from an even balance; sums to 1."""
    drawn = np.random.default_rng(seed).dirichlet(np.full(labels, CONCENTRATION))
    return tuple(drawn.tolist())
