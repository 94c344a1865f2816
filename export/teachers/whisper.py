"""The encoder of a Whisper model as a teacher of sound."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import ConfigError, MissingExtraError
from edge.items import Floats
from export.teachers.base import first_line, identity_of


class WhisperTeacher:
    """Encoder of a Whisper model in CTranslate2 format: mean and deviation of its output over a clip.

    folder: holds model.bin and config.json. Raises ConfigError when it does not, MissingExtraError without
    faster-whisper.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / "model.bin").is_file():
            raise ConfigError.of("whisper_none", folder=folder)
        self._folder = folder
        self._model: Any = None
        self.identity = identity_of("whisper", [folder / "model.bin"])

    def features(self, samples: Floats) -> Floats:
        """Vector [2 d] of a clip [n] at 16 kHz."""
        encoded = self.frames(samples)
        return np.concatenate([encoded.mean(axis=0), encoded.std(axis=0)])

    def frames(self, samples: Floats) -> Floats:
        """The encoder's output, [t, d], one row every 20 ms of a clip [n] at 16 kHz."""
        if self._model is None:
            try:
                from faster_whisper import WhisperModel
            except ModuleNotFoundError as error:
                raise MissingExtraError("faster-whisper", "teachers") from error
            try:
                self._model = WhisperModel(
                    str(self._folder), device="cpu", compute_type="int8", cpu_threads=os.cpu_count() or 1
                )
            except (RuntimeError, ValueError) as error:
                raise ConfigError.of("teacher_unloaded", name=self._folder, why=first_line(error)) from error
        # A clip of its own length: padding to 30 s would cost ten times as much and dilute the mean.
        bands = self._model.feature_extractor(samples, padding=0)
        bands = bands[:, : bands.shape[1] // 2 * 2]
        encoded: Floats = np.asarray(self._model.encode(bands), np.float32)[0]
        return encoded
