"""`edge evaluate --streams`: the device's vote compared with usual ways to smooth, on composed streams."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.judge.checks_trial import Found, Readings, find, lines
from calibration.judge.metrics import calibration_error, weighted_f1
from calibration.judge.streams import Clip, Stream, compose_stream, shifted_balance
from edge.bundle.manifest import Manifest
from edge.items import Prediction
from edge.reading.confidence import Costs, prediction_set, stands, watched
from edge.reading.fusion import fused_name
from edge.reading.priors import Census, counted
from edge.reading.voting import Ballot, Rules, Tally, vote
from edge.system.texts import left, right
from edge.words import Language, word

STREAMS, HOPS = 6, 1800
"""Streams of each speaker and balance, and windows of each: the prior needs 500 before it moves."""
MAJORITY, KEEP, STAY = 3, 0.7, 0.9
"""The rivals' settings, best in weighted F1 on the dev speakers of recipes/starter.toml: windows of the
majority vote, weight of the past in the exponential average, chance to stay in a hidden state."""
WIDTH = 22
"""Of the first column of the table."""

Shown = NDArray[np.int64]
Way = Callable[[Stream, Rules], Shown]


@dataclass(frozen=True)
class Trust:
    """How far shown readings can be trusted; means over streams, 0..1."""

    expected_calibration_error: float
    """Of the voted posterior."""
    coverage: float
    """Share of readings whose candidates hold the true label."""


@dataclass(frozen=True)
class Result:
    """How one way to vote did over all streams of a kind."""

    weighted_f1: float
    """Mean over streams, 0..1."""
    negative_recall: float | None
    """Share of windows with a negative emotion that got their own label, 0..1; None: no label is negative."""
    flips_a_minute: float
    """Changes of the shown label."""
    delay_s: float
    """From a true change to the first hop that shows it, mean over the changes every way showed (seconds)."""
    missed: float
    """Share of true changes that were never shown, 0..1."""
    trust: Trust | None = None
    """Of the readings a device shows; None: of a rival."""
    checks: dict[str, list[Found]] | None = None
    """What people find in them (calibration/judge/checks_trial.py); None: of a rival."""


def none(stream: Stream, rules: Rules) -> Shown:
    """The likeliest label of each window by itself, [n]."""
    return np.asarray(_posteriors(stream).argmax(axis=1), np.int64)


def majority(stream: Stream, rules: Rules, windows: int = MAJORITY) -> Shown:
    """The most frequent label of the last windows, the newest on a tie, [n]."""
    raw = none(stream, rules)
    shown = []
    for i in range(len(raw)):
        recent = raw[max(0, i + 1 - windows) : i + 1]
        counts = np.bincount(recent, minlength=len(rules.train_prior))
        shown.append(next(label for label in recent[::-1] if counts[label] == counts.max()))
    return np.array(shown)


def average(stream: Stream, rules: Rules, keep: float = KEEP) -> Shown:
    """Exponential average of the posteriors, [n]."""
    mean = np.zeros(len(rules.train_prior))
    shown = []
    for posterior in _posteriors(stream):
        mean = keep * mean + (1.0 - keep) * posterior
        shown.append(int(mean.argmax()))
    return np.array(shown)


def hidden_markov(stream: Stream, rules: Rules, stay: float = STAY) -> Shown:
    """Forward filter of a hidden Markov model whose state stays or moves to any other label alike, [n]."""
    count = len(rules.train_prior)
    state = np.full(count, 1.0 / count)
    shown = []
    for posterior in _posteriors(stream):
        expected = stay * state + (1.0 - stay) * (1.0 - state) / (count - 1)
        state = expected * posterior / np.array(rules.train_prior)
        state /= state.sum()
        shown.append(int(state.argmax()))
    return np.array(shown)


def device_vote(stream: Stream, rules: Rules) -> Shown:
    """What the device shows, the moving prior included, [n]."""
    return np.array([tally.label for tally in tallies(stream, rules)])


def _shown_of(voted: Mapping[Stream, Sequence[Tally]]) -> Way:
    """The device's vote from tallies that are computed already."""
    return lambda stream, _: np.array([tally.label for tally in voted[stream]])


WAYS: dict[str, Way] = {
    "no voting": none,
    "majority vote": majority,
    "exponential average": average,
    "hidden Markov": hidden_markov,
    (OURS := "prior-based voting"): device_vote,
}


def compare_on_streams(clips: Sequence[Clip], manifest: Manifest) -> dict[str, dict[str, Result]]:
    """Every way to vote on composed streams: balance (shifted, even) -> way -> result.

    manifest: of the bundle. clips: of one or more speakers, STREAMS streams each. Raises DatasetError when a
    speaker shows one label.
    """
    rules, hop_s, labels = Rules.of(manifest), manifest.hop_s, manifest.full_labels
    negative = [labels.index(name) for name in labels.negative]
    found: dict[str, dict[str, Result]] = {}
    for balance in ("shifted", "even"):
        streams = []
        for person, speaker in enumerate(sorted({clip.speaker for clip in clips})):
            own = [clip for clip in clips if clip.speaker == speaker]
            for number in range(STREAMS):
                seed = 100 * person + number
                shares = (
                    shifted_balance(seed, len(manifest.labels)) if balance == "shifted" else rules.train_prior
                )
                streams.append(compose_stream(own, shares, HOPS, hop_s, seed))
        voted = {stream: tallies(stream, rules) for stream in streams}
        found[balance] = compare(streams, rules, hop_s, negative, WAYS | {OURS: _shown_of(voted)})
        trusted = [trust(stream, votes, manifest) for stream, votes in voted.items()]
        means = Trust(*(round(float(np.mean(v)), 4) for v in zip(*map(astuple, trusted), strict=True)))
        found[balance][OURS] = replace(found[balance][OURS], trust=means, checks=_checked(voted, manifest))
    return found


