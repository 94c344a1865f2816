import json
from functools import cache

import networks
import numpy as np
import onnx
import pytest
import torch
from torch import nn

from calibration.int8.parity import compare_engines
from calibration.int8.quantize import Quantizer, quantize
from calibration.int8.ranges import METHODS, Range, collect_ranges
from edge.engines.cpu_graph import RANGES, derive_cpu_graph
from edge.engines.onnxrt import OnnxRuntimeEngine
from edge.engines.wiring import Wiring, attribute
from edge.errors import InputError

PRODUCTS = ("Conv", "MatMul", "Gemm")


def _int8(model, wiring):
    """The Conv, MatMul and Gemm nodes whose weights stand behind a DequantizeLinear."""
    return [n for n in model.graph.node if n.op_type in PRODUCTS and _dequantized(n.input[1], wiring)]


def _dequantized(name, wiring):
    maker = wiring.makers.get(name)
    return maker if maker is not None and maker.op_type == "DequantizeLinear" else None


@pytest.fixture(params=networks.KINDS)
def canonical(request):
    path, report = networks.quantized(request.param)
    model = onnx.load(path)
    return model, Wiring(model), report


def test_every_int8_node_has_quantized_inputs_and_a_float_bias(canonical):
    model, wiring, report = canonical
    nodes = _int8(model, wiring)
    assert len(nodes) == report.int8_nodes > 0
    assert report.nodes == sum(node.op_type in PRODUCTS for node in model.graph.node)
    assert len(report.left_float) == report.nodes - report.int8_nodes
    assert 0.5 < report.int8_macs <= 1.0
    assert report.calls == 20
    for node in nodes:
        assert wiring.makers[_dequantized(node.input[0], wiring).input[0]].op_type == "QuantizeLinear"
        for bias in node.input[2:]:
            assert wiring.constants[bias].data_type == onnx.TensorProto.FLOAT


def test_weights_have_one_scale_an_output_channel(canonical):
    model, wiring, _ = canonical
    for node in _int8(model, wiring):
        weights = _dequantized(node.input[1], wiring)
        values, scale, zero = (wiring.array(name) for name in weights.input)
        axis = int(attribute(weights, "axis", 99))
        transposed = node.op_type == "Gemm" and attribute(node, "transB", 0)
        assert axis == (0 if node.op_type == "Conv" or transposed else 1)
        assert values.dtype == zero.dtype == np.int8
        assert scale.shape == zero.shape == (values.shape[axis],)
        assert (scale > 0).all()
        assert not zero.any()
        others = tuple(index for index in range(values.ndim) if index != axis)
        assert (np.abs(values).max(others) == 127).all()


def test_activations_have_one_scale_and_are_quantized_once(canonical):
    model, wiring, _ = canonical
    quantizers = [node for node in model.graph.node if node.op_type == "QuantizeLinear"]
    assert len({node.input[0] for node in quantizers}) == len(quantizers)
    for node in quantizers:
        scale, zero = (wiring.array(name) for name in node.input[1:])
        assert scale.shape == zero.shape == ()
        assert scale > 0
        assert zero.dtype == np.int8
        assert zero == 0
        # Nothing but a product reads the quantized form, so no sum, LayerNorm, Softmax or GELU is touched.
        (dequantize,) = wiring.readers[node.output[0]]
        assert {reader.op_type for reader in wiring.readers[dequantize.output[0]]} <= set(PRODUCTS)
        # And no product's output is quantized for its own sake: what is quantized feeds another product.
        assert wiring.readers[dequantize.output[0]]


def test_the_file_is_static_and_of_an_opset_tensorrt_reads(canonical):
    model, _, _ = canonical
    onnx.checker.check_model(model, full_check=True)
    assert [(entry.domain, 17 <= entry.version <= 20) for entry in model.opset_import] == [("", True)]
    values = (*model.graph.input, *model.graph.output)
    assert all(dim.dim_value > 0 for value in values for dim in value.type.tensor_type.shape.dim)


