"""The bundle: verified on opening, all or nothing on writing."""

import json
import tarfile

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.bundle.folder import MANIFEST, open_bundle, sealed, sha256, write_bundle
from edge.bundle.manifest import Manifest
from edge.bundle.tiny import write_tiny_bundle
from edge.engines import open_engine
from edge.errors import BundleError, EngineError
from edge.starter_labels import STARTER as LABELS

FILES = {
    "bundle.json",
    "audio.onnx",
    "vision.onnx",
    "text.onnx",
    "fusion.onnx",
    "tokenizer.json",
    "face_detector.onnx",
    "golden.npz",
    "card.md",
}


def change(folder, **fields):
    """What an exporter would have written, had it stated this."""
    path = folder / MANIFEST
    path.write_text(json.dumps(sealed(json.loads(path.read_text()) | fields)))


def refusal(path):
    with pytest.raises(BundleError) as error:
        open_bundle(path)
    assert "\n" not in str(error.value)
    assert "\n" not in error.value.told("ja")
    return str(error.value)


def test_what_is_written_opens_again(tiny_bundle):
    assert {path.name for path in tiny_bundle.folder.iterdir()} == FILES
    manifest = tiny_bundle.manifest
    assert manifest.labels == LABELS
    assert manifest.models["audio"].inputs == {"features": (1, 64, 400), "voice": (1, 128)}
    assert tiny_bundle.path("audio").name == "audio.onnx"
    assert tiny_bundle.path("golden.npz").is_file()


@pytest.mark.parametrize("name", sorted(FILES - {"bundle.json"}))
def test_a_changed_byte_is_found(tiny_copy, name):
    content = bytearray((tiny_copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tiny_copy / name).write_bytes(content)
    with pytest.raises(BundleError, match=rf"{name} was changed after export \(sha256 differs\)"):
        open_bundle(tiny_copy)


def test_a_missing_file_is_named(tiny_copy):
    (tiny_copy / "golden.npz").unlink()
    with pytest.raises(BundleError, match=r"golden\.npz is missing; copy the bundle again"):
        open_bundle(tiny_copy)


@pytest.mark.parametrize("schema", [0, 3, None, "4", 4.0, True])
def test_another_schema_is_refused(tiny_copy, schema):
    change(tiny_copy, schema=schema)
    with pytest.raises(BundleError, match=f"follows schema {schema}, this version reads 4, 5"):
        open_bundle(tiny_copy)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"hop_s": -1}, "hop_s must be at least 0.1 (got -1)"),
        ({"mystery": 1}, "mystery is not known"),
        ({"train_prior": [1.0]}, "train_prior must hold 6 numbers"),
        ({"voted_threshold": {"fused": [0.1]}}, "voted_threshold.fused must hold 6 numbers"),
        ({"models": {}}, "models lacks audio, fusion, text, vision"),
        ({"temperature": {"audio": 1.0}}, "temperature lacks fused, text, vision"),
        ({"files": {}}, "the manifest does not list tokenizer.json"),
        ({"files": {"../evil": "0" * 64}}, "the manifest does not list tokenizer.json"),
    ],
)
def test_a_bad_manifest_says_what_is_wrong(tiny_copy, fields, message):
    change(tiny_copy, **fields)
    with pytest.raises(BundleError) as error:
        open_bundle(tiny_copy)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_outside_the_bundle_is_refused(tiny_copy):
    manifest = json.loads((tiny_copy / MANIFEST).read_text())
    change(tiny_copy, files=manifest["files"] | {"../evil": "0" * 64})
    with pytest.raises(BundleError, match="names a file outside the bundle"):
        open_bundle(tiny_copy)


def test_no_bundle_and_no_json(tmp_path, tiny_copy):
    with pytest.raises(BundleError, match=r"is no bundle: it holds no bundle\.json"):
        open_bundle(tmp_path / "nothing")
    (tiny_copy / MANIFEST).write_text("{")
    with pytest.raises(BundleError, match="is not readable JSON"):
        open_bundle(tiny_copy)


