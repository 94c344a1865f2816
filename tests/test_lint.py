"""One graph a rule that breaks it, and nothing else; and the real graphs, which break none."""

import re
from importlib.resources import files

import networks
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from calibration.int8.lint import lint, require_clean
from edge.errors import EngineError

FLOAT, INT8 = TensorProto.FLOAT, np.int8


class Graph:
    """x [1, 16] -> Q -> DQ -> MatMul with int8 weights [16, 16] behind DQ -> y, open to damage."""

    def __init__(self):
        self.opset = 18
        self.batch = 1
        self.constants = {
            "scale": np.float32(0.1),
            "zero": INT8(0),
            "w": np.ones((16, 16), INT8),
            "w_scale": np.full(16, 0.1, np.float32),
            "w_zero": np.zeros(16, INT8),
        }
        self.nodes = {
            "q": helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["xq"], name="q"),
            "dq": helper.make_node("DequantizeLinear", ["xq", "scale", "zero"], ["xd"], name="dq"),
            "wdq": helper.make_node(
                "DequantizeLinear", ["w", "w_scale", "w_zero"], ["wd"], name="wdq", axis=1
            ),
            "product": helper.make_node("MatMul", ["xd", "wd"], ["y"], name="product"),
        }

    def model(self):
        graph = helper.make_graph(
            list(self.nodes.values()),
            "broken",
            [helper.make_tensor_value_info("x", FLOAT, [self.batch, 16])],
            [helper.make_tensor_value_info("y", FLOAT, [self.batch, 16])],
            [numpy_helper.from_array(np.asarray(v), k) for k, v in self.constants.items()],
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)])


def zero_point(graph):
    graph.constants["zero"] = INT8(3)


def uint8(graph):
    graph.constants["zero"] = np.uint8(0)


def no_zero_point(graph):
    graph.nodes["q"].input.pop()


def computed_zero_point(graph):
    graph.nodes["sum"] = helper.make_node("Add", ["zero", "zero"], ["zero2"], name="sum")
    graph.nodes["q"].input[2] = "zero2"


def int32_bias(graph):
    graph.constants |= {"b": np.ones(16, np.int32), "b_scale": np.float32(0.01)}
    graph.nodes["bdq"] = helper.make_node("DequantizeLinear", ["b", "b_scale"], ["bd"], name="bdq")
    graph.nodes["add"] = helper.make_node("Add", ["y0", "bd"], ["y"], name="add")
    graph.nodes["product"].output[0] = "y0"


def zero_scale(graph):
    graph.constants["w_scale"][5] = 0.0


def infinite_scale(graph):
    graph.constants["scale"] = np.float32(np.inf)


def computed_scale(graph):
    graph.nodes["sum"] = helper.make_node("Add", ["scale", "scale"], ["scale2"], name="sum")
    graph.nodes["q"].input[1] = "scale2"


def channel_scales(graph):
    graph.constants["scale"], graph.constants["zero"] = np.full(16, 0.1, np.float32), np.zeros(16, INT8)


def weight_axis(graph):
    graph.nodes["wdq"].attribute[0].i = 0


def weight_scales(graph):
    graph.constants["w_scale"], graph.constants["w_zero"] = np.full(4, 0.1, np.float32), np.zeros(4, INT8)


def float_weights(graph):
    graph.constants["w"] = np.ones((16, 16), np.float32)
    graph.nodes["product"].input[1] = "w"
    del graph.nodes["wdq"]


def qlinear(graph):
    graph.nodes["product"] = helper.make_node(
        "QLinearMatMul",
        ["xq", "scale", "zero", "w", "w_scale", "w_zero", "scale", "zero"],
        ["yq"],
        name="product",
    )
    graph.nodes["ydq"] = helper.make_node("DequantizeLinear", ["yq", "scale", "zero"], ["y"], name="ydq")


def dynamic_quantization(graph):
    graph.nodes["dynamic"] = helper.make_node("DynamicQuantizeLinear", ["x"], ["a", "b", "c"], name="dynamic")


def attention(graph):
    graph.nodes["attention"] = helper.make_node("Attention", ["x", "x", "x"], ["a"], name="attention")


