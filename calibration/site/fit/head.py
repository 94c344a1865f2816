"""The site head of one posterior: fitted on labelled windows of a site, kept where strangers gain by it.

With LEAST_PEOPLE or more people a linear layer on the summaries of the tokens is tried, the networks' own
logits as offset; with fewer a bias and a scale alone. It is taken when people left out in turn are given a
higher probability of their true labels than by the best scale alone, by more than noise, and their recall
rises; which strength of the prior is used is chosen on the same people. Where the tokens know nothing a head
is taken all the same about once in twenty fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.site.fit.people import even_weights, folds, gain_over_people
from calibration.site.fit.regression import Array, Regression, fit_regression
from edge.reading.site_head import Layer

LEAST_PEOPLE = 5
"""Fewer people than this say nothing about strangers: no weights are fitted on them."""
STRENGTHS = (3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003)
"""Of the prior on the weights, the strongest first."""
WITNESSES = 3
"""Fewer people than this leave even the bias."""
PULL = 0.3
"""No strength under this over the number of people is tried: 6 people cannot say what 60 can."""
TEMPERATURES = np.geomspace(0.3, 20.0, 60)
FLAT = 1e-3
"""Added to deviations: a feature that never changes says nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Windows of labelled clips as one posterior sees them."""

    summaries: Array
    """Of the tokens, [n, d]."""
    logits: Array
    """Of the network, for the site's labels, [n, k]."""
    labels: NDArray[np.int64]
    """What is measured: the label, or what most raters said, [n]."""
    people: NDArray[np.int64]
    """[n]."""
    clips: NDArray[np.int64]
    """[n]."""
    targets: Array
    """What is learnt: share of each label, [n, k]; that of the raters' votes where a clip has them."""

    def take(self, rows: NDArray[np.bool_]) -> Rows:
        """Some of the windows; rows: mask [n]."""
        return Rows(*(getattr(self, name)[rows] for name in Rows.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What became of one posterior."""

    layer: Layer | None
    """None: the posterior stays as it is."""
    why: str
    """Key of the words that say why it was taken or left."""
    logits: Array
    """Of each window by a fit without its person, [n, k]; as they were where nothing was taken."""
    before: float
    """Unweighted recall of windows as they were, 0..1."""
    after: float
    """The same on people left out, with the layer, whether it was taken or not."""
    people: int


def fit_head(rows: Rows) -> Fitted:
    """The layer strangers gain most by, if they gain by one."""
    parts = folds(rows.people, rows.labels)
    people = len(np.unique(rows.people))
    before = recall(rows.logits, rows.labels)
    if not parts or len(np.unique(rows.labels)) < 2:
        why = "site_one_label" if parts else "site_one_person"
        return Fitted(None, why, rows.logits, before, before, people)
    strengths = strengths_for(people)
    plain, crossed = _crossed(rows, parts, strengths)
    known = _true_probability(plain, rows)
    gains = [_true_probability(logits, rows) - known for logits in crossed]
    weights = even_weights(rows.labels, rows.people, rows.clips) * len(rows.labels)
    best = int(np.argmax([float((gain * weights).mean()) for gain in gains]))
    gain = gain_over_people(gains[best] * weights, rows.people)
    after = recall(crossed[best], rows.labels)
    certain = people >= LEAST_PEOPLE or _all_gain(rows, crossed[best])
    if gain.low <= 0.0 or after <= before or not certain:
        return Fitted(None, "site_head_left", rows.logits, before, after, people)
    standard = _Standard(rows.summaries)
    even = even_weights(rows.labels, rows.people, rows.clips)
    fitted = fit_regression(standard(rows.summaries), rows.logits, rows.targets, even, strengths[best])
    why = "site_head_taken" if people >= LEAST_PEOPLE else "site_bias_taken"
    return Fitted(standard.layer(fitted), why, crossed[best], before, after, people)


def _all_gain(rows: Rows, logits: Array) -> bool:
    """Whether nobody's recall falls, of three people or more: few are a weak witness of what a bias does."""
    people = np.unique(rows.people)
    own = [rows.people == person for person in people]
    changes = [
        recall(logits[one], rows.labels[one]) - recall(rows.logits[one], rows.labels[one]) for one in own
    ]
    return len(people) >= WITNESSES and min(changes) >= 0.0


def strengths_for(people: int) -> tuple[float, ...]:
    """Those that are tried: the fewer people, the stronger; an infinite one leaves bias and scale."""
    if people < LEAST_PEOPLE:
        return (float("inf"),)
    return tuple(strength for strength in STRENGTHS if strength >= PULL / people)


def _crossed(
    rows: Rows, parts: Sequence[NDArray[np.bool_]], strengths: Sequence[float]
) -> tuple[Array, list[Array]]:
    """Logits of each window by fits without its people: by the scale alone, and by each strength."""
    plain, crossed = np.zeros_like(rows.logits), [np.zeros_like(rows.logits) for _ in strengths]
    for part in parts:
        rest = rows.take(~part)
        weights = even_weights(rest.labels, rest.people, rest.clips)
        none = rest.summaries[:, :0]
        scaled = fit_regression(none, rest.logits, rest.targets, weights, float("inf"), with_bias=False)
        plain[part] = scaled.logits(rows.summaries[part][:, :0], rows.logits[part])
        standard, fitted = _Standard(rest.summaries), None
        features, held = standard(rest.summaries), standard(rows.summaries[part])
        for number, strength in enumerate(strengths):
            fitted = fit_regression(features, rest.logits, rest.targets, weights, strength, start=fitted)
            crossed[number][part] = fitted.logits(held[:, : len(fitted.weights)], rows.logits[part])
    return plain, crossed


def _true_probability(logits: Array, rows: Rows) -> Array:
    """Probability of the true label of each window at the likeliest temperature: being surer is no gain.

    Where raters differ, the geometric mean over their votes: it is highest for the shares of the votes.
    """
    weights = even_weights(rows.labels, rows.people, rows.clips)
    losses = [float(weights @ surprise(logits / t, rows.targets)) for t in TEMPERATURES]
    return np.asarray(np.exp(-surprise(logits / TEMPERATURES[int(np.argmin(losses))], rows.targets)))


def recall(logits: Array, labels: NDArray[np.int64]) -> float:
    """Mean recall over the labels that occur; logits [n, k], labels [n]."""
    answers = logits.argmax(axis=1)
    return float(np.mean([(answers[labels == label] == label).mean() for label in np.unique(labels)]))


class _Standard:
    """Summaries made even: mean 0, deviation 1 over the windows of a fit."""

    def __init__(self, summaries: Array) -> None:
        self.mean, self.deviation = summaries.mean(axis=0), summaries.std(axis=0) + FLAT
        self.size = np.sqrt(summaries.shape[1])

    def __call__(self, summaries: Array) -> Array:
        # Divided by the root of their number, so that a strength means the same for any number of them.
        return np.asarray((summaries - self.mean) / self.deviation / self.size)

    def layer(self, fitted: Regression) -> Layer:
        """What a device applies."""
        weights = fitted.weights if len(fitted.weights) else np.zeros((len(self.mean), len(fitted.bias)))
        return Layer(
            np.asarray(weights / self.size, np.float32),
            np.asarray(fitted.bias, np.float32),
            float(fitted.scale),
            np.asarray(self.mean, np.float32),
            np.asarray(self.deviation, np.float32),
        )


def surprise(logits: Array, targets: Array) -> Array:
    """Minus the log probability of the true label of each row, on the mean over its targets [n, k]; [n]."""
    z = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(np.log(np.exp(z).sum(axis=1)) - (z * targets).sum(axis=1))
