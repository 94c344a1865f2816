"""The site prior learned from posteriors: EM, the cross-check, and when neither speaks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.reading.priors import EVERY, KEPT_WINDOWS, LEAST_WINDOWS, Census, bbse, counted, em_prior
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


def take(posteriors, census=None, confusion=None):
    census = census or Census()
    for posterior in posteriors:
        census = counted(census, posterior, EVEN, EVEN, confusion)
    return census


def test_short_recordings_keep_the_operators_prior(rng):
    posteriors, _ = met(SHIFTED, LEAST_WINDOWS, rng)
    almost = take(posteriors[:-1])
    assert almost.prior is None
    assert not almost.doubtful
    full = take(posteriors[-1:], almost)
    assert full.prior is not None
    # 500 windows against the 1000 that the operator's prior counts for.
    assert EVEN[0] + 0.05 < full.prior[0] < SHIFTED[0] - 0.1
    later = take(posteriors[: EVERY - 1], full)
    assert later.prior == full.prior
    assert take(posteriors[:1], later).prior != full.prior


def test_the_census_forgets(rng):
    rates = np.full((KEPT_WINDOWS, K, K), np.nan, np.float32)
    census = Census(np.tile(np.float32(EVEN), (KEPT_WINDOWS, 1)), rates, prior=EVEN)
    newest = met(SHIFTED, 1, rng)[0]
    after = take(newest, census)
    assert len(after.posteriors) == KEPT_WINDOWS
    np.testing.assert_array_equal(after.posteriors[-1], newest[0])


def test_a_doubtful_prior_is_noticed(rng):
    confusion = tuple(map(tuple, rates(*met(EVEN, 20000, rng)).tolist()))
    fine = take(met(SHIFTED, LEAST_WINDOWS, rng)[0], confusion=confusion)
    assert fine.gap < 0.2
    assert not fine.doubtful
    # Networks that turned unsure: EM still finds a balance, the winners tell of another one.
    dull = np.float32(0.9 / K) + 0.1 * met(SHIFTED, LEAST_WINDOWS, rng)[0]
    assert take(dull, confusion=confusion).doubtful


def test_windows_fused_from_different_modalities_go_by_their_own_rates(rng):
    kinds = [(met(SHIFTED, LEAST_WINDOWS, rng, c)[0], rates(*met(EVEN, 20000, rng, c))) for c in (2.5, 1.0)]
    own, alike, unknown = Census(), Census(), Census()
    for sharp, dull in zip(kinds[0][0], kinds[1][0], strict=True):
        for posterior, table in ((sharp, kinds[0][1]), (dull, kinds[1][1])):
            own = counted(own, posterior, EVEN, EVEN, table)
            alike = counted(alike, posterior, EVEN, EVEN, kinds[0][1])
            unknown = counted(unknown, posterior, EVEN, EVEN)
    assert own.gap < 0.15 < alike.gap
    assert unknown.gap is None


def test_em_agrees_with_quapy(rng):
    pytest.importorskip("quapy", reason="script/test_extras has it")
    from quapy.method.aggregative import EMQ

    posteriors, _ = met(SHIFTED, 1000, rng)
    theirs, _ = EMQ.EM(np.array(EVEN), posteriors.astype(np.float64), epsilon=1e-7)
    np.testing.assert_allclose(em_prior(posteriors, np.array(EVEN)), theirs, atol=5e-3)
