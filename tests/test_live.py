"""Live devices as one source: order, bounds, ticks; and the pipeline on them."""

import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge.app import Reader
from edge.config import Site
from edge.items import AudioChunk, Frame, Health, Reading, Tick
from edge.perception.synchrony import CaptureClocks
from edge.reading.pace import Pace, Thermometer
from edge.reading.windows import Windower
from edge.sinks.health import EVERY_S, HealthLine, health_text
from edge.sinks.run_facts import RunFacts
from edge.sinks.watchdog import Watchdog
from edge.sources.devices import live
from edge.sources.devices.live import LiveSource
from edge.sources.devices.news import DeviceNews
from edge.sources.recorded.recording import RecordingSource


class Hand:
    """A device worked by hand."""

    name = "microphone"

    def __init__(self, give):
        self.give, self.open = give, False

    def __enter__(self):
        self.open = True
        return self

    def __exit__(self, *_):
        self.open = False

    def health(self):
        return Health(self.name, "running" if self.open else "gone")


class Eye(Hand):
    """The same for pictures."""

    name = "camera"


@pytest.fixture
def source():
    with LiveSource([Hand, Eye]) as opened:
        yield opened


def chunk(start):
    return AudioChunk(start, 16000, np.zeros(160, np.float32))


def frame(time):
    return Frame(time, np.zeros((4, 4, 3), np.uint8))


def take(source, count):
    items = iter(source)
    return [next(items) for _ in range(count)]


def test_items_come_in_order_of_arrival_and_time_ticks_between(source):
    microphone, camera = source._devices
    microphone.give(chunk(1.0))
    camera.give(frame(1.01))
    microphone.give(chunk(1.02))
    assert source.waiting() == {"sound": 2, "pictures": 1}
    first, second, third, fourth = take(source, 4)
    assert (first.start, second.time, third.start) == (1.0, 1.01, 1.02)
    assert isinstance(fourth, Tick)
    assert abs(fourth.time - time.monotonic()) < 1.0
    assert source.waiting() == {"sound": 0, "pictures": 0}
    assert [health.dropped for health in source.health()] == [0, 0]


def test_what_waits_too_long_is_dropped_oldest_first(source):
    microphone, camera = source._devices
    microphone.give(chunk(0.5))
    for i in range(live.FRAMES + 3):
        camera.give(frame(float(i)))
    assert [health.dropped for health in source.health()] == [0, 3]
    assert source.waiting() == {"sound": 1, "pictures": live.FRAMES}
    first, second = take(source, 2)
    assert isinstance(first, AudioChunk)  # sound is not dropped for pictures
    assert second.time == 3.0


def test_stopping_ends_it_from_another_thread_at_once(source):
    threading.Timer(0.2, source.stop).start()
    began = time.monotonic()
    assert all(isinstance(item, Tick) for item in source)
    assert time.monotonic() - began < 1.0


