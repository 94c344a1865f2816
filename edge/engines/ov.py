"""OpenVINO on an x86 CPU: runs the canonical INT8 graph as it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from edge.engines.checks import check_inputs
from edge.errors import EngineError, MissingExtraError

TYPES = {"f32": np.float32, "i32": np.int32, "i64": np.int64}
"""Array types of the tensors a model of ours may have, by OpenVINO's name."""


class OpenVinoEngine:
    """Runs one ONNX file; opened on entering its `with` block or at the first call.

    threads: CPU threads of one call. Raises MissingExtraError without openvino, EngineError.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        self.path = path
        self._threads = threads
        self._request: Any = None
        self._types: dict[str, Any] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._outputs: list[str] = []

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._request = None

    @property
    def inputs(self) -> Mapping[str, tuple[int, ...]]:
        """Name -> shape of each input."""
        self._open()
        return self._shapes

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs, in the order of the file."""
        self._open()
        return self._outputs

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Name -> array in, name -> array out. Raises EngineError."""
        self._open()
        check_inputs(self.path.name, self._shapes, self._types, inputs)
        try:
            found = self._request.infer(dict(inputs))
        except Exception as error:  # a RuntimeError, or whatever its binding makes of it
            raise EngineError(f"{self.path} failed while running: {_first_line(error)}") from error
        # Copies: the request writes into the same memory at its next call.
        return {name: np.array(found[name]) for name in self._outputs}

    def _open(self) -> None:
        if self._request is not None:
            return
        try:
            import openvino
        except ModuleNotFoundError as error:
            raise MissingExtraError("openvino", "openvino") from error
        if not self.path.is_file():
            raise EngineError(f"{self.path} is missing; copy the bundle again")
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": self._threads,
            # What is left in float stays float32: bfloat16, its default where the CPU knows it, costs digits.
            "INFERENCE_PRECISION_HINT": "f32",
        }
        try:
            core = openvino.Core()
            model = core.compile_model(core.read_model(self.path), "CPU", settings)
        except Exception as error:
            raise EngineError(
                f"{self.path} is no model OpenVINO {openvino.__version__} can read ({_first_line(error)}); "
                "copy or export it again"
            ) from error
        self._shapes = {port.any_name: tuple(port.shape) for port in model.inputs}
        self._types = {port.any_name: TYPES[port.element_type.get_type_name()] for port in model.inputs}
        self._outputs = [port.any_name for port in model.outputs]
        self._request = model.create_infer_request()


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]
