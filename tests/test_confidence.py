"""Temperature, prediction sets, the check rule."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edge.confidence import needs_check, prediction_set, softmax

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


def test_the_set_is_never_empty():
    assert prediction_set(np.array([0.3, 0.4, 0.3], np.float32), LABELS, (0.9, 0.9, 0.9)) == ("b",)


@pytest.mark.parametrize(
    ("candidates", "margin", "expected"),
    [(("a",), 0.5, False), (("a", "b"), 0.5, True), (("a",), 0.05, True)],
)
def test_the_check_rule(candidates, margin, expected):
    assert needs_check(candidates, margin, 0.1) is expected
