"""One line a minute for whoever looks after the machine: what was read, and how the devices are."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType

from typing_extensions import Self

from edge.display.view import offset_words
from edge.items import Health, Reading, State
from edge.perception.synchrony import CaptureClocks
from edge.sinks.run_facts import RunFacts
from edge.words import Language, word

EVERY_S = 60.0


class HealthLine:
    """Says a line every EVERY_S while readings come.

    facts: asked when a line is due. clocks: of the source. say: gets the line. counts: whether it says how
    many readings there were of each state.
    """

    def __init__(
        self,
        facts: RunFacts,
        clocks: CaptureClocks,
        say: Callable[[str], None],
        language: Language = "en",
        *,
        counts: bool = True,
    ) -> None:
        self._counts = counts
        self._facts, self._clocks, self._say, self._language = facts, clocks, say, language
        self._states: Counter[State] = Counter()
        self._unfamiliar: tuple[str, ...] = ()
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
        self._unfamiliar = reading.unfamiliar
        self._latest = max(self._latest, now - reading.time)
        if now >= self._due:
            self._due = now + EVERY_S
            self._say(self._line())
            self._states.clear()
            self._latest = 0.0

    def _line(self) -> str:
        said = self._language
        states = ", ".join(f"{word(name, said)} {count}" for name, count in self._states.most_common())
        parts = [*([states] if self._counts else []), word("health_latest", said, ms=1000 * self._latest)]
        parts += [health_text(health, said) for health in self._facts.healths()]
        if not math.isnan(self._clocks.lead_ms):
            parts.append(offset_words(self._clocks.lead_ms, said))
        if not math.isnan(self._clocks.drift_ms_per_min):
            parts.append(word("health_drift", said, ms=self._clocks.drift_ms_per_min))
        for name, count in self._facts.queues().items():
            parts += [word("health_waiting", said, count=count, name=word(name, said))] if count else []
        names = [word(f"sink_{name}", said) for name in self._facts.troubles()]
        parts += [word("health_trouble", said, name=name) for name in names]
        parts += [word(f"unfamiliar_{name}", said) for name in self._unfamiliar]
        if drift := self._facts.drift():
            parts += [text for text in (drift.told(said), drift.accuracy_told(said)) if text]
        return word("health", said, parts=word("also", said).join(parts))


def health_text(health: Health, language: Language = "en") -> str:
    """A device in words: microphone running, 15990 samples a second, -31 dB; camera gone, reopened 3."""
    parts = [f"{word(health.name, language).lower()} {word(health.state, language)}"]
    if health.state == "running":
        parts.append(word(f"health_rate_{health.name}", language, rate=health.rate))
        parts += [f"{health.level_db:.0f} dB"] if health.level_db is not None else []
        # "dark" is a state of a reading too, with other words
        warning = "dimmed" if health.warning == "dark" else health.warning
        parts += [word(warning, language)] if warning else []
    elif health.error:
        parts[0] += f" ({health.error})"
    parts += [word("health_dropped", language, count=health.dropped)] if health.dropped else []
    parts += [word("health_reopened", language, count=health.reopened)] if health.reopened else []
    return ", ".join(parts)
