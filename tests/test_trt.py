"""The TensorRT engine against fakes that keep CUDA's rules, and on a real GPU where there is one."""

import logging
import subprocess
import sys
import threading
from contextlib import ExitStack

import numpy as np
import pytest

from edge import engines
from edge.app import Reader, demo_clip, starter_bundle
from edge.bundle.folder import open_bundle
from edge.bundle.golden import golden_arrays
from edge.config import Site
from edge.engines import cuda, open_engine, open_engines, trt, trt_here
from edge.engines.cuda import Gpu
from edge.engines.trt import TensorRtEngine
from edge.errors import BundleError, EngineError, MissingExtraError
from edge.sections import DisplaySettings


@pytest.fixture(autouse=True)
def _nothing_said():
    trt._say_once.cache_clear()


@pytest.fixture
def feed(tiny_bundle):
    """One call of the text model, which takes two inputs of two types."""
    return {name: values[0] for name, values in golden_arrays(tiny_bundle, "text")["in"].items()}


@pytest.fixture
def text(tiny_bundle):
    return tiny_bundle.path("text")


@pytest.fixture
def models(tiny_bundle):
    return {name: tiny_bundle.path(name) for name in tiny_bundle.manifest.models}


def same(found, expected):
    assert found.keys() == expected.keys()
    for name, values in found.items():
        np.testing.assert_allclose(values, expected[name], atol=1e-5)


def test_the_gpu_is_asked_without_a_context(rig):
    assert cuda.gpu() == Gpu("Rig", "sm_87", 8)
    rig.libcuda.refused = "cuInit"
    assert cuda.gpu() is None
    assert rig.drv.CALLS == []


def test_it_answers_as_onnx_runtime_and_describes_itself_alike(rig, text, feed):
    with open_engine(text, "tensorrt") as engine, open_engine(text) as plain:
        assert engine.inputs == plain.inputs
        assert engine.outputs == plain.outputs
        assert engine.replays
        other = {"ids": feed["ids"][:, ::-1].copy(), "mask": feed["mask"]}
        first = engine.run(feed)
        same(engine.run(other), plain.run(other))
        # What was returned is the caller's own, not the buffer the next call writes.
        same(first, plain.run(feed))


def test_the_order_of_calls(rig, text, feed):
    engine = TensorRtEngine(text)
    assert rig.drv.CALLS == []
    with engine:
        opening, copies = list(rig.drv.CALLS), ["upload"] * 2 + ["execute"] + ["download"] * 2
        assert opening[:6] == ["init", "retain", "stream", "runtime", "deserialize", "context"]
        # Warm-up, then the same work once more into a graph.
        assert opening[-18:] == [
            *copies,
            "synchronize",
            "cuStreamBeginCapture_v2",
            *copies,
            "cuStreamEndCapture",
            "cuGraphInstantiateWithFlags",
            # Outputs are spoilt and the graph has to mend them.
            *["upload"] * 2,
            "cuGraphLaunch",
            "synchronize",
        ]
        rig.drv.CALLS.clear()
        engine.run(feed)
        engine.run(feed)
        replays = rig.drv.CALLS.copy()
        assert replays == ["cuGraphLaunch", "synchronize"] * 2
        rig.drv.CALLS.clear()
    assert [
        "synchronize",
        "cuGraphExecDestroy",
        "cuGraphDestroy",
        "context gone",
        "engine gone",
        "runtime gone",
        "synchronize",
        *["free memory", "free pages"] * 4,
        "detach",
    ] == rig.drv.CALLS
    balanced(rig)


def test_it_opens_again_after_it_was_closed(rig, text, feed):
    engine = TensorRtEngine(text)
    with engine:
        first = engine.run(feed)
    with engine:
        same(engine.run(feed), first)
    assert rig.drv.CALLS.count("detach") == 2
    balanced(rig)


def test_a_context_of_somebody_else_stays_current(rig, text, feed):
    """As when PyTorch or another library holds the same primary context on this thread."""
    theirs = rig.drv.Device(0).retain_primary_context()
    theirs.push()
    with TensorRtEngine(text) as engine:
        engine.run(feed)
    assert rig.drv.own() == [theirs]
    assert rig.drv.driver() == [rig.drv.HANDLE]
    theirs.pop()


