"""The INT8 graph that keeps a network's accuracy: range method by measured parity, then an accuracy loop.

Each method is tried on windows of people the ranges were not taken from; the one nearest to FP32 is kept.
While it loses too much all the same, the node whose quantization hurts most stays float.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from calibration.int8.lint import require_clean
from calibration.int8.parity import parity, require_finite
from calibration.int8.quantize import Quantizer, QuantizeReport
from calibration.int8.ranges import METHODS, Method
from calibration.int8.settings import QuantizeSettings, Rest
from calibration.judge.metrics import weighted_f1
from edge.bundle.onnx_file import load_graph
from edge.engines import open_engine
from edge.engines.half_rest import with_half_rest
from edge.engines.onnxrt import OnnxRuntimeEngine
from edge.words import asked_language, word

Feed = Mapping[str, NDArray[Any]]
Outputs = list[dict[str, NDArray[Any]]]


@dataclass(frozen=True, eq=False)
class Calls:
    """Inputs of one network and their labels."""

    feeds: Sequence[Feed]
    """Input name -> array."""
    labels: NDArray[np.int64]
    """[rows of logits of all calls]."""


@dataclass(frozen=True)
class GivenBack:
    """One node that the accuracy loop kept in float, and the accuracy of the network after that."""

    node: str
    """Output of the node."""
    macs: float
    """Its share of the network's multiplications, 0..1."""
    drop: float
    """Weighted F1 lost against FP32 with this node and all before it in float (points)."""
    cosine: float
    """Mean cosine to FP32, of the output that has the least."""


@dataclass(frozen=True)
class Narrowed:
    """The chosen INT8 graph with a float16 rest, as TensorRT computes it, on the held-out calls."""

    drop: float
    """Weighted F1 lost against FP32 (points)."""
    cosine: float
    """Mean cosine to FP32, of the output that has the least."""
    max_abs_logits: float
    """Largest difference of a logit from that of the float32 rest."""


@dataclass(frozen=True)
class SearchResult:
    """The chosen INT8 graph of one network and its measurements."""

    report: QuantizeReport
    drop: float
    """Weighted F1 lost against FP32 on the held-out calls (points); below 0 is a gain."""
    cosine: float
    """Mean cosine to FP32, of the output that has the least."""
    snr_db: dict[str, float]
    """Range method -> signal to noise of the worst output (decibels)."""
    given_back: list[GivenBack] = field(default_factory=list)
    """In the order of the decisions."""
    rest: Rest = "float32"
    """What the graph computes in where it is not INT8."""
    narrowed: Narrowed | None = None
    """What a float16 rest costs; None: none was asked for."""

    @property
    def macs_given_back(self) -> float:
        """Share of the multiplications the loop gave back to float, 0..1."""
        return sum(step.macs for step in self.given_back)

    def as_dict(self) -> dict[str, Any]:
        """What the manifest keeps."""
        return {
            "ranges": self.report.method,
            "snr_db": {name: round(value, 1) for name, value in self.snr_db.items()},
            "drop_points": round(self.drop, 2),
            "cosine": round(self.cosine, 5),
            "given_back": [asdict(step) for step in self.given_back],
            "rest": self.rest,
            **({"float16_rest": asdict(self.narrowed)} if self.narrowed else {}),
        }


@dataclass(frozen=True)
class _Candidate:
    report: QuantizeReport
    drop: float
    cosine: float
    snr_db: float


def search(
    model_path: Path,
    ranges: Sequence[Feed],
    held_out: Calls,
    out_path: Path,
    wanted: QuantizeSettings,
    say: Callable[[str], None] = lambda _: None,
) -> SearchResult:
    """Write the INT8 graph of an FP32 network that keeps within the limits `wanted` where it can.

    ranges: calls that set the activation ranges. held_out: calls of other people, which judge. say: gets one
    line for each node that stays float.
    Raises InputError when there is no call.
    """
    quantizer = Quantizer(model_path, ranges)
    with open_engine(model_path) as engine:
        reference = [engine.run(feed) for feed in held_out.feeds]
    with tempfile.TemporaryDirectory() as scratch:
        scorer = _Scorer(quantizer, held_out, reference, Path(scratch) / "trial.onnx")
        candidates = {method: scorer.measure(method) for method in METHODS}
        method = max(METHODS, key=lambda name: candidates[name].snr_db)
        candidate, steps = _give_back(scorer, method, candidates[method], wanted, say)
        report = quantizer.write(out_path, method, {step.node: "given back" for step in steps})
        rest, narrowed = _rest(scorer, out_path, wanted, say)
    snr_db: dict[str, float] = {name: tried.snr_db for name, tried in candidates.items()}
    return SearchResult(report, candidate.drop, candidate.cosine, snr_db, steps, rest, narrowed)