def test_a_tar_opens_like_its_folder(tiny_copy, tmp_path):
    archive = tmp_path / "line3.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(tiny_copy, "line3")
    first = open_bundle(archive)
    assert first.manifest == open_bundle(tiny_copy).manifest
    assert open_bundle(archive).folder == first.folder


def test_a_broken_tar(tmp_path):
    (tmp_path / "x.tar").write_bytes(b"no archive")
    with pytest.raises(BundleError, match=r"cannot be unpacked \(it is no plain tar; .*\); copy it again$"):
        open_bundle(tmp_path / "x.tar")
    assert [path.name for path in tmp_path.iterdir()] == ["x.tar"]


def test_writing_replaces_a_bundle_and_nothing_else(tmp_path):
    target = tmp_path / "bundle"
    write_tiny_bundle(target)
    old = (target / "audio.onnx").read_bytes()
    write_tiny_bundle(target, seed=1)
    assert (target / "audio.onnx").read_bytes() != old
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter1.txt").write_text("precious")
    with pytest.raises(BundleError, match="is not empty and holds no bundle"):
        write_tiny_bundle(other)
    assert (other / "chapter1.txt").read_text() == "precious"


def test_writing_is_all_or_nothing(tiny_bundle, tmp_path):
    target = tmp_path / "bundle"
    write_tiny_bundle(target)
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    files = {"card.md": tiny_bundle.path("card.md"), "golden.npz": tmp_path / "missing.npz"}
    with pytest.raises(FileNotFoundError):
        write_bundle(target, {}, {}, files)
    with pytest.raises((BundleError, ValidationError)):
        write_bundle(target, {"name": "x"}, {}, {"card.md": tiny_bundle.path("card.md")})
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


shares = st.lists(st.floats(0.01, 1.0), min_size=6, max_size=6).map(lambda s: [v / sum(s) for v in s])


rows = st.lists(st.floats(0, 1), min_size=6, max_size=6)


@given(shares, st.floats(0.5, 60), st.floats(0.1, 2), st.none() | rows.map(lambda row: {"fused": row}))
def test_a_manifest_survives_json(manifest_dict, prior, window, hop, threshold):
    written = Manifest.model_validate(
        manifest_dict
        | {"site_prior": prior, "hop_s": hop, "conformal_threshold": threshold}
        | {"voting": {"tau_s": window}}
        | {"bias": threshold or {}, "confusion": {"fused": [prior] * 6}}
    )
    assert Manifest.model_validate_json(written.model_dump_json(by_alias=True)) == written


@given(key=st.text(min_size=1), value=st.integers())
def test_an_unknown_key_is_never_accepted(manifest_dict, key, value):
    if key in manifest_dict or key == "schema_":
        return
    with pytest.raises(ValidationError):
        Manifest.model_validate(manifest_dict | {key: value})


@pytest.fixture(scope="module")
def manifest_dict(_tiny):
    return json.loads((_tiny / MANIFEST).read_text())


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace('"range_db": 80.0', '"range_db": 81.0'),
        lambda text: text.replace('"neutral",\n  "angry"', '"angry",\n  "neutral"'),
        lambda text: text.replace('"fused": 1.0', '"fused": 1.1'),
        lambda text: text.replace('"hop_s": 1.0', '"hop_s": 1'),
    ],
)
def test_any_change_of_the_manifest_is_found(tiny_copy, edit):
    text = (tiny_copy / MANIFEST).read_text()
    assert edit(text) != text
    (tiny_copy / MANIFEST).write_text(edit(text))
    assert refusal(tiny_copy).endswith(
        "bundle.json was changed after export (its digest differs); copy the bundle again"
    )


def test_other_spaces_are_no_change(tiny_copy):
    content = json.loads((tiny_copy / MANIFEST).read_text())
    (tiny_copy / MANIFEST).write_text("\ufeff" + json.dumps(content, indent=4), encoding="utf-8")
    assert open_bundle(tiny_copy).manifest.name == "tiny"


