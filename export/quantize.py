"""FP32 ONNX graph -> the canonical INT8 graph: QuantizeLinear/DequantizeLinear where TensorRT gains by them.

Only the inputs of Conv, MatMul and Gemm are quantized. Activations: one scale a tensor, symmetric int8.
Weights: int8 constants, one scale an output channel. Biases, sums, LayerNorm, Softmax and GELU stay float.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from calibration.ranges import Method, collect_ranges
from edge.engines.cpu_graph import RANGES
from edge.engines.wiring import Wiring, drop_unread

SMALLEST = 16
"""Below this many channels, rows of a tile of the INT8 units stay empty."""


@dataclass(frozen=True, slots=True)
class QuantizeReport:
    """What became INT8."""

    int8_nodes: int
    """Conv, MatMul and Gemm nodes with quantized inputs."""
    nodes: int
    """All Conv, MatMul and Gemm nodes."""
    int8_macs: float
    """Share of the multiplications in the INT8 nodes, 0..1."""
    left_float: dict[str, str]
    """Output of each other node -> why the node stays float."""
    calls: int
    """Calibration calls that set the ranges."""


@dataclass(frozen=True, slots=True)
class Product:
    """One Conv, MatMul or Gemm."""

    node: onnx.NodeProto
    axis: int | None
    """Axis of the output channels in the weights; None when both inputs are activations."""
    rows: int
    """Vectors the weights are applied to."""
    inner: int
    """Values summed for one output."""
    columns: int
    """Output channels."""
    macs: int
    """Multiplications of one call."""


def quantize(
    model_path: Path,
    feeds: Iterable[Mapping[str, NDArray[Any]]],
    out_path: Path,
    method: Method = "minmax",
) -> QuantizeReport:
    """Write the canonical INT8 graph of an FP32 one.

    feeds: calibration calls, input name -> array, from real recordings. method: which activation range is
    kept. Raises InputError when there is no feed. q = clamp(round(x / scale), -128, 127) with
    scale = limit / 127: what TensorRT computes.
    """
    model = onnx.shape_inference.infer_shapes(onnx.load(model_path), strict_mode=True, data_prop=True)
    wiring = Wiring(model)
    products = [
        _product(node, wiring) for node in model.graph.node if node.op_type in ("Conv", "MatMul", "Gemm")
    ]
    heads = _heads(model, {product.node.output[0] for product in products}, wiring)
    left = {}
    for product in products:
        why = "last layer" if product.node.output[0] in heads else _why_float(product, wiring)
        if why:
            left[product.node.output[0]] = why
    chosen = [product for product in products if product.node.output[0] not in left]
    inputs = {name for product in chosen for name in _activations(product)}
    results = {_result(product.node, wiring) for product in chosen if product.node.op_type == "Conv"}
    watched = sorted(inputs | results)
    ranges, calls = collect_ranges(model, watched, feeds)
    scales = {name: ranges[name].limit(method) / 127.0 or 1.0 for name in sorted(inputs)}
    _insert(model, chosen, scales, wiring)
    entry = model.metadata_props.add()
    entry.key = RANGES
    entry.value = json.dumps({name: [ranges[name].low, ranges[name].high] for name in sorted(results)})
    onnx.checker.check_model(model, full_check=True)
    out_path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, out_path)
    total = sum(product.macs for product in products)
    done = sum(product.macs for product in chosen)
    return QuantizeReport(len(chosen), len(products), done / max(total, 1), left, calls)


def _product(node: onnx.NodeProto, wiring: Wiring) -> Product:
    first, second = wiring.shapes[node.input[0]], wiring.shapes[node.input[1]]
    out = wiring.shapes[node.output[0]]
    size = int(np.prod(out))
    if node.op_type == "Conv":
        inner = int(np.prod(second[1:]))
        return Product(node, 0, size // second[0], inner, second[0], size * inner)
    inner = first[0] if _attribute(node, "transA") else first[-1]
    axis: int | None = 0 if _attribute(node, "transB") else 1
    rows = size // out[-1]
    if node.input[1] not in wiring.constants:
        axis, rows = None, out[-2]
    return Product(node, axis, rows, inner, out[-1], size * inner)


def _why_float(product: Product, wiring: Wiring) -> str | None:
    """Why a node is better off in float; None when it is quantized."""
    node = product.node
    if product.axis is None:
        # Attention's own two products hold 5 % of the multiplications of a text encoder of ours. Quantized,
        # they cost it 1.5 dB (softmax spreads 1 over the keys: int8 keeps a few levels of that) and run no
        # faster on a CPU.
        return "both inputs are activations"
    if node.op_type == "Conv":
        weights = wiring.shapes[node.input[1]]
        if weights[1] < SMALLEST or weights[0] < SMALLEST:
            return f"{weights[1]} -> {weights[0]} channels, fewer than {SMALLEST}"
        return None
    if len(wiring.shapes[node.input[1]]) != 2 or _attribute(node, "transA"):
        return "weights are not a plain matrix"
    if product.rows == 1:
        return "one row: bound by memory"
    if min(product.inner, product.columns) < SMALLEST:
        return f"{product.inner} x {product.columns}, smaller than {SMALLEST}"
    return None


def _activations(product: Product) -> list[str]:
    return list(product.node.input[: 1 if product.axis is not None else 2])


def _result(node: onnx.NodeProto, wiring: Wiring) -> str:
    """What a convolution hands on: its output, behind a ReLU when that is all that reads it."""
    return str([node, *wiring.chain(node, ("Relu",))][-1].output[0])


def _heads(model: onnx.ModelProto, products: set[str], wiring: Wiring) -> set[str]:
    """The products behind which no other one follows: their error is the answer's error."""
    inside: set[str] = set()
    for node in reversed(model.graph.node):
        followed = any(
            reader.output[0] in products or reader.output[0] in inside
            for name in node.output
            for reader in wiring.readers[name]
        )
        if followed:
            inside.update(node.output)
    return products - inside


