"""Things that are left all at once: what hangs in one of them holds no other up."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType

from typing_extensions import Self

from edge.interfaces import Closing


class Together:
    """Enters each thing in turn and leaves them all at the same time, each from a thread of its own.

    Leaving takes as long as the slowest; the first error one of them raises is raised when all are left.
    """

    def __init__(self, things: Sequence[Closing]) -> None:
        self._things = things

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            for thing in self._things:
                opening.enter_context(thing)
            opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raised: list[Exception] = []

        def leave(thing: Closing) -> None:
            try:
                thing.__exit__(kind, error, trace)
            except Exception as failure:
                raised.append(failure)

        threads = [threading.Thread(target=leave, args=(thing,), daemon=True) for thing in self._things]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if raised:
            raise raised[0]
