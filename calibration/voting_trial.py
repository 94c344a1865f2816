"""`edge evaluate --streams`: what voting is worth, beside the usual ways to smooth, on composed streams."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.metrics import weighted_f1
from calibration.streams import Clip, Stream, compose, shifted_balance
from edge.items import LABELS, NEGATIVE
from edge.priors import Census, counted
from edge.voting import Ballot, Rules, vote

STREAMS, HOPS = 12, 1800
"""Streams of each speaker and balance, and windows of each: the prior needs 500 before it moves."""
MAJORITY, KEEP, STAY = 5, 0.6, 0.95
"""The rivals' settings, those with the best weighted F1 on the dev speakers of recipes/starter.toml: windows
of the majority vote, weight of the past in the exponential average, chance to stay in a hidden state."""
LABEL_COUNT = len(LABELS)

Shown = NDArray[np.int64]


@dataclass(frozen=True)
class Result:
    """How one way to vote did over all streams of a kind."""

    weighted_f1: float
    """Mean over streams, 0..1."""
    negative_recall: float
    """Share of angry, sad and worried windows that got their own label, 0..1."""
    flips_a_minute: float
    """Changes of the shown label."""
    delay_s: float
    """From a true change to the first hop that shows it, mean over the changes every way showed (seconds)."""
    missed: float
    """Share of true changes that were never shown, 0..1."""


def none(stream: Stream, rules: Rules) -> Shown:
    """The likeliest label of each window by itself, [n]."""
    return _posteriors(stream).argmax(axis=1)


def majority(stream: Stream, rules: Rules, windows: int = MAJORITY) -> Shown:
    """The most frequent label of the last windows, the newest on a tie, [n]."""
    raw = none(stream, rules)
    shown = []
    for i in range(len(raw)):
        recent = raw[max(0, i + 1 - windows) : i + 1]
        counts = np.bincount(recent, minlength=LABEL_COUNT)
        shown.append(next(label for label in recent[::-1] if counts[label] == counts.max()))
    return np.array(shown)


def average(stream: Stream, rules: Rules, keep: float = KEEP) -> Shown:
    """Exponential average of the posteriors, [n]."""
    mean, shown = np.zeros(LABEL_COUNT), []
    for posterior in _posteriors(stream):
        mean = keep * mean + (1.0 - keep) * posterior
        shown.append(int(mean.argmax()))
    return np.array(shown)


def hidden_markov(stream: Stream, rules: Rules, stay: float = STAY) -> Shown:
    """Forward filter of a hidden Markov model whose state stays or moves to any other label alike, [n]."""
    state, shown = np.full(LABEL_COUNT, 1.0 / LABEL_COUNT), []
    for posterior in _posteriors(stream):
        expected = stay * state + (1.0 - stay) * (1.0 - state) / (LABEL_COUNT - 1)
        state = expected * posterior / np.array(rules.train_prior)
        state /= state.sum()
        shown.append(int(state.argmax()))
    return np.array(shown)


def ours(stream: Stream, rules: Rules) -> Shown:
    """What the device shows, the moving prior included, [n]."""
    from dataclasses import replace

    ballot, census, shown = Ballot(), Census(), []
    for prediction in stream.predictions:
        census = counted(census, prediction.probabilities, rules.train_prior, rules.site_prior)
        now = replace(rules, site_prior=census.prior or rules.site_prior)
        ballot, tally = vote(ballot, prediction, now)
        shown.append(tally.label)
    return np.array(shown)


WAYS: dict[str, Callable[[Stream, Rules], Shown]] = {
    "no voting": none,
    "majority vote": majority,
    "exponential average": average,
    "hidden Markov": hidden_markov,
    "prior-based voting": ours,
}


def _posteriors(stream: Stream) -> NDArray[np.float64]:
    return np.stack([p.probabilities for p in stream.predictions]).astype(np.float64)
def judge_all(streams, rules, hop_s, ways=WAYS):
    out={n:[] for n in ways}
    for st in streams:
        shown={n:w(st,rules) for n,w in ways.items()}
        ch=[0,*(np.flatnonzero(np.diff(st.labels))+1).tolist()]; ends=[*ch[1:],len(st.labels)]
        d={n:[next((t-a for t in range(a,b) if s[t]==st.labels[a]),None) for a,b in zip(ch,ends)] for n,s in shown.items()}
        com=[i for i in range(len(ch)) if all(d[n][i] is not None for n in d)]
        neg=np.isin(st.labels,[LABELS.index(x) for x in NEGATIVE])
        for n,s in shown.items():
            out[n].append((weighted_f1(st.labels,s),(s==st.labels)[neg].mean() if neg.any() else np.nan,(np.diff(s)!=0).sum()/(len(s)*hop_s/60),np.mean([d[n][i] for i in com])*hop_s,np.mean([x is None for x in d[n]])))
    return {n:np.nanmean(v,axis=0).round(4) for n,v in out.items()}
