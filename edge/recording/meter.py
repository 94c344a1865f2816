"""How good what is being recorded is, as it comes in: for the panel, not for the table."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.items import AudioChunk, Bytes, Floats, Frame
from edge.perception.faces import FaceFollower, too_dark
from edge.perception.speech import CHUNK, RATE, SpeechDetector, speech_in, spoken_chunks
from edge.sources.devices.sound_level import SoundLevel

HEARD_S = 4.0
"""Speech and noise are compared within the last of these (seconds)."""
LOOK_S = 0.5
"""Time between two looks for a face (seconds)."""
STALE_S = 2.0
"""After so long without a picture nothing is known of faces (seconds)."""
_CLIPS_S = 1.0  # clipping is shown for so long after it


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """What is heard and seen now."""

    level_db: float | None = None
    """Of the last second (decibels below full scale)."""
    peak_db: float | None = None
    """Loudest sample of the last second (decibels below full scale)."""
    clipping: bool = False
    silent: bool = False
    snr_db: float | None = None
    """Speech over noise in the last HEARD_S (decibels); None without speech."""
    speech_s: float = 0.0
    """Speech so far (seconds)."""
    face: bool | None = None
    """Whether a face is seen; None without pictures."""
    dark: bool = False
    """Whether there is none because it is too dark."""
    picture: Bytes | None = None
    """The newest picture, RGB [h, w, 3]."""


class QualityMeter:
    """Measures sound and pictures as they come."""

    def __init__(self, detector: Path) -> None:
        """detector: ONNX file of the face detector."""
        self._speech, self._faces = SpeechDetector(), FaceFollower(detector)
        self._level = SoundLevel(RATE)
        self._peaks: deque[tuple[float, float]] = deque()  # moment and loudest sample of a chunk
        self._waiting = np.zeros(0, np.float32)
        self._place = 0
        most = round(HEARD_S * RATE / CHUNK)
        self._scores: deque[float] = deque(maxlen=most)
        self._power: deque[float] = deque(maxlen=most)
        self._snr: float | None = None
        self._speech_s = 0.0
        self._clipped = self._looked = self._seen = float("-inf")
        self._now = 0.0
        self._face: bool | None = None
        self._dark = False
        self._picture: Bytes | None = None

    def take(self, item: AudioChunk | Frame, counts: bool) -> None:
        """Take the next chunk or picture. counts: whether its speech is recorded."""
        if isinstance(item, Frame):
            self._see(item)
        else:
            self._hear(item, counts)

    def now(self) -> Quality:
        """What is heard and seen now."""
        seen = self._now - self._seen < STALE_S
        peak = max((peak for _, peak in self._peaks), default=None)
        return Quality(
            self._level.db,
            None if peak is None else float(20.0 * np.log10(max(peak, 1e-5))),
            self._now - self._clipped < _CLIPS_S,
            self._level.warning == "silent",
            self._snr,
            self._speech_s,
            self._face if seen else None,
            self._dark and seen,
            self._picture if seen else None,
        )

    def _hear(self, chunk: AudioChunk, counts: bool) -> None:
        self._now = max(self._now, chunk.start + len(chunk.samples) / chunk.rate)
        self._level.add(chunk.samples)
        peak = float(np.abs(chunk.samples).max(initial=0.0))
        self._peaks.append((self._now, peak))
        while self._peaks[0][0] < self._now - 1.0:
            self._peaks.popleft()
        if peak >= 0.999:
            self._clipped = self._now
        self._waiting = np.concatenate([self._waiting, chunk.samples])
        if len(self._waiting) >= RATE // 2:
            self._score(counts)

    def _score(self, counts: bool) -> None:
        whole: Floats = self._waiting[: len(self._waiting) // CHUNK * CHUNK]
        self._waiting = self._waiting[len(whole) :]
        scores, power = self._speech.score(whole, self._place / RATE)
        self._place += len(whole)
        self._scores.extend(scores.tolist())
        self._power.extend(power.tolist())
        heard = np.array(self._power, np.float32) > 0
        if not heard.any():
            self._snr = None
            return
        recent = np.array(self._scores)[heard], np.array(self._power, np.float32)[heard]
        speech = speech_in(*recent)
        self._snr = speech.snr_db if speech.present else None
        if counts:
            fresh = int(heard[-len(scores) :].sum())
            spoken = spoken_chunks(*recent)[len(recent[0]) - fresh :]
            self._speech_s += float(spoken.sum()) * CHUNK / RATE

    def _see(self, frame: Frame) -> None:
        self._now = max(self._now, frame.time)
        self._seen, self._picture = frame.time, frame.image
        if frame.time - self._looked >= LOOK_S:
            self._looked = frame.time
            self._face = self._faces.find(frame) is not None
            self._dark = not self._face and too_dark(frame.image)
