from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import networks
import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from onnx import TensorProto, helper
from torch import nn

from calibration.int8.parity import compare_engines
from calibration.int8.quantize import quantize
from edge.engines import onnxrt, open_engine
from edge.engines.cpu_graph import RANGES, derive_cpu_graph
from edge.engines.cpu_probe import saturates
from edge.engines.onnxrt import OnnxRuntimeEngine
from edge.errors import EngineError

COSINE = 0.999
"""How close the fast graph must stay to the canonical one, on the worst call."""


def _types(model):
    return Counter(node.op_type for node in model.graph.node)


def _run(model, feed):
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return dict(zip([value.name for value in session.get_outputs()], session.run(None, feed), strict=True))


@pytest.mark.parametrize("kind", networks.KINDS)
def test_the_fast_graph_answers_as_the_canonical_one(kind):
    path, _ = networks.quantized(kind)
    found = compare_engines(
        OnnxRuntimeEngine(path, canonical=True), open_engine(path), networks.feeds(kind, 10, seed=3)
    )
    assert found.keys() == set(networks.OUTPUTS[kind])
    assert min(parity.cosine for parity in found.values()) >= COSINE


@pytest.mark.parametrize("kind", networks.KINDS)
@pytest.mark.parametrize("louder", [1.0, 1.7])
def test_what_int8_cuts_off_the_fast_graph_cuts_off_too(kind, louder):
    # Values beyond the calibrated ranges: int8 ends at 127 steps, uint8 behind a ReLU could go on to 255.
    path, _ = networks.quantized(kind)
    canonical, fast = OnnxRuntimeEngine(path, canonical=True), open_engine(path)
    for feed in networks.feeds(kind, 10, seed=5):
        loud = {key: v * np.float32(louder) if v.dtype == np.float32 else v for key, v in feed.items()}
        wanted, found = canonical.run(loud)["logits"], fast.run(loud)["logits"]
        np.testing.assert_allclose(found, wanted, atol=0.03 * np.abs(wanted).max())


@pytest.mark.parametrize("kind", networks.KINDS)
def test_every_int8_node_is_an_integer_kernel_in_the_fast_graph(kind):
    path, report = networks.quantized(kind)
    derived = derive_cpu_graph(onnx.load(path))
    types = _types(derived)
    assert types["MatMulIntegerToFloat"] + types["QLinearConv"] == report.int8_nodes
    assert types["Conv"] + types["MatMul"] + types["Gemm"] == report.nodes - report.int8_nodes
    # One float read of the last convolution at most; no weight is dequantized.
    assert types["DequantizeLinear"] == (1 if kind == "vision" else 0)
    # Every linear layer of these networks has a bias, and it went into the kernel.
    assert all(len(node.input) == 7 for node in derived.graph.node if node.op_type == "MatMulIntegerToFloat")
    read = {name for node in derived.graph.node for name in node.input}
    assert all(tensor.name in read for tensor in derived.graph.initializer)


@pytest.mark.skipif(saturates(), reason="signed weights come out wrong on this CPU: nothing to compare with")
@pytest.mark.parametrize("kind", networks.KINDS)
def test_unsigned_weights_give_the_same_numbers(kind):
    model = onnx.load(networks.quantized(kind)[0])
    signed, unsigned = derive_cpu_graph(model), derive_cpu_graph(model, unsigned_weights=True)
    for feed in networks.feeds(kind, 2, seed=4):
        for a, b in zip(_run(signed, feed).values(), _run(unsigned, feed).values(), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)


def test_tensors_stay_uint8_between_convolutions():
    derived = derive_cpu_graph(onnx.load(networks.quantized("vision")[0]))
    convolutions = [node for node in derived.graph.node if node.op_type == "QLinearConv"]
    cut = {node.output[0]: node.input[0] for node in derived.graph.node if node.op_type == "Clip"}
    for before, after in pairwise(convolutions):
        assert cut[after.input[0]] == before.output[0]


def test_tensors_stay_uint8_from_the_last_convolution_to_the_first_linear_layer():
    types = _types(derive_cpu_graph(onnx.load(networks.quantized("audio")[0])))
    assert types["DequantizeLinear"] == 0


def test_a_saturating_cpu_gets_unsigned_weights(monkeypatch):
    asked = []
    monkeypatch.setattr(onnxrt, "saturates", lambda: True)
    monkeypatch.setattr(
        onnxrt, "derive_cpu_graph", lambda model, unsigned_weights: asked.append(unsigned_weights) or model
    )
    with open_engine(networks.quantized("vision")[0]):
        assert asked == [True]
    assert saturates() in (True, False)


