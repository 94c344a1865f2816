"""New activation scales for a canonical INT8 graph, from its own float form: no FP32 weights are needed.

The INT8 weights stay. What is float between them runs in float (edge/engines/float_graph.py) while ranges are
taken, and the scales of the activations are written anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from calibration.int8.lint import require_clean
from calibration.int8.ranges import Method, Range, collect_ranges
from edge.engines.cpu_graph import RANGES
from edge.engines.float_graph import float_graph
from edge.engines.half_rest import has_half_rest, widened, with_half_rest
from edge.engines.wiring import Wiring


def activation_ranges(
    model: onnx.ModelProto, feeds: Iterable[Mapping[str, NDArray[Any]]]
) -> dict[str, Range]:
    """Ranges of every quantized activation, and of what the fast CPU graph quantizes besides.

    model: a canonical graph. feeds: its calls. Raises InputError when there is none.
    """
    model = widened(model)
    plain = float_graph(model)
    made = {name for node in plain.graph.node for name in node.output}
    made |= {value.name for value in plain.graph.input}
    wanted = {*_scales(model), *_results(model)} & made
    ranges, _ = collect_ranges(plain, sorted(wanted), feeds)
    return ranges


def rescaled(model: onnx.ModelProto, ranges: Mapping[str, Range], method: Method) -> onnx.ModelProto:
    """A copy of a canonical graph whose activations have the scales of these ranges.

    method: which part of a range is kept. A tensor that was always zero keeps its scale. Raises EngineError
    when the copy breaks a rule of TensorRT.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(widened(model))
    constants = {tensor.name: tensor for tensor in copy.graph.initializer}
    for tensor, scales in _scales(copy).items():
        limit = ranges[tensor].limit(method) if tensor in ranges else 0.0
        for scale in scales if limit > 0.0 else ():
            value = onnx.numpy_helper.from_array(np.float32(limit / 127.0).reshape(()), scale)
            value.dims[:] = constants[scale].dims
            constants[scale].CopyFrom(value)
    results = {
        **_results(copy),
        **{name: [ranges[name].low, ranges[name].high] for name in _results(copy) if name in ranges},
    }
    for entry in copy.metadata_props:
        if entry.key == RANGES:
            entry.value = json.dumps(results)
    copy = with_half_rest(copy) if has_half_rest(model) else copy
    require_clean(copy, copy.graph.name or "graph")
    return copy


def _scales(model: onnx.ModelProto) -> dict[str, set[str]]:
    """Tensor that is quantized as it flows -> names of its scale, of QuantizeLinear and DequantizeLinear."""
    wiring = Wiring(model)
    return {
        node.input[0]: {node.input[1], *(reader.input[1] for reader in wiring.readers[node.output[0]])}
        for node in model.graph.node
        if node.op_type == "QuantizeLinear" and node.input[0] not in wiring.constants
    }


def _results(model: onnx.ModelProto) -> dict[str, list[float]]:
    """Result of a convolution -> its least and largest value, as the fast CPU graph wants them."""
    stored = next((entry.value for entry in model.metadata_props if entry.key == RANGES), "{}")
    found: dict[str, list[float]] = json.loads(stored)
    return found
