"""A trial in lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from calibration.judge.intervals import Span
from calibration.shadow.decision import Decision
from calibration.shadow.evidence import Evidence
from edge.shadow.folder import ShadowTrial
from edge.words import Language, word


def status(trial: ShadowTrial, found: Evidence, language: Language) -> str:
    """How much evidence there is, in one line."""
    least = trial.criteria.minimum
    there = {"days": found.days, "people": found.people, "events": found.counts.episodes}
    parts = [
        word(
            "shadow_enough",
            language,
            what=word(f"shadow_{name}", language),
            there=have,
            asked=getattr(least, name),
        )
        for name, have in there.items()
    ]
    return word(
        "shadow_status",
        language,
        bundle=trial.start.bundle,
        when=local(trial.start.started),
        parts=word("also", language).join(parts),
        readings=found.readings,
        hours=found.hours,
        waiting=found.waiting,
    )


def lines(trial: ShadowTrial, found: Evidence, decision: Decision, language: Language) -> Iterator[str]:
    """The decision, the pair it rests on, and how much evidence there is."""
    asked, counts = trial.criteria.negative, found.counts
    none = word("shadow_no_value", language)
    yield word(f"shadow_verdict_{decision.verdict}", language)
    yield word(
        "shadow_pair",
        language,
        detection=with_span(counts.detection, found.detection_interval, ".0%") or none,
        least=asked.detection,
        false=with_span(counts.false_per_hour, found.false_interval, ".1f") or none,
        most=asked.false_alarms_per_hour,
    )
    yield status(trial, found, language)


def with_span(value: float | None, span: Span | None, spec: str) -> str:
    """A value with its interval; empty without one."""
    if value is None:
        return ""
    ends = f" [{format(span[0], spec)}, {format(span[1], spec)}]" if span else ""
    return format(value, spec) + ends


def local(moment: str | float) -> str:
    """A moment as the site's clock shows it."""
    when = datetime.fromtimestamp(moment) if isinstance(moment, float) else datetime.fromisoformat(moment)
    return f"{when.astimezone():%Y-%m-%d %H:%M:%S}"
