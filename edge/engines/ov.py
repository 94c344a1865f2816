"""OpenVINO on an x86 CPU: runs the canonical INT8 graph as it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.bundle.onnx_file import load_graph
from edge.engines.half_rest import widened
from edge.engines.lazy import LazyEngine, first_line
from edge.errors import EngineError, MissingExtraError

TYPES = {"f32": np.float32, "i32": np.int32, "i64": np.int64}
"""Array types of the tensors a model of ours may have, by OpenVINO's name."""


class OpenVinoEngine(LazyEngine):
    """Runs one ONNX file.

    threads: CPU threads of one call. Raises MissingExtraError without openvino, EngineError.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        super().__init__(path)
        self._threads = threads
        self._request: Any = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._request = None

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Name -> array in, name -> array out. Raises EngineError."""
        self._open()
        self._check(inputs)
        try:
            found = self._request.infer(dict(inputs))
        except Exception as error:  # a RuntimeError, or whatever its binding makes of it
            raise EngineError.of("model_failed", path=self.path, why=first_line(error)) from error
        # Copies: the request writes into the same memory at its next call.
        return {name: np.array(found[name]) for name in self._outputs}

    def _open(self) -> None:
        if self._request is not None:
            return
        try:
            import openvino
        except ModuleNotFoundError as error:
            raise MissingExtraError("openvino", "openvino") from error
        data = widened(load_graph(self.path)).SerializeToString()
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": self._threads,
            # What is left in float stays float32: bfloat16, its default where the CPU knows it, costs digits.
            "INFERENCE_PRECISION_HINT": "f32",
        }
        try:
            core = openvino.Core()
            model = core.compile_model(core.read_model(data), "CPU", settings)
        except Exception as error:
            backend = f"OpenVINO {openvino.__version__}"
            values = {"path": self.path, "backend": backend, "why": first_line(error)}
            raise EngineError.of("model_unreadable", **values) from error
        self._shapes = {port.any_name: tuple(port.shape) for port in model.inputs}
        self._types = {port.any_name: TYPES[port.element_type.get_type_name()] for port in model.inputs}
        self._outputs = [port.any_name for port in model.outputs]
        self._request = model.create_infer_request()
