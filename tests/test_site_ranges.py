"""Activation ranges of a site: taken where INT8 comes nearer to float and reads people no less well."""

import numpy as np
import pytest

from calibration.site.fit.ranges import SiteCalls, site_ranges
from edge.app import starter_bundle
from edge.bundle.folder import open_bundle
from edge.bundle.onnx_file import load_graph
from edge.engines.float_graph import float_graph
from edge.engines.onnxrt import OnnxRuntimeEngine

CALLS = 48


@pytest.fixture(scope="module")
def audio():
    return open_bundle(starter_bundle()).path("audio")


@pytest.fixture(scope="module")
def feeds():
    """Sound that the ranges of the starter are not made for."""
    rng = np.random.default_rng(4)
    return [
        {
            "features": rng.normal(0.0, 2.5, (1, 64, 400)).astype(np.float32),
            "voice": rng.normal(0.0, 1.5, (1, 128)).astype(np.float32),
        }
        for _ in range(CALLS)
    ]


@pytest.fixture(scope="module")
def answers(audio, feeds, tmp_path_factory):
    """The label that the network tells of each call, in float and in INT8."""
    import onnx

    model, found = load_graph(audio), {}
    for name, graph in {"float": float_graph(model), "int8": model}.items():
        file = tmp_path_factory.mktemp("graphs") / "graph.onnx"
        onnx.save(graph, file)
        with OnnxRuntimeEngine(file, canonical=True) as engine:
            found[name] = np.array([int(engine.run(feed)["logits"].argmax()) for feed in feeds])
    assert (found["float"] != found["int8"]).sum() >= 3
    return found


@pytest.mark.parametrize(
    ("right", "why"),
    [("float", "site_ranges_taken"), ("int8", "site_ranges_worse"), (None, "site_ranges_taken")],
    ids=["float reads them better", "INT8 reads them better", "no labels"],
)
def test_ranges_are_taken_where_people_are_read_no_less_well(audio, feeds, answers, tmp_path, right, why):
    labels = answers[right] if right else np.full(CALLS, -1)
    graph, part = site_ranges(audio, SiteCalls(feeds, np.arange(CALLS) % 4, labels), tmp_path)
    assert part.after > part.before
    assert part.why == why
    assert (graph is not None) == part.taken == (why == "site_ranges_taken")
