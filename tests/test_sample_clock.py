"""Sound blocks to chunks on one clock, and its level: jitter, drift, holes, silence."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.items import AudioChunk
from edge.sources.devices.sample_clock import GAP_S, WINDOW_S, Block, Resampler, SampleClock
from edge.sources.devices.sound_level import SoundLevel

BEGAN = 4321.5
DELAY = 0.011
HUM = 20.0  # hertz: its phase tells the time of a sample within 25 ms either way


def blocks(seconds, native=48000, ppm=0.0, jitter=0.02, length=0.02, seed=0):
    """A hum heard from BEGAN on by a device whose clock is `ppm` fast; each block comes 11..31 ms late."""
    rng = np.random.default_rng(seed)
    true = native * (1 + ppm * 1e-6)
    size, came = round(native * length), 0.0
    for first in range(0, round(seconds * native), size):
        heard = BEGAN + np.arange(first, first + size) / true
        samples = (0.5 * np.sin(2 * np.pi * HUM * heard)).astype(np.float32)
        came = max(came, BEGAN + (first + size) / true + DELAY + rng.uniform(0.0, jitter))
        yield Block(came, first, samples)


def resampled(given_blocks, native=48000, rate=16000):
    resampler = Resampler(native, rate)
    return [chunk for block in given_blocks if (chunk := resampler.add(block)) is not None]


def late(chunk):
    """By how much a chunk's stamp is later than its hum was heard (seconds)."""
    time = chunk.start + np.arange(len(chunk.samples)) / chunk.rate
    phase = np.angle(np.sum(chunk.samples * np.exp(-2j * np.pi * HUM * time))) + np.pi / 2
    return -(((phase + np.pi) % (2 * np.pi)) - np.pi) / (2 * np.pi * HUM)


def contiguous(chunks):
    ends = np.array([chunk.start + len(chunk.samples) / chunk.rate for chunk in chunks])
    starts = np.array([chunk.start for chunk in chunks])
    return np.allclose(ends[:-1], starts[1:], rtol=0, atol=1e-9)


@settings(max_examples=3)
@given(
    native=st.sampled_from([8000, 16000, 44100, 48000, 96000]),
    ppm=st.floats(-100, 100),
    length=st.floats(0.01, 0.06),
    seed=st.integers(0, 99),
)
@example(native=48000, ppm=100.0, length=0.02, seed=1)
@example(native=48000, ppm=-100.0, length=0.02, seed=1)
def test_jitter_and_drift_go_in_and_steady_chunks_come_out(native, ppm, length, seed):
    chunks = resampled(blocks(14.0, native, ppm, length=length, seed=seed), native)
    assert contiguous(chunks)
    # A whole period of the hum each.
    sound = np.concatenate([chunk.samples for chunk in chunks])
    parts = [
        AudioChunk(chunks[0].start + at / 16000, 16000, sound[at : at + 800])
        for at in range(800, len(sound) - 800, 800)
    ]
    error = np.array([late(part) for part in parts]) - DELAY
    settled = error[round(2 * WINDOW_S / 0.05) :]
    assert np.abs(error).max() < 0.012
    assert settled.max() - settled.min() < 0.002
    # Where the first blocks all came late the clock begins late, and is put right in some tens of seconds.
    assert np.abs(settled).max() < 0.010
    # Nothing lost or doubled: a hum glued together anywhere else would not be one hum.
    assert np.abs(np.diff(error)).max() < 0.0002


def test_an_hour_of_drift_is_followed():
    clock = SampleClock(48000)
    true = 48000 * (1 + 100e-6)
    second = np.zeros(48000, np.float32)
    for first in range(0, 48000 * 3600, 48000):
        clock.update(Block(BEGAN + (first + 48000) / true + DELAY, first, second))
    assert clock.time(48000 * 3600) == pytest.approx(BEGAN + 3600 * 48000 / true + DELAY, abs=0.002)
    assert 48000 * 3600 / true - 3600 == pytest.approx(-0.36, abs=0.01)


