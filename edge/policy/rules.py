"""What [policy] allows: one table of rules, asked before anybody is read, recorded or learned from.

The articles are those of Regulation (EU) 2024/1689 (AI Act), of the Japanese Act on the Protection of
Personal Information (APPI), and of the camera image guidebook 3.0 by METI and MIC. No legal advice.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from edge.errors import PolicyError
from edge.policy.section import Kind, PolicySettings
from edge.words import Language, word

if TYPE_CHECKING:
    from edge.config import Site

Action = Literal["run", "record", "shadow", "export", "calibrate"]
ALL: tuple[Action, ...] = get_args(Action)
AT_PEOPLE: tuple[Action, ...] = ("run", "record", "shadow")
"""What reads or records people."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: whom it is about, what it asks for, what it says."""

    key: str
    """Of its words."""
    actions: tuple[Action, ...]
    where: Mapping[str, tuple[Any, ...]]
    """Setting -> values: it is about a policy that has one of them in each of these settings."""
    needs: str | None = None
    """Setting that must be filled in: a file there, a day not in the future; None: nothing can meet it."""
    refuses: bool = True
    """Else it only says a line."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Of its words."""


RULES = (
    Rule(
        "policy_eu_emotions",
        ALL,
        {
            "region": ("eu",),
            "people": ("worker", "student"),
            "purpose_kind": tuple(kind for kind in get_args(Kind) if kind not in ("safety", "medical")),
        },
    ),
    Rule("policy_risk", ALL, {"purpose_kind": ("safety",)}, "risk_assessment"),
    Rule("policy_media", AT_PEOPLE, {"media": (True,)}, "consents"),
    Rule("policy_single", ("record", "shadow"), {"aggregate": (True,)}, values={"setting": "aggregate"}),
    Rule("policy_single", ("record", "shadow"), {"self_view": (True,)}, values={"setting": "self_view"}),
    Rule("policy_notice_eu", AT_PEOPLE, {"region": ("eu",)}, "notice_since", refuses=False),
    Rule("policy_notice_jp", AT_PEOPLE, {"region": ("jp",)}, "notice_since", refuses=False),
    Rule(
        "policy_eu_medical", AT_PEOPLE, {"region": ("eu",), "purpose_kind": ("medical",)}, None, refuses=False
    ),
)


def ask(site: Site, action: Action, language: Language, say: Callable[[str], None] = lambda _: None) -> None:
    """Ask whether a site may do something; raises PolicyError with one line where it may not.

    say: gets a line for each rule that only reminds. Without [policy] nothing can be recorded; all else goes
    on (a live run says so: edge/watch.py).
    """
    if site.policy is None:
        if action == "record":
            raise PolicyError.of("policy_none_record")
        return
    broken = [rule for rule in RULES if action in rule.actions and not _kept(site.policy, rule)]
    for rule in broken:
        if rule.refuses:
            raise PolicyError.of(rule.key, **rule.values)
    for rule in broken:
        say(word(rule.key, language, **rule.values))


def _kept(policy: PolicySettings, rule: Rule) -> bool:
    """Whether a policy keeps to a rule, or is none of those it is about."""
    for name, values in rule.where.items():
        given = getattr(policy, name)
        if not set(given if isinstance(given, tuple) else (given,)) & set(values):
            return True
    return rule.needs is not None and _filled(getattr(policy, rule.needs))


def _filled(value: Any) -> bool:
    if isinstance(value, Path):
        return value.exists()
    if isinstance(value, datetime.date):
        return value <= datetime.date.today()
    return bool(value)
