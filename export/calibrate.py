"""FP32 networks -> INT8 networks: ranges from training recordings, temperatures from people unseen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from calibration.confidence import fit_temperature
from edge.engines import open_engine
from edge.engines.onnxrt import OnnxRuntimeEngine
from edge.items import LABELS, MODALITIES
from export.fusion_training import Pool, compose
from export.networks import FACES_A_CALL
from export.parity import compare
from export.pools import Inputs
from export.quantize import QuantizeReport, quantize
from export.recipe import Recipe

Feed = dict[str, NDArray[Any]]

CALLS = 192
"""Calls that set the ranges of a model, and as many that judge them."""
GOLDEN = 4
"""Cases a model that travel with the bundle."""
ARGUMENTS = {
    "audio": ("features",),
    "vision": ("faces",),
    "text": ("ids", "mask"),
    "fusion": ("audio", "vision", "text", "vision_mask", "text_mask", "present", "quality"),
}


def feeds_of(
    inputs: Mapping[str, Inputs], pools: Mapping[str, Pool], recipe: Recipe, calls: int = CALLS
) -> dict[str, list[Feed]]:
    """Calls of each model on randomly chosen examples and windows composed from them."""
    rng = np.random.default_rng(recipe.seed)
    feeds = {}
    for name in MODALITIES:
        rows = FACES_A_CALL if name == "vision" else 1
        chosen = torch.from_numpy(rng.permutation(len(inputs[name]))[: calls * rows])
        taken = inputs[name].take(chosen[: len(chosen) // rows * rows])
        feeds[name] = calls_of(name, taken.tensors, rows)
    labels = torch.arange(calls) % len(LABELS)
    windows = compose(pools, labels, recipe, rng)
    feeds["fusion"] = calls_of("fusion", windows, 1)
    return feeds


def quantize_networks(
    paths: Mapping[str, Path], feeds: Mapping[str, list[Feed]], recipe: Recipe, folder: Path
) -> tuple[dict[str, Path], dict[str, QuantizeReport]]:
    """Write the INT8 networks into a folder; name -> path, name -> what became INT8."""
    out, reports = {}, {}
    for name, path in paths.items():
        out[name] = folder / f"{name}.onnx"
        reports[name] = quantize(path, feeds[name], out[name], recipe.ranges.get(name, "minmax"))
    return out, reports


def parity_of(
    floats: Mapping[str, Path], integers: Mapping[str, Path], feeds: Mapping[str, list[Feed]]
) -> dict[str, dict[str, dict[str, float]]]:
    """INT8 as the device runs it against FP32, on calls that set no range: model -> output -> numbers."""
    found = {}
    for name, calls in feeds.items():
        with open_engine(floats[name]) as reference, open_engine(integers[name]) as candidate:
            compared = compare(reference, candidate, calls)
        found[name] = {
            output: {key: round(value, 4) for key, value in asdict(numbers).items()}
            for output, numbers in compared.items()
        }
    return found


def temperatures(
    paths: Mapping[str, Path], inputs: Mapping[str, Inputs], pools: Mapping[str, Pool], recipe: Recipe
) -> dict[str, float]:
    """Temperature of each modality and of the fusion, on people no encoder was trained on."""
    found = {}
    for name in MODALITIES:
        rows = FACES_A_CALL if name == "vision" else 1
        whole = len(inputs[name]) // rows * rows
        taken = inputs[name].take(torch.arange(whole))
        found[name] = _fit(paths[name], calls_of(name, taken.tensors, rows), taken.labels)
    rng = np.random.default_rng(recipe.seed + 1)
    labels = torch.arange(100 * len(LABELS)) % len(LABELS)
    windows = compose(pools, labels, recipe, rng)
    found["fused"] = _fit(paths["fusion"], calls_of("fusion", windows, 1), labels)
    return {name: round(value, 3) for name, value in found.items()}


def golden_cases(paths: Mapping[str, Path], feeds: Mapping[str, list[Feed]], target: Path) -> Path:
    """Write golden.npz: a few calls of each model and what the canonical INT8 graph answers."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, path in paths.items():
        with OnnxRuntimeEngine(path, canonical=True) as engine:
            calls = feeds[name][:GOLDEN]
            answers = [engine.run(call) for call in calls]
        for key in calls[0]:
            arrays[f"{name}/in/{key}"] = np.stack([call[key] for call in calls])
        for key in answers[0]:
            arrays[f"{name}/out/{key}"] = np.stack([answer[key] for answer in answers])
    target.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(target, **arrays)  # type: ignore[arg-type]
    return target


def _fit(path: Path, calls: list[Feed], labels: Tensor) -> float:
    with open_engine(path) as engine:
        logits = np.concatenate([engine.run(call)["logits"] for call in calls])
    return fit_temperature(logits, labels.numpy())


def calls_of(name: str, tensors: Sequence[Tensor], rows: int = 1) -> list[Feed]:
    """Calls of a network from its arguments, each [n, ...], `rows` examples a call."""
    arrays = [tensor.numpy() for tensor in tensors]
    return [
        {key: array[i : i + rows] for key, array in zip(ARGUMENTS[name], arrays, strict=True)}
        for i in range(0, len(arrays[0]), rows)
    ]