def test_ranges_of_convolutions_travel_with_the_file(canonical):
    model, wiring, _ = canonical
    (stored,) = [json.loads(entry.value) for entry in model.metadata_props if entry.key == RANGES]
    convolutions = [node for node in _int8(model, wiring) if node.op_type == "Conv"]
    assert len(stored) == len(convolutions)
    assert all(low <= high for low, high in stored.values())
    assert stored.keys() <= {name for node in model.graph.node for name in node.output}


@pytest.mark.parametrize("kind", networks.KINDS)
def test_int8_stays_close_to_float(kind):
    path, _ = networks.quantized(kind)
    float32 = OnnxRuntimeEngine(networks.exported(kind))
    found = compare_engines(
        float32, OnnxRuntimeEngine(path, canonical=True), networks.feeds(kind, 10, seed=2)
    )
    assert min(parity.cosine for parity in found.values()) > 0.995


def test_what_stays_float_says_why():
    _, audio = networks.quantized("audio")
    assert sorted(set(audio.left_float.values())) == [
        "1 -> 16 channels, fewer than 16",
        "32 x 1, smaller than 16",
        "both inputs are activations",
        "last layer",
    ]
    _, fusion = networks.quantized("fusion")
    assert list(fusion.left_float.values()).count("one row: bound by memory") == 2


@pytest.fixture
def linear(tmp_path):
    return _linear(), tmp_path / "int8.onnx"


@cache
def _linear():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 6))
    with torch.no_grad():
        module[0].weight[3] = 0.0
    return networks.export(module, {"x": np.ones((4, 32), np.float32)}, ["logits"], "linear")


def test_without_data_nothing_is_written(linear):
    path, out = linear
    with pytest.raises(InputError, match="no calibration data"):
        quantize(path, [], out)
    assert not out.exists()


def test_data_that_is_not_finite_is_refused(linear):
    path, out = linear
    with pytest.raises(InputError, match=r"calibration call 2: .* not finite"):
        quantize(path, [{"x": np.full((4, 32), value, np.float32)} for value in (1.0, np.nan)], out)


def test_silence_and_dead_channels_give_scales_above_zero(linear):
    path, out = linear
    report = quantize(path, [{"x": np.zeros((4, 32), np.float32)}], out)
    assert report.int8_nodes == 2
    model = onnx.load(out)
    scales = [onnx.numpy_helper.to_array(t) for t in model.graph.initializer if t.name.endswith(".scale")]
    assert all((scale > 0).all() for scale in scales)
    engine = OnnxRuntimeEngine(out)
    assert np.isfinite(engine.run({"x": np.zeros((4, 32), np.float32)})["logits"]).all()


def test_a_network_too_small_for_int8_stays_float(tmp_path):
    path = networks.export(
        nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 6)), {"x": np.ones((4, 8), np.float32)}, ["y"], "small"
    )
    report = quantize(path, [{"x": np.ones((4, 8), np.float32)}], tmp_path / "int8.onnx")
    assert (report.int8_nodes, report.nodes, report.int8_macs) == (0, 2, 0.0)
    assert OnnxRuntimeEngine(tmp_path / "int8.onnx").run({"x": np.ones((4, 8), np.float32)})["y"].shape == (
        4,
        6,
    )


@pytest.mark.parametrize("method", [method for method in METHODS if method != "minmax"])
def test_every_method_but_minmax_lets_an_outlier_go(linear, method):
    path, out = linear
    rng = np.random.default_rng(0)
    calls = [{"x": rng.standard_normal((4, 32)).astype(np.float32)} for _ in range(1000)]
    calls[7]["x"][0, 0] = 12.0
    quantizer = Quantizer(path, calls)
    scales = {}
    for name in ("minmax", method):
        assert quantizer.write(out, name).method == name
        scales[name] = float(Wiring(onnx.load(out)).array("x.scale"))
    assert scales["minmax"] == pytest.approx(12.0 / 127.0)
    assert scales[method] < 0.8 * scales["minmax"]


