"""Activation ranges of a bundle's networks from windows of a site, taken where INT8 comes nearer to float."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from calibration.int8.ranges import Method
from calibration.int8.rescale import activation_ranges, rescaled
from calibration.site.fit.people import folds, gain_over_people
from edge.bundle.onnx_file import load_graph
from edge.bundle.site import Part
from edge.engines.float_graph import float_graph
from edge.engines.onnxrt import OnnxRuntimeEngine

Feed = Mapping[str, NDArray[Any]]
LEAST_CALLS = 24
"""Fewer calls than this say nothing about ranges."""
TRIED: tuple[Method, ...] = ("minmax", "99.99 %", "mse")
QUIET = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class SiteCalls:
    """SiteCalls of one network and whose recordings they are from."""

    feeds: Sequence[Feed]
    people: NDArray[np.int64]
    """[calls]."""


def site_ranges(path: Path, calls: SiteCalls, scratch: Path) -> tuple[onnx.ModelProto | None, Part]:
    """The canonical graph with ranges of the site, or None where it is no nearer to float; and why.

    path: of the canonical graph. Ranges are taken from some people and judged on others, twice; what is kept
    is taken from all. scratch: a folder for graphs that are tried. Raises EngineError.
    """
    if len(calls.feeds) < LEAST_CALLS:
        return None, Part(taken=False, why="site_ranges_few")
    model = load_graph(path)
    if not any(node.op_type == "QuantizeLinear" for node in model.graph.node):
        return None, Part(taken=False, why="site_ranges_float")
    parts = folds(calls.people, np.zeros(len(calls.people), np.int64), most=2)
    people = len(np.unique(calls.people))
    if not parts:
        return None, Part(taken=False, why="site_one_person", people=people)
    plain = _answers(float_graph(model), calls.feeds, scratch)
    old = _errors(_answers(model, calls.feeds, scratch), plain)
    tried = {method: np.zeros(len(old)) for method in TRIED}
    for part in parts:
        ranges = activation_ranges(model, [calls.feeds[i] for i in np.flatnonzero(~part).tolist()])
        held: list[int] = np.flatnonzero(part).tolist()
        for method in TRIED:
            found = _answers(rescaled(model, ranges, method), [calls.feeds[i] for i in held], scratch)
            tried[method][held] = _errors(found, [plain[i] for i in held])
    method = min(tried, key=lambda name: float(tried[name].mean()))
    gain = gain_over_people(old - tried[method], calls.people)
    measured = {"measure": "snr_db", "before": _db(old), "after": _db(tried[method]), "people": people}
    if gain.low <= 0.0:
        return None, Part(taken=False, why="site_ranges_left", **measured)
    return rescaled(model, activation_ranges(model, calls.feeds), method), Part(
        taken=True, why="site_ranges_taken", **measured
    )


def _answers(model: onnx.ModelProto, feeds: Sequence[Feed], scratch: Path) -> list[dict[str, NDArray[Any]]]:
    """What a graph answers as TensorRT computes it."""
    file = scratch / "tried.onnx"
    onnx.save(model, file)
    with OnnxRuntimeEngine(file, canonical=True) as engine:
        return [engine.run(feed) for feed in feeds]


def _errors(found: Sequence[Mapping[str, Any]], plain: Sequence[Mapping[str, Any]]) -> NDArray[np.float64]:
    """Log energy of the difference over that of the float answer, of each call's worst output, [calls]."""
    errors = []
    for one, other in zip(found, plain, strict=True):
        shares = [
            float(((one[name] - other[name]) ** 2).sum()) / (float((other[name] ** 2).sum()) + QUIET)
            for name in other
        ]
        errors.append(np.log10(max(shares) + QUIET))
    return np.array(errors)


def _db(errors: NDArray[np.float64]) -> float:
    """Signal to noise (decibels), the mean over calls."""
    return round(float(-10.0 * errors.mean()), 2)
