"""Scores, held against small cases counted by hand."""

import json

import numpy as np
import pytest

from calibration.judge.metrics import Report, calibration_error, error_by_chance, score
from edge.errors import InputError
from edge.reading.confidence import prediction_set
from edge.starter_labels import STARTER as LABELS

NEUTRAL, ANGRY, HAPPY, SAD, WORRIED, SURPRISE = range(len(LABELS))
KEYS = [
    "n",
    "weighted_f1",
    "unweighted_recall",
    "macro_f1",
    "accuracy",
    "expected_calibration_error",
    "per_class_recall",
    "confusion",
    "interval",
]
"""What `edge evaluate --json` promises."""
MORE = [
    "coverage",
    "mean_set_size",
    "reliability",
    "skipped",
    "calibration_error_by_chance",
    "speakers",
    "nameless",
    "interval_method",
    "unfamiliar",
    "accuracy_balance_known",
    "labels",
    "few",
    "voice",
]


def saying(predicted, confidence=0.9):
    """Posteriors [n, labels] that give each predicted label a confidence and share out the rest."""
    posteriors = np.full((len(predicted), len(LABELS)), (1.0 - confidence) / (len(LABELS) - 1))
    posteriors[np.arange(len(predicted)), predicted] = confidence
    return posteriors


def people(n):
    return [f"p{i}" for i in range(n)]


def test_a_case_counted_by_hand():
    truth = [NEUTRAL, NEUTRAL, NEUTRAL, ANGRY, ANGRY, HAPPY]
    predicted = [NEUTRAL, NEUTRAL, ANGRY, ANGRY, SAD, HAPPY]
    report = score(saying(predicted), truth, people(6), LABELS)
    # neutral: 2 of 3 found, 2 said; angry: 1 of 2 found, 2 said; happy: 1 of 1.
    f1 = {"neutral": 2 * 2 / 5, "angry": 2 * 1 / 4, "happy": 1.0}
    assert report.n == 6
    assert report.accuracy == pytest.approx(4 / 6)
    assert report.unweighted_recall == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    assert report.macro_f1 == pytest.approx(sum(f1.values()) / 3)
    assert report.weighted_f1 == pytest.approx((3 * f1["neutral"] + 2 * f1["angry"] + f1["happy"]) / 6)
    assert report.per_class_recall == pytest.approx({"neutral": 2 / 3, "angry": 1 / 2, "happy": 1.0})
    confusion = np.zeros((6, 6), int)
    for row, column in zip(truth, predicted, strict=True):
        confusion[row, column] += 1
    assert report.confusion == confusion.tolist()


def test_all_right_and_all_wrong():
    truth = [*range(6), *range(6)]
    right = score(saying(truth), truth, people(12), LABELS)
    assert (right.accuracy, right.macro_f1, right.unweighted_recall, right.weighted_f1) == (1, 1, 1, 1)
    assert right.interval["accuracy"] == pytest.approx((0.7575, 1), abs=1e-4)  # Wilson's of 12 of 12
    wrong = score(saying([(label + 1) % 6 for label in truth]), truth, people(12), LABELS)
    assert (wrong.accuracy, wrong.macro_f1, wrong.unweighted_recall, wrong.weighted_f1) == (0, 0, 0, 0)
    assert wrong.interval["macro_f1"] == pytest.approx((0, 0.2425), abs=1e-4)


def test_labels_that_do_not_occur_weigh_nothing():
    report = score(saying([SAD, SURPRISE]), [SAD, SAD], people(2), LABELS)
    assert report.per_class_recall == {"sad": 0.5}
    assert report.unweighted_recall == 0.5
    assert report.macro_f1 == pytest.approx(2 / 3)
    assert len(report.confusion) == len(LABELS)
    assert sum(map(sum, report.confusion)) == 2


def test_one_example_is_enough():
    report = score(saying([HAPPY]), [HAPPY], ["anna"], LABELS)
    assert report.n == 1
    assert report.interval["weighted_f1"] is None


def test_calibration_error_counted_by_hand():
    # Two bins: confidence 0.9 with 1 of 2 right, confidence 0.5 with 2 of 2 right.
    posteriors = np.vstack([saying([SAD, SAD], 0.9), saying([HAPPY, ANGRY], 0.5)])
    labels = np.array([SAD, HAPPY, HAPPY, ANGRY])
    assert calibration_error(posteriors, labels) == pytest.approx(0.5 * abs(0.9 - 0.5) + 0.5 * abs(0.5 - 1))


