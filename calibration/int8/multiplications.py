"""The multiplications of a network: which there are, and which gain by INT8."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx

from edge.engines.wiring import Wiring

PRODUCTS = ("Conv", "MatMul", "Gemm")
SMALLEST = 16
"""Below this many channels, rows of a tile of the INT8 units stay empty."""


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

    @property
    def output(self) -> str:
        """Name of the node's output, which is its name here."""
        return str(self.node.output[0])


def find_products(model: onnx.ModelProto) -> tuple[list[Product], dict[str, str]]:
    """All products of a graph with known shapes, and the output of each that stays float -> why."""
    wiring = Wiring(model)
    products = [_product(node, wiring) for node in model.graph.node if node.op_type in PRODUCTS]
    heads = _heads(model, {product.output for product in products}, wiring)
    left = {}
    for product in products:
        why = "last layer" if product.output in heads else _why_float(product, wiring)
        if why:
            left[product.output] = why
    return products, left


def _product(node: onnx.NodeProto, wiring: Wiring) -> Product:
    first, second = wiring.shapes[node.input[0]], wiring.shapes[node.input[1]]
    out = wiring.shapes[node.output[0]]
    size = int(np.prod(out))
    if node.op_type == "Conv":
        inner = int(np.prod(second[1:]))
        return Product(node, 0, size // second[0], inner, second[0], size * inner)
    inner = first[0] if int_attribute(node, "transA") else first[-1]
    axis: int | None = 0 if int_attribute(node, "transB") else 1
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
    if len(wiring.shapes[node.input[1]]) != 2 or int_attribute(node, "transA"):
        return "weights are not a plain matrix"
    if product.rows == 1:
        return "one row: bound by memory"
    if min(product.inner, product.columns) < SMALLEST:
        return f"{product.inner} x {product.columns}, smaller than {SMALLEST}"
    return None


def activations(product: Product) -> list[str]:
    return list(product.node.input[: 1 if product.axis is not None else 2])


def result(node: onnx.NodeProto, wiring: Wiring) -> str:
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


def int_attribute(node: onnx.NodeProto, name: str) -> int:
    """A whole number among a node's attributes, 0 where it is not written."""
    return next((int(attribute.i) for attribute in node.attribute if attribute.name == name), 0)
