"""Says when a sink gets into trouble and when it is well again: one line each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType

from typing_extensions import Self

from edge.interfaces import LiveSink
from edge.items import Reading
from edge.words import Language, word

HOLD_S = 2.0
"""Trouble that ends sooner and loses nothing is not spoken of: connecting takes a moment (seconds)."""
WELL_S = 5.0
"""Without trouble for so long a sink is well again (seconds)."""
STEADY_S = 60.0
"""The same for one whose trouble comes back within RETURN_S (seconds)."""
RETURN_S = 300.0
CHANGED_S = 30.0
"""Another reason for trouble that goes on is said no sooner after the last line (seconds)."""


@dataclass(slots=True)
class _State:
    """What is known of one sink; moments on time.monotonic()."""

    since: float | None = None
    """When its trouble was first seen; None: it has none now."""
    well: float | None = None
    """Since when it has none, until that is said."""
    said: str = ""
    """Its trouble as it was said; empty: it is well."""
    said_at: float = 0.0
    ended: float = float("-inf")
    """When it was last said to be well."""
    lost: int = 0
    """Readings lost by then."""


class Troubles:
    """A sink beside the others: enter it before them, so that it is left after them.

    sinks: name -> sink. say: gets the lines.
    """

    def __init__(
        self, sinks: Mapping[str, LiveSink], say: Callable[[str], None], language: Language = "en"
    ) -> None:
        self._sinks, self._say, self._language = sinks, say, language
        self._states = {name: _State() for name in sinks}
        self._now: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say what was lost at the end, and why where that was not said."""
        for name, sink in self._sinks.items():
            state = self._states[name]
            if sink.lost > state.lost:
                if sink.trouble and not state.said:
                    self._say(self._line("sink_trouble", name, why=sink.trouble))
                self._say(self._line("sink_lost", name, count=sink.lost - state.lost))

    def now(self) -> Mapping[str, str]:
        """Name -> what is wrong and what to do, of each sink in trouble; from any thread."""
        return self._now

    def write(self, reading: Reading) -> None:
        """Look at the sinks."""
        del reading
        now = time.monotonic()
        for name, sink in self._sinks.items():
            if trouble := sink.trouble:
                self._troubled(name, trouble, sink.lost, now)
            else:
                self._untroubled(name, sink.lost, now)
        self._now = {name: state.said for name, state in self._states.items() if state.said}

    def _troubled(self, name: str, trouble: str, lost: int, now: float) -> None:
        state = self._states[name]
        state.well = None
        state.since = now if state.since is None else state.since
        if not state.said:
            due = now - state.since >= HOLD_S or lost > state.lost
        else:
            due = trouble != state.said and now - state.said_at >= CHANGED_S
        if due:
            state.said, state.said_at = trouble, now
            self._say(self._line("sink_trouble", name, why=trouble))

    def _untroubled(self, name: str, lost: int, now: float) -> None:
        state = self._states[name]
        state.since = None
        if not state.said:
            return
        state.well = now if state.well is None else state.well
        returned = state.said_at - state.ended < RETURN_S
        if now - state.well >= (STEADY_S if returned else WELL_S):
            self._say(self._line("sink_well", name, count=lost - state.lost))
            state.said, state.well, state.ended, state.lost = "", None, now, lost

    def _line(self, key: str, name: str, **values: object) -> str:
        return word(key, self._language, name=word(f"sink_{name}", self._language), **values)
