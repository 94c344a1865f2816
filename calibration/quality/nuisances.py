"""What a recording shows besides an emotion: one thing at a time, as numbers."""

from __future__ import annotations

import math
import unicodedata
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.quality.measure import Measured
from calibration.quality.sound import Sound
from calibration.site.fit.regression import Array

GRAMS = 512
"""Columns that words and runs of letters of a transcript are shared out to."""
VOICE = ("level", "duration", "spectrum")
"""A voice shows emotion by these too, above all an acted one."""


@dataclass(frozen=True, slots=True)
class Nuisance:
    """One thing that should not tell a label."""

    key: str
    has: Callable[[Measured], bool]
    """Whether a recording shows it."""
    features: Callable[[Sequence[Measured]], Array]
    """Recordings that show it -> [n, features]."""


def _of_sound(values: Callable[[Sound], Sequence[float]]) -> Callable[[Sequence[Measured]], Array]:
    """Numbers of each sound, over the mean of its person as well: people sit at places of their own."""

    def features(clips: Sequence[Measured]) -> Array:
        return _beside_own(np.array([values(one.sound) for one in clips if one.sound]), clips)

    return features


def _beside_own(values: Array, clips: Sequence[Measured]) -> Array:
    people = np.array([one.clip.speaker for one in clips])
    own = np.empty_like(values)
    for name in np.unique(people):
        own[people == name] = values[people == name] - values[people == name].mean(axis=0)
    if values.shape[1] > 4:
        return np.concatenate([values, own], axis=1)
    # A label may lie between two others: squares tell it.
    around = np.square(values - values.mean(axis=0))
    return np.concatenate([values, own, around, np.square(own)], axis=1)


def _light(clips: Sequence[Measured]) -> Array:
    return _beside_own(np.array([[float(one.light.mean())] for one in clips]), clips)


def _transcript(clips: Sequence[Measured]) -> Array:
    """Words, and runs of two and three letters (Japanese has no spaces), hashed; each row of length 1."""
    table = np.zeros((len(clips), GRAMS))
    for row, one in zip(table, clips, strict=True):
        text = " ".join(unicodedata.normalize("NFKC", one.clip.transcript).casefold().split())
        runs = {text[i : i + n] for n in (2, 3) for i in range(len(text) - n + 1)} | set(text.split())
        for run in runs or {text}:
            row[zlib.crc32(run.encode("utf-8", "replace")) % GRAMS] = 1.0
    return np.asarray(table / np.linalg.norm(table, axis=1, keepdims=True))


def _named(part: str) -> Callable[[Sequence[Measured]], Array]:
    def features(clips: Sequence[Measured]) -> Array:
        _, which = np.unique([getattr(one.clip, part) for one in clips], return_inverse=True)
        return np.asarray(np.eye(which.max() + 1)[which])

    return features


def _sounds(one: Measured) -> bool:
    return one.sound is not None


NUISANCES = (
    Nuisance("noise", _sounds, _of_sound(lambda sound: (sound.noise_db, sound.floor_db))),
    Nuisance("level", _sounds, _of_sound(lambda sound: (sound.level_db, sound.peak_db))),
    Nuisance(
        "duration",
        _sounds,
        _of_sound(lambda sound: (math.log(sound.seconds), math.log(sound.speech_s + 0.1))),
    ),
    Nuisance("spectrum", _sounds, _of_sound(lambda sound: tuple(sound.spectrum))),
    Nuisance("light", lambda one: len(one.light) > 0, _light),
    Nuisance("transcript", lambda one: bool(one.clip.transcript), _transcript),
    Nuisance("condition", lambda one: bool(one.clip.condition), _named("condition")),
    Nuisance("shift", lambda one: bool(one.clip.shift), _named("shift")),
)
"""Those a label is looked for in on people left out."""