def _rest(
    scorer: _Scorer, path: Path, wanted: QuantizeSettings, say: Callable[[str], None]
) -> tuple[Rest, Narrowed | None]:
    """Give the graph a float16 rest where that is asked for and keeps within the limits."""
    if wanted.rest == "float32":
        return "float32", None
    half = with_half_rest(load_graph(path))
    found = scorer.narrowed(half, path)
    kept = found.drop <= wanted.max_drop and found.cosine >= wanted.min_cosine
    if kept:
        require_clean(half, path.name)
        onnx.save(half, path)
    key = "rest_half" if kept else "rest_stays"
    said = {"drop": found.drop, "cosine": found.cosine, "logits": found.max_abs_logits}
    say(f"  {word(key, asked_language(), **said)}")
    return "float16" if kept else "float32", found


def _give_back(
    scorer: _Scorer,
    method: Method,
    candidate: _Candidate,
    wanted: QuantizeSettings,
    say: Callable[[str], None],
) -> tuple[_Candidate, list[GivenBack]]:
    """The accuracy loop: the most harmful node first, until the network is good enough."""
    steps: list[GivenBack] = []
    order: list[tuple[str, int]] | None = None
    total = sum(product.macs for product in scorer.quantizer.products)
    left: dict[str, str] = {}
    # Not "above" and "below": a NaN is never good enough.
    while not (candidate.drop <= wanted.max_drop and candidate.cosine >= wanted.min_cosine) and (
        order is None or order
    ):
        if order is None:
            order = scorer.harm(method)
        name, macs = order.pop(0)
        left[name] = "given back"
        candidate = scorer.measure(method, left)
        steps.append(GivenBack(name, macs / total, round(candidate.drop, 3), round(candidate.cosine, 5)))
        said = {"name": name, "drop": candidate.drop, "cosine": candidate.cosine}
        say(f"  {word('stays_float', asked_language(), **said)}")
    return candidate, steps


class _Scorer:
    """Tries INT8 graphs of one network against the FP32 answers."""

    def __init__(self, quantizer: Quantizer, held_out: Calls, reference: Outputs, scratch: Path) -> None:
        self.quantizer = quantizer
        self._held_out, self._reference, self._scratch = held_out, reference, scratch
        require_finite(reference, "FP32")
        self._full = self._weighted_f1(reference)

    def measure(self, method: Method, left: Mapping[str, str] | None = None) -> _Candidate:
        """Quantize with these nodes left in float, run, compare."""
        report = self.quantizer.write(self._scratch, method, left)
        with open_engine(self._scratch) as engine:
            answers = [engine.run(feed) for feed in self._held_out.feeds]
        found = [
            parity((a[name], b[name]) for a, b in zip(self._reference, answers, strict=True))
            for name in self._reference[0]
        ]
        return _Candidate(
            report,
            100.0 * (self._full - self._weighted_f1(answers)),
            float(np.min([output.mean_cosine for output in found])),
            min(output.snr_db for output in found),
        )

    def narrowed(self, half: onnx.ModelProto, path: Path) -> Narrowed:
        """Run a graph with a float16 rest as it is; path: the same with a float32 rest."""
        onnx.save(half, self._scratch)
        with (
            OnnxRuntimeEngine(self._scratch, canonical=True) as engine,
            OnnxRuntimeEngine(path, canonical=True) as wide,
        ):
            answers = [engine.run(feed) for feed in self._held_out.feeds]
            before = [wide.run(feed)["logits"] for feed in self._held_out.feeds]
        require_finite(answers, path.name)
        cosines = [
            parity((a[name], b[name]) for a, b in zip(self._reference, answers, strict=True)).mean_cosine
            for name in self._reference[0]
        ]
        apart = [np.abs(a["logits"] - b).max() for a, b in zip(answers, before, strict=True)]
        drop = 100.0 * (self._full - self._weighted_f1(answers))
        return Narrowed(round(drop, 3), round(float(np.min(cosines)), 5), round(float(max(apart)), 4))

    def harm(self, method: Method) -> list[tuple[str, int]]:
        """Output and multiplications of each quantized node, the one whose float form helps most first."""
        nodes = self.quantizer.quantized
        gain = {node.output: self.measure(method, {node.output: "tried"}).snr_db for node in nodes}
        ordered = sorted(nodes, key=lambda node: gain[node.output], reverse=True)
        return [(node.output, node.macs) for node in ordered]

    def _weighted_f1(self, answers: Outputs) -> float:
        predicted = np.concatenate([answer["logits"].argmax(-1).reshape(-1) for answer in answers])
        return weighted_f1(self._held_out.labels, predicted)
