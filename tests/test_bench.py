"""The bench: what it measures, and the float copy INT8 is measured against."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from edge.app import starter_bundle
from edge.bench import fresh_process, precisions
from edge.bench import window as bench
from edge.bench.table import table
from edge.bundle.folder import open_bundle
from edge.engines import cuda
from edge.engines.float_graph import float_graph
from edge.engines.onnxrt import OnnxRuntimeEngine
from edge.engines.trt import TensorRtEngine
from edge.errors import EngineError
from edge.reading.stopwatch import KEPT, Stopwatch

FRESH = ("peak_memory_mb", "first_reading_s", "live_first_reading_s")


@pytest.fixture(scope="module")
def report(_tiny, demo):
    return bench.measure(_tiny, demo, windows=4, calls=5)


def test_every_stage_is_measured(report):
    assert set(report["stages"]) == {
        "speech detection",
        "face detection",
        "audio features",
        "audio engine",
        "face crops",
        "vision features",
        "vision engine",
        "text features",
        "text engine",
        "fusion engine",
        "voting",
        "whole window",
    }
    for spread in report["stages"].values():
        assert spread["n"] == 4
        assert 0 < spread["p50_ms"] <= spread["p95_ms"] <= spread["p99_ms"]
    assert report["stages"]["whole window"]["p50_ms"] > report["stages"]["face detection"]["p50_ms"]


def test_a_window_of_a_stream_costs_less_than_a_new_one(report):
    assert report["stream"]["n"] == 4
    assert 0 < report["stream"]["p50_ms"] < report["stages"]["whole window"]["p50_ms"]


def test_what_is_not_int8_is_not_called_so(report):
    assert set(report["models"]) == {"audio", "vision", "text", "fusion"}
    for model in (*report["models"].values(), report["window"]):
        assert model["int8"] is None
        assert model["ratio"] is None
    assert {model["fp32"]["n"] for model in report["models"].values()} == {5}
    assert report["window"]["fp32"]["n"] == 4
    assert report["window"]["nodes"] == sum(model["nodes"] for model in report["models"].values())


def test_int8_and_float_run_on_the_same_backend(report):
    if cuda.gpu() is not None:
        pytest.skip("TensorRT may run here")
    assert report["backend"] == "onnxrt"
    assert report["engine"] == f"ONNX Runtime {onnxruntime.__version__}"
    assert {model["fp16"] for model in report["models"].values()} == {None}


@pytest.mark.parametrize("refused", [None, "fp16"])
def test_on_a_gpu_both_sides_run_on_tensorrt(rig, tiny_bundle, demo, monkeypatch, caplog, refused):
    entry = tiny_bundle.manifest.models["text"]
    real, times = TensorRtEngine._open, []

    def opened(self):
        if self._stack is None and self._precision == refused:
            raise EngineError("not on this board")
        real(self)

    monkeypatch.setattr(TensorRtEngine, "_open", opened)
    monkeypatch.setattr(bench, "fresh_process", lambda *_: dict.fromkeys(FRESH))
    run = TensorRtEngine.run
    monkeypatch.setattr(
        TensorRtEngine, "run", lambda self, inputs: times.append(self._precision) or run(self, inputs)
    )
    found = bench.measure(tiny_bundle.folder, demo, windows=2, calls=3)
    assert (found["backend"], found["engine"]) == ("tensorrt", "TensorRT 10.3.0 (tensorrt) on Rig (sm_87)")
    assert entry.int8_nodes == 0  # the tiny bundle is float, so what it measures is not called INT8
    shown = table(found)
    assert set(times) == {"int8", "fp32", "fp16"} - {refused}
    assert found["window"]["fp32"]["n"] == 2
    if refused:
        assert found["window"]["fp16"] is None
        assert "INT8 beside FP32, all on TensorRT 10.3.0 (tensorrt) on Rig (sm_87)" in shown
        assert "edge: FP16 is not measured: not on this board" in caplog.text
    else:
        assert found["models"]["audio"]["fp16"]["n"] == 3
        assert "INT8 beside FP32, FP16, all on TensorRT 10.3.0 (tensorrt) on Rig (sm_87)" in shown


def test_nodes_that_tensorrt_gave_back_are_not_counted():
    class Engine:
        given_back = ("one", "two")

    bundle = open_bundle(starter_bundle())
    whole = bundle.manifest.models["text"].int8_nodes
    assert precisions.int8_nodes(bundle, {"text": Engine()}, "text") == whole - 2
    assert precisions.int8_nodes(bundle, {"text": object()}, "text") == whole


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_a_fresh_process_is_measured(report):
    assert 50 < report["peak_memory_mb"] < 400
    assert report["first_reading_s"] > 0
    assert report["live_first_reading_s"] > 2.0


def test_the_report_is_json_and_a_table(report):
    assert set(json.loads(json.dumps(report))) == {
        "bundle",
        "machine",
        "backend",
        "engine",
        "stages",
        "stream",
        "models",
        "window",
        "panel",
        "peak_memory_mb",
        "first_reading_s",
        "live_first_reading_s",
    }
    text = table(report)
    assert not [line for line in table(report, "ja").splitlines() if "stage_" in line or "bench_" in line]
    assert not [line.split()[0] for line in table(report, "ja").splitlines() if line and line.isascii()]
    assert "未測定" in table(report, "ja")
    assert "whole window" in text
    assert text.count("not measured") == 5
    assert f"INT8 beside FP32, all on {report['engine']}" in text
    assert "peak memory: not measured" in table(report | {"peak_memory_mb": None})


def test_drawing_the_panel_is_measured(report):
    panel = report["panel"]
    assert panel["n"] == 150
    assert panel["cpu_p50_ms"] > 0.2
    assert panel["p50_ms"] <= panel["p95_ms"]
    assert panel["panels_per_s"] == 15.0
    assert 0.003 < panel["core_share"] < 0.6  # CPU time: at least 0.2 ms a panel, and no whole core
    assert f"drawing the panel: p50 {panel['p50_ms']:.2f} ms" in table(report)


def test_a_child_that_fails_is_one_line(tmp_path, demo):
    with pytest.raises(EngineError, match=r"the process that reads .* failed: .*is no bundle"):
        fresh_process._child(tmp_path, demo, "fast")


def test_a_child_that_hangs_is_not_measured(tmp_path, demo, monkeypatch):
    monkeypatch.setattr(fresh_process, "CHILD_LIMIT_S", 0.01)
    assert fresh_process._child(tmp_path, demo, "fast") == {"first_s": None, "peak_mb": None}


def test_one_thread_from_the_command_line():
    code = "from edge.system.threads import one_thread; one_thread()\n"
    code += "import os; print(os.environ['OMP_THREAD_LIMIT'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


def test_the_stopwatch_forgets_what_is_old():
    stopwatch = Stopwatch()
    for _ in range(KEPT + 10):
        with stopwatch.stage("x"):
            pass
    assert len(stopwatch.stages["x"]) == KEPT


def quantized_model(weights):
    """x [1, 4] -> Q/DQ -> MatMul with int8 weights, a scale a column -> y [1, 3]."""
    scale = np.abs(weights).max(axis=0) / 127
    constants = {
        "x_scale": np.float32(4 / 127),
        "zero": np.int8(0),
        "w": np.round(weights / scale).astype(np.int8),
        "w_scale": scale.astype(np.float32),
        "w_zero": np.zeros(3, np.int8),
    }
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "x_scale", "zero"], ["x_q"]),
        helper.make_node("DequantizeLinear", ["x_q", "x_scale", "zero"], ["x_dq"]),
        helper.make_node("DequantizeLinear", ["w", "w_scale", "w_zero"], ["w_dq"], axis=1),
        helper.make_node("MatMul", ["x_dq", "w_dq"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "quantized",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_the_float_copy_holds_no_int8_and_gives_the_same(rng, tmp_path):
    weights = rng.standard_normal((4, 3)).astype(np.float32)
    model = quantized_model(weights)
    copy = float_graph(model)
    onnx.checker.check_model(copy)
    assert [node.op_type for node in copy.graph.node] == ["MatMul"]
    assert {tensor.data_type for tensor in copy.graph.initializer} == {TensorProto.FLOAT}
    assert len(model.graph.node) == 4  # the given one is left alone
    onnx.save_model(copy, tmp_path / "float.onnx")
    x = rng.uniform(-3, 3, (1, 4)).astype(np.float32)
    with OnnxRuntimeEngine(tmp_path / "float.onnx") as engine:
        np.testing.assert_allclose(engine.run({"x": x})["y"], x @ weights, atol=0.1)


def test_one_window_is_every_call_it_needs(tiny_bundle):
    calls = [name for name, _ in bench.window_calls(tiny_bundle)]
    batch = tiny_bundle.manifest.models["vision"].inputs["faces"][0]
    assert calls.count("vision") * batch >= tiny_bundle.manifest.vision.faces
    assert [calls.count(name) for name in ("audio", "text", "fusion")] == [1, 1, 1]
