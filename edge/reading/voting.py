"""Prior-based voting: calibrated posteriors of recent windows -> one steady reading.

    prior(c) proportional to train_prior(c) * (site_prior(c) / train_prior(c))^eta, ratio clipped
    p'       = what the posteriors in the voting window say together under that prior: old ones fade into
               it, each new one takes part as p(c) / train_prior(c), with the power of its quality
               (several windows together, prior and all, with the power OVERLAP)
    shown    = the leader of p', once it led the shown label by a margin for a dwell time

Pure functions: no clock, no I/O. What must be remembered is a `Ballot`, passed in and handed back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.bundle.manifest import Manifest, Rates, VotingSettings
from edge.items import MODALITIES, Floats, Prediction

LEAST_QUALITY, GOOD_QUALITY = 0.7, 0.5
"""Power of a window of no quality, and the quality from which on one counts whole (speech 20 dB over the
noise). On the dev speakers of recipes/starter.toml posteriors without quality are likeliest with powers of
0.8 in the clear, 0.6 in noise of 5 dB and 0.5 at 0 dB; less than 0.7 costs more in the clear than it saves
beside machines.
"""
LEAST_PROBABILITY = 1e-6
"""No single window rules a label out for good."""
OVERLAP = 0.5
"""Power of the outcome of many windows: they share most of what they hold, and counted whole they made the
vote far surer than it was right. Counted less one by one, they made it slow."""
TIE = 1e-6
"""Leads below this are ties; posteriors are float32."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a vote is held under; constant for a run."""

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
class Evidence:
    """One window's say in the vote."""

    time: float
    """End of the window (seconds)."""
    probabilities: Floats
    """Calibrated posterior, shape [labels], sums to 1."""
    quality: float = 1.0
    """How far it can be trusted, above 0, at most 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Ballot:
    """What the vote remembers from one window to the next."""

    evidence: tuple[Evidence, ...] = ()
    """Windows that may still vote, oldest first."""
    label: int | None = None
    """Index of the shown label; None before the first vote."""
    challenger: int | None = None
    """Index of a label that leads the shown one by the margin and waits out its dwell time."""
    since: float = 0.0
    """When the challenger took that lead (seconds)."""


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """The outcome of one vote."""

    label: int
    """Index of the label to show."""
    probabilities: Floats
    """Pooled, prior-corrected posterior, shape [labels], sums to 1."""
    margin: float
    """Lead of the first label over the second, 0..1."""
    votes: int
    """Windows that took part."""
    held: bool
    """True while the leader is not yet, or not clearly enough, the shown label."""
    delay_ms: float
    """Weighted mean age of the evidence (milliseconds)."""


def vote(ballot: Ballot, prediction: Prediction, rules: Rules) -> tuple[Ballot, Tally]:
    """Count a new window in and say what to show at its time.

    Windows older than the voting window leave the ballot; when all earlier ones did, the label starts anew.
    """
    now, settings = prediction.time, rules.settings
    recent = tuple(e for e in ballot.evidence if now - e.time <= settings.window_s)
    evidence = (*recent, Evidence(now, prediction.probabilities, quality_weight(prediction)))
    weights = evidence_weights(evidence, now, settings)
    probabilities = pooled(evidence, rules)
    label, challenger, since = _shown(ballot if recent else Ballot(), probabilities, now, rules)
    ages = np.array([now - e.time for e in evidence])
    tally = Tally(
        label=label,
        probabilities=probabilities,
        margin=margin(probabilities),
        votes=len(evidence),
        held=label != leader(probabilities, rules.site_prior),
        delay_ms=float(1000.0 * (weights @ ages) / weights.sum()),
    )
    return Ballot(evidence, label, challenger, since), tally


def quality_weight(prediction: Prediction) -> float:
    """How far the window can be trusted, LEAST_QUALITY..1: whole from GOOD_QUALITY on.

    The quality of a window is 1 - product of (1 - quality) over what is present.
    A modality that is there can only add trust, so one that is absent never raises a window's say.
    """
    scores = dict(zip(MODALITIES, prediction.quality.as_array(), strict=True))
    doubt = 1.0
    for name in prediction.present:
        doubt *= 1.0 - min(1.0, max(0.0, float(scores[name])))
    return LEAST_QUALITY + (1.0 - LEAST_QUALITY) * min(1.0, (1.0 - doubt) / GOOD_QUALITY)


def evidence_weights(evidence: Sequence[Evidence], now: float, settings: VotingSettings) -> Floats:
    """Quality x 0.5^(age / half-life) of each window, shape [n]."""
    weights = [e.quality * 0.5 ** ((now - e.time) / settings.half_life_s) for e in evidence]
    return np.array(weights, np.float32)


def pooled(evidence: Sequence[Evidence], rules: Rules) -> Floats:
    """What all windows say together of the newest one's time, shape [labels], sums to 1.

    evidence: by time. Forward filter of a hidden Markov model (Rabiner 1989): what is known fades towards
    the balance expected on the site with the half-life, then the next window takes part with the power of
    its quality. Windows of one time may come in any order.
    """
    train, site = np.maximum(np.array(rules.train_prior), 1e-9), expected(rules)
    known, time = site, evidence[0].time
    for e in evidence:
        kept = 0.5 ** ((e.time - time) / rules.settings.half_life_s)
        known = kept * known + (1.0 - kept) * site
        likelihood = np.maximum(e.probabilities.astype(np.float64), LEAST_PROBABILITY) / train
        known, time = known * likelihood**e.quality, e.time
        known = known / known.sum()
    return _normalised(known ** max(OVERLAP, 1.0 / len(evidence)))


def expected(rules: Rules) -> NDArray[np.float64]:
    """Balance of the labels before any window is heard, shape [labels], sums to 1.

    The training prior times the ratio of site to training prior, clipped and raised to eta: a posterior
    times this over the training prior is one under the site's (Saerens, Latinne and Decaestecker 2002).
    """
    settings = rules.settings
    train = np.maximum(np.array(rules.train_prior, np.float64), 1e-9)
    ratio = np.clip(np.array(rules.site_prior, np.float64) / train, settings.ratio_min, settings.ratio_max)
    prior = train * ratio**settings.eta
    return np.asarray(prior / prior.sum())


def leader(probabilities: Floats, prior: Sequence[float]) -> int:
    """Index of the likeliest label; on a tie the one with the larger prior, then the first."""
    tied = [i for i, p in enumerate(probabilities) if p >= probabilities.max() - TIE]
    return max(tied, key=lambda i: (prior[i], -i))


def margin(probabilities: Floats) -> float:
    """Lead of the first label over the second, 0..1."""
    second, first = np.partition(probabilities, -2)[-2:]
    return float(first - second)


def _shown(ballot: Ballot, probabilities: Floats, now: float, rules: Rules) -> tuple[int, int | None, float]:
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


def _normalised(values: NDArray[np.floating]) -> Floats:
    return np.asarray(values / values.sum(), np.float32)
