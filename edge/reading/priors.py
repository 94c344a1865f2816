"""How often each label is met on this site, learned while reading.

    prior   mean of a Dirichlet distribution: the operator's counts and the draws
    draws   how often the filter of the vote expects that each label was drawn anew, forgotten over an hour
            (online EM for hidden Markov models, Cappe 2011)
    EM      the prior that makes the calibrated posteriors of windows likeliest (Saerens, Latinne and
            Decaestecker 2002)
    BBSE    the prior that explains how often each label wins (Lipton, Wang, Smola 2018)

EM without the operator's counts and BBSE only check each other: where they differ, what is met here may
differ from training by more than its balance. What goes in are posteriors as the networks gave them, under
the training prior. The filter puts the prior of the moment on them once, as EM asks; its belief goes in
nowhere, for that would confirm the estimate by itself.
Pure functions: no clock, no I/O.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.items import Floats
from edge.reading.voting import LEAST_SHARE, Belief

MEMORY_S = 3600.0
"""Age at which a draw counts for 1 / e (seconds)."""
OPERATOR_DRAWS = 1000.0
"""How many draws the operator's prior counts for. The networks mistake one label for another in ways of their
own on each person, and draws count those mistakes: on streams of four hours of the dev speakers of
recipes/starter.toml and of EMOVO, which is foreign to it, 100 and 300 cost up to 3.2 and 0.9 points of
weighted F1, 1000 at most 0.3; the most that any of them gains is 0.3."""
LEAST_WINDOWS = 500
"""Fewer windows than this say nothing about the balance by themselves."""
KEPT_WINDOWS = 3600
"""Windows the cross-check looks back on: an hour at a hop of one second."""
EVERY = 60
"""Windows between two looks at the gap between them."""
DOUBT = 0.2
"""EM and BBSE further apart than this (sum of absolute differences) cannot both be right."""
STEPS, SETTLED = 300, 1e-5

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """What EM and BBSE look back on. Windows whose confusion is unknown take no part."""

    posteriors: Floats
    """Under the training prior, the last KEPT_WINDOWS, [n, k]."""
    rates: Array
    """Mean confusion rates of what the windows were fused from, [k, k]."""
    waiting: int = 0
    """Windows since the last look."""
    gap: float | None = None
    """Sum of absolute differences between EM and BBSE, 0..2; None before LEAST_WINDOWS."""


@dataclass(frozen=True, slots=True, eq=False)
class Census:
    """What is remembered of all people from one window to the next."""

    draws: Array | None = None
    """Expected draws of each label, old ones faded, [k]; None before the first window."""
    time: float = 0.0
    """Of the newest window (seconds)."""
    check: Check | None = None

    @property
    def gap(self) -> float | None:
        """Of the cross-check, 0..2; None: unknown."""
        return self.check.gap if self.check else None

    @property
    def doubtful(self) -> bool:
        """Whether EM and BBSE differ too much: what is met here may differ by more than its balance."""
        gap = self.gap
        return gap is not None and gap > DOUBT

    def prior(self, operator: Sequence[float]) -> tuple[float, ...]:
        """The site's prior as far as it is known by now, sums to 1. operator: the one stated, [k]."""
        if self.draws is None:
            return tuple(operator)
        counts = OPERATOR_DRAWS * np.asarray(operator) + self.draws
        return tuple((counts / counts.sum()).tolist())


def counted(
    census: Census,
    belief: Belief,
    posterior: Floats,
    train_prior: tuple[float, ...],
    confusion: Sequence[Sequence[float]] | None = None,
) -> Census:
    """Count a window in: what the vote made of it, and its posterior [labels] alone.

    confusion: of what this window was fused from, see `bbse`; None: unknown.
    """
    draws = belief.drawn
    if census.draws is not None:
        draws = draws + np.exp(-max(0.0, belief.time - census.time) / MEMORY_S) * census.draws
    check = census.check
    if confusion is not None:
        check = _checked(check, posterior, np.array(train_prior), np.array(confusion, np.float64))
    return Census(draws, max(census.time, belief.time), check)


def _checked(check: Check | None, posterior: Floats, train_prior: Array, rates: Array) -> Check:
    if check is None:
        return Check(posterior[None], rates)
    posteriors = np.concatenate([check.posteriors, posterior[None]])[-KEPT_WINDOWS:]
    # Windows fused from different modalities win as the mean of their rates says.
    rates = check.rates + (rates - check.rates) / len(posteriors)
    waiting = check.waiting + 1
    if len(posteriors) < LEAST_WINDOWS or (check.gap is not None and waiting < EVERY):
        return Check(posteriors, rates, waiting, check.gap)
    gap = np.abs(em_prior(posteriors, train_prior) - bbse(posteriors, rates)).sum()
    return Check(posteriors, rates, 0, float(gap))


def em_prior(posteriors: Floats, train_prior: Array, counts: Array | None = None) -> Array:
    """Prior under which posteriors were most likely met, [k], sums to 1.

    posteriors: [n, k] under train_prior [k], calibrated. counts: Dirichlet counts [k] of what was expected
    beforehand. Saerens et al. 2002, equations 9 and 10; with counts the mean of the Dirichlet posterior.
    """
    expected = np.zeros(len(train_prior)) if counts is None else counts
    likelihoods = posteriors.astype(np.float64) / np.maximum(train_prior, LEAST_SHARE)
    prior: Array = np.array(train_prior, np.float64)
    for _ in range(STEPS):
        weighted = likelihoods * prior
        shares = weighted / np.maximum(weighted.sum(axis=1, keepdims=True), 1e-300)
        moved = (shares.sum(axis=0) + expected) / (len(posteriors) + expected.sum())
        settled = np.abs(moved - prior).sum() < SETTLED
        prior = moved
        if settled:
            break
    return np.asarray(prior / prior.sum())


def bbse(posteriors: Floats, confusion: NDArray[np.floating]) -> Array:
    """Prior that explains how often each label wins, [k], sums to 1.

    posteriors: [n, k]. confusion: [k, k], row: true label, its shares of predicted labels, on people unseen.
    Lipton et al. 2018, with what came out negative set to 0.
    """
    won = np.bincount(posteriors.argmax(axis=1), minlength=posteriors.shape[1]) / len(posteriors)
    found = np.linalg.lstsq(confusion.T, won, rcond=None)[0].clip(min=0.0)
    total = found.sum()
    return np.asarray(found / total if total > 0 else np.full(len(won), 1.0 / len(won)))
