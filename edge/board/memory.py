"""How much memory a machine has left."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from edge.board.board import ROOT, read


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of a machine; on a Jetson the GPU shares it."""

    total: int
    """All of it (bytes)."""
    available: int
    """What a program that starts now may take without swapping (bytes)."""


def read_memory(file: Path = ROOT / "proc/meminfo") -> Memory | None:
    """What is left now; None where the system does not tell."""
    found = {
        name: int(kilobytes) << 10
        for name, kilobytes in re.findall(r"^(\w+): +(\d+) kB", read(file) or "", re.MULTILINE)
    }
    if "MemAvailable" not in found or "MemTotal" not in found:
        return None
    return Memory(found["MemTotal"], found["MemAvailable"])