def test_a_digest_that_was_taken_out_is_missed(tiny_copy):
    content = json.loads((tiny_copy / MANIFEST).read_text())
    (tiny_copy / MANIFEST).write_text(json.dumps(content | {"schema": 4}))
    assert "digest is not known in schema 4" in refusal(tiny_copy)
    del content["digest"]
    (tiny_copy / MANIFEST).write_text(json.dumps(content))
    assert "digest is missing" in refusal(tiny_copy)


def test_a_bundle_of_the_schema_before_opens_and_is_held_to_bounds(tiny_copy):
    content = json.loads((tiny_copy / MANIFEST).read_text())
    del content["digest"]
    older = content | {"schema": 4}
    (tiny_copy / MANIFEST).write_text(json.dumps(older))
    assert open_bundle(tiny_copy).manifest.digest is None
    (tiny_copy / MANIFEST).write_text(json.dumps(older | {"audio": {"range_db": 2147483648}}))
    assert "audio.range_db must be at most 200.0 (got 2147483648)" in refusal(tiny_copy)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"audio": {"window": 2147483648}}, "audio.window must be at most 8192"),
        ({"audio": {"window": 600}}, "audio window 600 is above fft 512"),
        ({"audio": {"f_min": 7700}}, "audio f_min 7700.0 is above f_max 7600.0"),
        ({"audio": {"rate": 8000}}, "audio f_max 7600.0 is above rate / 2 4000.0"),
        (
            {"audio": {"mels": 32}},
            "features of audio is [1, 64, 400], the rest of bundle.json needs [1, 32, 400]",
        ),
        ({"window_s": 3.0}, "features of audio is [1, 64, 400], the rest of bundle.json needs [1, 64, 300]"),
        ({"window_s": 1e9}, "window_s must be at most 60.0"),
        (
            {"vision": {"faces": 4}},
            "vision of fusion is [1, 8, 128], the rest of bundle.json needs [1, 4, 128]",
        ),
        ({"vision": {"size": 64}}, "faces of vision is [3, 1, 48, 48]"),
        ({"text": {"length": 32}}, "ids of text is [1, 48]"),
        ({"labels": ["a", "b"]}, "train_prior must hold 2 numbers that sum to 1"),
        ({"labels": ["a", "b\n", "c", "d", "e", "f"]}, "must be one line without control characters"),
        ({"hop_s": True}, "hop_s must be a number"),
        ({"hop_s": "1"}, "hop_s must be a number"),
        ({"files": {"card.md": "x"}}, "files.card.md must have the form"),
        ({"voting": {"tau_s": 0}}, "voting.tau_s must be at least 0.1 (got 0)"),
        ({"voting": {"eta": 0.3}}, "eta was replaced by kappa"),
    ],
)
def test_numbers_have_bounds_and_shapes_agree(tiny_copy, fields, message):
    change(tiny_copy, **fields)
    assert message in refusal(tiny_copy)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[" * 200_000, "nested too deeply"),
        ('{"a":' * 200_000, "nested too deeply"),
        ('{"schema": 5, "x": ' + "[" * 100 + "]" * 100 + "}", "nested too deeply"),
        ('{"schema": 5, "schema": 5}', "schema is given twice"),
        ('{"schema": 5, "hop_s": NaN}', "NaN is no number"),
        ('{"schema": 5, "hop_s": -Infinity}', "-Infinity is no number"),
        ('{"schema": 5, "hop_s": 1e999}', "1e999 is no number"),
        ('{"schema": 5, "hop_s": ' + "9" * 5000 + "}", "is no number"),
        ('{"schema": 5, "name": "\xff"}', "line 1 is not UTF-8"),
        ('{"name": "' + "x" * (5 << 20) + '"}', "larger than 4 MB"),
        ("[]", "follows schema None"),
    ],
)
def test_a_manifest_of_no_use_is_refused_in_one_line(tiny_copy, text, why):
    (tiny_copy / MANIFEST).write_text(text, encoding="latin-1")
    said = refusal(tiny_copy)
    assert why in said
    assert len(said) < 500


