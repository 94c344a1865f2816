"""Writing from a thread of its own: a disk that is slow, or never answers, keeps no reading waiting."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any

from typing_extensions import Self

WAITING = 3600
"""Records kept for a disk that does not answer, an hour at one a second; then the oldest is lost."""
STUCK_S = 5.0
"""A record that takes longer is held up by something that does not answer (seconds)."""
CLOSE_S = 1.0
"""How long leaving waits for what is still to be written (seconds)."""


class Background:
    """Gives each record to `take`, in order, from one thread; `take` must not raise.

    close: called from that thread when all is done.
    """

    def __init__(self, take: Callable[[dict[str, Any]], None], close: Callable[[], None]) -> None:
        self._take, self._close = take, close
        self._changed = threading.Condition()
        self._waiting: deque[dict[str, Any]] = deque()
        self._since: float | None = None  # when the record being written was taken
        self._leaving = False
        self.lost = 0
        """Records that found no room, or were still waiting when it was left."""

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._work, name="log", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._leaving = True
            self._changed.notify_all()
        self._thread.join(CLOSE_S)
        with self._changed:
            self.lost += len(self._waiting) + (self._since is not None)
            self._waiting.clear()

    @property
    def stuck(self) -> bool:
        """Whether a record has been on its way for more than STUCK_S."""
        since = self._since
        return since is not None and time.monotonic() - since > STUCK_S

    def put(self, record: dict[str, Any]) -> None:
        """Have a record written; returns at once."""
        with self._changed:
            if len(self._waiting) >= WAITING:
                self._waiting.popleft()
                self.lost += 1
            self._waiting.append(record)
            self._changed.notify_all()

    def settle(self, limit_s: float) -> bool:
        """Wait until nothing waits, for limit_s at most; whether that came."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and self._since is None, limit_s)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._since = None
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting or self._leaving)
                if not self._waiting:
                    break
                record, self._since = self._waiting.popleft(), time.monotonic()
            self._take(record)
        self._close()
