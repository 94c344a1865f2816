"""Up to which frequency sound reaches: that of a telephone or a headset ends at half of what a voice holds.

A band-limited recording shows a cliff: below it speech, above it nothing but rounding noise, and that at
every moment. Wide speech falls gently, and its hisses reach up to the end.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from edge.items import Floats

NARROW = 0.8
"""Sound that ends below this share of half the sample rate is narrow."""
CLIFF_DB = 22.0
"""Least fall at the end of a band, within 1 kHz (decibels)."""
FAINT_DB = -40.0
"""All above the end lies this far below the speech (decibels)."""
WITHIN_DB = 30.0
"""A second this far below the loudest holds no speech and says nothing (decibels)."""
MOST_S = 60
"""Seconds of speech that are remembered, the newest."""
_STEP_HZ = 500
_FRAME_S = 0.032
_QUIET = 1e-7  # mean square of a second that is taken for silence, -70 dB of full scale


class Band:
    """Measures up to where sound reaches, second by second."""

    def __init__(self, rate: float) -> None:
        """rate: of the samples (hertz)."""
        self._rate = round(rate)
        size = round(self._rate * _FRAME_S)
        self._hann = np.hanning(size).astype(np.float32)
        steps = np.fft.rfftfreq(size, 1.0 / self._rate) // _STEP_HZ
        self._firsts = np.flatnonzero(np.diff(steps, prepend=-1))[: self._rate // 2 // _STEP_HZ]
        self._waiting: list[Floats] = []
        self._count = 0
        self._seconds: deque[NDArray[np.float64]] = deque(maxlen=MOST_S)

    def add(self, samples: Floats) -> bool:
        """Take the next samples [n], in -1..1; whether a second became full."""
        full = self._count + len(samples) >= self._rate
        self._waiting.append(samples)
        self._count += len(samples)
        while self._count >= self._rate:
            sound = np.concatenate(self._waiting)
            self._take(sound[: self._rate])
            self._waiting, self._count = [sound[self._rate :]], len(sound) - self._rate
        return full

    def is_narrow(self, hertz: float) -> bool:
        """Whether sound that ends there lacks what the networks were trained on."""
        return hertz < NARROW * self._rate / 2

    def end_hz(self, least_s: int = 1) -> float | None:
        """Where the sound ends when it is narrow (hertz); None when it is wide, or as long as nobody knows.

        least_s: seconds of speech it takes to know.
        """
        levels = [second[0] for second in self._seconds]
        spoken = [s[1:] for s in self._seconds if s[0] > max(levels) - WITHIN_DB]
        if len(spoken) < least_s:
            return None
        shape = np.median(spoken, axis=0)
        last = int(NARROW * self._rate / 2 / _STEP_HZ)
        for step in range(3, last + 1):
            above = shape[step + 1 :].max(initial=-np.inf)
            # A tone or a hum ends somewhere too: only what fills its band ends at a cliff.
            filled = shape[1:step].min() > FAINT_DB
            if filled and above < FAINT_DB and shape[step - 1] - above > CLIFF_DB:
                return float(_STEP_HZ * (step + (shape[step] - above > CLIFF_DB)))
        return None

    def _take(self, second: Floats) -> None:
        """Keep the loudest moment of each step of a second, over that of speech (decibels)."""
        if float(np.mean(np.square(second))) < _QUIET:
            return
        size = len(self._hann)
        frames = second[: len(second) // size * size].reshape(-1, size) * self._hann
        power = np.square(np.abs(np.fft.rfft(frames, axis=1)))
        loudest = 10.0 * np.log10(np.add.reduceat(power, self._firsts, axis=1).max(axis=0) + 1e-12)
        level = loudest[1:7].max()
        self._seconds.append(np.concatenate([[level], loudest - level]))
