"""Blocks of a sound device -> chunks on one clock. Pure: no clock, no I/O.

A block comes some milliseconds after its last sample was heard, never before: the least delay of the last
seconds says when sample 0 was heard. The device counts its samples by a clock of its own, off by up to some
100 ppm; the resampler stretches the sound by as much, so that chunks follow each other without a gap and
stay on time for days.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
import soxr

from edge.items import AudioChunk, Floats

WINDOW_S = 5.0
"""Blocks this old still say what the least delay is (seconds)."""
SETTLE_S = 0.3
"""Sound is held back this long at first: the first blocks may come late or all at once (seconds)."""
DRIFT = 500e-6
"""Most by which a device's clock is believed to be off; anything faster is delay, not drift."""
GAP_S = 0.02
"""Chunks that turn out to be this wrong in time are put right at once, less by stretching (seconds)."""
_STEER_S = 10.0  # time in which an error is stretched away


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What one callback of a device brought."""

    time: float
    """When it came (seconds)."""
    first: int
    """Samples the device gave before it, since it was opened."""
    samples: Floats
    """Mono samples at the device's own rate, shape [n], in -1..1."""
    broken: bool = False
    """Whether the device lost sound just before it, nobody knows how much."""


class SampleClock:
    """Says when each sample of one device was heard, from when its blocks came."""

    def __init__(self, native: float) -> None:
        """native: the device's own rate (hertz)."""
        self.native = native
        self.behind = 0.0
        """By how much the promptest block of the last WINDOW_S came late (seconds)."""
        self._anchor = math.nan  # when sample 0 was heard
        self._came: deque[tuple[float, float]] = deque()  # time of a block, anchor by that block alone
        self._settled = math.nan

    def update(self, block: Block) -> bool:
        """Take note of a block; whether enough came to tell the time."""
        now = block.time
        end = block.first + len(block.samples)
        passed = now - self._came[-1][0] if self._came else 0.0
        self._came.append((now, now - end / self.native))
        # The lowest twentieth, not the lowest: one block stamped wrong must not move the clock.
        while self._came[0][0] < now - WINDOW_S:
            self._came.popleft()
        low = sorted(anchor for _, anchor in self._came)[len(self._came) // 20]
        if math.isnan(self._settled):
            self._settled = now + SETTLE_S
        if now <= self._settled or low < self._anchor - GAP_S:  # nothing is heard before it sounds
            self._anchor = low
        else:
            most = DRIFT * passed
            self._anchor += min(max(low - self._anchor, -most), most)
        self.behind = low - self._anchor
        return now >= self._settled

    def time(self, sample: float) -> float:
        """When a sample, counted from the opening of the device, was heard (seconds)."""
        return self._anchor + sample / self.native


class Resampler:
    """Turns the blocks of one opened device into chunks at `rate`, each beginning where the last one ended.

    A chunk begins elsewhere only where blocks are missing, or where its time was wrong by more than GAP_S.
    Chunks lag some 15 ms behind the blocks; their times allow for it.
    """

    def __init__(self, native: float, rate: int) -> None:
        """native: the device's own rate, rate: that of the chunks (hertz)."""
        self.clock = SampleClock(native)
        self.rate = rate
        self._ratio = native / rate
        # Variable rate: the stream is made for the largest ratio it will be set to.
        self._stream = soxr.ResampleStream(native * (1 + 2 * DRIFT), rate, 1, vr=True)
        self._early: list[Block] = []  # blocks that came before the clock could tell the time
        self._heard = -1  # samples of the device taken so far
        self._at = 0.0  # the next sample given, counted in the device's samples
        self._base = 0.0  # time of the first sample given since the last gap
        self._given = 0  # samples given since then

    def add(self, block: Block) -> AudioChunk | None:
        """Take the next block; the chunk it completes, or None while there is none yet."""
        if block.broken:
            self.clock, self._early, self._heard = SampleClock(self.clock.native), [], -1
        ready = self.clock.update(block)
        self._early.append(block)
        if not ready:
            return None
        taken, self._early = self._early, []
        if sum(len(part.samples) for part in taken[:-1]) != block.first - taken[0].first:
            taken = [block]  # blocks were dropped before the first chunk: begin behind the hole
        return self._chunk(taken[0].first, np.concatenate([part.samples for part in taken]))

    def _chunk(self, first: int, samples: Floats) -> AudioChunk | None:
        if first != self._heard:
            self._stream.clear()
            self._at = float(first)
            self._base, self._given = self.clock.time(first), 0
        self._heard = first + len(samples)
        wrong = self.clock.time(self._at) - self._next()
        if abs(wrong) > GAP_S:
            self._base, self._given = self.clock.time(self._at), 0
            wrong = 0.0
        ratio = self._ratio * (1.0 - min(max(wrong / _STEER_S, -DRIFT), DRIFT))
        self._stream.set_io_ratio(ratio, 1.0)
        sound = self._stream.resample_chunk(samples)
        start = self._next()
        self._at += ratio * len(sound)
        self._given += len(sound)
        # The filter overshoots by a little where the sound is clipped.
        return AudioChunk(start, self.rate, np.clip(sound, -1.0, 1.0)) if len(sound) else None

    def _next(self) -> float:
        """Time of the next sample given (seconds)."""
        return self._base + self._given / self.rate
