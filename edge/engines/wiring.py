"""Who makes and who reads each tensor of an ONNX graph."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper


class Wiring:
    """An index of one graph; valid until nodes are added, removed or rewired."""

    def __init__(self, model: onnx.ModelProto) -> None:
        graph = model.graph
        self.makers: dict[str, onnx.NodeProto] = {name: node for node in graph.node for name in node.output}
        self.readers: dict[str, list[onnx.NodeProto]] = {name: [] for name in self.makers}
        for node in graph.node:
            for name in node.input:
                self.readers.setdefault(name, []).append(node)
        self.constants: dict[str, onnx.TensorProto] = {tensor.name: tensor for tensor in graph.initializer}
        self.outputs = {value.name for value in graph.output}
        self.shapes: dict[str, tuple[int, ...]] = {
            value.name: tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
            for value in (*graph.value_info, *graph.input, *graph.output)
        }
        self.shapes |= {name: tuple(tensor.dims) for name, tensor in self.constants.items()}

    def array(self, name: str) -> NDArray[Any]:
        """Values of a constant."""
        values: NDArray[Any] = onnx.numpy_helper.to_array(self.constants[name])
        return values

    def only_reader(self, name: str) -> onnx.NodeProto | None:
        """The one node that reads a tensor; None when there are more, none, or it leaves the graph."""
        readers = self.readers[name]
        return readers[0] if len(readers) == 1 and name not in self.outputs else None

    def chain(self, node: onnx.NodeProto, types: Sequence[str]) -> list[onnx.NodeProto]:
        """The nodes of these types that follow `node` one by one, each the only reader of the one before."""
        found: list[onnx.NodeProto] = []
        for wanted in types:
            following = self.only_reader(node.output[0])
            if following is None or following.op_type != wanted:
                break
            found.append(following)
            node = following
        return found


def attribute(node: onnx.NodeProto, name: str, default: float) -> float:
    """A number among a node's attributes, or what holds when it is not written."""
    for found in node.attribute:
        if found.name == name:
            return float(helper.get_attribute_value(found))
    return default


def add_constant(model: onnx.ModelProto, name: str, values: Any) -> str:
    """Add a constant under this name, unless one is there already; returns the name."""
    if all(tensor.name != name for tensor in model.graph.initializer):
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(values), name))
    return name


def drop_unread(model: onnx.ModelProto) -> None:
    """Remove the constants no node reads."""
    read = {name for node in model.graph.node for name in node.input}
    kept = [tensor for tensor in model.graph.initializer if tensor.name in read]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)


def needed(nodes: Sequence[onnx.NodeProto], outputs: Collection[str]) -> list[onnx.NodeProto]:
    """The nodes the outputs depend on, in the order given."""
    wanted, kept = set(outputs), []
    for node in reversed(nodes):
        if wanted.intersection(node.output):
            kept.append(node)
            wanted.update(node.input)
    return kept[::-1]
