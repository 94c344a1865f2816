"""`edge bench --roofline`: operations and bytes of a bundle's networks, and their least time on each board.

Roofline (Williams, Waterman, Patterson 2009): a layer needs at least operations over peak, and at least bytes
over bandwidth; the larger of the two counts. Multiplications, LayerNormalization, Softmax and lookups read
their inputs and write their output once; everything else is taken as computed on the way, as TensorRT does
with sums, ReLU, GELU and Q/DQ. What a launch of a layer costs is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import onnx

from calibration.bench.boards import BOARDS, BoardSpec, Mode
from calibration.int8.multiplications import find_products
from calibration.report.render import Texts, render
from edge.bench.window import window_calls
from edge.bundle.folder import Bundle
from edge.bundle.onnx_file import load_graph
from edge.engines.half_rest import has_half_rest, widened
from edge.engines.wiring import Wiring
from edge.words import Language

Kind = Literal["product", "layer_norm", "softmax", "lookup"]
NORMS: dict[str, Kind] = {"LayerNormalization": "layer_norm", "Softmax": "softmax", "Gather": "lookup"}
FORMS = ("fp32", "fp16", "int8", "int8_half")
"""All in float32, all in float16, INT8 with a float32 rest, INT8 with a float16 rest."""
REST_BYTES = {"fp32": 4, "fp16": 2, "int8": 4, "int8_half": 2}


@dataclass(frozen=True, slots=True)
class Layer:
    """What reads and writes memory in one call."""

    kind: Kind
    int8: bool
    """Whether it is a product with quantized inputs."""
    macs: int
    weights: int
    """Constants it reads (values)."""
    table: bool
    """Whether these are INT8 as well where the product is none: a table whose rows are looked up."""
    read: int
    """Activations it reads (values)."""
    written: int
    """Activations it writes (values)."""
    narrow: bool
    """Whether all that reads its output quantizes it first."""

    def operations(self) -> int:
        """A multiplication and its sum are two."""
        return 2 * self.macs

    def bytes(self, form: str) -> int:
        """What it moves in a form of the network."""
        rest = REST_BYTES[form]
        quantized = form.startswith("int8")
        inside = 1 if self.int8 and quantized else rest
        held = 1 if (self.int8 or self.table) and quantized else rest
        out = 1 if self.narrow and quantized else rest
        return self.weights * held + self.read * inside + self.written * out

    def seconds(self, form: str, board: BoardSpec, mode: Mode) -> float:
        """The least time on a board."""
        peaks = {"fp32": board.fp32_tflops, "fp16": board.fp16_tflops}
        float_peak = peaks["fp16" if REST_BYTES[form] == 2 else "fp32"]
        peak = board.int8_tops if self.int8 and form.startswith("int8") else float_peak
        working = self.operations() / (peak * 1e12 * mode.share)
        return max(working, self.bytes(form) / (mode.gb_s * 1e9))


@dataclass(frozen=True, slots=True)
class Network:
    """A network of the bundle."""

    name: str
    calls: int
    """In one window."""
    half: bool
    """Whether its rest is float16."""
    file_bytes: int
    layers: tuple[Layer, ...]

    def macs(self, *, int8: bool | None = None) -> int:
        """Multiplications of a call; int8: only those in INT8, or not."""
        return sum(layer.macs for layer in self.layers if int8 is None or layer.int8 == int8)

    def moved(self, form: str, kind: Kind | None = None, *, int8: bool | None = None) -> int:
        """Bytes of a call in a form, of one kind of layers."""
        return sum(
            layer.bytes(form)
            for layer in self.layers
            if kind in (None, layer.kind) and (int8 is None or layer.int8 == int8)
        )

    def weights(self, form: str) -> int:
        """Bytes of what it has learned, as its layers read it."""
        return self.moved(form) - self.activations(form)

    def activations(self, form: str) -> int:
        """Bytes of what flows in a call."""
        bare = [Layer(x.kind, x.int8, x.macs, 0, x.table, x.read, x.written, x.narrow) for x in self.layers]
        return sum(layer.bytes(form) for layer in bare)

    def count(self, kind: Kind, *, int8: bool = False) -> int:
        return sum(layer.kind == kind and layer.int8 == int8 for layer in self.layers)


def networks(bundle: Bundle) -> list[Network]:
    """The networks of a bundle with what each layer computes and moves. Raises BundleError, EngineError."""
    called = [name for name, _ in window_calls(bundle)]
    found = []
    for name in bundle.manifest.models:
        path = bundle.path(name)
        graph = load_graph(path)
        layers = tuple(_layers(graph))
        found.append(Network(name, called.count(name), has_half_rest(graph), path.stat().st_size, layers))
    return found


def _layers(model: onnx.ModelProto) -> list[Layer]:
    plain = onnx.shape_inference.infer_shapes(widened(model), data_prop=True)
    products, _ = find_products(plain)
    macs = {product.output: product.macs for product in products}
    wiring = Wiring(plain)
    return [
        _layer(node, macs.get(node.output[0], 0), wiring)
        for node in plain.graph.node
        if node.output[0] in macs or node.op_type in NORMS
    ]


def _layer(node: onnx.NodeProto, macs: int, wiring: Wiring) -> Layer:
    held, quantized, read = 0, 0, 0
    for name in node.input:
        maker = wiring.makers.get(name)
        dequantized = maker is not None and maker.op_type == "DequantizeLinear"
        quantized += dequantized
        if name in wiring.constants or (dequantized and maker and maker.input[0] in wiring.constants):
            held += _size(name, wiring)
        elif name:
            read += _size(name, wiring)
    written = _size(node.output[0], wiring)
    kind: Kind = NORMS.get(node.op_type, "product")
    if kind == "lookup":  # of the table only the rows that are asked for
        held = written if held else 0
    int8 = kind == "product" and quantized > 0
    return Layer(kind, int8, macs, held, bool(quantized), read, written, _narrow(node.output[0], wiring))


def _narrow(name: str, wiring: Wiring) -> bool:
    """Whether a tensor goes to QuantizeLinear alone, at most through a ReLU or another shape."""
    readers = wiring.readers.get(name, [])
    if name in wiring.outputs or not readers:
        return False
    through = ("Relu", "Reshape", "Transpose")
    return all(
        reader.op_type == "QuantizeLinear"
        or (reader.op_type in through and _narrow(reader.output[0], wiring))
        for reader in readers
    )


def _size(name: str, wiring: Wiring) -> int:
    size = 1
    for length in wiring.shapes.get(name, ()):
        size *= max(1, length)
    return size


def bound_us(found: Sequence[Network], form: str, board: BoardSpec, mode: Mode) -> float:
    """The least time of a window on a board (microseconds)."""
    window = (net.calls * layer.seconds(form, board, mode) for net in found for layer in net.layers)
    return 1e6 * sum(window)


def rest_share(found: Sequence[Network], form: str, board: BoardSpec, mode: Mode) -> float:
    """Share of that time in what is not INT8, 0..1."""
    rest = (
        net.calls * layer.seconds(form, board, mode)
        for net in found
        for layer in net.layers
        if not layer.int8
    )
    return 1e6 * sum(rest) / bound_us(found, form, board, mode)


def markdown(bundle: Bundle, language: Language) -> str:
    """The page of a bundle."""
    found = networks(bundle)
    window: Mapping[str, int] = {form: sum(net.calls * net.moved(form) for net in found) for form in FORMS}
    return render(
        Path(__file__).parent,
        "roofline.md.jinja",
        t=Texts(language),
        language=language,
        bundle=bundle.manifest.name,
        networks=found,
        window=window,
        boards=BOARDS,
        forms=FORMS,
        bound=lambda form, board, mode: bound_us(found, form, board, mode),
        share=lambda form, board, mode: rest_share(found, form, board, mode),
    )
