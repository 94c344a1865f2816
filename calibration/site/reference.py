"""What a run is compared with later: histograms of what was observed on the recordings of a calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np

from edge.bundle.reference import BALANCE, RESOLUTION, STATISTICS, Histogram, Reference
from edge.drift.observation import Observation
from edge.drift.observed import BLOCK_S, spread, values
from edge.drift.stability import Counts, by_chance, independent, stability

BINS, LEAST_BINS = 8, 4
"""Bins of as many windows each, most and least."""
PER_BIN = 5
"""Independent windows it takes for a bin."""
LEAST_WINDOWS = 30
"""Windows without which a statistic is not kept."""
CHOSEN = (BALANCE, "confidence")
"""What clips that were chosen by their label say nothing of: how often a site meets each label."""
DIGITS = 5
_NORMAL = np.array([NormalDist().inv_cdf((place + 0.5) / 15) for place in range(15)])
Recordings = Mapping[str, Sequence[Observation]]
"""Person or recording -> its observations, in order of time."""


def reference_of(recordings: Recordings, *, chosen: bool = False) -> Reference:
    """The reference of a site.

    recordings: by person where people are known, else by recording: how much these differ is not called
    drift. chosen: whether clips were picked by label: balance and confidence are not those of the site then,
    and are not kept.
    A statistic met in fewer than LEAST_WINDOWS windows is left out.
    """
    mean, deviation = _voice([one for some in recordings.values() for one in some])
    found: dict[str, list[tuple[list[float], list[int]]]] = {name: [] for name in STATISTICS}
    shares: list[tuple[Counts, list[int]]] = []
    for some in recordings.values():
        minutes = _minutes(some)
        rows = [values(one, mean, deviation) for one in some]
        for name, parts in found.items():
            kept = [(row[name], minute) for row, minute in zip(rows, minutes, strict=True) if name in row]
            if kept:
                parts.append(([value for value, _ in kept], [minute for _, minute in kept]))
        read = [
            (one.probabilities, m)
            for one, m in zip(some, minutes, strict=True)
            if one.probabilities is not None
        ]
        if read:
            shares.append((np.array([row for row, _ in read], np.float64), [minute for _, minute in read]))
    made_of = {name: _histogram(name, parts) for name, parts in found.items()}
    histograms = {name: made for name, made in made_of.items() if made is not None}
    confidence = None
    if shares:
        confidence = float(np.concatenate([rows.max(axis=1) for rows, _ in shares]).mean())
        if (made := _balance(shares)) is not None:
            histograms[BALANCE] = made
    if chosen:
        histograms = {name: made for name, made in histograms.items() if name not in CHOSEN}
    return Reference(
        histograms=histograms,
        voice_mean=_rounded(mean),
        voice_deviation=_rounded(deviation),
        confidence=None if confidence is None or chosen else round(confidence, DIGITS),
    )


def _voice(observations: Sequence[Observation]) -> tuple[Counts, Counts]:
    """Mean token and deviation of each of its dimensions, [d] each; empty without a voice."""
    tokens = [one.voice for one in observations if one.voice is not None]
    if len(tokens) < LEAST_WINDOWS:
        return np.zeros(0), np.zeros(0)
    found = np.array(tokens, np.float64)
    deviation = found.std(axis=0)
    # A dimension that hardly moves would outweigh all others as soon as it does.
    return found.mean(axis=0), np.maximum(deviation, max(1e-3, 0.1 * float(np.median(deviation))))


def _minutes(observations: Sequence[Observation]) -> list[int]:
    """Which minute of the recording each is in; time that begins anew begins another one."""
    found: list[int] = []
    before, base, first = float("-inf"), -1, 0.0
    for one in observations:
        if one.time < before or base < 0:
            base, first = (found[-1] + 1 if found else 0), one.time
        found.append(base + int((one.time - first) / BLOCK_S))
        before = one.time
    return found


def _histogram(name: str, parts: Sequence[tuple[list[float], list[int]]]) -> Histogram | None:
    every = np.array([value for some, _ in parts for value in some])
    if len(every) < LEAST_WINDOWS:
        return None
    bins = BINS + 1
    worth = 0.0
    while bins > LEAST_BINS and worth < PER_BIN * bins:
        bins -= 1
        edges = np.quantile(every[:, None] + RESOLUTION[name] * _NORMAL, np.arange(1, bins) / bins)
        blocks = [_summed(spread(name, some, edges), minutes) for some, minutes in parts]
        worth = _independent(blocks)
    return _made(blocks, edges, float(every.mean()), len(every))


def _balance(parts: Sequence[tuple[Counts, list[int]]]) -> Histogram | None:
    windows = sum(len(rows) for rows, _ in parts)
    if windows < LEAST_WINDOWS:
        return None
    blocks = [_summed(rows, minutes) for rows, minutes in parts]
    shares = np.concatenate(blocks).sum(axis=0) / windows
    return _made(blocks, np.zeros(0), float(shares.argmax()), windows)


def _made(blocks: Sequence[Counts], edges: Counts, mean: float, windows: int) -> Histogram:
    """blocks: of each person or recording, [minutes, bins]."""
    every = np.concatenate(blocks)
    shares = np.round(every.sum(axis=0) / every.sum(), DIGITS)
    shares[shares.argmax()] += 1.0 - shares.sum()
    return Histogram(
        edges=_rounded(edges),
        shares=_rounded(shares),
        mean=round(mean, DIGITS),
        windows=windows,
        independent=round(_independent(blocks), 2),
        usual=round(_usual(blocks), 4),
    )


def _independent(blocks: Sequence[Counts]) -> float:
    """Independent windows within each person or recording, summed: `usual` tells how these differ.

    Of recordings too short for that, of all together.
    """
    return max(sum(independent(own) for own in blocks), independent(np.concatenate(blocks)))


def _usual(blocks: Sequence[Counts]) -> float:
    """Largest excess over chance of one person's or recording's PSI against all together."""
    every = np.concatenate(blocks)
    shares, m = every.sum(axis=0) / every.sum(), _independent(blocks)
    largest = 0.0
    for own in blocks if len(blocks) > 1 else ():
        if own.sum() >= LEAST_WINDOWS:
            n = independent(own)
            psi = stability(own.sum(axis=0) / own.sum(), n, shares, m)
            largest = max(largest, psi - by_chance(own.shape[1], n, m))
    return largest


def _summed(rows: Counts, minutes: Sequence[int]) -> Counts:
    """Windows in each bin, [minutes, bins], of those of each window, [n, bins]."""
    counts = np.zeros((max(minutes) + 1, rows.shape[1]))
    np.add.at(counts, np.array(minutes), rows)
    return np.asarray(counts[counts.sum(axis=1) > 0])


def _rounded(numbers: Counts) -> tuple[float, ...]:
    return tuple(float(f"{number:.6g}") for number in numbers)