def test_what_becomes_of_the_devices_is_said_when_it_happens(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr("edge.sources.devices.news.time.monotonic", lambda: clock[0])
    said, there = [], {}
    news = DeviceNews(said.append)

    def after(seconds, state, reason="", error=""):
        clock[0] += seconds
        there["camera"] = Health("camera", state, reason=reason, error=error)
        news.look([Health("microphone", "running"), *there.values()])
        told = list(said)
        said.clear()
        return told

    assert after(0.0, "opening") == []
    assert after(0.3, "gone", "why_not_there", "there is none") == ["there is none"]
    assert after(0.3, "gone", "why_not_there", "there is none") == []
    assert after(300.0, "gone", "why_not_there", "there is none") == []
    assert after(1.0, "running", error="there is none") == ["camera runs"]
    assert after(1.0, "gone", "why_stopped", "it stopped") == ["it stopped"]
    assert after(1.0, "gone", "why_refused", "it refuses") == ["it refuses"]
    assert after(5.0, "running") == ["camera runs again, it was away for 6 s"]
    # One that comes and goes fills nobody's screen.
    flapping = [
        line
        for _ in range(20)
        for line in (*after(1.0, "gone", "why_stopped", "it stopped"), *after(1.0, "running"))
    ]
    assert flapping == []
    assert after(60.0, "gone", "why_stopped", "it stopped") == ["it stopped"]
    japanese = []
    news = DeviceNews(japanese.append, "ja")
    there["camera"] = Health("camera", "gone", reason="why_frozen", error="止まった")
    news.look([there["camera"]])
    news.look([Health("camera", "running")])
    assert japanese == ["止まった", "カメラが動作を開始しました"]


def test_news_come_while_nothing_else_does():
    seen = []
    with LiveSource([Hand], seen.append) as source:
        threading.Timer(1.0, source.stop).start()
        assert all(isinstance(item, Tick) for item in source)
    assert len(seen) >= 2
    assert seen[0] == [Health("microphone", "running")]


def test_devices_are_closed_with_it():
    with LiveSource([Hand]) as source:
        (device,) = source._devices
        assert source.health() == [Health("microphone", "running")]
    assert not device.open
    assert list(source) == []


def test_a_live_silence_gives_empty_windows_and_a_recording_s_gap_does_not():
    windower = Windower(4.0, 1.0, 16000, 8)
    assert windower.add(chunk(10.0)) == []
    assert windower.add(frame(11.0)) == []
    (first,) = windower.add(Tick(11.21))
    assert first.audio is not None
    later = [window for second in range(12, 17) for window in windower.add(Tick(second + 0.21))]
    assert len(later) == 5
    assert later[-1].audio is None
    assert later[-1].frames == ()
    # The same gap with no tick: nothing is said of it.
    windower = Windower(4.0, 1.0, 16000, 8)
    windower.add(chunk(10.0))
    given = windower.add(frame(20.0))
    assert all(window.audio is not None or window.frames for window in given)


def test_the_hop_grows_on_a_busy_machine_and_shrinks_again():
    pace = Pace(1.0, hot=lambda: False)

    def read(seconds, windows):
        done = 0
        for _ in range(windows):
            if not pace.skip():
                pace.spent(seconds)
                done += 1
        return done

    assert read(0.2, 20) == 20
    assert pace.stride == 1
    read(1.5, 20)
    assert pace.stride == 2
    assert read(1.5, 20) == 10
    read(0.1, 60)
    assert pace.stride == 1


def test_a_hot_machine_rests_up_to_a_limit():
    heat = [True]
    pace = Pace(1.0, hot=lambda: heat[0])
    for _ in range(20):
        if not pace.skip():
            pace.spent(0.05)
    assert pace.stride == 4
    heat[0] = False
    for _ in range(40):
        if not pace.skip():
            pace.spent(0.05)
    assert pace.stride == 1


def test_the_hottest_zone_counts_and_one_that_is_off_does_not(tmp_path):
    for number, text in enumerate(["45000", "91500", "off"]):
        zone = tmp_path / f"sys/class/thermal/thermal_zone{number}"
        zone.mkdir(parents=True)
        (zone / "temp").write_text(text)
    thermometer = Thermometer(tmp_path)
    assert thermometer.hot()
    assert thermometer.celsius == 91.5
    assert not Thermometer(tmp_path / "none").hot()


def test_systemd_hears_of_every_reading(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(2.0)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        with Watchdog() as watchdog:
            watchdog.write(Reading(1.0, "no_signal"))
            assert manager.recv(100) == b"READY=1\nWATCHDOG=1"
            watchdog.write(Reading(2.0, "reading"))
            assert manager.recv(100) == b"WATCHDOG=1"
        assert manager.recv(100) == b"STOPPING=1"


@pytest.mark.parametrize("address", ["", "/no/such/socket", "@edge-no-such-name"])
def test_without_a_service_manager_nothing_happens(monkeypatch, address):
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    open_files = sorted(Path("/proc/self/fd").iterdir())
    with Watchdog() as watchdog:
        for second in range(3):
            assert watchdog.write(Reading(float(second), "reading")) is None
    assert sorted(Path("/proc/self/fd").iterdir()) == open_files  # no socket is left behind a failed call


def test_a_line_a_minute(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr("edge.sinks.health.time.monotonic", lambda: clock[0])
    lines = []
    devices = [
        Health("microphone", "running", rate=15990.0, level_db=-31.4, warning="clipping", dropped=2),
        Health("camera", "gone", error="http://cam refused", reopened=3),
    ]
    clocks = CaptureClocks()
    clocks.add(chunk(5.0))
    clocks.add(frame(4.98))
    facts = RunFacts(lambda: devices, lambda: {"sound": 0, "pictures": 4})
    with HealthLine(facts, clocks, lines.append) as sink:
        for _ in range(130):
            clock[0] += 1.0
            sink.write(Reading(clock[0] - 0.12, "reading"))
    assert len(lines) == 130 // EVERY_S
    assert lines[0] == (
        "health: reading 60; latest 120 ms after its window; "
        "microphone running, 15990 samples a second, -31 dB, clipping, dropped 2; "
        "camera not connected (http://cam refused), reopened 3; "
        "pictures 30 ms behind sound; 4 pictures waiting"
    )
    assert health_text(Health("camera", "opening")) == "camera opening"
    assert health_text(devices[0], "ja") == "マイク 動作中, 毎秒 15990 サンプル, -31 dB, 音割れ, 破棄 2"


class Player:
    """A recording played as a live device would capture it, stamped on time.monotonic()."""

    def __init__(self, path, give):
        self._path, self._give = path, give
        self._playing = threading.Event()
        self._thread = threading.Thread(target=self._play)
        self.ended = threading.Event()

    def __enter__(self):
        self._thread.start()
        self._playing.wait(10.0)
        return self

    def __exit__(self, *_):
        self._thread.join()

    def health(self):
        return Health("microphone", "running")

    def _play(self):
        with RecordingSource(self._path, 16000, realtime=True) as recording:
            began = time.monotonic()
            for item in recording:
                field = "start" if isinstance(item, AudioChunk) else "time"
                self._give(replace(item, **{field: began + getattr(item, field)}))
                self._playing.set()
        self.ended.set()


def test_live_and_file_readings_agree_window_by_window(demo, tiny_bundle):
    kept = {"file": [], "live": []}

    class Keep:
        def __init__(self, name):
            self.write = kept[name].append

    with Reader(Site(bundle=tiny_bundle.folder, backend="onnxrt")) as reader:
        reader.read(demo, [Keep("file")])
    with Reader(Site(bundle=tiny_bundle.folder, backend="onnxrt"), realtime=True) as reader:
        source = LiveSource([lambda give: Player(demo, give)])
        with source:
            player = source._devices[0]
            threading.Thread(target=lambda: (player.ended.wait(), time.sleep(0.5), source.stop())).start()
            reader.watch(source, [Keep("live")])
    live, file = kept["live"], kept["file"]
    assert len(file) == 9
    assert 9 <= len(live) <= 10  # a last one when the stop comes past half a hop
    for one, other in zip(live, file[:8], strict=False):
        assert one.state == other.state
        assert one.label == other.label
        assert one.weights.keys() == other.weights.keys()
        if one.probabilities is not None:
            np.testing.assert_allclose(one.probabilities, other.probabilities, atol=0.02)
