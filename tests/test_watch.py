"""`edge run` on devices: ended by a signal, kept up by nothing a sink does."""

import json
import os
import signal
import threading
import time

import pytest
from rig_audio import missing
from test_live import Player

from edge.config import Site
from edge.sources.live import LiveSource
from edge.watch import watch


@pytest.fixture
def site(tiny_bundle, demo, monkeypatch, tmp_path):
    """A site whose devices play the demo clip."""
    monkeypatch.setattr(
        "edge.watch.live_source", lambda site, rate, say: LiveSource([lambda give: Player(demo, give)])
    )
    return Site(bundle=tiny_bundle.folder, backend="onnxrt")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
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
