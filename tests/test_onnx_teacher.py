"""Teachers in an ONNX file."""

import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tiny_teachers import word_tokenizer

from edge.errors import ConfigError
from export.teachers.find import open_teacher


def write_graph(file, inputs, nodes, output=("out", ("b", "t", "d"))):
    """A graph of a few nodes; inputs: name -> (type, shape)."""
    takes = [helper.make_tensor_value_info(name, *said) for name, said in inputs.items()]
    gives = helper.make_tensor_value_info(output[0], TensorProto.FLOAT, output[1])
    graph = helper.make_graph(
        [helper.make_node(kind, i, o, **more) for kind, i, o, more in nodes],
        "teacher",
        takes,
        [gives],
        [
            helper.make_tensor("last", TensorProto.INT64, [1], [2]),
            helper.make_tensor("two", TensorProto.INT64, [3], [1, -1, 2]),
        ],
    )
    file.parent.mkdir(exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)
    return file


def write_listener(folder, **sidecar):
    """Samples [1, n] in pairs: [1, n / 2, 2]."""
    takes = {"sound": (TensorProto.FLOAT, [1, "n"])}
    file = write_graph(folder / "ear.onnx", takes, [("Reshape", ["sound", "two"], ["out"], {})])
    if sidecar:
        file.with_suffix(".json").write_text(json.dumps(sidecar))
    return file


def write_viewer(folder, side=6, **sidecar):
    """The mean of each channel: [1, 3]."""
    takes = {"pixels": (TensorProto.FLOAT, [1, 3, side, side])}
    nodes = [("ReduceMean", ["pixels"], ["out"], {"axes": [2, 3], "keepdims": 0})]
    file = write_graph(folder / "eye.onnx", takes, nodes, ("out", (1, 3)))
    file.with_suffix(".json").write_text(json.dumps(sidecar))
    return file


def write_reader(folder):
    """Ids and mask as the two numbers of a token."""
    takes = {name: (TensorProto.INT64, [1, "t"]) for name in ("input_ids", "attention_mask")}
    nodes = []
    for name in takes:
        nodes.append(("Cast", [name], [f"{name}_f"], {"to": TensorProto.FLOAT}))
        nodes.append(("Unsqueeze", [f"{name}_f", "last"], [f"{name}_3"], {}))
    nodes.append(("Concat", ["input_ids_3", "attention_mask_3"], ["out"], {"axis": 2}))
    file = write_graph(folder / "words.onnx", takes, nodes)
    word_tokenizer().save(str(folder / "tokenizer.json"))
    return file


def test_a_clip_is_resampled_and_averaged_over_time(tmp_path, rng):
    sound = rng.standard_normal(4000).astype(np.float32)
    same = open_teacher("ear.onnx", write_listener(tmp_path / "a", rate=16000).parent, "audio")
    np.testing.assert_allclose(same.features(sound), sound.reshape(-1, 2).mean(0), atol=1e-5)
    flat = np.full(4000, 0.5, np.float32)
    slow = open_teacher("ear.onnx", write_listener(tmp_path / "b", rate=8000).parent, "audio")
    np.testing.assert_allclose(slow.features(flat), [0.5, 0.5], atol=0.01)
    assert same.identity != slow.identity


@pytest.mark.parametrize(("side", "more"), [(6, {}), ("side", {"size": 6})])
def test_a_face_is_resized_and_standardised(side, more, tmp_path):
    file = write_viewer(tmp_path / "v", side, mean=[0.5, 0.4, 0.0], std=[0.5, 0.2, 1.0], **more)
    teacher = open_teacher(str(file), tmp_path, "vision")
    grey = np.full((48, 48), 153, np.uint8)  # 0.6
    np.testing.assert_allclose(teacher.features(grey), [0.2, 1.0, 0.6], atol=1e-5)


def test_a_sentence_is_read_by_the_tokenizer_beside_the_file(tmp_path):
    teacher = open_teacher(str(write_reader(tmp_path / "t")), tmp_path, "text")
    ids = word_tokenizer().encode("lovely work today").ids
    np.testing.assert_allclose(teacher.features("lovely work today"), [np.mean(ids), 1.0], atol=1e-5)


@pytest.mark.parametrize(
    ("write", "modality", "said"),
    [
        (write_listener, "audio", r"needs ear.json beside it: the sampling rate it hears"),
        (lambda f: write_listener(f, size=4), "audio", r"ear.json lacks rate"),
        (lambda f: write_listener(f, rat=4), "audio", r"ear.json: rat is not known; known keys: rate, size"),
        (lambda f: write_listener(f, mean=[0.5], std=[0.5]), "vision", r"takes sound .*takes \[1, channels"),
        (lambda f: write_viewer(f, mean=[0.5], std=[0.5]), "vision", r"one number a channel \(3\)$"),
        (lambda f: write_viewer(f, "s", mean=[0.5] * 3, std=[0.5] * 3), "vision", r"\(3\), and size, the"),
        (lambda f: write_viewer(f, rate=16000), "audio", r"takes pixels .*takes \[1, n\]"),
        (write_listener, "text", r"needs tokenizer.json beside it"),
    ],
)
def test_what_a_graph_lacks_is_said_in_one_line(write, modality, said, tmp_path):
    with pytest.raises(ConfigError, match=said) as caught:
        open_teacher(str(write(tmp_path / "x")), tmp_path, modality)
    assert "\n" not in str(caught.value)


def test_a_damaged_file_is_named(tmp_path):
    file = write_listener(tmp_path / "x", rate=16000)
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(ConfigError, match=r"ear.onnx is no model that can be read \(its bytes are damaged\)"):
        open_teacher(str(file), tmp_path, "audio")
