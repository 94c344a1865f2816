"""Settings of the vote, fitted on streams of people that no network was trained on.

    tau, kappa      those under which the true labels are likeliest, the site's prior moving as it does on a
                    device; of all within ALIKE of the likeliest the one whose leader is right most often
                    (weighted F1)
    margin, dwell   of those whose mean weighted F1 is at most SLACK below the best the steadiest; on a tie
                    the smaller

Streams are composed as the vote is judged (calibration/judge/streams.py), so they change faster than a room:
tau is what such streams need, and a site may know better.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from calibration.judge.metrics import weighted_f1
from calibration.judge.streams import Stream
from edge.bundle.manifest import VotingSettings
from edge.reading.priors import MEMORY_S, OPERATOR_DRAWS
from edge.reading.voting import LEAST_PROBABILITY, Ballot, Rules, emission, moved, positive, quality_of, shown

TAUS_S = (4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 30.0, 45.0, 60.0)
KAPPAS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.85, 1.0)
MARGINS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3)
DWELLS_S = (0.0, 1.0, 2.0, 3.0)
ALIKE = 0.02
"""Log-likelihoods of a reading this near tell nothing on a few people (nats)."""
SLACK = 0.003
"""What steadiness may cost of the weighted F1."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class VoteFit:
    """The settings, and how they did."""

    settings: VotingSettings
    log_likelihood: float
    """Of the true label, mean over readings (nats)."""
    weighted_f1: float
    """Mean over streams, 0..1."""
    flips_a_minute: float
    """Changes of the shown label."""


def fit_vote(streams: Sequence[Stream], rules: Rules, hop_s: float) -> VoteFit:
    """Settings for streams of one length; rules: what is not fitted is as they say. One stream at least."""
    grid = np.array(list(product(TAUS_S, KAPPAS)))
    truth = np.array([stream.labels for stream in streams])
    likelihoods = np.zeros(len(grid))
    for hop, belief in enumerate(beliefs_of(streams, rules, hop_s, grid)):
        own = np.take_along_axis(belief, truth[None, :, hop, None], axis=-1)
        likelihoods += np.log(np.maximum(own, LEAST_PROBABILITY)).mean(axis=(1, 2)) / truth.shape[1]
    near = np.flatnonzero(likelihoods >= likelihoods.max() - ALIKE)
    beliefs = np.stack(list(beliefs_of(streams, rules, hop_s, grid[near])), axis=2)
    scores = [_score(streams, one.argmax(axis=-1)) for one in beliefs]
    place = int(np.argmax(scores))
    tau_s, kappa = (float(value) for value in grid[near[place]])
    fitted = rules.settings.model_copy(update={"tau_s": tau_s, "kappa": kappa})
    tried = []
    for margin, dwell_s in product(MARGINS, DWELLS_S):
        one = replace(rules, settings=fitted.model_copy(update={"margin": margin, "dwell_s": dwell_s}))
        labels = [_shown(belief, one, hop_s) for belief in beliefs[place]]
        flips = [(np.diff(own) != 0).sum() / (len(own) * hop_s / 60.0) for own in labels]
        tried.append((_score(streams, labels), float(np.mean(flips)), margin, dwell_s))
    least = max(score for score, *_ in tried) - SLACK
    score, flips_a_minute, margin, dwell_s = min(
        (row for row in tried if row[0] >= least), key=lambda row: row[1:]
    )
    settings = fitted.model_copy(update={"margin": margin, "dwell_s": dwell_s})
    return VoteFit(settings, float(likelihoods[near[place]]), score, flips_a_minute)


def beliefs_of(
    streams: Sequence[Stream], rules: Rules, hop_s: float, grid: Array
) -> Iterator[NDArray[np.float32]]:
    """Beliefs after each hop, [rows, streams, k], by the filter of the vote with each row (tau, kappa)."""
    train, site = positive(rules.train_prior), positive(rules.site_prior)
    posteriors = np.array([[p.probabilities for p in stream.predictions] for stream in streams], np.float64)
    quality = np.array([[quality_of(p) for p in stream.predictions] for stream in streams])
    stay = np.exp(-hop_s / grid[:, 0])[:, None, None]
    kappa, fade = grid[:, 1][:, None, None], np.exp(-hop_s / MEMORY_S)
    belief = draws = np.zeros((len(grid), *posteriors[:, 0].shape))
    for hop in range(posteriors.shape[1]):
        prior = OPERATOR_DRAWS * site + draws
        prior = prior / prior.sum(axis=-1, keepdims=True)
        evidence = emission(posteriors[:, hop], train, kappa * quality[:, hop, None])
        belief, drawn = moved(belief, stay if hop else 0.0, prior, evidence)
        draws = fade * draws + drawn
        yield belief.astype(np.float32)


def _score(streams: Sequence[Stream], labels: Iterable[NDArray[np.int64]]) -> float:
    """Mean weighted F1 of labels, [hops] of each stream."""
    return float(np.mean([weighted_f1(s.labels, own) for s, own in zip(streams, labels, strict=True)]))


def _shown(beliefs: NDArray[np.float32], rules: Rules, hop_s: float) -> NDArray[np.int64]:
    """The label shown at each hop, [n]; beliefs: [n, k]."""
    ballot, labels = Ballot(), []
    for hop, probabilities in enumerate(beliefs):
        label, challenger, since = shown(ballot, probabilities, hop * hop_s, rules)
        ballot = Ballot(None, label, challenger, since)
        labels.append(label)
    return np.array(labels)
