"""Lines of tegrastats, in the forms of JetPack 5 to 7.

What a line lacks is None or not in its table: without root there is no load of the memory and no frequency of
the GPU, Thor has no load of the GPU. Power and temperature are better read from sysfs (power.py, thermal.py);
a line has the load of the processors, which sysfs has not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from edge.board.thermal import OFFLINE_C


@dataclass(frozen=True, slots=True)
class Stats:
    """One line."""

    ram_mb: tuple[int, int] | None
    """Memory used, and all of it (megabytes)."""
    swap_mb: tuple[int, int] | None
    cpus: tuple[int | None, ...]
    """Load of each CPU (percent); None: it is off."""
    gpu: int | None
    """Load of the GPU (percent)."""
    gpu_mhz: tuple[int, ...]
    """Of each cluster of the GPU (megahertz)."""
    emc: int | None
    """Load of the memory controller (percent)."""
    celsius: Mapping[str, float]
    """Temperature of each part that is on (degrees Celsius)."""
    milliwatts: Mapping[str, int]
    """Power of each rail now (milliwatts)."""


def parse(line: str) -> Stats | None:
    """What a line says; None when it is none of tegrastats."""
    ram = re.search(r"\bRAM (\d+)/(\d+)MB", line)
    heat = re.findall(r"(\w+)@(-?\d+(?:\.\d+)?)C\b", line)
    power = re.findall(r"(\w+) (\d+)mW/\d+mW", line)
    if not (ram or heat or power):
        return None
    swap = re.search(r"\bSWAP (\d+)/(\d+)MB", line)
    cpus = re.search(r"\bCPU \[([^\]]*)\]", line)
    gpu = re.search(r"\bGR3D_FREQ (?:(\d+)%)?(?:@\[?([\d,]+)\]?)?", line)
    emc = re.search(r"\bEMC_FREQ (\d+)%", line)
    return Stats(
        ram_mb=(int(ram[1]), int(ram[2])) if ram else None,
        swap_mb=(int(swap[1]), int(swap[2])) if swap else None,
        cpus=tuple(map(_load, cpus[1].split(","))) if cpus else (),
        gpu=int(gpu[1]) if gpu and gpu[1] else None,
        gpu_mhz=tuple(map(int, gpu[2].split(","))) if gpu and gpu[2] else (),
        emc=int(emc[1]) if emc else None,
        celsius={name: float(value) for name, value in heat if float(value) > OFFLINE_C},
        milliwatts={name: int(value) for name, value in power if name != "NC"},
    )


def _load(cpu: str) -> int | None:
    found = re.match(r"(\d+)%", cpu)
    return int(found[1]) if found else None
