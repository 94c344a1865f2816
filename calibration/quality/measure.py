"""Sound and pictures of one recording, measured as they pass by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
    """One recording: what is said of it and what it holds."""

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

    def measure(self, clip: Clip, *, pictures: bool = True) -> Measured:
        """What a recording holds. Raises MediaError where nothing of it can be read.

        A recording that is damaged or cut counts with what decodes; that is noted.
        """
        follower = FaceFollower(self._detector)
        narrow: list[float] = []
        light, faces, due = list[float](), 0, 0.0

        def noted(what: MediaError) -> None:
            if what.key == "media_narrow":
                narrow.append(float(what.values["found"]))

        try:
            with RecordingSource(clip.path, RATE, note=noted) as source:
                for item in source:
                    if isinstance(item, AudioChunk):
                        self._sounds.add(item.samples)
                    elif pictures and item.time >= due:
                        due = item.time + EVERY_S
                        light.append(brightness(item.image))
                        faces += _shows_face(follower, item)
        except MediaError as error:
            if not light and not self._sounds.begun:
                self._sounds.finish()
                raise
            self._note(error)
        sound = self._sounds.finish()
        if sound is None and not light and pictures:
            raise MediaError.of("no_media", path=clip.path)
        return Measured(clip, sound, min(narrow, default=None), np.array(light), faces)


def _shows_face(follower: FaceFollower, frame: Frame) -> bool:
    cut_out = max(frame.image.shape[:2]) <= FACE_SIDE
    return cut_out or follower.find(frame) is not None
