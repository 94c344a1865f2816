"""Windows must be a property of the recording, not of how it was chopped up on its way in."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import InputError
from edge.items import AudioChunk, Frame
from edge.reading.windows import LATE_S, Windower

RATE = 1000  # hertz; small, so that many cases run
ORIGIN = 5000.25  # seconds; a monotonic clock does not begin at zero


def windower():
    return Windower(window_s=4.0, hop_s=1.0, rate=RATE, faces=8)


def sound(count, first=1):
    """Samples that tell their own index, so that a lost or doubled one shows."""
    return np.arange(first, first + count, dtype=np.float32)


def chunks(samples, cuts, start=ORIGIN):
    parts = np.split(samples, sorted(cuts))
    firsts = np.cumsum([0] + [len(part) for part in parts[:-1]])
    return [AudioChunk(start + first / RATE, RATE, part) for first, part in zip(firsts, parts, strict=True)]


def frames(times, start=ORIGIN):
    return [Frame(start + time, np.zeros((2, 2, 3), np.uint8)) for time in times]


def moment(item):
    return item.start if isinstance(item, AudioChunk) else item.time


def run(items, cutter=None):
    cutter = cutter or windower()
    windows = [window for item in sorted(items, key=moment) for window in cutter.add(item)]
    return windows + cutter.flush()


def content(windows):
    return [
        (
            window.start,
            window.end,
            None if window.audio is None else window.audio.tobytes(),
            [frame.time for frame in window.frames],
        )
        for window in windows
    ]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9000), st.lists(st.integers(0, 9000), max_size=12))
def test_no_sample_is_lost_or_doubled_however_it_is_cut(count, cuts):
    samples = sound(count)
    windows = run(chunks(samples, [cut for cut in cuts if cut < count]))
    # The newest hop of each window, one after the other, is the recording.
    heard = np.concatenate([window.audio[-RATE:] for window in windows])
    kept = min(count, len(heard))
    assert np.array_equal(heard[:kept], samples[:kept])
    assert not heard[kept:].any()
    assert count - kept < RATE / 2  # less than half a hop may fall off the end


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 7000),
    st.lists(st.integers(0, 7000), max_size=8),
    st.lists(st.floats(0, 7), max_size=60),
)
def test_any_chunking_gives_the_same_windows(count, cuts, times):
    pictures = frames(times)
    whole = run(chunks(sound(count), []) + pictures)
    cut = run(chunks(sound(count), [cut for cut in cuts if cut < count]) + pictures)
    assert content(whole) == content(cut)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12000), st.lists(st.floats(0, 12), max_size=20))
def test_count_and_ends(count, times):
    windows = run(chunks(sound(count), range(100, count, 100)) + frames(times))
    ends = [round(window.end - ORIGIN, 6) for window in windows]
    length = max([count / RATE, *times])
    nothing_left = count / RATE + 4.0 < length  # silence and no picture for longer than a window
    if not nothing_left:
        assert ends == [float(k) for k in range(1, max(1, math.floor(length + 0.5 + 1e-6)) + 1)]
    assert ends == sorted(set(ends))
    for window in windows:
        assert window.end - window.start == pytest.approx(4.0)
        assert window.audio is None or window.audio.shape == (4 * RATE,)
        assert window.audio is None or window.audio.dtype == np.float32
        assert len(window.frames) <= 8
        assert all(window.start - 1e-6 <= frame.time < window.end + 1e-6 for frame in window.frames)


def test_early_windows_are_padded_at_the_front():
    first = run(chunks(sound(6000), range(50, 6000, 50)))[0]
    assert first.start == ORIGIN - 3.0
    assert not first.audio[: 3 * RATE].any()
    assert np.array_equal(first.audio[3 * RATE :], sound(1000))


def test_a_gap_is_filled_with_zeros():
    items = chunks(sound(1500), []) + chunks(sound(1500, first=7000), [], start=ORIGIN + 2.5)
    window = run(items)[3]
    assert np.array_equal(window.audio[:1500], sound(1500))
    assert not window.audio[1500:2500].any()
    assert np.array_equal(window.audio[2500:], sound(1500, first=7000))


def test_a_small_jitter_of_the_stamps_loses_nothing():
    rng = np.random.default_rng(3)
    parts = chunks(sound(6000), range(20, 6000, 20))
    jittered = [AudioChunk(part.start + rng.uniform(-0.005, 0.005), RATE, part.samples) for part in parts]
    heard = np.concatenate([window.audio[-RATE:] for window in run(jittered)])
    assert set(sound(6000)) - set(heard) <= set(sound(20, first=5981))


def test_sound_given_twice_is_kept_once():
    items = chunks(sound(2000), []) + chunks(sound(2000, first=1001), [], start=ORIGIN + 1.0)
    window = run(items)[2]
    assert np.array_equal(window.audio[1000:], sound(3000))


def test_no_sound_is_none_and_no_pictures_are_an_empty_tuple():
    only_seen = run(frames(np.arange(0, 5, 0.1)))
    only_heard = run(chunks(sound(5000), []))
    assert [window.audio for window in only_seen] == [None] * 5
    assert [window.frames for window in only_heard] == [()] * 5


def test_a_window_of_nothing_is_not_given():
    items = chunks(sound(1000), []) + chunks(sound(1000), [], start=ORIGIN + 3600.0)
    windows = run(items)
    assert [round(window.end - ORIGIN) for window in windows] == [1, 2, 3, 4, 3601]


def test_overlapping_windows_share_their_frames():
    windows = run(frames(np.arange(0, 10, 1 / 15)))
    full = windows[3:]
    assert all(len(window.frames) == 8 for window in full)
    for earlier, later in pairwise(full):
        assert all(a is b for a, b in zip(earlier.frames[2:], later.frames[:-2], strict=True))


def test_a_slot_keeps_the_frame_nearest_its_centre():
    window = run(frames([0.0, 0.1, 0.26, 0.4, 0.5, 0.6]) + frames([1.2]))[0]
    assert [round(frame.time - ORIGIN, 2) for frame in window.frames] == [0.26, 0.6]


def test_a_late_frame_does_not_change_what_was_shown():
    cutter = windower()
    shown = []
    for frame in frames([0.0, 0.95, 1.3]):
        shown += cutter.add(frame)
    for late in frames([0.75]):  # nearer to the centre of its slot than 0.95, but too late
        cutter.add(late)
    for frame in frames([2.3]):
        shown += cutter.add(frame)
    first, second = (window.frames for window in shown)
    assert first == second[:2]


def test_a_hop_that_is_no_multiple_of_a_slot_still_shares_frames():
    cutter = Windower(window_s=4.0, hop_s=0.7, rate=RATE, faces=8)
    windows = run(frames(np.arange(0, 12, 0.04)), cutter)
    chosen = {}
    for window in windows:
        for frame in window.frames:
            slot = math.floor((frame.time - ORIGIN) / 0.5 + 1e-9)
            assert chosen.setdefault(slot, frame) is frame
        assert len(window.frames) <= 8


def test_a_window_waits_for_both_but_not_for_long():
    cutter = windower()
    cutter.add(frames([0.0])[0])
    assert cutter.add(AudioChunk(ORIGIN, RATE, sound(1000))) == []  # the camera may still be on its way
    assert len(cutter.add(frames([1.01])[0])) == 1
    assert cutter.add(frames([2.1])[0]) == []  # now the microphone is late
    assert len(cutter.add(frames([2.0 + LATE_S + 0.01])[0])) == 1


def test_a_shorter_recording_than_half_a_hop_gives_one_window():
    assert len(run(frames([0.0]))) == 1
    assert len(run(chunks(sound(10), []))) == 1
    assert windower().flush() == []


def test_memory_is_bounded():
    cutter = windower()
    for index in range(3000):
        cutter.add(AudioChunk(ORIGIN + index * 0.05, RATE, sound(50)))
        cutter.add(frames([index * 0.05])[0])
    assert sum(len(samples) for _, samples in cutter._chunks) <= 5.5 * RATE
    assert len(cutter._slots) <= 12


def test_sound_at_another_rate_is_refused():
    with pytest.raises(InputError, match="44100 Hz"):
        windower().add(AudioChunk(0.0, 44100, sound(10)))
