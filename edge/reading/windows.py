"""Sound and pictures on one clock -> overlapping windows. Pure: no clock, no I/O."""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from edge.errors import InputError
from edge.items import AudioChunk, Floats, Frame, Tick, Window

LATE_S = 0.2
"""How far one device may lag behind the other before a window goes out without it (seconds)."""
JOIN_S = 0.02
"""A chunk beginning within this of the last one's end follows it (seconds): stamps jitter, sound does not."""
_EPS = 1e-6
_NEVER = -(1 << 62)


class Windower:
    """Cuts a stream of AudioChunks and Frames into windows of window_s, one every hop_s.

    Windows end at multiples of hop_s after the first item. The first ones reach back to before it: their
    sound is padded with zeros at the front. A gap in the sound is filled with zeros; audio is None when the
    whole window lies in the gap. A window in which nothing was heard or seen is given only when a live
    source ticks: a recording's gap says nothing, a live one's silence does.

    Time is divided into slots of window_s / faces. A slot keeps the one frame nearest its centre and never
    changes once a window has shown it, so that overlapping windows share the very same Frame objects.

    A window goes out when both sound and pictures have passed its end, or when either is LATE_S past it:
    items in order of time give the same windows whatever the chunk size, and a stopped camera or microphone
    holds nothing up. Arrays are kept, not copied: a source must not write into them again.
    """

    def __init__(self, window_s: float, hop_s: float, rate: int, faces: int) -> None:
        """window_s, hop_s: seconds; rate: hertz of every chunk; faces: frames in a full window."""
        self.window_s = window_s
        self.hop_s = hop_s
        self.rate = rate
        self._slot_s = window_s / faces
        self._origin = math.nan  # time of the first item; all below counts from there
        self._chunks: deque[tuple[int, Floats]] = deque()  # first sample's index, samples; none overlap
        self._heard = _NEVER  # index one past the last sample
        self._slots: dict[int, tuple[float, Frame]] = {}  # distance from the slot's centre, frame
        self._shown = _NEVER  # slots below this one are in windows already given
        self._seen = -math.inf  # newest frame
        self._newest = 0.0  # start of the newest item
        self._live = False  # a Tick came
        self._next = 1  # the next window ends at _next * hop_s

    def add(self, item: AudioChunk | Frame | Tick) -> list[Window]:
        """Take the next item; give the windows it completes, oldest first.

        Raises InputError for sound at another rate.
        """
        time = item.start if isinstance(item, AudioChunk) else item.time
        if math.isnan(self._origin):
            self._origin = time
        time -= self._origin
        if isinstance(item, AudioChunk):
            self._add_sound(item, time)
        elif isinstance(item, Frame):
            self._add_frame(item, time)
        else:
            self._live = True
        self._newest = max(self._newest, time)
        windows = []
        while self._complete(self._next * self.hop_s):
            windows += self._cut()
        return windows

    def flush(self) -> list[Window]:
        """The windows still due when the stream ends; nothing may be added after.

        A last one is given when at least half a hop remains, or when there would be none at all.
        """
        if math.isnan(self._origin):
            return []
        length = max(self._heard / self.rate, self._seen)
        count = max(1, math.floor(length / self.hop_s + 0.5 + _EPS))
        windows = []
        while self._next <= count:
            windows += self._cut()
        return windows

    def _add_sound(self, chunk: AudioChunk, time: float) -> None:
        if chunk.rate != self.rate:
            raise InputError.of("sound_rate", rate=chunk.rate, wanted=self.rate)
        first = round(time * self.rate)
        if abs(first - self._heard) <= JOIN_S * self.rate:
            first = self._heard
        # A chunk that reaches back over sound already here: what is here stays.
        samples = chunk.samples[max(0, self._heard - first) :]
        if len(samples) == 0:
            return
        first = max(first, self._heard)
        self._chunks.append((first, samples))
        self._heard = first + len(samples)

    def _add_frame(self, frame: Frame, time: float) -> None:
        slot = math.floor(time / self._slot_s + _EPS)
        distance = abs(time / self._slot_s - slot - 0.5)
        kept = self._slots.get(slot)
        if kept is None or (slot >= self._shown and distance < kept[0]):
            self._slots[slot] = (distance, frame)
        self._seen = max(self._seen, time)

    def _complete(self, end: float) -> bool:
        both = self._heard >= round(end * self.rate) and self._seen >= end - _EPS
        return both or self._newest >= end + LATE_S

    def _cut(self) -> list[Window]:
        """The next window, if it holds anything; then forget what no later one needs."""
        end = self._next * self.hop_s
        self._next += 1
        audio = self._audio(end)
        low, self._shown = self._slot_range(end)
        frames = tuple(self._slots[slot][1] for slot in range(low, self._shown) if slot in self._slots)
        later = self._next * self.hop_s
        first = round(later * self.rate) - round(self.window_s * self.rate)
        while self._chunks and self._chunks[0][0] + len(self._chunks[0][1]) <= first:
            self._chunks.popleft()
        low, _ = self._slot_range(later)
        self._slots = {slot: kept for slot, kept in self._slots.items() if slot >= low}
        if audio is None and not frames and not self._live:
            return []
        start = self._origin + end - self.window_s
        return [Window(start, self._origin + end, audio, frames)]

    def _audio(self, end: float) -> Floats | None:
        length = round(self.window_s * self.rate)
        first = round(end * self.rate) - length
        audio: Floats | None = None
        for start, samples in self._chunks:
            low, high = max(start, first), min(start + len(samples), first + length)
            if low >= high:
                continue
            if audio is None:
                audio = np.zeros(length, np.float32)
            audio[low - first : high - first] = samples[low - start : high - start]
        return audio

    def _slot_range(self, end: float) -> tuple[int, int]:
        """Slots that lie wholly inside the window that ends at `end`: first, and one past the last."""
        low = math.ceil((end - self.window_s) / self._slot_s - _EPS)
        return low, math.floor(end / self._slot_s + _EPS)
