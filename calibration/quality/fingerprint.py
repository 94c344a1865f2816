"""Marks of a sound that stay when it is encoded again, louder, softer or cut, and the search for equal ones.

A mark has a bit for each pair of neighbouring bands: whether the difference of their levels grew over
the last MOVE frames (after Haitsma and Kalker 2002, "A highly robust audio fingerprinting system"). Two
recordings hold the same sound where many marks agree at one shift of time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.items import Floats

RATE = 16000
FRAME, HOP, MOVE = 4096, 320, 5
"""Samples of a frame, samples between two, and frames between two that are compared: 0.26, 0.02, 0.1 s."""
BITS = 16
LOW_HZ, HIGH_HZ = 200.0, 3600.0
"""Within the band of a telephone: a narrow copy has the marks of the wide original."""
LOUD_DB = 50.0
"""Frames this far below the loudest of their block tell nothing of the sound (decibels)."""
MOST_WRONG = 0.25
"""Share of bits that may differ in two copies of a sound; of two other sounds half of them do."""
VOTES = 3
"""Equal marks at one shift from which it is looked at closely."""
LEAST = 24
"""Loud frames that two copies share at least, 0.5 s."""
PIECE = 500
"""Frames looked for at a time, 10 s: over hours, chance alone gives any shift votes."""
COMMON = 16
"""A mark that occurs this many times more often than the mean one finds nothing."""
_WIDE = 1 << 32  # room for any shift beside the number of a recording
_LOUD = np.uint32(1 << 31)
_EDGES = np.round(np.geomspace(LOW_HZ, HIGH_HZ, BITS + 2) / RATE * FRAME).astype(int)

Marks = NDArray[np.uint32]


def marks_of(power: Floats) -> Marks:
    """Marks of power spectra [frames, FRAME / 2 + 1], one a frame after the first MOVE; bit 31: loud."""
    if len(power) <= MOVE:
        return np.zeros(0, np.uint32)
    levels = np.log(np.add.reduceat(power, _EDGES, axis=1)[:, : BITS + 1] + 1e-9)
    steps = levels[:, :-1] - levels[:, 1:]
    grew = steps[MOVE:] > steps[:-MOVE]
    total = power.sum(axis=1)[MOVE:]
    loud = total > max(float(total.max()) * 10.0 ** (-LOUD_DB / 10.0), 1e-6)
    marks = (grew * (np.uint32(1) << np.arange(BITS, dtype=np.uint32))).sum(axis=1).astype(np.uint32)
    return np.asarray(marks | np.where(loud, _LOUD, np.uint32(0)), np.uint32)


class Sounds:
    """The sounds of one side, to look others up in."""

    def __init__(self, sounds: Sequence[Marks]) -> None:
        """sounds: marks of each recording."""
        self._sounds = sounds
        self._starts = np.cumsum([0, *(len(marks) for marks in sounds)])
        every = np.concatenate([*sounds, np.zeros(0, np.uint32)])
        places = np.flatnonzero(every & _LOUD)
        codes = every[places] & ~_LOUD
        order = np.argsort(codes, kind="stable")
        self._codes, self._places = codes[order], places[order]
        self._most = max(COMMON, COMMON * len(codes) // (1 << BITS))

    def find(self, marks: Marks) -> list[int]:
        """Numbers of the recordings that hold the same sound as these marks, ascending."""
        found = set[int]()
        for begin in range(0, max(1, len(marks)), PIECE):
            self._find(marks[begin : begin + PIECE], found)
        return sorted(found)

    def _find(self, piece: Marks, found: set[int]) -> None:
        """Add the recordings that hold the same sound as a piece of one."""
        loud = np.flatnonzero(piece & _LOUD)
        codes = piece[loud] & ~_LOUD
        first = np.searchsorted(self._codes, codes)
        count = np.searchsorted(self._codes, codes, side="right") - first
        count[count > self._most] = 0
        inner = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        places = self._places[np.repeat(first, count) + inner]
        owner = np.searchsorted(self._starts, places, side="right") - 1
        shift = places - self._starts[owner] - np.repeat(loud, count)
        # The shift may lie between two frames: neighbours vote together.
        votes, counts = np.unique(owner * _WIDE + shift // 2 + _WIDE // 2, return_counts=True)
        for vote in votes[counts >= VOTES]:
            number, half = int(vote // _WIDE), int(vote % _WIDE - _WIDE // 2)
            if number not in found and any(
                _equal(piece, self._sounds[number], 2 * half + more) for more in (0, 1, -1, 2)
            ):
                found.add(number)


def _equal(piece: Marks, other: Marks, shift: int) -> bool:
    """Whether marks agree where mark n of the piece is mark n + shift of the other."""
    begin, end = max(0, -shift), min(len(piece), len(other) - shift)
    if 2 * (end - begin) < min(len(piece), len(other)):
        return False
    one, two = piece[begin:end], other[begin + shift : end + shift]
    loud = np.flatnonzero(one & two & _LOUD)
    if len(loud) < LEAST:
        return False
    differ = (one[loud] ^ two[loud]) & ~_LOUD
    return float(np.unpackbits(differ.view(np.uint8)).sum()) <= MOST_WRONG * BITS * len(loud)
