"""Labels for a whole recording under known shares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edge.errors import InputError
from edge.reading.quotas import assign

rows = arrays(
    np.float32, st.tuples(st.integers(1, 30), st.just(4)), elements=st.floats(0.0625, 1.0, width=32)
)
shares = st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4).filter(lambda s: sum(s) > 0.1)


@given(rows, shares)
def test_every_label_gets_its_share(values, wished):
    posteriors, wished = values / values.sum(axis=1, keepdims=True), np.array(wished) / sum(wished)
    counts = np.bincount(assign(posteriors, wished), minlength=4)
    assert counts.sum() == len(posteriors)
    assert (np.abs(counts - len(posteriors) * wished) < 1.0 + 1e-6).all()


def test_quotas_move_the_least_sure_windows():
    posteriors = np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.55, 0.45]], np.float32)
    assert assign(posteriors, (0.5, 0.5)).tolist() == [0, 0, 1, 1]
    assert assign(posteriors, (0.75, 0.25)).tolist() == [0, 0, 0, 1]
    assert assign(posteriors, (1.0, 0.0)).tolist() == [0, 0, 0, 0]


@given(rows)
def test_right_quotas_change_nothing(values):
    posteriors = values / values.sum(axis=1, keepdims=True)
    won = posteriors.argmax(axis=1)
    ordered = np.sort(posteriors, axis=1)
    if (ordered[:, -1] - ordered[:, -2]).min() < 0.2:
        return
    np.testing.assert_array_equal(assign(posteriors, np.bincount(won, minlength=4) / len(won)), won)


def test_quotas_help_where_the_balance_is_known():
    rng = np.random.default_rng(3)
    labels = rng.choice(3, size=600, p=(0.8, 0.1, 0.1))
    scores = rng.normal(size=(600, 3)) + 1.2 * np.eye(3)[labels]
    posteriors = np.exp(1.2 * scores) / np.exp(1.2 * scores).sum(axis=1, keepdims=True)
    found = assign(posteriors.astype(np.float32), np.bincount(labels, minlength=3) / 600)
    assert (found == labels).mean() > (posteriors.argmax(axis=1) == labels).mean() + 0.05


@pytest.mark.parametrize("wished", [(0.5, 0.5), (0.5, 0.6, -0.1), (0.5, 0.5, 0.5)])
def test_shares_that_fit_nothing_are_refused(wished):
    with pytest.raises(InputError, match="the quotas must be 3 shares that sum to 1"):
        assign(np.full((4, 3), 1 / 3, np.float32), wished)
