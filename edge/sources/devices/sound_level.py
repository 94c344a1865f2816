"""How loud a microphone is, and whether that can be right. Pure: no clock, no I/O."""

from __future__ import annotations

import math

import numpy as np

from edge.items import Floats

SILENT_DB = -75.0
"""A microphone that hears less is muted or dead: even a quiet room is louder (decibels below full scale)."""
SILENT_S = 3
"""Seconds without sound after which it is called silent."""
CLIPPED = 1e-3
"""Share of samples at full scale from which sound is called clipping."""
_FULL = 0.999
_FLOOR_DB = -120.0  # shown for exact silence


class SoundLevel:
    """Measures sound second by second."""

    def __init__(self, rate: float) -> None:
        """rate: of the samples (hertz)."""
        self.db: float | None = None
        """Level of the last full second (decibels below full scale); None before the first."""
        self.warning = ""
        """silent or clipping; empty when all is well."""
        self._rate = rate
        self._count = 0
        self._energy = 0.0
        self._full = 0
        self._silent_s = 0

    def add(self, samples: Floats) -> None:
        """Take the next samples [n], in -1..1."""
        self._count += len(samples)
        self._energy += float(np.dot(samples, samples))
        self._full += int(np.count_nonzero(np.abs(samples) >= _FULL))
        if self._count < self._rate:
            return
        power = self._energy / self._count
        self.db = max(_FLOOR_DB, 10.0 * math.log10(power)) if power > 0 else _FLOOR_DB
        self._silent_s = self._silent_s + 1 if self.db < SILENT_DB else 0
        if self._silent_s >= SILENT_S:
            self.warning = "silent"
        else:
            self.warning = "clipping" if self._full >= CLIPPED * self._count else ""
        self._count, self._energy, self._full = 0, 0.0, 0
