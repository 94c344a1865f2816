"""A half-precision rest: the same answers, as many INT8 nodes, on every backend."""

import json
import re

import networks
import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto

from calibration.int8.golden import write_golden
from calibration.int8.lint import lint
from calibration.int8.ranges import Range
from calibration.int8.rescale import rescaled
from calibration.int8.search import Calls, search
from calibration.int8.settings import QuantizeSettings
from edge.app import Reader, starter_bundle
from edge.bundle.folder import open_bundle, write_bundle
from edge.bundle.golden import golden_arrays, replay
from edge.bundle.onnx_file import load_graph
from edge.config import Site
from edge.engines import open_engine
from edge.engines.cpu_graph import derive_cpu_graph
from edge.engines.float_graph import float_graph
from edge.engines.half_rest import has_half_rest, widened, with_half_rest
from edge.engines.trt_build import build, compiler
from edge.reading.voice import load_last_layer

NAMES = ("audio", "vision", "text", "fusion")


@pytest.fixture(scope="module")
def starter():
    return open_bundle(starter_bundle())


@pytest.fixture(scope="module")
def graphs(starter):
    """name -> the canonical graph and the same with a half-precision rest."""
    found = {name: load_graph(starter.path(name)) for name in NAMES}
    return {name: (graph, with_half_rest(graph)) for name, graph in found.items()}


def run(model, feed):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip([value.name for value in session.get_outputs()], session.run(None, feed), strict=True))


def kinds(model):
    counted = {}
    for node in model.graph.node:
        counted[node.op_type] = counted.get(node.op_type, 0) + 1
    return counted


def feeds(bundle, name):
    inputs = golden_arrays(bundle, name)["in"]
    return [{key: values[i] for key, values in inputs.items()} for i in range(2)]


@pytest.mark.parametrize("name", NAMES)
def test_the_rest_is_half_and_int8_stays(graphs, name):
    before, half = graphs[name]
    onnx.checker.check_model(half, full_check=True)
    assert lint(half) == []
    assert has_half_rest(half)
    assert not has_half_rest(before)
    assert {n: k for n, k in kinds(half).items() if n != "Cast"} == kinds(before)
    for side in ("input", "output"):
        old, new = (getattr(graph.graph, side) for graph in (before, half))
        assert [(v.name, v.type) for v in new] == [(v.name, v.type) for v in old]
    types = {value.name: value.type.tensor_type.elem_type for value in half.graph.value_info}
    for node in half.graph.node:
        if node.op_type in ("LayerNormalization", "Softmax", "MatMul", "Gemm", "Conv"):
            assert all(types.get(out, TensorProto.FLOAT16) == TensorProto.FLOAT16 for out in node.output)
        if node.op_type == "QuantizeLinear":
            assert types.get(node.input[0], TensorProto.FLOAT) == TensorProto.FLOAT
    floats = [t for t in half.graph.initializer if t.data_type == TensorProto.FLOAT]
    scales = {node.input[1] for node in half.graph.node if node.op_type == "QuantizeLinear"}
    assert {t.name for t in floats if t.dims and np.prod(t.dims) > 1} <= scales


@pytest.mark.parametrize(
    ("name", "apart"), [("audio", 0.4), ("vision", 0.15), ("text", 0.1), ("fusion", 0.05)]
)
def test_the_answers_stay(starter, graphs, name, apart):
    before, half = graphs[name]
    for feed in feeds(starter, name):
        old, new = run(before, feed), run(half, feed)
        assert np.abs(old["logits"] - new["logits"]).max() < apart


@pytest.mark.parametrize("name", NAMES)
def test_a_cpu_runs_it_in_float32_as_fast_a_graph(starter, graphs, name):
    before, half = graphs[name]
    wide = widened(half)
    onnx.checker.check_model(wide, full_check=True)
    assert kinds(wide) == kinds(before)
    assert not has_half_rest(wide)
    assert widened(before) is before
    assert kinds(derive_cpu_graph(wide)) == kinds(derive_cpu_graph(before))
    feed = feeds(starter, name)[0]
    for out, values in run(float_graph(half), feed).items():
        np.testing.assert_allclose(values, run(float_graph(before), feed)[out], atol=0.06)


