"""The vote: calibrated posteriors of windows -> one steady reading, by a forward filter.

The filter knows how likely each label is (belief) and of which time that is. From one window to the next:

    kept        = exp(-dt / tau)                          what was shown goes on, else a label is drawn anew
    expected    = kept * belief + (1 - kept) * prior      prior: how often each label is met on the site
    emission    = (p / train_prior)^(kappa * quality)     p: the window's posterior
    belief      proportional to expected * emission
    probability proportional to prior * (belief / prior)^(1 / temperature)

So an empty vote is the site's prior, without evidence the belief fades back to it, windows of one time may
come in any order, and two of half the quality say as much as a whole one. kappa is less than 1 because
windows that overlap share most of what they hold. Windows of one voice are wrong alike as well: the filter is
surer than it is right, and the temperature takes that back (Guo et al. 2017) without making it slower.
Forward filter of a hidden Markov model: Rabiner 1989.

    shown       = the likeliest label, once it led the shown one by a margin for a dwell time

Pure functions: no clock, no I/O. What must be remembered is a `Ballot`, passed in and handed back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.bundle.manifest import Manifest, Rates, VotingSettings
from edge.items import MODALITIES, Floats, Prediction

NOISY, GOOD_QUALITY = 0.8, 0.5
"""What a window of no quality says, of what a clear one does, and the quality from which on a window counts
whole: speech 20 dB over the noise. Measured quality is doubtful: it is 0 in more than a tenth of the clear
clips of EMOVO. So 0.8: on dev speakers it gains 0.7 points of weighted F1 beside machines (5 and 0 dB), on
the mean, and costs at most 0.4 in the clear; 0.7 gains 1.0 and costs 0.7.
"""
LEAST_PROBABILITY = 1e-6
"""No single window rules a label out for good."""
LEAST_SHARE = 1e-9
"""Smaller shares and beliefs count as this: nothing is divided by 0."""
TIE = 1e-6
"""Leads below this are ties; posteriors are float32."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a vote is held under; constant for a run, but for the site's prior."""

    settings: VotingSettings
    site_prior: tuple[float, ...]
    """How often each label is met on this site; sums to 1."""
    train_prior: tuple[float, ...]
    """How often each label was met in training; sums to 1."""
    confusion: Mapping[str, Rates] | None = None
    """Confusion rates of what may be fused, by its name (Manifest.confusion); None: no cross-check."""

    @classmethod
    def of(cls, manifest: Manifest) -> Rules:
        """The rules a bundle brings."""
        return cls(manifest.voting, manifest.site_prior, manifest.train_prior, manifest.confusion)

    def rates(self, name: str) -> Rates | None:
        """Confusion rates of what was fused, by its name; None: unknown."""
        return (self.confusion or {}).get(name)


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """What the filter knows after a window."""

    time: float
    """End of the window (seconds)."""
    probabilities: Array
    """Of each label, [k], sums to 1."""
    drawn: Array
    """Probability that each label was drawn anew in this step, [k] (edge/reading/priors.py)."""
    influence: float
    """Influence of all windows together on the belief, see `filtered`."""
    age_s: float
    """Their mean age, each by its influence (seconds)."""
    windows: float
    """How many there were, each by the share of it that survives."""


@dataclass(frozen=True, slots=True, eq=False)
class Ballot:
    """What the vote remembers from one window to the next."""

    belief: Belief | None = None
    """None before the first vote."""
    label: int | None = None
    """Index of the shown label; None before the first vote."""
    challenger: int | None = None
    """Index of a label that leads the shown one by the margin and waits out its dwell time."""
    since: float = 0.0
    """When the challenger took that lead (seconds)."""

    def over(self, time: float, settings: VotingSettings) -> bool:
        """Whether at a time (seconds) it is forgotten."""
        return self.belief is None or time - self.belief.time > settings.memory_s


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """The outcome of one vote."""

    label: int
    """Index of the label to show."""
    probabilities: Floats
    """Under the site's prior, shape [labels], sums to 1."""
    margin: float
    """Lead of the first label over the second, 0..1."""
    votes: int
    """Windows the belief rests on, each by the share of it that survives; at least 1."""
    held: bool
    """True while the leader is not yet, or not clearly enough, the shown label."""
    delay_ms: float
    """Mean age of the evidence, each window by its influence (milliseconds)."""


def vote(ballot: Ballot, prediction: Prediction, rules: Rules) -> tuple[Ballot, Tally]:
    """Count a new window in and say what to show at its time.

    A ballot that is forgotten by then starts anew.
    """
    now = prediction.time
    ballot = Ballot() if ballot.over(now, rules.settings) else ballot
    belief = filtered(ballot.belief, prediction, rules)
    probabilities = told(belief, rules).astype(np.float32)
    label, challenger, since = shown(ballot, probabilities, now, rules)
    tally = Tally(
        label=label,
        probabilities=probabilities,
        margin=margin(probabilities),
        votes=max(1, round(belief.windows)),
        held=label != leader(probabilities, rules.site_prior),
        delay_ms=1000.0 * belief.age_s,
    )
    return Ballot(belief, label, challenger, since), tally


