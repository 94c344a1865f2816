"""Two clients of one name: a broker drops the one for the other, and MQTT 3.1.1 gives no reason for it."""

from __future__ import annotations

import random
from collections import deque

KICKED_S = 10.0
"""A connection that is closed sooner was hardly closed by chance (seconds)."""
KICKS, KICKS_S = 3, 600.0
"""So many of these within so long (seconds): another client goes by the same name."""
PAUSES_S = (60, 120)
"""The first pause before the next attempt lies between these: two who give way must not come back at once."""
LONGEST_S = 600


class Namesake:
    """Notices another client of the same name by how soon connections end (seconds of one clock)."""

    def __init__(self) -> None:
        self._short: deque[float] = deque()  # when connections ended that had lasted for less than KICKED_S

    def ended(self, began: float, now: float) -> int:
        """Note that the broker ended a connection; how long to leave the name to the other, 0: no other."""
        if now - began > KICKED_S:
            self._short.clear()
        else:
            self._short.append(now)
        while self._short and self._short[0] < now - KICKS_S:
            self._short.popleft()
        if len(self._short) < KICKS:
            return 0
        doublings: int = min(len(self._short) - KICKS, 4)
        return min(LONGEST_S, random.randint(*PAUSES_S) << doublings)

    def suspected(self, connected_s: float) -> bool:
        """Whether there is another; connected_s: how long the connection has lasted, 0 without one."""
        return len(self._short) >= KICKS and connected_s <= KICKED_S
