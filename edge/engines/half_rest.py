"""The float part of a graph in half precision, and back.

A strongly typed TensorRT network takes its precision from the graph: what is not INT8 in a canonical graph
runs in float32. With a half-precision rest it runs in float16: constants and everything between the inputs
and the outputs, which stay float32. The INT8 nodes stay INT8. Sums and squares of many values keep float32,
and so does the division of QuantizeLinear: in float16 some values would be rounded to the next step.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnx.version_converter
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 19
"""The first in which DequantizeLinear gives float16."""
WIDE = ("Pow", "QuantizeLinear", "ReduceMean", "ReduceSum", "Sqrt")
"""What float16 has no room or no digits for. LayerNormalization sums in float32 by itself (stash_type)."""
MAKERS = ("Cast", "Constant", "ConstantOfShape", "EyeLike", "RandomNormal", "RandomUniform")
"""Operators whose type does not follow from what they read."""
FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16)


def with_half_rest(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose float part is float16; inputs and outputs keep their types."""
    if any(node.op_type == "DequantizeLinear" for node in model.graph.node):
        model = _raised(model)
    copy = onnx.shape_inference.infer_shapes(model, data_prop=True)
    _Narrowing(copy).run()
    return onnx.shape_inference.infer_shapes(copy, strict_mode=True, data_prop=True)


def _raised(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model in an opset whose DequantizeLinear gives float16."""
    (own,) = (entry for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    if own.version < 18:  # the axes of ReduceMean became an input there
        model = onnx.version_converter.convert_version(model, OPSET)
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for entry in copy.opset_import:
        if entry.domain in ("", "ai.onnx"):
            entry.version = max(entry.version, OPSET)
    return copy


def has_half_rest(model: onnx.ModelProto) -> bool:
    """Whether the float part of a graph is float16."""
    return any(tensor.data_type == TensorProto.FLOAT16 for tensor in model.graph.initializer)


def widened(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy with a float32 rest, for backends that compute in nothing smaller; else the model itself."""
    if not has_half_rest(model):
        return model
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for tensor in copy.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT16:
            tensor.CopyFrom(numpy_helper.from_array(_array(tensor).astype(np.float32), tensor.name))
    _drop_casts(copy)
    del copy.graph.value_info[:]
    return onnx.shape_inference.infer_shapes(copy, strict_mode=True, data_prop=True)


def _drop_casts(model: onnx.ModelProto) -> None:
    """Remove the casts between float32 and float16; who reads the one reads the other."""
    graph = model.graph
    halves = {v.name for v in graph.value_info if v.type.tensor_type.elem_type == TensorProto.FLOAT16}
    outputs = {value.name for value in graph.output}
    renamed: dict[str, str] = {}
    kept = []
    for node in graph.node:
        if node.op_type == "Cast" and halves & {node.input[0], node.output[0]}:
            source, target = node.input[0], node.output[0]
            renamed |= {source: target} if target in outputs else {target: source}
        else:
            kept.append(node)

    def name_of(name: str) -> str:
        while name in renamed:
            name = renamed[name]
        return name

    for node in kept:
        node.input[:] = [name_of(name) for name in node.input]
        node.output[:] = [name_of(name) for name in node.output]
    del graph.node[:]
    graph.node.extend(kept)


class _Narrowing:
    """One pass over the nodes in their order."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.graph = model.graph
        values = (*self.graph.value_info, *self.graph.input, *self.graph.output)
        self.floats = {v.name for v in values if v.type.tensor_type.elem_type in FLOATS}
        self.constants = {t.name: t for t in self.graph.initializer if t.data_type == TensorProto.FLOAT}
        self.outputs = {value.name for value in self.graph.output}
        # Tensor -> the names under which it is there, by type.
        self.names: dict[str, dict[int, str]] = {
            value.name: {TensorProto.FLOAT: value.name}
            for value in self.graph.input
            if value.name in self.floats
        }
        self.nodes: list[onnx.NodeProto] = []
        self.narrow: dict[str, onnx.TensorProto] = {}

    def run(self) -> None:
        for node in list(self.graph.node):
            kind = TensorProto.FLOAT if node.op_type in (*WIDE, *MAKERS) else TensorProto.FLOAT16
            for i, name in enumerate(node.input):
                if name in self.constants:
                    node.input[i] = self._constant(name, kind)
                elif name in self.names:
                    node.input[i] = self._as(name, kind)
            self.nodes.append(node)
            for i, name in enumerate(node.output):
                if name in self.floats:
                    node.output[i] = self._made(name, kind)
        for name in self.outputs & self.floats:
            self._as(name, TensorProto.FLOAT, name)
        read = {name for node in self.nodes for name in node.input}
        kept = [tensor for tensor in self.graph.initializer if tensor.name in read]
        del self.graph.initializer[:]
        self.graph.initializer.extend([*kept, *self.narrow.values()])
        del self.graph.node[:]
        self.graph.node.extend(self.nodes)
        del self.graph.value_info[:]

    def _constant(self, name: str, kind: int) -> str:
        if kind == TensorProto.FLOAT:
            return name
        half = f"{name}.half"
        if half not in self.narrow:
            self.narrow[half] = numpy_helper.from_array(_half(_array(self.constants[name])), half)
        return half

    def _as(self, name: str, kind: int, given: str | None = None) -> str:
        """The name under which a tensor is there in a type; cast where it is not."""
        known = self.names[name]
        if kind not in known or (given and known[kind] != given):
            (source, *_) = known.values()
            target = given or f"{name}.{'half' if kind == TensorProto.FLOAT16 else 'wide'}"
            self.nodes.append(helper.make_node("Cast", [source], [target], name=f"{target}.cast", to=kind))
            known[kind] = target
        return known[kind]

    def _made(self, name: str, kind: int) -> str:
        """The name a node gives to its output; that of an output of the graph is kept for float32."""
        shown = f"{name}.half" if name in self.outputs and kind == TensorProto.FLOAT16 else name
        self.names[name] = {kind: shown}
        return shown


def _half(values: NDArray[Any]) -> NDArray[Any]:
    """Rounded to float16; what is too large for it stays its largest value, a scale never becomes zero."""
    limits = np.finfo(np.float16)
    small = np.where(
        (values != 0) & (np.abs(values) < limits.smallest_subnormal), limits.smallest_subnormal, 0
    )
    kept = np.where(small > 0, np.copysign(small, values), values)
    return np.clip(kept, limits.min, limits.max).astype(np.float16)


def _array(tensor: onnx.TensorProto) -> NDArray[Any]:
    values: NDArray[Any] = numpy_helper.to_array(tensor)
    return values
