"""The GPU: what is there, its primary context, one stream, pinned buffers and graphs, on one thread.

Contexts, memory and copies go through pycuda. It has no stream capture, so a graph is captured and launched
by libcuda itself, which pycuda has loaded anyway.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from edge.engines.lazy import first_line
from edge.errors import EngineError, MissingExtraError

RELEASE = Path("/etc/nv_tegra_release")
"""On every Jetson; names its release of Jetson Linux."""
NODES = tuple(Path("/dev") / name for name in ("nvidia0", "nvhost-gpu", "nvmap"))
"""Device files of an NVIDIA GPU: the first on a PC, the others on a Jetson."""
NON_BLOCKING = 1  # CU_STREAM_NON_BLOCKING: no waiting for the default stream
THREAD_LOCAL = 1  # CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: other threads may allocate during a capture
PROCESSORS, MAJOR, MINOR = 16, 75, 76  # CU_DEVICE_ATTRIBUTE_: MULTIPROCESSOR_COUNT, COMPUTE_CAPABILITY_*


@dataclass(frozen=True, slots=True)
class Gpu:
    """The first NVIDIA GPU of this machine."""

    name: str
    arch: str
    """Compute capability as in sm_87."""
    processors: int
    """Streaming multiprocessors: GPUs of one name differ in them."""

    @property
    def model(self) -> str:
        """What a plan is tuned to."""
        return f"{self.arch} {self.name} {self.processors} SM"


@dataclass(frozen=True, slots=True, eq=False)
class Buffer:
    """One tensor on both sides."""

    host: NDArray[Any]
    """Page-locked, of the tensor's shape and type."""
    pages: Any
    """What holds the page-locked memory; the host array must not be used after it is freed."""
    device: Any
    """pycuda's allocation; int() of it is the address."""


def gpu() -> Gpu | None:
    """The first GPU, or None where there is no driver or no device; makes no context."""
    try:
        return ask_gpu()
    except EngineError:
        return None


def ask_gpu() -> Gpu:
    """The first GPU; makes no context. Raises EngineError with what keeps it from answering."""
    try:
        lib = libcuda()
    except OSError as error:
        gone = "No such file" in str(error)
        raise EngineError.of("gpu_no_driver" if gone else "gpu_driver_broken", why=error) from error
    device, name = ctypes.c_int(), ctypes.create_string_buffer(256)
    facts = {which: ctypes.c_int() for which in (PROCESSORS, MAJOR, MINOR)}
    code = (
        lib.cuInit(0)
        or lib.cuDeviceGet(ctypes.byref(device), 0)
        or lib.cuDeviceGetName(name, len(name), device)
    )
    for which, value in facts.items():
        code = code or lib.cuDeviceGetAttribute(ctypes.byref(value), which, device)
    if code:
        closed = next(
            (node for node in NODES if node.exists() and not os.access(node, os.R_OK | os.W_OK)), ""
        )
        raise EngineError.of("gpu_closed" if closed else "gpu_code", code=code, node=closed)
    arch = f"sm_{facts[MAJOR].value}{facts[MINOR].value}"
    return Gpu(name.value.decode(errors="replace"), arch, facts[PROCESSORS].value)


def trace() -> Path | None:
    """A file that shows that this machine has an NVIDIA GPU, whether or not it answers."""
    return next((path for path in (RELEASE, *NODES) if path.exists()), None)


def libcuda() -> Any:
    """The driver's library. Raises OSError where there is none."""
    return ctypes.CDLL("libcuda.so.1")


