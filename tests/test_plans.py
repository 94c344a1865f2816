"""The plan cache: what makes a plan unfit, and that an unfit one is never given out."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from edge.engines import plans
from edge.engines.cuda import Gpu
from edge.engines.plans import Key, clean, folder, key_of, listing, obtain
from edge.engines.trt_build import Compiler
from edge.errors import EngineError

KEY = Key("ab" * 32, "tensorrt", "10.3.0", "sm_87", "36.4.3", ("int8", "workspace=268435456"))


class Builder:
    """Counts its builds; each plan is another one."""

    def __init__(self):
        self.count = 0
        self.said = []

    def __call__(self, target):
        self.count += 1
        target.write_bytes(b"plan %d" % self.count)
        return ("conv_3",) if self.count == 1 else ()

    def obtain(self, key=KEY):
        return obtain(key, "vision.onnx", self, self.said.append)


@pytest.fixture
def builder(cache):
    return Builder()


def test_a_plan_is_built_once_and_found_again(builder, cache):
    first, second = builder.obtain(), builder.obtain()
    assert (first.data, first.built, second.data, second.built) == (b"plan 1", True, b"plan 1", False)
    assert first.given_back == second.given_back == ("conv_3",)
    assert builder.said == []
    assert sorted(path.name for path in cache.iterdir()) == [
        "abababababababab-int8.json",
        "abababababababab-int8.plan",
        "lock",
    ]
    assert cache.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": "ab" * 8 + "cd" * 24}, "model abab"),
        ({"package": "tensorrt_rtx"}, "package tensorrt, here is tensorrt_rtx"),
        ({"version": "10.4.0"}, "version 10.3.0, here is 10.4.0"),
        ({"gpu": "sm_110"}, "gpu sm_87, here is sm_110"),
        ({"l4t": "36.5.0"}, "l4t 36.4.3, here is 36.5.0"),
        ({"flags": ("int8", "workspace=1")}, "flags ('int8', 'workspace=268435456'), here is"),
    ],
)
def test_each_part_of_the_key_counts(builder, cache, change, words):
    builder.obtain()
    found = builder.obtain(replace(KEY, **change))
    assert (found.data, found.built) == (b"plan 2", True)
    (line,) = builder.said
    assert line.startswith("vision.onnx: the stored plan is deleted and built again: it was made for ")
    assert words in line
    assert len(list(cache.glob("*.plan"))) == 1


def test_precisions_live_side_by_side(builder, cache):
    builder.obtain()
    builder.obtain(replace(KEY, flags=("fp16", "workspace=268435456")))
    assert not builder.obtain().built
    assert builder.said == []
    assert len(list(cache.glob("*.plan"))) == 2


def plan(cache):
    (path,) = cache.glob("*.plan")
    return path


def cut(cache):
    plan(cache).write_bytes(b"plan")


def note_of_another(cache):
    path = plan(cache).with_suffix(".json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sha256": "0" * 64}))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (cut, "damaged (sha256 differs)"),
        (note_of_another, "damaged (sha256 differs)"),
        (lambda cache: plan(cache).with_suffix(".json").unlink(), "note beside it is missing or damaged"),
        (
            lambda cache: plan(cache).with_suffix(".json").write_text("{"),
            "note beside it is missing or damaged",
        ),
        (
            lambda cache: plan(cache).with_suffix(".json").write_text("[]"),
            "note beside it is missing or damaged",
        ),
        (lambda cache: plan(cache).chmod(0o666), "others may have written it"),
        pytest.param(
            lambda cache: os.chown(plan(cache), 12345, -1),
            "others may have written it",
            marks=pytest.mark.skipif(os.getuid() != 0, reason="needs root to give a file away"),
        ),
    ],
)
def test_a_plan_that_is_not_as_it_was_is_built_again(builder, cache, spoil, words):
    builder.obtain()
    spoil(cache)
    assert builder.obtain().data == b"plan 2"
    (line,) = builder.said
    assert words in line
    assert builder.obtain().data == b"plan 2"


def test_a_build_that_fails_leaves_nothing(builder, cache):
    def fail(target):
        target.write_bytes(b"half a pl")
        raise EngineError("no")

    with pytest.raises(EngineError, match="no"):
        obtain(KEY, "vision.onnx", fail, builder.said.append)
    assert [path.name for path in cache.iterdir()] == ["lock"]
    assert builder.obtain().built


def test_two_processes_at_once_build_once(rig, tiny_bundle, tmp_path, monkeypatch):
    monkeypatch.setenv("RIG_BUILDS", str(tmp_path / "builds"))
    monkeypatch.setenv("RIG_SLOW", "1.5")
    code = (
        f"import sys; sys.path.insert(0, {sys.path[0]!r})\n"
        "from pathlib import Path\n"
        "from edge.engines.cuda import Gpu; from edge.engines.plans import plan_for\n"
        "from edge.engines.trt_build import compiler\n"
        f"path, gpu = Path({str(tiny_bundle.path('text'))!r}), Gpu('', 'sm_87', 8)\n"
        "plan = plan_for(path, compiler(), gpu, say=print)\n"
        "print(plan.built, len(plan.data))"
    )
    both = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in "ab"]
    told = [process.communicate(timeout=60)[0].splitlines() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert (tmp_path / "builds").read_text() == "build\n"
    endings = sorted(lines[-1].split() for lines in told)
    assert [ending[0] for ending in endings] == ["False", "True"]
    assert endings[0][1] == endings[1][1]
    (waited,) = [lines for lines in told if lines[-1].startswith("False")]
    assert waited[0] == "text.onnx: waiting for another process that builds"


def test_a_process_that_dies_while_building_holds_nobody_up(builder, cache):
    code = (
        "import os, pathlib\n"
        "from edge.engines.plans import Key, obtain\n"
        f"obtain({KEY!r}, 'vision.onnx', lambda target: os._exit(7), print)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 7
    assert list(cache.glob(".new-*"))
    assert builder.obtain().built
    assert not list(cache.glob(".new-*"))


def test_a_place_that_cannot_be_written_says_so(builder, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(EngineError, match=r"plans cannot be kept in .*; mend it or set XDG_CACHE_HOME"):
        builder.obtain()


def test_where_plans_are_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for value in ("", "relative/is/void"):
        monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert folder() == tmp_path / ".cache" / "edge" / "plans"


def test_the_key_of_this_machine(tiny_bundle, tmp_path, monkeypatch):
    path = tiny_bundle.path("text")
    key = key_of(path, Compiler("tensorrt", "10.3.0"), None, "fp16")
    assert key.model == tiny_bundle.manifest.models["text"].sha256
    assert (key.gpu, key.l4t, key.flags[0]) == ("none", "", "fp16")
    release = tmp_path / "nv_tegra_release"
    release.write_text("# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64\n")
    monkeypatch.setattr(plans, "RELEASE", release)
    key = key_of(path, Compiler("tensorrt", "10.3.0"), Gpu("Orin", "sm_87", 8))
    assert (key.gpu, key.l4t, key.slot) == ("sm_87 Orin 8 SM", "36.4.3", f"{key.model[:16]}-int8")
    with pytest.raises(EngineError, match="missing; copy the bundle again"):
        key_of(tmp_path / "none.onnx", Compiler("tensorrt", "10.3.0"), None)


def test_listing_and_cleaning(builder, cache):
    assert list(listing()) == []
    assert clean() == 0
    builder.obtain()
    builder.obtain(replace(KEY, model="cd" * 32))
    (cache / "cdcdcdcdcdcdcdcd-int8.json").write_text("?")
    (cache / "timing-x.cache").write_text("")
    assert list(listing()) == [
        "abababababababab-int8  0.0 MB  vision.onnx  int8  tensorrt 10.3.0  GPU sm_87",
        "cdcdcdcdcdcdcdcd-int8  0.0 MB  not readable, will be built again",
    ]
    assert clean() == 2
    assert [path.name for path in cache.iterdir()] == ["lock"]
