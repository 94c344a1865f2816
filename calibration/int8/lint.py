"""What TensorRT would refuse, or take and silently not run in INT8: found in the graph, before it travels.

Each rule is a function from the graph to findings; TensorRT is not needed to check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import onnx

from edge.engines.wiring import Wiring, attribute
from edge.errors import EngineError

OPSETS = range(17, 21)
"""Opsets every TensorRT from 10.3 reads whole."""
WEIGHTED = ("Conv", "ConvTranspose", "MatMul", "Gemm")
INTEGER = ("MatMulInteger", "ConvInteger", "MatMulIntegerToFloat")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a graph."""

    node: str
    """Name of the node, tensor or graph it was found at."""
    wrong: EngineError
    """What is wrong and what to do about it."""

    @classmethod
    def of(cls, node: str, key: str, **values: object) -> Finding:
        """A finding with the words of a key."""
        return cls(node, EngineError.of(key, **values))

    @property
    def told(self) -> EngineError:
        """The finding as one line, in each language."""
        return EngineError.of("lint_finding", node=self.node, wrong=self.wrong)


def lint(model: onnx.ModelProto) -> list[Finding]:
    """Everything TensorRT would not take, or not run in INT8; empty when the graph is good."""
    wiring = Wiring(model)
    return [finding for rule in RULES for finding in rule(model, wiring)]


def require_clean(model: onnx.ModelProto, name: str) -> None:
    """Raises EngineError with the first finding and the number of others."""
    findings = lint(model)
    if findings:
        raise EngineError.of("lint_refused", name=name, why=findings[0].told, count=len(findings))


def _opset(model: onnx.ModelProto, _: Wiring) -> Iterator[Finding]:
    for entry in model.opset_import:
        if entry.domain in ("", "ai.onnx") and entry.version not in OPSETS:
            known = {"first": OPSETS.start, "last": OPSETS.stop - 1}
            yield Finding.of(model.graph.name or "graph", "lint_opset", found=entry.version, **known)


def _static(model: onnx.ModelProto, _: Wiring) -> Iterator[Finding]:
    for value in (*model.graph.input, *model.graph.output):
        if not all(dim.dim_value > 0 for dim in value.type.tensor_type.shape.dim):
            yield Finding.of(value.name, "lint_dynamic")


def _operators(model: onnx.ModelProto, _: Wiring) -> Iterator[Finding]:
    for node in model.graph.node:
        if node.op_type in INTEGER or node.op_type.startswith("QLinear"):
            yield Finding.of(_name(node), "lint_integer", operator=node.op_type)
        elif node.op_type == "DynamicQuantizeLinear":
            yield Finding.of(_name(node), "lint_run_time_scale")
        elif node.op_type == "Attention":
            yield Finding.of(_name(node), "lint_attention")


def _zero_points(model: onnx.ModelProto, wiring: Wiring) -> Iterator[Finding]:
    for node in _quantizers(model):
        zero = node.input[2] if len(node.input) > 2 else ""
        # Without a zero point the standard says uint8 for what QuantizeLinear writes.
        kind = wiring.array(zero).dtype if zero in wiring.constants else None
        if zero and kind is None:
            yield Finding.of(_name(node), "lint_zero_computed")
        elif kind == np.uint8 or (kind is None and node.op_type == "QuantizeLinear"):
            yield Finding.of(_name(node), "lint_uint8")
        elif kind is not None and wiring.array(zero).any():
            yield Finding.of(_name(node), "lint_zero_point")


def _scales(model: onnx.ModelProto, wiring: Wiring) -> Iterator[Finding]:
    for node in _quantizers(model):
        if node.input[1] not in wiring.constants:
            yield Finding.of(_name(node), "lint_scale_computed")
            continue
        scale = wiring.array(node.input[1])
        if not (np.isfinite(scale).all() and (scale > 0).all()):
            yield Finding.of(_name(node), "lint_scale")
        if scale.size > 1 and not _constant_source(node, wiring):
            yield Finding.of(_name(node), "lint_activation_scale")


def _biases(model: onnx.ModelProto, wiring: Wiring) -> Iterator[Finding]:
    for node in _quantizers(model):
        tensor = wiring.constants.get(node.input[0])
        if tensor is not None and tensor.data_type == onnx.TensorProto.INT32:
            yield Finding.of(_name(node), "lint_bias")


def _weights(model: onnx.ModelProto, wiring: Wiring) -> Iterator[Finding]:
    for node in model.graph.node:
        table = node.op_type == "Gather"
        if node.op_type not in WEIGHTED and not table:
            continue
        source = wiring.makers.get(node.input[0 if table else 1])
        if source is None or source.op_type != "DequantizeLinear":
            activation = wiring.makers.get(node.input[0])
            quantized = activation is not None and activation.op_type == "DequantizeLinear"
            if not table and quantized and node.input[1] in wiring.constants:
                yield Finding.of(_name(node), "lint_float_weights")
            continue
        if source.input[0] not in wiring.constants or source.input[1] not in wiring.constants:
            continue
        shape, size = wiring.shapes[source.input[0]], wiring.array(source.input[1]).size
        axis, right = int(attribute(source, "axis", 1)) % len(shape), _channel_axis(node, len(shape))
        if size > 1 and (axis != right or size != shape[right]):
            wanted = {"right": shape[right], "wanted": right}
            found = {"size": size, "axis": axis, "operator": node.op_type}
            yield Finding.of(_name(source), "lint_axis", **found, **wanted)


RULES: tuple[Callable[[onnx.ModelProto, Wiring], Iterator[Finding]], ...] = (
    _opset,
    _static,
    _operators,
    _zero_points,
    _scales,
    _biases,
    _weights,
)


def _quantizers(model: onnx.ModelProto) -> list[onnx.NodeProto]:
    return [node for node in model.graph.node if node.op_type in ("QuantizeLinear", "DequantizeLinear")]


def _constant_source(node: onnx.NodeProto, wiring: Wiring) -> bool:
    """Whether weights stand behind a quantizer, as they are or quantized in the graph."""
    if node.input[0] in wiring.constants:
        return True
    maker = wiring.makers.get(node.input[0])
    return maker is not None and maker.op_type == "QuantizeLinear" and maker.input[0] in wiring.constants


def _channel_axis(node: onnx.NodeProto, rank: int) -> int:
    """Axis of the output channels in a node's weights; the rows of a table."""
    if node.op_type == "ConvTranspose":
        return 1
    if node.op_type == "MatMul":
        return rank - 1
    return 1 if node.op_type == "Gemm" and not attribute(node, "transB", 0) else 0


def _name(node: onnx.NodeProto) -> str:
    return str(node.name or node.output[0])