@pytest.mark.parametrize("name", NAMES)
def test_the_compiler_takes_both_forms(graphs, tmp_path, name):
    pytest.importorskip("tensorrt_rtx", reason="has no package for this machine")
    for form, graph in zip(("float32", "float16"), graphs[name], strict=True):
        onnx.save(graph, tmp_path / f"{form}.onnx")
        assert build(tmp_path / f"{form}.onnx", tmp_path / f"{form}.plan", compiler()) == ()
        assert (tmp_path / f"{form}.plan").stat().st_size > 100_000


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_as_many_layers_run_in_int8(graphs, name):
    """By what the compiler says of the layers of its plan."""
    before, half = (layers(graph) for graph in graphs[name])
    least = 1 if name == "fusion" else 11  # the fusion of the starter has one layer in INT8
    assert before.count("Int8") == half.count("Int8") >= least
    assert before.count("Half") == 0
    assert "Float" not in half or name != "text"
    assert len(half) <= len(before)


def layers(graph):
    """Type of the first input of each matrix product and convolution of a plan, by tensorrt_rtx."""
    trt = pytest.importorskip("tensorrt_rtx", reason="has no package for this machine")
    said = []

    class Logger(trt.ILogger):
        def __init__(self):
            trt.ILogger.__init__(self)

        def log(self, severity, msg):
            said.append(msg)

    logger = Logger()
    builder = trt.Builder(logger)
    network = builder.create_network(0)
    assert trt.OnnxParser(network, logger).parse(graph.SerializeToString())
    config = builder.create_builder_config()
    config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED
    assert builder.build_serialized_network(network, config) is not None
    (told,) = [msg for msg in said if msg.startswith("Layers:")]
    lines = [
        line for line in told.splitlines() if re.search("LayerType: (gemm|correlation|runtime_fusion)", line)
    ]
    return [re.search(r"Inputs: \[ \{.*?Datatype: (\w+)", line)[1] for line in lines]


@pytest.mark.parametrize("name", ["vision", "fusion"])
def test_one_node_is_given_back_in_half(starter, graphs, name):
    half = graphs[name][1]
    made = {out: node for node in half.graph.node for out in node.output}
    first = next(
        node
        for node in half.graph.node
        if node.op_type in ("Conv", "MatMul")
        and getattr(made.get(node.input[0]), "op_type", "") == "DequantizeLinear"
    )
    mixed = float_graph(half, [first.output[0]])
    onnx.checker.check_model(mixed, full_check=True)
    assert kinds(mixed).get("DequantizeLinear", 0) < kinds(half)["DequantizeLinear"]
    feed = feeds(starter, name)[0]
    assert np.abs(run(mixed, feed)["logits"] - run(half, feed)["logits"]).max() < 0.3


def test_new_ranges_keep_the_form(graphs):
    half = graphs["text"][1]
    wide = widened(half)
    names = [n.input[0] for n in wide.graph.node if n.op_type == "QuantizeLinear"]
    ranges = {}
    for name in names:
        ranges[name] = Range()
        ranges[name].add(np.array([-2.54, 2.54], np.float32))
    found = rescaled(half, ranges, "minmax")
    assert has_half_rest(found)
    assert kinds(found) == kinds(half)
    constants = {t.name: onnx.numpy_helper.to_array(t) for t in found.graph.initializer}
    made = {out: node for node in found.graph.node for out in node.output}
    for node in found.graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in made:
            pair = [constants[n.input[1]].astype(np.float32) for n in (node, made[node.input[0]])]
            np.testing.assert_allclose(pair, 0.02, rtol=1e-3)