class CudaDevice:
    """Holds the GPU's primary context, one stream and what is allocated, while its `with` block lasts.

    Everything must happen on the thread that entered it. Raises EngineError, also for another thread.
    """

    def __init__(self) -> None:
        self._drv: Any = None
        self._context: Any = None
        self._buffers: list[Buffer] = []
        self._graphs: list[Graph] = []
        self._thread = 0
        self.stream: Any = None

    def __enter__(self) -> Self:
        self._drv = _driver()
        self._thread = threading.get_ident()
        try:
            self._drv.init()
            self._context = self._drv.Device(0).retain_primary_context()
            with self.active():
                self.stream = self._drv.Stream(NON_BLOCKING)
        except Exception as error:  # pycuda's errors have no base outside its compiled module
            self._release()
            raise EngineError.of("gpu_unusable", why=first_line(error)) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.check_thread()
        self._release()

    @contextmanager
    def active(self) -> Iterator[None]:
        """The context is current inside the block and not after it: several engines share the thread."""
        self.check_thread()
        self._context.push()
        try:
            yield
        finally:
            self._context.pop()

    def check_thread(self) -> None:
        """Raises EngineError on any thread but the one that entered: CUDA contexts belong to a thread."""
        if threading.get_ident() != self._thread:
            raise EngineError.of("trt_thread", name=threading.current_thread().name)

    def buffer(self, shape: tuple[int, ...], dtype: Any) -> Buffer:
        """Allocate a tensor on both sides, zeros on the host; call it while active."""
        host = self._drv.pagelocked_empty(shape, dtype)
        host[...] = 0
        found = Buffer(host, host.base, self._drv.mem_alloc(max(host.nbytes, np.dtype(dtype).itemsize)))
        self._buffers.append(found)
        return found

    def upload(self, buffer: Buffer) -> None:
        """Queue the copy from the host."""
        self._drv.memcpy_htod_async(buffer.device, buffer.host, self.stream)

    def download(self, buffer: Buffer) -> None:
        """Queue the copy to the host."""
        self._drv.memcpy_dtoh_async(buffer.host, buffer.device, self.stream)

    @contextmanager
    def capture(self) -> Iterator[Graph]:
        """Record what is queued inside the block instead of running it; the graph is ready after the block.

        Raises EngineError when something in the block cannot be recorded.
        """
        graph = Graph(libcuda(), int(self.stream.handle))
        graph.begin()
        self._graphs.append(graph)
        try:
            yield graph
        except BaseException:
            with suppress(EngineError):  # the stream must leave capture mode; why it failed is told already
                graph.end()
            raise
        graph.end()

    def stop(self) -> None:
        """Wait for what is queued and give the graphs back: after it nothing uses what was allocated."""
        if self.stream is not None:
            with suppress(Exception):  # a stream that failed before still has to be given back
                self.stream.synchronize()
        while self._graphs:
            self._graphs.pop().release()

    def _release(self) -> None:
        """Graphs, device memory, host memory, stream, context: users before what they use.

        A GPU that failed refuses even this: the rest is given back all the same, and why it failed is told.
        """
        if self._context is None:
            return
        with suppress(Exception), self.active():
            self.stop()
            for buffer in self._buffers:
                for memory in (buffer.device, buffer.pages):
                    with suppress(Exception):
                        memory.free()
            self._buffers.clear()
            self.stream = None
        with suppress(Exception):
            self._detach()
        self._context = None

    def _detach(self) -> None:
        """Let go of the primary context and leave the thread's stack of contexts as it was.

        pycuda pushes a context to detach it and takes the pop for granted. That holds for its own contexts;
        the release of a primary one pops nothing (cuDevicePrimaryCtxRelease).
        """
        lib, top = libcuda(), ctypes.c_void_p()
        self._context.detach()
        lib.cuCtxGetCurrent(ctypes.byref(top))
        if top.value == self._context.handle:
            lib.cuCtxPopCurrent_v2(ctypes.byref(top))


class Graph:
    """A captured piece of work that is launched with one call."""

    def __init__(self, lib: Any, stream: int) -> None:
        self._lib = lib
        self._stream = ctypes.c_void_p(stream)
        self._graph = ctypes.c_void_p()
        self._ready = ctypes.c_void_p()

    def begin(self) -> None:
        """Start to record the stream."""
        self._call("cuStreamBeginCapture_v2", self._stream, ctypes.c_int(THREAD_LOCAL))

    def end(self) -> None:
        """Stop recording and make the graph launchable."""
        self._call("cuStreamEndCapture", self._stream, ctypes.byref(self._graph))
        self._call(
            "cuGraphInstantiateWithFlags", ctypes.byref(self._ready), self._graph, ctypes.c_ulonglong(0)
        )

    def launch(self) -> None:
        """Queue the recorded work on its stream."""
        self._call("cuGraphLaunch", self._ready, self._stream)

    def release(self) -> None:
        """Give both forms of the graph back."""
        if self._ready:
            self._lib.cuGraphExecDestroy(self._ready)
        if self._graph:
            self._lib.cuGraphDestroy(self._graph)
        self._ready, self._graph = ctypes.c_void_p(), ctypes.c_void_p()

    def _call(self, name: str, *arguments: Any) -> None:
        code = getattr(self._lib, name)(*arguments)
        if code != 0:
            raise EngineError.of("cuda_refused", name=name, code=code)


def _driver() -> Any:
    try:
        import pycuda.driver
    except ModuleNotFoundError as error:
        raise MissingExtraError("pycuda", "jetson") from error
    except Exception as error:  # a driver or a numpy that does not fit is not always an ImportError
        raise EngineError.of("pycuda_broken", why=first_line(error)) from error
    return pycuda.driver