def test_every_sample_comes_out_once():
    given_blocks = list(blocks(10.0))
    chunks = resampled(given_blocks)
    count = sum(len(chunk.samples) for chunk in chunks)
    # The filter holds the last 12.6 ms; the clock may have stretched the rest by 500 ppm.
    assert count == pytest.approx((10.0 - 0.0126) * 16000, abs=10.0 * 16000 * 500e-6 + 2)
    assert all(chunk.samples.dtype == np.float32 for chunk in chunks)


def test_first_blocks_that_come_late_do_not_set_the_clock():
    given_blocks = [
        Block(max(block.time, BEGAN + 0.2), block.first, block.samples) for block in blocks(5.0, jitter=0.005)
    ]
    chunks = resampled(given_blocks)
    assert chunks[0].start == pytest.approx(BEGAN + DELAY, abs=0.006)
    assert contiguous(chunks)


def test_missing_blocks_leave_a_hole_of_their_length():
    given_blocks = list(blocks(4.0))
    del given_blocks[100:110]
    chunks = resampled(given_blocks)
    holes = [after.start - (before.start + len(before.samples) / 16000) for before, after in pairwise(chunks)]
    assert max(holes) == pytest.approx(0.2 + 0.0126, abs=0.003)  # with what the filter held
    assert sum(hole > 1e-6 for hole in holes) == 1
    sound = np.concatenate([chunk.samples for chunk in chunks[-60:]])[:800]
    assert late(AudioChunk(chunks[-60].start, 16000, sound)) == pytest.approx(DELAY, abs=0.006)


def test_sound_the_device_lost_does_not_put_the_rest_out_of_time():
    before = list(blocks(3.0))
    after = [
        Block(block.time + 3.7, block.first + 3 * 48000, block.samples, broken=block.first == 0)
        for block in blocks(3.0)
    ]
    chunks = resampled(before + after)
    assert chunks[-1].start == pytest.approx(BEGAN + 6.7 + DELAY, abs=0.06)


def test_a_reader_that_falls_behind_is_no_drift():
    clock = SampleClock(48000)
    for block in blocks(3.0):
        clock.update(block)
    assert clock.behind < 0.01
    for block in blocks(12.0):
        if block.first >= 3 * 48000:
            clock.update(Block(block.time + 0.2 * (block.first / 48000 - 3), block.first, block.samples))
    assert 0.5 < clock.behind < 1.8
    assert clock.time(12 * 48000) == pytest.approx(BEGAN + 12 + DELAY, abs=GAP_S)


def sounded(samples, rate=16000):
    level = SoundLevel(rate)
    for part in np.array_split(samples.astype(np.float32), 100):
        level.add(part)
    return level


def test_level_of_a_tone_and_of_nothing():
    tone = np.sin(np.arange(4 * 16000) * 0.3)
    assert sounded(0.1 * tone).db == pytest.approx(-23.0, abs=0.1)
    assert sounded(0.1 * tone).warning == ""
    assert sounded(tone[:8000]).db is None
    assert sounded(0 * tone).db == -120.0


@pytest.mark.parametrize(("gain", "seconds", "warning"), [(0, 4, "silent"), (1e-4, 4, "silent"), (0, 2, "")])
def test_a_silent_microphone_is_told_after_three_seconds(gain, seconds, warning):
    level = sounded(gain * np.sin(np.arange(seconds * 16000) * 0.3))
    assert level.warning == warning
    level.add(np.full(16000, 0.1, np.float32))
    assert level.warning == ""


def test_clipping_is_told():
    tone = np.sin(np.arange(4 * 16000) * 0.3)
    assert sounded(np.clip(3 * tone, -1, 1)).warning == "clipping"
    assert sounded(np.clip(3 * tone, -1, 32767 / 32768)).warning == "clipping"
    assert sounded(0.9 * tone).warning == ""