@pytest.fixture(scope="module")
def laplace():
    rng = np.random.default_rng(3)
    values = rng.laplace(size=(50, 1000)).astype(np.float32)
    values *= np.linspace(0.1, 3.0, 50, dtype=np.float32)[:, None]  # the histogram has to grow on the way
    watched = Range()
    for row in values:
        watched.add(row)
    return values, watched


@pytest.mark.parametrize("share", ["99.9 %", "99.99 %", "99.999 %"])
def test_percentile_agrees_with_the_sorted_values(laplace, share):
    values, watched = laplace
    wanted = np.quantile(np.abs(values), float(share[:-2]) / 100.0)
    assert watched.limit(share) == pytest.approx(wanted, rel=0.05)
    assert watched.limit("minmax") == np.abs(values).max()


def test_mse_finds_the_limit_that_costs_least(laplace):
    values, watched = laplace

    def cost(limit):
        step = limit / 127.0
        return np.square(values - np.clip(np.rint(values / step), -127, 127) * step).mean()

    tried = np.linspace(0.05, 1.0, 200) * np.abs(values).max()
    assert cost(watched.limit("mse")) <= 1.02 * min(cost(limit) for limit in tried)
    assert cost(watched.limit("mse")) < 0.9 * cost(watched.limit("minmax"))


def test_entropy_cuts_a_long_tail_and_keeps_a_flat_distribution(laplace):
    _, watched = laplace
    assert watched.limit("entropy") < 0.8 * watched.limit("minmax")
    flat = Range()
    flat.add(np.random.default_rng(0).uniform(-2.0, 2.0, 100_000).astype(np.float32))
    assert flat.limit("entropy") == pytest.approx(2.0, rel=0.02)


def test_a_table_of_words_becomes_int8_a_scale_a_row(tmp_path):
    torch.manual_seed(0)

    class Words(nn.Module):
        def __init__(self):
            super().__init__()
            self.table, self.linear = nn.Embedding(300, 32), nn.Linear(32, 32)
            self.head = nn.Linear(32, 6)

        def forward(self, ids):
            return self.head(self.linear(self.table(ids)).relu())

    words = np.arange(40, dtype=np.int32)[None]
    path = networks.export(Words(), {"ids": words}, ["logits"], "words")
    report = quantize(path, [{"ids": words}], tmp_path / "int8.onnx")
    assert report.tables == 1
    model = onnx.load(tmp_path / "int8.onnx")
    wiring = Wiring(model)
    (gather,) = [node for node in model.graph.node if node.op_type == "Gather"]
    values, scale, _ = (wiring.array(name) for name in _dequantized(gather.input[0], wiring).input)
    assert values.dtype == np.int8
    assert scale.shape == (300,)
    assert (tmp_path / "int8.onnx").stat().st_size < 0.5 * path.stat().st_size
    derived = derive_cpu_graph(model)
    # The whole table is never turned into float: only the rows that are read.
    assert "DequantizeLinear" not in {node.op_type for node in derived.graph.node}
    engines = [OnnxRuntimeEngine(tmp_path / "int8.onnx", canonical=c) for c in (True, False)]
    found = compare_engines(*engines, [{"ids": words + i} for i in range(0, 200, 40)])
    assert found["logits"].cosine > 0.999


def test_ranges_of_inputs_and_outputs_can_be_watched(linear):
    path, _ = linear
    calls = [{"x": np.full((4, 32), value, np.float32)} for value in (-2.0, 3.0)]
    ranges, count = collect_ranges(onnx.load(path), ["x", "logits"], calls)
    assert count == 2
    assert (ranges["x"].low, ranges["x"].high) == (-2.0, 3.0)
