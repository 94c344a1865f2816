"""Settings of the vote fitted on streams: the filter in bulk is that of a device, what is fitted is used."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from test_voted import EVEN, RULES, voice

from calibration.confidence import voted
from calibration.confidence.vote_fit import beliefs_of, fit_vote, log_likelihoods
from calibration.confidence.voted import composed, streams_of
from calibration.judge.metrics import weighted_f1
from calibration.judge.voting_trial import tallies
from edge.reading.voting import tempered


@pytest.fixture
def streams(monkeypatch):
    monkeypatch.setattr(voted, "HOPS", 300)
    monkeypatch.setattr(voted, "STREAMS", 2)
    return streams_of([voice(0), voice(1)], ("audio",), EVEN, 4.0, 1.0)


def test_streams_are_of_each_voice_in_both_balances(streams):
    assert [stream.speaker for stream in streams] == ["0", "0", "1", "1"]
    assert all(len(stream.labels) == 300 for stream in streams)
    assert composed([], EVEN, 1.0) == []


def test_the_filter_in_bulk_is_that_of_a_device(streams):
    settings = RULES.settings
    grid = np.array([[40.0, 1.0], [settings.tau_s, settings.kappa]])
    steps = beliefs_of(streams, RULES, 1.0, grid)
    said = np.stack([tempered(*step, 1.0 / settings.temperature) for step in steps], axis=2)[1]
    for stream, own in zip(streams, said, strict=True):
        device = np.array([tally.probabilities for tally in tallies(stream, RULES)])
        np.testing.assert_allclose(own, device, atol=1e-5)


def test_what_is_fitted_is_likelier_than_what_was_not(streams):
    fit = fit_vote(streams, RULES, 1.0)
    pairs = np.array([(60.0, 1.0), (4.0, 0.2), (fit.settings.tau_s, fit.settings.kappa)])
    likely = log_likelihoods(streams, RULES, 1.0, pairs, (1.0, fit.settings.temperature))
    assert likely[2, 1] == pytest.approx(fit.log_likelihood, abs=1e-6)
    assert likely[2, 1] == likely.max()
    assert 0.0 < fit.settings.kappa < 1.0  # four windows of one clip are not four
    assert fit.settings.events == RULES.settings.events


def test_a_person_of_many_streams_weighs_as_much_as_one_of_few(streams):
    grid = np.array([(10.0, 0.6)])
    of_each = [
        log_likelihoods([s for s in streams if s.speaker == who], RULES, 1.0, grid, (1.0,)) for who in "01"
    ]
    more = log_likelihoods([*streams, *streams[:2]], RULES, 1.0, grid, (1.0,))
    np.testing.assert_allclose(more, np.mean(of_each, axis=0), rtol=1e-9)


def test_the_steadiest_of_the_best_is_taken(streams):
    fit = fit_vote(streams, RULES, 1.0)
    rules = replace(RULES, settings=fit.settings)
    shown = [[tally.label for tally in tallies(stream, rules)] for stream in streams]
    scores = [weighted_f1(s.labels, np.array(own)) for s, own in zip(streams, shown, strict=True)]
    assert np.mean(scores) == pytest.approx(fit.weighted_f1, abs=0.01)
    flips = [sum(a != b for a, b in itertools.pairwise(own)) / 5.0 for own in shown]
    assert np.mean(flips) == pytest.approx(fit.flips_a_minute, abs=0.2)
