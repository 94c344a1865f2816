"""Sound -> log-mel picture."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from edge.bundle.manifest import AudioSpec
from edge.items import Floats


def log_mel(samples: Floats, spec: AudioSpec) -> Floats:
    """Log-mel picture of a stretch of sound, independent of the recording level.

    samples: [n] in -1..1 at spec.rate. Returns [mels, n // hop] in -1..1: decibels relative to the
    loudest band, cut spec.range_db below it. HTK mel scale: m = 2595 log10(1 + f / 700).
    """
    return picture(mel_powers(samples, spec), spec)


def mel_powers(samples: Floats, spec: AudioSpec) -> Floats:
    """Power in each mel band of each frame, [mels, n // hop]."""
    return np.asarray(_filters(spec) @ _powers(samples, spec, 0, len(samples) // spec.hop).T)


def picture(powers: Floats, spec: AudioSpec) -> Floats:
    """[mels, frames] powers of bands -> what log_mel gives."""
    decibels = 10.0 * np.log10(np.maximum(powers, 1e-10))
    relative = np.maximum(decibels - decibels.max(), -spec.range_db)
    scaled: Floats = (relative * (2.0 / spec.range_db) + 1.0).astype(np.float32)
    return scaled


class SlidingLogMel:
    """log_mel of windows that overlap: what they share is transformed once.

    step: samples from one window's start to the next one's. A spectrum is used again only where the very
    samples are the same, so that after a gap, a pause or another source all of it is made anew.
    """

    def __init__(self, spec: AudioSpec, step: int) -> None:
        self._spec = spec
        self._step = step
        self._samples = np.zeros(0, np.float32)
        self._powers = np.zeros((0, spec.fft // 2 + 1), np.float32)
        self._picture = np.zeros((spec.mels, 0), np.float32)

    def __call__(self, samples: Floats) -> Floats:
        """The very numbers log_mel gives for this window."""
        if len(samples) and np.array_equal(samples, self._samples):
            return self._picture  # the same window, for another voice
        spec, count = self._spec, len(samples) // self._spec.hop
        shift, rest = divmod(self._step, spec.hop)
        # Frames that look past an end of the window see silence there: they are never used again.
        ends = -(-(spec.window - spec.hop) // spec.hop)
        last = count - shift - ends
        if rest == 0 and last > ends and np.array_equal(samples[: -self._step], self._samples[self._step :]):
            known = self._powers[shift + ends : shift + last]
            parts = (_powers(samples, spec, 0, ends), known, _powers(samples, spec, last, count))
            self._powers = np.concatenate(parts)
        else:
            self._powers = _powers(samples, spec, 0, count)
        self._samples = samples.copy()
        self._picture = picture(_filters(spec) @ self._powers.T, spec)
        return self._picture


def _powers(samples: Floats, spec: AudioSpec, first: int, last: int) -> Floats:
    """Power spectra of frames first..last - 1 of a stretch of sound, [last - first, fft // 2 + 1]."""
    frames = len(samples) // spec.hop
    margin = (spec.window - spec.hop) // 2
    padded = np.zeros((frames - 1) * spec.hop + spec.window, np.float32)
    taken = samples[: len(padded) - margin]
    padded[margin : margin + len(taken)] = taken
    views = np.lib.stride_tricks.sliding_window_view(padded, spec.window)[:: spec.hop][first:last]
    spectrum = np.fft.rfft(views * _hann(spec.window), spec.fft)
    return (spectrum.real**2 + spectrum.imag**2).astype(np.float32)


@lru_cache(maxsize=4)
def _hann(length: int) -> Floats:
    return (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / length)).astype(np.float32)


@lru_cache(maxsize=4)
def _filters(spec: AudioSpec) -> Floats:
    """Triangular mel filters of unit height, [mels, fft // 2 + 1].

    Not of unit area: that would push the wide high bands, weak in speech already, below the range.
    """
    low, high = (2595.0 * np.log10(1.0 + f / 700.0) for f in (spec.f_min, spec.f_max))
    edges = 700.0 * (10.0 ** (np.linspace(low, high, spec.mels + 2) / 2595.0) - 1.0)
    bins = np.arange(spec.fft // 2 + 1) * spec.rate / spec.fft
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
