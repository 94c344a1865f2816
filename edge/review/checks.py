"""Which check a reading belongs to: readings of one person in a row that need one and show one label."""

from __future__ import annotations

from edge.items import Reading

OPEN = 100
"""Checks that may go on at once, one a person; of more, the one quiet for longest is over."""


class OpenChecks:
    """The checks that go on. memory_s: how long one may have no reading (seconds).

    A check ends with a reading of that person that needs none or shows another label. It is forgotten as
    their vote is: when they were not read for so long, or when their source begins again.
    """

    def __init__(self, memory_s: float) -> None:
        self._memory_s = memory_s
        self._count = 0
        self._open: dict[
            tuple[str, int | None], tuple[int, float, str]
        ] = {}  # check, its last reading, label

    def of(self, reading: Reading) -> tuple[int, bool]:
        """Number of the check a reading belongs to, from 1 on, 0 for none; whether it begins it."""
        oldest = reading.time - self._memory_s
        self._open = {
            who: run
            for who, run in self._open.items()
            if who[0] != reading.source or oldest <= run[1] <= reading.time
        }
        if reading.label is None:  # a state is nobody's
            return 0, False
        who = (reading.source, reading.person)
        check, last, label = self._open.pop(who, (0, reading.time, reading.label))
        if reading.state != "needs_check":
            return 0, False
        begins = last >= reading.time or label != reading.label
        if begins:
            self._count += 1
            check = self._count
        self._open[who] = (check, reading.time, reading.label)
        if len(self._open) > OPEN:
            del self._open[next(iter(self._open))]
        return check, begins
