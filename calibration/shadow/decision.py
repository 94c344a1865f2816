"""Go or no-go: the criteria against the evidence.

void       the criteria were changed after the start
not_yet    less evidence than the criteria ask for, or intervals that leave it open
go         both intervals lie on the good side
no_go      one of them lies on the bad side
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from calibration.shadow.evidence import Evidence
from edge.shadow.folder import ShadowTrial

Verdict = Literal["void", "not_yet", "go", "no_go"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the evidence comes to."""

    verdict: Verdict
    lacking: tuple[tuple[str, int, int], ...]
    """days, people or events: how many there are and how many are asked for."""
    detection: bool | None
    """Whether the detection is reached; None: open."""
    false_alarms: bool | None
    """Whether false alarms keep to their limit; None: open."""


def decided(trial: ShadowTrial, found: Evidence) -> Decision:
    """The decision of a trial so far."""
    asked, least = trial.criteria.negative, trial.criteria.minimum
    there = {"days": found.days, "people": found.people, "events": found.counts.episodes}
    lacking = tuple(
        (name, have, getattr(least, name)) for name, have in there.items() if have < getattr(least, name)
    )
    detection = false_alarms = None
    if found.detection_interval:
        low, high = found.detection_interval
        detection = True if low >= asked.detection else False if high < asked.detection else None
    if found.false_interval:
        low, high = found.false_interval
        limit = asked.false_alarms_per_hour
        false_alarms = True if high <= limit else False if low > limit else None
    verdict: Verdict = "not_yet"
    if trial.void:
        verdict = "void"
    elif not lacking and (detection is False or false_alarms is False):
        verdict = "no_go"
    elif not lacking and detection and false_alarms:
        verdict = "go"
    return Decision(verdict, lacking, detection, false_alarms)


def as_dict(trial: ShadowTrial, found: Evidence, decision: Decision) -> dict[str, Any]:
    """JSON-ready values."""
    counts = found.counts
    return {
        "verdict": decision.verdict,
        "criteria": trial.criteria.model_dump(),
        "criteria_sha256": trial.start.criteria_sha256,
        "started": trial.start.started,
        "bundle": trial.start.bundle,
        "bundle_sha256": trial.start.bundle_sha256,
        "threshold": trial.start.threshold,
        "detection": counts.detection,
        "detection_interval": found.detection_interval,
        "false_alarms_per_hour": counts.false_per_hour,
        "false_interval": found.false_interval,
        "intervals_over_days": found.over_days,
        "hours": found.hours,
        "events": counts.episodes,
        "detected": counts.detected,
        "false_alarms": counts.false_alarms,
        **{
            name: getattr(found, name) for name in ("days", "people", "readings", "from_verdicts", "unlogged")
        },
        **{name: getattr(found, name) for name in ("waiting", "runs")},
        "lacking": [{"what": name, "there": have, "asked": least} for name, have, least in decision.lacking],
        "missed": [asdict(one) for one in found.missed],
        "false_at": list(found.false_at),
    }
