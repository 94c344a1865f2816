"""The vote: pooling, prior correction, dwell and hysteresis."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bundle.manifest import VotingSettings
from edge.items import Prediction, Quality
from edge.reading.voting import (
    Ballot,
    Evidence,
    Rules,
    evidence_weights,
    expected,
    leader,
    margin,
    pooled,
    quality_weight,
    vote,
)
from edge.starter_labels import STARTER as LABELS

K = len(LABELS)
EVEN = (1 / K,) * K
posteriors = st.lists(st.floats(0.001, 1.0), min_size=K, max_size=K).map(
    lambda values: np.array(values, np.float32) / np.float32(sum(values))
)
priors = posteriors.map(lambda p: tuple(p.tolist()))


def rules(site=EVEN, train=EVEN, **settings):
    return Rules(VotingSettings(**settings), site, train)


CLEAR = Quality(40.0, 1.0, 1.0)


def prediction(time, probabilities, quality=CLEAR):
    return Prediction(
        time=time,
        probabilities=np.asarray(probabilities, np.float32),
        by_modality={"audio": np.asarray(probabilities, np.float32)},
        weights={"audio": 1.0},
        quality=quality,
    )


def sure(label, p=0.8):
    values = np.full(K, (1 - p) / (K - 1), np.float32)
    values[LABELS.index(label)] = p
    return values


def hold(sequence, held_rules):
    """Vote over (time, posterior) pairs; returns the tallies."""
    ballot, tallies = Ballot(), []
    for time, probabilities in sequence:
        ballot, tally = vote(ballot, prediction(time, probabilities), held_rules)
        tallies.append(tally)
    return tallies


@given(st.lists(posteriors, min_size=1, max_size=12), priors, priors, st.floats(0, 1))
def test_every_vote_is_a_distribution(sequence, site, train, eta):
    for tally in hold(enumerate(sequence), rules(site, train, eta=eta)):
        assert tally.probabilities.sum() == pytest.approx(1.0, abs=1e-5)
        assert tally.probabilities.min() >= 0
        assert 0 <= tally.margin <= 1
        assert 1 <= tally.votes <= 21
        assert 0 <= tally.delay_ms <= 20000


@given(posteriors, posteriors)
def test_constant_input_wins_in_the_end(before, constant):
    sequence = [(0, before), *((time, constant) for time in range(1, 40))]
    tallies = hold(sequence, rules(eta=0.0, margin=0.0))
    last = tallies[-1]
    np.testing.assert_allclose(last.probabilities, tallies[-2].probabilities, atol=1e-4)
    assert constant.max() - constant[last.label] < 1e-5


@given(st.lists(st.tuples(posteriors, st.floats(0.1, 1.0)), min_size=1, max_size=8), st.randoms())
def test_order_of_equal_times_does_not_matter(items, random):
    evidence = [Evidence(1.0, p, quality) for p, quality in items]
    shuffled = random.sample(evidence, len(evidence))
    np.testing.assert_allclose(pooled(evidence, rules()), pooled(shuffled, rules()), atol=1e-5)


@given(posteriors, st.floats(0.1, 1.0))
def test_one_window_alone_says_what_its_quality_allows(posterior, quality):
    wished = posterior.astype(float) ** quality
    found = pooled([Evidence(0.0, posterior, quality)], rules())
    np.testing.assert_allclose(found, wished / wished.sum(), atol=1e-5)


def test_what_is_old_fades_into_the_balance_of_the_site():
    site = (0.4, 0.2, 0.1, 0.1, 0.1, 0.1)
    held_rules = rules(site, eta=1.0, half_life_s=2.0)
    old, nothing = Evidence(0.0, sure("happy")), np.full(K, 1 / K, np.float32)
    first = pooled([old], held_rules)
    for time, share in ((0.0, 1.0), (2.0, 0.5), (4.0, 0.25)):
        known = share * first + (1 - share) * np.array(site)
        found = pooled([old, Evidence(time, nothing)], held_rules)
        np.testing.assert_allclose(found, np.sqrt(known) / np.sqrt(known).sum(), rtol=1e-4)


def test_a_second_window_that_agrees_raises_confidence_and_many_do_not_for_ever():
    tallies = hold(((float(t), sure("happy", 0.5)) for t in range(60)), rules(eta=0.0))
    sureness = [t.probabilities.max() for t in tallies]
    assert sureness[0] == pytest.approx(0.5, abs=1e-4)
    assert sureness[3] > 0.55
    assert sureness[-1] < 0.9


names = st.sampled_from(("audio", "vision", "text"))
qualities = st.builds(Quality, st.floats(0, 40), st.floats(0, 1), st.floats(0, 1))


@given(posteriors, qualities, st.sets(names, min_size=2), names)
def test_an_absent_modality_never_raises_confidence(posterior, quality, present, gone):
    def seen_by(some):
        shares = dict.fromkeys(some, 1 / len(some))
        return Prediction(0.0, posterior, dict.fromkeys(some, posterior), shares, quality)

    full, lacking = (seen_by(some) for some in (present, present - {gone}))
    assert quality_weight(lacking) <= quality_weight(full)
    sure_of = [vote(Ballot(), one, rules(eta=0.0))[1].probabilities.max() for one in (lacking, full)]
    assert sure_of[0] <= sure_of[1] + 1e-6


@given(priors, priors)
def test_the_ratio_is_clipped(site, train):
    change = expected(rules(site, train, eta=1.0)) / np.array(train)
    # After normalisation two labels can differ at most by the whole allowed range.
    assert change.max() / change.min() <= 25.0 * 1.001


def test_a_label_never_met_on_the_site_is_only_damped():
    site = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    prior = expected(rules(site, eta=1.0))
    assert prior[0] / prior[1] == pytest.approx(5.0 / 0.2)


@given(posteriors, priors, priors)
def test_eta_zero_corrects_nothing(probabilities, site, train):
    found = pooled([Evidence(0.0, probabilities)], rules(site, train, eta=0.0))
    np.testing.assert_allclose(found, probabilities, atol=1e-5)


def test_the_formula():
    site = (0.4, 0.2, 0.1, 0.1, 0.1, 0.1)
    given_ = sure("angry", 0.5)
    wished = given_ * np.sqrt(np.array(site) * K)
    corrected = pooled([Evidence(0.0, given_)], rules(site, eta=0.5))
    np.testing.assert_allclose(corrected, wished / wished.sum(), rtol=1e-5)


@given(st.lists(posteriors, min_size=2, max_size=15), st.floats(0, 3), st.floats(0, 0.5))
def test_a_label_flips_only_after_its_dwell_time(sequence, dwell, lead):
    held_rules = rules(dwell_s=dwell, margin=lead, eta=0.0, window_s=100.0)
    times = [0.5 * i for i in range(len(sequence))]
    tallies = hold(zip(times, sequence, strict=True), held_rules)
    for i in range(1, len(tallies)):
        old, new = tallies[i - 1].label, tallies[i].label
        if old == new:
            continue
        waited = [j for j in range(i + 1) if times[i] - times[j] <= dwell + 1e-5]
        for j in waited:
            found = tallies[j].probabilities
            assert leader(found, EVEN) == new
            assert found[new] - found[old] >= lead - 1e-6


def test_a_new_leader_waits_and_the_old_label_is_held():
    happy, angry = sure("happy"), sure("angry", 0.9)
    held_rules = rules(dwell_s=1.0, half_life_s=0.3)
    tallies = hold([(0, happy), (1, angry), (2, angry)], held_rules)
    assert [LABELS[t.label] for t in tallies] == ["happy", "happy", "angry"]
    assert [t.held for t in tallies] == [False, True, False]


def test_a_small_lead_never_replaces_the_label():
    slightly = np.array([0.21, 0.16, 0.16, 0.16, 0.155, 0.155])
    other = np.array([0.16, 0.21, 0.16, 0.16, 0.155, 0.155])
    sequence = [(0, slightly), *((t, other) for t in range(1, 30))]
    tallies = hold(sequence, rules(margin=0.5, half_life_s=2.0))
    assert {LABELS[t.label] for t in tallies} == {"neutral"}
    assert tallies[-1].held
    assert max(t.margin for t in tallies) < 0.5


def test_a_long_gap_starts_the_vote_anew():
    tallies = hold([(0, sure("happy")), (60, sure("sad"))], rules())
    assert LABELS[tallies[1].label] == "sad"
    assert tallies[1].votes == 1
    assert tallies[1].delay_ms == 0


def test_the_prior_decides_a_tie():
    tied = np.array([0.1, 0.3, 0.3, 0.1, 0.1, 0.1], np.float32)
    assert leader(tied, (0.1, 0.1, 0.4, 0.2, 0.1, 0.1)) == 2
    assert leader(tied, EVEN) == 1
    assert margin(tied) == pytest.approx(0.0)


def test_recent_and_clear_windows_weigh_more():
    settings = VotingSettings(half_life_s=2.0)
    evidence = [Evidence(0.0, sure("happy"), 1.0), Evidence(2.0, sure("happy"), 0.5)]
    np.testing.assert_allclose(evidence_weights(evidence, 2.0, settings), [0.5, 0.5])
    assert quality_weight(prediction(0, sure("sad"), Quality(40.0))) == 1.0
    assert quality_weight(prediction(0, sure("sad"), Quality(20.0))) == pytest.approx(1.0)
    assert quality_weight(prediction(0, sure("sad"), Quality(10.0))) == pytest.approx(0.85)
    assert quality_weight(prediction(0, sure("sad"), Quality())) == pytest.approx(0.7)


def test_the_delay_is_the_mean_age_of_the_evidence():
    tally = hold([(0, sure("sad")), (2, sure("sad"))], rules(half_life_s=2.0))[-1]
    assert tally.delay_ms == pytest.approx(1000 * (0.5 * 2) / 1.5, rel=1e-5)
