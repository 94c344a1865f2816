"""Rounds of pseudo-labels: what they gain, the gate, the audit, and going on after a kill."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration.judge.metrics import calibration_error
from edge.errors import DatasetError
from edge.starter_labels import STARTER as LABELS
from export.pseudo import rounds
from export.pseudo.audit import audit_result
from export.pseudo.ensemble import (
    HumanLabelled,
    PseudoLabelled,
    fold_of,
    half_of,
    no_pseudo_labels,
    predict_ensemble,
)
from export.pseudo.policy import Policy
from export.pseudo.rounds import PseudoData, run_rounds

CENTRES = 1.6 * np.eye(6, 12, dtype=np.float32)
POLICY = Policy(threshold=0.8, folds=3, audit_clips=50, head_agreement=False)

NOBODY = no_pseudo_labels(len(LABELS))


def clips(rng, people, each, spread=0.45):
    """Features around the label's centre, labels, and speakers who each are a little off."""
    labels = np.tile(np.arange(6), people * each)
    groups = [f"s{number // (6 * each)}" for number in range(len(labels))]
    off = 0.3 * rng.standard_normal((people, 12))
    features = CENTRES[labels] + off[np.arange(len(labels)) // (6 * each)]
    return HumanLabelled(
        (features + spread * rng.standard_normal(features.shape)).astype(np.float32), labels, groups
    )


@pytest.fixture
def truth(rng):
    return clips(rng, 6, 6)


@pytest.fixture
def material(rng, truth):
    human = clips(rng, 6, 1)
    names = [f"clip{number}" for number in range(len(truth.labels))]
    pool = (truth.features, truth.features)
    return PseudoData((human, human), pool, names, truth.groups, clips(rng, 3, 8), LABELS)


def listener(truth, wrong=0):
    """Hears the truth; of the first `wrong` clips of each sample it says that they are something else."""

    def listen(number, sample, given):
        right = {name: int(truth.labels[int(name[4:])]) for name, _ in sample}
        heard = right | {name: None for name, _ in sample[:wrong]}
        return audit_result(heard, sample, given)

    return listen


def states(outcome):
    return [done.state for done in outcome.rounds]


# The ensemble


def test_a_fold_never_heard_the_speakers_it_judges(material):
    human = material.human[0]
    before = predict_ensemble(human, material.pool[0], material.speakers, NOBODY, half_of(material.names), 3)
    fold = fold_of(human.groups, 3)
    one = np.array(human.groups) == "s0"
    changed = replace(human, labels=np.where(one, 5 - human.labels, human.labels))
    after = predict_ensemble(changed, material.pool[0], material.speakers, NOBODY, half_of(material.names), 3)
    mates = (fold == fold[0]) & ~one
    assert after.labelled[mates].argmax(1).tolist() == before.labelled[mates].argmax(1).tolist()
    assert after.model != before.model


def test_a_guess_cannot_confirm_itself(material):
    pool, halves = material.pool[0], half_of(material.names)
    rows = np.flatnonzero(halves == 0)
    soft = np.eye(6, dtype=np.float32)[np.zeros(len(rows), int)]
    guessed = PseudoLabelled(rows, soft, np.ones(len(rows), np.float32))
    plain = predict_ensemble(material.human[0], pool, material.speakers, NOBODY, halves, 3)
    biased = predict_ensemble(material.human[0], pool, material.speakers, guessed, halves, 3)
    assert (biased.votes[:, halves == 0] == plain.votes[:, halves == 0]).all()
    assert (biased.votes[:, halves == 1] != plain.votes[:, halves == 1]).any()


def test_a_fold_learns_no_guess_about_the_speakers_it_judges(material):
    human, halves = material.human[0], half_of(material.names)
    fold = fold_of(human.groups, 3)
    judged = np.flatnonzero(fold == fold[0])
    people = {human.groups[row] for row in judged.tolist()}
    rows = np.array([i for i, name in enumerate(material.speakers) if name in people])
    assert len(rows)
    found = []
    for label in (0, 1):
        soft = np.eye(6, dtype=np.float32)[np.full(len(rows), label)]
        guessed = PseudoLabelled(rows, soft, np.ones(len(rows), np.float32))
        found.append(predict_ensemble(human, material.pool[0], material.speakers, guessed, halves, 3))
    # The temperature is of all folds, the order of a row is its own fold's.
    orders = [one.labelled[judged].argsort(axis=1) for one in found]
    np.testing.assert_array_equal(*orders)
    assert found[0].model != found[1].model


def test_posteriors_are_calibrated(material, truth):
    found = predict_ensemble(
        material.human[0], material.pool[0], material.speakers, NOBODY, half_of(material.names), 3
    )
    assert found.temperature != pytest.approx(1.0)
    assert calibration_error(found.pool, truth.labels) < 0.12


def test_folds_need_as_many_speakers():
    assert sorted(np.bincount(fold_of(["a"] * 5 + ["b"] * 3 + ["c"] * 2, 2)).tolist()) == [5, 5]
    with pytest.raises(DatasetError, match="2 speakers are labelled for 3 folds; label clips of more people"):
        fold_of(["a", "b"], 3)


# Rounds


def test_rounds_add_right_labels_and_lose_nothing(material, truth, tmp_path):
    outcome = run_rounds(material, POLICY, listener(truth), 1, tmp_path)
    assert states(outcome)[0] == "kept"
    given = [int(truth.labels[int(guess.clip[4:])]) for guess in outcome.guesses]
    assert len(given) > 50
    assert np.mean([guess.label == right for guess, right in zip(outcome.guesses, given, strict=True)]) > 0.9
    last = [done.found for done in outcome.rounds if done.state == "kept"][-1]
    assert last.after.macro_f1 >= outcome.start.macro_f1
    assert last.after.negative_recall >= outcome.start.negative_recall
    assert len(outcome.rounds) <= 5


def test_a_guess_says_what_it_rests_on(material, truth, tmp_path):
    outcome = run_rounds(material, POLICY, listener(truth), 1, tmp_path)
    for guess in outcome.guesses:
        assert guess.probabilities[guess.label] >= 0.8
        assert sum(guess.probabilities) == pytest.approx(1, abs=1e-4)
        assert guess.agreement == 1.0
        assert guess.weight == 0.5
    assert len({done.found.model for done in outcome.rounds}) == len(outcome.rounds)


def poisoned(predict_ensemble, first_call):
    """An ensemble that, from some call on, mistakes every label for its neighbour, and is sure of it."""
    calls = []

    def shifted(*what):
        found = predict_ensemble(*what)
        calls.append(found)
        if len(calls) <= first_call:
            return found
        return replace(found, pool=np.roll(found.pool, 1, axis=1), votes=(found.votes + 1) % 6)

    return shifted


def test_a_poisoned_round_is_rolled_back(material, tmp_path, monkeypatch):
    monkeypatch.setattr(rounds, "predict_ensemble", poisoned(rounds.predict_ensemble, 0))
    outcome = run_rounds(material, POLICY, None, 1, tmp_path)
    assert states(outcome) == ["rolled back"]
    assert outcome.guesses == ()
    assert "round 1 was rolled back: on the frozen clips macro F1 went from" in str(outcome.ended)


def test_a_rolled_back_round_leaves_the_one_before(material, tmp_path, monkeypatch):
    first = run_rounds(material, POLICY.model_copy(update={"rounds": 1}), None, 1, tmp_path / "one")
    monkeypatch.setattr(rounds, "predict_ensemble", poisoned(rounds.predict_ensemble, 2))
    both = run_rounds(material, POLICY, None, 1, tmp_path / "two")
    assert states(both) == ["kept", "rolled back"]
    assert both.guesses == first.guesses


@pytest.mark.parametrize("name", ["macro_f1", "negative_recall"])
def test_either_score_closes_the_gate(material, tmp_path, name):
    found = run_rounds(material, POLICY, None, 1, tmp_path).rounds[0].found
    even = found.model_copy(update={"after": found.before})
    assert even.passes
    assert not even.model_copy(
        update={"after": found.before.model_copy(update={name: getattr(found.before, name) - 0.001})}
    ).passes


def test_the_number_of_rounds_is_the_policys(material, tmp_path):
    one = POLICY.model_copy(update={"rounds": 1})
    outcome = run_rounds(material, one, None, 1, tmp_path)
    assert len(outcome.rounds) == 1
    assert outcome.ended.told("en") == "the policy ends after 1 rounds"
    assert "audit = false" in str(outcome.rounds[0].why)


def test_a_policy_that_takes_nothing_ends(material, tmp_path):
    outcome = run_rounds(material, POLICY.model_copy(update={"threshold": 1.0}), None, 1, tmp_path)
    assert outcome.ended.told("en") == "round 1 found no clip the policy takes"
    assert outcome.rounds == ()


# The audit


def test_a_round_waits_for_its_listener(material, tmp_path):
    outcome = run_rounds(material, POLICY, lambda *what: None, 1, tmp_path)
    assert states(outcome) == ["waiting"]
    assert outcome.guesses == ()
    assert outcome.ended.told("en") == "round 1 waits for its audit"


def test_a_bad_audit_rolls_the_round_back(material, truth, tmp_path):
    outcome = run_rounds(material, POLICY, listener(truth, wrong=6), 1, tmp_path)
    assert states(outcome) == ["rolled back"]
    assert outcome.guesses == ()
    assert "44 of 50 were right by ear" in str(outcome.ended)
    assert str(outcome.ended).endswith("under 0.9")


def test_what_a_person_heard_is_a_human_label(material, truth, tmp_path):
    one = POLICY.model_copy(update={"rounds": 1, "precision": 0.8})
    outcome = run_rounds(material, one, listener(truth, wrong=1), 1, tmp_path)
    assert states(outcome) == ["kept"]
    assert len(outcome.heard) == 50
    assert not {guess.clip for guess in outcome.guesses} & set(outcome.heard)
    people = rounds.with_heard(material, outcome.heard)[0]
    assert len(people.labels) == 36 + 49  # one was heard not to be what it was called, and nothing else


# After a kill


def test_a_kill_between_any_two_rounds_changes_nothing(material, truth, tmp_path, monkeypatch):
    whole = run_rounds(material, POLICY, listener(truth), 1, tmp_path / "whole")
    find, calls = rounds.propose_round, []

    def once(*what):
        if calls:
            raise KeyboardInterrupt
        calls.append(what)
        return find(*what)

    monkeypatch.setattr(rounds, "propose_round", once)
    for _ in range(10):
        calls.clear()
        try:
            again = run_rounds(material, POLICY, listener(truth), 1, tmp_path / "cut")
            break
        except KeyboardInterrupt:
            continue
    assert again == whole
    names = sorted(file.name for file in (tmp_path / "whole").iterdir())
    assert len(names) >= 2
    for name in names:
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_findings_of_another_version_are_made_again(material, tmp_path):
    one = POLICY.model_copy(update={"rounds": 1})
    whole = run_rounds(material, one, None, 1, tmp_path)
    Path(tmp_path / "round-1.json").write_text('{"number": 1}')
    assert run_rounds(material, one, None, 1, tmp_path) == whole
