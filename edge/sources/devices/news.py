"""What becomes of the devices, said when it happens: a line when one is lost, a line when it is back."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from edge.items import Health
from edge.words import Language, word

QUIET_S = 60.0
"""A device that comes and goes for one reason is told of once in this time (seconds)."""


class DeviceNews:
    """Says what changed since the last look. say: gets each line."""

    def __init__(self, say: Callable[[str], None], language: Language = "en") -> None:
        self._say, self._language = say, language
        self._away: dict[str, float] = {}  # device that does not run -> since when (seconds)
        self._reasons: dict[str, set[str]] = {}  # what was said of it since then
        self._told: dict[tuple[str, str], float] = {}  # device and reason -> when that was said (seconds)
        self._ran: set[str] = set()

    def look(self, healths: Sequence[Health]) -> None:
        """Take how the devices are now."""
        now = time.monotonic()
        for health in healths:
            if health.state == "gone":
                self._gone(health, now)
            elif health.state == "running":
                self._running(health.name, now)

    def _gone(self, health: Health, now: float) -> None:
        self._away.setdefault(health.name, now)
        what, said = (health.name, health.reason), self._reasons.setdefault(health.name, set())
        if health.reason not in said and now - self._told.get(what, -QUIET_S) >= QUIET_S:
            said.add(health.reason)
            self._told[what] = now
            self._say(health.error)

    def _running(self, name: str, now: float) -> None:
        since = self._away.pop(name, now)
        if self._reasons.pop(name, None):
            key = "device_back" if name in self._ran else "device_runs"
            called = word(name, self._language).lower()
            self._say(word(key, self._language, name=called, seconds=now - since))
        self._ran.add(name)
