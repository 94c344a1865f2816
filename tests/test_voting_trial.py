"""Ways to vote, held against streams small enough to count by hand."""

import numpy as np
import pytest

from calibration.judge.streams import Stream
from calibration.judge.voting_trial import (
    average,
    compare,
    device_vote,
    hidden_markov,
    majority,
    none,
    tallies,
    trust,
)
from edge.bundle.manifest import VotingSettings
from edge.items import Prediction, Quality
from edge.reading.voting import Rules
from edge.starter_labels import STARTER as LABELS

K = len(LABELS)
EVEN = (1 / K,) * K
RULES = Rules(VotingSettings(), EVEN, EVEN)


def said(*labels, p=0.8):
    """A stream in which each window says its label with probability p; the true label never changes."""
    rows = np.full((len(labels), K), (1 - p) / (K - 1), np.float32)
    rows[np.arange(len(labels)), labels] = p
    predictions = [
        Prediction(float(time), row, {}, {"vision": 1.0}, Quality(0.0, 0.9, 0.0))
        for time, row in enumerate(rows)
    ]
    return Stream(tuple(predictions), np.zeros(len(labels), np.int64))


def trusted(stream, manifest):
    return trust(stream, tallies(stream, Rules.of(manifest)), manifest)


def test_majority_is_the_newest_on_a_tie():
    assert majority(said(1, 2, 2, 1, 3), RULES, 3).tolist() == [1, 2, 2, 2, 3]


def test_the_average_keeps_the_past():
    stream = said(1, 1, 2, 2, 2)
    assert none(stream, RULES).tolist() == [1, 1, 2, 2, 2]
    assert average(stream, RULES, 0.0).tolist() == [1, 1, 2, 2, 2]
    # The mean of label 1 is 0.51 p after two windows; label 2 is ahead at its second window.
    assert average(stream, RULES, 0.7).tolist() == [1, 1, 1, 2, 2]


def test_the_hidden_state_needs_as_much_as_a_change_costs():
    # Bayes' rule by hand: to stay is 45 times as likely as to move to one label, a window says 20 to 1.
    stream = said(1, 1, 2, 1, p=0.8)
    assert hidden_markov(stream, RULES, 0.9).tolist() == [1, 1, 1, 1]
    assert hidden_markov(stream, RULES, 1 / K).tolist() == [1, 1, 2, 1]
    assert hidden_markov(said(1, 1, 2, 2, p=0.8), RULES, 0.9).tolist() == [1, 1, 1, 2]


def test_ours_needs_more_than_one_window_that_differs():
    shown = device_vote(said(1, 1, 1, 2, 1, 1), RULES)
    assert shown.tolist() == [1] * 6


def test_results_are_counted_as_promised():
    stream = said(1, 1, 3, 1, 2, 2)
    stream.labels[:] = [1, 1, 1, 1, 2, 2]
    late = np.array([1, 1, 1, 1, 1, 2])
    found = compare([stream], RULES, 0.5, [1, 3, 4], {"raw": none, "late": lambda *_: late})
    raw = found["raw"]
    assert raw.flips_a_minute == pytest.approx(3 / (6 * 0.5 / 60))
    assert (raw.delay_s, raw.missed) == (0.0, 0.0)
    assert raw.negative_recall == 0.75  # angry in three of four windows
    assert found["late"].delay_s == pytest.approx(0.5 * (0 + 1) / 2)
    # Angry: three of four found, none given falsely; happy: both found, none given falsely.
    assert raw.weighted_f1 == pytest.approx((4 * 6 / 7 + 2 * 1.0) / 6, abs=1e-4)


def test_how_far_shown_readings_can_be_trusted(tiny_bundle):
    voting = VotingSettings(events={})
    manifest = tiny_bundle.manifest.model_copy(
        update={"voting": voting, "conformal_threshold": {"fused": (0.3,) * K}, "train_prior": EVEN}
        | {"site_prior": EVEN}
    )
    right = trusted(said(*[0] * 20), manifest)
    assert right.coverage == 1.0
    wrong = trusted(said(*[1] * 20), manifest)
    assert wrong.coverage == 0.0
    assert wrong.expected_calibration_error > right.expected_calibration_error
    votes = manifest.model_copy(update={"voted_threshold": {"fused vision": (0.0,) * K}})
    assert trusted(said(*[1] * 20), votes).coverage == 1.0  # of votes, where they have thresholds