def test_the_error_by_chance_is_that_of_posteriors_that_tell_the_truth():
    rng = np.random.default_rng(2)
    for n, least, most in ((200, 0.05, 0.08), (20_000, 0.003, 0.01)):
        posteriors = rng.dirichlet(np.full(len(LABELS), 0.5), n)
        met = [calibration_error(posteriors, _drawn(posteriors, rng)) for _ in range(20)]
        assert error_by_chance(posteriors) == pytest.approx(np.mean(met), rel=0.1)
        assert least < error_by_chance(posteriors) < most
    assert error_by_chance(np.eye(6)) == 0.0
    shown = score(np.eye(6), range(6), people(6), LABELS).table()
    assert "expected calibration error   0.000   0.000 by chance alone" in shown


def _drawn(posteriors, rng):
    """A label for each row, by its probabilities."""
    return (posteriors.cumsum(axis=1) > rng.random((len(posteriors), 1))).argmax(axis=1)


def test_certain_and_right_has_no_calibration_error():
    assert calibration_error(np.eye(6), np.arange(6)) == 0.0
    assert calibration_error(np.eye(6), (np.arange(6) + 1) % 6) == 1.0


def test_gaps_of_one_bin_cancel_and_of_two_do_not():
    labels = np.array([SAD, SAD])
    one = np.vstack([saying([SAD], 0.81), saying([HAPPY], 0.83)])  # both in 0.8 .. 0.867
    assert calibration_error(one, labels) == pytest.approx(0.82 - 0.5)
    two = np.vstack([saying([SAD], 0.99), saying([HAPPY], 0.51)])
    assert calibration_error(two, labels) == pytest.approx(0.5 * 0.01 + 0.5 * 0.51)


def mixed_bag(speakers, clips, rng):
    """Labels, predictions and speakers; each speaker is read right at a rate of his own."""
    truth = rng.integers(0, 6, speakers * clips)
    rate = np.repeat(rng.uniform(0.2, 0.9, speakers), clips)
    predicted = np.where(rng.random(len(truth)) < rate, truth, rng.integers(0, 6, len(truth)))
    return truth, predicted, np.repeat(people(speakers), clips)


@pytest.mark.parametrize("speakers", [2, 5, 30])
def test_the_interval_holds_the_value(speakers, rng):
    truth, predicted, who = mixed_bag(speakers, 24, rng)
    report = score(saying(predicted), truth, who, LABELS)
    assert list(report.interval) == ["weighted_f1", "unweighted_recall", "macro_f1", "accuracy"]
    for name, (low, high) in report.interval.items():
        assert 0.0 <= low <= getattr(report, name) <= high <= 1.0
        assert low < high


def test_the_interval_is_over_speakers_not_clips():
    # One person read right every time and one never: as two people the truth may lie anywhere.
    truth = [SAD] * 200
    predicted = [SAD] * 100 + [HAPPY] * 100
    two = score(saying(predicted), truth, ["anna"] * 100 + ["ben"] * 100, LABELS)
    assert two.interval["accuracy"] == (0.0, 1.0)
    many = score(saying(predicted), truth, people(200), LABELS)
    low, high = many.interval["accuracy"]
    assert 0.4 < low < 0.5 < high < 0.6
    alone = score(saying(predicted), truth, ["anna"] * 200, LABELS)
    assert alone.interval["accuracy"] is None


def test_the_same_predictions_give_the_same_report(rng):
    truth, predicted, who = mixed_bag(4, 10, rng)
    assert score(saying(predicted), truth, who, LABELS) == score(saying(predicted), truth, list(who), LABELS)


def test_the_order_of_examples_says_nothing(rng):
    truth, predicted, who = mixed_bag(4, 10, rng)
    order = rng.permutation(len(truth))
    report, other = (
        score(saying(predicted), truth, who, LABELS),
        score(saying(predicted[order]), truth[order], who[order], LABELS),
    )
    assert report.interval == other.interval
    assert report.confusion == other.confusion


def test_sets_are_those_a_person_is_shown(rng):
    posteriors = rng.dirichlet(np.full(6, 0.7), 400).astype(np.float32)
    thresholds = rng.uniform(0.1, 0.6, (400, 6))
    truth = rng.integers(6, size=400)
    report = score(posteriors, truth, people(400), LABELS, thresholds=thresholds)
    shown = [prediction_set(p, LABELS, row) for p, row in zip(posteriors, thresholds, strict=True)]
    assert report.mean_set_size == pytest.approx(np.mean([len(one) for one in shown]))
    inside = [LABELS[label] in one for label, one in zip(truth, shown, strict=True)]
    assert report.coverage == pytest.approx(np.mean(inside))


