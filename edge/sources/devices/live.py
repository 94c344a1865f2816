"""Microphone and camera as one source that never ends by itself and never stands still."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from threading import Condition
from types import TracebackType

from typing_extensions import Self

from edge.interfaces import Device
from edge.items import AudioChunk, Frame, Health, Tick
from edge.perception.synchrony import CaptureClocks
from edge.system.together import Together

Give = Callable[[AudioChunk | Frame], None]

TICK_S = 0.1
"""Time goes on in steps of this while nothing is heard or seen (seconds)."""
LOOK_S = 0.25
"""Time between two looks at the devices (seconds)."""
CHUNKS = 500
"""Sound that may wait, in chunks: 5 s of the smallest ones."""
FRAMES = 16
"""Pictures that may wait; about a second."""


class LiveSource:
    """What live devices capture, in order of arrival, with a Tick wherever nothing came for TICK_S.

    devices: each makes a device that gives its items to the function it gets. news: told every LOOK_S how
    they are, from the thread that iterates. Queues are bounded: what waits too long is dropped, oldest first,
    and counted with what the device itself dropped. Iterating ends after `stop`.
    """

    def __init__(
        self,
        devices: Sequence[Callable[[Give], Device]],
        news: Callable[[Sequence[Health]], None] | None = None,
    ) -> None:
        self._devices = [make(self._take) for make in devices]
        self._held = Together(self._devices)
        self._ready = Condition()
        self._items: deque[AudioChunk | Frame] = deque()
        self._counts = {AudioChunk: 0, Frame: 0}
        self._stopped = False
        self._dropped = {"microphone": 0, "camera": 0}  # items that waited too long
        self._news, self._look_at = news, 0.0
        self.clocks = CaptureClocks()
        """How sound and pictures lie to each other."""

    def __enter__(self) -> Self:
        self._held.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._held.__exit__(kind, error, trace)

    def __iter__(self) -> Iterator[AudioChunk | Frame | Tick]:
        while True:
            self._look()
            with self._ready:
                if not self._items and not self._stopped:
                    self._ready.wait(TICK_S)
                if self._stopped:
                    return
                item = self._items.popleft() if self._items else Tick(time.monotonic())
                if not isinstance(item, Tick):
                    self._counts[type(item)] -= 1
                    self.clocks.add(item)
            yield item

    def stop(self) -> None:
        """End the iteration; from any thread, also from a signal's handler."""
        self._stopped = True

    def health(self) -> list[Health]:
        """How each device is doing; from any thread."""
        found = [device.health() for device in self._devices]
        return [replace(one, dropped=one.dropped + self._dropped[one.name]) for one in found]

    def waiting(self) -> dict[str, int]:
        """Items in each queue."""
        return {"sound": self._counts[AudioChunk], "pictures": self._counts[Frame]}

    def _look(self) -> None:
        now = time.monotonic()
        if self._news and now >= self._look_at:
            self._look_at = now + LOOK_S
            self._news(self.health())

    def _take(self, item: AudioChunk | Frame) -> None:
        with self._ready:
            kind, most = (AudioChunk, CHUNKS) if isinstance(item, AudioChunk) else (Frame, FRAMES)
            if self._counts[kind] >= most:
                oldest = next(index for index, waiting in enumerate(self._items) if isinstance(waiting, kind))
                del self._items[oldest]
                self._counts[kind] -= 1
                self._dropped["microphone" if kind is AudioChunk else "camera"] += 1
            self._items.append(item)
            self._counts[kind] += 1
            self._ready.notify()
