"""Activation ranges of a bundle's networks from windows of a site.

They are taken where INT8 comes nearer to float on other people and, where the windows are labelled, reads
them no less well: nearer to float alone is no gain, for float may read these very people less well than INT8.
"""

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
from calibration.site.fit.head import recall
from calibration.site.fit.people import folds, gain_over_people
from edge.bundle.onnx_file import load_graph
from edge.bundle.site import Part
from edge.engines.float_graph import float_graph
from edge.engines.onnxrt import OnnxRuntimeEngine
from edge.reading.confidence import softmax

Feed = Mapping[str, NDArray[Any]]
LEAST_CALLS = 24
"""Fewer calls than this say nothing about ranges."""
TRIED: tuple[Method, ...] = ("minmax", "99.99 %", "mse")
QUIET = 1e-9
Answers = Sequence[Mapping[str, NDArray[Any]]]


@dataclass(frozen=True, slots=True, eq=False)
class SiteCalls:
    """Calls of one network and whose recordings they are from."""

    feeds: Sequence[Feed]
    people: NDArray[np.int64]
    """[calls]."""
    labels: NDArray[np.int64]
    """Output of the network that is right, negative where nobody said, [calls]."""


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
    old = _answers(model, calls.feeds, scratch)
    tried: dict[Method, list[dict[str, NDArray[Any]]]] = {method: list(old) for method in TRIED}
    for part in parts:
        ranges = activation_ranges(model, [calls.feeds[i] for i in np.flatnonzero(~part).tolist()])
        held: list[int] = np.flatnonzero(part).tolist()
        for method, answers in tried.items():
            found = _answers(rescaled(model, ranges, method), [calls.feeds[i] for i in held], scratch)
            for place, answer in zip(held, found, strict=True):
                answers[place] = answer
    before = _errors(old, plain)
    errors = {method: _errors(answers, plain) for method, answers in tried.items()}
    method = min(errors, key=lambda name: float(errors[name].mean()))
    measured = {"measure": "snr_db", "before": _db(before), "after": _db(errors[method]), "people": people}
    if gain_over_people(before - errors[method], calls.people).low <= 0.0:
        return None, Part(taken=False, why="site_ranges_left", **measured)
    if not _read_as_well(old, tried[method], calls.labels):
        return None, Part(taken=False, why="site_ranges_worse", **measured)
    return rescaled(model, activation_ranges(model, calls.feeds), method), Part(
        taken=True, why="site_ranges_taken", **measured
    )


def _read_as_well(old: Answers, new: Answers, labels: NDArray[np.int64]) -> bool:
    """Whether neither recall nor the mean probability of the true label falls; yes where few are labelled."""
    told = np.flatnonzero(labels >= 0)
    if len(told) < LEAST_CALLS:
        return True
    right = labels[told]
    before, after = (np.stack([one[i]["logits"].mean(axis=0) for i in told.tolist()]) for one in (old, new))
    rows = np.arange(len(told)), right
    surer = float(softmax(after)[rows].mean() - softmax(before)[rows].mean())
    return surer >= 0.0 and recall(after, right) >= recall(before, right)


def _answers(model: onnx.ModelProto, feeds: Sequence[Feed], scratch: Path) -> list[dict[str, NDArray[Any]]]:
    """What a graph answers as TensorRT computes it."""
    file = scratch / "tried.onnx"
    onnx.save(model, file)
    with OnnxRuntimeEngine(file, canonical=True) as engine:
        return [engine.run(feed) for feed in feeds]


def _errors(found: Answers, plain: Answers) -> NDArray[np.float64]:
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
