"""How late pictures come is measured within 50 ms: from a file, in real time, and from a network camera."""

import dataclasses
import math
import time
from fractions import Fraction

import av
import numpy as np
import pytest
from rig_camera import FLASH_EVERY_S, FakeCamera

from edge.errors import InputError
from edge.items import AudioChunk, Frame
from edge.perception.synchrony import EVENTS, CaptureClocks, click_times, flash_times, measure
from edge.sources.devices.camera import Camera
from edge.sources.recorded.recording import RecordingSource

RATE = 16000
DARK, LIT = np.full((8, 8, 3), 40, np.uint8), np.full((8, 8, 3), 240, np.uint8)


def sound(seconds, clicks, rng, start=0.0):
    """Noise with clicks of 10 ms at some times, as chunks of 20 ms."""
    samples = rng.normal(0, 0.002, round(seconds * RATE)).astype(np.float32)
    for click in clicks:
        first = round((click - start) * RATE)
        if 0 <= first < len(samples):
            samples[first : first + 160] = rng.uniform(-0.7, 0.7, len(samples[first : first + 160]))
    step = RATE // 50
    return [AudioChunk(start + i / RATE, RATE, samples[i : i + step]) for i in range(0, len(samples), step)]


def pictures(seconds, flashes, late=lambda time: 0.0, fps=15.0):
    """Frames whose flashes of 0.2 s show at some times, stamped late."""
    times = np.arange(0.02, seconds, 1.0 / fps)
    lit = [any(flash <= time < flash + 0.2 for flash in flashes) for time in times]
    return [Frame(time + late(time), LIT if on else DARK) for time, on in zip(times, lit, strict=True)]


