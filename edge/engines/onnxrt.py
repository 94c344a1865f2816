"""ONNX Runtime on the CPU: the engine that runs everywhere.

The fast graph of a model (cpu_graph.py) is derived anew at each start and not kept on disk. Deriving the
four of the starter bundle takes some 30 ms of processor time, about a twentieth of what a process spends
until its first reading; reading stored ones and checking their sha256 takes about 4 ms. What a cache could
save is thus below what one start differs from the next. For that it would hold a second copy of every
model, which must be made again for another model, another version of the derivation and another CPU
(cpu_probe.py), be written whole by processes that start at once, and could be out of date or damaged.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from edge.bundle.onnx_file import load_graph
from edge.engines.cpu_graph import derive_cpu_graph
from edge.engines.cpu_probe import saturates
from edge.engines.half_rest import widened
from edge.engines.lazy import LazyEngine, first_line
from edge.errors import EngineError

# Array types of the tensors a model of ours may take.
TYPES = {"tensor(float)": np.float32, "tensor(int32)": np.int32, "tensor(int64)": np.int64}


class OnnxRuntimeEngine(LazyEngine):
    """Runs one ONNX file.

    threads: intra-op threads; small models lose by more than one. canonical: run the file unchanged, several
    times slower where it is INT8.
    """

    def __init__(self, path: Path, threads: int = 1, canonical: bool = False) -> None:
        super().__init__(path)
        self._threads = threads
        self._canonical = canonical
        self._session: ort.InferenceSession | None = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session = None

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Name -> array in, name -> array out. Raises EngineError."""
        session = self._open()
        self._check(inputs)
        try:
            found = session.run(self._outputs, dict(inputs))
        except Exception as error:  # ONNX Runtime raises a dozen types without a common base
            raise EngineError.of("model_failed", path=self.path, why=first_line(error)) from error
        return dict(zip(self._outputs, found, strict=True))

    def _open(self) -> ort.InferenceSession:
        if self._session is not None:
            return self._session
        model = load_graph(self.path)
        options = ort.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # A waiting inference thread must leave the core to the camera and the microphone.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            if not self._canonical:
                model = derive_cpu_graph(widened(model), unsigned_weights=saturates())
            session = ort.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            backend = f"ONNX Runtime {ort.__version__}"
            values = {"path": self.path, "backend": backend, "why": first_line(error)}
            raise EngineError.of("model_unreadable", **values) from error
        given = session.get_inputs()
        self._shapes = {value.name: tuple(value.shape) for value in given}
        self._types = {value.name: TYPES.get(value.type) for value in given}
        self._outputs = [value.name for value in session.get_outputs()]
        self._session = session
        return session
