"""What one check of the doctor comes to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check."""

    ok: bool
    text: str
    """What was found; when bad, what to do as well."""