class Awkward(nn.Module):
    """What the plain networks do not have: GELU behind a convolution, a residual sum, a tensor read twice."""

    def __init__(self):
        super().__init__()
        self.into = nn.Conv2d(16, 16, 3, padding=1)
        self.one = nn.Conv2d(16, 32, 3, padding=1)
        self.two = nn.Conv2d(32, 32, 3, padding=1, groups=2)
        self.three = nn.Conv2d(32, 32, 1, bias=False)
        self.side = nn.Linear(32, 32)
        self.head = nn.Linear(32, 6)

    def forward(self, x):
        x = nn.functional.gelu(self.into(x))
        x = self.one(x).relu()
        y = self.three(self.two(x))
        side = self.side(y.flatten(2).transpose(1, 2))
        return self.head((x + y).mean((2, 3)) + side.mean(1))


@cache
def _awkward():
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    calls = [{"x": rng.standard_normal((1, 16, 8, 8)).astype(np.float32)} for _ in range(20)]
    path = networks.export(Awkward().eval(), calls[0], ["logits"], "awkward")
    out = Path(networks.FOLDER.name) / "awkward.int8.onnx"
    quantize(path, calls, out)
    return out, calls


def test_gelu_and_residual_sums_between_convolutions():
    path, calls = _awkward()
    types = _types(derive_cpu_graph(onnx.load(path)))
    assert types["QLinearConv"] == 4
    assert types["Conv"] == 0
    found = compare_engines(OnnxRuntimeEngine(path, canonical=True), open_engine(path), calls)
    assert found["logits"].cosine >= COSINE


def test_a_convolution_without_a_known_range_stays_canonical():
    path, calls = _awkward()
    model = onnx.load(path)
    (ranges,) = [entry for entry in model.metadata_props if entry.key == RANGES]
    ranges.value = "{}"
    derived = derive_cpu_graph(model)
    assert _types(derived)["Conv"] == 2
    assert _types(derived)["QLinearConv"] == 2
    canonical = _run(onnx.load(path), calls[0])["logits"]
    np.testing.assert_allclose(_run(derived, calls[0])["logits"], canonical, atol=0.02)


def test_a_float_model_runs_unchanged():
    model = onnx.load(networks.exported("text"))
    assert _types(derive_cpu_graph(model)) == _types(model)


def test_engine_describes_and_runs_a_model():
    with OnnxRuntimeEngine(networks.exported("text")) as engine:
        assert engine.inputs == {"ids": (1, networks.LENGTH), "mask": (1, networks.LENGTH)}
        assert engine.outputs == ["tokens", "logits"]
        found = engine.run(next(networks.feeds("text", 1)))
    assert {name: values.shape for name, values in found.items()} == {
        "tokens": (1, networks.LENGTH, networks.WIDTH),
        "logits": (1, networks.LABELS),
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda feed: {"ids": feed["ids"]}, "takes ids, mask; given were ids"),
        (lambda feed: {}, "given were none"),
        (lambda feed: feed | {"mask": feed["mask"][0]}, r"mask must be float32 \[1, 20\].* float32 \[20\]"),
        (lambda feed: feed | {"ids": feed["ids"].astype(np.int64)}, r"ids must be int32.* int64"),
    ],
)
def test_wrong_input_is_named(change, message):
    engine = open_engine(networks.exported("text"))
    with pytest.raises(EngineError, match=message) as caught:
        engine.run(change(next(networks.feeds("text", 1))))
    assert len(str(caught.value).splitlines()) == 1


def test_a_failure_while_running_is_one_line():
    feed = next(networks.feeds("text", 1)) | {"ids": np.full((1, networks.LENGTH), 10**6, np.int32)}
    with pytest.raises(EngineError, match="failed while running") as caught:
        open_engine(networks.exported("text")).run(feed)
    assert len(str(caught.value).splitlines()) == 1


def test_what_cannot_be_opened(tmp_path, capfd):
    (tmp_path / "broken.onnx").write_bytes(b"no model at all")
    (tmp_path / "empty.onnx").write_bytes(b"")
    whole = networks.quantized("vision")[0].read_bytes()
    (tmp_path / "cut.onnx").write_bytes(whole[: len(whole) // 2])
    unknown = helper.make_graph(
        [helper.make_node("NoSuchOperator", ["x"], ["y"])],
        "unknown",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
    )
    onnx.save(helper.make_model(unknown, ir_version=8), tmp_path / "unknown.onnx")
    for name in ("broken", "empty", "cut", "unknown"):
        with pytest.raises(EngineError, match=f"{name}.onnx is no model") as caught:
            open_engine(tmp_path / f"{name}.onnx")
        assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(EngineError, match=r"missing\.onnx is missing"):
        open_engine(tmp_path / "missing.onnx")
    assert capfd.readouterr() == ("", "")


def test_an_unknown_backend_names_the_known_ones():
    with pytest.raises(EngineError, match="no backend 'tpu'; choose from onnxrt"):
        open_engine(networks.exported("text"), backend="tpu")
