"""Settings of the vote, fitted on streams of people that no network was trained on.

    tau, kappa,     those under which the true labels are likeliest, the site's prior moving as it does on a
    temperature     device; of all within ALIKE of the likeliest, and at most SLACK below the best of these in
                    mean weighted F1, the quickest (least tau), on a tie the likeliest
    margin, dwell   of those at most SLACK below the best the steadiest; on a tie the smaller

Streams are composed as the vote is judged (calibration/judge/streams.py), so they change faster than a room:
tau is what such streams need, and a site may know better. Every person weighs the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product

import numpy as np
from numpy.typing import NDArray

from calibration.judge.metrics import weighted_f1
from calibration.judge.streams import Stream
from edge.bundle.manifest import VotingSettings
from edge.reading.priors import MEMORY_S, OPERATOR_DRAWS
from edge.reading.voting import (
    LEAST_PROBABILITY,
    Ballot,
    Rules,
    emission,
    moved,
    positive,
    quality_of,
    shown,
    tempered,
)

TAUS_S = (4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 30.0, 45.0, 60.0)
KAPPAS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0)
TEMPERATURES = (0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0, 2.5)
MARGINS = (0.0, 0.05, 0.1, 0.2)
DWELLS_S = (0.0, 1.0, 2.0)
EVERY = 5
"""Hops between two readings whose likelihood counts: those between are hardly news."""
ALIKE = 0.02
"""Log-likelihoods of a reading this near tell nothing on a few people (nats)."""
SLACK = 0.001
"""What quickness and steadiness may each cost of the weighted F1."""

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
    likelihoods = log_likelihoods(streams, rules, hop_s, grid, TEMPERATURES)
    warmest = likelihoods.argmax(axis=1)
    best = likelihoods.max(axis=1)
    near = np.flatnonzero(best >= best.max() - ALIKE)
    powers = 1.0 / np.array(TEMPERATURES)[warmest[near], None, None]
    steps = beliefs_of(streams, rules, hop_s, grid[near])
    said = np.stack([tempered(*step, powers).astype(np.float32) for step in steps], axis=2)
    scores = np.array([_score(streams, one.argmax(axis=-1)) for one in said])
    good = np.flatnonzero(scores >= scores.max() - SLACK)
    place = int(min(good, key=lambda i: (grid[near[i], 0], -best[near[i]])))
    tau_s, kappa = (float(value) for value in grid[near[place]])
    temperature = TEMPERATURES[warmest[near[place]]]
    fitted = rules.settings.model_copy(update={"tau_s": tau_s, "kappa": kappa, "temperature": temperature})
    margin, dwell_s, score, flips_a_minute = _steadiest(
        streams, said[place], replace(rules, settings=fitted), hop_s
    )
    settings = fitted.model_copy(update={"margin": margin, "dwell_s": dwell_s})
    return VoteFit(settings, float(best[near[place]]), score, flips_a_minute)


def log_likelihoods(
    streams: Sequence[Stream], rules: Rules, hop_s: float, grid: Array, temperatures: Sequence[float]
) -> Array:
    """Of the true label, mean over people and every EVERYth reading (nats), [rows, temperatures].

    grid: see beliefs_of.
    """
    truth = np.array([stream.labels for stream in streams])
    names, whose = np.unique([stream.speaker for stream in streams], return_inverse=True)
    weights = 1.0 / (len(names) * np.bincount(whose)[whose] * len(range(0, truth.shape[1], EVERY)))
    found = np.zeros((len(grid), len(temperatures)))
    for hop, (belief, prior) in islice(enumerate(beliefs_of(streams, rules, hop_s, grid)), 0, None, EVERY):
        for column, temperature in enumerate(temperatures):
            said = tempered(belief, prior, 1.0 / temperature)
            own = np.take_along_axis(said, truth[None, :, hop, None], axis=-1)[..., 0]
            found[:, column] += np.log(np.maximum(own, LEAST_PROBABILITY)) @ weights
    return found


def beliefs_of(
    streams: Sequence[Stream], rules: Rules, hop_s: float, grid: Array
) -> Iterator[tuple[Array, Array]]:
    """Belief after each hop and the site's prior, [rows, streams, k]. grid: a row (tau, kappa) a filter."""
    train, site = positive(rules.train_prior), positive(rules.site_prior)
    posteriors = np.array([[p.probabilities for p in stream.predictions] for stream in streams], np.float64)
    quality = np.array([[quality_of(p) * p.familiar for p in s.predictions] for s in streams])
    stay = np.exp(-hop_s / grid[:, 0])[:, None, None]
    kappa, fade = grid[:, 1][:, None, None], np.exp(-hop_s / MEMORY_S)
    belief = draws = np.zeros((len(grid), *posteriors[:, 0].shape))
    for hop in range(posteriors.shape[1]):
        prior = OPERATOR_DRAWS * site + draws
        prior = prior / prior.sum(axis=-1, keepdims=True)
        evidence = emission(posteriors[:, hop], train, kappa * quality[:, hop, None])
        belief, drawn = moved(belief, stay if hop else 0.0, prior, evidence)
        draws = fade * draws + drawn
        yield belief, prior


def _steadiest(
    streams: Sequence[Stream], said: NDArray[np.float32], rules: Rules, hop_s: float
) -> tuple[float, float, float, float]:
    """Margin, dwell time (seconds), mean weighted F1 and flips a minute; said: [streams, hops, k]."""
    tried = []
    for margin, dwell_s in product(MARGINS, DWELLS_S):
        settings = rules.settings.model_copy(update={"margin": margin, "dwell_s": dwell_s})
        labels = [_shown(own, replace(rules, settings=settings), hop_s) for own in said]
        flips = [(np.diff(own) != 0).sum() / (len(own) * hop_s / 60.0) for own in labels]
        tried.append((_score(streams, labels), float(np.mean(flips)), margin, dwell_s))
    least = max(score for score, *_ in tried) - SLACK
    best = min((row for row in tried if row[0] >= least), key=lambda row: row[1:])
    return best[2], best[3], best[0], best[1]


def _score(streams: Sequence[Stream], labels: Iterable[NDArray[np.int64]]) -> float:
    """Mean weighted F1 of labels, [hops] of each stream; every person weighs the same."""
    by_person: dict[str, list[float]] = {}
    for stream, own in zip(streams, labels, strict=True):
        by_person.setdefault(stream.speaker, []).append(weighted_f1(stream.labels, own))
    return float(np.mean([np.mean(scores) for scores in by_person.values()]))


def _shown(beliefs: NDArray[np.float32], rules: Rules, hop_s: float) -> NDArray[np.int64]:
    """The label shown at each hop, [n]; beliefs: [n, k]."""
    ballot, labels = Ballot(), []
    for hop, probabilities in enumerate(beliefs):
        label, challenger, since = shown(ballot, probabilities, hop * hop_s, rules)
        ballot = Ballot(None, label, challenger, since)
        labels.append(label)
    return np.array(labels)
