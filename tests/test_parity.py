import math

import numpy as np
import pytest

from calibration.int8.parity import compare_engines, parity, require_finite
from edge.errors import InputError


class Echo:
    """An engine that gives its input back, changed."""

    def __init__(self, change, name="y"):
        self.change, self.name = change, name

    def run(self, inputs):
        return {self.name: self.change(inputs["x"])}


def _feeds(count=3):
    rng = np.random.default_rng(0)
    return [{"x": rng.standard_normal((4, 6)).astype(np.float32)} for _ in range(count)]


def test_equal_engines():
    found = compare_engines(Echo(lambda x: x), Echo(lambda x: x.copy()), _feeds())["y"]
    assert found.cosine == pytest.approx(1.0)
    assert (found.max_abs, found.snr_db, found.agreement, found.calls) == (0.0, math.inf, 1.0, 3)


def test_a_tenth_off_is_twenty_decibels():
    found = compare_engines(Echo(lambda x: x), Echo(lambda x: 1.1 * x), _feeds())["y"]
    assert found.snr_db == pytest.approx(20.0, abs=1e-4)
    assert found.cosine == pytest.approx(1.0)
    assert found.agreement == 1.0


def test_cosine_is_that_of_the_worst_call():
    good, bad = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    found = parity([(good, good), (good, bad)])
    assert found.cosine == 0.0
    assert found.agreement == 0.5
    assert found.max_abs == 1.0


def test_rows_are_compared_one_by_one():
    a = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
    b = np.array([[0.8, 0.2], [0.6, 0.4], [0.7, 0.3], [0.1, 0.9]])
    assert parity([(a, b)]).agreement == 0.75


def test_outputs_that_are_all_zero():
    zero, one = np.zeros((1, 3)), np.ones((1, 3))
    assert parity([(zero, zero)]).cosine == 1.0
    silent = parity([(zero, one)])
    assert (silent.cosine, silent.snr_db) == (0.0, -math.inf)


def test_nothing_to_compare():
    with pytest.raises(InputError, match="gave no window"):
        compare_engines(Echo(lambda x: x), Echo(lambda x: x), [])
    with pytest.raises(InputError, match=r"outputs y and z"):
        compare_engines(Echo(lambda x: x), Echo(lambda x: x, "z"), _feeds())


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("call", [0, 2])
def test_a_nan_is_never_good_enough(rng, call, value):
    calls = [(row := rng.standard_normal((1, 6)), row + 1e-3) for _ in range(3)]
    calls[call][1][0, 2] = value
    found = parity(calls)
    assert not found.cosine >= 0.9
    assert not found.mean_cosine >= 0.9
    assert not found.max_abs <= 1.0
    assert found.snr_db == -math.inf
    with pytest.raises(InputError, match="text gives NaN or infinity as y for a recording"):
        require_finite([{"y": candidate} for _, candidate in calls], "text")
