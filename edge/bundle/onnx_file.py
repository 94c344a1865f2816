"""The one way an ONNX file is read: all of it from one file, so that its sha256 covers what is run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError, Message

from edge.errors import EngineError

MOST_BYTES = 1 << 31
"""A protobuf message is never larger."""


def load_graph(path: Path) -> onnx.ModelProto:
    """Read a graph. Raises EngineError: missing, damaged, or with tensors that lie in other files."""
    return graph_of(read_bytes(path), path)


def read_bytes(path: Path) -> bytes:
    """The bytes of an ONNX file. Raises EngineError."""
    if not path.is_file():
        raise EngineError.of("model_missing", path=path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise EngineError.of("onnx_broken", path=path, why=EngineError.of("onnx_large"))
        return path.read_bytes()
    except OSError as error:
        raise EngineError.of("onnx_broken", path=path, why=error.strerror or error) from error


def graph_of(data: bytes, path: Path) -> onnx.ModelProto:
    """The graph in these bytes. path: where they come from, for messages. Raises EngineError."""
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except (DecodeError, ValueError, RecursionError) as error:
        raise EngineError.of("onnx_broken", path=path, why=EngineError.of("onnx_parse")) from error
    if not model.graph.node:
        raise EngineError.of("onnx_broken", path=path, why=EngineError.of("onnx_empty"))
    if (tensor := next(_external(model), None)) is not None:
        raise EngineError.of("onnx_external", path=path, name=tensor.name or "?")
    return model


def shapes(values: Any) -> dict[str, tuple[int, ...]]:
    """Name -> shape of a graph's inputs or outputs; 0 stands for a size that is left open."""
    return {value.name: tuple(d.dim_value for d in value.type.tensor_type.shape.dim) for value in values}


def _external(message: Message) -> Iterator[onnx.TensorProto]:
    """Tensors at any depth - initializers, attributes, subgraphs, functions - whose values lie elsewhere."""
    if isinstance(message, onnx.TensorProto):
        if message.data_location == onnx.TensorProto.EXTERNAL or message.external_data:
            yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for part in [value] if isinstance(value, Message) else value:
                yield from _external(part)
