"""The site prior learned from posteriors: EM, the cross-check, and when neither speaks."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.bundle.manifest import VotingSettings
from edge.items import Prediction, Quality
from edge.reading.priors import LEAST_WINDOWS, MEMORY_S, OPERATOR_DRAWS, Census, bbse, counted, em_prior
from edge.reading.voting import Rules, filtered
from edge.starter_labels import STARTER as LABELS

K = len(LABELS)
EVEN = (1 / K,) * K
distributions = st.lists(st.floats(0.02, 1.0), min_size=K, max_size=K).map(lambda v: np.array(v) / sum(v))


def met(prior, n, rng, clarity=2.0):
    """Calibrated posteriors under an even prior, of labels that are met as often as `prior` says."""
    labels = rng.choice(K, size=n, p=prior)
    # Equal spherical normals with means clarity * e_c: the posterior is a softmax, exactly.
    seen = rng.normal(size=(n, K)) + clarity * np.eye(K)[labels]
    powers = np.exp(clarity * seen)
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32), labels


def rates(posteriors, labels):
    table = np.zeros((K, K))
    np.add.at(table, (labels, posteriors.argmax(axis=1)), 1.0)
    return table / table.sum(axis=1, keepdims=True)


SHIFTED = np.array([0.6, 0.05, 0.2, 0.05, 0.05, 0.05])


def test_em_finds_the_balance_that_was_met(rng):
    posteriors, labels = met(SHIFTED, 4000, rng)
    share = np.bincount(labels, minlength=K) / len(labels)
    assert np.abs(em_prior(posteriors, np.array(EVEN)) - share).sum() < 0.06
    # Counting winners alone is much further off.
    won = np.bincount(posteriors.argmax(axis=1), minlength=K) / len(labels)
    assert np.abs(won - share).sum() > 0.06


def test_bbse_agrees_with_em_when_only_the_balance_changed(rng):
    confusion = rates(*met(EVEN, 20000, rng))
    posteriors, _ = met(SHIFTED, 4000, rng)
    gap = np.abs(bbse(posteriors, confusion) - em_prior(posteriors, np.array(EVEN))).sum()
    assert gap < 0.1


@given(distributions, st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_both_are_distributions_and_know_no_order(prior, seed):
    rng = np.random.default_rng(seed)
    posteriors, _ = met(prior, 200, rng)
    shuffled = posteriors[rng.permutation(len(posteriors))]
    table = rates(*met(EVEN, 5000, rng))
    for found, again in (
        (em_prior(posteriors, np.array(EVEN)), em_prior(shuffled, np.array(EVEN))),
        (bbse(posteriors, table), bbse(shuffled, table)),
    ):
        assert found.sum() == pytest.approx(1.0)
        assert found.min() >= 0
        np.testing.assert_allclose(found, again, atol=1e-6)


def test_the_operators_counts_hold_the_estimate_back(rng):
    posteriors, _ = met(SHIFTED, 500, rng)
    free = em_prior(posteriors, np.array(EVEN))
    held = em_prior(posteriors, np.array(EVEN), 1e6 * np.array(EVEN))
    np.testing.assert_allclose(held, EVEN, atol=1e-3)
    between = em_prior(posteriors, np.array(EVEN), 500 * np.array(EVEN))
    assert EVEN[0] + 0.05 < between[0] < free[0] - 0.05


def read(posteriors, site=EVEN, confusion=None, census=None, belief=None, hop_s=1.0):
    """A census and the last belief after windows of one person."""
    census = census or Census()
    start = belief.time if belief else 0.0
    for number, posterior in enumerate(posteriors, 1):
        rules = Rules(VotingSettings(tau_s=8.0), census.prior(site), EVEN)
        window = Prediction(start + hop_s * number, posterior, {}, {}, Quality(40.0))
        belief = filtered(belief, window, rules)
        census = counted(census, belief, posterior, EVEN, confusion)
    return census, belief


def runs(prior, n, rng, held=20):
    """Windows of labels that are held for a while, each as often as `prior` says."""
    labels = rng.choice(K, size=n // held + 1, p=prior).repeat(held)[:n]
    seen = rng.normal(size=(n, K)) + 2.0 * np.eye(K)[labels]
    powers = np.exp(2.0 * seen)
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def test_before_a_window_the_prior_is_the_operator_s():
    stated = (0.7, 0.06, 0.06, 0.06, 0.06, 0.06)
    assert Census().prior(stated) == stated


def test_the_prior_moves_to_what_is_met_and_the_operator_s_counts_hold_it_back(rng):
    few, many = (np.array(read(runs(SHIFTED, n, rng))[0].prior(EVEN)) for n in (60, 7200))
    assert np.abs(few - EVEN).sum() < 0.01
    assert EVEN[0] + 0.01 < many[0] < SHIFTED[0]
    assert np.abs(many - SHIFTED).sum() < np.abs(SHIFTED - EVEN).sum() - 0.02
    # As many draws of one label as the operator's count for: half way.
    draws = OPERATOR_DRAWS * np.eye(K)[0]
    np.testing.assert_allclose(Census(draws).prior(EVEN), 0.5 * (np.eye(K)[0] + EVEN))


def test_the_draws_are_those_the_filter_expects(rng):
    posteriors = runs(SHIFTED, 50, rng)
    census, belief, draws = Census(), None, np.zeros(K)
    for posterior in posteriors:
        census, belief = read([posterior], census=census, belief=belief)
        draws = draws * np.exp(-1.0 / MEMORY_S) + belief.drawn
    np.testing.assert_allclose(census.draws, draws, rtol=1e-6)
    # The first label is drawn for sure; then one window of eight or so, fewer where windows agree.
    assert 1.0 < census.draws.sum() < 1.0 + 49 * (1 - np.exp(-1 / 8)) + 3.0


def test_what_says_nothing_leaves_the_prior_where_it_is():
    stated = (0.5, 0.1, 0.1, 0.1, 0.1, 0.1)
    census, _ = read(np.tile(np.float32(EVEN), (500, 1)), stated)
    np.testing.assert_allclose(census.prior(stated), stated, atol=1e-6)


def test_the_census_forgets_within_hours(rng):
    first, belief = read(runs(SHIFTED, 1800, rng))
    gap = replace(belief, time=belief.time + 10 * MEMORY_S)
    later, _ = read(np.tile(np.float32(EVEN), (1, 1)), census=first, belief=gap)
    assert np.abs(np.array(later.prior(EVEN)) - EVEN).sum() < 0.001
    assert np.abs(np.array(first.prior(EVEN)) - EVEN).sum() > 0.01


@given(st.lists(distributions.map(np.float32), min_size=1, max_size=30), distributions)
@settings(max_examples=30)
def test_the_prior_is_a_distribution_after_any_windows(posteriors, stated):
    census, _ = read(posteriors, tuple(stated.tolist()))
    found = np.array(census.prior(tuple(stated.tolist())))
    assert found.sum() == pytest.approx(1.0)
    assert found.min() >= 0.0


def test_a_doubtful_prior_is_noticed(rng):
    confusion = tuple(map(tuple, rates(*met(EVEN, 20000, rng)).tolist()))
    fine, _ = read(met(SHIFTED, LEAST_WINDOWS, rng)[0], confusion=confusion)
    assert fine.gap < 0.2
    assert not fine.doubtful
    # Networks that turned unsure: EM still finds a balance, the winners tell of another one.
    dull = np.float32(0.9 / K) + 0.1 * met(SHIFTED, LEAST_WINDOWS, rng)[0]
    assert read(dull, confusion=confusion)[0].doubtful
    assert read(met(SHIFTED, LEAST_WINDOWS - 1, rng)[0], confusion=confusion)[0].gap is None


def test_windows_fused_from_different_modalities_go_by_their_own_rates(rng):
    kinds = [(met(SHIFTED, LEAST_WINDOWS, rng, c)[0], rates(*met(EVEN, 20000, rng, c))) for c in (2.5, 1.0)]
    own, alike, unknown, belief = Census(), Census(), Census(), None
    for sharp, dull in zip(kinds[0][0], kinds[1][0], strict=True):
        for posterior, table in ((sharp, kinds[0][1]), (dull, kinds[1][1])):
            own, belief = read([posterior], confusion=table, census=own, belief=belief)
            alike = counted(alike, belief, posterior, EVEN, kinds[0][1])
            unknown = counted(unknown, belief, posterior, EVEN)
    assert own.gap < 0.15 < alike.gap
    assert unknown.gap is None


def test_em_agrees_with_quapy(rng):
    pytest.importorskip("quapy", reason="script/test_extras has it")
    from quapy.method.aggregative import EMQ

    posteriors, _ = met(SHIFTED, 1000, rng)
    theirs, _ = EMQ.EM(np.array(EVEN), posteriors.astype(np.float64), epsilon=1e-7)
    np.testing.assert_allclose(em_prior(posteriors, np.array(EVEN)), theirs, atol=5e-3)