@pytest.fixture(scope="module")
def half_bundle(starter, graphs, tmp_path_factory):
    """The starter with a half-precision rest."""
    work = tmp_path_factory.mktemp("half")
    paths = {name: work / f"{name}.onnx" for name in NAMES}
    for name, path in paths.items():
        onnx.save(graphs[name][1], path)
    limits = write_golden(paths, starter.manifest.audio, starter.manifest.text, work / "golden.npz")
    models = {
        name: (
            path,
            starter.manifest.models[name].model_dump(exclude={"file", "sha256"}) | {"limits": limits[name]},
        )
        for name, path in paths.items()
    }
    files = {name: starter.folder / name for name in starter.manifest.files}
    files["golden.npz"] = work / "golden.npz"
    facts = starter.manifest.model_dump(by_alias=True, exclude={"models", "files"})
    return write_bundle(work / "bundle", facts, models, files)


def test_a_bundle_with_it_opens_and_reads_on_a_cpu(half_bundle, demo):
    for name in NAMES:
        with open_engine(half_bundle.path(name)) as engine:
            found = replay(half_bundle, name, engine)
        assert found.why_refused(half_bundle.manifest.models[name].limits) is None
    with Reader(Site(bundle=half_bundle.folder)) as reader:
        summary = reader.read(demo, [])
    assert summary.labels
    sizes = [
        sum(b.path(n).stat().st_size for n in NAMES) for b in (half_bundle, open_bundle(starter_bundle()))
    ]
    assert sizes[0] < sizes[1]


def test_what_labels_add_to_a_voice_is_known_of_it_as_well(starter, half_bundle):
    one, other = load_last_layer(starter), load_last_layer(half_bundle)
    assert one is not None
    assert other is not None
    for name in ("weight", "bias", "added"):
        np.testing.assert_allclose(getattr(other, name), getattr(one, name), atol=1e-3)


@pytest.mark.parametrize("kind", ["text", "fusion"])
def test_the_search_keeps_it_within_the_limits(kind, tmp_path):
    calls = list(networks.feeds(kind, 10, seed=5))
    with open_engine(networks.exported(kind)) as engine:
        labels = np.concatenate([engine.run(call)["logits"].argmax(-1).reshape(-1) for call in calls])
    held_out, said = Calls(calls, labels), []

    def found(rest, **limits):
        wanted = QuantizeSettings(rest=rest, **limits)
        return search(networks.exported(kind), calls, held_out, tmp_path / "x.onnx", wanted, said.append)

    loose = {"max_drop": 100.0, "min_cosine": 0.5}
    result = found("float16", **loose)
    assert result.rest == "float16"
    assert has_half_rest(load_graph(tmp_path / "x.onnx"))
    assert result.narrowed.cosine > 0.99
    assert "runs in float16: drop" in said[-1]
    told = json.loads(json.dumps(result.as_dict()))
    assert (told["rest"], told["float16_rest"]["drop"]) == ("float16", result.narrowed.drop)
    result = found("float32", **loose)
    assert (result.rest, result.narrowed) == ("float32", None)
    assert not has_half_rest(load_graph(tmp_path / "x.onnx"))


def test_where_it_loses_too_much_the_rest_stays_float32(tmp_path, monkeypatch):
    """A float16 form that answers nonsense is not taken."""

    def spoilt(model):
        half = with_half_rest(model)
        for tensor in half.graph.initializer:
            if tensor.data_type == TensorProto.FLOAT16 and len(tensor.dims) == 2:
                values = onnx.numpy_helper.to_array(tensor)
                tensor.CopyFrom(onnx.numpy_helper.from_array(-values, tensor.name))
        return half

    monkeypatch.setattr("calibration.int8.search.with_half_rest", spoilt)
    calls = list(networks.feeds("text", 10, seed=5))
    with open_engine(networks.exported("text")) as engine:
        labels = np.concatenate([engine.run(call)["logits"].argmax(-1).reshape(-1) for call in calls])
    said, wanted = [], QuantizeSettings(rest="float16", max_drop=100.0, min_cosine=0.9)
    path = tmp_path / "x.onnx"
    result = search(networks.exported("text"), calls, Calls(calls, labels), path, wanted, said.append)
    assert result.rest == "float32"
    assert result.narrowed.cosine < 0.9
    assert not has_half_rest(load_graph(path))
    assert "what is not INT8 stays float32, for float16 loses too much" in said[-1]
