"""Readings counted by the hour, of windows alone in which at least k people were in one picture.

A person is a face of one picture: two faces of it are two people, and nobody is in it twice. Over time people
are not told apart: who leaves the view and comes back gets a new number, so the numbers given in an hour say
nothing of how many there were. So only windows count in which k people or more were together in one picture
and k of them were read: nobody has more than one in k of the readings of an hour, however long anybody stays.

An hour is told of when one run read it from start to end and WINDOWS of it counted. One with fewer says only
that; one that a run began or ended in says nothing. Shares are in steps of 1/k, at most 1 - 1/k: one person
moves them by one step at most. So two hours of the same people but for one do not tell what that one showed,
and no hour says that everybody showed the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from types import TracebackType
from typing import Any

from typing_extensions import Self

from edge.items import LIVE, Reading

HOUR_S = 3600.0
WHOLE_S = 3540.0
"""Time between the first and the last window of an hour that was read from start to end (seconds)."""
WINDOWS = 60
"""Fewest windows with k people that an hour is told of."""
ROUND = 100
"""Readings are told in hundreds."""

Give = Callable[[dict[str, Any]], None]


@dataclass(slots=True)
class _Hour:
    """What is remembered of an hour: sums, and the window that is read just now."""

    name: str
    first: float
    """Time of its first window (seconds)."""
    last: float
    labels: Counter[str] = field(default_factory=Counter)
    people: int = 0
    """Most of them in one picture."""
    windows: int = 0
    now: list[str] = field(default_factory=list)
    """Labels of the newest window, of those who were together."""
    together: int = 0


class Hours:
    """A sink that gives one record an hour.

    k: fewest people. run: of `jsonl.new_run`. give: gets each record, keys:

    wall_time      when it was made, ISO 8601, UTC
    hour           when the hour began: local time, ISO 8601; of a recording: from its start, h:00
    fewer_than_k   true: no more is told, the next three are null
    people         most in one picture
    readings       in hundreds
    shares         {label: share of the readings, in steps of 1/k}
    k, run
    """

    def __init__(self, labels: Sequence[str], k: int, run: str, give: Sequence[Give]) -> None:
        self._labels, self._k, self._run, self._give = labels, k, run, give
        self._hour: _Hour | None = None
        self._source = ""
        self._began = 0.0
        self.told = 0
        """Hours given."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hour = None  # it was not read to its end

    def write(self, reading: Reading) -> None:
        """Count a reading; it is forgotten with its window."""
        if reading.source != self._source or (self._hour and reading.time < self._hour.last):
            self._hour, self._source, self._began = None, reading.source, reading.time
        name = self._name(reading)
        if self._hour and self._hour.name != name:
            self._close(self._hour)
            self._hour = None
        if self._hour is None:
            self._hour = _Hour(name, reading.time, reading.time)
        hour = self._hour
        if reading.time != hour.last:
            self._count(hour)
            hour.last = reading.time
        if reading.label is not None and reading.company >= self._k:
            hour.now.append(reading.label)
            hour.together = reading.company

    def _name(self, reading: Reading) -> str:
        if reading.source != LIVE:
            return f"{int((reading.time - self._began) // HOUR_S)}:00"
        now = datetime.now().astimezone()
        return now.replace(minute=0, second=0, microsecond=0).isoformat(timespec="minutes")

    def _count(self, hour: _Hour) -> None:
        """Take the newest window in, where k people were together and read."""
        if len(hour.now) >= self._k:
            hour.labels.update(hour.now)
            hour.people = max(hour.people, hour.together)
            hour.windows += 1
        hour.now.clear()
        hour.together = 0

    def _close(self, hour: _Hour) -> None:
        self._count(hour)
        if hour.last - hour.first < WHOLE_S:
            return
        total = hour.labels.total()
        many = hour.windows >= WINDOWS
        shares = {name: self._share(hour.labels[name], total) for name in self._labels} if many else None
        made = {
            "wall_time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
            "hour": hour.name,
            "fewer_than_k": not many,
            "people": hour.people if many else None,
            "readings": total // ROUND * ROUND if many else None,
            "shares": shares,
            "k": self._k,
            "run": self._run,
        }
        self.told += 1
        for give in self._give:
            give(made)

    def _share(self, count: int, total: int) -> float:
        return round(min(round(self._k * count / total), self._k - 1) / self._k, 4)
