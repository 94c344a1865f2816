"""A sustained bench: what it measures on boards, and when it does not call itself sustained."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from boards import answers, put, stand_up

from calibration.bench.page import page
from calibration.report.courses import courses, round_steps
from edge.bench.sustained import run as sustained
from edge.bench.sustained import sampler
from edge.bench.sustained.run import duration, refusals, sustain, unread
from edge.bench.sustained.told import as_csv, as_dict, told
from edge.errors import EngineError, InputError
from edge.reading.pipeline import Pipeline

SECONDS = 1.0


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    """Many samples, and windows of 10 ms however busy this machine is; `measured` reads real ones."""
    monkeypatch.setattr(sampler, "SAMPLE_S", 0.05)
    monkeypatch.setattr(sustained, "PACE_SHARE", 9.0)
    monkeypatch.setattr(Pipeline, "read", lambda self, window: time.sleep(0.01))


@pytest.fixture(scope="module")
def tiny(_tiny):
    return _tiny


def keys(found):
    return [one.key for one in found]


def meanwhile(*changes):
    """Called when the run begins: makes each change (seconds later, what) in a thread."""

    def begin():
        for seconds, change in changes:
            threading.Timer(seconds, change).start()

    return begin


@pytest.fixture
def board(tmp_path):
    return lambda state: stand_up(tmp_path, state)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90.0), ("30m", 1800.0), ("1h", 3600.0), ("1.5h", 5400.0), (" 2s ", 2.0)]
)
def test_durations(text, seconds):
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "90", "30 m", "m", "-5s", "0s", "0.5s", "169h", "1d", "1h30m", "nans"])
def test_what_is_no_duration(text):
    with pytest.raises(InputError, match="is no duration from 1s to 168h; write it as in 90s, 30m or 1h"):
        duration(text)


@pytest.mark.parametrize(
    ("state", "watts", "hottest", "mode", "clocks"),
    [
        ("agx-orin-39.2", (1028 + 654 + 1100) * 5e-3, 52.968, "MAXN", {"gpu": 1300.5, "cpu0": 2201.6}),
        ("orin-nano-36.4.7", 4.824, 50.25, "25W", {"gpu": 306.0, "cpu0": 1344.0, "cpu4": 729.6}),
        ("thor-38.4", 19.78, 38.875, "120W", {"gpu": 315.0, "cpu0": 972.0}),
    ],
)
def test_a_board_whose_clocks_stay_is_sustained(tiny, board, state, watts, hottest, mode, clocks):
    root = board(state)
    if state.startswith("thor"):  # its state tells of no throttling
        put(root, "sys/class/thermal/cooling_device0/type", "devfreq-gpu-gpc-0")
        put(root, "sys/class/thermal/cooling_device0/cur_state", "0")
    run = sustain(tiny, SECONDS, root=root)
    assert refusals(run) == []
    assert unread(run) == []
    for part in (run.first, run.last):
        assert part.windows > 0
        assert 0 < part.p50_ms <= part.p95_ms <= part.p99_ms
        assert part.hottest_c == hottest
        assert part.throttled is False
        assert part.clocks_mhz == pytest.approx(clocks)
        assert part.power_w == pytest.approx(watts, rel=0.25)
        assert part.energy_mj == pytest.approx(1000 * part.power_w * SECONDS / 2 / part.windows, rel=0.01)
    assert run.last.mode == mode
    assert sum(part.windows for part in run.rows()) in (len(run.took_ms), len(run.took_ms) - 1)
    text = told(run, "en")
    assert "Sustained: for 1 s nothing slowed the machine down" in text
    assert "first 0.5 s" in text
    assert "not measured" not in text


def test_a_pc_says_what_it_does_not_tell(tiny, tmp_path):
    run = sustain(tiny, SECONDS, root=tmp_path)
    assert keys(unread(run)) == ["sustained_no_energy", "sustained_no_heat", "sustained_no_mode"]
    assert keys(refusals(run)) == ["sustained_slowing_unknown", "sustained_clocks_unknown"]
    found = as_dict(run)
    assert found["sustained"] is False
    assert (found["first"]["energy_mj"], found["first"]["throttled"], found["meter"]) == (None, None, None)
    assert "power and energy: no rail of a Jetson" in told(run, "en")


@pytest.mark.parametrize(
    ("change", "key", "said"),
    [
        (
            lambda root: put(root, "sys/class/devfreq/17000000.gpu/cur_freq", "816000000"),
            "sustained_clocks",
            "clocks changed (gpu 816-1300 MHz)",
        ),
        (
            lambda root: put(root, "sys/class/devfreq/17000000.gpu/max_freq", "918000000"),
            "sustained_clocks",
            "clocks changed (gpu 306-1300 MHz -> 306-918 MHz)",
        ),
        (
            lambda root: answers(root, "nvpmodel -q", "NV Power Mode: 30W\n2"),
            "sustained_modes",
            "MAXN -> 30W",
        ),
        (
            lambda root: put(root, "sys/class/hwmon/hwmon5/oc3_event_cnt", "4"),
            "sustained_supply",
            "slowed it down 4 times (over-current)",
        ),
    ],
)
def test_what_changes_meanwhile_is_a_refusal(tiny, board, change, key, said):
    root = board("agx-orin-39.2")
    run = sustain(tiny, SECONDS, root=root, begun=meanwhile((0.4, lambda: change(root))))
    assert keys(refusals(run)) == [key]
    assert said in told(run, "en")
    assert "Sustained:" not in told(run, "en")
    assert as_dict(run)["sustained"] is False


@pytest.mark.parametrize(("then", "refused"), [(0.02, ["sustained_pace"]), (0.005, [])])
def test_windows_that_become_slower_are_a_refusal(tiny, board, monkeypatch, then, refused):
    """Clocks stay and nothing is hot: something else takes the machine."""
    monkeypatch.setattr(sustained, "PACE_SHARE", 0.1)
    takes = [0.01]
    monkeypatch.setattr(Pipeline, "read", lambda self, window: time.sleep(takes[-1]))
    run = sustain(
        tiny, SECONDS, root=board("agx-orin-39.2"), begun=meanwhile((0.5, lambda: takes.append(then)))
    )
    assert keys(refusals(run)) == refused
    assert ("windows became slower, from 1" in told(run, "en")) == bool(refused)


def test_heat_that_passes_is_a_refusal_too(tiny, board):
    root = board("orin-nano-36.4.7")
    state = "sys/class/thermal/cooling_device1/cur_state"
    passing = meanwhile((0.2, lambda: put(root, state, "1")), (0.5, lambda: put(root, state, "0")))
    run = sustain(tiny, SECONDS, root=root, begun=passing)
    assert keys(refusals(run)) == ["sustained_heat"]
    assert "heat slowed it down (cpu-throttle-alert)" in told(run, "en")
    assert run.first.throttled
    assert "Orange" in page(run, "en")


def test_an_engine_that_fails_loses_nothing(tiny, board, monkeypatch):
    read, calls = Pipeline.read, []

    def failing(self, window):
        calls.append(window)
        if len(calls) > sustained.WARM_UP + 6:
            raise EngineError("the GPU is gone")
        return read(self, window)

    monkeypatch.setattr(Pipeline, "read", failing)
    run = sustain(tiny, 60.0, root=board("agx-orin-39.2"))
    assert len(run.took_ms) == 6
    assert keys(refusals(run)) == ["sustained_cut"]
    assert "of 60 s (it failed: the GPU is gone); run it again to the end" in told(run, "en")
    assert run.first.windows + run.last.windows == 6


@pytest.fixture(scope="module")
def measured(tiny, tmp_path_factory):
    root = stand_up(tmp_path_factory.mktemp("agx"), "agx-orin-39.2")
    return sustain(tiny, 2.4, root=root)


def test_the_csv_has_a_row_for_each_stretch(measured):
    rows = list(csv.DictReader(io.StringIO(as_csv(measured))))
    assert [row["start_s"] for row in rows] == ["0.0", "1.0"]
    assert rows[-1]["end_s"] == "2.4"
    for row in rows:
        assert float(row["p50_ms"]) > 0
        assert float(row["energy_mj"]) > 0
        assert (row["throttled"], row["power_mode"], row["gpu_mhz"]) == ("0", "MAXN", "1300.5")
    assert list(rows[0])[-2:] == ["gpu_mhz", "cpu0_mhz"]


def test_it_is_told_in_both_languages(measured):
    japanese = told(measured, "ja")
    assert "持続性能として有効です" in japanese
    assert "sustained_" not in japanese + told(measured, "en")
    lines = [line for line in japanese.splitlines() if line and line.isascii()]
    assert lines == []
    assert json.loads(json.dumps(as_dict(measured)))["windows"] == len(measured.took_ms)


@pytest.mark.parametrize(("language", "title"), [("en", "Beginning and end"), ("ja", "最初と最後")])
def test_the_page_shows_the_course(measured, language, title):
    html = page(measured, language)
    assert title in html
    assert html.count("<polyline") == 6  # p50, p99, energy, hottest, two clocks
    assert "https://" not in html


def run_edge(*words, **more):
    return subprocess.Popen(
        [sys.executable, "-m", "edge.cli", "bench", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
        **more,
    )


def test_ctrl_c_keeps_what_was_measured(tiny, tmp_path):
    files = [tmp_path / name for name in ("out.csv", "out.html", "out.json")]
    options = [f"--{name}={path}" for name, path in zip(("csv", "report", "out"), files, strict=True)]
    with run_edge(str(tiny), "--sustained", "30m", *options) as running:
        begun = next(line for line in running.stderr if "for 30m; Ctrl-C ends it" in line)
        assert begun
        threading.Event().wait(1.5)
        running.send_signal(signal.SIGINT)
        said, errors = running.communicate(timeout=60)
    assert running.returncode == 130, errors
    assert "of 1800 s (stopped by Ctrl-C); run it again to the end" in said
    assert "Not sustained" in said
    assert all(path.is_file() for path in files)
    assert json.loads(files[2].read_text())["windows"] > 0


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--sustained", "soon"], "soon is no duration from 1s to 168h"),
        (["--csv", "x.csv"], "--csv: needs --sustained"),
        (["--report", "x.html"], "--report: needs --sustained"),
        (["--sustained", "2s", "--compare"], "--sustained: goes without --compare"),
        (["--sustained", "2s", "--csv", "no/such/x.csv"], "no/such"),
    ],
)
def test_wrong_use_is_one_line(words, line, tmp_path):
    with run_edge(*words, cwd=tmp_path) as running:
        said, errors = running.communicate(timeout=60)
    assert running.returncode in (1, 2)
    assert said == ""
    assert line in errors
    assert len(errors.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("low", "high", "steps"),
    [
        (64.0, 172.0, [50, 100, 150, 200]),
        (1284.0, 1317.0, [1280, 1300, 1320]),
        (0.0, 30.0, [0, 10, 20, 30]),
        (-0.4, 0.3, [-0.5, -0.25, 0, 0.25, 0.5]),
        (5.0, 5.0, [5]),
    ],
)
def test_axes_have_round_numbers(low, high, steps):
    assert round_steps(low, high, 3) == pytest.approx(steps)


def test_a_value_alone_is_drawn_as_a_dot():
    drawn = courses([1.0, 2.0, 3.0, 4.0], [("ms", [5.0, None, 6.0, 7.0])], [], "seconds")
    lines = [part.split('"')[0].split() for part in str(drawn).split('points="')[1:]]
    assert [len(points) for points in lines] == [2, 2]
    assert lines[0][0] == lines[0][1]
