"""Golden outputs of a bundle's networks, and how far from them a backend may be."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from calibration.int8.golden_inputs import Feed, made_up_calls
from calibration.int8.parity import Parity, parity, require_finite
from edge.bundle.manifest import AudioSpec, Limits, TextSpec
from edge.bundle.onnx_file import load_graph
from edge.engines.float_graph import float_graph
from edge.engines.onnxrt import OnnxRuntimeEngine

CASES = 4
"""Calls of each network that travel with the bundle."""


def limits_of(compared: Iterable[Parity]) -> Limits:
    """How far from its golden outputs a network may be: its rounding may cost as much again as INT8 did.

    compared: canonical INT8 against float, an entry an output, measured on the golden calls.
    """
    outputs = list(compared)
    return Limits(
        cosine=round(min(0.99, *(output.cosine for output in outputs)), 4),
        max_abs=round(max(0.05, *(2.0 * output.max_abs for output in outputs)), 3),
    )


def write_golden(
    networks: Mapping[str, Path], audio: AudioSpec, text: TextSpec, target: Path
) -> dict[str, Limits]:
    """Write golden.npz: made-up calls of each network and what its canonical graph answers.

    networks: name -> file, all four. Returns their limits. Raises EngineError, InputError for a NaN.
    """
    arrays: dict[str, NDArray[Any]] = {}
    limits = {}
    with ExitStack() as stack:
        engines = {
            name: stack.enter_context(OnnxRuntimeEngine(path, canonical=True))
            for name, path in networks.items()
        }
        for name, calls in made_up_calls(engines, audio, text).items():
            answers = [engines[name].run(call) for call in calls]
            require_finite(answers, networks[name].name)
            plain = float_answers(networks[name], calls)
            compared = [
                [parity([(plain[i][key], answer[key])]) for key in answer] for i, answer in enumerate(answers)
            ]
            errors = [max(output.max_abs for output in outputs) for outputs in compared]
            chosen = _chosen([answer["logits"] for answer in answers], errors)
            limits[name] = limits_of(output for i in chosen for output in compared[i])
            for side, found in (("in", calls), ("out", answers)):
                for key in found[0]:
                    arrays[f"{name}/{side}/{key}"] = np.stack([found[i][key] for i in chosen])
    target.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(target, **arrays)  # type: ignore[arg-type]
    return limits


def float_answers(path: Path, calls: Sequence[Feed]) -> list[Feed]:
    """What the float form of a canonical graph answers."""
    with tempfile.TemporaryDirectory(prefix="edge-golden-") as folder:
        plain = Path(folder) / path.name
        onnx.save(float_graph(load_graph(path)), plain)
        with OnnxRuntimeEngine(plain, canonical=True) as engine:
            return [engine.run(call) for call in calls]


def _chosen(logits: Sequence[NDArray[Any]], errors: Sequence[float]) -> list[int]:
    """CASES calls that INT8 answers clearly and about as exactly as usual, of different labels.

    Where two labels are nearly alike, rounding decides and a flip would mean nothing. errors: the largest
    of INT8 in each call.
    """
    leads = [_lead(rows) for rows in logits]
    usual = np.argsort(errors, kind="stable")[: max(CASES, len(leads) * 2 // 3)]
    clear = sorted(usual.tolist(), key=lambda i: -leads[i])[: max(CASES, len(usual) // 2)]
    chosen: list[int] = []
    shown: set[int] = set()
    while len(chosen) < CASES:
        new = [len(set(logits[i].argmax(axis=-1).tolist()) - shown) if i not in chosen else -1 for i in clear]
        chosen.append(clear[int(np.argmax(new))])
        shown |= set(logits[chosen[-1]].argmax(axis=-1).tolist())
    return chosen


def _lead(logits: NDArray[Any]) -> float:
    """Lead of the likeliest label over the next one, of the row where it is least."""
    ordered = np.sort(logits, axis=-1)
    return float((ordered[..., -1] - ordered[..., -2]).min())
