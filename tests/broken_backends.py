"""What a broken backend computes: a bundle's networks with one layer spoilt, one fault at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import onnx
from onnx import numpy_helper

from edge.engines.wiring import Wiring

Change = Callable[[np.ndarray], np.ndarray]


def faults(model: onnx.ModelProto) -> Iterator[tuple[str, str, onnx.ModelProto]]:
    """Kind of fault, layer, spoilt copy; every kind in every layer with weights where it changes a number."""
    wiring = Wiring(model)
    for node in model.graph.node:
        if node.op_type not in ("Conv", "MatMul", "Gemm"):
            continue
        for kind, (tensor, change) in _changes(node, wiring).items():
            before = wiring.array(tensor)
            after = change(before).astype(before.dtype)
            if np.array_equal(before, after):
                continue
            copy = onnx.ModelProto()
            copy.CopyFrom(model)
            (place,) = [one for one in copy.graph.initializer if one.name == tensor]
            place.CopyFrom(numpy_helper.from_array(after, tensor))
            yield kind, node.name, copy


def _changes(node: onnx.NodeProto, wiring: Wiring) -> dict[str, tuple[str, Change]]:
    """Kind of fault -> the constant it spoils and how."""
    found: dict[str, tuple[str, Change]] = {}
    weight = wiring.makers.get(node.input[1])
    if weight is not None and weight.op_type == "DequantizeLinear" and weight.input[0] in wiring.constants:
        values, scale = weight.input[0], weight.input[1]
        found["scale of a channel for its neighbour's"] = scale, lambda a: np.roll(a, 1)
        found["one scale for all channels"] = scale, lambda a: np.full_like(a, a.mean())
        found["weights 10 % too large"] = scale, lambda a: a * 1.1
        found["weights in 4 bits"] = values, lambda a: np.clip(np.round(a / 16.0), -8, 7) * 16
        read = wiring.makers[node.input[0]]
        found["activations cut at half their range"] = read.input[1], lambda a: a * 0.5
        found["activations at twice their range"] = read.input[1], lambda a: a * 2.0
    elif node.input[1] in wiring.constants:
        values = node.input[1]
        found["weights 10 % too large"] = values, lambda a: a * 1.1
        found["weights in 4 bits"] = values, lambda a: np.round(a / _step(a)) * _step(a)
    else:
        return {}
    axis = 0 if node.op_type in ("Conv", "Gemm") else 1
    found["two output channels swapped"] = values, lambda a: _swapped(a, axis)
    found["input channels reversed"] = values, lambda a: np.flip(a, 1 - axis)
    if node.op_type == "Conv":
        found["kernel mirrored"] = values, lambda a: np.flip(a, 2)
        found["edge of the kernel left out"] = values, _without_edge
    if len(node.input) > 2 and node.input[2] in wiring.constants:
        found["bias left out"] = node.input[2], lambda a: a * 0.0
    return found


def _step(weights: np.ndarray) -> float:
    return float(np.abs(weights).max()) / 7.0


def _swapped(weights: np.ndarray, axis: int) -> np.ndarray:
    """The two channels that weigh most, each in the other's place."""
    others = tuple(i for i in range(weights.ndim) if i != axis)
    if weights.shape[axis] < 2:
        return weights
    *_, first, second = np.argsort(np.abs(weights.astype(np.float64)).sum(axis=others), kind="stable")
    order = np.arange(weights.shape[axis])
    order[[first, second]] = order[[second, first]]
    return np.take(weights, order, axis)


def _without_edge(kernel: np.ndarray) -> np.ndarray:
    changed = kernel.copy()
    changed[..., -1] = 0
    return changed
