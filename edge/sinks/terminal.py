"""Readings as lines for a person."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.text import Text
from typing_extensions import Self

from edge.items import Reading, State

COLOURS = ("#999999", "#D55E00", "#E69F00", "#0072B2", "#CC79A7", "#56B4E9", "#009E73", "#F0E442")
"""Okabe-Ito, told apart by colour-blind people; the label is always written out as well."""

STATES: dict[State, str] = {
    "reading": "",
    "no_speech": "no speech heard",
    "no_face": "no face seen",
    "dark": "too dark to see a face",
    "loud": "too loud to hear speech",
    "no_signal": "no sound and no picture",
    "needs_check": "needs a check",
    "warming_up": "warming up",
    "paused": "paused",
}


class Terminal:
    """Prints one line a reading, and a heading where a new source begins."""

    def __init__(self, labels: Sequence[str], console: Console | None = None) -> None:
        self._labels = labels
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._source = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def write(self, reading: Reading) -> None:
        """Print one reading."""
        if reading.source != self._source:
            self._source = reading.source
            self._console.print(Text(reading.source, style="bold"))
        self._console.print(line(reading, self._labels))


def line(reading: Reading, labels: Sequence[str]) -> Text:
    """One reading as a line: time, label or state, probability, margin, votes, weights.

    12.0 s  happy     0.62  lead 0.41  votes 3  audio 70 %, vision 30 %
    13.0 s  happy     0.38  lead 0.04  votes 4  audio 70 %, vision 30 %  needs a check: happy, neutral
    14.0 s  -- no speech heard
    """
    text = Text(f"{reading.time:7.1f} s  ")
    if reading.label is None or reading.probabilities is None:
        return text.append(f"-- {STATES[reading.state]}", style="dim")
    index = list(labels).index(reading.label)
    text.append(f"{reading.label:<9}", style=f"bold {COLOURS[index % len(COLOURS)]}")
    text.append(f" {reading.probabilities[index]:.2f}  lead {reading.margin:.2f}  votes {reading.votes}  ")
    text.append(
        ", ".join(f"{name} {weight:.0%}".replace("%", " %") for name, weight in reading.weights.items())
    )
    if reading.held:
        text.append("  held", style="dim")
    if reading.state == "needs_check":
        text.append(f"  {STATES['needs_check']}: {', '.join(reading.candidates)}", style="yellow")
    return text
