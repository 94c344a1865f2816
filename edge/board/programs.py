"""What the programs of the system answer."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from edge.board.board import ROOT, read

PLACES = ("usr/local/cuda/bin", "usr/sbin", "usr/bin", "sbin", "bin")
"""Where programs are looked for: nvpmodel is in none of a plain user's PATH, nvcc neither."""
PATIENCE_S = 10.0
"""A program that takes longer does not answer (seconds)."""


@dataclass(frozen=True, slots=True)
class PowerMode:
    """The power mode of a board; ids differ by board, names do not."""

    name: str
    known: tuple[str, ...]
    """Names of all modes of the board, by its configuration; empty where that cannot be read."""


def program(name: str, root: Path = ROOT) -> Path | None:
    """Where a program of the system is; None when it is not installed."""
    found = shutil.which(name, path=os.pathsep.join(str(root / place) for place in PLACES))
    return Path(found) if found else None


def answer(name: str, *words: str, root: Path = ROOT, patience_s: float = PATIENCE_S) -> str | None:
    """What a program prints; None when it is missing, fails, or does not answer in time."""
    path = program(name, root)
    if path is None:
        return None
    try:
        done = subprocess.run(
            [path, *words],
            env=os.environ | {"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,  # nvpmodel asks on a terminal whether it may reboot
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=patience_s,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def power_mode(root: Path = ROOT) -> PowerMode | None:
    """The power mode of now; None when nvpmodel does not name one."""
    named = re.search(r"NV Power Mode: *(\S+)", answer("nvpmodel", "-q", root=root) or "")
    if not named:
        return None
    known = re.findall(r"<\s*POWER_MODEL\s+ID=\d+\s+NAME=(\S+?)\s*>", read(root / "etc/nvpmodel.conf") or "")
    return PowerMode(named[1], tuple(known))