def test_a_gpu_that_fails_for_good_does_not_hide_why(rig, text, feed, monkeypatch):
    """After an illegal address every call fails, the giving back too."""

    def fail(*_):
        raise rig.drv.Error("an illegal memory access was encountered")

    engine = TensorRtEngine(text)
    engine.run(feed)
    monkeypatch.setattr(rig.drv.Stream, "synchronize", fail)
    monkeypatch.setattr(rig.drv.DeviceAllocation, "free", fail)
    with pytest.raises(EngineError, match="failed while running: an illegal memory"), engine:
        engine.run(feed)
    balanced(rig)


def test_nothing_stays_current_between_calls(rig, models, feed):
    with ExitStack() as stack:
        opened = [stack.enter_context(TensorRtEngine(path)) for path in models.values()]
        balanced(rig)
        opened[0].__exit__(None, None, None)  # not the last one opened
        opened[2].run(feed)
        balanced(rig)
    assert rig.drv.CALLS.count("retain") == rig.drv.CALLS.count("detach") == 4


@pytest.mark.parametrize(
    "refused", ["cuStreamBeginCapture_v2", "cuGraphInstantiateWithFlags", "cuGraphLaunch"]
)
def test_without_a_graph_each_call_is_launched(rig, text, feed, refused):
    rig.libcuda.refused = refused
    with TensorRtEngine(text) as engine, open_engine(text) as plain:
        assert not engine.replays
        rig.drv.CALLS.clear()
        same(engine.run(feed), plain.run(feed))
        assert rig.drv.CALLS == ["upload", "upload", "execute", "download", "download", "synchronize"]


def test_a_graph_that_came_out_empty_is_not_used(rig, text, feed, caplog):
    rig.libcuda.empty = True
    with TensorRtEngine(text) as engine, open_engine(text) as plain:
        assert not engine.replays
        same(engine.run(feed), plain.run(feed))
    assert "edge: TensorRT runs without CUDA graphs (the recorded work gives other numbers)" in caplog.text


def test_a_context_that_cannot_be_captured_is_not(rig, text, feed, monkeypatch):
    monkeypatch.setattr(rig.trt, "CAPTURABLE", False)
    with TensorRtEngine(text) as engine:
        assert not engine.replays
        assert not [call for call in rig.drv.CALLS if "Capture" in call]
        engine.run(feed)


def test_tensorrt_without_the_question_records(rig, text, monkeypatch):
    monkeypatch.delattr(rig.trt.Execution, "is_stream_capturable")  # as TensorRT 10.3
    with TensorRtEngine(text) as engine:
        assert engine.replays


def test_that_nothing_is_recorded_is_told_once_for_all_models(rig, models, caplog):
    rig.libcuda.refused = "cuStreamBeginCapture_v2"
    with ExitStack() as stack:
        backend, _ = open_engines(models, "auto", 1, stack)
    assert backend == "tensorrt"
    said = [record.getMessage() for record in caplog.records if "CUDA graphs" in record.getMessage()]
    assert said == [
        "edge: TensorRT runs without CUDA graphs "
        "(the CUDA driver refused cuStreamBeginCapture_v2 (error 900)); "
        "readings are the same, each call takes a little longer"
    ]


def from_a_thread(work):
    caught = []

    def target():
        try:
            work()
        except EngineError as error:
            caught.append(str(error))

    thread = threading.Thread(target=target, name="camera")
    thread.start()
    thread.join()
    return caught


def test_another_thread_is_refused_and_does_no_harm(rig, text, feed):
    with TensorRtEngine(text) as engine:
        before = list(rig.drv.CALLS)
        for work in (lambda: engine.run(feed), lambda: engine.__exit__(None, None, None)):
            (message,) = from_a_thread(work)
            assert "called from thread 'camera'; open, run and close it on one" in message
        assert list(rig.drv.CALLS) == before
        engine.run(feed)


def test_wrong_input_is_named_as_by_the_other_engine(rig, text, feed):
    with TensorRtEngine(text) as engine:
        with pytest.raises(EngineError, match="takes ids, mask; given were ids"):
            engine.run({"ids": feed["ids"]})
        with pytest.raises(EngineError, match=r"mask must be float32"):
            engine.run({"ids": feed["ids"], "mask": feed["mask"].astype(np.float64)})


def test_a_failure_while_running_is_one_line(rig, text, feed):
    with TensorRtEngine(text) as engine:
        rig.libcuda.refused = "cuGraphLaunch"
        with pytest.raises(EngineError) as caught:
            engine.run(feed)
    said = str(caught.value)
    assert said.endswith("text.onnx failed while running: the CUDA driver refused cuGraphLaunch (error 900)")
    released(rig)


