"""Where in a session somebody speaks: stretches that become clips. Pure: no clock, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from edge.items import Floats
from edge.perception.speech import CHUNK, MIN_SPEECH_S, RATE, spoken_chunks

BLOCK_S = 60.0
"""Speech is told from noise within so much at a time (seconds): a machine may start later."""
PAUSE_S = 0.8
"""Speech with a shorter pause in it is one clip (seconds)."""
PAD_S = 0.3
"""What a clip has before and after the speech (seconds)."""
LONGEST_S = 15.0
"""A longer clip is cut where it is quietest (seconds)."""
HOLE_S = 0.1
"""Where nothing was heard for so long a clip ends (seconds)."""
QUIET_S, LONGEST_QUIET_S = 5.0, 60.0
"""Without speech: the shortest clip that is kept, the longest (seconds)."""
_STEP = CHUNK / RATE


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a session that becomes a clip (seconds in it)."""

    start: float
    end: float
    speech: bool = True

    @property
    def middle(self) -> float:
        """Its middle (seconds)."""
        return (self.start + self.end) / 2


def stretches(
    scores: NDArray[np.float64], power: Floats, apart: Callable[[float, float], bool] = lambda *_: False
) -> list[Stretch]:
    """Stretches with speech and without, in order; none reaches over a hole.

    scores, power: [chunks] of the whole session: probability of speech and mean square, 0 where nothing was
    heard. apart: whether two moments (seconds) may not be in one clip: another prompt, another speaker.
    """
    found = []
    for first, last in _runs(power > 0, round(HOLE_S / _STEP)):
        spoken = _spoken(scores[first:last], power[first:last])
        speech = _merged(spoken, first, apart)
        edge = first * _STEP
        for number, (start, end) in enumerate(speech):
            after = speech[number + 1][0] if number + 1 < len(speech) else last * _STEP
            start, end = max(edge, start - PAD_S), min((end + after) / 2, end + PAD_S, last * _STEP)
            found += _quiet(edge, start)
            found += [Stretch(*part) for part in _split(start, end, power)]
            edge = end
        found += _quiet(edge, last * _STEP)
    return found


def _runs(heard: NDArray[np.bool_], hole: int) -> list[tuple[int, int]]:
    """First and end of each run of chunks that were heard; shorter holes are none."""
    found: list[tuple[int, int]] = []
    for first, end in np.flatnonzero(np.diff(heard, prepend=False, append=False)).reshape(-1, 2):
        if found and first - found[-1][1] < hole:
            found[-1] = (found[-1][0], int(end))
        else:
            found.append((int(first), int(end)))
    return found


def _spoken(scores: NDArray[np.float64], power: Floats) -> NDArray[np.bool_]:
    block, spoken = round(BLOCK_S / _STEP), np.zeros(len(scores), bool)
    for first in range(0, len(scores), block):
        inside = slice(first, first + block)
        heard = np.flatnonzero(power[inside])
        spoken[first + heard] = spoken_chunks(scores[inside][heard], power[inside][heard])
    return spoken


def _merged(
    spoken: NDArray[np.bool_], first: int, apart: Callable[[float, float], bool]
) -> list[tuple[float, float]]:
    """Start and end of speech (seconds in the session), short pauses counted in, too little left out."""
    found: list[tuple[float, float, float]] = []  # and how much of it is speech
    for begin, end in np.flatnonzero(np.diff(spoken, prepend=False, append=False)).reshape(-1, 2):
        start, stop = (first + int(begin)) * _STEP, (first + int(end)) * _STEP
        if found and start - found[-1][1] < PAUSE_S and not apart(found[-1][1], start):
            found[-1] = (found[-1][0], stop, found[-1][2] + stop - start)
        else:
            found.append((start, stop, stop - start))
    return [(start, stop) for start, stop, speech in found if speech >= MIN_SPEECH_S]


def _split(start: float, end: float, power: Floats) -> Sequence[tuple[float, float]]:
    """A stretch in parts of LONGEST_S at most, cut at the quietest chunk of each last third."""
    if end - start <= LONGEST_S:
        return [(start, end)]
    first, last = round((start + 2 * LONGEST_S / 3) / _STEP), round((start + LONGEST_S) / _STEP)
    cut = (first + int(np.argmin(power[first:last]))) * _STEP
    return [(start, cut), *_split(cut, end, power)]


def _quiet(start: float, end: float) -> list[Stretch]:
    if end - start < QUIET_S:
        return []
    count = int(np.ceil((end - start) / LONGEST_QUIET_S))
    edges = np.linspace(start, end, count + 1)
    return [Stretch(float(a), float(b), speech=False) for a, b in pairwise(edges)]
