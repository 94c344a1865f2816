"""ONNX file -> TensorRT plan: memory looked at first, compiled in a child, nodes without a kernel given back.

`tensorrt` on a Jetson and `tensorrt_rtx` elsewhere are the same builder; the second compiles without a GPU.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import onnx

from edge.board.memory import read_memory
from edge.bundle.onnx_file import load_graph
from edge.engines.float_graph import float_graph, half_graph
from edge.engines.lazy import first_line
from edge.engines.trt_compiler import damaged
from edge.engines.trt_here import installed, not_seen
from edge.engines.wiring import Wiring
from edge.errors import EngineError
from edge.system.child import command, environment
from edge.words import Language, word

Precision = Literal["int8", "fp16", "fp32"]
"""int8: the file as it is. The float forms are what `edge bench` measures it against."""
Say = Callable[[str], None]

WORKSPACE = 256 << 20
"""Scratch memory one layer may use (bytes)."""
LIBRARIES = {"tensorrt": 1536 << 20, "tensorrt_rtx": 256 << 20}
"""Memory the compiler takes before it has seen a model (bytes)."""
A_MODEL = 16
"""Memory a build takes, in sizes of the ONNX file."""
SAY_S = 5.0
"""Least time between two lines of progress (seconds)."""
MEMORY = Path("/proc/meminfo")


@dataclass(frozen=True, slots=True)
class Compiler:
    """The TensorRT package of this machine."""

    package: str
    """tensorrt or tensorrt_rtx."""
    version: str


def compiler() -> Compiler:
    """The TensorRT package that is here. Raises EngineError with what to install or mend."""
    package = installed()
    if package is None:
        raise not_seen()
    try:
        return Compiler(package, importlib.import_module(package).__version__)
    except Exception as error:  # what does not fit its libraries or numpy raises as it likes
        raise EngineError.of("trt_broken", package=package, why=first_line(error)) from error


def build(
    source: Path,
    target: Path,
    using: Compiler,
    precision: Precision = "int8",
    timing: Path | None = None,
    say: Say = lambda line: None,
    language: Language = "en",
) -> tuple[str, ...]:
    """Write the plan of an ONNX file; returns the names of the nodes that were given back to float.

    A graph that is refused is compiled with all its quantized nodes in float; when that works, the nodes at
    fault are found by halving, one at a time. What is made on the way lies beside the target.
    timing: file of kernel timings kept between builds. say: gets lines of progress in a language. Raises
    EngineError.
    """
    model = load_graph(source)
    try:
        if precision != "int8":
            model = half_graph(model) if precision == "fp16" else float_graph(model)
    except Exception as error:  # onnx raises without a common base
        raise EngineError.of("trt_no_model", path=source, why=first_line(error)) from error
    _check_memory(source, using)
    with tempfile.TemporaryDirectory(prefix="build-", dir=target.parent) as scratch:
        job = _Job(source.name, model, target, using, precision, timing, say, language, Path(scratch))
        reason = job.refused(())
        if reason is None:
            return ()
        quantized = _quantized(model)
        outputs = list(quantized)
        if not outputs or job.refused(outputs) is not None:
            values = {"package": using.package, "version": using.version, "why": reason}
            raise EngineError.of("trt_refused", path=source, **values)
        say(word("trt_halving", language, name=source.name, why=reason))
        given: list[str] = []
        while not given or job.refused(given) is not None:
            given.append(_culprit(job, given, [name for name in outputs if name not in given]))
        return tuple(quantized[output] for output in given)


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """One model on its way through the compiler."""

    name: str
    model: onnx.ModelProto
    target: Path
    using: Compiler
    precision: Precision
    timing: Path | None
    say: Say
    language: Language
    scratch: Path

    def refused(self, given: Sequence[str]) -> str | None:
        """Compile with these nodes in float; None when the plan is written, else TensorRT's reason."""
        source = self.scratch / "model.onnx"
        onnx.save_model(float_graph(self.model, given) if given else self.model, source)
        reason, error = self._compile(source)
        if error is not None and error.key == "trt_crashed" and self.timing and self.timing.is_file():
            self.timing.replace(damaged(self.timing))  # a damaged file can crash whoever reads it
            self._say_damaged()
            reason, error = self._compile(source)
        if error is not None:
            raise error
        return reason

    def _compile(self, source: Path) -> tuple[str | None, EngineError | None]:
        """Run the compiler once; why TensorRT refused, and how the compiler died, if it did."""
        arguments = [self.using.package, source, self.target.resolve(), self.precision, WORKSPACE]
        if self.timing is not None:
            arguments.append(self.timing.resolve())
        with (self.scratch / "stderr").open("w+", encoding="utf-8", errors="replace") as stderr:
            child = subprocess.Popen(
                command("edge.engines.trt_compiler", str(os.getpid()), *map(str, arguments)),
                cwd=self.scratch,
                env=environment(),
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                errors="replace",
            )
            with child:
                try:
                    reason = self._follow(child)
                except BaseException:
                    child.kill()
                    raise
            if child.returncode == 0 or reason is not None:
                return reason, None
            stderr.seek(0)
            lines = stderr.read().strip().splitlines()
        return None, self._crash(child.returncode, lines[-1] if lines else "no message")

    def _follow(self, child: subprocess.Popen[str]) -> str | None:
        assert child.stdout is not None
        last = time.monotonic()
        reason = None
        for line in child.stdout:
            try:
                told = json.loads(line)
                keys = told.keys()
            except (ValueError, AttributeError):  # the compiler's own chatter
                continue
            if "refused" in keys:
                reason = str(told["refused"])[:300]
            elif "timing" in keys:
                self._say_damaged()
            elif keys == {"phase", "step", "of"} and time.monotonic() - last >= SAY_S:
                last = time.monotonic()
                self.say(word("trt_progress", self.language, name=self.name, **told))
        return reason

    def _say_damaged(self) -> None:
        assert self.timing is not None
        aside = damaged(self.timing).name
        self.say(word("timing_damaged", self.language, path=self.timing, aside=aside))

    def _crash(self, code: int, message: str) -> EngineError:
        if code == -signal.SIGKILL:
            return EngineError.of("trt_killed", name=self.name)
        why = signal.Signals(-code).name if code < 0 else message
        return EngineError.of("trt_crashed", name=self.name, why=why, package=self.using.package)


