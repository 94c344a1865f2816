"""Torch module -> ONNX file: one static graph with named inputs and outputs, ready to be quantized."""

from __future__ import annotations

import copy
import io
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import onnx
import torch

from edge.engines.wiring import Wiring, drop_unread
from edge.errors import EngineError

# The exporter's own opset: nothing has to be converted, every TensorRT 10 reads it, and GELU stays the Erf
# chain that both TensorRT and ONNX Runtime fuse (the Gelu operator of opset 20 is younger than JetPack 6).
OPSET = 18


def export_onnx(
    module: torch.nn.Module,
    example_inputs: Mapping[str, torch.Tensor],
    outputs: Sequence[str],
    path: Path,
) -> None:
    """Write `module`, as it is in eval mode, to `path` as ONNX.

    example_inputs: name -> tensor, in the order of forward's arguments; their shapes become the static shapes
    of the graph. outputs: names in the order forward returns them. Raises EngineError when the graph that
    comes out is not static or lacks an output.
    """
    frozen = copy.deepcopy(module).eval().cpu()
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            frozen,
            tuple(tensor.cpu() for tensor in example_inputs.values()),
            input_names=list(example_inputs),
            output_names=list(outputs),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    _forget_origin(model)
    _join_transposes(model)
    _fold_scales(model)
    _order_gelu(model)
    model = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    _check(model, list(example_inputs), list(outputs))
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter warns about packages and opsets nobody asked for: through warnings, loggers and print."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _forget_origin(model: onnx.ModelProto) -> None:
    """Drop stack traces and paths of the machine the model was exported on."""
    model.doc_string = ""
    graph = model.graph
    del model.metadata_props[:]
    del graph.metadata_props[:]
    for part in (*graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.doc_string = ""
        del part.metadata_props[:]


def _join_transposes(model: onnx.ModelProto) -> None:
    """Write the keys' transposition as one node.

    The exporter swaps the last two axes of [a, b, c, d] by Reshape, Transpose, Reshape, right after the
    Transpose that split the heads: four nodes and two copies for what one Transpose does.
    """
    wiring = Wiring(model)
    for flat in list(model.graph.node):
        chain = [flat, *wiring.chain(flat, ("Transpose", "Reshape"))]
        if flat.op_type != "Reshape" or len(chain) != 3:
            continue
        before, after = wiring.shapes[flat.input[0]], wiring.shapes[chain[2].output[0]]
        swapped = len(before) == 4 and after == (before[0], before[1], before[3], before[2])
        if not swapped or tuple(onnx.helper.get_node_attr_value(chain[1], "perm")) != (0, 2, 1):
            continue
        source, order = flat.input[0], [0, 1, 3, 2]
        split = wiring.makers.get(source)
        if split is not None and split.op_type == "Transpose" and wiring.only_reader(source) is not None:
            first = onnx.helper.get_node_attr_value(split, "perm")
            source, order = split.input[0], [first[axis] for axis in order]
            model.graph.node.remove(split)
        joined = onnx.helper.make_node(
            "Transpose", [source], [chain[2].output[0]], name=chain[1].name, perm=order
        )
        chain[2].CopyFrom(joined)
        model.graph.node.remove(chain[0])
        model.graph.node.remove(chain[1])
    drop_unread(model)


def _fold_scales(model: onnx.ModelProto) -> None:
    """Fold attention's scale, a Mul behind a linear layer, into that layer's weights and bias."""
    wiring = Wiring(model)
    for mul in list(model.graph.node):
        if mul.op_type != "Mul" or mul.input[1] not in wiring.constants:
            continue
        scale = wiring.array(mul.input[1])
        if scale.size != 1:
            continue
        linear = []
        node = wiring.makers.get(mul.input[0])
        while node is not None and wiring.only_reader(node.output[0]) is not None:
            linear.append(node)
            if node.op_type not in ("Transpose", "Reshape", "Add"):
                break
            node = wiring.makers.get(node.input[0])
        if [node.op_type for node in linear if node.op_type not in ("Transpose", "Reshape")] != [
            "Add",
            "MatMul",
        ]:
            continue
        folded = [node.input[1] for node in linear if node.op_type in ("Add", "MatMul")]
        if not all(name in wiring.constants and len(wiring.readers[name]) == 1 for name in folded):
            continue
        for name in folded:
            wiring.constants[name].CopyFrom(
                onnx.numpy_helper.from_array(wiring.array(name) * scale.item(), name)
            )
        (last,) = (n for n in linear if n.output[0] == mul.input[0])
        last.output[0] = mul.output[0]
        model.graph.node.remove(mul)
    drop_unread(model)


def _order_gelu(model: onnx.ModelProto) -> None:
    """x * (0.5 * (1 + erf(x / sqrt 2))) -> (0.5 * x) * (1 + erf(x / sqrt 2)): the form ONNX Runtime fuses."""
    wiring = Wiring(model)
    for erf in model.graph.node:
        chain = wiring.chain(erf, ("Add", "Mul", "Mul")) if erf.op_type == "Erf" else []
        if len(chain) != 3:
            continue
        add, half, product = chain
        (x,) = [name for name in product.input if name != half.output[0]]
        (constant,) = [name for name in half.input if name != add.output[0]]
        if constant in wiring.constants and wiring.makers[erf.input[0]].input[0] == x:
            half.input[:] = [x, constant]
            product.input[:] = [half.output[0], add.output[0]]


def _check(model: onnx.ModelProto, inputs: list[str], outputs: list[str]) -> None:
    onnx.checker.check_model(model, full_check=True)
    graph = model.graph
    found = [value.name for value in graph.input], [value.name for value in graph.output]
    if found != (inputs, outputs):
        raise EngineError.of("graph_sides", found=found, asked=(inputs, outputs))
    for value in (*graph.input, *graph.output):
        if not all(dim.dim_value > 0 for dim in value.type.tensor_type.shape.dim):
            raise EngineError.of("graph_dynamic", name=value.name)
