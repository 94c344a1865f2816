"""The doctor's look at what every machine has: temperature, disk and clock."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from edge.board.board import ROOT, read_board
from edge.board.programs import answer
from edge.board.thermal import temperatures
from edge.doctor.check import Check
from edge.engines.plans import folder
from edge.errors import EngineError
from edge.reading.pace import HOT_C
from edge.words import Language, word

LEAST_FREE = 1 << 30
"""Plans, logs and a new bundle need room (bytes)."""


def examine_machine(language: Language, root: Path = ROOT) -> Iterator[Check]:
    """Check temperature, disk and clock, each where the machine tells."""
    zones = temperatures(root)
    if zones:
        hottest = max(zones, key=lambda name: zones[name])
        values = {"zone": hottest, "celsius": zones[hottest]}
        hot = zones[hottest] >= HOT_C
        yield Check("temperature", not hot, word("doctor_hot" if hot else "doctor_cool", language, **values))
    yield _disk(language)
    yield from _clock(language, root)


def _disk(language: Language) -> Check:
    """Room where plans are kept: the disk of the user who runs edge."""
    try:
        place = folder()
    except EngineError as error:
        return Check("disk", False, error.told(language))
    there = next(path for path in (place, *place.parents) if path.exists())
    try:
        usage = shutil.disk_usage(there)
    except OSError as error:
        return Check(
            "disk", False, word("doctor_disk_bad", language, path=there, why=error.strerror or error)
        )
    facts = {"path": str(there), "free_mb": usage.free >> 20, "total_mb": usage.total >> 20}
    enough = usage.free >= LEAST_FREE
    values = {"path": there, "free": usage.free / 1e9}
    return Check(
        "disk", enough, word("doctor_disk" if enough else "doctor_disk_full", language, **values), facts
    )


def _clock(language: Language, root: Path) -> Iterator[Check]:
    """Whether the clock is right: a Jetson without a battery starts in the past."""
    now = datetime.now(timezone.utc)
    board = read_board(root)
    built = board.release.built if board and board.release else None
    if built and now < built:
        yield Check("clock", False, word("doctor_clock_past", language, now=f"{now:%Y-%m-%d %H:%M} UTC"))
        return
    said = answer("timedatectl", "show", root=root)
    if said is None:  # no systemd, as in a container
        return
    synchronised = "NTPSynchronized=yes" in said
    yield Check(
        "clock", synchronised, word("doctor_clock" if synchronised else "doctor_clock_free", language)
    )
