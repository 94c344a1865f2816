"""Clips as vectors: what the frozen teacher and a second pair of ears make of each, kept on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import numpy as np

from calibration.data.recordings import load_sound
from edge.bundle.manifest import AudioSpec
from edge.errors import MediaError
from edge.features.audio import log_mel
from edge.items import Floats
from edge.system.private import write_whole
from edge.words import asked_language, word
from export.progress import bar, say
from export.teachers.base import RATE, Teacher
from export.teachers.cache import teach

LONGEST_S = 20.0
"""A recording longer than this is no single utterance (seconds)."""
KEPT = 500
"""Clips after which the hashes so far are written down."""


class Bands:
    """Features without any teacher, as the second view: mean, deviation and change of each mel band."""

    identity = "bands-1"

    def features(self, samples: Floats) -> Floats:
        """Vector [3 mels] of a clip [n] at 16 kHz: mean, deviation and mean step of its log-mel picture."""
        picture = log_mel(samples, AudioSpec())
        steps = np.abs(np.diff(picture, axis=1)) if picture.shape[1] > 1 else np.zeros_like(picture)
        return np.concatenate([picture.mean(axis=1), picture.std(axis=1), steps.mean(axis=1)])


@dataclass(frozen=True, eq=False)
class Described:
    """Features of the files that could be heard, in the order given."""

    files: list[Path]
    names: list[str]
    """Hash of each clip's sound."""
    views: tuple[Floats, Floats]
    """Of the teacher [n, d] and of Bands [n, b]."""
    skipped: dict[str, str]
    """File -> why it is left out."""


def describe(files: Sequence[Path], teacher: Teacher, cache: Path) -> Described:
    """Hear every file once; a clip that cannot be used is named and left out, never silence.

    cache: folder that may be shared with an export's `teacher`. Killed at any moment, it goes on.
    """
    hashes = _hashes(files, cache / "clips.json")
    skipped = {str(file): found[1:] for file, found in hashes.items() if found.startswith("!")}
    for file, reason in skipped.items():
        say(word("left_out_file", asked_language(), file=file, why=reason))
    heard = [file for file in files if str(file) not in skipped]
    names = [hashes[str(file)] for file in heard]
    sounds = _Sounds(heard)
    empty = np.zeros((0, 1), np.float32)
    first, second = (teach(t, sounds, names, cache) if names else empty for t in (teacher, Bands()))
    return Described(heard, names, (first, second), skipped)


class _Sounds(Sequence[Floats]):
    """Clips read when they are asked for: hours of sound do not fit in memory."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = files

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, index: int) -> Floats: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Floats]: ...
    def __getitem__(self, index: int | slice) -> Floats | Sequence[Floats]:
        if isinstance(index, slice):
            return _Sounds(self._files[index])
        return load_sound(self._files[index], RATE)


def _hashes(files: Sequence[Path], kept: Path) -> dict[str, str]:
    """File -> hash of its sound, or ! and why it cannot be used; files seen before are not read again."""
    known = _known(kept)
    stamps = {str(f): f"{f.stat().st_size}-{f.stat().st_mtime_ns}" for f in files}
    missing = [f for f in files if known.get(str(f), [""])[0] != stamps[str(f)]]
    for count, file in enumerate(bar(missing, len(missing), "listening"), 1):
        known[str(file)] = [stamps[str(file)], _hash(file)]
        if count % KEPT == 0 or count == len(missing):
            _write_features(kept, json.dumps(known))
    return {str(file): known[str(file)][1] for file in files}


def _known(kept: Path) -> dict[str, list[str]]:
    if not kept.is_file():
        return {}
    try:
        known = json.loads(kept.read_text(encoding="utf-8"))
        return {name: [stamp, found] for name, (stamp, found) in known.items()}
    except (ValueError, AttributeError, TypeError):  # damaged: what it held can be had again
        return {}


def _hash(file: Path) -> str:
    try:
        sound = load_sound(file, RATE, LONGEST_S)
    except MediaError as error:
        return f"!{error.told(asked_language())}"
    return hashlib.sha256(sound.tobytes()).hexdigest()[:16]


def _write_features(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)
