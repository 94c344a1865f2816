"""Processes of our own run nothing that lies in the folder they are started from."""

import ast
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import edge
from edge.bench.fresh_process import fresh_process
from edge.display.view import Setup, ViewOptions
from edge.display.window.screen import Screen
from edge.errors import InputError
from edge.sources.devices.portaudio import microphones
from edge.system import child

ROOT = Path(edge.__file__).parents[1]
OURS = [path for name in ("edge", "calibration", "export") for path in (ROOT / name).rglob("*.py")]
NAMES = ("numpy", "cv2", "edge", "json", "runpy", "random", "pickle", "torch", "onnx", "pkgutil", "tempfile")


@pytest.fixture
def trap(tmp_path, monkeypatch):
    """A current folder full of modules and programs that leave a mark when they run."""
    here = tmp_path / "here"
    here.mkdir()
    mark = tmp_path / "mark"
    for name in NAMES:
        (here / f"{name}.py").write_text(f"open({str(mark)!r}, 'a').write({name!r} + ' ')\n")
    for name in ("gst-launch-1.0", "gcc", "ld"):
        program = here / name
        program.write_text(f"#!/bin/sh\necho {name} >> {mark}\n")
        program.chmod(0o755)
    monkeypatch.chdir(here)
    monkeypatch.setenv("PATH", f":.:{os.environ['PATH']}:")
    monkeypatch.setenv("PYTHONPATH", f"{os.pathsep}.")
    yield here
    assert not mark.exists(), f"ran from the current folder: {mark.read_text()}"


def add(left, right, path):
    """What the processes that train are given to do."""
    Path(path).write_text(f"{left + right} {Path(np.__file__).parent.name}")


def fail(*_):
    raise InputError.of("no_answer")


def end():
    os._exit(3)


def test_microphones_are_listed(trap):
    with suppress(InputError):  # there may be no sound here
        assert isinstance(microphones(), list)


def test_a_recording_is_read(trap, demo, tiny_bundle):
    assert fresh_process(tiny_bundle.folder, demo)["peak_memory_mb"] > 10.0


def test_a_window_is_opened(trap, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":987")
    screen = Screen(Setup(), ViewOptions(), quit=lambda: None, gone=lambda: None)
    with pytest.raises(InputError, match="does not answer"), screen:
        pass


@pytest.mark.parametrize(
    "module",
    ["edge.bench.rivals", "edge.engines.trt_compiler", "edge.cli", "edge.sources.devices.capture_process"],
)
def test_each_kind_of_child_starts(trap, module):
    done = subprocess.run(
        child.command(module, "{}"),
        env=child.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        input="",
    )
    assert "No module named" not in done.stderr
    assert done.args[3] == module


def test_a_camera_s_program_is_not_taken_from_here(trap, monkeypatch):
    from edge.sources.devices.captures import ChildCapture

    # What an editable install leaves in the list, which is no folder.
    monkeypatch.setattr(sys, "path", [*sys.path, "__editable__.edge_emotion.finder.__path_hook__", ""])
    with suppress(InputError):  # GStreamer may not be here
        ChildCapture("videotestsrc num-buffers=1").close()
    assert str(trap) not in child.environment()["PYTHONPATH"]


@pytest.mark.slow
def test_trainings_side_by_side(trap, tmp_path):
    from export.training.side_by_side import side_by_side

    side_by_side([(add, (1, number, str(tmp_path / f"{number}"))) for number in range(3)])
    assert [(tmp_path / f"{number}").read_text() for number in range(3)] == ["1 numpy", "2 numpy", "3 numpy"]
    for function, error in ((fail, InputError), (end, subprocess.CalledProcessError)):
        began = time.monotonic()
        with pytest.raises(error):
            side_by_side([(function, ()), (time.sleep, (60,))])
        assert time.monotonic() - began < 50.0


def test_what_the_parent_imports_from_the_child_does_too(tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("print('found')")
    monkeypatch.syspath_prepend(str(tmp_path))
    done = subprocess.run(
        child.command("only_here"), env=child.environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "found\n"


def test_a_child_is_given_its_words_and_starts_in_a_folder_that_was_deleted(tmp_path, monkeypatch):
    (tmp_path / "says.py").write_text("import json, sys; print(json.dumps(sys.argv[1:]))")
    monkeypatch.syspath_prepend(str(tmp_path))
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    done = subprocess.run(
        child.command("says", "a b", ""), env=child.environment(), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == ["a b", ""]
    monkeypatch.chdir(tmp_path)


def test_the_package_is_found_where_only_the_current_folder_holds_it(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", ["", *(p for p in sys.path if p and Path(p).resolve() != ROOT)])
    done = subprocess.run(
        child.command("edge.cli", "--version"),
        env=child.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"edge {edge.__version__}\n"


def test_there_is_no_other_way_to_start_python():
    for path in OURS:
        text = path.read_text(encoding="utf-8")
        if path.name != "child.py":
            assert "sys.executable" not in text, path
        # Workers of a DataLoader are forked: they import nothing.
        assert "multiprocessing" not in text.replace('multiprocessing_context="fork"', ""), path


def test_the_environment_is_set_at_the_start_only():
    """Another thread may read it at any time, which ends the process."""
    at_start = {"environment.py", "threads.py", "progress.py", "display.py", "federated.py"}
    for path in OURS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("setdefault", "update", "pop", "putenv"):
                changes = ast.unparse(node).startswith(("os.environ.", "os.putenv"))
            elif isinstance(node, ast.Subscript):
                changes = (
                    isinstance(node.ctx, (ast.Store, ast.Del)) and ast.unparse(node.value) == "os.environ"
                )
            elif isinstance(node, ast.AugAssign):
                changes = ast.unparse(node.target) == "os.environ"
            else:
                changes = False
            assert not changes or path.name in at_start, f"{path}:{node.lineno}"
