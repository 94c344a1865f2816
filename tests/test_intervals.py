"""Intervals over few people hold what they promise: 95 of 100 hold the truth."""

import numpy as np
import pytest

from calibration.judge.intervals import by_person, intervals, quantile, wilson

K = 6


def scores(counts):
    """Accuracy and unweighted recall of [K * K] counts."""
    confusion = counts.reshape(K, K)
    rows = confusion.sum(1)
    recall = confusion.diagonal()[rows > 0] / rows[rows > 0]
    return {"accuracy": confusion.trace() / confusion.sum(), "recall": recall.mean()}


def crowd(n, rng):
    """Counts [n, K * K] of people who are each read right at a rate of their own, 12 to 36 clips each."""
    clips = rng.integers(12, 37, n)
    who = np.repeat(np.arange(n), clips)
    truth = rng.integers(K, size=len(who))
    right = rng.random(len(who)) < rng.beta(4, 3, n)[who]
    answer = np.where(right, truth, (truth + rng.integers(1, K, len(who))) % K)
    return by_person(who, truth * K + answer, K * K)


@pytest.mark.parametrize("people", [3, 4, 6, 8])
def test_the_interval_covers_what_it_says(people):
    rng = np.random.default_rng(people)
    everybody = crowd(20_000, rng)
    truth = scores(everybody.sum(axis=0))
    tries, inside = 1500, dict.fromkeys(truth, 0)
    for _ in range(tries):
        found = intervals(everybody[rng.integers(len(everybody), size=people)], scores)
        for name, (low, high) in found.items():
            inside[name] += low <= truth[name] <= high
    for name, count in inside.items():
        assert 0.925 <= count / tries <= 0.97, name


def test_with_as_many_clips_each_it_is_the_t_interval_of_their_accuracies():
    counts = np.zeros((4, K * K), int)
    counts[:, 0], counts[:, 1] = [6, 7, 9, 10], [4, 3, 1, 0]
    own = np.array([0.6, 0.7, 0.9, 1.0])
    reach = 3.1824 * own.std(ddof=1) / 2
    assert intervals(counts, scores)["accuracy"] == pytest.approx((own.mean() - reach, 1.0))


def test_one_person_has_none_and_people_all_alike_are_counted_by_clips():
    counts = np.zeros((3, K * K), int)
    counts[:, 0] = 4
    assert intervals(counts, scores)["accuracy"] == wilson(1.0, 12)
    assert intervals(counts[:1], scores)["accuracy"] is None


def test_a_difference_of_the_same_answers_is_none():
    counts = np.zeros((3, 2), int)
    counts[:, 0] = counts[:, 1] = [1, 2, 3]
    found = intervals(counts, lambda c: {"gap": float(c[0] - c[1])}, low=-1.0)
    assert found["gap"] == (0.0, 0.0)


@pytest.mark.parametrize(
    ("freedom", "value"), [(1, 12.706), (8, 2.306), (9, 2.2622), (30, 2.0423), (500, 1.9647)]
)
def test_quantiles_are_those_of_the_tables(freedom, value):
    assert quantile(freedom) == pytest.approx(value, abs=4e-4)
