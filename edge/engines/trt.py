"""TensorRT on an NVIDIA GPU: the engine for a Jetson."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Mapping
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.engines import cuda
from edge.engines.cuda import Buffer, CudaDevice, Graph
from edge.engines.lazy import LazyEngine, first_line
from edge.engines.plans import plan_for
from edge.engines.trt_build import Precision, compiler
from edge.errors import EdgeError, EngineError
from edge.words import word

LOG = logging.getLogger("edge")

# Array types of the tensors a model of ours may have, by TensorRT's name.
TYPES = {"FLOAT": np.float32, "HALF": np.float16, "INT32": np.int32, "INT64": np.int64}


SPOILT = 77
"""A value no output of ours takes for an input of zeros."""


class TensorRtEngine(LazyEngine):
    """Runs one ONNX file as a compiled plan.

    Opening compiles the file unless the cache holds its plan, which can take minutes on a Jetson. The thread
    that opens it owns it: another one gets an EngineError. threads: means nothing here, the GPU has its own.
    precision: int8 runs the file as it is, fp32 and fp16 its float forms (edge/engines/float_graph.py).
    """

    def __init__(self, path: Path, threads: int = 1, precision: Precision = "int8") -> None:
        super().__init__(path)
        self._precision = precision
        self.given_back: tuple[str, ...] = ()
        """Nodes that run in float because TensorRT has no INT8 kernel for them; known once it is open."""
        self._stack: ExitStack | None = None
        self._device = CudaDevice()
        self._runtime: Any = None
        self._engine: Any = None
        self._context: Any = None
        self._buffers: dict[str, Buffer] = {}
        self._graph: Graph | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stack is not None:
            self._device.check_thread()
            stack, self._stack = self._stack, None
            stack.close()

    @property
    def replays(self) -> bool:
        """Whether a call replays a CUDA graph; else each layer is launched, which gives the same numbers."""
        return self._graph is not None

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Name -> array in, name -> array out. Raises EngineError."""
        self._open()
        self._device.check_thread()
        self._check(inputs)
        try:
            with self._device.active():
                for name, array in inputs.items():
                    self._buffers[name].host[...] = array
                if self._graph is not None:
                    self._graph.launch()
                else:
                    self._queue()
                self._device.stream.synchronize()
        except Exception as error:  # pycuda's errors have no base outside its compiled module
            raise EngineError.of("model_failed", path=self.path, why=first_line(error)) from error
        return {name: self._buffers[name].host.copy() for name in self._outputs}

    def _open(self) -> None:
        if self._stack is not None:
            return
        using = compiler()
        try:
            gpu = cuda.ask_gpu()
        except EngineError as error:
            package = f"{using.package} {using.version}"
            raise EngineError.of("trt_no_gpu", package=package, why=error) from error
        with ExitStack() as opening:
            # Entered first, left last: plan, context and buffers live on the device.
            self._device = opening.enter_context(CudaDevice())
            plan = plan_for(self.path, using, gpu, self._precision, LOG.warning, self.language)
            self.given_back = plan.given_back
            opening.callback(self._forget)
            try:
                self._load(importlib.import_module(using.package), plan.data)
            except EdgeError:
                raise
            except Exception as error:
                values = {"name": self.path.name, "package": using.package, "why": first_line(error)}
                raise EngineError.of("trt_not_running", **values) from error
            self._stack = opening.pop_all()

    def _load(self, trt: Any, data: bytes) -> None:
        """Deserialize a checked plan, allocate its tensors, warm up, record the graph."""
        with self._device.active():
            self._runtime = trt.Runtime(trt.Logger(trt.Logger.ERROR))
            self._engine = self._runtime.deserialize_cuda_engine(data)
            if self._engine is None:
                raise EngineError.of("trt_plan_refused", name=self.path.name)
            self._context = self._engine.create_execution_context()
            if self._context is None:
                raise EngineError.of("gpu_full", name=self.path.name)
            for index in range(self._engine.num_io_tensors):
                name = self._engine.get_tensor_name(index)
                shape = tuple(self._engine.get_tensor_shape(name))
                kind = TYPES[self._engine.get_tensor_dtype(name).name]
                buffer = self._buffers[name] = self._device.buffer(shape, kind)
                if not self._context.set_tensor_address(name, int(buffer.device)):
                    raise EngineError.of("trt_address", name=self.path.name, tensor=name)
                if self._engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT:
                    self._shapes[name], self._types[name] = shape, kind
                else:
                    self._outputs.append(name)
            # What TensorRT puts off until the first run must be done before a capture.
            self._queue()
            self._device.stream.synchronize()
            try:
                self._graph = self._record()
            except EngineError as error:
                _say_once(word("trt_no_graph", self.language, why=error.told(self.language)))

    def _record(self) -> Graph:
        """The whole call as a CUDA graph. Raises EngineError where it cannot be recorded."""
        capturable = getattr(self._context, "is_stream_capturable", None)  # of tensorrt_rtx only
        if capturable is not None and not capturable(self._device.stream.handle):
            raise EngineError.of("graph_refused")  # it allocates while it runs unless it is built otherwise
        warm = {name: self._buffers[name].host.copy() for name in self._outputs}
        try:
            with self._device.capture() as graph:
                self._queue()
            # A capture can come out empty without an error; then what is spoilt here stays spoilt.
            for name in self._outputs:
                self._buffers[name].host[...] = SPOILT
                self._device.upload(self._buffers[name])
            graph.launch()
            self._device.stream.synchronize()
        except EngineError:
            raise
        except Exception as error:  # pycuda's errors have no base outside its compiled module
            raise EngineError.of("graph_failed", why=first_line(error)) from error
        if not all(np.allclose(self._buffers[name].host, warm[name], 0.01, 0.01, True) for name in warm):
            raise EngineError.of("graph_differs")
        return graph

    def _queue(self) -> None:
        """Copies in, the network, copies out, onto the stream."""
        for name in self._shapes:
            self._device.upload(self._buffers[name])
        if not self._context.execute_async_v3(self._device.stream.handle):
            raise EngineError.of("trt_not_started", name=self.path.name)
        for name in self._outputs:
            self._device.download(self._buffers[name])

    def _forget(self) -> None:
        """Let go of TensorRT's objects, users first, while the device is still there."""
        with self._device.active():
            self._device.stop()
            self._graph = None
            self._context = None
            self._engine = None
            self._runtime = None
        self._buffers, self._shapes, self._types, self._outputs = {}, {}, {}, []


@lru_cache
def _say_once(line: str) -> None:
    """Four models of a bundle meet the same trouble: it is told once a process."""
    LOG.warning("edge: %s", line)
