"""A bundle's networks in float beside INT8, on the backend that INT8 runs on: else a ratio means nothing."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from edge.bundle.folder import Bundle
from edge.bundle.onnx_file import load_graph
from edge.engines import open_engine
from edge.engines.float_graph import float_graph
from edge.engines.trt_build import Precision
from edge.errors import EdgeError
from edge.interfaces import Engine
from edge.words import asked_language, word

LOG = logging.getLogger("edge")

FLOATS: tuple[Precision, ...] = ("fp32", "fp16")
"""What INT8 is compared with on TensorRT; ONNX Runtime computes in fp32 alone on a CPU."""


def open_floats(bundle: Bundle, backend: str, stack: ExitStack) -> dict[Precision, dict[str, Engine]]:
    """Precision -> the four networks in it; one TensorRT refuses is left out, and the log says why."""
    if backend != "tensorrt":
        paths = write_float_copies(bundle, Path(stack.enter_context(tempfile.TemporaryDirectory())))
        return {
            "fp32": {name: stack.enter_context(open_engine(path, backend)) for name, path in paths.items()}
        }
    found: dict[Precision, dict[str, Engine]] = {}
    for precision in FLOATS:
        try:
            found[precision] = open_tensorrt(bundle, precision, stack)
        except EdgeError as error:
            language = asked_language()
            values = {"precision": precision.upper(), "why": error.told(language, "trt_trouble")}
            LOG.warning("edge: %s", word("bench_left_out", language, **values))
    return found


def open_tensorrt(bundle: Bundle, precision: Precision, stack: ExitStack) -> dict[str, Engine]:
    """The four networks on TensorRT in a precision. Raises EdgeError."""
    from edge.engines.trt import TensorRtEngine

    engines: dict[str, Engine] = {}
    for name in bundle.manifest.models:
        engine = TensorRtEngine(bundle.path(name), precision=precision)
        engine.language = asked_language()
        engines[name] = stack.enter_context(engine)
    return engines


def write_float_copies(bundle: Bundle, folder: Path) -> dict[str, Path]:
    """Write the float graph of each network into a folder; name -> path."""
    import onnx

    paths = {name: folder / f"{name}.onnx" for name in bundle.manifest.models}
    for name, path in paths.items():
        onnx.save_model(float_graph(load_graph(bundle.path(name))), path)
    return paths


def int8_nodes(bundle: Bundle, engines: Mapping[str, Engine], name: str) -> int:
    """How many nodes of a network run in INT8: those of the file but what TensorRT has no kernel for."""
    return bundle.manifest.models[name].int8_nodes - len(getattr(engines[name], "given_back", ()))


def runs_on(backend: str) -> str:
    """The backend with its version, and the GPU where it uses one."""
    if backend == "tensorrt":
        from edge.engines.cuda import ask_gpu
        from edge.engines.trt_build import compiler

        using, gpu = compiler(), ask_gpu()
        return f"TensorRT {using.version} ({using.package}) on {gpu.name} ({gpu.arch})"
    import onnxruntime

    return f"ONNX Runtime {onnxruntime.__version__}"