def _checked(voted: Mapping[Stream, Sequence[Tally]], manifest: Manifest) -> dict[str, list[Found]]:
    """What checks of what the device shows find."""
    readings = [Readings.of(votes, stream.labels) for stream, votes in voted.items()]
    acted_on = watched(manifest.full_labels, manifest.voting.events or ())
    return find(readings, acted_on, stands(manifest.window_s, manifest.hop_s), Costs())


def trust(stream: Stream, votes: Sequence[Tally], manifest: Manifest) -> Trust:
    """How far what the device shows of a stream, the outcome of each vote, can be trusted."""
    labels = manifest.labels
    covered = []
    for prediction, tally, true in zip(stream.predictions, votes, stream.labels, strict=True):
        thresholds = manifest.voted_thresholds(fused_name(list(prediction.weights)))
        covered.append(labels[true] in prediction_set(tally.probabilities, labels, thresholds))
    return Trust(
        calibration_error(np.stack([tally.probabilities for tally in votes]), stream.labels),
        float(np.mean(covered)),
    )


def compare(
    streams: Sequence[Stream],
    rules: Rules,
    hop_s: float,
    negative: Sequence[int],
    ways: Mapping[str, Way] = WAYS,
) -> dict[str, Result]:
    """Every way to vote on the same streams: its name -> means over the streams.

    negative: indices of the negative labels.
    """
    rows: dict[str, list[tuple[float, ...]]] = {name: [] for name in ways}
    for stream in streams:
        truth = stream.labels
        shown = {name: way(stream, rules) for name, way in ways.items()}
        waits = {name: _waits(truth, labels) for name, labels in shown.items()}
        caught = ~np.isnan(np.stack(list(waits.values()))).any(axis=0)
        asked = np.isin(truth, negative)
        for name, labels in shown.items():
            rows[name].append(
                (
                    weighted_f1(truth, labels),
                    _mean((labels == truth)[asked]) if negative else 0.0,
                    float((np.diff(labels) != 0).sum() / (len(labels) * hop_s / 60.0)),
                    _mean(waits[name][caught]) * hop_s,
                    float(np.isnan(waits[name]).mean()),
                )
            )
    found = {name: Result(*np.nanmean(values, axis=0).round(4).tolist()) for name, values in rows.items()}
    return found if negative else {name: replace(r, negative_recall=None) for name, r in found.items()}


def table(found: Mapping[str, Mapping[str, Result]], language: Language = "en") -> str:
    """The comparison for a person to read."""
    rows = []
    titles = ("metric_weighted_f1", "streams_recall", "streams_flips", "streams_delay", "streams_missed")
    heads = "".join(right(word(title, language), 16) for title in titles)
    for balance, results in found.items():
        rows.append(left(word(f"streams_{balance}", language), WIDTH) + heads)
        for name, result in results.items():
            r = result
            negative = f"{'-':>16}" if r.negative_recall is None else f"{r.negative_recall:16.3f}"
            rows.append(
                f"{left(word(f'way_{name}'.replace(' ', '_'), language), WIDTH)}"
                f"{r.weighted_f1:16.3f}{negative}{r.flips_a_minute:16.1f}"
                f"{r.delay_s:16.1f}{r.missed:16.2f}"
            )
        if known := results[OURS].trust:
            values = {"error": known.expected_calibration_error, "coverage": known.coverage}
            rows.append(word("streams_trust", language, **values))
        if asked := results[OURS].checks:
            rows += ["", *lines(asked, language)]
        rows.append("")
    rows.append(word("streams_note", language, streams=STREAMS, hops=HOPS))
    rows.append(word("checks_note", language))
    return "\n".join(rows)


def as_dict(found: Mapping[str, Mapping[str, Result]]) -> dict[str, Any]:
    """The comparison as JSON-ready values: balance -> way -> the fields of Result."""
    return {key: {name: asdict(result) for name, result in row.items()} for key, row in found.items()}


def tallies(stream: Stream, rules: Rules) -> list[Tally]:
    """Every vote a device would hold on a stream, [n]."""
    return [tally for tally, _ in votes(stream.predictions, rules)]


def votes(predictions: Sequence[Prediction], rules: Rules) -> Iterator[tuple[Tally, Rules]]:
    """Every vote a device would hold on one person's windows, with the rules it was held under."""
    ballot, census = Ballot(), Census()
    for prediction in predictions:
        now = replace(rules, site_prior=census.prior(rules.site_prior))
        ballot, tally = vote(ballot, prediction, now)
        if ballot.belief is not None:
            census = counted(census, ballot.belief, prediction.probabilities, rules.train_prior)
        yield tally, now


def _waits(truth: Shown, shown: Shown) -> NDArray[np.float64]:
    """Hops from each true change to the first that shows it; NaN where none does, [changes]."""
    changes = [0, *(np.flatnonzero(np.diff(truth)) + 1).tolist()]
    waits = []
    for start, end in zip(changes, [*changes[1:], len(truth)], strict=True):
        right = np.flatnonzero(shown[start:end] == truth[start])
        waits.append(float(right[0]) if len(right) else np.nan)
    return np.array(waits)


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _posteriors(stream: Stream) -> NDArray[np.float64]:
    return np.stack([p.probabilities for p in stream.predictions]).astype(np.float64)
