"""INT8 that keeps its accuracy: the range method by trial, the loop that gives nodes back, fine-tuning."""

import json

import networks
import numpy as np
import onnx
import pytest
import torch
from torch import nn

from calibration.int8.parity import compare_engines
from calibration.int8.quantize import quantize
from calibration.int8.ranges import METHODS
from calibration.int8.search import Calls, search
from calibration.int8.settings import QuantizeSettings
from edge.engines import open_engine
from edge.errors import DatasetError
from edge.starter_labels import STARTER as LABELS
from export.fusion.pools import Inputs
from export.int8.calls import require_material
from export.int8.qat import fine_tune


class Lopsided(nn.Module):
    """One linear layer in the middle reads two values a hundred times larger than all others."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.first, self.middle, self.last = nn.Linear(32, 32), nn.Linear(32, 32), nn.Linear(32, 32)
        self.head = nn.Linear(32, len(LABELS))
        gain = torch.ones(32)
        gain[:2] = 100.0
        self.register_buffer("gain", gain)
        with torch.no_grad():
            self.middle.weight /= gain

    def forward(self, x):
        y = self.middle(self.first(x).relu() * self.gain).relu()
        return self.head(self.last(y).relu())


@pytest.fixture(scope="module")
def lopsided():
    """The network, its file, calls that set ranges and labelled calls that judge."""
    network = Lopsided().eval()
    rng = np.random.default_rng(5)
    feeds = [{"x": rng.standard_normal((4, 32)).astype(np.float32)} for _ in range(120)]
    path = networks.export(network, feeds[0], ["logits"], "lopsided")
    with open_engine(path) as engine:
        labels = [engine.run(feed)["logits"].argmax(1) for feed in feeds[60:]]
    return network, path, feeds[:60], Calls(feeds[60:], np.concatenate(labels))


@pytest.mark.parametrize("kind", networks.KINDS)
def test_the_method_nearest_to_float_is_kept(kind, tmp_path):
    calls = list(networks.feeds(kind, 10, seed=5))
    with open_engine(networks.exported(kind)) as engine:
        labels = np.concatenate([engine.run(call)["logits"].argmax(-1).reshape(-1) for call in calls])
    found = search(
        networks.exported(kind),
        networks.feeds(kind, 20, seed=1),
        Calls(calls, labels),
        tmp_path / "int8.onnx",
        QuantizeSettings(max_drop=100.0),
    )
    assert set(found.snr_db) == set(METHODS)
    assert found.snr_db[found.report.method] == max(found.snr_db.values())
    assert found.given_back == []
    assert found.cosine > 0.99
    assert json.loads(json.dumps(found.as_dict()))["ranges"] == found.report.method


def test_the_node_that_hurts_most_is_given_back(lopsided, tmp_path):
    _, path, ranges, held_out = lopsided
    plain = search(
        path, ranges, held_out, tmp_path / "plain.onnx", QuantizeSettings(max_drop=100, min_cosine=-1)
    )
    assert plain.given_back == []
    wanted = QuantizeSettings(max_drop=100.0, min_cosine=0.999)
    assert plain.cosine < wanted.min_cosine
    found = search(path, ranges, held_out, tmp_path / "int8.onnx", wanted)
    (step,) = found.given_back
    assert found.cosine >= wanted.min_cosine
    assert found.report.left_float[step.node] == "given back"
    assert found.macs_given_back == pytest.approx(32 * 32 / (3 * 32 * 32 + 32 * 6), rel=1e-3)
    # The middle layer: the only one that reads a product.
    model = onnx.load(path)
    maker = {name: node for node in model.graph.node for name in node.output}
    (product,) = [node for node in model.graph.node if step.node in node.output]
    assert maker[product.input[0]].op_type == "Mul"
    assert found.as_dict()["given_back"][0]["node"] == step.node


def test_where_nothing_may_be_lost_everything_is_given_back(lopsided, tmp_path):
    _, path, ranges, held_out = lopsided
    found = search(path, ranges, held_out, tmp_path / "int8.onnx", QuantizeSettings(min_cosine=1.0))
    assert found.report.int8_nodes == 0
    assert found.drop == 0.0
    assert found.snr_db.keys() == set(METHODS)


def test_fine_tuning_in_simulated_int8_brings_the_answers_back(lopsided, tmp_path):
    network, path, ranges, held_out = lopsided
    x = torch.from_numpy(np.concatenate([feed["x"] for feed in ranges]))

    class Tokens(nn.Module):
        """Networks here give tokens and logits."""

        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            logits = self.inner(x)
            return logits, logits

    def batches(rng):
        while True:
            yield (x[torch.from_numpy(rng.integers(0, len(x), 32))],)

    tuned = fine_tune("middle", Tokens(network), batches, 100, tmp_path, seed=1).inner
    assert not any(hasattr(layer, "limit") for layer in tuned.modules())
    assert not torch.equal(tuned.middle.weight, network.middle.weight)
    second = networks.export(tuned, ranges[0], ["logits"], "tuned")
    snr = {}
    for name, source in (("before", path), ("after", second)):
        quantize(source, ranges, tmp_path / "int8.onnx")
        with open_engine(path) as reference, open_engine(tmp_path / "int8.onnx") as candidate:
            snr[name] = compare_engines(reference, candidate, held_out.feeds)["logits"].snr_db
    assert snr["after"] > snr["before"] + 1.5


def test_ranges_from_next_to_nothing_are_refused():
    def inputs(audio=20, vision=120, text=60):
        counts = {"audio": audio, "vision": vision, "text": text}
        return {name: Inputs((torch.zeros(n, 1),), torch.zeros(n), ("a",) * n) for name, n in counts.items()}

    require_material(inputs())
    with pytest.raises(DatasetError, match=r"at least 60 seconds of speech .*, there are 40; add recordings"):
        require_material(inputs(audio=10))
    with pytest.raises(DatasetError, match=r"at least 100 faces .*, there are 99"):
        require_material(inputs(vision=99))
    with pytest.raises(DatasetError, match=r"at least 50 transcripts .*, there are 0"):
        require_material(inputs(text=0))
