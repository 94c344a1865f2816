"""Engines: the backends that run a model, by name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import cast

from edge.errors import EdgeError, EngineError
from edge.interfaces import Engine
from edge.words import Language, word

LOG = logging.getLogger("edge")

BACKENDS = {
    "onnxrt": ("edge.engines.onnxrt", "OnnxRuntimeEngine"),
    "openvino": ("edge.engines.ov", "OpenVinoEngine"),
    "tensorrt": ("edge.engines.trt", "TensorRtEngine"),
}
"""Backend -> the module that is imported when it is asked for, and the engine in it."""


def open_engine(path: Path, backend: str = "onnxrt", threads: int = 1, language: Language = "en") -> Engine:
    """Open an ONNX file with a backend.

    threads: CPU threads of one call. language: of what is said meanwhile.
    Raises EngineError, at once, when the backend is unknown or the model cannot be read.
    """
    if backend not in BACKENDS:
        raise EngineError.of("backend_unknown", name=backend, names=", ".join(BACKENDS))
    module, name = BACKENDS[backend]
    engine = getattr(import_module(module), name)(path, threads=threads)
    engine.language = language
    _ = engine.inputs
    return cast(Engine, engine)


def open_engines(
    models: Mapping[str, Path],
    backend: str,
    threads: int,
    stack: ExitStack,
    language: Language = "en",
    fit: Callable[[Mapping[str, Engine]], None] = lambda engines: None,
) -> tuple[str, dict[str, Engine]]:
    """Open all models of a bundle on one backend and hand their closing to `stack`.

    backend: a name, or "auto": TensorRT where it works, else ONNX Runtime. fit: auto asks it about TensorRT's
    engines, and an EdgeError turns them down. Where there is a GPU and TensorRT is not used, one line of the
    log says why: a slow engine is never a silent one.
    Returns the name of the backend in use and the engines. Raises EngineError and MissingExtraError.
    """
    if backend != "auto":
        return backend, _open_all(models, backend, threads, stack, language)
    from edge.engines.trt_here import worth_trying

    try:
        if worth_trying():
            with ExitStack() as trying:
                engines = _open_all(models, "tensorrt", threads, trying, language)
                fit(engines)
                stack.push(trying.pop_all())
            return "tensorrt", engines
    except EdgeError as error:
        LOG.warning("edge: %s", word("not_tensorrt", language, why=error.told(language, "trt_trouble")))
    return "onnxrt", _open_all(models, "onnxrt", threads, stack, language)


def _open_all(
    models: Mapping[str, Path], backend: str, threads: int, stack: ExitStack, language: Language
) -> dict[str, Engine]:
    with ExitStack() as opening:
        engines = {
            name: opening.enter_context(open_engine(path, backend, threads, language))
            for name, path in models.items()
        }
        stack.push(opening.pop_all())
    return engines