def balanced(rig):
    """Neither pycuda's stack of contexts nor the driver's holds anything."""
    assert rig.drv.own() == []
    assert rig.drv.driver() == []


def released(rig):
    made, freed = rig.drv.CALLS.count("memory"), rig.drv.CALLS.count("free memory")
    assert made == freed
    assert rig.drv.CALLS.count("retain") == rig.drv.CALLS.count("detach")
    balanced(rig)


def test_what_fails_on_opening_leaves_nothing_behind(rig, text, monkeypatch):
    monkeypatch.setattr(rig.trt, "FAILS", [True])
    with pytest.raises(EngineError, match=r"TensorRT could not start text.onnx"):
        open_engine(text, "tensorrt")
    released(rig)
    monkeypatch.setattr(rig.trt, "FAILS", [])
    monkeypatch.setattr(rig.trt, "REFUSES_PLANS", True)
    with pytest.raises(EngineError, match=r"does not take the plan of text.onnx; run: edge build --clean"):
        open_engine(text, "tensorrt")
    released(rig)
    monkeypatch.setattr(rig.trt, "REFUSES_PLANS", False)
    with open_engine(text, "tensorrt"):
        pass


def test_a_damaged_plan_never_reaches_tensorrt(rig, text, caplog):
    with TensorRtEngine(text):
        (plan,) = rig.cache.glob("*.plan")
        whole = plan.read_bytes()
    plan.write_bytes(whole[:-1] + b"?")
    rig.drv.CALLS.clear()
    caplog.clear()
    with TensorRtEngine(text):
        assert rig.drv.CALLS.count("deserialize") == 1
        assert plan.read_bytes() == whole
    assert "text.onnx: the stored plan is deleted and built again: it is damaged" in caplog.text


def test_auto_takes_tensorrt_where_it_works(rig, models, feed):
    with ExitStack() as stack:
        backend, opened = open_engines(models, "auto", 1, stack)
        assert backend == "tensorrt"
        assert all(isinstance(engine, TensorRtEngine) for engine in opened.values())
        opened["text"].run(feed)
    released(rig)


def test_auto_says_once_why_it_is_not_tensorrt_and_closes_what_was_open(rig, models, monkeypatch, caplog):
    caplog.set_level(logging.WARNING, "edge")
    real = TensorRtEngine._load

    def load(self, trt, data):
        if self.path.name == "text.onnx":
            raise RuntimeError("out of memory\nmore of it")
        real(self, trt, data)

    monkeypatch.setattr(TensorRtEngine, "_load", load)
    with ExitStack() as stack:
        backend, _ = open_engines(models, "auto", 1, stack)
        assert backend == "onnxrt"
        released(rig)
    said = [record.getMessage() for record in caplog.records if "ONNX Runtime" in record.getMessage()]
    assert said == [
        "edge: ONNX Runtime runs the models, not TensorRT: text.onnx does not run on tensorrt: out of memory"
    ]


def test_it_says_so_in_the_language_of_the_run(rig, models, tiny_bundle, monkeypatch, caplog):
    caplog.set_level(logging.WARNING, "edge")

    def said():
        lines = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return lines

    site = Site(bundle=tiny_bundle.folder, display=DisplaySettings(language="ja"))
    with Reader(site) as reader:
        assert reader.backend == "tensorrt"
    lines = said()
    assert f"{tiny_bundle.path('text').name}：tensorrt 10.3.0 でコンパイルしています（初回のみ。" in "".join(
        lines
    )
    assert not any(line.isascii() for line in lines)
    (plan, *_) = rig.cache.glob("*.plan")
    plan.write_bytes(b"?")
    with Reader(site):
        assert "：保存済みのプランを削除し、作り直します（壊れています（sha256 不一致）" in said()[0]
    monkeypatch.setattr(TensorRtEngine, "_load", lambda *_: 1 / 0)
    with Reader(site) as reader:
        assert reader.backend == "onnxrt"
    (line,) = said()
    assert line.startswith("edge: TensorRT ではなく ONNX Runtime でモデルを実行します：")
    assert line.endswith(" を tensorrt で実行できません：division by zero")
    rig.libcuda.refused = "cuInit"
    with Reader(site):
        pass
    (line,) = said()
    assert "tensorrt はありますが、NVIDIA GPU が応答しません（NVIDIA ドライバーのエラー 900）。" in line


