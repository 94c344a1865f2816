"""Compiling: the real compiler on the starter bundle, and what happens when a compiler refuses or dies."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from edge.app import starter_bundle
from edge.bundle.folder import open_bundle
from edge.bundle.golden import golden_arrays
from edge.engines import trt_build, trt_compiler
from edge.engines.float_graph import float_graph, half_graph
from edge.engines.plans import plan_for
from edge.engines.trt_build import Compiler, build, compiler
from edge.errors import EngineError

NAMES = ("audio", "vision", "text", "fusion")


@pytest.fixture(scope="module")
def starter():
    return open_bundle(starter_bundle())


@pytest.fixture
def real():
    """The real compiler, which needs no GPU."""
    pytest.importorskip("tensorrt_rtx", reason="has no package for this machine")
    return compiler()


def counts(model):
    kinds = [node.op_type for node in model.graph.node]
    return kinds.count("QuantizeLinear"), kinds.count("DequantizeLinear")


def run(model, feed):
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, feed)


@pytest.mark.parametrize("precision", ["int8", "fp16", "fp32"])
@pytest.mark.parametrize("name", NAMES)
def test_every_starter_model_compiles(starter, real, tmp_path, name, precision):
    assert build(starter.path(name), tmp_path / "plan", real, precision) == ()
    assert (tmp_path / "plan").stat().st_size > 100_000


@pytest.mark.parametrize("name", NAMES)
def test_the_float16_form_gives_the_same_answers(starter, name):
    model = onnx.load(starter.path(name))
    half = half_graph(model)
    assert counts(half) == (0, 0)
    kinds = {tensor.data_type for tensor in half.graph.initializer if np.prod(tensor.dims) > 1000}
    assert onnx.TensorProto.FLOAT16 in kinds
    assert [value.type for value in half.graph.input] == [value.type for value in model.graph.input]
    assert [value.type for value in half.graph.output] == [value.type for value in model.graph.output]
    feed = {key: values[0] for key, values in golden_arrays(starter, name)["in"].items()}
    for a, b in zip(run(half, feed), run(float_graph(model), feed), strict=True):
        np.testing.assert_allclose(a, b, atol=0.02)


def test_one_node_is_given_back_and_the_rest_stays_int8(starter):
    model = onnx.load(starter.path("vision"))
    node = [node for node in model.graph.node if node.op_type == "Conv"][4]
    mixed = float_graph(model, [node.output[0]])
    before, after = counts(model), counts(mixed)
    assert before[1] - 2 <= after[1] < before[1]
    makers = {name: maker for maker in mixed.graph.node for name in maker.output}
    (plain,) = [other for other in mixed.graph.node if other.output == node.output]
    assert not [name for name in plain.input if name in makers and "Dequantize" in makers[name].op_type]
    feed = {key: values[0] for key, values in golden_arrays(starter, "vision")["in"].items()}
    for a, b in zip(run(mixed, feed), run(float_graph(model), feed), strict=True):
        np.testing.assert_allclose(a, b, atol=0.3)
    onnx.checker.check_model(mixed)


def test_the_real_compiler_gets_a_node_back_that_it_refuses(starter, real, tmp_path):
    model = onnx.load(starter.path("vision"))
    makers = {name: node for node in model.graph.node for name in node.output}
    node = [node for node in model.graph.node if node.op_type == "Conv"][4]
    quantize = makers[makers[node.input[0]].input[0]]
    # A zero point that is not zero: legal ONNX, and TensorRT has none.
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.int8(5), "five"))
    quantize.input[2] = makers[node.input[0]].input[2] = "five"
    onnx.save_model(model, tmp_path / "spoilt.onnx")
    said = []
    assert build(tmp_path / "spoilt.onnx", tmp_path / "plan", real, say=said.append) == (node.name,)
    assert (tmp_path / "plan").stat().st_size > 100_000
    assert re.match(r"spoilt.onnx: refused \(.*\); looking for the node that cannot run in INT8", said[0])


def test_a_file_nobody_can_compile(real, tmp_path):
    (tmp_path / "broken.onnx").write_bytes(b"no model at all")
    with pytest.raises(EngineError, match=r"broken.onnx is no model") as caught:
        build(tmp_path / "broken.onnx", tmp_path / "plan", real)
    assert len(str(caught.value).splitlines()) == 1
    value = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("NoSuchOperator", ["x"], ["y"])],
        "unknown",
        [value],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1])],
    )
    onnx.save_model(onnx.helper.make_model(graph, ir_version=8), tmp_path / "unknown.onnx")
    with pytest.raises(
        EngineError, match=r"unknown.onnx is refused by tensorrt_rtx .*NoSuchOperator"
    ) as caught:
        build(tmp_path / "unknown.onnx", tmp_path / "plan", real)
    assert len(str(caught.value).splitlines()) == 1
    assert not (tmp_path / "plan").exists()


def quantized_nodes(model):
    makers = {name: node.op_type for node in model.graph.node for name in node.output}
    return [
        node.name
        for node in model.graph.node
        if any(makers.get(name) == "DequantizeLinear" for name in node.input)
        and node.op_type not in ("QuantizeLinear", "DequantizeLinear")
    ]


def test_nodes_without_a_kernel_are_found_one_by_one(rig, starter, tmp_path, monkeypatch):
    path = starter.path("vision")
    nodes = quantized_nodes(onnx.load(path))
    refused = (nodes[1], nodes[-1])
    monkeypatch.setenv("RIG_REFUSE", ",".join(refused))
    monkeypatch.setenv("RIG_BUILDS", str(tmp_path / "builds"))
    said = []
    given = build(path, tmp_path / "plan", Compiler("tensorrt", "10.3.0"), say=said.append)
    assert sorted(given) == sorted(refused)
    left = onnx.load_from_string((tmp_path / "plan").read_bytes().split(b"\nPLAN\n", 1)[1])
    assert sorted(quantized_nodes(left)) == sorted(set(nodes) - set(refused))
    halvings = int(np.ceil(np.log2(len(nodes))))
    assert len((tmp_path / "builds").read_text().split()) <= 2 + 2 * (halvings + 1)
    assert f"Could not find any implementation for node {nodes[1]}." in said[0]


def test_a_refusal_that_float_does_not_mend_is_an_error(rig, starter, tmp_path, monkeypatch):
    path = starter.path("vision")
    monkeypatch.setenv("RIG_REFUSE", quantized_nodes(onnx.load(path))[0])
    # In float16 nothing is quantized, so there is nothing to give back.
    build(path, tmp_path / "plan", Compiler("tensorrt", "10.3.0"), "fp16")
    monkeypatch.setattr(trt_build, "_quantized", lambda model: {})
    with pytest.raises(
        EngineError, match=r'refused by tensorrt 10.3.0: .*; update TensorRT, or set backend = "onnxrt"'
    ):
        build(path, tmp_path / "plan", Compiler("tensorrt", "10.3.0"))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (11, r"crashed on text.onnx \(SIGSEGV\); update tensorrt"),
        (9, "killed, most likely for want of memory"),
    ],
)
def test_a_compiler_that_dies_is_an_error(rig, tiny_bundle, tmp_path, monkeypatch, code, message):
    monkeypatch.setenv("RIG_SIGNAL", str(code))
    with pytest.raises(EngineError, match=message):
        build(tiny_bundle.path("text"), tmp_path / "plan", Compiler("tensorrt", "10.3.0"))


def test_a_compiler_that_raises_is_an_error(rig, tiny_bundle, tmp_path, monkeypatch):
    monkeypatch.setenv("RIG_SLOW", "soon")
    with pytest.raises(EngineError, match=r"crashed on text.onnx \(ValueError: could not convert"):
        build(tiny_bundle.path("text"), tmp_path / "plan", Compiler("tensorrt", "10.3.0"))


def asked(path):
    return json.loads(path.read_bytes().split(b"\n", 1)[0])


def test_precision_flags_only_where_types_are_weak(rig, tiny_bundle, tmp_path, monkeypatch):
    plan, source = tmp_path / "plan", tiny_bundle.path("text")
    workspace = {"workspace": 256 << 20}
    build(source, plan, Compiler("tensorrt", "10.3.0"))
    assert asked(plan) == {"network": 1 << 1, "flags": [], "cleared": [], "pools": workspace}
    build(source, plan, Compiler("tensorrt", "10.3.0"), "fp32")
    assert asked(plan) == {"network": 1 << 1, "flags": [], "cleared": ["TF32"], "pools": workspace}
    monkeypatch.setenv("RIG_VERSION", "8.6.2")
    build(source, plan, Compiler("tensorrt", "8.6.2"))
    assert asked(plan) == {"network": 1 << 0, "flags": ["INT8"], "cleared": [], "pools": workspace}
    build(source, plan, Compiler("tensorrt", "8.6.2"), "fp16")
    assert asked(plan)["flags"] == ["FP16"]
    build(source, plan, Compiler("tensorrt", "8.6.2"), "fp32")
    assert (asked(plan)["flags"], asked(plan)["cleared"]) == ([], ["TF32"])


def test_timings_are_kept_from_build_to_build(rig, tiny_bundle, tmp_path):
    timing = tmp_path / "timing.cache"
    for expected in (b"+", b"++"):
        build(tiny_bundle.path("text"), tmp_path / "plan", Compiler("tensorrt", "10.3.0"), timing=timing)
        assert timing.read_bytes() == expected


@pytest.mark.parametrize("trouble", ["none", "raises", "refused", "dies"])
def test_damaged_timings_are_set_aside(rig, tiny_bundle, tmp_path, monkeypatch, trouble):
    monkeypatch.setenv("RIG_TIMING", trouble)
    timing, said = tmp_path / "timing.cache", []
    timing.write_bytes(b"not a timing cache")
    arguments = (tiny_bundle.path("text"), tmp_path / "plan", Compiler("tensorrt", "10.3.0"))
    for expected in (b"+", b"++"):
        build(*arguments, timing=timing, say=said.append)
        assert timing.read_bytes() == expected
    assert (tmp_path / "timing.damaged").read_bytes() == b"not a timing cache"
    (line,) = said
    assert line.startswith(
        f"the kernel timings in {timing} are damaged; they are kept as timing.damaged, and"
    )


def child_of(code):
    """A process that compiles, and the compiler below it."""
    path = repr(sys.path)
    parent = subprocess.Popen([sys.executable, "-c", f"import sys; sys.path[:] = {path}\n{code}"])
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not children.read_text().split():
        time.sleep(0.05)
    (child,) = children.read_text().split()
    return parent, int(child)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_a_compiler_does_not_outlive_who_started_it(rig, tiny_bundle, monkeypatch, number):
    monkeypatch.setenv("RIG_SLOW", "60")
    code = (
        "from pathlib import Path\n"
        "from edge.engines.plans import plan_for; from edge.engines.trt_build import Compiler\n"
        f"plan_for(Path({str(tiny_bundle.path('text'))!r}), Compiler('tensorrt', '10.3.0'), None)"
    )
    parent, child = child_of(code)
    time.sleep(0.5)
    parent.send_signal(number)
    assert parent.wait(10) != 0
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and alive(child):
        time.sleep(0.05)
    assert not alive(child)
    # What was left is cleared away by the next that compiles, and there is nothing of it elsewhere.
    monkeypatch.setenv("RIG_SLOW", "0")
    plan_for(tiny_bundle.path("text"), Compiler("tensorrt", "10.3.0"), None)
    assert not list(rig.cache.glob(".new-*"))


def test_progress_is_told(rig, tiny_bundle, tmp_path, monkeypatch):
    monkeypatch.setattr(trt_build, "SAY_S", 0.0)
    said = []
    build(tiny_bundle.path("text"), tmp_path / "plan", Compiler("tensorrt", "10.3.0"), say=said.append)
    assert said == ["text.onnx: Timing graph nodes, 3 of 7"]


def test_too_little_memory_is_said_before_the_build(rig, tiny_bundle, tmp_path, monkeypatch):
    memory = tmp_path / "meminfo"
    memory.write_text("MemTotal:  8000000 kB\nMemAvailable:  500000 kB\n")
    monkeypatch.setattr(trt_build, "MEMORY", memory)
    monkeypatch.setenv("RIG_BUILDS", str(tmp_path / "builds"))
    with pytest.raises(
        EngineError, match=r"text.onnx takes about 1.6 GB of memory and 0.5 GB are free; close"
    ):
        build(tiny_bundle.path("text"), tmp_path / "plan", Compiler("tensorrt", "10.3.0"))
    assert not (tmp_path / "builds").exists()
    memory.write_text("nothing of use")
    build(tiny_bundle.path("text"), tmp_path / "plan", Compiler("tensorrt", "10.3.0"))


def test_what_the_child_tells(rig, starter, tiny_bundle, tmp_path, capsys, monkeypatch):
    plan, timing = tmp_path / "plan", tmp_path / "timing.cache"
    arguments = ["tensorrt", str(tiny_bundle.path("text")), str(plan), "int8", "1000", str(timing)]
    assert trt_compiler.main(arguments) == 0
    assert asked(plan)["pools"] == {"workspace": 1000}
    assert timing.read_bytes() == b"+"
    progress = capsys.readouterr().out.splitlines()[-1]
    assert json.loads(progress) == {"phase": "Timing graph nodes", "step": 3, "of": 7}
    path = starter.path("vision")
    node = quantized_nodes(onnx.load(path))[0]
    monkeypatch.setenv("RIG_REFUSE", node)
    assert trt_compiler.main([arguments[0], str(path), *arguments[2:5]]) == 1
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told == {"refused": f"Could not find any implementation for node {node}."}


def test_the_real_compiler_in_this_process(starter, real, tmp_path, capsys):
    # As the child runs it: a cache of timings is asked for, and tensorrt_rtx has none.
    timing = tmp_path / "timing.cache"
    source = str(starter.path("vision"))
    arguments = ["tensorrt_rtx", source, str(tmp_path / "plan"), "int8", str(256 << 20), str(timing)]
    assert trt_compiler.main(arguments) == 0
    assert not timing.exists()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(line.keys() == {"phase", "step", "of"} and 1 <= line["step"] <= line["of"] for line in lines)
    arguments[4] = "0"
    assert trt_compiler.main(arguments) == 1
    assert "workspace memory" in json.loads(capsys.readouterr().out.splitlines()[-1])["refused"]
