"""The layers of the `fer` package's face network, for `edge bench --compare`.

Mini-XCEPTION (Arriaga et al. 2017) as in fer 25.10: emotion_model.hdf5, batch normalisation folded into the
convolutions. The weights are random: the same operations take the same time, and say nothing about a face.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 64
"""Side of the grey face it takes (pixels)."""
LABELS = 7


def mini_xception() -> onnx.ModelProto:
    """faces [n, 1, 64, 64] -> probabilities [n, 7]."""
    builder = _Builder()
    x = builder.relu(builder.convolution("faces", 1, 8, 3, pads=0))
    x = builder.relu(builder.convolution(x, 8, 8, 3, pads=0))
    channels = 8
    for wide in (16, 32, 64, 128):
        beside = builder.convolution(x, channels, wide, 1, stride=2, pads=0)
        y = builder.relu(builder.separable(x, channels, wide))
        y = builder.separable(y, wide, wide)
        y = builder.node("MaxPool", y, kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER")
        x = builder.node("Add", y, beside)
        channels = wide
    x = builder.node("GlobalAveragePool", builder.convolution(x, channels, LABELS, 3))
    builder.nodes.append(helper.make_node("Softmax", [builder.node("Flatten", x)], ["probabilities"]))
    graph = helper.make_graph(
        builder.nodes,
        "mini-xception",
        [helper.make_tensor_value_info("faces", TensorProto.FLOAT, ["n", 1, SIDE, SIDE])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", LABELS])],
        builder.constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


class _Builder:
    """Appends nodes and random constants; every method returns the name of the tensor it makes."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._rng = np.random.default_rng(0)

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"x{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def relu(self, x: str) -> str:
        return self.node("Relu", x)

    def convolution(
        self, x: str, channels: int, out: int, side: int, stride: int = 1, pads: int = 1, group: int = 1
    ) -> str:
        shape = (out, channels // group, side, side)
        weight = self._constant(self._rng.normal(0.0, (2.0 / np.prod(shape[1:])) ** 0.5, shape))
        bias = self._constant(np.zeros(out))
        return self.node("Conv", x, weight, bias, strides=[stride] * 2, pads=[pads] * 4, group=group)

    def separable(self, x: str, channels: int, out: int) -> str:
        return self.convolution(
            self.convolution(x, channels, channels, 3, group=channels), channels, out, 1, pads=0
        )

    def _constant(self, values: Any) -> str:
        name = f"w{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name
