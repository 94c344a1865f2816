"""Reading ONNX files: whole, from one file, or not at all."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from test_bundle import externalise
from test_onnx_teacher import write_listener

from edge.bundle.onnx_file import load_graph
from edge.errors import ConfigError, EngineError
from edge.items import Frame
from edge.perception.faces import FaceFollower
from export.teachers.onnx_file import OnnxTeacher

ROOT = Path(__file__).parents[1]


def test_it_reads_what_was_written(tiny_bundle):
    model = load_graph(tiny_bundle.path("text"))
    assert model == onnx.load(tiny_bundle.path("text"))


@pytest.mark.parametrize(
    ("data", "why"), [(b"no model", "its bytes are damaged"), (b"", "it holds no graph")]
)
def test_what_is_no_graph(tmp_path, data, why):
    (tmp_path / "x.onnx").write_bytes(data)
    with pytest.raises(EngineError, match=why):
        load_graph(tmp_path / "x.onnx")


def test_a_teacher_and_a_face_detector_lie_in_one_file_too(tiny_bundle, tmp_path):
    for path in (tmp_path / "face.onnx", write_listener(tmp_path / "x", rate=16000)):
        model = onnx.load(path if path.exists() else tiny_bundle.path("face_detector.onnx"))
        externalise(model, "constant")
        path.write_bytes(model.SerializeToString())
    with pytest.raises(ConfigError, match="keeps values of hidden in another file"):
        OnnxTeacher(path, "audio")
    with pytest.raises(EngineError, match="keeps values of hidden in another file"):
        FaceFollower(tmp_path / "face.onnx").find(Frame(0.0, np.zeros((48, 64, 3), np.uint8)))


def test_nothing_else_reads_graphs():
    """One loader: onnx.load would follow tensors into other files."""
    for folder in ("edge", "calibration", "export"):
        for path in (ROOT / folder).rglob("*.py"):
            # transcribe.py reads what a recogniser says of itself, not its weights.
            if path.name not in ("onnx_file.py", "transcribe.py"):
                assert "onnx.load(" not in path.read_text(encoding="utf-8"), path
