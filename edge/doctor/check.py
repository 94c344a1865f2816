"""What one check of the doctor comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check."""

    name: str
    """Of what was looked at: the same in every language and version."""
    ok: bool
    text: str
    """What was found; when bad, what to do as well."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What was measured, for programs."""