@pytest.mark.parametrize("name", ["weights.bin", ".DS_Store", "audio.onnx.data"])
def test_a_file_that_is_not_listed_is_refused(tiny_copy, name):
    (tiny_copy / name).write_bytes(b"x")
    assert refusal(tiny_copy).endswith(f"{name} is not part of the bundle; move it elsewhere")


def test_a_folder_and_a_link_in_a_bundle_are_refused(tiny_copy, tmp_path):
    (tiny_copy / "more").mkdir()
    assert "more is not part of the bundle" in refusal(tiny_copy)
    (tiny_copy / "more").rmdir()
    (tiny_copy / "card.md").rename(tmp_path / "card.md")
    (tiny_copy / "card.md").symlink_to(tmp_path / "card.md")
    assert "card.md is a link or no plain file" in refusal(tiny_copy)


def externalise(model, where):
    """Moves one tensor's values into another file; where: which."""
    if where == "initializer":
        tensor = model.graph.initializer[0]
    elif where == "constant":
        node = model.graph.node.add(op_type="Constant", output=["c"])
        node.attribute.add(name="value", type=onnx.AttributeProto.TENSOR).t.dims.append(1)
        tensor = node.attribute[0].t
    elif where == "sparse":
        tensor = model.graph.sparse_initializer.add().values
    elif where == "subgraph":
        node = model.graph.node.add(op_type="If", output=["i"])
        tensor = node.attribute.add(name="then_branch", type=onnx.AttributeProto.GRAPH).g.initializer.add()
    else:
        node = model.functions.add(name="f").node.add(op_type="Constant")
        tensor = node.attribute.add(name="value", type=onnx.AttributeProto.TENSOR).t
    tensor.ClearField("raw_data")
    tensor.name = "hidden"
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")


@pytest.mark.parametrize("where", ["initializer", "constant", "sparse", "subgraph", "function"])
def test_values_in_other_files_are_refused_everywhere(tiny_copy, where):
    path = tiny_copy / "text.onnx"
    model = onnx.load(path)
    externalise(model, where)
    path.write_bytes(model.SerializeToString())
    content = json.loads((tiny_copy / MANIFEST).read_text())
    content["models"]["text"]["sha256"] = sha256(path)
    change(tiny_copy, **content)
    expected = (
        "text.onnx keeps values of hidden in another file, which nothing checks; save the model as one file"
    )
    assert refusal(tiny_copy).endswith(expected)
    with pytest.raises(EngineError, match="keeps values of hidden in another file"):
        open_engine(path)


def test_a_graph_that_is_not_the_stated_one_is_refused(tiny_copy):
    content = json.loads((tiny_copy / MANIFEST).read_text())
    audio, text = content["models"]["audio"], content["models"]["text"]
    for key in ("file", "sha256"):
        audio[key], text[key] = text[key], audio[key]
    change(tiny_copy, models=content["models"])
    assert "inputs of text.onnx are ids [1, 48], mask [1, 48], bundle.json says features" in refusal(
        tiny_copy
    )


def test_a_model_copied_over_during_the_start_is_found(tiny_copy):
    opened = open_bundle(tiny_copy)
    opened.require_unchanged()
    with (tiny_copy / "text.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(BundleError, match=r"text\.onnx changed while it was opened"):
        opened.require_unchanged()


def test_a_file_that_is_no_tar_and_a_path_that_cannot_be(tmp_path):
    (tmp_path / "b.zip").write_bytes(b"x")
    assert "is a file and no .tar" in refusal(tmp_path / "b.zip")
    assert "cannot be read" in refusal(tmp_path / ("x" * 300))


def test_writing_spares_what_is_not_a_bundle_s(tmp_path):
    target = tmp_path / "bundle"
    write_tiny_bundle(target)
    (target / "notes.txt").write_text("precious")
    with pytest.raises(BundleError, match=r"holds notes\.txt, which is not part of a bundle"):
        write_tiny_bundle(target)
    assert (target / "notes.txt").read_text() == "precious"
