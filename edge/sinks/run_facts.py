"""What a run tells of itself when a panel or a sink asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from edge.drift.compare import Drift
from edge.items import Health


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Each is asked from any thread; what a run does not know is empty or None."""

    healths: Callable[[], Sequence[Health]] = tuple
    """Of live devices."""
    queues: Callable[[], Mapping[str, int]] = dict
    """Items that wait, by queue."""
    left_out: Callable[[], Mapping[str, int]] = dict
    """Windows dropped and rested, checks withheld."""
    offset_ms: Callable[[], float | None] = lambda: None
    """Pictures later than sound (milliseconds)."""
    troubles: Callable[[], Mapping[str, str]] = dict
    """Name of a sink -> what is wrong with it."""
    drift: Callable[[], Drift | None] = lambda: None
    """What changed since the calibration."""


def told(facts: RunFacts) -> tuple[tuple[Health, ...], float | None, dict[str, str], Drift | None]:
    """What a panel is told now: devices, offset (ms), troubles of sinks and drift."""
    return tuple(facts.healths()), facts.offset_ms(), dict(facts.troubles()), facts.drift()
