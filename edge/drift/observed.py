"""The last hour of a run as counts, minute by minute: what is compared with the calibration."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import erf, sqrt

import numpy as np

from edge.bundle.reference import BALANCE, RESOLUTION, Reference
from edge.drift.observation import Observation
from edge.drift.stability import Counts

BLOCK_S = 60.0
"""Time counted together (seconds)."""
BLOCKS = 60
"""Blocks that are remembered."""


def values(observation: Observation, mean: Counts, deviation: Counts) -> dict[str, float]:
    """Statistic -> its value in a window, but for the labels. mean, deviation: of the voice, [d]."""
    found: dict[str, float | None] = {
        "noise": observation.noise,
        "snr": observation.snr,
        "band": observation.band,
        "brightness": observation.brightness,
        "face_score": observation.face_score,
        "face_size": observation.face_size,
    }
    if observation.voice is not None and len(mean) == len(observation.voice):
        found["voice"] = float(np.sqrt(np.square((observation.voice - mean) / deviation).mean()))
    if observation.probabilities is not None:
        found["confidence"] = float(observation.probabilities.max())
    return {name: value for name, value in found.items() if value is not None}


def spread(name: str, found: Sequence[float], edges: Counts) -> Counts:
    """The share of each value that falls into each bin, [n, bins], at the statistic's resolution."""
    below = [[0.0, *(_normal((edge - value) / RESOLUTION[name]) for edge in edges), 1.0] for value in found]
    return np.diff(np.array(below), axis=1)


def _normal(deviations: float) -> float:
    return 0.5 * (1.0 + erf(deviations / sqrt(2.0)))


@dataclass(slots=True)
class Block:
    """One minute."""

    counts: dict[str, Counts] = field(default_factory=dict)
    """Statistic -> windows in each bin."""
    sure: float = 0.0
    """Sum of the probabilities of the likeliest label."""
    read: int = 0
    """Windows with a posterior."""
    sums: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Statistic -> sum of its values."""


class Observed:
    """Counts windows by the bins of a reference; holds BLOCKS blocks, however long a run is.

    hop_s: time between windows (seconds). Time that begins anew, as in the next recording, goes on.
    """

    def __init__(self, reference: Reference, hop_s: float) -> None:
        self._edges = {name: np.array(one.edges) for name, one in reference.histograms.items()}
        self._bins = {name: len(one.shares) for name, one in reference.histograms.items()}
        self._voice = np.array(reference.voice_mean), np.array(reference.voice_deviation)
        self._hop_s = hop_s
        self._time = float("nan")
        self._clock = 0.0  # time that was observed, over all recordings (seconds)
        self._blocks: deque[tuple[int, Block]] = deque()

    def add(self, observation: Observation) -> bool:
        """Count one in; whether a block before it is over."""
        step = observation.time - self._time
        self._clock += step if step >= 0.0 else self._hop_s
        self._time = observation.time
        number = int(self._clock / BLOCK_S)
        begins = not self._blocks or self._blocks[-1][0] != number
        if begins:
            self._blocks.append((number, Block()))
            while self._blocks[0][0] <= number - BLOCKS:
                self._blocks.popleft()
        self._count(self._blocks[-1][1], observation)
        return begins and len(self._blocks) > 1

    def counts(self, name: str) -> Counts:
        """Windows of each block in each bin of a statistic, [blocks, bins], oldest first."""
        none = np.zeros(self._bins[name])
        return np.array([block.counts.get(name, none) for _, block in self._blocks])

    def means(self) -> Mapping[str, float]:
        """Statistic -> mean of its values."""
        found: dict[str, float] = {}
        for name in self._bins:
            total = sum(float(b.counts[name].sum()) for _, b in self._blocks if name in b.counts)
            if total:
                found[name] = sum(block.sums[name] for _, block in self._blocks) / total
        return found

    def confidence(self) -> float | None:
        """Mean probability of the likeliest label; None where nothing was read."""
        read = sum(block.read for _, block in self._blocks)
        return sum(block.sure for _, block in self._blocks) / read if read else None

    def _count(self, block: Block, observation: Observation) -> None:
        for name, value in values(observation, *self._voice).items():
            if name in self._edges:
                counts = block.counts.setdefault(name, np.zeros(self._bins[name]))
                counts += spread(name, [value], self._edges[name])[0]
                block.sums[name] += value
        shares = observation.probabilities
        if shares is not None:
            block.sure, block.read = block.sure + float(shares.max()), block.read + 1
        if shares is not None and self._bins.get(BALANCE) == len(shares):
            block.counts[BALANCE] = block.counts.get(BALANCE, np.zeros(len(shares))) + shares
