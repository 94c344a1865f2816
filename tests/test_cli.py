"""The command line: verbs, exit codes, one-line errors."""

import errno
import json
import shutil
import signal
import subprocess
import sys
import time
import types
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from edge import __version__
from edge.bundle.tiny import write_tiny_bundle
from edge.cli import main as cli
from edge.engines import cuda
from edge.errors import DatasetError
from edge.words import word

VERBS = ["demo", "run", "build", "bench", "calibrate", "coverage", "decide", "doctor", "evaluate", "export"]
VERBS += ["pseudo", "relabel", "replay", "review", "teach", "fusion-trial", "shadow", "bundle"]
VERBS += ["audit", "notice"]
VERBS += ["consent", "forget", "label", "record", "site"]
REVIEW = ["list", "show", "judge", "undo", "kpi", "export", "withdraw"]
BUNDLE = ["keygen", "publish", "sign", "install", "list", "activate", "rollback"]
PARTS = {"review": REVIEW, "bundle": BUNDLE, "audit": ["show", "verify"]}
PARTS |= {"consent": ["add", "list", "withdraw", "form"], "label": ["export", "import", "agree", "check"]}
PARTS |= {"record": ["key"], "site": ["init", "split", "status"]}


@dataclass
class Done:
    code: int
    out: str
    err: str


