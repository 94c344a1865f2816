"""The KPIs of a bundle on labelled recordings: the object `kpi` of `edge evaluate --json`, shown by page.py.

    streams      {kind: recorded or composed, people, hours, readings, left_out: people of one label}
    point        {threshold, average_s: null as the bundle's vote, suppression_s, decided: by a person}
    definitions  {join_s, tolerance_s, repeat_s, budget: false alarms an hour} (calibration/kpi/alarms.py)
    negative     {labels, rows: [{precision: int8 or fp32, way: window, vote or prior, ...pair,
                 within_budget: best detection with no more false alarms an hour than the budget; null:
                 none}], curves: [{precision, way, points: [{threshold, detection,
                 false_alarms_per_hour}]}]}
    events       label -> {threshold, rows: [{precision, way, ...pair}]}
    slices       condition, session, group, person, missing -> value -> pair of the negative labels, INT8,
                 with vote and prior; what the table does not say is left out
    checks       [{share, checked, asked, caught, costly, itself, found}] for shares of the readings that
                 people check (calibration/judge/checks_trial.py), by the costs of [alarm]
    reliability  {clips, voted: {n, error, bins: [[examples, mean confidence, accuracy]]}}
    worst        {alarms, misses: [{file, speaker, label, answer, negative, seconds}]}: of the clips that
                 show no negative label those most like one, and the other way round

A pair: {detection, detection_interval, episodes, detected, false_alarms_per_hour, false_interval,
false_alarms, hours, people}; intervals 95 %, over people (calibration/judge/intervals.py), null of one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from calibration.data.dataset import Example
from calibration.judge.evaluator import Evaluator, Predictions
from calibration.judge.metrics import Report, calibration_error, reasons, reliability
from calibration.judge.voice_curve import voice_curve
from calibration.kpi import alarms
from calibration.kpi.checked import checked
from calibration.kpi.pairs import WAYS, Pair, Scored, best_within, curve, pair, people_counts, read, summed
from calibration.kpi.tracks import PersonStreams, Take, kind_of, takes, tracks_of
from edge.bundle.manifest import EVENT
from edge.errors import DatasetError
from edge.labels import Labels
from edge.reading.alarm import OperatingPoint
from edge.reading.confidence import Costs
from edge.reading.fusion import fused_name
from edge.reading.voting import Rules

BUDGET = 2.0
"""False alarms an hour that rows are compared at."""
DROPS: dict[str, tuple[str, ...]] = {
    "all": (),
    "no_face": ("vision",),
    "no_transcript": ("text",),
    "audio_only": ("vision", "text"),
}
"""What is missing -> what is withheld from the fusion."""
SLICE_HOURS = 2.0
"""Composed for each condition, session or group (hours)."""
MOST_VALUES = 24
"""Values of a column that are told apart, those with the most clips."""
WORST = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """What KPIs are asked at."""

    labels: Labels
    rules: Rules
    """Of the vote: the bundle's, with the site's wishes laid over them."""
    point: OperatingPoint
    hop_s: float
    decided: bool = False
    """Whether a person decided on the point."""
    costs: Costs = field(default_factory=Costs)
    """What checks are weighed by."""
    stands: int = 4
    """Readings that a check stands for."""

    @property
    def negative(self) -> list[int]:
        """Indices of the negative labels."""
        return [self.labels.index(name) for name in self.labels.negative]


Open = Callable[[bool], Evaluator]
"""Whether in float -> the networks of the bundle, not opened yet."""


def evaluate(
    examples: Sequence[Example], asked: Asked, open_: Open, *, known_voices: bool = True
) -> tuple[Report, dict[str, Any]]:
    """The scores of clips, as `edge evaluate` prints them, and the KPIs.

    known_voices: whether the voices of all speakers are known. Raises DatasetError where no label is
    negative, nothing can be judged or no stream can be made.
    """
    if not asked.negative:
        raise DatasetError.of("kpi_no_negative")
    with open_(False) as opened:
        if known_voices:
            opened.learn_voices(examples)
        found, skipped = takes(opened, examples, list(DROPS.values()))
        if not found[0]:
            raise DatasetError.of("no_clip_judged", modality="fused", reasons=reasons(skipped))
        by_missing = dict(zip(DROPS, found, strict=True))
        report = opened.report(_answers(found[0], skipped))
        if known_voices:
            report = replace(report, voice=voice_curve(opened, examples))
    with open_(True) as opened:
        if known_voices:
            opened.learn_voices(examples)
        floats = takes(opened, examples, [()])[0][0]
    return report, kpi(by_missing, floats, asked)


def kpi(by_missing: Mapping[str, Sequence[Take]], floats: Sequence[Take], asked: Asked) -> dict[str, Any]:
    """The object `kpi`: takes by what is missing (`all`: nothing), and those of the float networks."""
    whole = by_missing["all"]
    kind = kind_of(whole)
    streams = {"int8": streams_of(whole, asked), "fp32": streams_of(floats, asked)}
    scored = {
        (name, way): [read(track, asked.rules, way) for track in found.tracks]
        for name, found in streams.items()
        for way in WAYS
    }
    device = scored["int8", "prior"]
    by_person = people_counts(device, asked.negative, asked.point, asked.rules, asked.hop_s)
    tracks = streams["int8"]
    return {
        "streams": {
            "kind": kind,
            "people": len({track.person for track in tracks.tracks}),
            "hours": round(sum(len(t.labels) for t in tracks.tracks) * asked.hop_s / 3600, 4),
            "readings": sum(len(track.labels) for track in tracks.tracks),
            "left_out": list(tracks.left_out),
        },
        "point": {**asdict(asked.point), "decided": asked.decided},
        "definitions": {
            "join_s": alarms.JOIN_S,
            "tolerance_s": alarms.TOLERANCE_S,
            "repeat_s": alarms.REPEAT_S,
            "budget": BUDGET,
        },
        "negative": _negative(scored, asked),
        "events": _events(scored, asked),
        "slices": {
            **{name: _by(whole, name, asked) for name in ("condition", "session", "group")},
            "person": {name: summed([counts]).as_dict() for name, counts in sorted(by_person.items())},
            "missing": _missing(by_missing, asked),
        },
        "checks": checked(tracks.tracks, asked.labels, asked.rules, asked.stands, asked.costs),
        "reliability": _reliability(whole, device),
        "worst": worst(whole, asked),
    }


def streams_of(found: Sequence[Take], asked: Asked, hours: float | None = None) -> PersonStreams:
    """Raises DatasetError where there is none."""
    more = {} if hours is None else {"hours": hours}
    made = tracks_of(found, kind_of(found), asked.rules.site_prior, asked.hop_s, **more)
    if not made.tracks:
        raise DatasetError.of("kpi_no_stream", people=len(made.left_out))
    return made


def _negative(scored: Mapping[Any, Sequence[Scored]], asked: Asked) -> dict[str, Any]:
    rows, curves = [], []
    for (precision, way), streams in scored.items():
        points = curve(streams, asked.negative, asked.point, asked.rules, asked.hop_s)
        within = best_within(points, BUDGET)
        found = pair(streams, asked.negative, asked.point, asked.rules, asked.hop_s).as_dict()
        rows.append({"precision": precision, "way": way, **found, "within_budget": within})
        curves.append({"precision": precision, "way": way, "points": points})
    return {"labels": list(asked.labels.negative), "rows": rows, "curves": curves}


def _events(scored: Mapping[Any, Sequence[Scored]], asked: Asked) -> dict[str, Any]:
    found = {}
    for name in asked.labels.events:
        threshold = (asked.rules.settings.events or {}).get(name, EVENT)
        index, point = [asked.labels.index(name)], OperatingPoint(threshold)
        rows = [
            {
                "precision": precision,
                "way": way,
                **pair(streams, index, point, asked.rules, asked.hop_s).as_dict(),
            }
            for (precision, way), streams in scored.items()
        ]
        found[name] = {"threshold": threshold, "rows": rows}
    return found


def _device_pair(found: Sequence[Take], asked: Asked) -> Pair | None:
    """Of takes alone, with vote and prior; None where no stream can be made of them."""
    try:
        made = streams_of(found, asked, SLICE_HOURS)
    except DatasetError:
        return None
    streams = [read(track, asked.rules, "prior") for track in made.tracks]
    return pair(streams, asked.negative, asked.point, asked.rules, asked.hop_s)


def _by(found: Sequence[Take], column: str, asked: Asked) -> dict[str, Any]:
    """Value of a column of the table -> pair; values of which no stream can be made have none."""
    values = Counter(value for take in found if (value := getattr(take.example, column)) is not None)
    pairs = {}
    for value in sorted(name for name, _ in values.most_common(MOST_VALUES)):
        made = _device_pair([take for take in found if getattr(take.example, column) == value], asked)
        pairs[value] = made.as_dict() if made else None
    return pairs


def _missing(by_missing: Mapping[str, Sequence[Take]], asked: Asked) -> dict[str, Any]:
    """What is missing -> pair, where it takes something away that nothing before it did."""
    pairs: dict[str, Any] = {}
    seen: list[tuple[tuple[str, ...], ...]] = []
    for name in ("all", "audio_only", "no_face", "no_transcript"):
        rests = tuple(p.present for take in by_missing[name] for p in take.predictions)
        if rests in seen or not rests:
            continue
        seen.append(rests)
        made = _device_pair(by_missing[name], asked)
        pairs[name] = made.as_dict() if made else None
    return pairs if len(pairs) > 1 else {}


def _reliability(found: Sequence[Take], device: Sequence[Scored]) -> dict[str, Any]:
    clips = np.stack([_mean(take) for take in found])
    truth = np.array([take.example.label for take in found])
    voted = np.concatenate([one.posteriors for one in device])
    shown = np.concatenate([one.track.labels for one in device])
    return {
        name: {
            "n": len(labels),
            "error": round(calibration_error(posteriors, labels), 4),
            "bins": [
                [n, round(sure, 4), round(right, 4)] for n, sure, right in reliability(posteriors, labels)
            ],
        }
        for name, posteriors, labels in (("clips", clips, truth), ("voted", voted, shown))
    }


def worst(found: Sequence[Take], asked: Asked, count: int = WORST) -> dict[str, Any]:
    """The clips most worth listening to: likeliest false alarms and misses, the surest first."""
    rows = [(float(_mean(take)[asked.negative].sum()), take) for take in found]
    true = [row for row in rows if row[1].example.label in asked.negative]
    other = [row for row in rows if row[1].example.label not in asked.negative]
    threshold = asked.point.threshold
    false = sorted(
        (row for row in other if row[0] >= threshold), key=lambda row: (-row[0], row[1].example.name)
    )
    missed = sorted(
        (row for row in true if row[0] < threshold), key=lambda row: (row[0], row[1].example.name)
    )
    return {
        name: [
            {
                "file": take.example.name,
                "speaker": take.example.speaker if take.example.named else None,
                "label": asked.labels[take.example.label],
                "answer": asked.labels[int(_mean(take).argmax())],
                "negative": round(score, 4),
                "seconds": round(take.seconds, 2),
            }
            for score, take in kept[:count]
        ]
        for name, kept in (("alarms", false), ("misses", missed))
    }


def _mean(take: Take) -> Any:
    return np.mean([p.probabilities for p in take.predictions], axis=0)


def _answers(found: Sequence[Take], skipped: Mapping[str, int]) -> Predictions:
    return Predictions(
        [take.example for take in found],
        np.stack([_mean(take) for take in found]),
        [fused_name(list(take.predictions[-1].weights)) for take in found],
        Counter(skipped),
    )
