"""Large encoders that teach small ones: their features of every clip, kept on disk."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from edge.errors import ConfigError, MissingExtraError
from edge.items import Floats
from export.progress import bar

KEPT = 200
"""Clips after which the features so far are written down."""
RATE = 16000
"""Sample rate Whisper listens at (hertz)."""


class AudioTeacher(Protocol):
    """Turns a clip into one vector."""

    @property
    def identity(self) -> str:
        """Kind and content of the weights: features of two teachers never mix."""
        ...

    def features(self, samples: Floats) -> Floats:
        """Vector [d] of a clip [n] at 16 kHz."""
        ...


class WhisperTeacher:
    """Encoder of a Whisper model in CTranslate2 format: mean and deviation of its output over a clip.

    folder: holds model.bin and config.json. Raises ConfigError when it does not, MissingExtraError without
    faster-whisper.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / "model.bin").is_file():
            raise ConfigError(
                f"teacher {folder} holds no model.bin; give a Whisper model in CTranslate2 format"
            )
        self._folder = folder
        self._model: Any = None
        digest = hashlib.sha256((folder / "model.bin").read_bytes()).hexdigest()
        self.identity = f"whisper-{digest[:16]}"

    def features(self, samples: Floats) -> Floats:
        """Vector [2 d] of a clip [n] at 16 kHz."""
        encoded = self.encode(samples)
        return np.concatenate([encoded.mean(axis=0), encoded.std(axis=0)])

    def encode(self, samples: Floats) -> Floats:
        """The encoder's output, [t, d], one row every 20 ms of a clip [n] at 16 kHz."""
        if self._model is None:
            try:
                from faster_whisper import WhisperModel
            except ModuleNotFoundError as error:
                raise MissingExtraError("faster-whisper", "teachers") from error
            self._model = WhisperModel(
                str(self._folder), device="cpu", compute_type="int8", cpu_threads=os.cpu_count() or 1
            )
        # A clip of its own length: padding to 30 s would cost ten times as much and dilute the mean.
        bands = self._model.feature_extractor(samples, padding=0)
        bands = bands[:, : bands.shape[1] // 2 * 2]
        encoded: Floats = np.asarray(self._model.encode(bands), np.float32)[0]
        return encoded


def open_teacher(name: str, data: Path) -> AudioTeacher:
    """The teacher a recipe names: a folder below the data folder, or `package:folder` inside an installed
    Python package. Raises ConfigError.
    """
    package, _, inside = name.partition(":")
    if not inside:
        return WhisperTeacher(data / name)
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ConfigError(
            f"teacher {name}: the package is not installed; run: pip install {package.replace('_', '-')}"
        )
    return WhisperTeacher(Path(found.origin).parent / inside)


def teach(
    teacher: AudioTeacher, clips: Sequence[Floats], names: Sequence[str], cache: Path
) -> NDArray[np.float32]:
    """Features of clips, [n, d]; those seen before come from the cache.

    clips: sound at 16 kHz, [n] each. names: what each clip is known by in the cache, its content's hash.
    A run killed at any moment goes on with the next KEPT clips.
    """
    cache.mkdir(parents=True, exist_ok=True)
    file = cache / f"{teacher.identity}.safetensors"
    known = _read(file)
    missing = [index for index, name in enumerate(names) if name not in known]
    for count, index in enumerate(bar(missing, len(missing), "teacher"), 1):
        known[names[index]] = teacher.features(clips[index])
        if count % KEPT == 0 or count == len(missing):
            _write(file, known)
    return np.stack([known[name] for name in names])


def _read(file: Path) -> dict[str, NDArray[np.float32]]:
    if not file.is_file():
        return {}
    try:
        return dict(load_file(file))
    except SafetensorError:  # cut short by a full disk: what it held can be had again
        file.unlink()
        return {}


def _write(file: Path, content: dict[str, NDArray[np.float32]]) -> None:
    scratch = file.with_suffix(".tmp")
    save_file(content, scratch)
    os.replace(scratch, file)
