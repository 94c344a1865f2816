"""The vote: a forward filter over windows, then dwell and hysteresis."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bundle.manifest import VotingSettings
from edge.items import Prediction, Quality
from edge.reading.voting import (
    NOISY,
    Ballot,
    Rules,
    emission,
    filtered,
    kept,
    leader,
    margin,
    moved,
    quality_of,
    tempered,
    told,
    vote,
)
from edge.starter_labels import STARTER as LABELS

K = len(LABELS)
EVEN = (1 / K,) * K
posteriors = st.lists(st.floats(0.001, 1.0), min_size=K, max_size=K).map(
    lambda values: np.array(values, np.float32) / np.float32(sum(values))
)
priors = posteriors.map(lambda p: tuple((p.astype(float) / p.astype(float).sum()).tolist()))
CLEAR, POOR = Quality(40.0, 1.0, 1.0), Quality()
SITE = (0.4, 0.2, 0.1, 0.1, 0.1, 0.1)


def rules(site=EVEN, train=EVEN, **settings):
    return Rules(VotingSettings(**settings), site, train)


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


def believed(sequence, held_rules, quality=CLEAR):
    """The belief after (time, posterior) pairs."""
    belief = None
    for time, probabilities in sequence:
        belief = filtered(belief, prediction(time, probabilities, quality), held_rules)
    return belief


@given(st.lists(posteriors, min_size=1, max_size=12), priors, priors)
def test_every_vote_is_a_distribution(sequence, site, train):
    for tally in hold(enumerate(sequence), rules(site, train)):
        assert tally.probabilities.sum() == pytest.approx(1.0, abs=1e-5)
        assert tally.probabilities.min() >= 0
        assert 0 <= tally.margin <= 1
        assert 1 <= tally.votes <= len(sequence)
        assert 0 <= tally.delay_ms <= 1000 * (len(sequence) - 1)


@given(priors, priors)
def test_an_empty_vote_is_the_prior_of_the_site(site, train):
    nothing = np.float32(train)  # what says nothing is as often as in training
    held_rules = rules(site, train)
    belief = believed([(0.0, nothing)], held_rules)
    for found in (belief.probabilities, told(belief, held_rules)):
        np.testing.assert_allclose(found, site, rtol=1e-4)


@given(posteriors, priors, st.floats(0.0, 500.0), st.floats(1.0, 60.0))
def test_without_evidence_what_was_known_fades_to_the_site_s_prior_with_tau(posterior, site, gap, tau_s):
    held_rules = rules(site, tau_s=tau_s)
    first = believed([(0.0, posterior)], held_rules).probabilities
    found = believed([(0.0, posterior), (gap, np.float32(EVEN))], held_rules).probabilities
    left = np.exp(-gap / tau_s)
    np.testing.assert_allclose(found, left * first + (1 - left) * np.array(site), atol=1e-6)


@given(st.lists(posteriors, min_size=1, max_size=8), st.randoms(), posteriors, priors)
def test_windows_of_one_time_may_come_in_any_order(items, random, before, site):
    shuffled = random.sample(items, len(items))
    one, other = (
        believed([(0.0, before), *((1.0, p) for p in some)], rules(site)) for some in (items, shuffled)
    )
    np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-9)


@given(posteriors, priors, st.floats(0.05, 1.0), st.floats(0.05, 1.0))
def test_two_windows_of_half_the_quality_at_one_time_are_at_most_a_whole_one(posterior, site, kappa, share):
    train, prior = np.array(EVEN), np.array(site)
    whole, _ = moved(prior, 0.0, prior, emission(posterior, train, kappa))
    half, _ = moved(prior, 0.0, prior, emission(posterior, train, kappa * share / 2))
    both, _ = moved(half, 1.0, prior, emission(posterior, train, kappa * share / 2))
    favoured = int(posterior.argmax())
    assert both[favoured] <= whole[favoured] + 1e-9
    if share == 1.0:
        np.testing.assert_allclose(both, whole, atol=1e-9)


def test_two_windows_of_half_the_quality_are_a_whole_one():
    train, prior, posterior = np.array(EVEN), np.array(SITE), sure("happy")
    whole, _ = moved(prior, 0.0, prior, emission(posterior, train, 0.4))
    half, _ = moved(prior, 0.0, prior, emission(posterior, train, 0.2))
    both, _ = moved(half, 1.0, prior, emission(posterior, train, 0.2))
    np.testing.assert_allclose(both, whole, rtol=1e-9)


@given(st.lists(posteriors, min_size=1, max_size=6), posteriors, priors, priors, st.floats(0.0, 30.0))
def test_evidence_that_agrees_never_lowers_a_label(before, agreeing, site, train, gap):
    held_rules = rules(site, train)
    favoured = int((agreeing / np.array(train)).argmax())
    last = float(len(before))
    without = believed([*enumerate(before), (last + gap, np.float32(train))], held_rules)
    with_it = believed([*enumerate(before), (last + gap, agreeing)], held_rules)
    assert with_it.probabilities[favoured] >= without.probabilities[favoured] - 1e-6
    assert told(with_it, held_rules)[favoured] >= told(without, held_rules)[favoured] - 1e-6


@given(posteriors, priors)
def test_a_temperature_keeps_the_prior_and_draws_all_else_towards_it(belief, site):
    prior, known = np.array(site), belief.astype(float)
    np.testing.assert_allclose(tempered(prior, prior, 0.6), prior, rtol=1e-9)
    np.testing.assert_allclose(tempered(known, prior, 1.0), known / known.sum(), rtol=1e-9)
    far = [np.ptp(np.log(tempered(known, prior, power) / prior)) for power in (1.0, 0.8, 0.5, 0.0)]
    assert all(later <= earlier + 1e-9 for earlier, later in itertools.pairwise(far))
    assert far[-1] == pytest.approx(0.0, abs=1e-9)


@given(posteriors, priors, priors, st.floats(0.2, 10.0), st.integers(2, 40))
def test_windows_that_say_the_same_never_lower_what_they_say(posterior, site, train, hop_s, count):
    favoured = int((posterior / np.array(train)).argmax())
    tallies = hold(((hop_s * i, posterior) for i in range(count)), rules(site, train))
    said = [float(tally.probabilities[favoured]) for tally in tallies]
    assert all(later >= earlier - 1e-6 for earlier, later in itertools.pairwise(said))


@given(posteriors, priors, priors)
def test_the_prior_of_the_site_acts_as_stated(probabilities, site, train):
    found = believed([(0.0, probabilities)], rules(site, train, kappa=1.0)).probabilities
    wished = probabilities.astype(float) / np.array(train) * np.array(site)
    np.testing.assert_allclose(found, wished / wished.sum(), rtol=1e-3, atol=1e-6)


def test_the_formula():
    first, second = sure("angry", 0.5).astype(float), sure("happy", 0.6).astype(float)
    site, stay = np.array(SITE), np.exp(-2.0 / 8.0)
    known = site * (first * K) ** 0.4
    known /= known.sum()
    wished = (stay * known + (1 - stay) * site) * (second * K) ** 0.4
    found = believed([(0.0, first), (2.0, second)], rules(SITE, tau_s=8.0, kappa=0.4))
    np.testing.assert_allclose(found.probabilities, wished / wished.sum(), rtol=1e-5)
    drawn = (1 - stay) * site * (second * K) ** 0.4 / wished.sum()
    np.testing.assert_allclose(found.drawn, drawn, rtol=1e-5)


@given(posteriors, posteriors)
def test_constant_input_wins_in_the_end(before, constant):
    sequence = [(0, before), *((time, constant) for time in range(1, 120))]
    tallies = hold(sequence, rules(margin=0.0))
    last = tallies[-1]
    np.testing.assert_allclose(last.probabilities, tallies[-2].probabilities, atol=1e-3)
    assert constant.max() - constant[last.label] < 1e-5


names = st.sampled_from(("audio", "vision", "text"))
qualities = st.builds(Quality, st.floats(0, 40), st.floats(0, 1), st.floats(0, 1))


@given(posteriors, qualities, st.sets(names, min_size=2), names)
def test_an_absent_modality_never_raises_confidence(posterior, quality, present, gone):
    def seen_by(some):
        shares = dict.fromkeys(some, 1 / len(some))
        return Prediction(0.0, posterior, dict.fromkeys(some, posterior), shares, quality)

    full, lacking = (seen_by(some) for some in (present, present - {gone}))
    assert quality_of(lacking) <= quality_of(full)
    sure_of = [vote(Ballot(), one, rules())[1].probabilities.max() for one in (lacking, full)]
    assert sure_of[0] <= sure_of[1] + 1e-6


def test_a_clear_window_counts_whole_and_a_noisy_one_less():
    assert quality_of(prediction(0, sure("sad"), Quality(40.0))) == 1.0
    assert quality_of(prediction(0, sure("sad"), Quality(20.0))) == pytest.approx(1.0)
    assert quality_of(prediction(0, sure("sad"), Quality(10.0))) == pytest.approx((1.0 + NOISY) / 2)
    assert quality_of(prediction(0, sure("sad"), POOR)) == NOISY


@given(st.lists(posteriors, min_size=2, max_size=15), st.floats(0, 3), st.floats(0, 0.5))
def test_a_label_flips_only_after_its_dwell_time(sequence, dwell, lead):
    held_rules = rules(dwell_s=dwell, margin=lead, tau_s=100.0)
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
    held_rules = rules(dwell_s=1.0, tau_s=2.0)
    tallies = hold([(0, happy), (1, angry), (2, angry)], held_rules)
    assert [LABELS[t.label] for t in tallies] == ["happy", "happy", "angry"]
    assert [t.held for t in tallies] == [False, True, False]


def test_a_small_lead_never_replaces_the_label():
    slightly = np.array([0.21, 0.16, 0.16, 0.16, 0.155, 0.155])
    other = np.array([0.16, 0.21, 0.16, 0.16, 0.155, 0.155])
    sequence = [(0, slightly), *((t, other) for t in range(1, 30))]
    tallies = hold(sequence, rules(margin=0.5, tau_s=2.0))
    assert {LABELS[t.label] for t in tallies} == {"neutral"}
    assert tallies[-1].held
    assert max(t.margin for t in tallies) < 0.5


def test_after_a_long_silence_the_vote_starts_anew():
    steady = [(float(t), sure("happy")) for t in range(5)]
    for gap, label in ((23.0, "happy"), (25.0, "sad")):
        tallies = hold([*steady, (4.0 + gap, sure("sad", 0.95))], rules(tau_s=8.0, kappa=1.0, dwell_s=2.0))
        assert LABELS[tallies[-1].label] == label
    assert (tallies[-1].votes, tallies[-1].delay_ms) == (1, 0.0)


def test_a_ballot_is_forgotten_when_next_to_nothing_is_left():
    settings = VotingSettings(tau_s=10.0)
    ballot, _ = vote(Ballot(), prediction(0.0, sure("sad")), Rules(settings, EVEN, EVEN))
    assert Ballot().over(0.0, settings)
    assert not ballot.over(29.0, settings)
    assert ballot.over(31.0, settings)


def test_the_prior_decides_a_tie():
    tied = np.array([0.1, 0.3, 0.3, 0.1, 0.1, 0.1], np.float32)
    assert leader(tied, (0.1, 0.1, 0.4, 0.2, 0.1, 0.1)) == 2
    assert leader(tied, EVEN) == 1
    assert margin(tied) == pytest.approx(0.0)


def test_the_delay_is_the_age_of_the_evidence_by_its_influence():
    held_rules = rules(tau_s=4.0, kappa=0.5)
    belief = believed([(0.0, sure("sad")), (2.0, sure("sad"))], held_rules)
    survived = 1.0 - belief.drawn.sum()
    assert kept(2.0, 4.0) < survived < 1.0  # what agrees makes it likelier that the label went on
    assert belief.age_s == pytest.approx(2.0 * survived / (survived + 1.0))
    assert belief.influence == pytest.approx(0.5 * (survived + 1.0))


@given(st.lists(posteriors, min_size=1, max_size=8), priors, st.floats(0.1, 60.0))
def test_a_vote_that_gets_stale_has_a_larger_delay(sequence, site, gap):
    """What says nothing has hardly any influence: the delay grows by the time that passes."""
    held_rules = rules(site, kappa=0.5)
    before = believed(enumerate(sequence), held_rules)
    silent = held_rules.settings.model_copy(update={"kappa": 1e-12})
    nothing = prediction(before.time + gap, np.float32(EVEN))
    stale = filtered(before, nothing, Rules(silent, site, EVEN))
    assert stale.age_s == pytest.approx(before.age_s + gap, rel=1e-3)


@given(st.lists(posteriors, min_size=1, max_size=8), posteriors, priors, st.floats(0.1, 10.0))
def test_a_fresh_window_makes_the_delay_smaller_than_none_would(sequence, newest, site, gap):
    before = believed(enumerate(sequence), rules(site))
    fresh = filtered(before, prediction(before.time + gap, newest), rules(site))
    assert fresh.age_s < before.age_s + gap


@given(st.lists(posteriors, min_size=1, max_size=8), st.floats(0.6, 0.95), st.floats(0.01, 0.3))
def test_a_strong_fresh_window_that_contradicts_makes_the_delay_smaller_than_a_weak_one(sequence, p, less):
    held_rules = rules(kappa=0.5)
    before = believed(enumerate(sequence), held_rules)
    against = LABELS[int(before.probabilities.argmin())]
    strong, weak = (
        filtered(before, prediction(before.time + 1.0, sure(against, share)), held_rules)
        for share in (p, p - less)
    )
    assert strong.age_s <= weak.age_s + 1e-9


def test_a_clear_fresh_window_makes_the_delay_smaller_than_a_noisy_one():
    before = believed(((float(t), sure("happy")) for t in range(6)), rules())
    clear, noisy = (
        filtered(before, prediction(6.0, sure("happy"), quality), rules()) for quality in (CLEAR, POOR)
    )
    assert clear.age_s < noisy.age_s
