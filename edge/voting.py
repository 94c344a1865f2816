"""Prior-based voting: calibrated posteriors of recent windows -> one steady reading.

    pbar  = what the posteriors in the voting window say together (power: quality; old ones fade)
    p'(c) proportional to pbar(c) * (site_prior(c) / train_prior(c))^eta, ratio clipped
    shown = the leader of p', once it led the shown label by a margin for a dwell time

Pure functions: no clock, no I/O. What must be remembered is a `Ballot`, passed in and handed back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.items import MODALITIES, Floats, Prediction
from edge.manifest import Manifest, VotingSettings

LEAST_QUALITY = 0.1
"""A window of poor quality still says something: without a floor a vote could have no weight at all."""
GOOD_QUALITY = 0.5
"""From here on a window counts whole (speech 20 dB over the noise): posteriors are calibrated on such
windows. Weighed down as well, clear windows made the vote slower by two seconds."""
LEAST_PROBABILITY = 1e-6
"""No single window rules a label out for good."""
OVERLAP = 0.5
"""Power of every window after the first: it shares most of what it holds with the one before. Counted whole,
windows made the vote far surer than it was right; counted less, they made it slower than two seconds."""
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
    confusion: tuple[tuple[float, ...], ...] | None = None
    """Row: true label, its shares of predicted labels, on people unseen; None: no cross-check."""

    @classmethod
    def of(cls, manifest: Manifest) -> Rules:
        """The rules a bundle brings."""
        return cls(manifest.voting, manifest.site_prior, manifest.train_prior, manifest.confusion)


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
    probabilities = prior_corrected(pooled(evidence, settings.half_life_s), rules)
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
    """How far the window can be trusted, LEAST_QUALITY..1, in shares of GOOD_QUALITY.

    The quality of a window is 1 - product of (1 - quality) over what is present.
    A modality that is there can only add trust, so one that is absent never raises a window's say.
    """
    scores = dict(zip(MODALITIES, prediction.quality.as_array(), strict=True))
    doubt = 1.0
    for name in prediction.present:
        doubt *= 1.0 - min(1.0, max(0.0, float(scores[name])))
    return min(1.0, max(LEAST_QUALITY, (1.0 - doubt) / GOOD_QUALITY))


def evidence_weights(evidence: Sequence[Evidence], now: float, settings: VotingSettings) -> Floats:
    """Quality x 0.5^(age / half-life) of each window, shape [n]."""
    weights = [e.quality * 0.5 ** ((now - e.time) / settings.half_life_s) for e in evidence]
    return np.array(weights, np.float32)


def pooled(evidence: Sequence[Evidence], half_life_s: float) -> Floats:
    """What all windows say together of the newest one's time, shape [labels], sums to 1.

    evidence: by time. Forward filter of a hidden Markov model (Rabiner 1989): what is known fades towards
    an even balance with the half-life, then the next window takes part with the power of its quality.
    Windows of one time may come in any order.
    """
    k = len(evidence[0].probabilities)
    known, time = np.full(k, 1.0 / k), evidence[0].time
    for e in evidence:
        kept = 0.5 ** ((e.time - time) / half_life_s)
        known = kept * known + (1.0 - kept) / k
        power = e.quality * (OVERLAP if e.time > evidence[0].time else 1.0)
        known = known * np.maximum(e.probabilities.astype(np.float64), LEAST_PROBABILITY) ** power
        known, time = known / known.sum(), e.time
    return np.asarray(known, np.float32)


def prior_corrected(probabilities: Floats, rules: Rules) -> Floats:
    """Posterior under the site's prior in place of the training prior, shape [labels], sums to 1.

    Saerens, Latinne and Decaestecker 2002, with the ratio clipped and raised to eta.
    """
    settings = rules.settings
    train = np.maximum(np.array(rules.train_prior, np.float64), 1e-9)
    ratio = np.clip(np.array(rules.site_prior, np.float64) / train, settings.ratio_min, settings.ratio_max)
    return _normalised(probabilities * ratio**settings.eta)


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
