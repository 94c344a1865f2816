"""Readings as lines for a person."""

from __future__ import annotations

import time
from types import TracebackType

from rich.cells import set_cell_size
from rich.console import Console
from rich.text import Text
from typing_extensions import Self

from edge.display.panel.palette import COLOURS
from edge.items import LIVE, Reading
from edge.labels import Labels
from edge.system.texts import visible
from edge.words import Language, word

_ALARM = f"bold {COLOURS[1]}"


class Terminal:
    """Prints one line a reading, and a heading where a new source begins."""

    def __init__(self, labels: Labels, console: Console | None = None, language: Language = "en") -> None:
        self._labels, self._language = labels, language
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
            source = word(LIVE, self._language) if reading.source == LIVE else reading.source
            self._console.print(Text(visible(source, keep=""), style="bold"))
        self._console.print(line(reading, self._labels, self._language))


def line(reading: Reading, labels: Labels, language: Language = "en") -> Text:
    """One reading as a line: time, label or state, probability, margin, votes, weights.

    12.0 s  happy     0.62  lead 0.41  votes 3  audio 70 %, vision 30 %
    13.0 s  happy     0.38  lead 0.04  votes 4  audio 70 %, vision 30 %  needs a check: happy, neutral
    14.0 s  -- no speech heard
    15.0 s  person 2  sad       0.55  ...
    14:03:22  happy     0.62  ...        of devices: the time of day
    """
    text = Text(f"{_moment(reading)}  ")
    if reading.person is not None:
        text.append(f"{word('person', language, number=reading.person)}  ")
    if reading.label is None or reading.probabilities is None:
        text.append(f"-- {word(reading.state, language)}", style="dim")
        return text.append(f"  {word('alarm_up', language)}", style=_ALARM) if reading.alarm else text
    index = labels.index(reading.label)
    text.append(
        set_cell_size(_named(reading.label, labels, language), 9),
        style=f"bold {COLOURS[index % len(COLOURS)]}",
    )
    weights = ", ".join(
        f"{word(name, language)} {weight:.0%}".replace("%", " %") for name, weight in reading.weights.items()
    )
    numbers = {"probability": reading.probabilities[index], "lead": reading.margin, "votes": reading.votes}
    text.append(f" {word('line', language, **numbers, weights=weights)}")
    if reading.alarm:
        text.append(f"  {word('alarm_up', language)}", style=_ALARM)
    if reading.held:
        text.append(f"  {word('line_held', language)}", style="dim")
    candidates = ", ".join(_named(label, labels, language) for label in reading.candidates)
    if reading.state == "needs_check":
        text.append(f"  {word('line_check', language, labels=candidates)}", style="yellow")
    elif len(reading.candidates) > 1:  # no check is asked for once the day's limit is used up
        text.append(f"  {word('one_of', language, labels=candidates)}", style="yellow")
    return text


def _moment(reading: Reading) -> str:
    """Seconds of a recording; of devices, whose clock began when the machine was started, the time of day."""
    if reading.source != LIVE:
        return f"{reading.time:7.1f} s"
    return time.strftime("%H:%M:%S", time.localtime(time.time() - time.monotonic() + reading.time))


def _named(label: str, labels: Labels, language: Language) -> str:
    return visible(labels.said(label, language), keep="")