@pytest.mark.parametrize("backend", ["auto", "tensorrt"])
def test_no_driver(rig, models, caplog, backend):
    rig.libcuda.refused = "cuInit"
    with ExitStack() as stack:
        if backend == "tensorrt":
            with pytest.raises(
                EngineError,
                match=r"no NVIDIA GPU answers here \(.* error 900\); check the driver, or",
            ):
                open_engines(models, backend, 1, stack)
        else:
            assert open_engines(models, backend, 1, stack)[0] == "onnxrt"
            assert caplog.text.count("no NVIDIA GPU answers") == 1


def test_no_pycuda(rig, models, monkeypatch):
    monkeypatch.setitem(sys.modules, "pycuda.driver", None)
    with (
        ExitStack() as stack,
        pytest.raises(MissingExtraError, match=r"pip install 'edge-emotion\[jetson\]'"),
    ):
        open_engines(models, "tensorrt", 1, stack)


@pytest.fixture
def no_tensorrt(monkeypatch, tmp_path):
    """A machine without TensorRT and a GPU; what the test puts in place shows one."""
    monkeypatch.setattr(trt_here, "PACKAGES", ("no_such_tensorrt",))
    monkeypatch.setattr(trt_here, "SYSTEM", tmp_path / "lib")
    monkeypatch.setattr(cuda, "RELEASE", tmp_path / "nv_tegra_release")
    monkeypatch.setattr(cuda, "NODES", (tmp_path / "nvidia0", tmp_path / "nvmap"))
    return tmp_path


def not_tensorrt(models, caplog, language="en"):
    """The one line that auto says on its way to ONNX Runtime."""
    caplog.clear()
    with ExitStack() as stack:
        assert open_engines(models, "auto", 1, stack, language)[0] == "onnxrt"
    (line,) = [record.getMessage() for record in caplog.records]
    assert len(line.splitlines()) == 1
    return line


def test_a_gpu_without_tensorrt_is_told(models, no_tensorrt, caplog):
    (no_tensorrt / "nvidia0").touch()
    line = not_tensorrt(models, caplog)
    assert line.startswith(
        "edge: ONNX Runtime runs the models, not TensorRT: TensorRT is not installed; on a"
    )


def test_a_jetson_whose_environment_does_not_see_tensorrt_is_told(models, no_tensorrt, caplog):
    (no_tensorrt / "nv_tegra_release").write_text("# R36 (release), REVISION: 4.7\n")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    place = no_tensorrt / "lib" / f"python{version}" / "dist-packages" / "tensorrt"
    place.mkdir(parents=True)
    line = not_tensorrt(models, caplog)
    assert f"TensorRT is in {place}, which the Python of {sys.prefix} does not see; delete that" in line
    assert line.endswith("/usr/bin/python3 -m venv --system-site-packages")
    assert f"TensorRT は {place} にありますが" in not_tensorrt(models, caplog, "ja")
    place.parents[1].rename(no_tensorrt / "lib" / "python3.9")
    line = not_tensorrt(models, caplog)
    assert f"is for Python 3.9, and {sys.prefix} has Python {version}; delete" in line
    assert "/usr/bin/python3.9 -m venv --system-site-packages" in line
    assert " は Python 3.9 用ですが、" in not_tensorrt(models, caplog, "ja")


def test_a_user_who_may_not_open_the_gpu_is_told_the_groups(rig, models, caplog, monkeypatch, tmp_path):
    rig.libcuda.refused = "cuInit"
    monkeypatch.setattr(cuda, "NODES", (tmp_path / "nvmap",))
    (tmp_path / "nvmap").touch()
    assert "error 900" in not_tensorrt(models, caplog)
    monkeypatch.setattr(cuda.os, "access", lambda path, mode: False)
    line = not_tensorrt(models, caplog)
    assert f"this user may not open {tmp_path / 'nvmap'}; run: sudo usermod -aG video,render $USER" in line


def test_a_driver_that_is_missing_or_damaged_is_told(rig, models, caplog, monkeypatch):
    def lacking(text):
        def load():
            raise OSError(text)

        monkeypatch.setattr(cuda, "libcuda", load)
        return not_tensorrt(models, caplog)

    line = lacking("libcuda.so.1: cannot open shared object file: No such file or directory")
    assert "no NVIDIA GPU answers here (the NVIDIA driver, libcuda.so.1, is missing); check" in line
    assert "(the NVIDIA driver does not load: libcuda.so.1: file too short)" in lacking(
        "libcuda.so.1: file too short"
    )


