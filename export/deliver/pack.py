"""Networks, numbers and words -> a bundle folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from calibration.int8.quantize import QuantizeReport
from edge.bundle.folder import Bundle, write_bundle
from edge.bundle.manifest import AudioSpec, Limits
from edge.bundle.onnx_file import load_graph, shapes
from export.recipe import Recipe
from export.training.noisy_windows import HOP_S, WINDOW_S


def pack(
    target: Path,
    recipe: Recipe,
    models: Mapping[str, Path],
    reports: Mapping[str, QuantizeReport],
    limits: Mapping[str, Limits],
    tokenizer: Path,
    golden: Path,
    pages: Sequence[Path],
    facts: Mapping[str, Any],
) -> Bundle:
    """Write a bundle. reports: empty for an FP32 bundle. pages: cards and whatever else goes in as it is.

    facts: confidence, and the results known so far.
    """
    shared = {
        "name": recipe.name,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "labels": recipe.labels,
        "label_facts": recipe.labels.facts,
        "window_s": WINDOW_S,
        "hop_s": HOP_S,
        "audio": AudioSpec(),
        "vision": recipe.face_crop,
        "text": recipe.tokens,
        "train_prior": even(recipe),
        "site_prior": even(recipe),
        "voting": recipe.voting,
    }
    described = {
        name: (path, {**_describe(path, reports.get(name)), "limits": limits[name]})
        for name, path in models.items()
    }
    with as_file(files("edge") / "assets" / "face_detector.onnx") as detector:
        others = {
            "tokenizer.json": tokenizer,
            "golden.npz": golden,
            **{page.name: page for page in pages},
            "face_detector.onnx": detector,
        }
        return write_bundle(target, {**shared, **facts}, described, others)


def even(recipe: Recipe) -> tuple[float, ...]:
    """An even prior: the fusion head is trained on all labels equally often.

    A site that knows its own balance says so in site.toml.
    """
    return (1.0 / len(recipe.labels),) * len(recipe.labels)


def _describe(path: Path, report: QuantizeReport | None) -> dict[str, Any]:
    """ModelEntry fields of an ONNX file."""
    graph = load_graph(path).graph
    products = sum(node.op_type in ("Conv", "MatMul", "Gemm") for node in graph.node)
    return {
        "inputs": shapes(graph.input),
        "outputs": shapes(graph.output),
        "precision": "int8" if report else "fp32",
        "int8_nodes": report.int8_nodes if report else 0,
        "nodes": report.nodes if report else products,
    }
