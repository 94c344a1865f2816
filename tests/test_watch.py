"""`edge run` on devices: ended by a signal, kept up by nothing a sink does."""

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from rig_audio import missing, until
from test_live import Player

from edge.config import Site, read_site
from edge.sources.devices.live import LiveSource
from edge.system.private import write_whole
from edge.watch import stopping, watch


@pytest.fixture
def site(tiny_bundle, demo, monkeypatch, tmp_path):
    """A site whose devices play the demo clip."""
    monkeypatch.setattr(
        "edge.watch.live_source", lambda site, rate, say: LiveSource([lambda give: Player(demo, give)])
    )
    return Site(bundle=tiny_bundle.folder, backend="onnxrt")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_and_what_was_read_is_there(site, tmp_path, number):
    before = signal.getsignal(number)
    said, out = [], tmp_path / "out.jsonl"
    threading.Timer(4.0, os.kill, (os.getpid(), number)).start()
    began = time.monotonic()
    summary = watch(site, out, True, said.append)
    assert 4.0 < time.monotonic() - began < 12.0  # the player's thread plays its clip to the end
    assert signal.getsignal(number) == before
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(lines) == sum(summary.states.values()) >= 3
    assert lines[0]["state"] == "warming_up"
    assert lines[-1]["source"] == "live"


def test_a_new_threshold_is_taken_while_it_runs(tiny_bundle, site, tmp_path):
    settings, out, said = tmp_path / "site.toml", tmp_path / "out.jsonl", []
    settings.write_text("[alarm]\nthreshold = 1.0\n")
    site = site.model_copy(update={"alarm": read_site(settings).alarm})
    threading.Timer(4.0, write_whole, (settings, "[alarm]\nthreshold = 0.0\n")).start()
    threading.Timer(8.0, os.kill, (os.getpid(), signal.SIGTERM)).start()
    watch(site, out, True, said.append, settings)
    alarms = [one["alarm"] for one in map(json.loads, out.read_text().splitlines()) if one["label"]]
    assert alarms == sorted(alarms)
    assert (alarms[0], alarms[-1]) == (False, True)
    (line,) = [line for line in said if "[alarm]" in line]
    assert "is in use: threshold 0, " in line


def test_a_hang_up_that_is_ignored_stays_ignored():
    stopped = []
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping(lambda: stopped.append(True)):
            os.kill(os.getpid(), signal.SIGHUP)
            time.sleep(0.1)
            assert stopped == []
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.1)
            assert stopped == [True]
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def edge_run(bundle, *words, **options):
    command = [sys.executable, "-m", "edge.cli", "run", "--bundle", bundle, "--microphone", "off", *words]
    return subprocess.Popen(list(map(str, command)), cwd=Path(__file__).parents[1], **options)


def states(out):
    return [json.loads(line)["state"] for line in out.read_text().splitlines()] if out.exists() else []


@pytest.mark.parametrize("headless", [True, False])
def test_a_terminal_that_is_gone_ends_it_with_all_it_read(tiny_bundle, tmp_path, headless):
    out, ours_its = tmp_path / "out.jsonl", pty.openpty()
    ours, its = ours_its
    process = edge_run(
        tiny_bundle.folder,
        *("--camera", "http://127.0.0.1:1/x", "--jsonl", out, *(["--headless"] if headless else [])),
        stdin=its,
        stdout=its,
        stderr=its,
        env=os.environ | {"TERM": "xterm"},
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(its)
    taking = threading.Thread(target=drained, args=(ours,), daemon=True)
    taking.start()
    until(lambda: len(states(out)) >= 3, 60)
    os.kill(process.pid, signal.SIGHUP)
    time.sleep(0.05)
    assert process.wait(10) == 0
    os.close(ours)
    assert states(out)[-1] == "no_signal"


def drained(terminal):
    with suppress(OSError):
        while os.read(terminal, 65536):
            pass


def test_a_terminal_that_hangs_up_by_itself(tiny_bundle, tmp_path):
    out, (ours, its) = tmp_path / "out.jsonl", pty.openpty()
    process = edge_run(
        tiny_bundle.folder,
        *("--camera", "http://127.0.0.1:1/x", "--jsonl", out),
        stdin=its,
        stdout=its,
        stderr=its,
        env=os.environ | {"TERM": "dumb"},
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(its)
    until(lambda: len(states(out)) >= 3, 60)
    os.close(ours)
    process.wait(10)
    lines = out.read_text()
    assert lines.endswith("\n")
    assert states(out)[-1] == "no_signal"
    assert process.returncode == 0


def test_what_is_missing_is_said_at_once_and_ending_takes_less_than_two_seconds(tiny_bundle, tmp_path):
    with (tmp_path / "stderr").open("w+") as stderr:
        process = edge_run(
            tiny_bundle.folder,
            "--headless",
            stderr=stderr,
            stdout=subprocess.PIPE,
            preexec_fn=hang_up_ignored,
        )
        said = tmp_path / "stderr"
        until(lambda: "no USB camera yet" in said.read_text(), 60)
        process.send_signal(signal.SIGHUP)  # as with nohup
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert process.wait(10) == 0
        assert time.monotonic() - began < 4.0  # two on a quiet machine, which script/soak holds it to
        process.stdout.close()
    assert said.read_text().count("camera") == 2  # one line names it twice


def hang_up_ignored():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


@pytest.mark.slow
@pytest.mark.timeout(240)
# Players that are killed with their sound server leave a pipe to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.skipif(bool(missing()), reason=missing() or "there")
def test_a_minute_of_faults_on_real_sound_and_a_real_broker():
    from soak import broken, soak

    report = soak(1.0, seed=3)
    assert broken(report) == []
    assert report["faults"] >= 10
    assert report["longest_gap_s"] <= 2.0
