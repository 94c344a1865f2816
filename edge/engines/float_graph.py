"""Canonical Q/DQ graph -> the float graph it stands for: what INT8 is measured against."""

from __future__ import annotations

import numpy as np
import onnx

from edge.engines.wiring import Wiring, drop_unread


def float_graph(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy with every QuantizeLinear/DequantizeLinear taken out and int8 weights turned into float.

    The weights are those INT8 computes with, so the copy differs from the canonical graph by the rounding
    of activations only.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    wiring = Wiring(copy)
    skipped: dict[str, str] = {}
    kept = []
    for node in copy.graph.node:
        if node.op_type == "QuantizeLinear" and node.input[0] not in wiring.constants:
            skipped[node.output[0]] = node.input[0]
        elif node.op_type == "DequantizeLinear" and node.input[0] in skipped:
            skipped[node.output[0]] = skipped[node.input[0]]
        elif node.op_type == "DequantizeLinear" and node.input[0] in wiring.constants:
            copy.graph.initializer.append(
                onnx.numpy_helper.from_array(_weights(node, wiring), node.output[0])
            )
        else:
            kept.append(node)
    for node in kept:
        for i, name in enumerate(node.input):
            node.input[i] = skipped.get(name, name)
    del copy.graph.node[:]
    copy.graph.node.extend(kept)
    drop_unread(copy)
    return copy


def _weights(node: onnx.NodeProto, wiring: Wiring) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    values = wiring.array(node.input[0]).astype(np.float32)
    scale = wiring.array(node.input[1])
    axis = next((a.i for a in node.attribute if a.name == "axis"), 1)
    if scale.size > 1:
        scale = scale.reshape([-1 if i == axis % values.ndim else 1 for i in range(values.ndim)])
    return np.asarray(values * scale, np.float32)
