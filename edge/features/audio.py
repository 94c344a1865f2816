"""Sound -> log-mel picture."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from edge.items import Floats
from edge.manifest import AudioSpec


def log_mel(samples: Floats, spec: AudioSpec) -> Floats:
    """Log-mel picture of a stretch of sound, independent of the recording level.

    samples: [n] in -1..1 at spec.rate. Returns [mels, n // hop] in -1..1: decibels relative to the
    loudest band, cut spec.range_db below it. HTK mel scale: m = 2595 log10(1 + f / 700).
    """
    frames = len(samples) // spec.hop
    margin = (spec.window - spec.hop) // 2
    padded = np.zeros((frames - 1) * spec.hop + spec.window, np.float32)
    taken = samples[: len(padded) - margin]
    padded[margin : margin + len(taken)] = taken
    views = np.lib.stride_tricks.sliding_window_view(padded, spec.window)[:: spec.hop]
    spectrum = np.fft.rfft(views * _hann(spec.window), spec.fft)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    mel = _filters(spec) @ power.T
    decibels = 10.0 * np.log10(np.maximum(mel, 1e-10))
    relative = np.maximum(decibels - decibels.max(), -spec.range_db)
    picture: Floats = (relative * (2.0 / spec.range_db) + 1.0).astype(np.float32)
    return picture


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