def _insert(
    model: onnx.ModelProto, chosen: list[Product], scales: Mapping[str, float], wiring: Wiring
) -> None:
    """Rewire the chosen nodes to quantized inputs, each tensor quantized once, before its first reader."""
    by_output = {product.node.output[0]: product for product in chosen}
    done: set[str] = set()
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        product = by_output.get(node.output[0])
        if product is not None:
            activations = _activations(product)
            for name in activations:
                if name not in done:
                    nodes += _quantize_activation(model, name, scales[name])
            done.update(activations)
            for index in range(len(activations)):
                node.input[index] = f"{node.input[index]}.dq"
            if product.axis is not None:
                weights = f"{node.input[1]}.{product.axis}"
                if weights not in done:
                    nodes.append(_quantize_weights(model, weights, wiring.array(node.input[1]), product.axis))
                done.add(weights)
                node.input[1] = f"{weights}.dq"
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    drop_unread(model)


def _quantize_activation(model: onnx.ModelProto, name: str, scale: float) -> list[onnx.NodeProto]:
    _constant(model, f"{name}.scale", np.float32(scale))
    _constant(model, f"{name}.zero", np.int8(0))
    parameters = [f"{name}.scale", f"{name}.zero"]
    return [
        onnx.helper.make_node("QuantizeLinear", [name, *parameters], [f"{name}.q"], name=f"{name}.q"),
        onnx.helper.make_node(
            "DequantizeLinear", [f"{name}.q", *parameters], [f"{name}.dq"], name=f"{name}.dq"
        ),
    ]


def _quantize_weights(
    model: onnx.ModelProto, name: str, weights: NDArray[np.float32], axis: int
) -> onnx.NodeProto:
    others = tuple(index for index in range(weights.ndim) if index != axis)
    limit = np.abs(weights).max(axis=others, keepdims=True)
    # A channel that is all zero needs a scale above zero all the same.
    scale = np.where(limit > 0, limit / 127.0, 1.0).astype(np.float32)
    _constant(model, f"{name}.q", np.clip(np.rint(weights / scale), -127, 127).astype(np.int8))
    _constant(model, f"{name}.scale", scale.reshape(-1))
    _constant(model, f"{name}.zero", np.zeros(scale.size, np.int8))
    parameters = [f"{name}.q", f"{name}.scale", f"{name}.zero"]
    return onnx.helper.make_node("DequantizeLinear", parameters, [f"{name}.dq"], name=f"{name}.dq", axis=axis)


def _constant(model: onnx.ModelProto, name: str, values: Any) -> None:
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(values), name))


def _attribute(node: onnx.NodeProto, name: str) -> int:
    return next((int(attribute.i) for attribute in node.attribute if attribute.name == name), 0)