def filtered(belief: Belief | None, prediction: Prediction, rules: Rules) -> Belief:
    """One step of the filter: what is known after a window.

    The influence of a window is kappa times its quality and how familiar it is, times the share of the belief
    that survived each step since: the probability, given all windows so far, that no label was drawn anew in
    that step. It is exp(-dt / tau) where windows say nothing, and next to 0 where one contradicts what was
    believed.
    """
    prior, settings = positive(rules.site_prior), rules.settings
    power = settings.kappa * quality_of(prediction) * prediction.familiar
    likelihood = emission(prediction.probabilities, positive(rules.train_prior), power)
    if belief is None:
        found, drawn = moved(prior, 0.0, prior, likelihood)
        return Belief(prediction.time, found, drawn, power, 0.0, 1.0)
    dt = max(0.0, prediction.time - belief.time)
    found, drawn = moved(belief.probabilities, kept(dt, settings.tau_s), prior, likelihood)
    survived = 1.0 - float(drawn.sum())
    old = survived * belief.influence
    age_s = old * (belief.age_s + dt) / (old + power) if old > 0.0 else 0.0
    time = max(belief.time, prediction.time)
    return Belief(time, found, drawn, old + power, age_s, survived * belief.windows + 1.0)


def moved(known: Array, stay: Any, prior: Array, likelihood: Array) -> tuple[Array, Array]:
    """Belief after a step, and the probability that each label was drawn anew in it, [..., k] both.

    known: belief before it, [..., k]. stay: chance that the label goes on, a number or [..., 1]. prior:
    [..., k]. likelihood: of the window under each label, [..., k].
    """
    new = (1.0 - stay) * prior * likelihood
    found = stay * known * likelihood + new
    total = found.sum(axis=-1, keepdims=True)
    return np.maximum(found / total, LEAST_SHARE), new / total


def told(belief: Belief, rules: Rules) -> Array:
    """How likely each label is called, [k], sums to 1."""
    return tempered(belief.probabilities, positive(rules.site_prior), 1.0 / rules.settings.temperature)


def tempered(belief: Array, prior: Array, power: Any) -> Array:
    """prior * (belief / prior)^power, [..., k], sums to 1: as sure as the belief, or less."""
    powers = prior * (belief / prior) ** power
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def emission(probabilities: NDArray[np.floating[Any]], train_prior: Array, power: Any) -> Array:
    """(p / train_prior)^power, [..., k]; the largest is 1."""
    ratio = np.maximum(np.asarray(probabilities, np.float64), LEAST_PROBABILITY) / train_prior
    return np.asarray((ratio / ratio.max(axis=-1, keepdims=True)) ** power)


def kept(dt: float, tau_s: float) -> float:
    """Chance that a label goes on over a time (both in seconds), 0..1."""
    return float(np.exp(-max(0.0, dt) / tau_s))


def positive(prior: Sequence[float]) -> Array:
    """A prior that rules nothing out, [k], sums to 1."""
    raised = np.maximum(np.asarray(prior, np.float64), LEAST_SHARE)
    return np.asarray(raised / raised.sum())


def quality_of(prediction: Prediction) -> float:
    """How much of what a clear window says a window says, 0..1: whole from GOOD_QUALITY on.

    Its quality is 1 - product of (1 - quality) over what is present. A modality that is there can only add
    trust, so one that is absent never raises a window's say. Without any quality it is NOISY.
    """
    scores = dict(zip(MODALITIES, prediction.quality.as_array(), strict=True))
    doubt = 1.0
    for name in prediction.present:
        doubt *= 1.0 - min(1.0, max(0.0, float(scores[name])))
    return NOISY + (1.0 - NOISY) * min(1.0, (1.0 - doubt) / GOOD_QUALITY)


def leader(probabilities: NDArray[np.floating[Any]], prior: Sequence[float]) -> int:
    """Index of the likeliest label; on a tie the one with the larger prior, then the first."""
    least = probabilities.max() - TIE
    tied = [i for i, p in enumerate(probabilities.tolist()) if p >= least]
    return max(tied, key=lambda i: (prior[i], -i))


def margin(probabilities: NDArray[np.floating[Any]]) -> float:
    """Lead of the first label over the second, 0..1."""
    second, first = np.partition(probabilities, -2)[-2:]
    return float(first - second)


def shown(
    ballot: Ballot, probabilities: NDArray[np.floating[Any]], now: float, rules: Rules
) -> tuple[int, int | None, float]:
    """Shown label, challenger and since when it leads."""
    first = leader(probabilities, rules.site_prior)
    if ballot.label is None or first == ballot.label:
        return first, None, now
    if probabilities[first] - probabilities[ballot.label] < rules.settings.margin:
        return ballot.label, None, now
    since = ballot.since if ballot.challenger == first else now
    if now - since >= rules.settings.dwell_s - TIE:
        return first, None, now
    return ballot.label, first, since
