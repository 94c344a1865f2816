"""Canonical Q/DQ graph -> the graph ONNX Runtime runs fast on a CPU.

Fed unchanged, the canonical graph makes ONNX Runtime dequantize every weight and multiply in float. Here each
quantized MatMul and Gemm becomes one MatMulIntegerToFloat, each quantized Conv a QLinearConv. Activations are
uint8, the type every CPU kernel knows, on the canonical grid: same scale, zero point 128, or 0 behind a ReLU
after a convolution, and the same ends: what int8 cuts off is cut off here too. Between convolutions they stay
uint8. The output of a convolution that the canonical graph reads as float is rounded to the uint8 of its
calibrated range.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

from edge.engines.wiring import Wiring, add_constant, attribute, drop_unread, needed

RANGES = "edge.ranges"
"""Key of the model's metadata: JSON, tensor -> [low, high] of what convolutions hand on, from calibration."""

LAYOUT = ("Reshape", "Transpose", "Unsqueeze", "Squeeze", "Flatten")
"""Operators that only move values: they work on uint8 as they do on float."""


def derive_cpu_graph(model: onnx.ModelProto, unsigned_weights: bool = False) -> onnx.ModelProto:
    """The fast graph of a canonical one; a model without Q/DQ comes back as it is.

    unsigned_weights: hold weights as uint8 with zero point 128, see `saturates`. A quantized node of a
    form not known here stays as it is: slow, but right.
    """
    derived = onnx.ModelProto()
    derived.CopyFrom(model)
    _Derivation(derived, unsigned_weights).run()
    drop_unread(derived)
    return derived


@dataclass(frozen=True, slots=True)
class _Uint8Tensor:
    """A tensor in uint8: the names of its values, scale and zero point."""

    values: str
    scale: str
    zero: str

    @property
    def all(self) -> list[str]:
        return [self.values, self.scale, self.zero]


@dataclass(frozen=True, slots=True, eq=False)
class _Weights:
    """Quantized weights: values int8, one scale an output channel."""

    name: str
    values: NDArray[Any]
    scale: NDArray[np.float32]