def write_claps(path, seconds, late=0.0, drift=0.0, every=1.3):
    """A video that clicks every so often, and flashes `late` (plus `drift` a second) after; 25 pictures/s."""
    rng = np.random.default_rng(3)
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=25, width=64, height=48, options={"threads": "1"})
        video.pix_fmt = "yuv420p"
        audio = container.add_stream("pcm_s16le", rate=RATE)
        audio.layout = "mono"
        clicks = np.arange(0.7, seconds - 1.0, every)
        heard = np.concatenate([chunk.samples for chunk in sound(seconds, clicks, rng)])
        for first in range(0, len(heard), RATE // 25):
            piece = (heard[first : first + RATE // 25] * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(piece[None], "s16", "mono")
            frame.rate, frame.pts, frame.time_base = RATE, first, Fraction(1, RATE)
            container.mux(audio.encode(frame))
            moment = first / RATE
            lit = any(0.0 <= moment - late - drift * click - click < 0.2 for click in clicks)
            image = np.full((48, 64, 3), 230 if lit else 30, np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux([*video.encode(None), *audio.encode(None)])
    return path


def test_flashes_and_clicks_are_found_where_they_are(rng):
    events = np.arange(0.73, 12.0, 1.37)
    assert click_times(sound(13.0, events, rng)) == pytest.approx(events, abs=0.004)
    assert flash_times(pictures(13.0, events)) == pytest.approx(events, abs=0.034)


def test_a_light_that_stays_on_and_a_steady_noise_are_no_events(rng):
    assert len(flash_times([Frame(0.1 * i, LIT) for i in range(50)])) == 0
    assert len(flash_times([])) == 0
    assert len(click_times(sound(3.0, [], rng))) == 0
    assert len(click_times([AudioChunk(0.0, RATE, np.zeros(RATE, np.float32))])) == 0


def test_offset_and_drift_lie_within_their_stated_uncertainty(rng):
    clicks = np.arange(1.0, 118.0, 2.13)
    late = 0.180
    for drift in (0.0, 0.001):  # 60 ms a minute
        seen = pictures(120.0, clicks, lambda time, drift=drift: late + drift * time)
        found = measure([*sound(120.0, clicks, rng), *seen])
        middle = 1e3 * (late + drift * float(clicks.mean()))
        assert abs(found.offset_ms - middle) < min(found.offset_error_ms, 50.0)
        assert abs(found.drift_ms_per_min - 60e3 * drift) < found.drift_error_ms_per_min < 30.0
        assert found.events >= len(clicks) - 2


def test_a_held_up_picture_and_a_stray_click_change_nothing(rng):
    events = np.arange(1.0, 30.0, 2.13)
    seen = pictures(31.0, events)
    held_up = [
        dataclasses.replace(f, time=f.time + 0.5) if events[3] <= f.time < events[3] + 0.2 else f
        for f in seen
    ]
    clean = measure([*sound(31.0, events, rng), *seen])
    spoilt = measure([*sound(31.0, [*events, 12.9], rng), *sorted(held_up, key=lambda frame: frame.time)])
    assert spoilt.offset_ms == pytest.approx(clean.offset_ms, abs=15.0)


def test_too_few_events_say_what_to_film(rng):
    with pytest.raises(InputError, match=r"1 flashes and 2 clicks make 1 events, 4 .*film more claps"):
        measure([*sound(6.0, [1.0, 4.0], rng), *pictures(6.0, [1.0])])
    with pytest.raises(InputError, match=f"{EVENTS} are needed"):
        measure([])


@pytest.mark.parametrize("late", [0.12, -0.2])
def test_a_recording_is_measured_within_50_ms(tmp_path, late):
    with RecordingSource(write_claps(tmp_path / "claps.mkv", 10.0, late), RATE) as source:
        found = measure(source)
    assert abs(found.offset_ms - 1e3 * late) < 50.0
    assert abs(found.offset_ms - 1e3 * late) < found.offset_error_ms + 20.0  # the file's own 25 pictures/s
    assert found.events >= 5


@pytest.mark.slow
def test_a_recording_with_drift(tmp_path):
    path = write_claps(tmp_path / "claps.mkv", 40.0, 0.05, drift=0.002)
    with RecordingSource(path, RATE) as source:
        found = measure(source)
    assert found.drift_ms_per_min == pytest.approx(120.0, abs=found.drift_error_ms_per_min)
    assert found.drift_error_ms_per_min < 90.0


def test_sound_and_pictures_of_a_recording_in_real_time_arrive_together(tmp_path):
    items = []
    with RecordingSource(write_claps(tmp_path / "claps.mkv", 8.0), RATE, realtime=True) as source:
        for item in source:  # stamped anew when it arrives, as a live device would
            now = time.monotonic()
            if isinstance(item, Frame):
                items.append(Frame(now, item.image))
            else:
                items.append(dataclasses.replace(item, start=now - len(item.samples) / RATE))
    found = measure(items)
    assert abs(found.offset_ms) < 50.0


def test_the_latency_of_a_network_camera_is_measured_within_50_ms(rng):
    frames = []
    with FakeCamera(latency=0.25) as rig:
        rig.mode("flash")
        with Camera(frames.append, rig.url):
            began = time.monotonic()
            while len(frames) < 20 and time.monotonic() < began + 20.0:
                time.sleep(0.05)
            time.sleep(7 * FLASH_EVERY_S)
    start, end = frames[0].time - 1.0, frames[-1].time
    events = FLASH_EVERY_S * np.arange(math.ceil(start / FLASH_EVERY_S), end / FLASH_EVERY_S)
    found = measure([*sound(end - start, events, rng, start), *frames])
    assert abs(found.offset_ms - 250.0) < 50.0
    assert found.events >= EVENTS


def test_the_running_clocks_show_lead_and_drift():
    clocks = CaptureClocks()
    assert math.isnan(clocks.lead_ms)
    assert math.isnan(clocks.drift_ms_per_min)
    fast = 1.0 + 100e-6  # a sound card that counts 100 ppm too fast
    for index in range(50 * 120):
        start = 5.0 + 0.02 * index / fast
        clocks.add(AudioChunk(start, RATE, np.zeros(RATE // 50, np.float32)))
        if index % 3 == 0:
            clocks.add(Frame(start - 0.1, DARK))
    assert clocks.lead_ms == clocks.offset_ms() == pytest.approx(120.0, abs=1.0)
    assert clocks.drift_ms_per_min == pytest.approx(6.0, abs=0.1)
    clocks.add(AudioChunk(500.0, RATE, np.zeros(RATE // 50, np.float32)))  # after a gap it counts anew
    assert math.isnan(clocks.drift_ms_per_min)


def test_no_offset_is_shown_of_a_device_that_stopped():
    clocks = CaptureClocks()
    assert clocks.offset_ms() is None

    def run(sound, pictures):
        for index in range(100):
            if sound:
                clocks.add(AudioChunk(run.time, RATE, np.zeros(RATE // 50, np.float32)))
            if pictures and index % 3 == 0:
                clocks.add(Frame(run.time, DARK))
            run.time += 0.02

    run.time = 5.0
    run(sound=True, pictures=False)
    assert clocks.offset_ms() is None
    run(sound=True, pictures=True)
    assert clocks.offset_ms() == pytest.approx(20.0, abs=1.0)
    for stopped in ("sound", "pictures"):
        run(**{"sound": stopped != "sound", "pictures": stopped != "pictures"})
        assert clocks.offset_ms() is None, stopped
        run(sound=True, pictures=True)
        assert clocks.offset_ms() == pytest.approx(20.0, abs=1.0)
