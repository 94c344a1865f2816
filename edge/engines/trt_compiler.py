"""Compile one ONNX file with TensorRT, in a process of its own: a compiler that crashes takes nothing along.

    python -m edge.engines.trt_compiler PARENT PACKAGE ONNX PLAN PRECISION WORKSPACE [TIMING]

Writes the plan, and one JSON object a line to stdout: {"phase", "step", "of"} while it works, {"timing":
file} when damaged timings were set aside, at the end {"refused": why} with exit code 1. It ends with the
process PARENT, which is edge/engines/trt_build.py.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
PROGRESS_S = 0.5
"""Least time between two lines of progress (seconds)."""


class RefusedError(Exception):
    """TensorRT does not make a plan of this graph; the text is its own reason."""


def compile_file(
    package: str, source: Path, target: Path, precision: str, workspace: int, timing: Path | None
) -> None:
    """Write the plan of an ONNX file.

    package: tensorrt or tensorrt_rtx. precision: int8, fp16 or fp32, which the graph itself must hold;
    workspace: scratch memory of one layer (bytes). timing: file that keeps kernel timings between builds;
    TensorRT only. Raises RefusedError.
    """
    trt = import_module(package)
    logger = _logger(trt)
    try:
        builder = trt.Builder(logger)
    except TypeError as error:  # the factory gave nothing: no GPU, or a driver that is too old
        raise RefusedError(logger.errors[0] if logger.errors else str(error)) from error
    network = builder.create_network(_network_flags(trt, package))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(source.read_bytes()):
        raise RefusedError(_parse_error(parser))
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, workspace)
    if _weakly_typed(trt, package) and precision != "fp32":
        config.set_flag(trt.BuilderFlag.INT8 if precision == "int8" else trt.BuilderFlag.FP16)
    if precision == "fp32":  # which is what it says, not TF32, which TensorRT takes for it by default
        config.clear_flag(trt.BuilderFlag.TF32)
    if hasattr(trt, "IProgressMonitor"):
        monitor = _monitor(trt)
        config.progress_monitor = monitor
    # tensorrt_rtx measures nothing at build time: its set_timing_cache fails.
    timing = timing if package == "tensorrt" else None
    if timing is not None:
        _take_timings(config, timing)
        logger.errors.clear()  # what was wrong with the timings does not say why a build fails
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise RefusedError(logger.errors[0] if logger.errors else "no reason given")
    target.write_bytes(plan)
    if timing is not None and (kept := config.get_timing_cache()) is not None:
        timing.with_suffix(".new").write_bytes(kept.serialize())
        timing.with_suffix(".new").replace(timing)


def damaged(timing: Path) -> Path:
    """Where a file of timings is set aside when TensorRT cannot read it."""
    return timing.with_suffix(".damaged")


def _take_timings(config: Any, timing: Path) -> None:
    """Give TensorRT the timings of builds before this one; without them it measures anew."""
    known = timing.read_bytes() if timing.is_file() else b""
    if known and not _set_timings(config, known):
        timing.replace(damaged(timing))
        _tell({"timing": damaged(timing).name})
        known = b""
    if not known:
        _set_timings(config, b"")


def _set_timings(config: Any, known: bytes) -> bool:
    try:
        cache = config.create_timing_cache(known)
        return cache is not None and bool(config.set_timing_cache(cache, False))
    except Exception:  # its binding raises as it likes on what it cannot read
        return False


def _weakly_typed(trt: Any, package: str) -> bool:
    """TensorRT 8 and 9 take the precision from flags; later ones and tensorrt_rtx from the graph."""
    return package == "tensorrt" and int(trt.__version__.split(".")[0]) < 10


def _network_flags(trt: Any, package: str) -> int:
    kinds = trt.NetworkDefinitionCreationFlag
    if _weakly_typed(trt, package):
        return 1 << int(kinds.EXPLICIT_BATCH)
    # Where the flag is gone every network is strongly typed.
    return 1 << int(kinds.STRONGLY_TYPED) if hasattr(kinds, "STRONGLY_TYPED") else 0


def _parse_error(parser: Any) -> str:
    if not parser.num_errors:
        return "the ONNX file is not readable"
    error = parser.get_error(0)
    if not hasattr(error, "node_operator"):  # TensorRT 8 tells the number only
        return f"node {error.node()}: {error.desc()}"
    return f"{error.node_operator() or 'node'} {error.node_name()}: {error.desc()}"


def _logger(trt: Any) -> Any:
    class Logger(trt.ILogger):  # type: ignore[misc]
        """Keeps errors: the first one says why a build failed."""

        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self.errors: list[str] = []

        def log(self, severity: Any, msg: str) -> None:
            if severity in (trt.ILogger.INTERNAL_ERROR, trt.ILogger.ERROR):
                self.errors.append(" ".join(msg.split()))

    return Logger()


def _monitor(trt: Any) -> Any:
    class Monitor(trt.IProgressMonitor):  # type: ignore[misc]
        """Tells which phase the compiler is in; called from several of its threads."""

        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)
            self._steps: dict[str, int] = {}
            self._lock = threading.Lock()
            self._last = 0.0

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            self._steps[phase_name] = num_steps

        def step_complete(self, phase_name: str, step: int) -> bool:
            with self._lock:
                now = time.monotonic()
                if now - self._last >= PROGRESS_S:
                    self._last = now
                    _tell({"phase": phase_name, "step": step + 1, "of": self._steps.get(phase_name, 0)})
            return True

        def phase_finish(self, phase_name: str) -> None:
            self._steps.pop(phase_name, None)

    return Monitor()


def _tell(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Exit code 0: the plan is written; 1: refused, the last line says why."""
    package, source, target, precision, workspace, *timing = arguments
    try:
        compile_file(
            package,
            Path(source),
            Path(target),
            precision,
            int(workspace),
            Path(timing[0]) if timing else None,
        )
    except RefusedError as reason:
        _tell({"refused": str(reason)})
        return 1
    return 0


def end_with(parent: int) -> None:
    """Have the kernel kill this process when its parent is gone, however that ended."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # gone already
        sys.exit(1)


if __name__ == "__main__":
    end_with(int(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
