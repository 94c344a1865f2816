"""What bundles and settings of earlier versions say of the vote, in the words of this one."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import Any

from edge.errors import InputError

VOTE_SINCE = 8
"""Schema from which on `voting` is as edge/bundle/manifest.py has it."""
REPLACED = {
    "half_life_s": "voting_half_life",
    "window_s": "voting_window",
    "eta": "voting_eta",
    "ratio_min": "voting_eta",
    "ratio_max": "voting_eta",
}
"""Key of `voting` before schema 8 -> key of the line that says what stands for it now."""
MOST_TAU_S = 86400.0


def replaced(voting: Mapping[str, Any]) -> InputError | None:
    """What to write for the first setting of the vote that is another now; None: all are of today."""
    return next((InputError.of(REPLACED[name], name=name) for name in voting if name in REPLACED), None)


def require_current(given: Any) -> Any:
    """Settings of the vote as given. Raises ValueError, for pydantic, for those that are others now."""
    if isinstance(given, dict) and (why := replaced(given)):
        raise ValueError(why)
    return given


def brought_up(content: Any) -> Any:
    """A bundle.json of an earlier schema as one of this: tau_s is half_life_s / ln 2, the same forgetting.

    What else there was of the vote has no counterpart; what is new is as VotingSettings has it.
    """
    voting = content.get("voting") if isinstance(content, dict) else None
    if not isinstance(voting, dict) or content.get("schema") not in range(VOTE_SINCE):
        return content
    kept = {name: value for name, value in voting.items() if name not in REPLACED}
    if "half_life_s" in voting:
        half_life = voting["half_life_s"]
        number = isinstance(half_life, (int, float)) and not isinstance(half_life, bool)
        kept["tau_s"] = min(MOST_TAU_S, half_life / log(2.0)) if number else half_life
    return {**content, "voting": kept}
