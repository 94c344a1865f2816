"""A tiny bundle with random networks of the real names and shapes: the whole pipeline in milliseconds.

For tests and for trying an installation; its readings mean nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper, save_model
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

from edge.bundle.folder import Bundle, write_bundle
from edge.bundle.onnx_file import shapes
from edge.engines import open_engine
from edge.labels import Labels
from edge.starter_labels import STARTER

WIDTH = 128
STEPS = 50
"""Audio tokens of a window."""
BATCH = 3
"""Faces a call."""
FACES = 8
LENGTH = 48
"""Text tokens of a window."""
WORDS = (
    "i",
    "am",
    "so",
    "very",
    *STARTER[1:5],
    "calm",
    "oh",
    "no",
    "yes",
    "this",
    "today",
)
OPSET = 17
AXIS = {"axes": np.array([1], np.int64)}

Shape = tuple[int, ...]
Arrays = dict[str, NDArray[Any]]
Node = tuple[str, list[str], str, dict[str, Any]]
"""Operator, inputs, output, attributes."""


def write_tiny_bundle(target: Path, seed: int = 0, labels: Labels = STARTER) -> Bundle:
    """Write a tiny bundle into the folder `target`; the same seed gives the same networks.

    Raises BundleError.
    """
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        models: dict[str, tuple[Path, Mapping[str, Any]]] = {}
        golden: Arrays = {}
        for name, model in _models(rng, len(labels)).items():
            path = folder / f"{name}.onnx"
            save_model(model, path)
            models[name] = path, _entry(model)
            golden |= _golden(name, path, rng)
        np.savez(folder / "golden.npz", **golden)  # type: ignore[arg-type]
        _tokenizer().save(str(folder / "tokenizer.json"))
        (folder / "card.md").write_text(
            "# Tiny bundle\n\nRandom networks for tests. Its readings mean nothing.\n"
        )
        others = {name: folder / name for name in ("golden.npz", "tokenizer.json", "card.md")}
        others["face_detector.onnx"] = Path(str(files("edge") / "assets" / "face_detector.onnx"))
        return write_bundle(target, _facts(labels), models, others)


def _facts(labels: Labels) -> dict[str, Any]:
    even = [1.0 / len(labels)] * len(labels)
    return {
        "name": "tiny",
        "created": "2026-01-01T00:00:00Z",
        "labels": labels,
        "label_facts": labels.facts,
        "train_prior": even,
        "site_prior": even,
        "temperature": {"audio": 1.0, "vision": 1.0, "text": 1.0, "fused": 1.0},
        "text": {"length": LENGTH, "vocabulary": len(WORDS) + 2},
    }


def _entry(model: ModelProto) -> dict[str, Any]:
    products = [node for node in model.graph.node if node.op_type in ("Conv", "MatMul", "Gemm")]
    return {
        "inputs": shapes(model.graph.input),
        "outputs": shapes(model.graph.output),
        "precision": "fp32",
        "int8_nodes": 0,
        "nodes": len(products),
        "limits": {"max_abs": 0.05},
    }


def _golden(name: str, path: Path, rng: np.random.Generator, cases: int = 3) -> Arrays:
    stacked: dict[str, list[NDArray[Any]]] = {}
    with open_engine(path) as engine:
        for _ in range(cases):
            inputs = {key: _example(key, shape, rng) for key, shape in engine.inputs.items()}
            for side, arrays in (("in", inputs), ("out", engine.run(inputs))):
                for key, array in arrays.items():
                    stacked.setdefault(f"{name}/{side}/{key}", []).append(array)
    return {key: np.stack(arrays) for key, arrays in stacked.items()}


def _example(name: str, shape: Shape, rng: np.random.Generator) -> NDArray[Any]:
    if name == "ids":
        return rng.integers(1, len(WORDS) + 2, shape, dtype=np.int32)
    if name.endswith("mask") or name == "present":
        return np.ones(shape, np.float32)
    if name == "quality":
        return rng.random(shape, np.float32)
    return rng.standard_normal(shape, np.float32)


def _tokenizer() -> Tokenizer:
    vocabulary = {word: i for i, word in enumerate(["[PAD]", "[UNK]", *WORDS])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    return tokenizer


def _models(rng: np.random.Generator, k: int) -> dict[str, ModelProto]:
    head = _weights(rng, WIDTH, k, gain=20.0)
    return {
        "audio": _audio(rng, head),
        "vision": _vision(rng, k),
        "text": _text(rng, head),
        "fusion": _fusion(head),
    }


def _weights(rng: np.random.Generator, *shape: int, gain: float = 1.0) -> NDArray[np.float32]:
    scale = gain / np.sqrt(np.prod(shape[:-1]))
    return np.asarray(scale * rng.standard_normal(shape), np.float32)


def _audio(rng: np.random.Generator, head: NDArray[np.float32]) -> ModelProto:
    return _model(
        [
            ("Conv", ["features", "kernel"], "steps", {"kernel_shape": [8], "strides": [8]}),
            ("Transpose", ["steps"], "heard", {"perm": [0, 2, 1]}),
            ("Sub", ["heard", "voice"], "tokens", {}),
            ("ReduceMean", ["tokens"], "mean", {"axes": [1], "keepdims": 0}),
            ("MatMul", ["mean", "head"], "logits", {}),
        ],
        {"features": (1, 64, 400), "voice": (1, WIDTH)},
        {"tokens": (1, STEPS, WIDTH), "logits": (1, head.shape[1])},
        {"kernel": _weights(rng, 8, 64, WIDTH).transpose(2, 1, 0), "head": head},
    )


def _vision(rng: np.random.Generator, k: int) -> ModelProto:
    return _model(
        [
            ("AveragePool", ["faces"], "small", {"kernel_shape": [4, 4], "strides": [4, 4]}),
            ("Flatten", ["small"], "flat", {}),
            ("MatMul", ["flat", "weight"], "tokens", {}),
            ("MatMul", ["tokens", "head"], "logits", {}),
        ],
        {"faces": (BATCH, 1, 48, 48)},
        {"tokens": (BATCH, WIDTH), "logits": (BATCH, k)},
        {"weight": _weights(rng, 144, WIDTH), "head": _weights(rng, WIDTH, k)},
    )


def _text(rng: np.random.Generator, head: NDArray[np.float32]) -> ModelProto:
    return _model(
        [
            ("Gather", ["table", "ids"], "words", {}),
            ("Unsqueeze", ["mask", "last"], "column", {}),
            ("Mul", ["words", "column"], "tokens", {}),
            ("ReduceSum", ["tokens", "axes"], "sum", {"keepdims": 0}),
            ("ReduceSum", ["mask", "axes"], "count", {}),
            ("Div", ["sum", "count"], "mean", {}),
            ("MatMul", ["mean", "head"], "logits", {}),
        ],
        {"ids": (1, LENGTH), "mask": (1, LENGTH)},
        {"tokens": (1, LENGTH, WIDTH), "logits": (1, head.shape[1])},
        {
            "table": _weights(rng, len(WORDS) + 2, WIDTH),
            "last": np.array([2], np.int64),
            "head": head,
            **AXIS,
        },
    )


def _fusion(head: NDArray[np.float32]) -> ModelProto:
    means: list[Node] = [
        ("ReduceSum", [name, "axes"], f"{name}_mean", {}) for name in ("audio", "vision", "text")
    ]
    return _model(
        [
            *means,
            ("Concat", [f"{name}_mean" for name in ("audio", "vision", "text")], "sums", {"axis": 1}),
            ("ReduceSum", ["vision_mask", "axes"], "faces", {}),
            ("ReduceSum", ["text_mask", "axes"], "words", {}),
            ("Concat", ["steps", "faces", "words"], "counts", {"axis": 1}),
            ("Max", ["counts", "one"], "lengths", {}),
            ("Exp", ["quality"], "trust", {}),
            ("Mul", ["trust", "present"], "scores", {}),
            ("ReduceSum", ["scores", "axes"], "total", {}),
            ("Div", ["scores", "total"], "weights", {}),
            ("Div", ["weights", "lengths"], "shares", {}),
            ("Unsqueeze", ["shares", "axes"], "row", {}),
            ("MatMul", ["row", "sums"], "mixed", {}),
            ("Flatten", ["mixed"], "z", {}),
            ("MatMul", ["z", "head"], "logits", {}),
        ],
        {
            "audio": (1, STEPS, WIDTH),
            "vision": (1, FACES, WIDTH),
            "text": (1, LENGTH, WIDTH),
            "vision_mask": (1, FACES),
            "text_mask": (1, LENGTH),
            "present": (1, 3),
            "quality": (1, 3),
        },
        {"logits": (1, head.shape[1]), "weights": (1, 3)},
        {
            "head": head,
            "steps": np.full((1, 1), STEPS, np.float32),
            "one": np.ones((1, 1), np.float32),
            **AXIS,
        },
    )


def _model(
    nodes: Sequence[Node],
    inputs: Mapping[str, Shape],
    outputs: Mapping[str, Shape],
    constants: Mapping[str, NDArray[Any]],
) -> ModelProto:
    def values(shapes: Mapping[str, Shape]) -> list[Any]:
        kinds = {"ids": TensorProto.INT32}
        return [
            helper.make_tensor_value_info(name, kinds.get(name, TensorProto.FLOAT), shape)
            for name, shape in shapes.items()
        ]

    graph = helper.make_graph(
        [helper.make_node(kind, taken, [given], name=given, **extra) for kind, taken, given, extra in nodes],
        "tiny",
        values(inputs),
        values(outputs),
        [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    checker.check_model(model)
    return model
