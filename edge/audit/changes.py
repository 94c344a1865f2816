"""Changes of [policy] and [alarm], noted where they differ from what the chain says last."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from edge.audit.chain import Audit, Fact
from edge.policy.section import PolicySettings
from edge.sections import AlarmSettings

OPEN = ("region", "purpose_kind")
"""Settings of [policy] whose text is written as it is; another may name a person, and stands as its hash."""


def note_policy(audit: Audit, policy: PolicySettings) -> None:
    """Append policy_changed with what changed, and all values, where anything did. Raises AuditError."""
    now = {name: _told(audit, name, value) for name, value in policy.model_dump().items()}
    before = _last(audit, "policy_changed")
    changed = [name for name in now if name not in before or before[name] != now[name]]
    if changed:
        audit.append("policy_changed", changed=", ".join(changed) if before else "all", **now)


def note_alarm(audit: Audit, alarm: AlarmSettings | None) -> None:
    """Append threshold_changed with the operating point in use; None: no alarm. Raises AuditError."""
    before = _last(audit, "threshold_changed")
    now: dict[str, Fact] = dict.fromkeys(AlarmSettings.model_fields)
    if alarm:
        now = {name: _told(audit, name, value) for name, value in alarm.model_dump().items()}
        now |= {"evidence": alarm.evidence, "bundle": alarm.bundle}
    if _given(now) != _given(before):  # an entry of an earlier version lacks what was not there yet
        audit.append("threshold_changed", **now)


def note_decided(audit: Audit, alarm: AlarmSettings) -> None:
    """Append decided: the operating point that was written, and who signed it. Raises AuditError."""
    signer = audit.hashed(alarm.signed_by) if alarm.signed_by else None
    audit.append(
        "decided",
        signed="yes" if signer else "no",
        signer=signer,
        evidence=alarm.evidence,
        bundle=alarm.bundle,
        threshold=alarm.threshold,
        average_s=alarm.average_s,
        suppression_s=alarm.suppression_s,
    )


def _told(audit: Audit, name: str, value: Any) -> Fact:
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (str, Path)) and name not in OPEN and str(value):
        return audit.hashed(str(value))
    return value if isinstance(value, (str, int, float)) else None


def _given(facts: dict[str, Fact]) -> dict[str, Fact]:
    return {name: value for name, value in facts.items() if value is not None}


def _last(audit: Audit, event: str) -> dict[str, Fact]:
    """The facts of the newest entry of an event; empty without one."""
    found = next((entry for entry in reversed(audit.entries()) if entry["event"] == event), None)
    return dict(found["facts"]) if found else {}
