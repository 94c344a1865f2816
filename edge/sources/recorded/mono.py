"""Two channels -> one, also where they would cancel each other. Pure: no clock, no I/O."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edge.items import Floats

CANCELS = 0.1
"""Power of the mean over that of the louder channel below which the channels cancel each other."""
AGREES = 0.2
"""The same, from where on their mean is taken again."""
REMEMBERS_S = 5.0
"""Time over which powers are compared (seconds)."""


class Mono:
    """The mean of two channels; where they are in opposite phase, the louder one."""

    def __init__(self, rate: int) -> None:
        """rate: of the samples (hertz)."""
        self.cancelled = False
        """Whether the channels ever cancelled each other."""
        self._rate = rate
        self._powers = np.zeros(3)  # of the mean and of each channel
        self._apart = False

    def mix(self, samples: NDArray[np.int16]) -> Floats:
        """Samples [2, n], full scale 32768 -> [n] in -1..1."""
        both = samples.astype(np.float32) / 32768.0
        mean: Floats = both.mean(axis=0)
        kept = math.exp(-both.shape[1] / (REMEMBERS_S * self._rate))
        energies = [float(np.dot(sound, sound)) for sound in (mean, both[0], both[1])]
        self._powers = self._powers * kept + energies
        middle, loudest = self._powers[0], self._powers[1:].max()
        if loudest > 0:
            self._apart = bool(middle < (AGREES if self._apart else CANCELS) * loudest)
        self.cancelled |= self._apart
        return np.asarray(both[self._powers[1:].argmax()], np.float32) if self._apart else mean
