"""OpenVINO gives what ONNX Runtime gives, from the same canonical file."""

import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from edge.app import Reader, demo_clip
from edge.bundle.folder import open_bundle
from edge.bundle.golden import golden_arrays, replay
from edge.config import Site
from edge.engines import open_engine
from edge.engines.cpu_probe import saturates
from edge.engines.onnxrt import OnnxRuntimeEngine
from edge.errors import EngineError, MissingExtraError

STARTER = Path(str(files("edge") / "assets" / "starter"))
WHOLE = pytest.mark.skipif(
    saturates(), reason="OpenVINO clips INT8 products on this CPU; the golden outputs refuse it there"
)


def test_without_the_package_the_pip_line_is_said(tiny_bundle, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'edge-emotion\[openvino\]'"):
        open_engine(tiny_bundle.path("text"), "openvino")


@pytest.fixture
def _openvino():
    pytest.importorskip("openvino")


@WHOLE
@pytest.mark.usefixtures("_openvino")
@pytest.mark.parametrize("name", ["audio", "vision", "text", "fusion"])
def test_the_starter_models_give_the_same_answers(name):
    bundle = open_bundle(STARTER)
    cases = golden_arrays(bundle, name)["in"]
    with open_engine(bundle.path(name), "openvino") as engine:
        found = replay(bundle, name, engine)
        assert found.why_refused(bundle.manifest.models[name].limits) is None
        with OnnxRuntimeEngine(bundle.path(name), canonical=True) as reference:
            assert dict(engine.inputs) == dict(reference.inputs)
            assert engine.outputs == reference.outputs
            call = {key: values[0] for key, values in cases.items()}
            for key, wanted in reference.run(call).items():
                given = engine.run(call)[key]
                cosine = (given * wanted).sum() / np.linalg.norm(given) / np.linalg.norm(wanted)
                assert cosine > 0.998


@pytest.mark.usefixtures("_openvino")
def test_answers_stay_when_the_next_call_comes(tiny_bundle, rng):
    with open_engine(tiny_bundle.path("audio"), "openvino") as engine:
        calls = [{n: rng.standard_normal(s, np.float32) for n, s in engine.inputs.items()} for _ in range(2)]
        first = engine.run(calls[0])
        kept = {name: value.copy() for name, value in first.items()}
        engine.run(calls[1])
        assert all((first[name] == kept[name]).all() for name in kept)
        with pytest.raises(EngineError, match="takes features, voice; given were none"):
            engine.run({})


@pytest.mark.usefixtures("_openvino")
def test_what_is_no_model(tmp_path):
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with pytest.raises(EngineError, match=r"bad\.onnx is no model that can be read"):
        open_engine(tmp_path / "bad.onnx", "openvino")
    with pytest.raises(EngineError, match=r"none\.onnx is missing"):
        open_engine(tmp_path / "none.onnx", "openvino")


@WHOLE
@pytest.mark.usefixtures("_openvino")
def test_a_site_may_ask_for_it():
    with Reader(Site(backend="openvino")) as reader:
        assert reader.backend == "openvino"
        assert reader.read(demo_clip(), []).labels
