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

from calibration.int8.lint import require_clean
from calibration.int8.multiplications import Product, activations, find_products, int_attribute, result
from calibration.int8.ranges import Method, collect_ranges
from edge.bundle.onnx_file import load_graph
from edge.engines.cpu_graph import RANGES
from edge.engines.wiring import Wiring, drop_unread

SMALLEST_TABLE = 256
"""Rows from which an embedding table is worth INT8."""


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
    method: Method
    """Which part of an activation's range is kept."""
    tables: int
    """Embedding tables held in INT8."""


class Quantizer:
    """One FP32 network with the ranges its tensors take; writes canonical INT8 graphs of it.

    feeds: calibration calls, input name -> array, from real recordings; they are run once. Raises InputError
    when there is none.
    """

    def __init__(self, model_path: Path, feeds: Iterable[Mapping[str, NDArray[Any]]]) -> None:
        self._model = onnx.shape_inference.infer_shapes(
            load_graph(model_path), strict_mode=True, data_prop=True
        )
        self.products, self._left = find_products(self._model)
        wiring = Wiring(self._model)
        chosen = self.quantized
        inputs = {name for product in chosen for name in activations(product)}
        results = {result(product.node, wiring) for product in chosen if product.node.op_type == "Conv"}
        self._ranges, self.calls = collect_ranges(self._model, sorted(inputs | results), feeds)

    @property
    def quantized(self) -> list[Product]:
        """The products that gain by INT8, in the order of the graph."""
        return [product for product in self.products if product.output not in self._left]

    def write(
        self, out_path: Path, method: Method = "minmax", given_back: Mapping[str, str] | None = None
    ) -> QuantizeReport:
        """Write a canonical INT8 graph.

        method: which part of an activation's range is kept. given_back: output of a node that stays float
        besides those no hardware gains by -> why. q = clamp(round(x / scale), -128, 127) with
        scale = limit / 127: what TensorRT computes.
        """
        left = {**self._left, **(given_back or {})}
        model = onnx.ModelProto()
        model.CopyFrom(self._model)
        wiring = Wiring(model)
        chosen = [product for product in self.products if product.output not in left]
        inputs = {name for product in chosen for name in activations(product)}
        results = {result(product.node, wiring) for product in chosen if product.node.op_type == "Conv"}
        scales = {name: self._ranges[name].limit(method) / 127.0 or 1.0 for name in sorted(inputs)}
        _insert(model, chosen, scales, wiring)
        tables = _tables(model, wiring)
        for node in tables:
            _quantize_table(model, node, wiring)
        drop_unread(model)
        entry = model.metadata_props.add()
        entry.key = RANGES
        entry.value = json.dumps(
            {name: [self._ranges[name].low, self._ranges[name].high] for name in sorted(results)}
        )
        onnx.checker.check_model(model, full_check=True)
        require_clean(model, out_path.name)
        out_path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(model, out_path)
        total = sum(product.macs for product in self.products)
        done = sum(product.macs for product in chosen)
        return QuantizeReport(
            len(chosen), len(self.products), done / max(total, 1), left, self.calls, method, len(tables)
        )


def quantize(
    model_path: Path,
    feeds: Iterable[Mapping[str, NDArray[Any]]],
    out_path: Path,
    method: Method = "minmax",
) -> QuantizeReport:
    """Write the canonical INT8 graph of an FP32 one: `Quantizer` in one call."""
    return Quantizer(model_path, feeds).write(out_path, method)


def _insert(
    model: onnx.ModelProto, chosen: list[Product], scales: Mapping[str, float], wiring: Wiring
) -> None:
    """Rewire the chosen nodes to quantized inputs, each tensor quantized once, before its first reader."""
    by_output = {product.output: product for product in chosen}
    done: set[str] = set()
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        product = by_output.get(node.output[0])
        if product is not None:
            names = activations(product)
            for name in names:
                if name not in done:
                    nodes += _quantize_activation(model, name, scales[name])
            done.update(names)
            for index in range(len(names)):
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


def _tables(model: onnx.ModelProto, wiring: Wiring) -> list[onnx.NodeProto]:
    """The Gather nodes that look up rows of a large float table of their own."""
    return [
        node
        for node in model.graph.node
        if node.op_type == "Gather"
        and node.input[0] in wiring.constants
        and wiring.constants[node.input[0]].data_type == onnx.TensorProto.FLOAT
        and len(wiring.shapes[node.input[0]]) == 2
        and wiring.shapes[node.input[0]][0] >= SMALLEST_TABLE
        and not int_attribute(node, "axis")
        and wiring.readers[node.input[0]] == [node]
    ]


def _quantize_table(model: onnx.ModelProto, node: onnx.NodeProto, wiring: Wiring) -> None:
    """An embedding table in INT8, one scale a row; TensorRT wants the DequantizeLinear before the Gather."""
    name = f"{node.input[0]}.0"
    dequantize = _quantize_weights(model, name, wiring.array(node.input[0]), 0)
    place = next(i for i, other in enumerate(model.graph.node) if other.output[0] == node.output[0])
    model.graph.node.insert(place, dequantize)
    model.graph.node[place + 1].input[0] = dequantize.output[0]


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
