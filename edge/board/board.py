"""Which Jetson this is, by its device tree, and which release of Jetson Linux runs on it.

A board is told by the `compatible` strings of its device tree: the model's name changes with the release. The
JetPack of a release is for people alone; nothing is decided by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

Generation = Literal["orin", "thor"]

ROOT = Path("/")
RELEASE = Path("etc/nv_tegra_release")
TREE = Path("proc/device-tree")

CHIPS: dict[str, Generation] = {"nvidia,tegra234": "orin", "nvidia,tegra264": "thor"}
MODULES = {
    "p3767-0000": "Orin NX 16GB",
    "p3767-0001": "Orin NX 8GB",
    "p3767-0003": "Orin Nano 8GB",
    "p3767-0004": "Orin Nano 4GB",
    "p3767-0005": "Orin Nano 8GB",
    "p3701-0004": "AGX Orin 32GB",
    "p3701-0005": "AGX Orin 64GB",
    "p3834-0008": "AGX Thor",
}
"""Part number in a `compatible` string -> module; -0005 of p3767 is that of the developer kit."""
JETPACKS = {
    "39.2.1": "7.2.1",
    "39.2.0": "7.2",
    "39.0.0": "7.2 EA",
    "38.4.0": "7.1",
    "38.2": "7.0",
    "36.5.0": "6.2.2",
    "36.4.7": "6.2.1",
    "36.4.4": "6.2.1",
    "36.4.3": "6.2",
    "36.4.0": "6.1",
    "36.3.0": "6.0",
    "35.6.4": "5.1.6",
    "35.6": "5.1.5",
    "35.5.0": "5.1.3",
    "35.4.1": "5.1.2",
    "35.3.1": "5.1.1",
}
"""Release of Jetson Linux, or its first two numbers -> JetPack."""
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_DATE = re.compile(r"DATE: \w+ +(\w{3}) +(\d+) +(\d+):(\d+):(\d+)(?: +([AP]M))? +UTC +(\d{4})")


@dataclass(frozen=True, slots=True)
class Release:
    """A release of Jetson Linux."""

    version: str
    """As in 36.4.7: three numbers."""
    built: datetime | None
    """When it was built (UTC); None where the file does not tell."""

    @property
    def jetpack(self) -> str:
        """The JetPack it belongs to, for people; empty when unknown."""
        short = self.version.rpartition(".")[0]
        return JETPACKS.get(self.version) or JETPACKS.get(short, "")

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version, to compare."""
        return tuple(int(part) for part in self.version.split("."))


@dataclass(frozen=True, slots=True)
class Board:
    """A Jetson."""

    model: str
    """Its name in the device tree; empty where there is none, as in a container."""
    generation: Generation | None
    """None: of a chip this table does not know."""
    module: str
    """By part number; empty when unknown."""
    release: Release | None
    """None: the file that names it is missing or says something else."""


def read_board(root: Path = ROOT) -> Board | None:
    """The Jetson this is; None on other machines. In a container the device tree may be missing."""
    tokens = (read(root / TREE / "compatible") or "").split("\0")
    text = read(root / RELEASE)
    if text is None and not any(token.startswith("nvidia,tegra") for token in tokens):
        return None
    model = (read(root / TREE / "model") or "").strip("\0\n ")
    chips = (kind for chip, kind in CHIPS.items() if any(token.startswith(chip) for token in tokens))
    parts = {part for token in tokens for part in _parts(token)}
    modules = (name for part, name in MODULES.items() if part in parts)
    return Board(model, next(chips, None), next(modules, ""), parse_release(text or ""))


def parse_release(text: str) -> Release | None:
    """What /etc/nv_tegra_release says; None where it names no release.

    "# R36 (release), REVISION: 4.7, GCID: ..., DATE: Thu Sep 18 22:54:44 UTC 2025" is 36.4.7.
    R39 writes its date with a 12-hour clock.
    """
    found = re.search(r"# R(\d+) \(release\), REVISION: ([\d.]+)", text)
    if not found:
        return None
    version = f"{found[1]}.{found[2]}"
    return Release(version if version.count(".") >= 2 else f"{version}.0", _built(text))


def read(path: Path) -> str | None:
    """The text of a file of the system; None where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:  # a sensor that is off, a node that is not there
        return None


def _parts(token: str) -> set[str]:
    """Part numbers in a string such as nvidia,p3768-0000+p3767-0005-super."""
    return set(re.findall(r"p\d{4}-\d{4}", token))


def _built(text: str) -> datetime | None:
    found = _DATE.search(text)
    if not found or found[1] not in _MONTHS:
        return None
    day, hour, minute, second, year = (int(found[at]) for at in (2, 3, 4, 5, 7))
    if found[6]:
        hour = hour % 12 + (12 if found[6] == "PM" else 0)
    try:
        return datetime(year, _MONTHS.index(found[1]) + 1, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        return None
