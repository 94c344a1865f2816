"""Where the time of a window goes."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager

KEPT = 1000
"""Newest measurements kept per stage, so that a run of months stays small."""


class Stopwatch:
    """Times the stages of the pipeline, in milliseconds."""

    def __init__(self) -> None:
        self.stages: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=KEPT))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a `with` block under a name."""
        start = time.perf_counter()
        yield
        self.stages[name].append(1000.0 * (time.perf_counter() - start))
