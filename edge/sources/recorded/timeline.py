"""Time stamps that begin again or jump -> one time that goes on. Pure: no clock, no I/O."""

from __future__ import annotations

from dataclasses import dataclass

BACK_S = 1.0
"""Stamps of one stream that go back by more than this begin again (seconds); less is jitter."""
GAP_S = 10.0
"""Longest time in which no stream holds anything that is taken for a pause (seconds)."""


@dataclass(frozen=True)
class Jump:
    """A place where the stamps do not go on from those before."""

    at: float
    """Where, in the time that goes on (seconds)."""
    by: float
    """How far they jump (seconds); negative: back."""


class Timeline:
    """Places the packets of a recording, in the order of the file, on a time that goes on.

    Parts of a recorder joined into one file begin their stamps again, a clock that was set jumps. Where all
    streams jump they share one shift, so that sound and picture stay together, and the first to jump goes on
    where the longest of them ended. A stream that pauses while another goes on jumps nowhere.
    """

    def __init__(self, shift: float) -> None:
        """shift: added to the first stamps (seconds)."""
        self.end = 0.0
        """Newest end of any stream (seconds)."""
        self.jumps: list[Jump] = []
        self.skipped = 0.0
        """Time that was left out by jumps forward, less what jumps back repeated (seconds)."""
        self._first = shift
        self._newest = shift
        self._shifts: dict[int, float] = {}  # of each stream
        self._last: dict[int, float] = {}  # newest stamp of each stream, shifted

    def place(self, stream: int, stamp: float, length: float) -> float:
        """What to add to the stamps of a packet; stamp: its decoding time, length: how long it lasts."""
        own = self._shifts.get(stream, self._newest)
        last = self._last.get(stream)
        fitting = [shift for shift in (own, self._newest) if self._fits(stamp + shift, last)]
        if fitting:
            expected = self.end if last is None else last
            shift = min(fitting, key=lambda shift: abs(stamp + shift - expected))
        else:
            shift = self._newest = self.end - stamp
            self.jumps.append(Jump(self.end, stamp + own - (self.end if last is None else last)))
            self.skipped = self._first - shift
        self._shifts[stream] = shift
        self._last[stream] = stamp + shift
        self.end = max(self.end, stamp + shift + length)
        return shift

    def _fits(self, moment: float, last: float | None) -> bool:
        if moment - self.end > GAP_S:
            return False
        return moment > -GAP_S if last is None else moment - last > -BACK_S
