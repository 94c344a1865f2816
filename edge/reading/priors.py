"""How often each label is met on this site, learned from posteriors alone.

    EM     the prior that makes the calibrated posteriors likeliest (Saerens, Latinne, Decaestecker 2002)
    BBSE   the prior that explains how often each label wins (Lipton, Wang, Smola 2018): the cross-check

The operator's prior takes part as Dirichlet counts. What goes in are posteriors as the networks gave them:
a posterior corrected by the estimate would confirm the estimate. Pure functions: no clock, no I/O.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from edge.items import Floats

LEAST_WINDOWS = 500
"""Fewer windows than this leave the operator's prior as it is."""
KEPT_WINDOWS = 3600
"""Windows an estimate looks back on: an hour at a hop of one second."""
EVERY = 60
"""Windows between two estimates."""
OPERATOR_WINDOWS = 1000.0
"""How many windows the operator's prior counts for."""
DOUBT = 0.2
"""EM and BBSE further apart than this (sum of absolute differences) cannot both be right."""
STEPS, SETTLED = 300, 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Census:
    """What the estimate remembers from one window to the next."""

    posteriors: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    """Posteriors under the training prior, shape [n, labels], oldest first."""
    confusion: Floats = field(default_factory=lambda: np.zeros((0, 0, 0), np.float32))
    """Confusion rates of what each of them was fused from, shape [n, labels, labels]; unknown ones NaN."""
    waiting: int = 0
    """Windows since the last estimate."""
    prior: tuple[float, ...] | None = None
    """The estimate, sums to 1; None before LEAST_WINDOWS."""
    gap: float | None = None
    """Sum of absolute differences between EM and BBSE, 0..2; None without a confusion table or estimate."""

    @property
    def doubtful(self) -> bool:
        """Whether EM and BBSE differ too much: what is met here may differ by more than its balance."""
        return self.gap is not None and self.gap > DOUBT


def counted(
    census: Census,
    posterior: Floats,
    train_prior: tuple[float, ...],
    site_prior: tuple[float, ...],
    confusion: Sequence[Sequence[float]] | None = None,
) -> Census:
    """Count one window's posterior [labels] in; every EVERY windows, from LEAST_WINDOWS on, estimate anew.

    site_prior: the operator's. confusion: of what this window was fused from, see `bbse`; None: unknown, the
    window takes no part in the cross-check.
    """
    k = len(posterior)
    posteriors = np.concatenate([census.posteriors.reshape(-1, k), posterior[None]])[-KEPT_WINDOWS:]
    newest = np.full((1, k, k), np.nan if confusion is None else confusion, np.float32)
    rates = np.concatenate([census.confusion.reshape(-1, k, k), newest])[-KEPT_WINDOWS:]
    waiting = census.waiting + 1
    if len(posteriors) < LEAST_WINDOWS or (census.prior and waiting < EVERY):
        return replace(census, posteriors=posteriors, confusion=rates, waiting=waiting)
    counts = OPERATOR_WINDOWS * np.array(site_prior)
    prior = em_prior(posteriors, np.array(train_prior), counts)
    gap = None
    known = np.isfinite(rates[:, 0, 0])
    if known.sum() >= LEAST_WINDOWS:
        # Without the operator's counts: the two are to agree on what was met, not on what was expected.
        met = em_prior(posteriors[known], np.array(train_prior))
        # Windows fused from different modalities win as the mean of their rates says.
        gap = float(np.abs(met - bbse(posteriors[known], rates[known].mean(axis=0))).sum())
    return Census(posteriors, rates, 0, tuple(prior.tolist()), gap)


def em_prior(
    posteriors: Floats, train_prior: NDArray[np.float64], counts: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Prior under which posteriors were most likely met, [k], sums to 1.

    posteriors: [n, k] under train_prior [k], calibrated. counts: Dirichlet counts [k] of what was expected
    beforehand. Saerens et al. 2002, equations 9 and 10; with counts the mean of the Dirichlet posterior.
    """
    expected = np.zeros(len(train_prior)) if counts is None else counts
    likelihoods = posteriors.astype(np.float64) / np.maximum(train_prior, 1e-9)
    prior: NDArray[np.float64] = np.array(train_prior, np.float64)
    for _ in range(STEPS):
        weighted = likelihoods * prior
        shares = weighted / np.maximum(weighted.sum(axis=1, keepdims=True), 1e-300)
        moved = (shares.sum(axis=0) + expected) / (len(posteriors) + expected.sum())
        settled = np.abs(moved - prior).sum() < SETTLED
        prior = moved
        if settled:
            break
    return np.asarray(prior / prior.sum())


def bbse(posteriors: Floats, confusion: NDArray[np.floating]) -> NDArray[np.float64]:
    """Prior that explains how often each label wins, [k], sums to 1.

    posteriors: [n, k]. confusion: [k, k], row: true label, its shares of predicted labels, on people unseen.
    Lipton et al. 2018, with what came out negative set to 0.
    """
    k = posteriors.shape[1]
    won = np.bincount(posteriors.argmax(axis=1), minlength=k) / len(posteriors)
    solved = np.linalg.lstsq(confusion.T, won, rcond=None)[0].clip(min=0.0)
    total = solved.sum()
    return np.asarray(solved / total if total > 0 else np.full(k, 1.0 / k))
