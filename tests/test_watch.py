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
from edge.errors import InputError
from edge.items import LABELS, Reading
from edge.sources.live import LiveSource
from edge.watch import _Persistent, watch


@pytest.fixture
def site(tiny_bundle, demo, monkeypatch, tmp_path):
    """A site whose devices play the demo clip."""
    monkeypatch.setattr(
        "edge.watch.live_source", lambda site, rate: LiveSource([lambda give: Player(demo, give)])
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


def test_a_sink_s_trouble_costs_its_readings_and_is_said_once(tmp_path):
    class Disk:
        full, taken = True, 0

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def append(self, record):
            if self.full:
                raise InputError.of("file_unwritable", path="out.jsonl", why="No space left on device")
            self.taken += 1

    said, disk = [], Disk()
    for language in ("en", "ja"):
        disk.full = True
        with _Persistent(disk, LABELS, said.append, language) as sink:
            for _ in range(3):
                sink.write(Reading(1.0, "no_face"))
            assert sink._background.settle(5.0)
            disk.full = False
            for _ in range(2):
                sink.write(Reading(2.0, "no_face"))
            assert sink._background.settle(5.0)
    assert disk.taken == 4
    assert said == [
        "out.jsonl cannot be written (No space left on device); free some space or name another file",
        "written again; 3 readings were lost",
        "out.jsonl に書き込めません（No space left on device）。"
        "空き容量を確認するか、別のファイルを指定してください",
        "書き込みを再開しました。3 件の推定結果は失われました",
    ]


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
