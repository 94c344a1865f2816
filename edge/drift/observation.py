"""What a pipeline notes of each window, to be compared with the calibration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.features.band import Band
from edge.items import Bytes, Face, Floats, Prediction, Window
from edge.perception.faces import brightness
from edge.perception.speech import Speech

BAND_S = 3
"""Seconds of speech it takes to say up to where sound reaches."""


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """Of one window; what is not known of it is None."""

    time: float
    """End of the window (seconds)."""
    noise: float | None = None
    """Level of what is not speech (decibels of full scale, -100..0)."""
    snr: float | None = None
    """Speech to noise (decibels, 0..40)."""
    band: float | None = None
    """Up to where the sound of the last minute of speech reaches (hertz)."""
    voice: Floats | None = None
    """Mean audio token of a voice nobody knows yet, [d]."""
    brightness: float | None = None
    """Mean luminance of the faces, 0 black to 1 white."""
    face_score: float | None = None
    """Mean score of the faces, 0..1."""
    face_size: float | None = None
    """Mean height of the faces over that of the picture, 0..1."""
    probabilities: Floats | None = None
    """Calibrated posterior of what was fused, not voted, [labels]."""


class Observer:
    """Makes observations of one recording or of live devices and hands them on.

    rate: of the windows' sound (hertz). take: gets each.
    """

    def __init__(self, rate: int, take: Callable[[Observation], None]) -> None:
        self._rate, self._take = rate, take
        self._band, self._spoken_s, self._heard = Band(rate), 0.0, float("-inf")

    def hear(self, window: Window, speech: Speech) -> None:
        """The sound of the next window and the speech in it."""
        if window.audio is None:
            return
        fresh_s = min(window.end - self._heard, window.end - window.start)
        self._heard = window.end
        if speech.present and fresh_s > 0:
            self._band.add(window.audio[-max(1, round(fresh_s * self._rate)) :])
            self._spoken_s += fresh_s
        band = None
        if self._spoken_s >= BAND_S:
            band = self._band.end_hz(BAND_S) or self._rate / 2
        spoken = speech.present or (speech.loud and speech.seconds > 0)
        self._take(Observation(window.end, speech.noise_db, speech.snr_db if spoken else None, band))

    def read(
        self, window: Window, faces: Sequence[Face | None], token: Floats | None, prediction: Prediction
    ) -> None:
        """What was made of it. faces: one a frame. token: mean audio token of an unknown voice, [d]."""
        seen = [(frame.image, face) for frame, face in zip(window.frames, faces, strict=True) if face]
        self._take(
            Observation(
                prediction.time,
                voice=token,
                brightness=_mean([_light(image, face) for image, face in seen]),
                face_score=_mean([face.score for _, face in seen]),
                face_size=_mean([min(1.0, face.height / len(image)) for image, face in seen]),
                probabilities=prediction.probabilities,
            )
        )


def _light(image: Bytes, face: Face) -> float:
    """Brightness of a face, as far as it is in the picture."""
    high, wide = image.shape[:2]
    top, left = (min(max(0, int(place)), most - 1) for place, most in ((face.top, high), (face.left, wide)))
    bottom, right = max(top + 1, int(face.top + face.height)), max(left + 1, int(face.left + face.width))
    return brightness(image[top:bottom, left:right])


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
