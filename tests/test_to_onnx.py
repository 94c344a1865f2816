from collections import Counter

import networks
import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from torch import nn

from edge.errors import EngineError
from export.students.to_onnx import export_onnx


def _types(path):
    return Counter(node.op_type for node in onnx.load(path).graph.node)


@pytest.mark.parametrize("kind", networks.KINDS)
def test_answers_as_torch_does(kind):
    session = ort.InferenceSession(networks.exported(kind), providers=["CPUExecutionProvider"])
    assert [value.name for value in session.get_outputs()] == networks.OUTPUTS[kind]
    for feed in networks.feeds(kind, 3):
        with torch.no_grad():
            wanted = networks.network(kind)(*(torch.from_numpy(value) for value in feed.values()))
        for a, b in zip(wanted, session.run(None, feed), strict=True):
            np.testing.assert_allclose(a.numpy(), b, atol=2e-5)


@pytest.mark.parametrize("kind", networks.KINDS)
def test_the_graph_is_static_and_plain(kind):
    model = onnx.load(networks.exported(kind))
    onnx.checker.check_model(model, full_check=True)
    assert [(entry.domain, 17 <= entry.version <= 20) for entry in model.opset_import] == [("", True)]
    assert not model.functions
    feed = next(networks.feeds(kind, 1))
    assert {value.name: _shape(value) for value in model.graph.input} == {k: v.shape for k, v in feed.items()}
    assert all(dim > 0 for value in model.graph.output for dim in _shape(value))
    left = {"Dropout", "BatchNormalization", "Identity", "Constant", "Shape", "Cast"} & _types(
        networks.exported(kind)
    ).keys()
    assert not left


@pytest.mark.parametrize("kind", networks.KINDS)
def test_nothing_of_the_workstation_is_in_the_file(kind):
    content = networks.exported(kind).read_bytes()
    assert b".py" not in content
    assert b"/torch" not in content


def test_attention_has_no_more_nodes_than_it_needs():
    types = _types(networks.exported("text"))
    # A layer splits q, k and v, and joins the heads: four of each; its only Mul is the GELU's two.
    assert types["Transpose"] == types["Reshape"] == 2 * 4
    assert types["Mul"] == 2 * 2 + 2 + 1  # GELU; a mask for each use; pooling


def test_onnx_runtime_fuses_gelu(tmp_path):
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    ort.InferenceSession(networks.exported("text"), options, providers=["CPUExecutionProvider"])
    types = _types(tmp_path / "optimised.onnx")
    assert types["Gelu"] == 2
    assert types["Erf"] == 0


def test_export_is_quiet_and_leaves_the_module_alone(tmp_path, capfd):
    module = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.Linear(4, 2)).train()
    export_onnx(module, {"x": torch.ones(1, 4)}, ["y"], tmp_path / "new" / "a.onnx")
    assert capfd.readouterr() == ("", "")
    assert module.training
    assert _types(tmp_path / "new" / "a.onnx") == {"Gemm": 2}


def test_a_module_with_other_outputs_is_refused(tmp_path):
    class Two(nn.Module):
        def forward(self, x):
            return x + 1, x * 2

    with pytest.raises(EngineError, match="asked were"):
        export_onnx(Two(), {"x": torch.ones(1, 4)}, ["y"], tmp_path / "a.onnx")


def _shape(value):
    return tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