def test_as_dict_has_the_promised_keys_and_is_json():
    report = score(saying([SAD, HAPPY]), [SAD, SAD], people(2), LABELS, {"no face": 3})
    found = json.loads(json.dumps(report.as_dict()))
    assert list(found) == [*KEYS, *MORE]
    assert found["skipped"] == {"no face": 3}
    assert found["n"] == 2
    assert found["interval"]["accuracy"] == [0.0, 1.0]
    assert found["per_class_recall"] == {"sad": 0.5}
    assert isinstance(report, Report)


def test_the_table_reads_well():
    lines = score(saying([SAD, HAPPY]), [SAD, SAD], people(2), LABELS, {"no face": 3}).table().splitlines()
    assert lines[0] == "2 examples judged"
    assert lines[1] == "3 left out: no face"
    (accuracy,) = (line for line in lines if line.startswith("accuracy"))
    assert accuracy.split() == "accuracy 0.500 95 %: 0.000 to 1.000, 2 people".split()  # noqa: SIM905
    assert "95 %: jackknife over people, Student's t (1 degrees of freedom)" in lines
    assert any(line.startswith("expected calibration error") for line in lines)
    (sad,) = (line for line in lines if line.startswith("sad"))
    assert sad.split() == ["sad", "0", "0", "1", "1", "0", "0", "0.50"]
    (angry,) = (line for line in lines if line.startswith("angry"))
    assert angry.split()[-1] == "-"
    assert lines[-1] == "rows: true, columns: predicted"
    assert max(map(len, lines)) <= 90


def test_one_speaker_has_no_interval():
    report = score(
        np.vstack([saying([SAD], 0.9), saying([HAPPY], 0.9)]), [SAD, SAD], ["anna", "anna"], LABELS
    )
    assert report.span("accuracy") == "no interval: one person"
    assert report.span("accuracy", "ja") == "なし（1 人のみ）"
    assert "jackknife" not in report.table()


def test_a_nan_is_not_the_likeliest_label():
    posteriors = np.full((3, len(LABELS)), 1.0 / len(LABELS))
    posteriors[1, 2] = np.nan
    with pytest.raises(InputError, match="1 examples got NaN or infinity"):
        score(posteriors, [0, 1, 2], people(3), LABELS)


def test_a_table_says_where_it_is_not_known_who_speaks():
    posteriors = np.vstack([saying([SAD], 0.9)] * 3)
    report = score(posteriors, [SAD] * 3, ["a", "b", "c"], LABELS, nameless=2)
    assert "2 of 3 rows do not say who speaks" in report.table()
    assert "who speaks" not in score(posteriors, [SAD] * 3, ["a", "b", "c"], LABELS).table()


def test_people_who_are_all_read_alike_are_still_several():
    report = score(np.vstack([saying([SAD], 0.9)] * 6), [HAPPY] * 6, [f"p{i}" for i in range(6)], LABELS)
    assert report.speakers == 6
    assert report.span("accuracy") == "0.000 to 0.390, 6 people"


@pytest.mark.parametrize(("shares", "told"), [((0.9, 0.1), True), ((0.5, 0.5), False)])
def test_the_accuracy_at_a_known_balance_is_told_where_it_is_another(rng, shares, told):
    """Posteriors for labels met alike, of a signal that often fails; most of the examples show one label."""
    labels = rng.choice(2, 2000, p=shares)
    signal = rng.normal(labels * 2.0 - 1.0, 1.5)
    right = 1.0 / (1.0 + np.exp(-2.0 * signal / 1.5**2))  # log-odds of two normals at -1 and 1
    posteriors = np.zeros((2000, len(LABELS)))
    posteriors[:, 0], posteriors[:, 1] = 1.0 - right, right
    report = score(posteriors, labels, [str(n) for n in range(2000)], LABELS)
    known = (signal - 1.0) ** 2 - 2 * 1.5**2 * np.log(shares[1]) < (signal + 1.0) ** 2 - 2 * 1.5**2 * np.log(
        shares[0]
    )
    assert report.accuracy_balance_known == pytest.approx((known == (labels == 1)).mean(), abs=0.01)
    for language, row in (("en", "known balance: accuracy"), ("ja", "正解率（割合が既知）")):
        assert (row in report.table(language)) is told
    if told:
        assert report.accuracy_balance_known > report.accuracy + 0.05
