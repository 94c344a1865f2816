"""Golden outputs of a bundle's networks, and how far from them a backend may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from calibration.int8.parity import Parity, compare_engines, require_finite
from edge.bundle.manifest import Limits
from edge.bundle.onnx_file import load_graph
from edge.engines.float_graph import float_graph
from edge.engines.onnxrt import OnnxRuntimeEngine


def limits_of(compared: Iterable[Parity]) -> Limits:
    """How far from its golden outputs a network may be: its rounding may cost as much again as INT8 did.

    compared: canonical INT8 against float, an entry an output, measured on the golden calls.
    """
    outputs = list(compared)
    return Limits(
        cosine=round(min(0.99, *(output.cosine for output in outputs)), 4),
        max_abs=round(max(0.05, *(2.0 * output.max_abs for output in outputs)), 3),
    )


def renewed(
    arrays: Mapping[str, NDArray[Any]], name: str, path: Path, scratch: Path
) -> tuple[dict[str, NDArray[Any]], Limits]:
    """Golden arrays of one network whose ranges are new, inputs as they were, and their limits.

    arrays: of golden.npz. path: of its canonical graph. scratch: a folder for its float form.
    """
    inputs = {key: values for key, values in arrays.items() if key.startswith(f"{name}/in/")}
    count = len(next(iter(inputs.values())))
    calls = [{key.split("/")[2]: values[row] for key, values in inputs.items()} for row in range(count)]
    plain = scratch / f"{name}-float.onnx"
    onnx.save(float_graph(load_graph(path)), plain)
    with (
        OnnxRuntimeEngine(path, canonical=True) as engine,
        OnnxRuntimeEngine(plain, canonical=True) as reference,
    ):
        answers = [engine.run(call) for call in calls]
        require_finite(answers, path.name)
        limits = limits_of(compare_engines(engine, reference, calls).values())
    outputs = {f"{name}/out/{key}": np.stack([answer[key] for answer in answers]) for key in answers[0]}
    return {**inputs, **outputs}, limits
