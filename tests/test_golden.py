"""Golden outputs: of made-up inputs, and no weaker for it."""

from collections import Counter
from contextlib import ExitStack

import numpy as np
import onnx
import pytest
from broken_backends import faults

from calibration.int8.golden import write_golden
from calibration.int8.golden_inputs import made_up_calls
from edge.app import starter_bundle
from edge.bundle.folder import open_bundle
from edge.bundle.golden import golden_arrays, replay
from edge.engines import open_engine
from edge.engines.float_graph import float_graph, half_graph
from edge.engines.onnxrt import OnnxRuntimeEngine
from edge.items import MODALITIES

WITH_PEOPLE = 298 / 751
"""Share of the faults that golden outputs made of held-out people found, in a starter with another fusion."""


@pytest.fixture(scope="module")
def starter():
    return open_bundle(starter_bundle())


@pytest.fixture(scope="module")
def made_up(starter):
    """The calls a golden file of the starter can hold."""
    with ExitStack() as stack:
        names = starter.manifest.models
        engines = {name: stack.enter_context(open_engine(starter.path(name))) for name in names}
        return made_up_calls(engines, starter.manifest.audio, starter.manifest.text)


@pytest.mark.parametrize(("name", "inputs"), [("audio", "features"), ("vision", "faces"), ("text", "ids")])
def test_nobody_is_in_the_starter(starter, made_up, name, inputs):
    """Each golden input is one that is made up anew here."""
    for given in golden_arrays(starter, name)["in"][inputs]:
        nearest = min(np.abs(given.astype(float) - call[inputs]).mean() for call in made_up[name])
        assert nearest < 1e-3


def test_the_starter_answers_with_different_labels(starter):
    for name in (*MODALITIES, "fusion"):
        logits = golden_arrays(starter, name)["out"]["logits"]
        assert len(set(logits.argmax(axis=-1).ravel().tolist())) >= 3
        ordered = np.sort(logits, axis=-1)
        assert (ordered[..., -1] - ordered[..., -2]).min() > 0.3


def test_made_up_inputs_lie_where_real_ones_do(made_up):
    features = np.concatenate([call["features"] for call in made_up["audio"]])
    assert features.min() == -1.0
    assert features.max() == pytest.approx(1.0)
    # Speech: louder below 1 kHz than above 5 kHz, and pauses.
    assert features[:, 5:20].mean() > features[:, 55:].mean() + 0.2
    assert (features.mean(axis=1) < -0.7).mean() > 0.1
    faces = np.concatenate([call["faces"] for call in made_up["vision"]])
    assert np.abs(faces.mean(axis=(1, 2, 3))).max() < 1e-3
    assert 1.5 < np.abs(faces).max() < 8.0
    present = {tuple(call["present"][0]) for call in made_up["fusion"]}
    assert {(1.0, 1.0, 1.0), (1.0, 0.0, 0.0)} <= present
    for call in made_up["fusion"]:
        assert not call["text"][call["text_mask"] == 0].any()
        assert not call["vision"][call["vision_mask"] == 0].any()


def test_the_same_networks_give_the_same_file(tiny_bundle, tmp_path):
    manifest = tiny_bundle.manifest
    networks = {name: tiny_bundle.path(name) for name in manifest.models}
    found = [
        write_golden(networks, manifest.audio, manifest.text, tmp_path / f"{n}" / "golden.npz")
        for n in (1, 2)
    ]
    assert found[0] == found[1]
    assert all(limits.max_abs == 0.05 for limits in found[0].values())  # float networks: nothing is rounded
    assert (tmp_path / "1/golden.npz").read_bytes() == (tmp_path / "2/golden.npz").read_bytes()


@pytest.mark.parametrize("name", [*MODALITIES, "fusion"])
def test_sound_backends_pass(starter, tmp_path, name):
    """The fast graph of this CPU, the float form and the float16 form."""
    model = onnx.load(starter.path(name))
    onnx.save(float_graph(model), tmp_path / "float.onnx")
    onnx.save(half_graph(model), tmp_path / "half.onnx")
    for path, canonical in (
        (starter.path(name), False),
        (tmp_path / "float.onnx", True),
        (tmp_path / "half.onnx", True),
    ):
        with OnnxRuntimeEngine(path, canonical=canonical) as engine:
            assert replay(starter, name, engine).why_refused(starter.manifest.models[name].limits) is None


@pytest.mark.slow
def test_a_broken_backend_is_found_as_often_as_by_recordings(starter, tmp_path):
    """Every layer of every network, spoilt in eleven ways, one at a time; many of these faults are slight."""
    found, kinds = Counter(), Counter()
    for name in (*MODALITIES, "fusion"):
        limits = starter.manifest.models[name].limits
        for kind, _, model in faults(onnx.load(starter.path(name))):
            onnx.save(model, tmp_path / "spoilt.onnx")
            with OnnxRuntimeEngine(tmp_path / "spoilt.onnx", canonical=True) as engine:
                found[kind] += replay(starter, name, engine).why_refused(limits) is not None
                kinds[kind] += 1
    print({kind: f"{found[kind]} of {count}" for kind, count in kinds.items()})
    assert kinds.total() == 464
    assert found.total() / kinds.total() >= WITH_PEOPLE
    for kind in ("kernel mirrored", "edge of the kernel left out"):
        assert found[kind] == kinds[kind]