def test_auto_falls_back_whatever_fails_on_the_gpu(rig, tiny_bundle, caplog, monkeypatch):
    def line(language="en"):
        caplog.clear()
        display = DisplaySettings(language=language)
        with Reader(Site(bundle=tiny_bundle.folder, display=display)) as reader:
            assert reader.backend == "onnxrt"
            reader.engines["text"]._open()
        released(rig)
        said = [record.getMessage() for record in caplog.records if "compiling" not in record.getMessage()]
        (one,) = [text for text in said if "コンパイルして" not in text]
        return one

    before = "edge: ONNX Runtime runs the models, not TensorRT: "
    monkeypatch.setenv("RIG_SIGNAL", "11")
    assert line().startswith(before + "the TensorRT compiler crashed on ")
    monkeypatch.delenv("RIG_SIGNAL")
    monkeypatch.setattr(rig.trt, "SPOILS", [True])
    found = line()
    assert found.startswith(before)
    assert "does not run right on this machine (golden outputs: cosine" in found
    assert "この装置で正しく動作しません（基準出力" in line("ja")
    monkeypatch.setattr(rig.trt, "SPOILS", [])
    monkeypatch.setattr(rig.trt, "FAILS", [True])
    assert "TensorRT could not start " in line()
    monkeypatch.setattr(rig.trt, "FAILS", [])
    monkeypatch.setattr(TensorRtEngine, "run", lambda *_: (_ for _ in ()).throw(EngineError("ran away")))
    assert line() == before + "ran away"
    monkeypatch.setitem(sys.modules, "pycuda.driver", None)
    assert line() == before + "pycuda is not installed; run: pip install 'edge-emotion[jetson]'"


def test_tensorrt_by_name_stays_strict(rig, tiny_bundle, monkeypatch):
    monkeypatch.setattr(rig.trt, "SPOILS", [True])
    with (
        pytest.raises(BundleError, match="does not run right on this machine"),
        Reader(Site(bundle=tiny_bundle.folder, backend="tensorrt")),
    ):
        pass
    released(rig)


def test_without_gpu_and_tensorrt_auto_is_silent_and_tensorrt_says_what_to_install(
    models, no_tensorrt, caplog
):
    with ExitStack() as stack:
        assert open_engines(models, "auto", 1, stack)[0] == "onnxrt"
        assert caplog.text == ""
        with pytest.raises(EngineError, match="TensorRT is not installed; on a Jetson run: sudo apt install"):
            open_engines(models, "tensorrt", 1, stack)


def test_a_reader_names_its_backend(rig, tiny_bundle):
    for wish, found in (("auto", "tensorrt"), ("onnxrt", "onnxrt")):
        with Reader(Site(bundle=tiny_bundle.folder, backend=wish)) as reader:
            assert reader.backend == found
            assert reader.read(demo_clip(), []).labels
    released(rig)


def test_the_line_is_on_stderr_and_alone(tiny_bundle, tmp_path):
    (tmp_path / "tensorrt").mkdir()
    (tmp_path / "tensorrt" / "__init__.py").write_text("raise ImportError('libnvinfer.so.10 is missing')")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from pathlib import Path; from edge.app import Reader; from edge.config import Site\n"
        f"with Reader(Site(bundle=Path({str(tiny_bundle.folder)!r}))) as reader: print(reader.backend)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "onnxrt\n"
    assert done.stderr.startswith(
        "edge: ONNX Runtime runs the models, not TensorRT: tensorrt is installed but no NVIDIA GPU answers"
    )
    assert done.stderr.endswith('; check the driver, or set backend = "onnxrt" in site.toml\n')
    assert done.stderr.count("\n") == 1


def test_every_backend_of_the_settings_is_known():
    wishes = Site.model_fields["backend"].annotation.__args__
    assert set(wishes) == {"auto", *engines.BACKENDS}


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["int8", "fp16", "fp32"])
@pytest.mark.parametrize("name", ["audio", "vision", "text", "fusion"])
def test_the_starter_models_on_a_gpu(name, precision, cache):
    if cuda.gpu() is None:
        pytest.skip("needs an NVIDIA GPU")
    pytest.importorskip("pycuda.driver")
    bundle = open_bundle(starter_bundle())
    golden = golden_arrays(bundle, name)["in"]
    with (
        TensorRtEngine(bundle.path(name), precision=precision) as engine,
        open_engine(bundle.path(name)) as cpu,
    ):
        for case in range(len(next(iter(golden.values())))):
            given = {key: values[case] for key, values in golden.items()}
            expected = cpu.run(given)
            for output, values in engine.run(given).items():
                a, b = values.ravel(), expected[output].ravel()
                assert a @ b / np.sqrt((a @ a) * (b @ b)) > 0.99
