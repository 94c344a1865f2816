"""What the programs of the system answer."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Mapping
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
    ids: Mapping[str, int]
    """Name -> id of every mode of the board, by its configuration; empty where that cannot be read."""

    @property
    def watts(self) -> int | None:
        """What the mode is named for (watts); None for MAXN and the like, which have no limit."""
        return watts_of(self.name)

    @property
    def strongest(self) -> str:
        """The name of the mode with the most watts, of those that have a limit; empty when unknown."""
        limited = [name for name in self.ids if watts_of(name)]
        return max(limited, key=lambda name: watts_of(name) or 0, default="")


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


def lines(
    name: str, *words: str, root: Path = ROOT, count: int = 1, patience_s: float = PATIENCE_S
) -> list[str]:
    """The first lines of a program that goes on for ever, which is then ended; none when it is missing."""
    path = program(name, root)
    if path is None:
        return []
    try:
        running = subprocess.Popen(
            [path, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
        )
    except OSError:
        return []
    with running:
        assert running.stdout is not None
        patience = threading.Timer(patience_s, running.kill)
        patience.start()
        found = [line.rstrip("\n") for line in itertools.islice(running.stdout, count)]
        patience.cancel()
        running.kill()
    return found


def power_mode(root: Path = ROOT) -> PowerMode | None:
    """The power mode of now; None when nvpmodel does not name one."""
    named = re.search(r"NV Power Mode: *(\S+)", answer("nvpmodel", "-q", root=root) or "")
    if not named:
        return None
    known = re.findall(
        r"<\s*POWER_MODEL\s+ID=(\d+)\s+NAME=(\S+?)\s*>", read(root / "etc/nvpmodel.conf") or ""
    )
    return PowerMode(named[1], {name: int(number) for number, name in known})


def watts_of(mode: str) -> int | None:
    """The limit a mode is named for, as in 25W or MODE_30W (watts)."""
    found = re.search(r"(\d+)W\b", mode)
    return int(found[1]) if found else None
