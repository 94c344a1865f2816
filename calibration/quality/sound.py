"""What the sound of one recording is like, taken block by block: hours of it are never held at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.quality.fingerprint import FRAME, HOP, MOVE, RATE, Marks, marks_of
from edge.items import Floats
from edge.perception.speech import CHUNK, MAX_SNR_DB, SpeechDetector

BLOCK_S = 10
"""Sound measured at a time (seconds): its noise and its speech are compared within it."""
BANDS = 20
"""Bands of the long-term average spectrum, as wide as each other on a logarithmic scale."""
QUIET_SHARE = 5.0
"""The noise floor is the level below which so many percent of the moments lie."""
_EDGES = np.round(np.geomspace(80.0, 7800.0, BANDS + 1) / RATE * FRAME).astype(int)
_HANN = np.hanning(FRAME).astype(np.float32)
_QUIET = 1e-10  # 100 dB below full scale: no power is taken for less
_ACTIVE = 10.0**-3  # of the loudest chunk, 30 dB below it: what counts for the level


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """What one recording sounds like."""

    seconds: float
    """Its length (seconds)."""
    speech_s: float
    """Time with speech (seconds)."""
    level_db: float
    """Mean level of its louder moments (decibels below full scale, -100..0)."""
    peak_db: float
    """Level of its loudest 32 ms (decibels below full scale)."""
    noise_db: float
    """Level of what is not speech (decibels below full scale)."""
    floor_db: float
    """Level that its quietest twentieth stays below (decibels below full scale)."""
    spectrum: NDArray[np.float64]
    """Long-term average spectrum [BANDS]: level of each band over their mean (decibels)."""
    snr_db: NDArray[np.float64]
    """Speech over the noise floor in each block with speech (decibels, 0..40)."""
    marks: Marks
    """What the same sound is found by elsewhere."""


class SoundMeter:
    """Measures one recording after the other; the speech network is loaded once."""

    def __init__(self) -> None:
        self._detector = SpeechDetector()
        self._one = _Recording(self._detector, 0.0)

    def add(self, samples: Floats) -> None:
        """Take the next samples [n] at RATE hertz, in -1..1."""
        self._one.add(samples)

    def finish(self) -> Sound | None:
        """What the recording came to, None where it is silent or has no sound; the next one may begin."""
        found, end = self._one.finish(), self._one.began + self._one.seconds
        # Later on the one clock of the detector: it begins anew.
        self._one = _Recording(self._detector, math.ceil(end) + 1.0)
        return found


class _Recording:
    """What was measured of one recording so far."""

    def __init__(self, detector: SpeechDetector, began: float) -> None:
        self._detector, self.began = detector, began
        self.held, self.seconds = 0, 0.0  # samples that wait, and time that was measured
        self._waiting: list[Floats] = []
        self._speech_s = 0.0
        self._powers: list[Floats] = []  # of each 32 ms
        self._noises: list[tuple[float, float]] = []  # level and length of each block
        self._snrs: list[float] = []
        self._spectrum = np.zeros(BANDS)
        self._marks: list[Marks] = []
        self._tail = np.zeros(0, np.float32)  # sound that the next marks begin with

    def add(self, samples: Floats) -> None:
        self._waiting.append(samples)
        self.held += len(samples)
        while self.held >= BLOCK_S * RATE:
            sound = np.concatenate(self._waiting)
            self._take(sound[: BLOCK_S * RATE])
            self._waiting = [sound[BLOCK_S * RATE :]]
            self.held = len(self._waiting[0])

    def finish(self) -> Sound | None:
        if self.held:
            self._take(np.concatenate(self._waiting))
        return self._found() if self._powers else None

    def _take(self, block: Floats) -> None:
        seconds = len(block) / RATE
        speech = self._detector.measure(block, self.began + self.seconds)
        self.seconds += seconds
        whole = block[: len(block) // CHUNK * CHUNK].reshape(-1, CHUNK)
        power = np.mean(np.square(whole), axis=1)
        self._mark(block)
        if not np.any(power > _QUIET):
            return
        self._powers.append(power[power > 0])
        self._speech_s += speech.seconds
        self._noises.append((speech.noise_db, seconds))
        if speech.present:
            # Not the ratio of the detector: in a clip of a second, breath and ends of words are its pauses.
            heard = power[power > 0]
            ratio = _db(_active(heard)) - _db(float(np.percentile(heard, QUIET_SHARE)))
            self._snrs.append(min(MAX_SNR_DB, ratio))

    def _mark(self, block: Floats) -> None:
        sound = np.concatenate([self._tail, block])
        if len(sound) < FRAME:
            if self._marks:
                return
            sound = np.pad(sound, (0, FRAME - len(sound)))
        frames = np.lib.stride_tricks.sliding_window_view(sound, FRAME)[::HOP]
        power = np.square(np.abs(np.fft.rfft(frames * _HANN, axis=1))).astype(np.float32)
        fresh = power[MOVE:] if self._marks else power
        self._spectrum += np.add.reduceat(fresh, _EDGES, axis=1)[:, :BANDS].sum(axis=0)
        self._marks.append(marks_of(power))
        self._tail = sound[max(0, len(frames) - MOVE) * HOP :]

    def _found(self) -> Sound:
        power = np.concatenate(self._powers)
        levels, lengths = np.array(self._noises).T
        spectrum = 10.0 * np.log10(self._spectrum + 1e-9)
        return Sound(
            self.seconds,
            self._speech_s,
            _db(_active(power)),
            _db(float(power.max())),
            float(np.average(levels, weights=lengths)),
            _db(float(np.percentile(power, QUIET_SHARE))),
            spectrum - spectrum.mean(),
            np.array(self._snrs),
            np.concatenate(self._marks),
        )


def _active(power: Floats) -> float:
    """Mean power of the louder moments."""
    return float(power[power >= power.max() * _ACTIVE].mean())


def _db(power: float) -> float:
    return 10.0 * math.log10(max(power, _QUIET))
