"""Where the time of one window goes, what INT8 saves, memory and start-up: measured, never estimated.

The JSON keys are stable; what cannot be measured on a machine is null ("not measured" in the table).

    bundle              name of the bundle
    machine             {python, onnxruntime, system, processor, cores}
    stages              {stage: {p50_ms, p95_ms, n}}; every window is new: 8 new faces, sound, a transcript
    models              {audio, vision, text, fusion: {int8_nodes, nodes, int8: {p50_ms, p95_ms} or null,
                        fp32: {p50_ms, p95_ms}, ratio: int8 over fp32 (p50)}}, run in turn, one thread
    peak_memory_mb      most memory a fresh process held while it read the demo clip
    first_reading_s     fresh process to first label, the recording read without waiting
    live_first_reading_s  the same, the recording paced as a live device; holds the 2 s warm-up
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from typing_extensions import Self

from edge.app import Reader, demo_clip, starter_bundle
from edge.config import Site
from edge.engines import open_engine
from edge.engines.float_graph import float_graph
from edge.errors import EngineError
from edge.golden import golden_arrays
from edge.items import Reading, Window
from edge.sources.recording import RecordingSource
from edge.stopwatch import Stopwatch
from edge.windows import Windower

TEXT = "oh no what happened here I did not see that coming today"
"""Stands for a transcript."""
CHILD_LIMIT_S = 120.0
"""A fresh process that takes longer is not measured (seconds)."""


def measure(
    bundle: Path | None = None, clip: Path | None = None, windows: int = 60, calls: int = 200
) -> dict[str, Any]:
    """Measure a bundle (default: the starter) on a clip (default: the demo clip).

    windows: how many go through the pipeline. calls: of each model. Returns the keys above.
    Raises BundleError, EngineError, MediaError.
    """
    import onnxruntime

    bundle, clip = bundle or starter_bundle(), clip or demo_clip()
    stopwatch = Stopwatch()
    with Reader(Site(bundle=bundle), stopwatch=stopwatch) as reader:
        _read_windows(reader, clip, windows, stopwatch)
        return {
            "bundle": reader.bundle.manifest.name,
            "machine": {
                "python": platform.python_version(),
                "onnxruntime": onnxruntime.__version__,
                "system": f"{platform.system()} {platform.machine()}",
                "processor": _processor(),
                "cores": os.cpu_count(),
            },
            "stages": {name: _spread(values) for name, values in stopwatch.stages.items()},
            "models": {name: _int8_beside_fp32(reader, name, calls) for name in reader.engines},
            **_fresh_process(bundle, clip),
        }


def table(report: dict[str, Any]) -> str:
    """The report for people."""
    machine = report["machine"]
    lines = [
        f"bundle {report['bundle']}, one thread of {machine['processor']} ({machine['cores']} cores), "
        f"{machine['system']}, Python {machine['python']}, ONNX Runtime {machine['onnxruntime']}",
        "",
        f"{'stage':<18}{'p50 ms':>9}{'p95 ms':>9}{'n':>6}",
    ]
    for name, spread in report["stages"].items():
        lines.append(f"{name:<18}{spread['p50_ms']:>9.2f}{spread['p95_ms']:>9.2f}{spread['n']:>6}")
    lines += ["", f"{'model':<10}{'INT8 nodes':>11}{'INT8 ms':>14}{'FP32 ms':>10}{'ratio':>7}"]
    for name, model in report["models"].items():
        int8 = f"{model['int8']['p50_ms']:.2f}" if model["int8"] else "not measured"
        ratio = f"{model['ratio']:.2f}" if model["ratio"] else "-"
        nodes = f"{model['int8_nodes']} of {model['nodes']}"
        lines.append(f"{name:<10}{nodes:>11}{int8:>14}{model['fp32']['p50_ms']:>10.2f}{ratio:>7}")
    lines.append("")
    for key, title, unit in (
        ("peak_memory_mb", "peak memory", "MB"),
        ("first_reading_s", "start to first reading", "s"),
        ("live_first_reading_s", "the same, live (2 s warm-up included)", "s"),
    ):
        value = report[key]
        lines.append(f"{title}: {'not measured' if value is None else f'{value:.2f} {unit}'}")
    return "\n".join(lines)


def _read_windows(reader: Reader, clip: Path, count: int, stopwatch: Stopwatch) -> None:
    """Send full windows of the clip through one pipeline; none shares a frame with another."""
    manifest = reader.bundle.manifest
    windower = Windower(manifest.window_s, manifest.hop_s, manifest.audio.rate, manifest.vision.faces)
    with RecordingSource(clip, manifest.audio.rate) as source:
        found = [window for item in source for window in windower.add(item)]
    full = [w for w in found if w.audio is not None and len(w.frames) == manifest.vision.faces] or found
    pipeline = reader.pipeline()
    for i in range(count + 1):
        window = full[i % len(full)]
        pipeline.read(_moved(window, i * manifest.window_s - window.start))
        if i == 0:  # the first one loads the detectors
            stopwatch.stages.clear()


def _moved(window: Window, by: float) -> Window:
    frames = tuple(dataclasses.replace(frame, time=frame.time + by) for frame in window.frames)
    quality = dataclasses.replace(window.quality, transcript_confidence=1.0)
    start, end = window.start + by, window.end + by
    return dataclasses.replace(window, start=start, end=end, frames=frames, text=TEXT, quality=quality)


def _int8_beside_fp32(reader: Reader, name: str, calls: int) -> dict[str, Any]:
    """The engine as it runs beside its float copy, call by call in turn, on golden inputs."""
    import onnx

    entry = reader.bundle.manifest.models[name]
    cases = golden_arrays(reader.bundle, name)["in"]
    count = len(next(iter(cases.values())))
    times: dict[str, list[float]] = {"int8": [], "fp32": []}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.onnx"
        onnx.save_model(float_graph(onnx.load(reader.bundle.path(name))), path)
        with open_engine(path) as plain:
            for i in range(calls + 5):
                inputs = {key: values[i % count] for key, values in cases.items()}
                for kind, engine in (("int8", reader.engines[name]), ("fp32", plain)):
                    start = time.perf_counter()
                    engine.run(inputs)
                    times[kind].append(1000.0 * (time.perf_counter() - start))
    int8, fp32 = (_spread(values[5:]) for values in times.values())
    return {
        "int8_nodes": entry.int8_nodes,
        "nodes": entry.nodes,
        "int8": int8 if entry.int8_nodes else None,
        "fp32": fp32,
        "ratio": round(int8["p50_ms"] / fp32["p50_ms"], 3) if entry.int8_nodes else None,
    }


def _spread(values: Iterable[float]) -> dict[str, Any]:
    ordered = np.array(list(values))
    p50, p95 = (round(float(np.percentile(ordered, q)), 3) for q in (50, 95))
    return {"p50_ms": p50, "p95_ms": p95, "n": len(ordered)}


def _fresh_process(bundle: Path, clip: Path) -> dict[str, float | None]:
    fast, live = _child(bundle, clip, "fast"), _child(bundle, clip, "live")
    return {
        "peak_memory_mb": fast["peak_mb"],
        "first_reading_s": fast["first_s"],
        "live_first_reading_s": live["first_s"],
    }


def _child(bundle: Path, clip: Path, pace: str) -> dict[str, float | None]:
    """Run this module as a process of its own; time.monotonic is one clock for all processes of a machine."""
    start = time.monotonic()
    command = [sys.executable, "-m", "edge.bench", str(bundle), str(clip), pace]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=CHILD_LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return {"first_s": None, "peak_mb": None}
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise EngineError(
            f"the process that reads {clip} failed: {reason[0]}; try `edge run --source {clip}`"
        )
    found = json.loads(done.stdout)
    first = found["first"]
    return {"first_s": None if first is None else round(first - start, 3), "peak_mb": found["peak_mb"]}


class _FirstLabel:
    """A sink that notes when the first label comes, and may end the run there."""

    def __init__(self, then: Callable[[], None]) -> None:
        self.time: float | None = None
        self._then = then

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def write(self, reading: Reading) -> None:
        if reading.label and self.time is None:
            self.time = time.monotonic()
            self._then()


class _Enough(Exception):  # noqa: N818 - no error
    """The first label was seen, the rest of the clip does not matter."""


def _run_child(bundle: Path, clip: Path, pace: str) -> None:
    def end() -> None:
        if pace == "live":
            raise _Enough

    sink = _FirstLabel(end)
    with Reader(Site(bundle=bundle), realtime=pace == "live") as reader, contextlib.suppress(_Enough):
        reader.read(clip, [sink])
    sys.stdout.write(json.dumps({"first": sink.time, "peak_mb": _peak_mb()}))


def _peak_mb() -> float | None:
    """Most memory this process held. Not getrusage: what it says starts from the parent's memory."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return None
    peak = next((row for row in status.read_text().splitlines() if row.startswith("VmHWM:")), None)
    return round(int(peak.split()[1]) / 1024, 1) if peak else None


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    rows = info.read_text().splitlines() if info.is_file() else []
    named = (row.split(":", 1)[1].strip() for row in rows if row.startswith(("model name", "Model")))
    return next(named, platform.processor() or platform.machine())


if __name__ == "__main__":
    _run_child(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
