"""Canonical Q/DQ graph -> the float graph it stands for: what INT8 is measured against, and its FP16 form."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from edge.engines.half_rest import widened, with_half_rest
from edge.engines.wiring import Wiring, drop_unread, needed


def float_graph(model: onnx.ModelProto, nodes: Collection[str] | None = None) -> onnx.ModelProto:
    """A copy without QuantizeLinear/DequantizeLinear before its nodes, int8 weights turned into float.

    nodes: first outputs of the only nodes to give back to float, in the precision of the graph's rest; None:
    all, in float32.
    The weights are those INT8 computes with, so the copy differs from the canonical graph by the rounding
    of activations only.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(widened(model) if nodes is None else model)
    wiring = Wiring(copy)
    casts: dict[str, onnx.NodeProto] = {}
    weights: dict[str, onnx.TensorProto] = {}

    def plain(name: str) -> str:
        """The float tensor behind a dequantized one."""
        dequantize = wiring.makers.get(name)
        if dequantize is None or dequantize.op_type != "DequantizeLinear":
            return name
        quantize = wiring.makers.get(dequantize.input[0])
        if quantize is not None and quantize.op_type == "QuantizeLinear":
            return as_read(quantize.input[0], dequantize)
        if dequantize.input[0] in wiring.constants:
            # Under a name of its own: a node that stays in INT8 may read the dequantized one.
            values = onnx.numpy_helper.from_array(_weights(dequantize, wiring), f"{name}.float")
            return weights.setdefault(name, values).name
        return name

    def as_read(name: str, dequantize: onnx.NodeProto) -> str:
        """What was quantized, in the type that DequantizeLinear gave."""
        if wiring.constants[dequantize.input[1]].data_type == onnx.TensorProto.FLOAT:
            return plain(name)
        cast = f"{name}.narrow"
        half = onnx.TensorProto.FLOAT16
        casts.setdefault(cast, onnx.helper.make_node("Cast", [name], [cast], name=f"{cast}.cast", to=half))
        return cast

    for node in copy.graph.node:
        if nodes is None or node.output[0] in nodes:
            for i, name in enumerate(node.input):
                node.input[i] = plain(name)
    copy.graph.initializer.extend(weights.values())
    kept = needed(_with_casts(copy, casts), wiring.outputs)
    del copy.graph.node[:]
    copy.graph.node.extend(kept)
    drop_unread(copy)
    return copy


def half_graph(model: onnx.ModelProto) -> onnx.ModelProto:
    """The float16 form of a canonical graph; inputs and outputs stay as they are.

    A strongly typed TensorRT network takes its precision from the graph, so FP16 is a graph of its own.
    """
    return with_half_rest(float_graph(model))


def _with_casts(model: onnx.ModelProto, casts: dict[str, onnx.NodeProto]) -> list[onnx.NodeProto]:
    """The nodes of a graph with each cast before the first node that reads it."""
    nodes: list[onnx.NodeProto] = []
    left = dict(casts)
    for node in model.graph.node:
        nodes += [left.pop(name) for name in node.input if name in left]
        nodes.append(node)
    return nodes


def _weights(node: onnx.NodeProto, wiring: Wiring) -> NDArray[Any]:
    values = wiring.array(node.input[0]).astype(np.float32)
    scale = wiring.array(node.input[1])
    axis = next((a.i for a in node.attribute if a.name == "axis"), 1)
    if scale.size > 1:
        scale = scale.reshape([-1 if i == axis % values.ndim else 1 for i in range(values.ndim)])
    return np.asarray(values * scale, scale.dtype)
