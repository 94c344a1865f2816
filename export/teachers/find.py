"""A teacher by its name: which kind it is follows from the files that are there."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from edge.errors import ConfigError, MissingExtraError
from export.recipe import Recipe
from export.teachers.base import WEIGHTS, Teacher, first_line
from export.teachers.onnx_file import OnnxTeacher
from export.teachers.pretrained import KINDS
from export.teachers.whisper import WhisperTeacher

WANTED = ["*.json", "*.txt", "*.model", "*.py", *WEIGHTS]
"""What is fetched of a model on the hub."""


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
        return OnnxTeacher(place, modality)
    if modality == "audio" and (place / "model.bin").is_file():
        return WhisperTeacher(place)
    if not (place / "config.json").is_file():
        raise ConfigError.of("teacher_config", name=name, place=place)
    if not any(any(place.glob(pattern)) for pattern in WEIGHTS):
        raise ConfigError.of("teacher_weights", name=name, place=place)
    return KINDS[modality](place, name, trusted)


def _place(name: str, data: Path, download: bool) -> Path:
    """The folder or file on this disk that a name stands for."""
    package, _, inside = name.partition(":")
    if inside:
        found = importlib.util.find_spec(package)
        if found is None or found.origin is None:
            raise ConfigError.of("teacher_package", name=name, package=package.replace("_", "-"))
        return Path(found.origin).parent / inside
    place = data / Path(name).expanduser()
    if place.exists():
        return place
    if not re.fullmatch(r"[\w-][\w.-]*/[\w.-]+", name) or name.lower().endswith(".onnx"):
        raise ConfigError.of("teacher_missing", name=name, place=place)
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ModuleNotFoundError as error:
        raise MissingExtraError("transformers", "teachers") from error
    try:
        return Path(snapshot_download(name, local_files_only=not download, allow_patterns=WANTED))
    except LocalEntryNotFoundError as error:
        raise ConfigError.of("teacher_unfetched", name=name, data=data) from error
    except Exception as error:  # whatever the network and the hub can answer
        raise ConfigError.of("teacher_unfetchable", name=name, why=first_line(error)) from error
