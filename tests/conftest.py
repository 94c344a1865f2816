"""What many tests share: a tiny bundle, engines on it, small recordings."""

import os
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from hypothesis import settings

from edge.bundle.folder import open_bundle
from edge.bundle.tiny import write_tiny_bundle
from edge.engines import open_engine
from edge.features.text import load_tokenizer
from edge.system.environment import prepare_environment
from edge.system.threads import one_thread_but_torch

# What people are shown follows the locale, also in the processes tests start.
os.environ["LC_ALL"] = "C.UTF-8"
# A window on the screen of whoever runs the tests is opened by none but the tests of windows.
os.environ.pop("DISPLAY", None)
# Nor does the key of somebody's own recordings reach a test.
for _name in ("EDGE_RECORD_KEY", "EDGE_RECORD_KEY_FILE"):
    os.environ.pop(_name, None)
# Keys and anchors of audits that tests begin.
_state = tempfile.TemporaryDirectory(prefix="edge-state-")
os.environ["XDG_STATE_HOME"] = _state.name
prepare_environment()
one_thread_but_torch()
# A busy machine makes single examples slow; the limit of a whole test is pytest's.
settings.register_profile("edge", deadline=None)
settings.load_profile("edge")

MEDIA = Path(__file__).parents[2] / "shared" / "data" / "media"


def to_midnight_s(now):
    """Seconds from `now`, in its own zone, to the end of its day."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return (day + timedelta(days=1) - now).total_seconds()


def pytest_runtest_setup(item):
    """No test begins in the last half minute of a day, here or in UTC: it would see two days."""
    left = min(to_midnight_s(datetime.now()), to_midnight_s(datetime.now(timezone.utc)))
    if left < 30:
        time.sleep(left)


@pytest.fixture(autouse=True)
def _stays(monkeypatch):
    """The command ends its process at once after a live run; here that is the process of the tests."""
    monkeypatch.setattr("edge.cli.main.leave", sys.exit)


@pytest.fixture(scope="session")
def _tiny(tmp_path_factory):
    return write_tiny_bundle(tmp_path_factory.mktemp("bundles") / "tiny").folder


@pytest.fixture
def tiny_bundle(_tiny):
    """An opened tiny bundle; do not change its files."""
    return open_bundle(_tiny)


@pytest.fixture
def tiny_copy(_tiny, tmp_path):
    """A tiny bundle of one's own to spoil."""
    return Path(shutil.copytree(_tiny, tmp_path / "copy"))


@pytest.fixture
def engines(tiny_bundle):
    """The four engines of the tiny bundle."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(open_engine(tiny_bundle.path(name)))
            for name in ("audio", "vision", "text", "fusion")
        }


@pytest.fixture
def tokenizer(tiny_bundle):
    return load_tokenizer(tiny_bundle.path("tokenizer.json"))


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture(scope="session")
def demo():
    """The clip that ships with the package: a face and speech, 9 s."""
    return Path(str(files("edge") / "assets" / "demo.mp4"))


@pytest.fixture
def media():
    """Folder of real recordings; the test is passed over where there is none."""
    if not MEDIA.is_dir():
        pytest.skip("needs the real recordings")
    return MEDIA


@pytest.fixture
def write_clip(tmp_path):
    """Writes a small recording: one picture held for some seconds, with or without sound [n] at 16 kHz."""

    def write(name, picture=None, sound=None, seconds=3.0, rate=16000):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        with av.open(str(path), "w") as container:
            if picture is not None:
                video = container.add_stream(
                    "mpeg4", rate=10, width=picture.shape[1], height=picture.shape[0]
                )
                video.pix_fmt = "yuv420p"
            if sound is not None:
                audio = container.add_stream("pcm_s16le" if path.suffix == ".wav" else "aac", rate=rate)
                audio.layout = "mono"
                frame = av.AudioFrame.from_ndarray((sound[None] * 32767).astype(np.int16), "s16", "mono")
                frame.rate = rate
                container.mux([*audio.encode(frame), *audio.encode(None)])
            if picture is not None:
                for _ in range(round(10 * seconds)):
                    container.mux(video.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
                container.mux(video.encode(None))
        return path

    return write


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A folder of its own for compiled plans."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "edge" / "plans"


@pytest.fixture
def rig(cache, monkeypatch):
    """A Jetson without a GPU: tests/rig holds a pycuda, a tensorrt and a libcuda that keep to the rules."""
    names = ("pycuda", "pycuda.driver", "tensorrt", "libcuda")
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "rig"))
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    library = import_module("libcuda").Library()
    monkeypatch.setattr("edge.engines.cuda.libcuda", lambda: library)
    yield SimpleNamespace(
        drv=import_module("pycuda.driver"), trt=import_module("tensorrt"), libcuda=library, cache=cache
    )
    for name in names:
        sys.modules.pop(name, None)
