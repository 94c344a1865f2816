"""Noise of a site, mixed into speech: to train on, and to judge by."""

from __future__ import annotations

import hashlib
import os
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calibration.data.recordings import SOUNDS, load_sound
from edge.errors import DatasetError, MediaError
from edge.items import Floats
from edge.recording.sealed import media_suffix
from edge.system.texts import visible
from edge.words import asked_language, word


def load_noises(folder: Path, rate: int, *, judged: bool) -> list[Floats]:
    """Sounds below a folder, [n] each: every fourth (by hash of its name) is judged by, the others train.

    One that cannot be read is named and left out. Raises DatasetError when none is left.
    """
    files = sorted(path for path in folder.rglob("*") if media_suffix(path) in SOUNDS)
    if not files:
        raise DatasetError.of("noise_none", folder=folder)
    kept = [path for path in files if _drawn(path) == judged]
    if not kept:
        role = "noise_no_judged" if judged else "noise_no_trained"
        raise DatasetError.of(role, folder=folder, count=len(files))
    sounds = []
    for path in kept:
        try:
            sounds.append(load_sound(path, rate))
        except MediaError as error:
            language = asked_language()
            why = visible(error.told(language))
            sys.stderr.write(f"{word('left_out', language, why=why)}\n")
    if not sounds:
        raise DatasetError.of("noise_unreadable", folder=folder, count=len(kept))
    return sounds


def _drawn(path: Path) -> bool:
    return _number(path.name) % 4 == 0


def _number(name: str) -> int:
    """The same number for a file name on every disk, whatever normal form or bytes it is kept in."""
    data = os.fsencode(unicodedata.normalize("NFC", name))
    return int(hashlib.sha256(data).hexdigest()[:8], 16)


def add_noise(window: Floats, noise: Floats, snr_db: float) -> Floats:
    """Speech over noise at a signal-to-noise ratio, taken over the loud part of the speech."""
    power = loud_power(window)
    level = float(np.sqrt(power / (np.square(noise).mean() + 1e-12)) * 10.0 ** (-snr_db / 20.0))
    return window + level * noise


def loud_power(window: Floats) -> float:
    """Mean power of the loud part of speech: samples within 20 dB of the loudest."""
    loud = np.square(window[np.abs(window) > 0.1 * np.abs(window).max()])
    return float(loud.mean()) if len(loud) else 0.0


def background(noises: Sequence[Floats], length: int, rng: np.random.Generator) -> Floats:
    """A stretch of one of the noises, repeated where it is too short; [length]."""
    noise = noises[int(rng.integers(len(noises)))]
    noise = np.tile(noise, length // len(noise) + 1)
    start = int(rng.integers(0, len(noise) - length + 1))
    return noise[start : start + length]


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Noise that clips are judged in."""

    noises: Sequence[Floats]
    """[n] each, at the rate of the clips."""
    snr_db: float
    """Loud speech over noise (decibels)."""

    def around(self, samples: Floats, length: int, name: str) -> Floats:
        """A clip [n] in noise that begins before it where it is shorter than a window of `length`.

        name: of the clip's file, whatever its place; the same name draws the same noise.
        """
        rng = np.random.default_rng(_number(name))
        samples = np.pad(samples, (max(0, length - len(samples)), 0))
        return add_noise(samples, background(self.noises, len(samples), rng), self.snr_db)