def _culprit(job: _Job, given: list[str], rest: list[str]) -> str:
    """The node of `rest` with which the graph stops being refused when nodes are given back in order."""
    refused, works = 0, len(rest)
    while works - refused > 1:
        middle = (refused + works) // 2
        if job.refused([*given, *rest[:middle]]) is None:
            works = middle
        else:
            refused = middle
    return rest[works - 1]


def _quantized(model: onnx.ModelProto) -> dict[str, str]:
    """First output -> name of each node that reads a dequantized tensor."""
    wiring = Wiring(model)
    found = {}
    for node in model.graph.node:
        makers = [wiring.makers[name].op_type for name in node.input if name in wiring.makers]
        if "DequantizeLinear" in makers and node.op_type not in ("QuantizeLinear", "DequantizeLinear"):
            found[node.output[0]] = node.name or node.output[0]
    return found


def memory_needed(source: Path, using: Compiler) -> int:
    """What compiling a model takes, about (bytes)."""
    return LIBRARIES[using.package] + A_MODEL * source.stat().st_size


def _check_memory(source: Path, using: Compiler) -> None:
    """Raises EngineError when the build would not fit; silent where the system does not tell."""
    memory = read_memory(MEMORY)
    needed = memory_needed(source, using)
    free = memory.available if memory else needed
    if free < needed:
        values = {"needed": needed / 1e9, "free": free / 1e9}
        raise EngineError.of("trt_memory", name=source.name, **values)
