"""One check on the queue and what people said about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one person said about one item."""

    reviewer: str
    label: str | None
    """None: cannot tell."""
    note: str
    given: str


@dataclass(frozen=True, slots=True)
class Item:
    """One check with its readings and verdicts."""

    id: int
    made: str
    expires: str
    source: str
    bundle: str
    bundle_sha256: str
    label: str
    """Of its first reading."""
    consent: Mapping[str, Any] | None
    face: Path | None
    sound: Path | None
    words: str | None
    readings: tuple[Mapping[str, Any], ...]
    """Numbers of each reading, oldest first; keys: edge/sinks/review.py."""
    verdicts: tuple[Verdict, ...]
    """By the time they were given."""
