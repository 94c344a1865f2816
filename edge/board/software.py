"""Which CUDA and TensorRT a Jetson has, and which ones belong to its release of Jetson Linux."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from edge.board.board import ROOT, Release, read


@dataclass(frozen=True, slots=True)
class Software:
    """What belongs together; nothing compiled for one fits another."""

    python: str
    """Of the system, as in 3.10: TensorRT's module is made for it."""
    cuda: str
    tensorrt: str


OF_RELEASE = {
    36: Software("3.10", "12.6", "10.3"),
    38: Software("3.12", "13.0", "10.13"),
    39: Software("3.12", "13.2", "10.16"),
}
"""First number of the release of Jetson Linux -> what its JetPack brings; later TensorRTs may be added."""
OLDEST, NEWEST = (36, 4), (39, 2)
"""First two numbers of the releases that are supported: JetPack 6.1 to 7.2."""


def belongs_to(release: Release) -> Software | None:
    """What a release brings; None for one that is not known."""
    return OF_RELEASE.get(release.numbers[0])


def supported(release: Release) -> bool:
    """Whether this package is made for a release."""
    return OLDEST <= release.numbers[:2] <= NEWEST and release.numbers[0] in OF_RELEASE


def cuda_version(root: Path = ROOT) -> str | None:
    """As in 12.6.68; None where CUDA is not installed."""
    try:
        return str(json.loads(read(root / "usr/local/cuda/version.json") or "")["cuda"]["version"])
    except (ValueError, LookupError, TypeError):
        return None


def tensorrt_version(root: Path = ROOT) -> str | None:
    """As in 10.3.0.30, by the packages that are installed; None where there is none.

    This Python may see none of it: a virtual environment without the system's packages.
    """
    status = read(root / "var/lib/dpkg/status") or ""
    found = re.search(r"^Package: libnvinfer\d+\n(?:.+\n)*?Version: ([\d.]+)", status, re.MULTILINE)
    return found[1] if found else None
