"""What leaves the product: names no terminal can show, disks that are full, readers that have gone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge.app import demo_clip
from edge.engines.plans import folder as folder_of_plans
from edge.errors import EngineError
from edge.system.texts import visible

SHIFT_JIS = os.fsdecode("テスト".encode("shift_jis"))


def edge(*arguments, out=None, **environment):
    """Runs `edge` in a process of its own; its exit code and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "edge.cli", *map(str, arguments)],
        stdout=out or subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | environment,
        check=False,
        timeout=120,
    )
    assert b"Traceback" not in done.stderr
    return done.returncode, done.stdout or b"", done.stderr


@pytest.fixture
def config(tmp_path, tiny_bundle):
    """Settings that read with a small bundle."""
    path = tmp_path / "site.toml"
    path.write_text(f"bundle = '{tiny_bundle.folder}'\nbackend = 'onnxrt'\n")
    return path


@pytest.fixture
def folder(tmp_path):
    """Recordings: one with a name in Shift-JIS, one that acts on a terminal and is damaged, a usual one."""
    made = tmp_path / "takes"
    made.mkdir()
    for name in (f"{SHIFT_JIS}.mp4", "z.mp4"):
        (made / name).write_bytes(demo_clip().read_bytes())
    (made / "b\x1b[31m\u202e.mp4").write_text("no recording")
    return made


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C"},
        {"PYTHONIOENCODING": "cp932"},
        {"PYTHONIOENCODING": "ascii:strict"},
        {"PYTHONUTF8": "1"},
    ],
)
def test_files_after_a_strange_name_are_read_whatever_the_terminal(folder, config, tmp_path, environment):
    out = tmp_path / "out.jsonl"
    code, said, wrong = edge("run", "--config", config, "--source", folder, "--jsonl", out, **environment)
    assert code == 1  # the damaged one is named
    assert wrong.count(b"\n") == 1
    assert b"b\\x1b[31m\\u202e.mp4" in wrong
    assert b"\x1b" not in said + wrong
    assert b"z.mp4" in said
    sources = {json.loads(line)["source"] for line in out.read_text(encoding="utf-8").split("\n") if line}
    assert sources == {f"{SHIFT_JIS}.mp4", "z.mp4"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_under_the_output_is_one_line_and_readings_are_kept(config, tmp_path):
    kept = tmp_path / "out.jsonl"
    for arguments in (("run", "--config", config, "--source", demo_clip(), "--jsonl", kept), ("--help",)):
        with open("/dev/full", "wb") as full:  # noqa: PTH123
            code, _, wrong = edge(*arguments, out=full)
        assert (code, wrong.count(b"\n")) == (1, 1)
        assert wrong.startswith(b"edge: standard output cannot be written (No space left on device)")
    assert kept.read_text().count("\n") == 9


def test_a_reader_that_leaves_ends_the_run_without_a_word(config):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as pipe:
        assert edge("run", "--config", config, "--source", demo_clip(), out=pipe) == (1, b"", b"")


def test_a_wrong_use_acts_on_no_terminal(tmp_path):
    code, _, wrong = edge("replay", "\x1b]0;x\x07", "b")
    assert (code, b"\x1b" in wrong) == (2, False)
    code, _, wrong = edge("replay", "no\x1b[31m\n.jsonl")
    assert (code, wrong.count(b"\n")) == (1, 1)
    assert b"no\\x1b[31m\\x0a.jsonl cannot be read" in wrong


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2J\x07\x9b\x7f", "a\\x1b[2J\\x07\\x9b\\x7f"),
        ("\u202e\u2066\u200f\ufeff\u061c", "\\u202e\\u2066\\u200f\\ufeff\\u061c"),
        ("\u2028\x85\r", "\\u2028\\x85\\x0d"),
        ("\udc83", "\\udc83"),
        ("田中 ライン３ é 👍\n\t", "田中 ライン３ é 👍\n\t"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_acts_on_a_terminal_is_made_visible(text, shown):
    assert visible(text) == shown


def test_a_user_without_a_home_is_told_where_plans_go(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(EngineError, match="no home folder; set XDG_CACHE_HOME"):
        folder_of_plans()
