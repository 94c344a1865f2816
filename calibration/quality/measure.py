"""Sound and pictures of one recording, measured as they pass by."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.quality.clips import Clip
from calibration.quality.fingerprint import RATE
from calibration.quality.sound import Sound, SoundMeter
from edge.errors import MediaError
from edge.items import AudioChunk, Frame
from edge.perception.faces import FaceFollower, brightness
from edge.sources.recorded.recording import RecordingSource

EVERY_S = 2.0
"""Time between two pictures that are looked at (seconds)."""
FACE_SIDE = 112
"""A still picture of at most so many pixels is a face that was cut out already."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One recording, or a stretch of one: what is said of it and what it holds."""

    clip: Clip
    sound: Sound | None
    """None where it has no sound or is silent."""
    ends_khz: float | None
    """Where its sound ends, if it is narrow (kilohertz); None: it is wide, or nobody knows."""
    light: NDArray[np.float64]
    """Brightness of each picture looked at, 0 black to 1 white."""
    faces: int
    """How many of these show a face."""

    @property
    def seconds(self) -> float:
        """Length of its sound; of a recording without any, of its pictures (seconds)."""
        return self.sound.seconds if self.sound else EVERY_S * max(0, len(self.light) - 1)


class Meter:
    """Measures recordings, one at a time."""

    def __init__(self, detector: Path, note: Callable[[MediaError], object]) -> None:
        """detector: ONNX file of the face detector. note: told what is unusual about a recording."""
        self._detector, self._note = detector, note
        self._sounds = SoundMeter()

    def measure(self, clips: Sequence[Clip], *, pictures: bool = True) -> list[Measured]:
        """What a recording holds: each stretch of it that a clip means, and what lies between them.

        clips: of one file. Raises MediaError where nothing of it can be read. A recording that is damaged or
        cut counts with what decodes; that is noted.
        """
        heard = _Heard(_stretches(clips), self._sounds, FaceFollower(self._detector))
        narrow: list[float] = []

        def noted(what: MediaError) -> None:
            if what.key == "media_narrow":
                narrow.append(float(what.values["found"]))

        failed = None
        try:
            with RecordingSource(clips[0].path, RATE, note=noted) as source:
                for item in source:
                    if isinstance(item, AudioChunk):
                        heard.listen(item)
                    elif pictures:
                        heard.look(item)
        except MediaError as error:
            failed = error
        found = heard.end()
        if failed and not found:
            raise failed
        if failed:
            self._note(failed)
        if not found and pictures:
            raise MediaError.of("no_media", path=clips[0].path)
        return [replace(one, ends_khz=min(narrow, default=None)) for one in found]


class _Heard:
    """What a recording held so far, one stretch after the other."""

    def __init__(self, stretches: list[_Stretch], sounds: SoundMeter, follower: FaceFollower) -> None:
        self._stretches, self._sounds, self._follower = stretches, sounds, follower
        self._found: list[Measured] = []
        self._light: list[float] = []
        self._faces, self._due = 0, 0.0

    def listen(self, chunk: AudioChunk) -> None:
        """Share the next sound out to the stretches it lies in."""
        samples, start = chunk.samples, chunk.start
        while len(samples) and start + len(samples) / RATE > self._stretches[0].end:
            inside = max(0, round((self._stretches[0].end - start) * RATE))
            self._sounds.add(samples[:inside])
            samples, start = samples[inside:], self._stretches[0].end
            self._close()
        self._sounds.add(samples)

    def look(self, frame: Frame) -> None:
        """Look at a picture, if it is time for one."""
        while frame.time >= self._stretches[0].end:
            self._close()
        if frame.time >= self._due:
            self._due = frame.time + EVERY_S
            self._light.append(brightness(frame.image))
            self._faces += _shows_face(self._follower, frame)

    def end(self) -> list[Measured]:
        """What each stretch came to that holds anything."""
        self._close()
        return self._found

    def _close(self) -> None:
        """The first stretch is over."""
        sound, clip = self._sounds.finish(), self._stretches.pop(0).clip
        if sound or self._light:
            self._found.append(Measured(clip, sound, None, np.array(self._light), self._faces))
        self._light, self._faces = [], 0


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of a recording, up to its end (seconds within it)."""

    clip: Clip
    end: float


def _stretches(clips: Sequence[Clip]) -> list[_Stretch]:
    """Clips of one recording in order of time, and between them what no clip means, without a label.

    Of two that overlap the later one begins where the earlier one ends.
    """
    found, reached = list[_Stretch](), 0.0
    rest = _unlabelled(clips)
    for clip in sorted(clips, key=lambda clip: clip.part or (0.0, math.inf)):
        first, last = clip.part or (0.0, math.inf)
        if last <= reached:
            continue
        if first > reached:
            found.append(_Stretch(rest, first))
        found.append(_Stretch(clip, last))
        reached = last
    return found if math.isinf(reached) else [*found, _Stretch(rest, math.inf)]


def _unlabelled(clips: Sequence[Clip]) -> Clip:
    """What is said of all clips of a recording alike, of its rest."""

    def alike(part: str) -> str:
        names: set[str] = {getattr(clip, part) for clip in clips}
        return names.pop() if len(names) == 1 else ""

    return Clip(
        clips[0].path.name,
        clips[0].path,
        speaker=alike("speaker"),
        session=alike("session"),
        shift=alike("shift"),
        condition=alike("condition"),
        group=alike("group"),
        split=alike("split"),
    )


def _shows_face(follower: FaceFollower, frame: Frame) -> bool:
    cut_out = max(frame.image.shape[:2]) <= FACE_SIDE
    return cut_out or follower.find(frame) is not None
