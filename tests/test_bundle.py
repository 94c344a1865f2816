"""The bundle: verified on opening, all or nothing on writing."""

import json
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.bundle import MANIFEST, open_bundle, write_bundle
from edge.errors import BundleError
from edge.items import LABELS
from edge.manifest import Manifest
from edge.tiny import write_tiny_bundle

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
    path = folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


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


@pytest.mark.parametrize("schema", [0, 3, None, "4"])
def test_another_schema_is_refused(tiny_copy, schema):
    change(tiny_copy, schema=schema)
    with pytest.raises(BundleError, match=f"follows schema {schema}, this version reads 4"):
        open_bundle(tiny_copy)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"hop_s": -1}, "hop_s: Input should be greater than 0"),
        ({"mystery": 1}, "mystery: Extra inputs are not permitted"),
        ({"train_prior": [1.0]}, "train_prior must hold 6 numbers"),
        ({"voted_threshold": {"fused": [0.1]}}, "voted_threshold of fused must hold 6 numbers"),
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
    with pytest.raises(BundleError, match=r"cannot be unpacked \(file could not .*\); copy it again$"):
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


@given(shares, st.floats(0.5, 10), st.floats(0.1, 2), st.none() | rows.map(lambda row: {"fused": row}))
def test_a_manifest_survives_json(manifest_dict, prior, window, hop, threshold):
    written = Manifest.model_validate(
        manifest_dict
        | {"site_prior": prior, "window_s": window, "hop_s": hop, "conformal_threshold": threshold}
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
