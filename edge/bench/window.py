"""Where the time of one window goes, what INT8 saves, memory and start-up: measured, never estimated.

The JSON keys are stable; what cannot be measured on a machine is null ("not measured" in the table).

    bundle              name of the bundle
    machine             {python, onnxruntime, system, processor, cores}
    backend             what ran the networks: onnxrt or tensorrt
    engine              the same with its version, and the GPU where it uses one
    stages              {stage: {p50_ms, p95_ms, p99_ms, n}}; every window is new: 8 new faces, new sound,
                        a transcript
    stream              {p50_ms, p95_ms, p99_ms, n}: the whole window again, but as a device meets it, each
                        sharing all but a hop with the one before
    models              {audio, vision, text, fusion: {int8_nodes, nodes, int8: {p50_ms, ..} or null,
                        fp32: {p50_ms, ..}, fp16: the same on TensorRT, ratio: int8 over fp32 (p50)}}, all on
                        that backend, run in turn, one thread
    window              the same of all calls of one window: audio, vision for every face, text, fusion
    peak_memory_mb      most memory a fresh process held while it read the demo clip
    panel               {p50_ms, .., n, cpu_p50_ms: of processor time, panels_per_s, core_share: of one core,
                        0..1, at that rate}: drawing the panel, what the screen does with it left out
    first_reading_s     fresh process to first label, the recording read without waiting
    live_first_reading_s  the same, the recording paced as a live device; holds the 2 s warm-up
    compare             only with --compare: edge/bench/compare.py

`edge bench --sustained` has keys of its own: edge/bench/sustained/told.py.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import platform
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from edge.app import Reader, demo_clip, starter_bundle
from edge.bench.fresh_process import fresh_process
from edge.bench.precisions import int8_nodes, open_floats, runs_on
from edge.bundle.folder import Bundle
from edge.bundle.golden import golden_arrays
from edge.bundle.manifest import Manifest
from edge.config import Site
from edge.display.cost import panel_times
from edge.display.window.window import FPS
from edge.interfaces import Engine
from edge.items import AudioChunk, Frame, Tick, Window
from edge.reading.stopwatch import Stopwatch
from edge.reading.windows import Windower
from edge.sources.recorded.recording import RecordingSource

LEVELS = 1000
"""Levels of sound that windows take in turn."""
TEXT = "oh no what happened here I did not see that coming today"
"""Stands for a transcript."""


def measure(
    bundle: Path | None = None, clip: Path | None = None, windows: int = 60, calls: int = 200
) -> dict[str, Any]:
    """Measure a bundle (default: the starter) on a clip (default: the demo clip).

    windows: how many go through the pipeline. calls: of each model. Returns the keys above.
    Raises BundleError, EngineError, MediaError.
    """
    bundle, clip = bundle or starter_bundle(), clip or demo_clip()
    stopwatch = Stopwatch()
    with Reader(Site(bundle=bundle), stopwatch=stopwatch) as reader:
        _read_windows(reader, clip, windows, stopwatch)
        stages = {name: spread(values) for name, values in stopwatch.stages.items()}
        _read_stream(reader, clip, windows, stopwatch)
        return {
            "bundle": reader.bundle.manifest.name,
            "backend": reader.backend,
            "engine": runs_on(reader.backend),
            "machine": machine(),
            "stages": stages,
            "stream": spread(stopwatch.stages["whole window"]),
            **_int8_beside_float(reader, calls, windows),
            "panel": _panel(clip),
            **fresh_process(bundle, clip),
        }


def machine() -> dict[str, Any]:
    """What was measured on."""
    import onnxruntime

    return {
        "python": platform.python_version(),
        "onnxruntime": onnxruntime.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
    }


def _panel(clip: Path) -> dict[str, Any]:
    times, cpu = panel_times(clip)
    return spread(times) | {
        "cpu_p50_ms": round(float(np.median(cpu)), 3),
        "panels_per_s": FPS,
        "core_share": round(FPS * float(np.mean(cpu)) / 1000.0, 3),
    }


def _read_windows(reader: Reader, clip: Path, count: int, stopwatch: Stopwatch) -> None:
    """Send full windows of the clip through one pipeline; none shares a frame with another."""
    pipeline = reader.pipeline()
    for i, window in enumerate(itertools.islice(new_windows(reader.bundle.manifest, clip), count + 1)):
        pipeline.read(window)
        if i == 0:  # the first one loads the detectors
            stopwatch.stages.clear()


def new_windows(manifest: Manifest, clip: Path) -> Iterator[Window]:
    """Full windows of the clip without end; none shares a frame with another."""
    windower = Windower(manifest.window_s, manifest.hop_s, manifest.audio.rate, manifest.vision.faces)
    with RecordingSource(clip, manifest.audio.rate) as source:
        found = [window for item in source for window in windower.add(item)]
    full = [w for w in found if w.audio is not None and len(w.frames) == manifest.vision.faces] or found
    for i in itertools.count():
        window = full[i % len(full)]
        if window.audio is not None:  # another level each time: windows of one clip overlap
            level = np.float32(1.0 - 1e-5 * (i % LEVELS))
            window = dataclasses.replace(window, audio=window.audio * level)
        yield _moved(window, i * manifest.window_s - window.start)


def _read_stream(reader: Reader, clip: Path, count: int, stopwatch: Stopwatch) -> None:
    """Send the windows of the clip, played again and again, through one pipeline as they follow."""
    manifest = reader.bundle.manifest
    windower = Windower(manifest.window_s, manifest.hop_s, manifest.audio.rate, manifest.vision.faces)
    with RecordingSource(clip, manifest.audio.rate) as source:
        items = list(source)
    heard = [item for item in items if isinstance(item, AudioChunk)]
    length = max(chunk.start + len(chunk.samples) / chunk.rate for chunk in heard)
    pipeline = reader.pipeline()
    for start in itertools.count(0.0, length):
        for item in items:
            for window in windower.add(_later(item, start)):
                pipeline.read(_moved(window, 0.0))
                if window.start < 0:  # not full yet
                    stopwatch.stages.clear()
                elif len(stopwatch.stages["whole window"]) == count:
                    return


def _later(item: AudioChunk | Frame | Tick, by: float) -> AudioChunk | Frame | Tick:
    if isinstance(item, AudioChunk):
        return dataclasses.replace(item, start=item.start + by)
    return dataclasses.replace(item, time=item.time + by)


def _moved(window: Window, by: float) -> Window:
    frames = tuple(dataclasses.replace(frame, time=frame.time + by) for frame in window.frames)
    quality = dataclasses.replace(window.quality, transcript_confidence=1.0)
    start, end = window.start + by, window.end + by
    return dataclasses.replace(window, start=start, end=end, frames=frames, text=TEXT, quality=quality)


def _int8_beside_float(reader: Reader, calls: int, windows: int) -> dict[str, Any]:
    """The engines as they run beside their float forms on the same backend, in turn, on golden inputs."""
    bundle = reader.bundle
    with ExitStack() as stack:
        sides: dict[str, Mapping[str, Engine]] = {"int8": reader.engines}
        for precision, engines in open_floats(bundle, reader.backend, stack).items():
            sides[precision] = engines
        models = {}
        for name in bundle.manifest.models:
            cases = list(itertools.islice(itertools.cycle(_cases(bundle, name)), calls + 5))
            models[name] = _sides_in_turn(sides, [[(name, case)] for case in cases], bundle)
        window = _sides_in_turn(sides, [window_calls(bundle)] * (windows + 5), bundle)
    return {"models": models, "window": window}


Call = tuple[str, dict[str, Any]]
"""A network's name and its inputs."""


