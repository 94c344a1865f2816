"""How fast the processors of a machine run, and between which limits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.board.board import ROOT, read

GPUS = ("17000000.gpu", "17000000.ga10b", "gpu-gpc-0")
"""Names of the GPU below /sys/class/devfreq: Orin, Orin on L4T 35, Thor."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of one processor, or of one group of them."""

    name: str
    """gpu, or cpu and the number of the first one of its group."""
    now_mhz: float
    least_mhz: float
    most_mhz: float
    """What the power mode allows."""

    @property
    def fixed(self) -> bool:
        """Whether it cannot move, as after jetson_clocks."""
        return self.least_mhz == self.most_mhz


def gpu_clock(root: Path = ROOT) -> Clock | None:
    """The GPU's; None where there is none that tells."""
    for name in GPUS:
        found = _clock("gpu", root / "sys/class/devfreq" / name, "", 1e-6)
        if found:
            return found
    return None


def cpu_clocks(root: Path = ROOT) -> list[Clock]:
    """Of each group of processors that share a clock."""
    policies = (root / "sys/devices/system/cpu/cpufreq").glob("policy*")
    named = [(int(path.name.removeprefix("policy")), path) for path in policies if path.name[6:].isdecimal()]
    found = [_clock(f"cpu{number}", path, "scaling_", 1e-3) for number, path in sorted(named)]
    return [clock for clock in found if clock]


def _clock(name: str, folder: Path, prefix: str, unit_mhz: float) -> Clock | None:
    values = [read(folder / f"{prefix}{part}_freq") for part in ("cur", "min", "max")]
    try:
        now, least, most = (int(value or "") * unit_mhz for value in values)
    except ValueError:
        return None
    return Clock(name, now, least, most)
