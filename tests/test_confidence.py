"""Temperature and prediction sets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from calibration.confidence.fitting import Scaling, confusion_rates, fit_scaling
from calibration.confidence.sets import evidence_of, fit_thresholds
from edge.errors import InputError
from edge.reading.confidence import prediction_set, softmax

LABELS = ("a", "b", "c")


@given(arrays(np.float32, (2, 3), elements=st.floats(-1000, 1000, width=32)), st.floats(0.1, 20))
def test_softmax_rows_sum_to_one_and_keep_the_order(logits, temperature):
    found = softmax(logits, temperature)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-5)
    for row, given_ in zip(found, logits, strict=True):
        assert row[given_.argmax()] == row.max()


def test_a_higher_temperature_is_less_sure():
    logits = np.array([2.0, 0.0, 0.0], np.float32)
    assert softmax(logits, 2.0).max() < softmax(logits, 1.0).max()
    assert softmax(logits, 1.0)[0] == pytest.approx(np.exp(2) / (np.exp(2) + 2))


def test_the_set_holds_what_cannot_be_ruled_out():
    found = np.array([0.3, 0.6, 0.1], np.float32)
    assert prediction_set(found, LABELS, (0.25, 0.25, 0.25)) == ("b", "a")
    assert prediction_set(found, LABELS, (0.35, 0.7, 0.05)) == ("c",)
    assert prediction_set(found, LABELS, (0.5, 0.5, 0.5)) == ("b",)
    assert prediction_set(found, LABELS, None) == ("b",)


def test_what_every_label_leaves_stands_between_the_two_likeliest():
    assert prediction_set(np.array([0.2, 0.5, 0.3], np.float32), LABELS, (0.9, 0.9, 0.9)) == ("b", "c")


@pytest.fixture
def drawn(rng):
    """Logits of 4000 examples and labels that follow softmax(logits / 2 + b)."""
    logits = rng.normal(0, 4, (4000, 3))
    given_ = softmax(logits, 2.0, (0.8, 0.0, -0.8))
    labels = np.array([rng.choice(3, p=p / p.sum()) for p in given_.astype(float)])
    return logits, labels


def test_the_scaling_makes_confidence_true(rng):
    labels = np.arange(6000) % 3
    seen = rng.normal(size=(6000, 3)) + 1.5 * np.eye(3)[labels]
    logits = 3.0 * (1.5 * seen) - np.array([1.2, 0.0, -1.2])
    found = fit_scaling(logits, labels)
    assert found.temperature == pytest.approx(3.0, rel=0.1)
    np.testing.assert_allclose(found.bias, (0.4, 0.0, -0.4), atol=0.1)
    # How often a label occurs does not matter: the fit is for an even balance.
    rare = np.flatnonzero((labels != 0) | (rng.random(6000) < 0.2))
    np.testing.assert_allclose(fit_scaling(logits[rare], labels[rare]).bias, found.bias, atol=0.15)


def test_without_a_bias_only_the_temperature_moves(drawn):
    found = fit_scaling(*drawn, with_bias=False)
    assert isinstance(found, Scaling)
    assert found.bias == (0.0, 0.0, 0.0)
    assert 1.5 < found.temperature < 3.0


def test_a_label_that_never_occurs_breaks_nothing(drawn):
    logits, labels = drawn
    found = fit_scaling(logits[labels != 2], labels[labels != 2])
    assert np.isfinite(found.bias).all()
    assert fit_thresholds(softmax(logits[labels != 2]), labels[labels != 2])[2] == 0.0


@pytest.mark.parametrize("fit", [fit_scaling, fit_thresholds])
def test_a_handful_of_examples_is_refused(fit):
    with pytest.raises(InputError, match="5 held-out examples are too few to set confidence"):
        fit(np.zeros((5, 3)), np.zeros(5, int))


def test_each_label_is_covered_as_often_as_promised(drawn):
    logits, labels = drawn
    posteriors = softmax(logits, 2.0, (0.8, 0.0, -0.8))
    thresholds = fit_thresholds(posteriors[:2000], labels[:2000])
    inside = posteriors[2000:] >= np.array(thresholds)
    for label in range(3):
        assert inside[labels[2000:] == label, label].mean() == pytest.approx(0.9, abs=0.04)


def test_people_never_met_are_covered_as_often_as_promised():
    rng = np.random.default_rng(5)

    def windows(of, n=120):
        """Posteriors, labels and people; everybody is read well or badly."""
        people = np.repeat(np.arange(of), n)
        labels = rng.integers(0, 3, of * n)
        logits = rng.normal(0.0, 1.0, (of * n, 3))
        logits[np.arange(of * n), labels] += rng.normal(1.5, 1.5, of)[people]
        return softmax(logits), labels, people

    def covered(thresholds, posteriors, labels):
        return (posteriors[np.arange(len(labels)), labels] >= np.array(thresholds)[labels]).mean()

    told, plain = [], []
    for _ in range(60):
        posteriors, labels, people = windows(3)
        strangers = windows(30)[:2]
        told.append(covered(fit_thresholds(posteriors, labels, people), *strangers))
        plain.append(covered(fit_thresholds(posteriors, labels), *strangers))
    print(np.mean(plain), np.mean(told))
    assert np.mean(plain) < 0.88
    assert np.mean(told) == pytest.approx(0.9, abs=0.03)


def test_a_clip_that_is_met_a_hundred_times_is_one_clip(rng):
    """Three clips of a label, two people: their windows say nothing about the clips of others."""
    labels = np.repeat([0, 1, 2], [40, 40, 3])
    people, clips = np.arange(83) % 2, np.arange(83)
    logits = rng.normal(0.0, 1.0, (83, 3)) + 2.0 * np.eye(3)[labels]
    again = np.concatenate([np.resize(np.flatnonzero(labels == label), 1200) for label in range(3)])
    rng.shuffle(again)
    rows = softmax(logits)[again], labels[again], people[again], clips[again]
    copies = fit_thresholds(*rows[:2])
    thresholds = fit_thresholds(*rows)
    assert copies[2] > 0.0 == thresholds[2]
    assert min(thresholds[:2]) > 0.0
    assert thresholds[0] == fit_thresholds(softmax(logits), labels, people, clips)[0]
    found = evidence_of(*rows)
    assert [(one.clips, one.people, one.few) for one in found] == [
        (40, 2, False),
        (40, 2, False),
        (3, 2, True),
    ]
    assert 2.0 <= found[0].effective <= 2 / 0.15


def test_one_person_says_nothing_about_another(rng):
    labels = np.arange(300) % 3
    posteriors = softmax(rng.normal(0.0, 1.0, (300, 3)) + 2.0 * np.eye(3)[labels])
    assert fit_thresholds(posteriors, labels, np.zeros(300)) == (0.0, 0.0, 0.0)
    assert all(one.few for one in evidence_of(posteriors, labels, np.zeros(300)))
    assert min(fit_thresholds(posteriors, labels)) > 0.0


def test_more_windows_of_the_same_clips_change_nothing(rng):
    labels, people = np.arange(240) % 3, np.arange(240) % 8
    posteriors = softmax(rng.normal(0.0, 1.0, (240, 3)) + np.eye(3)[labels])
    clips = np.arange(240)
    once = fit_thresholds(posteriors, labels, people, clips)
    twice = [np.repeat(rows, 7, axis=0) for rows in (posteriors, labels, people, clips)]
    assert fit_thresholds(*twice) == once
    assert evidence_of(*twice) == evidence_of(posteriors, labels, people, clips)
    assert evidence_of(posteriors, labels)[0].effective == 80.0


def test_thresholds_agree_with_crepes(drawn):
    crepes = pytest.importorskip("crepes", reason="script/test_extras has it")
    logits, labels = drawn
    posteriors = softmax(logits, 2.0).astype(float)
    scores = 1.0 - posteriors
    theirs = crepes.ConformalClassifier()
    theirs.fit(scores[np.arange(2000), labels[:2000]], bins=labels[:2000])
    thresholds = np.array(fit_thresholds(posteriors[:2000], labels[:2000]))
    for label in range(3):
        bins = np.full(2000, label)
        sets = theirs.predict_set(scores[2000:], bins=bins, confidence=0.9, smoothing=False)
        np.testing.assert_array_equal(sets[:, label] > 0, posteriors[2000:, label] >= thresholds[label])


def test_confusion_rates_are_rows_of_shares():
    found = confusion_rates(np.eye(3)[[0, 0, 1, 1]], np.array([0, 0, 0, 1]))
    assert found == ((2 / 3, 1 / 3, 0), (0, 1, 0), (0, 0, 1))
