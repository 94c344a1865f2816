"""What [policy] makes of the other sections of site.toml before a run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.config import Site
from edge.errors import PolicyError
from edge.words import word

SINKS = ("log", "mqtt", "prometheus", "review")


def lawful(site: Site, say: Callable[[str], None]) -> Site:
    """The settings as the policy lets a run have them. say: gets a line where it takes something away.

    media = false: the queue of checks keeps numbers only; retention_days: it keeps nothing longer.
    aggregate: everybody in view is read, as they are counted.
    """
    policy, review = site.policy, site.review
    if policy is None:
        return site
    update: dict[str, Any] = {"faces": "all"} if policy.aggregate else {}
    if review:
        kept: dict[str, Any] = {"days": min(review.days, policy.retention_days)}
        if review.consent and not policy.media:
            say(word("policy_no_media", site.language))
            kept["consent"] = None
        update["review"] = review.model_copy(update=kept)
    return site.model_copy(update=update)


def require_sinks(site: Site, jsonl: Path | None, shown: bool) -> None:
    """Raises PolicyError where a run would send readings where the policy lets none go.

    self_view: to the panel alone. aggregate: the queue of checks holds single readings. shown: whether
    there is a panel, or readings as lines.
    """
    policy = site.policy
    if policy is None:
        return
    there = [f"[{name}]" for name in SINKS if getattr(site, name)] + (["--jsonl"] if jsonl else [])
    if policy.self_view and there:
        raise PolicyError.of("policy_self_view", names=", ".join(there))
    if policy.self_view and shown and not _seen_by_a_person():
        raise PolicyError.of("policy_self_lines")
    if policy.aggregate and site.review:
        raise PolicyError.of("policy_aggregate_review")


def _seen_by_a_person() -> bool:
    """Whether readings go to a screen or a terminal, not into a file, a pipe or the journal."""
    from edge.display.window.screen import has_screen

    return has_screen() or sys.stdout.isatty()
