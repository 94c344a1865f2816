"""Engines: the backends that run a model, by name."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import cast

from edge.errors import EngineError
from edge.interfaces import Engine

BACKENDS = {"onnxrt": ("edge.engines.onnxrt", "OnnxRuntimeEngine")}
"""Backend -> the module that is imported when it is asked for, and the engine in it."""


def open_engine(path: Path, backend: str = "onnxrt", threads: int = 1) -> Engine:
    """Open an ONNX file with a backend.

    threads: CPU threads of one call.
    Raises EngineError, at once, when the backend is unknown or the model cannot be read.
    """
    if backend not in BACKENDS:
        raise EngineError(f"there is no backend {backend!r}; choose from {', '.join(BACKENDS)}")
    module, name = BACKENDS[backend]
    engine = cast(Engine, getattr(import_module(module), name)(path, threads=threads))
    _ = engine.inputs
    return engine
