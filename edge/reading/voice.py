"""How the speaker sounds on average: taken off every window, so that what is left is how they speak now."""

from __future__ import annotations

import math

import numpy as np

from edge.items import Floats

PRIOR = 8.0
"""Windows an unknown voice counts as: the first words of a person say little of their voice."""
HALF_LIFE_S = 300.0
"""Time in which half of what was heard is forgotten, so that the voice follows who sits there (seconds)."""


def shrunk(total: Floats, windows: float) -> Floats:
    """The voice [d] from the sum [d] of mean tokens over so many windows; zeros for none."""
    return np.asarray(total / (windows + PRIOR), np.float32)


class Voice:
    """The voice at this workplace: in memory only, never written.

    Speaker-level mean normalisation, with forgetting; tokens are those of an unknown voice.
    """

    def __init__(self, size: int) -> None:
        self._total = np.zeros(size)
        self._windows = 0.0
        self._time = -math.inf

    def known(self, time: float) -> Floats:
        """What is known of it at a time (seconds), [size]."""
        kept = 0.5 ** (max(0.0, time - self._time) / HALF_LIFE_S)
        return shrunk(kept * self._total, kept * self._windows)

    def update(self, time: float, token: Floats) -> None:
        """One window of speech that ended at a time (seconds), its mean token [size]."""
        kept = 0.5 ** (max(0.0, time - self._time) / HALF_LIFE_S)
        self._total = kept * self._total + token
        self._windows = kept * self._windows + 1.0
        self._time = time