def _sides_in_turn(
    sides: Mapping[str, Mapping[str, Engine]], rounds: Sequence[Sequence[Call]], bundle: Bundle
) -> dict[str, Any]:
    """Every round through all sides in turn; the first five only warm up."""
    times: dict[str, list[float]] = {side: [] for side in sides}
    for calls in rounds:
        for side, engines in sides.items():
            start = time.perf_counter()
            for name, inputs in calls:
                engines[name].run(inputs)
            times[side].append(1000.0 * (time.perf_counter() - start))
    found = {side: spread(taken[5:]) for side, taken in times.items()}
    names = dict(rounds[0])
    quantized = sum(int8_nodes(bundle, sides["int8"], name) for name in names)
    int8, fp32 = found["int8"] if quantized else None, found.get("fp32")
    return {
        "int8_nodes": quantized,
        "nodes": sum(bundle.manifest.models[name].nodes for name in names),
        "int8": int8,
        "fp32": fp32,
        "fp16": found.get("fp16"),
        "ratio": round(int8["p50_ms"] / fp32["p50_ms"], 3) if int8 and fp32 else None,
    }


def window_calls(bundle: Bundle) -> list[Call]:
    """The calls of one whole window on golden inputs; vision as often as its batch needs for every face."""
    first = {name: next(_cases(bundle, name)) for name in bundle.manifest.models}
    times = -(-bundle.manifest.vision.faces // len(first["vision"]["faces"]))
    return [(name, first[name]) for name in first for _ in range(times if name == "vision" else 1)]


def _cases(bundle: Bundle, name: str) -> Iterator[dict[str, Any]]:
    inputs = golden_arrays(bundle, name)["in"]
    for i in range(len(next(iter(inputs.values())))):
        yield {key: values[i] for key, values in inputs.items()}


def spread(values: Iterable[float]) -> dict[str, Any]:
    """Percentiles of times in milliseconds, and how many there were."""
    ordered = np.array(list(values))
    return {f"p{q}_ms": round(float(np.percentile(ordered, q)), 3) for q in (50, 95, 99)} | {
        "n": len(ordered)
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    rows = info.read_text().splitlines() if info.is_file() else []
    named = (row.split(":", 1)[1].strip() for row in rows if row.startswith(("model name", "Model")))
    return next(named, platform.processor() or platform.machine())
