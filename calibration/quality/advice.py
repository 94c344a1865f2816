"""What to record next, in order, computed from what is missing: what an engineer takes to the line."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from calibration.quality.coverage import Coverage
from calibration.quality.kit import OWN_SPEECH_MIN
from calibration.quality.measure import EVERY_S
from calibration.quality.nuisances import VOICE
from edge.labels import Labels
from edge.starter_labels import labels_of
from edge.words import Language, word

LEAST_MIN, MOST_MIN = 20, 60
"""How long one person is recorded in one sitting (minutes)."""
UNEVEN = 0.2
"""A shift or condition with a smaller share of the hours is recorded next."""
NAMED = 5
"""Names that one line lists at most."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to record or to write down."""

    key: str
    values: dict[str, Any]
    """Of its words."""
    where: tuple[str, str] = ("", "")
    """The shift and the condition to do it in; empty where any will do."""
    elsewhere: bool = False
    """Whether it is to be on another shift, and in another condition, than the ones named."""

    def told(self, language: Language) -> str:
        """It as a sentence."""
        values = dict(self.values)
        if self.key in ("people", "place"):
            kinds = ("shift", "condition")
            other = "other_" if self.elsewhere else ""
            parts = [
                word(f"coverage_at_{other}{kind}", language, name=name)
                for kind, name in zip(kinds, self.where, strict=True)
                if name
            ]
            values["where"] = "".join(parts)
        return word(f"coverage_next_{self.key}", language, **values)


def next_steps(found: Coverage, language: Language) -> list[Step]:
    """What to do, what spoils most first. language: of the names of labels."""
    known = labels_of(found.labels)
    return [
        *_written(found),
        *_microphone(found),
        *_people(found),
        *_places(found),
        *_again(found),
        *_labels(found, known, language),
        *_instead(found),
        *_spread(found),
        *_faces(found),
        *_hours(found),
    ]


def _written(found: Coverage) -> Iterator[Step]:
    """What the table does not say."""
    if not found.table:
        yield Step("table", {})
        return
    columns = {"people": "speaker", "labelled": "emotion", "sessions": "session"}
    columns |= {"shifts": "shift", "conditions": "condition"}
    lacking = [name for key, name in columns.items() if found.line(key).state == "unknown"]
    if lacking:
        yield Step("columns", {"names": ", ".join(lacking)})


def _microphone(found: Coverage) -> Iterator[Step]:
    narrow = [one.ends_khz for one in found.measured if one.ends_khz is not None]
    if narrow and found.line("wide").state in ("less", "far"):
        share = 100.0 - (found.line("wide").found or 0.0)
        yield Step("microphone", {"share": share, "khz": min(narrow)})


def _people(found: Coverage) -> Iterator[Step]:
    line = found.line("people")
    if line.state in ("less", "far"):
        count = math.ceil(line.asked.amount - (line.found or 0.0))
        hours = found.line("hours")
        missing = max(0.0, hours.asked.amount - (hours.found or 0.0)) * 60.0
        minutes = 5 * math.ceil(min(MOST_MIN, max(LEAST_MIN, missing / count)) / 5)
        where, elsewhere = _weakest(found)
        yield Step("people", {"count": count, "minutes": minutes}, where, elsewhere)


def _weakest(found: Coverage) -> tuple[tuple[str, str], bool]:
    """Shift and condition with the least hours; or the only ones, which are not to be recorded again."""
    shifts, conditions = list(found.hours_by["shift"]), list(found.hours_by["condition"])
    if len(shifts) > 1 or len(conditions) > 1:
        names = [names[0] if len(names) > 1 else "" for names in (shifts, conditions)]
        return (names[0], names[1]), False
    return ("".join(shifts), "".join(conditions)), True


def _places(found: Coverage) -> Iterator[Step]:
    """Shifts and conditions that are missing or hardly there."""
    for place, (key, part) in enumerate((("shifts", "shift"), ("conditions", "condition"))):
        hours = found.hours_by[part]
        if not hours:
            continue
        fair = sum(hours.values()) * UNEVEN
        weakest, least = next(iter(hours.items()))
        where = (weakest, "") if place == 0 else ("", weakest)
        if found.line(key).state != "enough":
            minutes = 5 * math.ceil(max(LEAST_MIN, 60.0 * fair) / 5)
            yield Step("place", {"minutes": minutes}, where, elsewhere=True)
        elif least < fair:
            yield Step("place", {"minutes": 5 * math.ceil(60.0 * (fair - least) / 5)}, where)


def _again(found: Coverage) -> Iterator[Step]:
    """People who are to be heard longer, or on another day."""
    quiet = [one for one in found.people if one.speech_min < OWN_SPEECH_MIN]
    if quiet and found.line("people_heard").state == "less":
        minutes = math.ceil(OWN_SPEECH_MIN - min(one.speech_min for one in quiet))
        yield Step("speech", {"names": _list([one.name for one in quiet]), "minutes": minutes})
    once = [one.name for one in found.people if one.sessions == 1]
    if once and found.line("sessions").state == "less":
        yield Step("again", {"names": _list(once)})


def _labels(found: Coverage, known: Labels, language: Language) -> Iterator[Step]:
    if found.line("labelled").state == "unknown":
        return
    clips = Counter(one.clip.label for one in found.measured)
    asked, people = (int(found.line(key).asked.amount) for key in ("labelled", "people_label"))
    named = any(one.clip.speaker for one in found.measured)
    counts = []
    for label in sorted(found.labels, key=lambda name: clips[name]):
        showing = {one.clip.speaker for one in found.measured if one.clip.label == label} - {""}
        more, said = max(0, asked - clips[label]), known.said(label, language)
        others = max(0, people - len(showing)) if named else 0
        if others:
            yield Step("label_people", {"label": said, "count": max(more, others), "people": others})
        elif more:
            counts.append(f"{said} {more}")
    if counts:
        yield Step("labels", {"counts": ", ".join(counts)})


def _instead(found: Coverage) -> Iterator[Step]:
    """What to record so that a label is no longer told by a thing of its own."""
    for shortcut in found.shortcuts:
        if shortcut.told and shortcut.key not in VOICE:
            yield Step(f"instead_{shortcut.key}", {})


def _spread(found: Coverage) -> Iterator[Step]:
    if found.line("snr_spread").state == "less":
        low, high = (float(value) for value in (found.snr_db.min(), found.snr_db.max()))
        yield Step("noise", {"low": low, "high": high})
    if found.line("light_spread").state == "less":
        yield Step("light", {})


def _faces(found: Coverage) -> Iterator[Step]:
    line = found.line("pictures_face")
    if line.state == "unknown":
        yield Step("camera", {})
    elif line.state == "less":
        missing = line.asked.amount - (line.found or 0.0)
        yield Step("faces", {"minutes": math.ceil(missing * EVERY_S / 60.0)})


def _hours(found: Coverage) -> Iterator[Step]:
    line = found.line("hours")
    if line.state != "enough":
        yield Step("hours", {"hours": line.asked.amount - (line.found or 0.0), "asked": line.asked.amount})


def _list(names: list[str]) -> str:
    more = ", ..." if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
