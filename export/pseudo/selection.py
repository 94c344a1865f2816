"""Which guesses become pseudo-labels, and with what weight: pure functions of posteriors.

    fixed      one threshold on the likeliest label's probability (Lee 2013; FixMatch, Sohn et al. 2020)
    per_class  one threshold a label
    freematch  thresholds from the pool itself (Wang et al. 2023, equations 4 to 6)
    softmatch  no threshold: weights fall off as a Gaussian below the mean (Chen et al. 2023, equation 7)

The papers keep running means over batches; a round sees the whole pool, and takes plain means.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.items import Floats
from edge.labels import Labels
from edge.reading.priors import em_prior
from edge.reading.quotas import assign
from export.pseudo.policy import Policy

LEAST_WEIGHT = 0.01
"""SoftMatch weights below this are none."""


@dataclass(frozen=True, eq=False)
class Selection:
    """The verdict on each of n pool clips."""

    weight: Floats
    """0 where the clip gets no label, at most 1, [n]."""
    labels: NDArray[np.int64]
    """Likeliest label, [n]."""
    agreement: Floats
    """Share of the folds that name it, [n]."""
    head: NDArray[np.bool_]
    """Whether the second head names it, [n]."""
    thresholds: tuple[float, ...]
    """Of each label; 0 where the rule has none."""
    prior: tuple[float, ...]
    """Share of each label the quotas are for."""
    left_out: dict[str, int]
    """Clips by the first reason they get no label for."""


def select(
    posteriors: Floats, votes: NDArray[np.int64], second: Floats, policy: Policy, names: Labels
) -> Selection:
    """Apply a policy to the pool.

    posteriors: calibrated, [n, k]. votes: likeliest label by fold, [folds, n]. second: posteriors of the
    head on other features, [n, k]. names: of the labels.
    """
    labels = posteriors.argmax(axis=1)
    agreement = (votes == labels).mean(axis=0).astype(np.float32)
    same = second.argmax(axis=1) == labels
    prior = share_of_labels(posteriors, policy, names)
    weight, thresholds = rule(posteriors, policy, names)
    reasons = {
        "not sure enough": weight <= 0,
        "the folds disagree": agreement < policy.fold_agreement - 1e-6,
        "the second head disagrees": ~same if policy.head_agreement else np.zeros_like(same),
        "over the label's quota": assign(posteriors, prior) != labels
        if policy.quotas
        else np.zeros_like(same),
    }
    refused, left_out = np.zeros(len(labels), bool), {}
    for reason, hit in reasons.items():
        left_out[reason] = int((hit & ~refused).sum())
        refused |= hit
    return Selection(
        np.where(refused, 0.0, weight).astype(np.float32),
        labels,
        agreement,
        same,
        thresholds,
        prior,
        left_out,
    )


def share_of_labels(posteriors: Floats, policy: Policy, names: Labels) -> tuple[float, ...]:
    """The policy's prior, or the likeliest one under the posteriors, whose own is even; [k]."""
    if policy.prior:
        return tuple(policy.prior[name] for name in names)
    return tuple(em_prior(posteriors, np.full(len(names), 1.0 / len(names))).tolist())


def rule(posteriors: Floats, policy: Policy, names: Labels) -> tuple[Floats, tuple[float, ...]]:
    """Weight of each clip by its sureness alone [n], and the threshold of each label [k]."""
    sure = posteriors.max(axis=1)
    if policy.rule == "softmatch":
        weight = softmatch(sure)
        return np.where(weight < LEAST_WEIGHT, 0, weight).astype(np.float32), (0.0,) * len(names)
    if policy.rule == "freematch":
        thresholds = freematch(posteriors)
    else:
        thresholds = np.array([policy.per_class.get(name, policy.threshold) for name in names])
    taken = sure >= thresholds[posteriors.argmax(axis=1)] - 1e-6
    return taken.astype(np.float32), tuple(thresholds.tolist())


def freematch(posteriors: Floats) -> NDArray[np.float64]:
    """Self-adaptive threshold of each label, [k], of posteriors [n, k].

    tau(c) = p(c) / max p * tau; tau is the mean of the largest probability, p(c) the mean probability of c.
    """
    mean = posteriors.astype(np.float64).mean(axis=0)
    return np.asarray(mean / mean.max() * posteriors.max(axis=1).mean())


def softmatch(sure: Floats) -> Floats:
    """Weight of each clip [n] by its largest probability [n]: exp(-(sure - mu)^2 / 2 sigma^2), 1 above mu."""
    values = sure.astype(np.float64)
    below = np.minimum(values - values.mean(), 0.0)
    return np.asarray(np.exp(-np.square(below) / (2.0 * max(float(values.var()), 1e-12))), np.float32)


def sharpened(posteriors: Floats, sharpness: float) -> Floats:
    """p^s / sum p^s, [n, k] (MixMatch, Berthelot et al. 2019, equation 7 with s = 1 / T).

    Posteriors that are calibrated on unseen people have low confidence even where they are right. Trained on
    without sharpening, they lower the student's confidence and its recall.
    """
    powers = posteriors.astype(np.float64) ** sharpness
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
