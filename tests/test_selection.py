"""Every rule that makes a guess a label, on arrays small enough to check by hand."""

import numpy as np
import pytest

from edge.starter_labels import STARTER as LABELS
from export.pseudo.policy import Policy
from export.pseudo.selection import freematch, rule, select, sharpened, softmatch
from export.pseudo.sensitivity import LEFT, TOP, WIDTH, curve, draw_curve, table


def posteriors(*rows):
    """Likeliest label and its probability, of each clip; the rest is shared evenly."""
    found = np.zeros((len(rows), 6), np.float32)
    for row, (label, sure) in enumerate(rows):
        found[row] = (1 - sure) / 5
        found[row, label] = sure
    return found


PLAIN = {"fold_agreement": 0.0, "head_agreement": False, "quotas": False}


def chosen(given, votes=None, second=None, **policy):
    votes = np.tile(given.argmax(1), (4, 1)) if votes is None else np.asarray(votes)
    return select(given, votes, given if second is None else second, Policy(**(PLAIN | policy)), LABELS)


def test_a_fixed_threshold_takes_what_reaches_it():
    found = chosen(posteriors((0, 0.95), (1, 0.9), (2, 0.89)), threshold=0.9)
    assert found.weight.tolist() == [1, 1, 0]
    assert found.labels.tolist() == [0, 1, 2]
    assert found.left_out["not sure enough"] == 1


def test_a_label_has_its_own_threshold():
    given = posteriors((4, 0.86), (5, 0.86), (0, 0.86))
    found = chosen(given, rule="per_class", threshold=0.9, per_class={"worried": 0.85})
    assert found.weight.tolist() == [1, 0, 0]
    assert found.thresholds == (0.9, 0.9, 0.9, 0.9, 0.85, 0.9)


def test_freematch_asks_less_of_labels_that_are_told_less_surely():
    given = posteriors((0, 0.9), (0, 0.9), (0, 0.8), (4, 0.6))
    mean = given.mean(axis=0)
    thresholds = freematch(given)
    assert thresholds[0] == pytest.approx(given.max(axis=1).mean())  # the label met most: 0.8
    assert thresholds[4] == pytest.approx(0.8 * mean[4] / mean[0])
    weight, told = rule(given, Policy(rule="freematch"), LABELS)
    assert weight.tolist() == [1, 1, 1, 1]
    assert told == pytest.approx(thresholds)
    assert rule(posteriors((0, 0.9), (0, 0.7)), Policy(rule="freematch"), LABELS)[0].tolist() == [1, 0]


def test_softmatch_weighs_by_a_gaussian_below_the_mean():
    sure = np.array([0.9, 0.7, 0.5], np.float32)
    variance = np.var([0.9, 0.7, 0.5])
    assert softmatch(sure) == pytest.approx([1.0, 1.0, np.exp(-(0.2**2) / (2 * variance))], rel=1e-5)
    assert softmatch(np.full(3, 0.6, np.float32)).tolist() == [1, 1, 1]


def test_a_softmatch_weight_of_next_to_nothing_is_none():
    given = posteriors(*[(0, 0.95)] * 99, (1, 0.3))
    assert rule(given, Policy(rule="softmatch"), LABELS)[0][-1] == 0


def test_folds_must_agree():
    given = posteriors((0, 0.99), (1, 0.99))
    votes = [[0, 1], [0, 1], [0, 1], [0, 2]]
    found = chosen(given, votes, fold_agreement=1.0)
    assert found.weight.tolist() == [1, 0]
    assert found.agreement.tolist() == [1.0, 0.75]
    assert chosen(given, votes, fold_agreement=0.75).weight.tolist() == [1, 1]


def test_the_second_head_must_agree():
    given = posteriors((0, 0.99), (1, 0.99))
    second = posteriors((0, 0.3), (2, 0.3))
    found = chosen(given, second=second, head_agreement=True)
    assert found.weight.tolist() == [1, 0]
    assert found.head.tolist() == [True, False]
    assert found.left_out["the second head disagrees"] == 1


def test_quotas_hold_a_label_to_its_prior():
    given = posteriors((0, 0.99), (0, 0.98), (0, 0.97), (0, 0.91))
    prior = {name: 0.5 if name in ("neutral", "sad") else 0.0 for name in LABELS}
    found = chosen(given, quotas=True, prior=prior)
    assert found.weight.sum() == 2
    assert found.left_out["over the label's quota"] == 2
    assert found.prior == tuple(prior.values())


def test_without_a_prior_the_pool_tells_its_own():
    given = posteriors(*[(0, 0.95)] * 30, *[(3, 0.95)] * 10)
    found = chosen(given, quotas=True)
    assert found.prior[0] == pytest.approx(0.75, abs=0.05)
    assert found.weight.sum() >= 38


def test_every_clip_left_out_is_counted_once(rng):
    given = rng.dirichlet(np.full(6, 0.3), 200).astype(np.float32)
    second = rng.dirichlet(np.full(6, 0.3), 200).astype(np.float32)
    votes = rng.integers(0, 6, (3, 200))
    found = select(given, votes, second, Policy(threshold=0.5, fold_agreement=0.3), LABELS)
    assert sum(found.left_out.values()) + (found.weight > 0).sum() == 200


def test_sharpened_labels_keep_their_order_and_sum_to_one():
    given = posteriors((2, 0.5), (0, 0.9))
    assert np.allclose(sharpened(given, 1.0), given)
    assert sharpened(given, 2.0)[0, 2] == pytest.approx(0.25 / (0.25 + 5 * 0.01), rel=1e-5)
    assert np.allclose(sharpened(given, 3.0).sum(axis=1), 1)


# The curve somebody looks at before signing


def test_the_curve_tells_what_a_threshold_takes_and_how_much_of_it_is_right():
    given = posteriors(*[(0, 0.9)] * 20, *[(1, 0.5)] * 20)
    truth = np.array([0] * 19 + [3] + [1] * 10 + [2] * 10)
    points = {p.threshold: p for p in curve(given, truth, np.ones(40, bool), LABELS)}
    assert (points[0.5].coverage, points[0.5].precision) == (1.0, 29 / 40)
    assert (points[0.6].coverage, points[0.6].precision) == (0.5, 0.95)
    assert points[0.6].bound == pytest.approx(0.764, abs=1e-3)
    assert points[0.6].by_label["neutral"] == (20, 19)
    assert points[0.95].precision is None
    agreed = np.arange(40) < 12
    assert {p.threshold: p for p in curve(given, truth, agreed, LABELS)}[0.5].coverage == 0.3


def test_the_curve_is_drawn_with_the_policys_thresholds():
    given = posteriors(*[(0, 0.9)] * 20, *[(1, 0.5)] * 20)
    points = curve(given, np.zeros(40, int), np.ones(40, bool), LABELS)
    image = draw_curve(points, (0.8,), 40)
    plain = draw_curve(points, (), 40)
    x = LEFT + round(0.5 / 0.7 * WIDTH)
    assert (image[TOP + 60, x] != plain[TOP + 60, x]).any()
    assert "0.90   0.500   1.000" in table(points)