class _Derivation:
    """One pass over the nodes: what can be replaced is; what is no longer read goes at the end."""

    def __init__(self, model: onnx.ModelProto, unsigned_weights: bool) -> None:
        self.model = model
        self.unsigned = unsigned_weights
        self.wiring = Wiring(model)
        self.nodes: list[onnx.NodeProto] = []
        self.held: dict[str, _Uint8Tensor] = {}
        self.made: set[str] = set()
        self.ranges: dict[str, list[float]] = {}
        for entry in model.metadata_props:
            if entry.key == RANGES:
                self.ranges = json.loads(entry.value)
        # Name of a float tensor -> name of the scale it is quantized with.
        self.scales: dict[str, str] = {
            node.input[0]: node.input[1] for node in model.graph.node if node.op_type == "QuantizeLinear"
        }

    def run(self) -> None:
        for node in list(self.model.graph.node):
            if node.output[0] in self.made:
                continue
            if node.op_type in ("MatMul", "Gemm") and self._product(node):
                continue
            if node.op_type == "Conv" and self._convolution(node):
                continue
            if node.op_type == "Gather" and self._lookup(node):
                continue
            self.nodes.append(node)
            if node.op_type in LAYOUT and node.input[0] in self.held:
                self._move(node)
        graph = self.model.graph
        del graph.node[:]
        del graph.value_info[:]
        graph.node.extend(needed(self.nodes, self.wiring.outputs))
        if not any(opset.domain == "com.microsoft" for opset in self.model.opset_import):
            self.model.opset_import.append(helper.make_opsetid("com.microsoft", 1))

    def _product(self, node: onnx.NodeProto) -> bool:
        """MatMul, MatMul + Add or Gemm -> MatMulIntegerToFloat, whose output is float."""
        source, weights = self._source(node), self._weights(node)
        if source is None or weights is None or weights.values.ndim != 2:
            return False
        result, bias = node.output[0], list(node.input[2:])
        if node.op_type == "Gemm":
            if attribute(node, "transA", 0) or attribute(node, "alpha", 1.0) != 1.0:
                return False
            if bias and attribute(node, "beta", 1.0) != 1.0:
                return False
        else:
            for add in self.wiring.chain(node, ("Add",)):
                (other,) = [name for name in add.input if name != result] or [result]
                if self.wiring.shapes.get(other) == weights.scale.shape and other in self.wiring.constants:
                    result, bias = add.output[0], [other]
        values = weights.values.T if attribute(node, "transB", 0) else weights.values
        held = self._hold(source)
        stored = self._store(weights, values)
        inputs = [held.values, stored[0], held.scale, stored[1], held.zero, stored[2], *bias]
        self.nodes.append(
            helper.make_node("MatMulIntegerToFloat", inputs, [result], name=node.name, domain="com.microsoft")
        )
        self.made.add(result)
        return True

    def _convolution(self, node: onnx.NodeProto) -> bool:
        """Conv or Conv + ReLU -> QLinearConv, whose output is uint8 on the grid of who reads it next."""
        source, weights = self._source(node), self._weights(node)
        if source is None or weights is None:
            return False
        relu = self.wiring.chain(node, ("Relu",))
        result = relu[0].output[0] if relu else node.output[0]
        out = self._grid(result, positive=bool(relu))
        if out is None:
            return False
        held = self._hold(source)
        stored = self._store(weights, weights.values)
        inputs = [*held.all, *stored, out.scale, out.zero]
        if len(node.input) > 2:
            unit = weights.scale * self.wiring.array(held.scale)
            bias = np.rint(self.wiring.array(node.input[2]).astype(np.float64) / unit)
            inputs.append(
                add_constant(
                    self.model, f"{result}.bias", np.clip(bias, -(2**31), 2**31 - 1).astype(np.int32)
                )
            )
        cut = relu and out.scale in self.scales.values()
        raw = f"{result}.raw" if cut else out.values
        quantized = helper.make_node("QLinearConv", inputs, [raw], name=node.name)
        quantized.attribute.extend(node.attribute)
        self.nodes.append(quantized)
        if cut:  # QLinearConv cuts at zero and at 255, the canonical int8 at 127
            top = add_constant(self.model, "top.uint8", np.uint8(127))
            self.nodes.append(helper.make_node("Clip", [raw, out.zero, top], [out.values], name=out.values))
        self.nodes.append(
            helper.make_node("DequantizeLinear", [raw, out.scale, out.zero], [result], name=f"{result}.float")
        )
        self.held[result] = out
        self.made.add(result)
        return True

    def _lookup(self, node: onnx.NodeProto) -> bool:
        """Gather from an INT8 table: rows first, then rows times their scales, or all would become float."""
        dequantize = self.wiring.makers.get(node.input[0])
        if dequantize is None or dequantize.op_type != "DequantizeLinear" or attribute(node, "axis", 0):
            return False
        table, scale = dequantize.input[:2]
        if table not in self.wiring.constants or self.wiring.array(scale).ndim != 1:
            return False
        ids, result = node.input[1], node.output[0]
        scales = add_constant(self.model, f"{scale}.column", self.wiring.array(scale)[:, None])
        i8, raw, rows = f"{result}.i8", f"{result}.raw", f"{result}.rows"
        self.nodes += [
            helper.make_node("Gather", [table, ids], [i8], name=i8),
            helper.make_node("Cast", [i8], [raw], name=raw, to=onnx.TensorProto.FLOAT),
            helper.make_node("Gather", [scales, ids], [rows], name=rows),
            helper.make_node("Mul", [raw, rows], [result], name=node.name),
        ]
        return True

    def _grid(self, result: str, positive: bool) -> _Uint8Tensor | None:
        """Scale and zero point of a convolution's output."""
        values, zero = f"{result}.u8", np.uint8(0 if positive else 128)
        reached: str | None = result
        while reached is not None:
            if reached in self.scales:
                return _Uint8Tensor(values, self.scales[reached], self._zero(zero))
            reader = self.wiring.only_reader(reached)
            reached = reader.output[0] if reader is not None and reader.op_type in LAYOUT else None
        if result not in self.ranges:
            return None
        low, high = min(self.ranges[result][0], 0.0), max(self.ranges[result][1], 0.0)
        scale = np.float32((high - low) / 255.0 or 1.0)
        return _Uint8Tensor(
            values,
            add_constant(self.model, f"{result}.u8.scale", scale),
            self._zero(np.uint8(np.rint(-low / scale))),
        )

    def _source(self, node: onnx.NodeProto) -> str | None:
        """The float tensor whose quantized form a node reads."""
        dequantize = self.wiring.makers.get(node.input[0])
        quantize = None if dequantize is None else self.wiring.makers.get(dequantize.input[0])
        if dequantize is None or dequantize.op_type != "DequantizeLinear" or quantize is None:
            return None
        return str(quantize.input[0]) if quantize.op_type == "QuantizeLinear" else None

    def _weights(self, node: onnx.NodeProto) -> _Weights | None:
        dequantize = self.wiring.makers.get(node.input[1])
        if dequantize is None or dequantize.op_type != "DequantizeLinear":
            return None
        name, scale = dequantize.input[:2]
        if name not in self.wiring.constants:
            return None
        return _Weights(name, self.wiring.array(name), self.wiring.array(scale))

    def _hold(self, source: str) -> _Uint8Tensor:
        """The uint8 form of a tensor, quantized here unless a convolution has already made it."""
        held = self.held.get(source)
        if held is not None and held.scale == self.scales[source]:
            return held
        # A tensor held on another grid already has the plain name.
        name = f"{source}.u8" if held is None else f"{source}.again.u8"
        held = _Uint8Tensor(name, self.scales[source], self._zero(np.uint8(128)))
        self.nodes.append(
            helper.make_node(
                "QuantizeLinear", [source, held.scale, held.zero], [held.values], name=held.values
            )
        )
        self.held[source] = held
        return held

    def _move(self, node: onnx.NodeProto) -> None:
        """Do to the uint8 form what `node` does to the float one."""
        source, result = self.held[node.input[0]], node.output[0]
        moved = onnx.NodeProto()
        moved.CopyFrom(node)
        moved.name, moved.input[0], moved.output[0] = f"{result}.u8", source.values, f"{result}.u8"
        self.nodes.append(moved)
        self.held[result] = _Uint8Tensor(f"{result}.u8", source.scale, source.zero)

    def _store(self, weights: _Weights, values: NDArray[Any]) -> list[str]:
        """Names of the constants that hold weights, their scales and their zero point."""
        zero: np.int8 | np.uint8 = np.int8(0)
        if self.unsigned:
            zero, values = np.uint8(128), (values.astype(np.int16) + 128).astype(np.uint8)
        return [
            add_constant(self.model, f"{weights.name}.cpu", np.ascontiguousarray(values)),
            add_constant(self.model, f"{weights.name}.cpu.scale", weights.scale),
            add_constant(self.model, f"zero.{zero.dtype}.{zero}", zero),
        ]

    def _zero(self, value: np.uint8) -> str:
        return add_constant(self.model, f"zero.uint8.{value}", value)