@pytest.fixture
def edge(capsys, monkeypatch):
    """Runs the command in this process."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["edge", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = stop.code or 0
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return run


def one_line_error(done):
    assert done.code == 1
    assert done.err.startswith("edge: ")
    assert done.err.count("\n") == 1
    return done.err


def test_version_and_help(edge):
    assert edge("--version").out == f"edge {__version__}\n"
    done = edge("--help")
    assert done.code == 0
    assert all(verb in done.out for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(edge, verb):
    done = edge(verb, "--help")
    assert done.code == 0
    assert f"Example: edge {verb}" in done.out


@pytest.mark.parametrize("columns", ["80", "100"])
@pytest.mark.parametrize(
    "verb", [*VERBS, *(f"{verb} {part}" for verb, parts in PARTS.items() for part in parts)]
)
def test_examples_stand_on_lines_of_their_own(edge, verb, columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    lines = edge(*verb.split(), "--help").out.splitlines()
    assert max(map(len, lines)) <= 80
    first = next(i for i, line in enumerate(lines) if line.startswith(f"  Example: edge {verb}"))
    assert lines[first - 1] == ""
    examples = lines[first : lines.index("", first)]
    before = ["  Example:", *examples]
    for line, ahead in zip(examples, before, strict=False):
        caption, _, command = line.partition(": ")
        goes_on = ahead.endswith((":", "\\")) and line.startswith("    ")
        assert goes_on or line.endswith(":") or (command.startswith("edge ") and len(caption) < 30)


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--nonsense"],
        ["fly"],
        ["evaluate", "x"],
        ["pseudo", "x", "--data", "y", "--policy", "p", "--out", "o"],
        ["pseudo", "x", "--data", "y", "--policy", "p", "--out", "o", "--unlabelled", "u", "--trial", "0.1"],
        ["pseudo", "x", "--data", "y", "--policy", "p", "--out", "o", "--trial", "0.1", "--sign", "me"],
        ["evaluate", "x", "y", "--modality", "smell"],
        ["evaluate", "x", "y", "--drop", "fused"],
        ["evaluate", "x", "y", "--streams", "--modality", "audio"],
        ["evaluate", "x", "y", "--streams", "--reliability", "sure.png"],
        ["evaluate", "x", "y", "--modality", "audio", "--drop", "vision"],
        ["evaluate", "x", "y", "--drop", "audio", "--drop", "vision", "--drop", "text"],
    ],
)
def test_wrong_use_exits_with_2(edge, arguments):
    assert edge(*arguments).code == 2


def test_run_prints_a_line_a_second_and_writes_json(edge, demo, tiny_bundle, tmp_path):
    out = tmp_path / "out.jsonl"
    done = edge("run", "--source", demo, "--bundle", tiny_bundle.folder, "--jsonl", out)
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "demo.mp4"
    assert lines[1].endswith("-- warming up")
    assert len(lines) == 11
    assert lines[-1].startswith("9 readings: ")
    assert lines[-1].endswith(f"written to {out}")
    records = [json.loads(line) for line in out.read_text().splitlines()]
    assert [record["time"] for record in records] == pytest.approx(range(1, 10), abs=1e-3)
    assert {record["state"] for record in records} <= {"warming_up", "reading", "needs_check"}


def test_headless_prints_only_the_summary(edge, demo, tiny_bundle):
    done = edge("run", "--source", demo, "--bundle", tiny_bundle.folder, "--headless")
    assert done.out.startswith("9 readings: ")
    assert done.out.count("\n") == 1


def test_settings_come_from_site_toml(edge, demo, tiny_bundle, tmp_path):
    config = tmp_path / "site.toml"
    config.write_text(f"source = '{demo}'\nbundle = '{tiny_bundle.folder}'\n")
    assert edge("run", "--config", config, "--headless").code == 0
    config.write_text("sorce = 'x'\n")
    assert "did you mean 'source'?" in one_line_error(edge("run", "--config", config))


def test_each_recording_of_a_folder_is_its_own(edge, demo, tiny_bundle, tmp_path):
    folder = tmp_path / "shift"
    folder.mkdir()
    for name in ("b.mp4", "a.mp4"):
        shutil.copy(demo, folder / name)
    out = tmp_path / "out.jsonl"
    done = edge("run", "--source", folder, "--bundle", tiny_bundle.folder, "--jsonl", out)
    assert done.code == 0
    assert [line for line in done.out.splitlines() if line.endswith(".mp4")] == ["a.mp4", "b.mp4"]
    records = [json.loads(line) for line in out.read_text().splitlines()]
    first, second = records[:9], records[9:]
    assert [(r["source"], r["label"], r["votes"]) for r in first] == [
        ("a.mp4", r["label"], r["votes"]) for r in second
    ]


def test_a_bad_recording_of_a_folder_is_named_and_the_others_are_read(edge, demo, tiny_bundle, tmp_path):
    folder = tmp_path / "shift"
    folder.mkdir()
    shutil.copy(demo, folder / "z.mp4")
    (folder / "a.mp4").write_bytes(b"")
    done = edge("run", "--source", folder, "--bundle", tiny_bundle.folder)
    assert "1 of 2 recordings could not be read" in one_line_error(done)
    assert "a.mp4" in done.err
    assert "z.mp4" in done.out


def test_bad_input_is_one_line_and_leaves_no_file(edge, demo, tiny_bundle, tiny_copy, tmp_path):
    out = tmp_path / "out.jsonl"
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(demo.read_bytes()[:5000])
    empty = tmp_path / "empty.wav"
    empty.write_bytes(b"")
    for source in (tmp_path / "none.mp4", cut, empty, tmp_path / "nothing"):
        done = edge("run", "--source", source, "--bundle", tiny_bundle.folder, "--jsonl", out)
        assert source.name in one_line_error(done)
        assert not out.exists()
    (tiny_copy / "text.onnx").write_bytes(b"changed")
    done = edge("run", "--source", demo, "--bundle", tiny_copy, "--jsonl", out)
    assert "text.onnx was changed" in one_line_error(done)
    assert not out.exists()
    done = edge("run", "--source", demo, "--bundle", tiny_bundle.folder, "--jsonl", tmp_path / "no" / "x")
    assert "its folder does not exist" in one_line_error(done)


def test_a_clip_without_speech_or_face_gives_states_and_an_error(edge, write_clip, tiny_bundle, tmp_path):
    grey = np.full((72, 96, 3), 130, np.uint8)
    tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(48000) / 16000)
    for name, picture, sound, state in [
        ("grey.mp4", grey, None, "no_face"),
        ("dark.mp4", grey // 30, None, "dark"),
        ("tone.wav", None, tone, "no_speech"),
        ("silent.wav", None, np.zeros(48000), "no_speech"),
    ]:
        out = tmp_path / f"{name}.jsonl"
        source = write_clip(name, picture, sound)
        done = edge("run", "--source", source, "--bundle", tiny_bundle.folder, "--jsonl", out)
        assert f"{name} holds no emotion to read" in one_line_error(done)
        records = [json.loads(line) for line in out.read_text().splitlines()]
        assert [record["state"] for record in records] == ["warming_up", state, state], name
        assert all(record["label"] is None for record in records)


def test_states_are_told_in_the_words_of_the_run_s_language(edge, write_clip, tiny_bundle, tmp_path):
    (tmp_path / "shift").mkdir()
    write_clip("shift/a.wav", None, np.zeros(48000))
    write_clip("shift/b.wav", None, np.zeros(48000))
    run = ("run", "--bundle", tiny_bundle.folder, "--headless", "--source")
    done = edge(*run, tmp_path / "shift" / "a.wav")
    assert "holds no emotion to read (windows: no speech heard 2, warming up 1);" in one_line_error(done)
    done = edge(*run, tmp_path / "shift" / "a.wav", "--lang", "ja")
    assert "感情を推定できません（区間：発話なし 2, 準備中 1）" in one_line_error(done)
    done = edge(*run, tmp_path / "shift", "--lang", "ja")
    assert one_line_error(done).startswith("edge: 2 件中 2 件の録画を読み取れませんでした：")


def test_common_faults_are_told_in_japanese(edge, demo, tiny_bundle, tiny_copy, tmp_path, monkeypatch):
    def told(*words):
        return one_line_error(edge(*words, "--lang", "ja"))

    site, queue = tmp_path / "site.toml", tmp_path / "queue"
    queue.mkdir()
    run = ("run", "--config", site)
    assert told(*run).startswith(f"edge: {site} を読み取れません（")
    site.write_text("threads = ")
    assert told(*run).startswith(f"edge: {site} の書式に誤りがあります。該当箇所を修正してください（")
    site.write_text("threads = 0")
    assert "site.toml: 設定値が正しくありません（threads：1 以上の値が必要です" in told(*run)
    site.write_text("bundel = 'x'")
    assert "site.toml: 設定項目「bundel」は使用できません。「bundle」ではありませんか" in told(*run)
    site.write_text("[display]\nxyzzy = 1")
    assert "display 設定項目「xyzzy」は使用できません。使用できるもの：language, " in told(*run)
    site.write_text(f"bundle = '{tiny_bundle.folder}'\n[site_prior]\nhapy = 1.0")
    assert "site_prior のラベル「hapy」はバンドルにありません" in told(*run, "--source", demo)
    site.write_text(f"bundle = '{tiny_bundle.folder}'\n[review]\nfolder = 'nowhere'")
    assert "nowhere というフォルダーはありません" in told(*run, "--source", demo)
    site.write_text(f"bundle = '{tiny_bundle.folder}'\nmicrophone = 'off'\ncamera = 'off'")
    assert told(*run).startswith("edge: マイクとカメラがどちらも off です")
    assert "の番号は接続のたびに変わります" in told(*run, "--camera", "/dev/video0")
    assert "指定形式が正しくありません。USB カメラ名の一部、" in told(*run, "--camera", "ftp://x")
    (tiny_copy / "text.onnx").write_bytes(b"changed")
    said = told("run", "--source", demo, "--bundle", tiny_copy)
    assert "text.onnx がエクスポート後に変更されています" in said
    out = tmp_path / "out.jsonl"
    edge("run", "--source", demo, "--bundle", tiny_bundle.folder, "--jsonl", out, "--headless")
    monkeypatch.delenv("DISPLAY", raising=False)
    assert told("replay", out).startswith("edge: 表示できる画面がありません")
    assert "queue.db がありません" in told("review", "list", queue)
    (queue / "queue.db").write_bytes(b"no database at all, but long enough" * 40)
    assert "ファイルが壊れています。別の場所に移すと、" in told("review", "list", queue)


def test_demo_says_first_and_last_what_it_is(edge, tmp_path, monkeypatch):
    write_tiny_bundle(tmp_path / "starter")
    monkeypatch.setattr("edge.app.starter_bundle", lambda: tmp_path / "starter")
    done = edge("demo")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == lines[-1] == word("demo_notice", "en")
    assert len(lines) == 13


def test_doctor_exits_with_1_when_something_is_bad(edge, tiny_copy, tmp_path):
    site = tmp_path / "site.toml"
    site.write_text(f"bundle = '{tiny_copy}'\nsource = 'recordings'\n[display]\nlanguage = 'ja'")
    done = edge("doctor", "--config", site)
    assert done.code == 0
    assert all(line.startswith("正常") for line in done.out.splitlines())
    done = edge("doctor", "--config", site, "--lang", "en")
    assert done.code == 0
    assert all(line.startswith("ok ") for line in done.out.splitlines())
    (tiny_copy / "card.md").unlink()
    done = edge("doctor", tiny_copy, "--config", site, "--lang", "en")
    assert done.code == 1
    assert "card.md is missing" in done.out
    site.write_text("sorce = 'x'\n")
    assert "did you mean 'source'?" in one_line_error(edge("doctor", "--config", site))


def test_doctor_prints_json_and_records(edge, tiny_copy, tmp_path):
    site = tmp_path / "site.toml"
    site.write_text(f"bundle = '{tiny_copy}'\nsource = 'recordings'\n")
    done = edge("doctor", "--config", site, "--json")
    assert done.code == 0
    found = json.loads(done.out)
    assert found["bundle"]["name"] == "tiny"
    assert all(check["ok"] for check in found["checks"])
    (tiny_copy / "card.md").unlink()
    done = edge("doctor", "--config", site, "--record", tmp_path / "doctor.json", "--lang", "ja")
    assert done.code == 1
    assert "に保存しました" in done.out
    recorded = json.loads((tmp_path / "doctor.json").read_text())
    assert [check["name"] for check in recorded["snapshot"]["checks"] if not check["ok"]] == ["bundle"]
    assert "MemTotal" in recorded["files"]["proc/meminfo"]
    done = edge("doctor", "--record", tmp_path / "none" / "doctor.json")
    assert "its folder does not exist; make it first" in one_line_error(done)
    assert edge("doctor", "--no-such-option").code == 2


def test_bench_prints_a_table_or_json(edge, monkeypatch):
    monkeypatch.setattr("edge.bench.window.measure", lambda bundle: {"bundle": str(bundle)})
    monkeypatch.setattr("edge.bench.table.table", lambda report, language: f"table of {report['bundle']}")
    assert edge("bench", "line3").out == "table of line3\n"
    assert json.loads(edge("bench", "line3", "--json").out) == {"bundle": "line3"}


def test_bench_compares_and_writes_what_it_found(edge, monkeypatch, tmp_path):
    monkeypatch.setattr("edge.bench.window.measure", lambda bundle: {"bundle": str(bundle)})
    monkeypatch.setattr("edge.bench.table.table", lambda report, language: "stages")
    monkeypatch.setattr("edge.bench.compare.compare", lambda bundle, whisper: {"whisper": str(whisper)})
    monkeypatch.setattr(
        "edge.bench.compare.markdown", lambda report, language: f"| {report['compare']['whisper']} |"
    )
    out = tmp_path / "bench.json"
    done = edge("bench", "line3", "--compare", "--whisper", "tiny", "--out", out)
    assert done.err == ""
    assert done.out == "stages\n\n| tiny |\n"
    assert json.loads(out.read_text()) == {"bundle": "line3", "compare": {"whisper": "tiny"}}
    done = edge("bench", "line3", "--out", tmp_path / "no" / "bench.json")
    assert "cannot be written" in one_line_error(done)


@dataclass
class Report:
    def as_dict(self):
        return {"n": 3, "accuracy": 0.5}

    def table(self):
        return "n 3"


@pytest.fixture
def module(monkeypatch):
    """Puts a module in place of a workstation one."""

    def put(name, **members):
        fake = types.ModuleType(name)
        vars(fake).update(members)
        monkeypatch.setitem(sys.modules, name, fake)

    return put


def test_a_live_run_needs_a_device_and_a_camera_s_address(edge):
    done = edge("run", "--microphone", "off", "--camera", "off")
    assert "microphone and camera are both off" in one_line_error(done)
    done = edge("run", "--microphone", "off", "--camera", "0")
    assert "is a number that changes with every plugging in" in one_line_error(done)


def test_evaluate_prints_a_table_and_writes_json(edge, module, tmp_path):
    asked = []
    module("calibration.site.known", require_unknown=lambda *_: None)
    module(
        "calibration.judge.evaluate",
        evaluate_folder=lambda *what, **how: asked.append((*what, how)) or Report(),
    )
    done = edge("evaluate", "bundle", "folder", "--modality", "audio", "--json", tmp_path / "a.json")
    assert done.code == 0
    assert done.out == "n 3\n"
    assert [str(value) for value in asked[0]] == [
        "bundle",
        "folder",
        "audio",
        "set()",
        str({"new_voices": False, "noise": None}),
    ]
    assert json.loads((tmp_path / "a.json").read_text()) == {"n": 3, "accuracy": 0.5}
    edge("evaluate", "bundle", "folder", "--drop", "vision", "--drop", "text")
    assert asked[1][2:4] == ("fused", {"vision", "text"})
    edge("evaluate", "bundle", "folder", "--new-voices", "--noise", "machines", "--snr", "0")
    assert asked[2][4] == {"new_voices": True, "noise": (Path("machines"), 0.0)}
    done = edge("evaluate", "bundle", "folder", "--json", tmp_path / "no" / "a.json")
    assert "cannot be written" in one_line_error(done)


def test_an_error_of_a_verb_is_one_line(edge, module):
    def refuse(*_, **__):
        raise DatasetError("folder holds no metadata.csv; see the docs")

    module("calibration.site.known", require_unknown=lambda *_: None)
    module("calibration.judge.evaluate", evaluate_folder=refuse)
    assert one_line_error(edge("evaluate", "b", "f")) == "edge: folder holds no metadata.csv; see the docs\n"


def test_export_runs_the_recipe(edge, module, tmp_path):
    asked = []
    module("export.run", run_export=lambda *what: asked.append(what))
    done = edge("export", "recipe.toml", "--data", tmp_path, "--out", tmp_path / "bundle")
    assert done.code == 0
    assert [str(value) for value in asked[0]] == ["recipe.toml", str(tmp_path), str(tmp_path / "bundle")]


def test_a_full_disk_is_one_line(edge, module, tmp_path):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "out.work"))

    module("export.run", run_export=full)
    done = edge("export", "r.toml", "--data", "d", "--out", str(tmp_path / "out"))
    assert "out.work cannot be written (No space left on device); free some space" in one_line_error(done)


def test_a_missing_extra_prints_the_pip_line(edge, monkeypatch, tmp_path):
    class Missing:
        def find_spec(self, name, path=None, target=None):
            if name == "torch":
                raise ModuleNotFoundError("No module named 'torch'", name="torch")

    for name in [n for n in sys.modules if n.split(".")[0] in ("torch", "export")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    done = edge("export", "recipe.toml", "--data", tmp_path, "--out", tmp_path / "bundle")
    assert one_line_error(done) == "edge: torch is not installed; run: pip install 'edge-emotion[export]'\n"


def test_build_compiles_keeps_lists_and_cleans(edge, cache, tiny_bundle):
    pytest.importorskip("tensorrt_rtx", reason="has no package for this machine")
    done = edge("build", tiny_bundle.folder)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line.split(":")[0] for line in lines[1:8:2]] == ["audio", "vision", "text", "fusion"]
    assert all("INT8 plan built" in line for line in lines[1:8:2])
    if cuda.gpu() is None:
        assert lines[-1] == "no NVIDIA GPU here: these plans only prove that the models compile"
    again = edge("build", tiny_bundle.folder).out.splitlines()
    assert [line.split(",")[0] for line in again[:4]] == [
        f"{name}: INT8 plan was there already" for name in ("audio", "vision", "text", "fusion")
    ]
    listed = edge("build", "--list").out.splitlines()
    assert len(listed) == 5
    assert listed[-1] == f"in {cache}"
    assert edge("build", "--clean").out == f"4 plans deleted from {cache}\n"
    assert edge("build", "--list").out == f"in {cache}\n"


def test_build_tells_what_ran_out_of_kernels(edge, rig, tmp_path, monkeypatch, tiny_bundle):
    monkeypatch.setattr(
        "edge.engines.plans.build", lambda source, target, *_: target.write_bytes(b"p") and ("a", "b")
    )
    lines = edge("build", tiny_bundle.folder).out.splitlines()
    assert lines[1:3] == [
        "audio: INT8 plan built, 0.0 MB",
        "audio: runs in float for want of an INT8 kernel: a, b",
    ]
    assert lines[-1] == f"plans for Rig (sm_87) are in {rig.cache}"


def test_build_without_tensorrt_or_gpu(edge, rig, monkeypatch, tiny_bundle):
    rig.libcuda.refused = "cuInit"
    assert "tensorrt 10.3.0 compiles only where an NVIDIA GPU answers" in one_line_error(
        edge("build", tiny_bundle.folder)
    )
    monkeypatch.setattr("edge.engines.trt_here.PACKAGES", ("no_such_tensorrt",))
    assert one_line_error(edge("build", tiny_bundle.folder)) == (
        "edge: TensorRT is not installed; on a Jetson run: sudo apt install python3-libnvinfer, "
        "elsewhere: pip install tensorrt-rtx-cu12\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c_ends_cleanly(demo, tiny_bundle, tmp_path):
    out = tmp_path / "out.jsonl"
    site = tmp_path / "site.toml"
    site.write_text('backend = "onnxrt"')  # else stderr says why it is not TensorRT, where that is installed
    arguments = ["run", "--source", demo, "--bundle", tiny_bundle.folder, "--jsonl", out, "--realtime"]
    arguments += ["--config", site]
    process = subprocess.Popen(
        [sys.executable, "-m", "edge.cli", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background job ignores SIGINT, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    for _ in range(300):
        time.sleep(0.1)
        if out.exists() and out.read_text():
            break
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert printed.endswith("stopped\n")
    assert errors == ""
    assert all(json.loads(line) for line in out.read_text().splitlines())
