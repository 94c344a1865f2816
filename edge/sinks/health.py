"""One line a minute for whoever looks after the machine: what was read, and how the devices are."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from typing_extensions import Self

from edge.items import Health, Reading, State
from edge.synchrony import CaptureClocks

EVERY_S = 60.0


class HealthLine:
    """Says a line every EVERY_S while readings come.

    healths, waiting: asked when a line is due. clocks: of the source. say: gets the line.
    """

    def __init__(
        self,
        healths: Callable[[], Sequence[Health]],
        waiting: Callable[[], Mapping[str, int]],
        clocks: CaptureClocks,
        say: Callable[[str], None],
    ) -> None:
        self._healths, self._waiting, self._clocks, self._say = healths, waiting, clocks, say
        self._states: Counter[State] = Counter()
        self._latest = 0.0
        self._due = time.monotonic() + EVERY_S

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def write(self, reading: Reading) -> None:
        """Count a reading; say the line when it is due."""
        now = time.monotonic()
        self._states[reading.state] += 1
        self._latest = max(self._latest, now - reading.time)
        if now >= self._due:
            self._due = now + EVERY_S
            self._say(self._line())
            self._states.clear()
            self._latest = 0.0

    def _line(self) -> str:
        states = ", ".join(f"{name} {count}" for name, count in self._states.most_common())
        parts = [states, f"latest {1000 * self._latest:.0f} ms after its window"]
        parts += [health_text(health) for health in self._healths()]
        if not math.isnan(self._clocks.lead_ms):
            parts.append(f"pictures {self._clocks.lead_ms:+.0f} ms behind sound")
        if not math.isnan(self._clocks.drift_ms_per_min):
            parts.append(f"drift {self._clocks.drift_ms_per_min:+.1f} ms a minute")
        parts += [f"{count} {name} waiting" for name, count in self._waiting().items() if count]
        return "health: " + "; ".join(parts)


def health_text(health: Health) -> str:
    """A device in words: microphone running, 15990 a second, -31 dB; camera gone (refused), reopened 3."""
    text = f"{health.name} {health.state}"
    if health.state == "running":
        text += f", {health.rate:.0f} a second"
        text += f", {health.level_db:.0f} dB" if health.level_db is not None else ""
        text += f", {health.warning}" if health.warning else ""
    elif health.error:
        text += f" ({health.error})"
    text += f", dropped {health.dropped}" if health.dropped else ""
    return text + (f", reopened {health.reopened}" if health.reopened else "")
