"""Which readings a person is asked about: what a check is worth, and the budget."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.judge.checks_trial import Readings, find, lines
from calibration.judge.checks_trial import asked as judged
from edge.reading.confidence import Checks, Costs, Run, start, undecided, watched, worth
from edge.starter_labels import STARTER

WATCHED = watched(STARTER, ())
shares = st.lists(st.floats(0.01, 1.0), min_size=6, max_size=6).map(lambda p: np.array(p) / sum(p))


def test_negative_labels_and_events_are_watched():
    assert [STARTER[i] for i in sorted(WATCHED)] == ["angry", "sad", "worried"]
    assert STARTER.index("happy") in watched(STARTER, {"happy": 0.3, "elsewhere": 0.1})


@pytest.mark.parametrize("label", range(6))
def test_a_check_of_what_is_certain_is_worth_nothing(label):
    assert worth(np.eye(6)[label], label, WATCHED, Costs()) == 0.0


@given(shares, st.integers(0, 5), st.floats(0.01, 1000), st.floats(0.01, 1000))
def test_a_check_is_worth_the_mistake_it_is_expected_to_find(p, label, miss, response):
    found = worth(p, label, WATCHED, Costs(miss, response))
    cost = np.full(6, 0.5 * min(miss, response))
    for other in range(6):
        if (other in WATCHED) != (label in WATCHED):
            cost[other] = response if label in WATCHED else miss
    cost[label] = 0.0
    assert found == pytest.approx((p * cost).sum() / max(miss, response))
    assert 0.0 <= found <= 1.0
    unit = worth(p, label, WATCHED, Costs(7.0 * miss, 7.0 * response))
    assert unit == pytest.approx(found)  # the unit of the costs does not matter


@given(shares, st.floats(0.5, 100.0), st.floats(1.0, 100.0))
def test_it_rises_with_the_cost_beside_the_other(p, cost, more):
    happy, sad = STARTER.index("happy"), STARTER.index("sad")
    for label, dear in ((happy, Costs(cost * more, cost)), (sad, Costs(cost, cost * more))):
        low = worth(p, label, WATCHED, Costs(cost, cost)) * cost
        assert worth(p, label, WATCHED, dear) * cost * more >= low - 1e-9


def test_costs_that_count_nothing_ask_about_nothing():
    assert worth(np.full(6, 1 / 6), 0, WATCHED, Costs(0.0, 0.0)) == 0.0


@pytest.mark.parametrize(
    ("candidates", "margin", "expected"),
    [(("a",), 0.5, False), (("a", "b"), 0.5, True), (("a",), 0.05, True), (("b",), 0.5, True)],
)
def test_what_is_undecided(candidates, margin, expected):
    assert undecided("a", candidates, margin, 0.1) is expected


def labels(rng, count, length):
    """Labels of runs of a mean length, each of another label than the one before."""
    found = []
    while len(found) < count:
        found += [(found[-1] + 1 if found else 0) % 6] * int(rng.geometric(1 / length))
    return found[:count]


def asked(checks, values, shown, day=lambda place: 7, run=None):
    """Whether each reading of a person needs a check, and whether one begins there."""
    run = run or Run()
    needs, begins = [], []
    for place, (value, label) in enumerate(zip(values, shown, strict=True)):
        before = run.asked and run.label == label
        needs.append(checks.ask(run, label, float(value), day(place)))
        begins.append(needs[-1] and run.asked and not before)
    return np.array(needs), np.array(begins)


@pytest.mark.parametrize("share", [0.05, 0.2])
@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, n: rng.random(n),
        lambda rng, n: rng.beta(0.3, 5.0, n),
        lambda rng, n: rng.beta(8.0, 2.0, n),
        lambda rng, n: (rng.random(n) < 0.3) * 0.6,
        lambda rng, n: np.full(n, 0.02),
    ],
)
def test_the_budget_is_kept_whatever_the_readings_are_worth(draw, share):
    rng = np.random.default_rng(3)
    count = 20000
    needs, begins = asked(Checks(share=share), draw(rng, count), labels(rng, count, 8))
    assert needs.mean() == pytest.approx(share, abs=0.01)
    assert begins.mean() < needs.mean()


def test_the_budget_is_kept_when_all_becomes_doubtful_and_sure_again():
    rng = np.random.default_rng(4)
    values = np.concatenate([rng.beta(a, b, 8000) for a, b in ((1, 9), (6, 3), (1, 30))])
    needs, _ = asked(Checks(), values, labels(rng, len(values), 8))
    for part in np.split(needs, 3):
        assert part.mean() == pytest.approx(0.05, abs=0.025)
    assert needs.mean() == pytest.approx(0.05, abs=0.005)


def test_a_run_is_asked_about_once_and_a_check_stands_for_one_window():
    rng = np.random.default_rng(5)
    shown = labels(rng, 5000, 12)
    needs, begins = asked(Checks(share=0.2, stands=4), rng.random(5000), shown)
    edges = [0, *(np.flatnonzero(np.diff(shown)) + 1), 5000]
    for first, last in itertools.pairwise(edges):
        assert begins[first:last].sum() <= 1
        place = np.flatnonzero(needs[first:last])
        assert len(place) <= 4
        assert not len(place) or place[-1] - place[0] + 1 == len(place)


def test_people_share_one_budget():
    rng = np.random.default_rng(6)
    checks, runs = Checks(), [Run() for _ in range(4)]
    shown = [labels(rng, 5000, 8) for _ in runs]
    needs = [
        checks.ask(run, own[second], rng.random(), 7)
        for second in range(5000)
        for run, own in zip(runs, shown, strict=True)
    ]
    assert np.mean(needs) == pytest.approx(0.05, abs=0.01)


@given(st.integers(1, 30), st.integers(0, 2**32 - 1), st.floats(1.0, 5000.0))
def test_the_limit_of_a_day_is_never_exceeded(limit, seed, expected):
    rng = np.random.default_rng(seed)
    checks = Checks(limit, day_readings=expected)
    _, begins = asked(checks, rng.random(600), labels(rng, 600, 3), day=lambda place: 7 + place // 200)
    assert all(part.sum() <= limit for part in np.split(begins, 3))
    assert checks.asked <= limit
    if checks.withheld_today:
        assert checks.asked == limit


def test_a_day_s_checks_go_to_what_is_worth_most_not_to_what_comes_first():
    rng = np.random.default_rng(7)
    day, limit = 6000, 20
    values, shown = rng.beta(1.2, 6.0, 5 * day), labels(rng, 5 * day, 10)
    _, begins = asked(Checks(limit), values, shown, day=lambda place: 7 + place // day)
    edges = [0, *(np.flatnonzero(np.diff(shown)) + 1)]
    for number in range(2, 5):  # after the first days it knows how long one is
        begun = np.flatnonzero(begins[number * day : (number + 1) * day])
        own = values[number * day : (number + 1) * day]
        first = [place - number * day for place in edges if number * day <= place][:limit]
        best = np.sort(np.maximum.reduceat(values, edges))[::-1][: 5 * limit].mean()
        assert 0.6 * limit <= len(begun) <= limit
        assert own[begun].mean() > own[first].mean() + 0.3
        assert own[begun].mean() > 0.85 * best
        assert 0.3 < begun.mean() / day < 0.7  # all day long


def test_a_new_day_has_new_checks():
    checks = Checks(1, day_readings=1.0)
    _, begins = asked(checks, [0.9] * 6, [0, 1, 2, 3, 4, 5], day=lambda place: place // 2)
    assert begins.tolist() == [True, False] * 3
    assert (checks.asked, checks.withheld, checks.withheld_today) == (1, 3, 1)


def test_what_a_day_holds_is_learned_slowly():
    checks = Checks(5, day_readings=1000.0)
    run = Run()
    for day, count in ((7, 100), (8, 900), (9, 1)):
        for _ in range(count):
            checks.ask(run, 0, 0.0, day)
    assert checks.day_readings == 900.0  # 500 after the first day, which was cut short
    assert checks.read == 1


def test_hours_of_one_label_do_not_lower_the_threshold_for_what_comes_after():
    checks, run = Checks(), Run()
    for _ in range(20000):
        checks.ask(run, 0, 0.1, 7)
    assert checks.threshold > 0.35
    assert not run.asked


def test_without_a_limit_nothing_is_withheld():
    rng = np.random.default_rng(8)
    checks = Checks()
    asked(checks, rng.random(3000), labels(rng, 3000, 4))
    assert (checks.asked > 20, checks.withheld) == (True, 0)


def test_the_threshold_begins_lower_for_more_checks():
    assert start(0.05) == pytest.approx(0.41)
    assert start(0.0005) == 0.5
    assert start(0.05) > start(0.1) > start(0.2) > 0.1
    assert start(2.0) == 0.0


def test_an_answer_corrects_its_run_while_the_person_shows_what_was_answered():
    neutral, sad, worried, happy = (STARTER.index(name) for name in ("neutral", "sad", "worried", "happy"))
    shown = [neutral] * 8 + [sad] * 4
    truth = [neutral, sad, sad, sad, happy, sad, neutral, sad, worried, worried, sad, sad]
    values = [0.0, 0.9, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.6, 0.0]
    checks = Checks(threshold=0.5, stands=2)
    readings = Readings(np.zeros((12, 6)), np.array(shown), np.array(truth))
    one = judged([readings], [values], WATCHED, checks)
    # Asked at 1 and 10. Wrong: 1 to 5 and 7 (five misses, happy among them is none), 8 and 9.
    assert (one.asked, one.checked) == (round(2 / 12, 4), round(4 / 12, 4))
    assert one.caught == round(3 / 8, 4)  # 1, 2, 3: at 4 the person shows something else
    assert one.costly == round(3 / 5, 4)
    assert one.itself == round(2 / 8, 4)
    assert one.found == 1.5
    once = judged([readings, readings], [values, [0.0] * 12], WATCHED, Checks(threshold=0.5, stands=2))
    assert once.asked == round(2 / 24, 4)
    assert once.caught == round(3 / 16, 4)  # what one person was asked about says nothing of the next


def test_where_nothing_is_wrong_or_asked_nothing_is_said_of_it():
    right = np.zeros(50, int)
    rows = find([Readings(np.eye(6)[right], right, right)], WATCHED, 4, Costs(), ("worth", "doubt"))
    (one, *_) = rows["worth"]
    assert list(rows) == ["worth", "doubt"]
    assert (one.checked, one.asked) == (0.0, 0.0)
    assert one.caught is one.costly is one.itself is one.found is None
    for language in ("en", "ja"):
        told = lines({"worth": [one] * 3}, language)
        assert len(told) == 4
        assert told[1].split()[-4:] == ["-"] * 4
