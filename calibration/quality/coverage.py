"""A folder of site recordings measured, and set beside the kit of 10 to 20 hours."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.quality.clips import Clip, label_names, read_clips
from calibration.quality.kit import OWN_SPEECH_MIN, SPREAD, Line, compare
from calibration.quality.leaks import Leak, leaks, splits
from calibration.quality.measure import Measured, Meter
from calibration.quality.shortcuts import Shortcut, lone_labels, shortcuts
from edge.bundle.folder import Bundle
from edge.errors import DatasetError, EdgeError, MediaError

TOLD_EVERY_S = 30.0
"""How often it is said how far the measuring is (seconds)."""
Tell = Callable[[EdgeError], object]


@dataclass(frozen=True, slots=True)
class Person:
    """What there is of one person."""

    name: str
    hours: float
    speech_min: float
    sessions: int
    labels: dict[str, int]
    """Label -> clips."""


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """What a folder holds, what is wrong with it, and what it lacks."""

    folder: Path
    against: Path | None
    table: bool
    """Whether a table says who is heard and what is shown."""
    measured: list[Measured]
    unread: list[MediaError]
    """Recordings left out, one error each."""
    labels: list[str]
    lines: list[Line]
    people: list[Person]
    hours_by: dict[str, dict[str, float]]
    """shift, condition, group -> name -> hours."""
    leaks: list[Leak]
    sides: int
    """Sides that were compared; fewer than 2: none."""
    shortcuts: list[Shortcut]
    lone: dict[str, str]
    """Label -> the one person who shows it."""

    @property
    def bad(self) -> bool:
        """Whether something leaks or is far too little."""
        return bool(self.leaks) or any(line.state == "far" for line in self.lines)

    def line(self, key: str) -> Line:
        """What is asked and found under a key of the kit."""
        return next(line for line in self.lines if line.asked.key == key)

    @property
    def snr_db(self) -> NDArray[np.float64]:
        """Speech to noise wherever speech was heard, ten seconds at a time (decibels)."""
        return _joined([one.sound.snr_db for one in self.measured if one.sound])

    @property
    def light(self) -> NDArray[np.float64]:
        """Brightness of all pictures looked at, 0..1."""
        return _joined([one.light for one in self.measured])


def cover(folder: Path, bundle: Bundle, against: Path | None, own_labels: bool, tell: Tell) -> Coverage:
    """Measure a folder, and a second one to compare it with. Raises EdgeError.

    own_labels: whether the labels are those of the bundle, else those of the table. tell: told of recordings
    that are left out or unusual, and how far it is.
    """
    labels = bundle.manifest.full_labels if own_labels else None
    clips, table = read_clips(folder, labels)
    others = read_clips(against)[0] if against else []
    meter, unread = Meter(bundle.path("face_detector.onnx"), tell), list[MediaError]()
    measured = _measure(folder, clips, meter, unread, tell)
    theirs = _measure(against, others, meter, list[MediaError](), tell, pictures=False) if against else []
    sides = [(str(folder), measured), (str(against), theirs)] if against else []
    parts = splits(measured)
    return Coverage(
        folder,
        against,
        table,
        measured,
        unread,
        label_names(clips, labels),
        compare(_found(measured, label_names(clips, labels), table)),
        _people(measured),
        {part: _hours_by(measured, part) for part in ("shift", "condition", "group")},
        leaks(sides) + leaks(parts),
        max(len(sides), len(parts)),
        shortcuts(measured),
        lone_labels(measured),
    )


def _measure(
    folder: Path,
    clips: Sequence[Clip],
    meter: Meter,
    unread: list[MediaError],
    tell: Tell,
    *,
    pictures: bool = True,
) -> list[Measured]:
    measured, due, seconds = list[Measured](), time.monotonic() + TOLD_EVERY_S, 0.0
    files = defaultdict[Path, list[Clip]](list)
    for clip in clips:
        files[clip.path].append(clip)
    for number, parts in enumerate(files.values()):
        try:
            found = meter.measure(parts, pictures=pictures)
            measured += found
            seconds += sum(one.seconds for one in found)
        except MediaError as error:
            unread.append(error)
        if time.monotonic() >= due:
            due = time.monotonic() + TOLD_EVERY_S
            far = {"done": number + 1, "of": len(files), "hours": seconds / 3600.0}
            tell(DatasetError.of("coverage_progress", folder=folder, **far))
    if not measured:
        raise DatasetError.of("coverage_all_unread", folder=folder, count=len(files), why=unread[0])
    for left_out in unread:
        tell(left_out)
    return measured


def _found(measured: Sequence[Measured], labels: Sequence[str], table: bool) -> dict[str, float | None]:
    """What there is of each thing of the kit."""
    heard = [one for one in measured if one.sound]
    seconds = sum(one.seconds for one in measured)
    pictures = sum(len(one.light) for one in measured)
    people = _people(measured)
    clips = Counter(one.clip.label for one in measured)
    showing = {label: {one.clip.speaker for one in measured if one.clip.label == label} for label in labels}
    labelled = any(one.clip.label for one in measured)
    known = [one for one in heard if one.ends_khz is None]
    sessions = {(one.clip.speaker, one.clip.session) for one in measured if one.clip.session}
    return {
        "hours": seconds / 3600.0,
        "speech_min": sum(one.sound.speech_s for one in heard if one.sound) / 60.0,
        "people": len(people) or None,
        "people_heard": sum(one.speech_min >= OWN_SPEECH_MIN for one in people) if people else None,
        "sessions": len(sessions) or None,
        "shifts": len(_hours_by(measured, "shift")) or None,
        "conditions": len(_hours_by(measured, "condition")) or None,
        "labelled": min(clips[label] for label in labels) if labelled else None,
        "people_label": min(len(names - {""}) for names in showing.values()) if labelled and people else None,
        "pictures_face": sum(one.faces for one in measured) if pictures else None,
        "snr_spread": _spread(_joined([one.sound.snr_db for one in heard if one.sound])),
        "light_spread": _spread(_joined([one.light for one in measured])),
        "wide": 100.0 * sum(one.seconds for one in known) / sum(one.seconds for one in heard)
        if heard
        else None,
    }


def _people(measured: Sequence[Measured]) -> list[Person]:
    found = []
    for name in sorted({one.clip.speaker for one in measured} - {""}):
        own = [one for one in measured if one.clip.speaker == name]
        found.append(
            Person(
                name,
                sum(one.seconds for one in own) / 3600.0,
                sum(one.sound.speech_s for one in own if one.sound) / 60.0,
                len({one.clip.session for one in own} - {""}),
                dict(Counter(one.clip.label for one in own if one.clip.label)),
            )
        )
    return found


def _hours_by(measured: Sequence[Measured], part: str) -> dict[str, float]:
    """Hours by what the table says under a column, least first."""
    hours = defaultdict[str, float](float)
    for one in measured:
        if name := getattr(one.clip, part):
            hours[name] += one.seconds / 3600.0
    return dict(sorted(hours.items(), key=lambda item: item[1]))


def _spread(values: NDArray[np.float64]) -> float | None:
    if len(values) < 2:
        return None
    low, high = np.percentile(values, SPREAD)
    return float(high - low)


def _joined(parts: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.concatenate([*parts, np.zeros(0)])
