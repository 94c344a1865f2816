"""A teacher in an ONNX file: shapes are read from the graph, the rest from a sidecar beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import onnxruntime
import soxr
from numpy.typing import NDArray
from pydantic import Field, ValidationError
from tokenizers import Tokenizer

from edge.bundle.manifest import Spec
from edge.bundle.onnx_file import load_graph
from edge.checked import first_error
from edge.errors import ConfigError, EngineError, InputError
from edge.items import Floats
from edge.system.documents import read_json
from export.teachers.base import RATE, first_line, identity_of

INPUTS = {"audio": 1, "vision": 1, "text": 3}
"""Inputs a graph has at most."""


class Sidecar(Spec):
    """What a graph does not say: NAME.json beside NAME.onnx."""

    rate: Annotated[int, Field(gt=0)] | None = None
    """Sampling rate an audio teacher hears (hertz)."""
    size: Annotated[int, Field(gt=0)] | None = None
    """Side of the square pictures, where the graph leaves it open (pixels)."""
    mean: tuple[float, ...] | None = None
    """Of pixels in 0..1, one a channel."""
    std: tuple[float, ...] | None = None
    """Deviation likewise."""


class OnnxTeacher:
    """Its first output is the vector: [1, d] as it is, [1, t, d] as the mean over t.

    Audio: one input, samples [1, n]; the sidecar says the rate. Vision: one input [1, 1 or 3, h, w]; the
    sidecar says mean and std. Text: input_ids and, if the graph has them, attention_mask and token_type_ids,
    [1, t] each; tokenizer.json lies beside the file. Raises ConfigError.
    """

    def __init__(self, file: Path, modality: str) -> None:
        self._file, self._modality = file, modality
        beside = file.with_name("tokenizer.json") if modality == "text" else file.with_suffix(".json")
        if not beside.is_file():
            raise ConfigError.of(f"teacher_needs_{modality}", path=file, beside=beside.name)
        self.identity = identity_of(f"onnx-{modality}", [file, beside])
        try:
            graph = load_graph(file).SerializeToString()
            self._session = onnxruntime.InferenceSession(graph, providers=_providers())
            self._sidecar = Sidecar() if modality == "text" else _sidecar(beside)
            self._tokenizer = Tokenizer.from_file(str(beside)) if modality == "text" else None
        except Exception as error:  # onnxruntime and tokenizers have no base class of their own
            if isinstance(error, EngineError):  # of the graph's file
                raise ConfigError.of(error.key, **error.values) from error
            if isinstance(error, ConfigError):
                raise
            raise ConfigError.of("teacher_unloaded", name=file, why=first_line(error)) from error
        self._inputs = {found.name: found for found in self._session.get_inputs()}
        self._check()

    def features(self, item: Any) -> Floats:
        """Vector [d] of a clip (float32 [n] at 16 kHz), a face (uint8 [h, w]) or a sentence."""
        return np.asarray(self.frames(item).mean(axis=0))

    def frames(self, item: Any) -> Floats:
        """Vectors [t, d] where its output has a time, else [1, d]."""
        inputs: Any = {"audio": self._sound, "vision": self._picture, "text": self._words}[self._modality]
        try:
            found: NDArray[np.float32] = np.asarray(self._session.run(None, inputs(item))[0], np.float32)
        except Exception as error:
            raise ConfigError.of("teacher_unrun", name=self._file, why=first_line(error)) from error
        if found.ndim not in (2, 3) or len(found) != 1:
            raise ConfigError.of("teacher_output", name=self._file, shape=list(found.shape))
        return found.reshape(-1, found.shape[-1])

    def _check(self) -> None:
        first = next(iter(self._inputs.values()))
        rank = {"audio": 2, "vision": 4, "text": 2}[self._modality]
        if len(self._inputs) > INPUTS[self._modality] or len(first.shape) != rank:
            said = ", ".join(f"{name} {found.shape}" for name, found in self._inputs.items())
            wish = {"audio": "[1, n]", "vision": "[1, channels, h, w]", "text": "input_ids [1, t]"}
            raise ConfigError.of(
                "teacher_takes",
                name=self._file,
                said=said,
                modality=self._modality,
                wish=wish[self._modality],
            )
        if self._modality == "audio" and self._sidecar.rate is None:
            raise ConfigError.of("sidecar_rate", path=self._file.with_suffix(".json"))
        if self._modality == "vision":
            channels, *sides = first.shape[1:]
            whole = isinstance(sides[0], int) and sides[0] == sides[1]
            self._side = sides[0] if whole else self._sidecar.size
            wanted = (channels,) if isinstance(channels, int) else (1, 3)
            mean, std = self._sidecar.mean or (), self._sidecar.std or ()
            if self._side is None or len(mean) not in wanted or len(mean) != len(std):
                key = "sidecar_pixels" if self._side else "sidecar_sized"
                raise ConfigError.of(key, path=self._file.with_suffix(".json"), channels=channels)

    def _sound(self, samples: Floats) -> dict[str, Any]:
        assert self._sidecar.rate is not None
        same = self._sidecar.rate == RATE
        heard = samples if same else soxr.resample(samples, RATE, self._sidecar.rate)
        return {next(iter(self._inputs)): np.asarray(heard, np.float32)[None]}

    def _picture(self, face: NDArray[np.uint8]) -> dict[str, Any]:
        import cv2

        assert self._side is not None
        method = cv2.INTER_AREA if self._side < face.shape[0] else cv2.INTER_CUBIC
        grey = np.asarray(cv2.resize(face, (self._side, self._side), interpolation=method), np.float32) / 255
        mean, std = (np.array(v, np.float32)[:, None, None] for v in (self._sidecar.mean, self._sidecar.std))
        return {next(iter(self._inputs)): ((grey[None] - mean) / std)[None].astype(np.float32)}

    def _words(self, text: str) -> dict[str, Any]:
        assert self._tokenizer is not None
        ids = np.array([self._tokenizer.encode(text).ids], np.int64)
        known = {"attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        types = {"tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(float)": np.float32}
        return {
            name: known.get(name, ids).astype(types.get(found.type, np.int64))
            for name, found in self._inputs.items()
        }


def _sidecar(file: Path) -> Sidecar:
    try:
        return Sidecar.model_validate(read_json(file))
    except (ValidationError, InputError) as error:
        why = first_error(error) if isinstance(error, ValidationError) else error
        raise ConfigError.of("sidecar_wrong", path=file, why=why) from error


def _providers() -> list[str]:
    known = onnxruntime.get_available_providers()
    return [name for name in ("CUDAExecutionProvider", "CPUExecutionProvider") if name in known]
