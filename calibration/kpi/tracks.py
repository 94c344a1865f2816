"""Streams to count alarms on: readings as they happened, or, where the table does not say, composed ones.

recorded   every row has its place: a session with start or recorded, or from and to within a long recording.
           The windows of one person in one session are read in order of time, with gaps as they were
composed   else: clips of one person follow each other by chance, labels as often as the site's prior says
           (calibration/judge/streams.py)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calibration.data.dataset import Example
from calibration.judge.evaluator import Evaluator
from calibration.judge.streams import Clip, compose_stream
from edge.errors import DatasetError, MediaError
from edge.items import Prediction, Quality
from edge.reading.encoders import Tokens
from edge.system.texts import visible

Kind = Literal["recorded", "composed"]
HOURS = 6.0
"""Composed in all; as much for each person, but within the next two (hours)."""
LEAST_H, MOST_H = 1 / 6, 1.0
QUALITIES = {"audio": "speech_snr", "vision": "face_score", "text": "transcript_confidence"}
"""Modality -> its part of a window's quality."""


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """One labelled clip, or stretch of a recording, as the networks saw it."""

    example: Example
    seconds: float
    predictions: tuple[Prediction, ...]
    """One a window, in order of time."""

    @property
    def recording(self) -> str | None:
        """What its time is counted in: session or long recording; None where the table does not say."""
        if self.example.part:
            return f"{self.example.session or ''}\0{self.example.path}"
        return self.example.session if self.example.at is not None else None

    def hops(self, hop_s: float) -> int:
        """Readings that stand for it: a window longer than its clip saw silence first."""
        return max(len(self.predictions), 0 if self.example.part else round(self.seconds / hop_s))


@dataclass(frozen=True, slots=True, eq=False)
class PersonStream:
    """Readings of one person in order of time."""

    person: str
    predictions: tuple[Prediction, ...]
    labels: NDArray[np.int64]
    """The true label of each, [n]."""

    @property
    def times(self) -> NDArray[np.float64]:
        """When each window ends (seconds), [n], rising."""
        return np.array([p.time for p in self.predictions])


@dataclass(frozen=True, slots=True)
class PersonStreams:
    """Streams of a folder."""

    kind: Kind
    tracks: tuple[PersonStream, ...]
    left_out: tuple[str, ...] = ()
    """People of whom no stream can be composed: their clips show a single label."""


def takes(
    evaluator: Evaluator, examples: Sequence[Example], drops: Sequence[Collection[str]]
) -> tuple[list[list[Take]], dict[str, int]]:
    """What the networks see of each example, for each of several sets of modalities to drop.

    With how many examples were left out, by reason; what the first set leaves nothing of is one of them.
    """
    found: list[list[Take]] = [[] for _ in drops]
    skipped: dict[str, int] = defaultdict(int)
    for example in examples:
        try:
            windows, seconds = evaluator.encoded(example), evaluator.seconds(example)
        except MediaError as error:
            skipped[evaluator.leave_out(example, error)] += 1
            continue
        for number, (drop, kept) in enumerate(zip(drops, found, strict=True)):
            predictions = tuple(_predictions(evaluator, windows, drop))
            if predictions:
                kept.append(Take(example, seconds, predictions))
            elif number == 0:
                skipped["nothing heard, seen or said"] += 1
    return found, dict(skipped)


def _predictions(
    evaluator: Evaluator, windows: Sequence[tuple[Mapping[str, Tokens], Quality]], drop: Collection[str]
) -> Iterator[Prediction]:
    """What the fusion says of windows without some modalities."""
    absent = {QUALITIES[name]: 0.0 for name in drop}
    for tokens, quality in windows:
        left = {name: found for name, found in tokens.items() if name not in drop}
        if left:
            yield evaluator.fusion.predict(0.0, left, replace(quality, **absent))


def kind_of(found: Sequence[Take]) -> Kind:
    """Recorded where every take has its place in time."""
    return "recorded" if all(take.recording for take in found) else "composed"


def tracks_of(
    found: Sequence[Take], kind: Kind, prior: Sequence[float], hop_s: float, hours: float = HOURS
) -> PersonStreams:
    """Streams of takes; prior: shares of the labels in composed ones. Raises DatasetError for an overlap."""
    if kind == "recorded":
        rooms: dict[tuple[str, str], list[Take]] = defaultdict(list)
        for take in found:
            rooms[str(take.recording), take.example.speaker].append(take)
        return PersonStreams(kind, tuple(_recorded(rooms[key], hop_s) for key in sorted(rooms)))
    tracks, left_out = [], []
    people = sorted({take.example.speaker for take in found})
    each = min(MOST_H, max(LEAST_H, hours / max(1, len(people))))
    for number, person in enumerate(people):
        own = [take for take in found if take.example.speaker == person]
        clips = [Clip(t.example.label, person, t.predictions, t.hops(hop_s)) for t in own]
        try:
            stream = compose_stream(clips, prior, round(each * 3600 / hop_s), hop_s, number)
        except DatasetError:
            left_out.append(person)
            continue
        tracks.append(PersonStream(person, stream.predictions, stream.labels))
    return PersonStreams(kind, tuple(tracks), tuple(left_out))


def _recorded(found: Sequence[Take], hop_s: float) -> PersonStream:
    """Takes of one person in one recording, at the times they have there."""
    predictions: list[Prediction] = []
    labels: list[int] = []
    last: Take | None = None
    for take in sorted(found, key=_begin):
        late = len(take.predictions) - 1
        for number in range(take.hops(hop_s)):
            time = _begin(take) + (number + 1) * hop_s
            if take.example.part:  # its windows end with it
                time = _begin(take) + take.seconds - (late - number) * hop_s
            if predictions and time <= predictions[-1].time:
                # Moments noted by the second may overlap by as much.
                if last is not None and predictions[-1].time - time >= hop_s:
                    raise _overlap(last, take)
                continue
            predictions.append(replace(take.predictions[min(number, late)], time=time))
            labels.append(take.example.label)
        last = take
    return PersonStream(found[0].example.speaker, tuple(predictions), np.array(labels, np.int64))


def _begin(take: Take) -> float:
    return (take.example.at or 0.0) + (take.example.part[0] if take.example.part else 0.0)


def _overlap(one: Take, other: Take) -> DatasetError:
    names = {"one": visible(one.example.name, keep=""), "other": visible(other.example.name, keep="")}
    return DatasetError.of("kpi_overlap", **names)
