"""How often a busy or hot machine reads: the hop grows before anything queues."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from edge.board.board import ROOT
from edge.board.thermal import temperatures

LARGEST = 4
"""At most every fourth window is passed over to rest: one reading in four hops remains."""
BUSY, EASY = 0.8, 0.35
"""Share of the time between readings spent on them above which the hop doubles, below which it halves."""
SMOOTH = 0.3
"""Weight of the newest window in the running share."""
HOT_C = 90.0
"""Where a board begins to slow itself down, unless it says otherwise (degrees Celsius)."""
LOOK_S = 5.0
"""Time between two looks at the temperature (seconds)."""


class Pace:
    """Decides which windows are read: every one, every second, or every fourth.

    hop_s: time between windows (seconds). hot: whether the machine is too hot now.
    """

    def __init__(self, hop_s: float, hot: Callable[[], bool] | None = None) -> None:
        self._hop_s = hop_s
        self._hot = hot or Thermometer().hot
        self._busy = 0.0
        self._count = 0
        self.stride = 1
        """One window in this many is read."""

    def skip(self) -> bool:
        """Whether the next window is passed over."""
        self._count += 1
        return self._count % self.stride != 0

    def spent(self, seconds: float) -> None:
        """A window was read in this time."""
        share = seconds / (self._hop_s * self.stride)
        self._busy += SMOOTH * (share - self._busy)
        hot = self._hot()
        if (self._busy > BUSY or hot) and self.stride < LARGEST:
            self.stride *= 2
            self._busy /= 2
        elif self._busy < EASY and not hot and self.stride > 1:
            self.stride //= 2
            self._busy *= 2


class Thermometer:
    """The hottest part of this machine; looked at every LOOK_S."""

    def __init__(self, root: Path = ROOT) -> None:
        self._root = root
        self._next = 0.0
        self.celsius: float | None = None
        """Degrees of the hottest zone; None where the machine does not tell."""

    def hot(self) -> bool:
        """Whether the machine is so hot that it slows itself down."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + LOOK_S
            self.celsius = max(temperatures(self._root).values(), default=None)
        return self.celsius is not None and self.celsius >= HOT_C
