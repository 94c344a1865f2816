"""Engines: the backends that run a model, by name."""

from __future__ import annotations

import logging
from collections.abc import Mapping
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
        raise EngineError(f"there is no backend {backend!r}; choose from {', '.join(BACKENDS)}")
    module, name = BACKENDS[backend]
    engine = getattr(import_module(module), name)(path, threads=threads)
    engine.language = language
    _ = engine.inputs
    return cast(Engine, engine)


def open_engines(
    models: Mapping[str, Path], backend: str, threads: int, stack: ExitStack, language: Language = "en"
) -> tuple[str, dict[str, Engine]]:
    """Open all models of a bundle on one backend and hand their closing to `stack`.

    backend: a name, or "auto": TensorRT where it is installed and works, else ONNX Runtime. When it is
    installed and does not work, one line of the log says why: a slow engine is never a silent one.
    Returns the name of the backend in use and the engines. Raises EngineError and MissingExtraError.
    """
    if backend != "auto":
        return backend, _open_all(models, backend, threads, stack, language)
    from edge.engines.cuda import gpu
    from edge.engines.trt_build import installed

    if package := installed():
        try:
            if gpu() is None:  # asked before TensorRT is loaded, which costs 90 MB
                raise EngineError.of("trt_no_gpu", package=package)
            return "tensorrt", _open_all(models, "tensorrt", threads, stack, language)
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
