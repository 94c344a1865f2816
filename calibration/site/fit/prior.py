"""How often each label is met on a site, from recordings that nobody labelled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calibration.site.fit.people import folds
from calibration.site.fit.regression import Array
from edge.bundle.site import Part
from edge.reading.priors import DOUBT, LEAST_WINDOWS, bbse, em_prior

COUNTS = 60.0
"""Windows that an even balance counts for."""
LEAST_SHARE = 0.01
"""No label is ruled out by recordings that lack it."""


def site_prior(
    posteriors: NDArray[np.float32],
    people: NDArray[np.int64],
    train_prior: tuple[float, ...],
    rates: Array | None,
) -> tuple[tuple[float, ...] | None, Part]:
    """The balance of labels, or None where it is not to be relied on; and why.

    posteriors: calibrated, under train_prior [k], of windows [n, k] of people [n]. rates: confusion rates of
    what the windows were fused from [k, k]; None: unknown. The prior is by EM (edge/reading/priors.py).
    """
    count = len(posteriors)
    if count < LEAST_WINDOWS:
        return None, Part(taken=False, why="site_prior_few")
    train = np.array(train_prior)
    parts = folds(people, np.zeros(count, np.int64), most=2)
    if not parts:
        return None, Part(taken=False, why="site_one_person")
    halves = [_estimate(posteriors[part], train) for part in parts]
    apart = float(np.abs(halves[0] - halves[1]).sum())
    measured = {"measure": "prior_gap", "before": round(apart, 4), "people": len(np.unique(people))}
    if apart > DOUBT:
        return None, Part(taken=False, why="site_prior_unsteady", **measured)
    prior = _estimate(posteriors, train)
    if (
        rates is not None
        and float(np.abs(em_prior(posteriors, train) - bbse(posteriors, rates)).sum()) > DOUBT
    ):
        return None, Part(taken=False, why="site_prior_doubtful", **measured)
    rounded = [round(float(share), 4) for share in prior]
    rounded[int(np.argmax(prior))] += round(1.0 - sum(rounded), 4)
    return tuple(rounded), Part(taken=True, why="site_prior_taken", **measured)


def _estimate(posteriors: NDArray[np.float32], train: Array) -> Array:
    found = em_prior(posteriors, train, COUNTS * train)
    found = np.maximum(found, LEAST_SHARE)
    return np.asarray(found / found.sum())
