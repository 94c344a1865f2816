"""What is heard and seen, cut into segments of SEGMENT_S on one clock, each encoded in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from edge.items import AudioChunk, Frame, Tick
from edge.perception.speech import RATE
from edge.recording.media import PictureFile, Samples, sound_file

SEGMENT_S = 3.0
"""Length of a segment (seconds)."""
LATE_S = 1.0
"""How much later than newer things something may come (seconds). A power cut costs SEGMENT_S and this."""
JITTER_S = 0.05
"""Stamps of sound this far from where its samples lead are no gap (seconds)."""

Kind = Literal["mka", "mkv"]
"""Sound, pictures: files of their own, so that one goes on when the other's device is gone."""


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """One file of a session, encoded and not yet encrypted."""

    number: int
    """It begins at number * SEGMENT_S of the session."""
    kind: Kind
    data: bytes

    @property
    def name(self) -> str:
        """Of its file, without the suffix of encryption."""
        return f"{self.number:06d}.{self.kind}"


@dataclass(slots=True)
class _Open:
    """A segment that still takes things."""

    sound: list[tuple[int, Samples]] = field(default_factory=list)
    """Place of the first sample within the segment, and samples."""
    film: PictureFile | None = None


class Segmenter:
    """Takes what a source gives and gives segments when they are over.

    began: when the session did, on the clock of the source (seconds). What comes LATE_S after its segment was
    over is dropped and counted.
    """

    def __init__(self, began: float) -> None:
        self.began = began
        self.dropped = 0
        """Chunks and pictures that came too late."""
        self.newest = 0.0
        """End of the newest thing taken, in the session (seconds)."""
        self._open: dict[int, _Open] = {}
        self._next = 0  # segments before this one are closed
        self._sample = 0  # place of the next sample in the session

    def take(self, item: AudioChunk | Frame | Tick) -> list[Segment]:
        """Take the next thing; the segments that are over by now."""
        if isinstance(item, AudioChunk):
            self._hear(item)
        elif isinstance(item, Frame):
            self._see(item)
        else:
            self.newest = max(self.newest, item.time - self.began)
        due = int((self.newest - LATE_S) // SEGMENT_S)
        return self._closed(due) if due > self._next else []

    def close(self) -> list[Segment]:
        """Nothing more will come: what is left."""
        return self._closed(max(self._open, default=0) + 1)

    def skip(self, until: float) -> None:
        """Nothing is taken until a moment of the source (seconds); what was taken before is kept."""
        self.newest = max(self.newest, until - self.began)

    def forget(self, first: int) -> None:
        """Drop what is held of segments from this one on."""
        for number in [number for number in self._open if number >= first]:
            del self._open[number]

    def _hear(self, chunk: AudioChunk) -> None:
        at = round((chunk.start - self.began) * RATE)
        at = self._sample if abs(at - self._sample) <= JITTER_S * RATE else max(at, self._sample)
        samples = np.clip(np.round(chunk.samples * 32768.0), -32768, 32767).astype(np.int16)
        if at < 0:  # heard before the session began
            samples, at = samples[-at:], 0
        self._sample = at + len(samples)
        self.newest = max(self.newest, self._sample / RATE)
        length = round(SEGMENT_S * RATE)
        while len(samples):
            number, inside = divmod(at, length)
            part = samples[: length - inside]
            if (segment := self._segment(number)) is not None:
                segment.sound.append((inside, part))
            samples, at = samples[len(part) :], at + len(part)

    def _see(self, frame: Frame) -> None:
        at = frame.time - self.began
        if at < 0:
            return
        self.newest = max(self.newest, at)
        number = int(at // SEGMENT_S)
        if (segment := self._segment(number)) is not None:
            if segment.film is None:
                high, wide = frame.image.shape[:2]
                segment.film = PictureFile(wide, high)
            segment.film.add(frame.image, at - number * SEGMENT_S)

    def _segment(self, number: int) -> _Open | None:
        if number < self._next:
            self.dropped += 1
            return None
        return self._open.setdefault(number, _Open())

    def _closed(self, first: int) -> list[Segment]:
        self._next = max(self._next, first)
        found = []
        for number in sorted(number for number in self._open if number < first):
            one = self._open.pop(number)
            if one.sound:
                start, samples = _joined(one.sound)
                found.append(Segment(number, "mka", sound_file(samples, start / RATE)))
            if one.film is not None:
                found.append(Segment(number, "mkv", one.film.close()))
        return found


def _joined(parts: list[tuple[int, Samples]]) -> tuple[int, Samples]:
    """Place of the first sample, and one array from it on; exact silence where nothing was heard."""
    start = parts[0][0]
    last, end = parts[-1]
    whole = np.zeros(last + len(end) - start, np.int16)
    for at, samples in parts:
        whole[at - start : at - start + len(samples)] = samples
    return start, whole