def old_opset(graph):
    graph.opset = 13


def new_opset(graph):
    graph.opset = 23


def dynamic_batch(graph):
    graph.batch = "batch"


BROKEN = [
    (zero_point, "q", "the zero point is not zero", "symmetrically"),
    (uint8, "q", "uint8", "int8"),
    (no_zero_point, "q", "uint8", "int8"),
    (computed_zero_point, "q", "the zero point is not a constant", "store it"),
    (int32_bias, "bdq", "int32 bias", "keep biases in float"),
    (zero_scale, "wdq", "not above zero", "use 1"),
    (infinite_scale, "q", "not above zero", "use 1"),
    (computed_scale, "q", "the scale is not a constant", "store the scale"),
    (channel_scales, "q", "a scale a channel on an activation", "one scale"),
    (weight_axis, "wdq", "16 weight scales along axis 0 of MatMul", "16 scales along axis 1"),
    (weight_scales, "wdq", "4 weight scales along axis 1", "16 scales along axis 1"),
    (float_weights, "product", "float weights behind a quantized activation", "quantize the weights too"),
    (qlinear, "product", "no QLinearMatMul", "between QuantizeLinear and DequantizeLinear"),
    (dynamic_quantization, "dynamic", "at run time", "calibrate"),
    (attention, "attention", "no Attention", "MatMul, Softmax and MatMul"),
    (old_opset, "broken", "opset 13", "opset 17 to 20"),
    (new_opset, "broken", "opset 23", "opset 17 to 20"),
    (dynamic_batch, "x", "dynamic dimension", "fixed sizes"),
]


def test_a_good_graph_has_no_finding():
    assert lint(Graph().model()) == []


@pytest.mark.parametrize(("damage", "node", "wrong", "fix"), BROKEN, ids=[row[0].__name__ for row in BROKEN])
def test_each_rule_names_the_node_and_the_fix(damage, node, wrong, fix):
    graph = Graph()
    damage(graph)
    findings = lint(graph.model())
    first = findings[0]
    assert (first.node, wrong in str(first.wrong), fix in str(first.wrong)) == (node, True, True), findings
    # The damage shows as one kind of finding only: no rule fires for what another one means.
    assert {finding.wrong.key for finding in findings} == {first.wrong.key}
    with pytest.raises(EngineError, match=r"^net: TensorRT cannot run this graph in INT8 "):
        require_clean(graph.model(), "net")
    japanese = first.told.told("ja")
    assert japanese.startswith(f"{node}：")
    assert not re.findall(r"[a-z]+ [a-z]+ [a-z]+", japanese)


@pytest.mark.parametrize(
    ("operator", "attributes", "axis"),
    [
        ("Conv", {}, 0),
        ("ConvTranspose", {}, 1),
        ("Gemm", {}, 1),
        ("Gemm", {"transB": 1}, 0),
        ("Gather", {}, 0),
    ],
)
def test_every_operator_has_its_weight_axis(operator, attributes, axis):
    shape = (16, 24, 3, 3) if "Conv" in operator else (16, 24)
    for given in range(2):
        scale = np.full(shape[given], 0.1, np.float32)
        inputs = ["wd", "ids"] if operator == "Gather" else ["x", "wd"]
        graph = helper.make_graph(
            [
                helper.make_node("DequantizeLinear", ["w", "s"], ["wd"], name="wdq", axis=given),
                helper.make_node(operator, inputs, ["y"], **attributes),
            ],
            "g",
            [],
            [],
            [numpy_helper.from_array(np.ones(shape, INT8), "w"), numpy_helper.from_array(scale, "s")],
        )
        findings = lint(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]))
        assert [finding.node for finding in findings] == ([] if given == axis else ["wdq"])


@pytest.mark.parametrize("kind", networks.KINDS)
def test_what_the_quantizer_writes_is_clean(kind):
    assert lint(onnx.load(networks.quantized(kind)[0])) == []


@pytest.mark.parametrize("name", ["audio", "vision", "text", "fusion"])
def test_the_starter_bundle_is_clean(name):
    assert lint(onnx.load(str(files("edge") / "assets" / "starter" / f"{name}.onnx"))) == []
