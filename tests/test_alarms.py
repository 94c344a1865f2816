"""Alarms, episodes and their counts: what may be said of them whatever the scores are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.kpi.alarms import REPEAT_S, TOLERANCE_S, Counts, alarms, counted, episodes
from calibration.kpi.pairs import best_within, poisson, summed
from edge.reading.alarm import AlarmState, OperatingPoint, scored

HOP_S = 1.0


@st.composite
def streams(draw):
    """Times with gaps, scores, and whether each reading truly shows what is looked for."""
    n = draw(st.integers(1, 60))
    gaps = draw(st.lists(st.sampled_from([1.0, 1.0, 1.0, 2.0, 15.0]), min_size=n, max_size=n))
    scores = draw(st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0]), min_size=n, max_size=n))
    shown = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    return np.cumsum(gaps), np.array(scores), np.array(shown)


points = st.builds(
    OperatingPoint,
    threshold=st.sampled_from([0.0, 0.2, 0.6, 1.0]),
    suppression_s=st.sampled_from([0.0, 3.0, 20.0]),
)


@given(streams(), points, st.sampled_from([2.0, 12.0]))
def test_whole_streams_raise_the_alarms_of_the_device(stream, point, hold_s):
    times, scores, _ = stream
    watch, up, raised = AlarmState(), [], []
    for time, score in zip(times, scores, strict=True):
        before = watch
        watch = scored(watch, float(time), float(score), point, hold_s)
        up.append(watch.up)
        raised.append(watch.up and not (before.up and time - before.last <= hold_s))
    found = alarms(times, scores, point, hold_s)
    assert found[0].tolist() == up
    assert found[1].tolist() == raised


@given(streams(), points)
def test_counts_stay_within_what_there_is(stream, point):
    times, scores, shown = stream
    found = counted(times, shown, *alarms(times, scores, point, 12.0), HOP_S)
    assert 0 <= found.detected <= found.episodes == len(episodes(times, shown))
    assert found.shown_s + found.other_s == pytest.approx(len(times) * HOP_S)
    assert (found.detection is None) == (not shown.any())
    assert found.false_alarms <= len(times)


@given(streams())
def test_an_alarm_at_the_truth_alone_finds_all_and_is_never_false(stream):
    times, _, shown = stream
    found = counted(times, shown, *alarms(times, shown.astype(float), OperatingPoint(0.5), 10.0), HOP_S)
    assert found.detected == found.episodes
    assert found.false_alarms == 0


@given(streams(), st.sampled_from([0.0, 5.0, 20.0]))
def test_longer_suppression_never_raises_more(stream, suppression_s):
    times, scores, _ = stream
    free = alarms(times, scores, OperatingPoint(0.5), 12.0)
    quiet = alarms(times, scores, OperatingPoint(0.5, suppression_s), 12.0)
    assert not (quiet[0] & ~free[0]).any()


@given(streams())
def test_no_threshold_below_finds_less(stream):
    times, scores, shown = stream
    found = [
        counted(times, shown, *alarms(times, scores, OperatingPoint(threshold), 12.0), HOP_S).detected
        for threshold in (0.9, 0.6, 0.3, 0.0)
    ]
    assert found == sorted(found)


def test_an_alarm_that_never_ends_is_no_free_detection():
    times = np.arange(3600.0)
    shown = (times >= 600) & (times < 630)
    found = counted(times, shown, *alarms(times, np.ones(3600), OperatingPoint(0.5), 12.0), HOP_S)
    assert found.detection == 1.0
    outside = 3600 - 30 - TOLERANCE_S
    assert found.false_alarms == 1 + int(outside // REPEAT_S)


def test_an_alarm_shortly_after_an_episode_finds_it():
    times, shown = np.arange(100.0), np.zeros(100, bool)
    shown[20:30] = True
    for late, right in ((TOLERANCE_S, True), (TOLERANCE_S + 1, False)):
        scores = np.zeros(100)
        scores[29 + int(late)] = 1.0
        found = counted(times, shown, *alarms(times, scores, OperatingPoint(0.5), 12.0), HOP_S)
        assert (found.detected == 1, found.false_alarms == 0) == (right, right)


def test_a_gap_ends_an_episode():
    times = np.array([1.0, 2.0, 3.0, 30.0, 31.0])
    assert episodes(times, np.ones(5, bool)) == [(0, 2), (3, 4)]


def test_one_person_has_no_interval():
    one = Counts(10, 8, 2, 3600.0, 100.0)
    assert summed([one]).detection_interval is None
    assert summed([one]).false_interval is None
    both = summed([one, Counts(10, 6, 4, 3600.0, 100.0)])
    assert both.counts.detection == 0.7
    assert both.counts.false_per_hour == 3.0
    assert both.detection_interval[0] < 0.7 < both.detection_interval[1]
    assert both.false_interval[0] == 0.0


def test_people_who_are_all_alike_have_intervals_by_count():
    found = summed([Counts(10, 10, 0, 3600.0)] * 3)
    assert found.detection_interval[0] == pytest.approx(0.886, abs=0.01)
    assert found.false_interval == (0.0, pytest.approx(3.68 / 3, abs=0.02))


def test_rates_of_poisson():
    # Exact limits for 10 events (Breslow and Day 1987, table 2.10): 4.80 and 18.39.
    assert poisson(10, 1.0) == (pytest.approx(4.80, abs=0.03), pytest.approx(18.39, abs=0.03))


def test_the_best_within_a_budget():
    rows = [
        {"threshold": 0.2, "detection": 0.9, "false_alarms_per_hour": 9.0},
        {"threshold": 0.5, "detection": 0.6, "false_alarms_per_hour": 2.0},
        {"threshold": 0.8, "detection": 0.3, "false_alarms_per_hour": 0.0},
    ]
    assert best_within(rows, 2.0) == 0.6
    assert best_within(rows[:1], 2.0) is None
