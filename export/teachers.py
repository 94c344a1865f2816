"""Large encoders that teach small ones: which kinds there are, and how one is found by its name."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from edge.errors import ConfigError, MissingExtraError
from edge.items import Floats
from export.recipe import Recipe

RATE = 16000
"""Sample rate of the clips teachers are given (hertz)."""
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
"""Files that hold the weights of a transformers model."""
WANTED = ["*.json", "*.txt", "*.model", "*.py", *WEIGHTS]
"""What is fetched of a model on the hub."""


class Teacher(Protocol):
    """Turns a clip, a face or a sentence into one vector."""

    @property
    def identity(self) -> str:
        """Kind and content of the weights: features of two teachers never mix."""
        ...

    def features(self, item: Any, /) -> Floats:
        """Vector [d] of a clip (float32 [n] at 16 kHz), a face (uint8 [h, w], grey) or a sentence (str)."""
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
                raise ConfigError(
                    f"teacher {self._folder} does not load ({first_line(error)}); fetch it again"
                ) from error
        # A clip of its own length: padding to 30 s would cost ten times as much and dilute the mean.
        bands = self._model.feature_extractor(samples, padding=0)
        bands = bands[:, : bands.shape[1] // 2 * 2]
        encoded: Floats = np.asarray(self._model.encode(bands), np.float32)[0]
        return encoded


def teacher_of(recipe: Recipe, modality: str, data: Path) -> Teacher | None:
    """The teacher a recipe names for audio, vision or text; None without. Raises ConfigError."""
    name = getattr(recipe, modality).teacher
    if name is None:
        return None
    return open_teacher(name, data, modality, download=recipe.download, trusted=name in recipe.trusted)


def open_teacher(
    name: str, data: Path, modality: str = "audio", *, download: bool = False, trusted: bool = False
) -> Teacher:
    """A teacher by name; its kind follows from the files that are there.

    name: a folder or an .onnx file, below the data folder or anywhere; `package:folder` inside an installed
    Python package; or the id of a model on the hub, `owner/name`. download: fetch the latter when it is not
    on this disk. trusted: run the Python code that some models bring. Raises ConfigError, MissingExtraError.
    """
    place = _place(name, data, download)
    if place.suffix.lower() == ".onnx":
        from export.onnx_teacher import OnnxTeacher

        return OnnxTeacher(place, modality)
    if modality == "audio" and (place / "model.bin").is_file():
        return WhisperTeacher(place)
    if not (place / "config.json").is_file():
        raise ConfigError(
            f"teacher {name}: {place} holds no config.json; give a folder with a transformers model"
            + (", a Whisper model in CTranslate2 format" if modality == "audio" else "")
            + " or an .onnx file"
        )
    if not any(any(place.glob(pattern)) for pattern in WEIGHTS):
        raise ConfigError(
            f"teacher {name}: {place} holds config.json but no weights (*.safetensors or "
            "pytorch_model*.bin); copy them there"
        )
    from export.transformer_teachers import KINDS

    return KINDS[modality](place, name, trusted)


def identity_of(kind: str, files: Iterable[Path]) -> str:
    """Name of a teacher in the cache: its kind and a digest of its files."""
    known = [(file, file.stat()) for file in files]
    return f"{kind}-{_digest(tuple((file, s.st_size, s.st_mtime_ns) for file, s in known))}"


@cache
def _digest(files: tuple[tuple[Path, int, int], ...]) -> str:
    """Digest of files, read once a process while they keep size and time of change."""
    digest = hashlib.sha256()
    for file, *_ in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:16]


def _place(name: str, data: Path, download: bool) -> Path:
    """The folder or file on this disk that a name stands for."""
    package, _, inside = name.partition(":")
    if inside:
        found = importlib.util.find_spec(package)
        if found is None or found.origin is None:
            raise ConfigError(
                f"teacher {name}: the package is not installed; run: pip install {package.replace('_', '-')}"
            )
        return Path(found.origin).parent / inside
    place = data / Path(name).expanduser()
    if place.exists():
        return place
    if not re.fullmatch(r"[\w-][\w.-]*/[\w.-]+", name) or name.lower().endswith(".onnx"):
        raise ConfigError(f"teacher {name}: there is no {place}; name a folder, an .onnx file or a hub id")
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ModuleNotFoundError as error:
        raise MissingExtraError("transformers", "teachers") from error
    try:
        return Path(snapshot_download(name, local_files_only=not download, allow_patterns=WANTED))
    except LocalEntryNotFoundError as error:
        raise ConfigError(
            f"teacher {name}: neither in {data} nor fetched from the hub yet; run: hf download {name} "
            "(or set download = true at the top of the recipe)"
        ) from error
    except Exception as error:  # whatever the network and the hub can answer
        raise ConfigError(f"teacher {name} cannot be fetched ({first_line(error)})") from error


def first_line(error: BaseException) -> str:
    """What a foreign error says, short enough for one of ours."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
