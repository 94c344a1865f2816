"""What a Jetson draws, rail by rail, from the power monitors on its I2C bus.

INA3221: voltage (mV) times current (mA) of three channels, each with a label; channel 7 is their sum, and a
channel that is not connected is called NC. INA238, on Thor: the power of the whole board (microwatts).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.board.board import ROOT, read

BUS = "sys/bus/i2c/drivers"
WHOLE = ("VDD_IN", "POM_5V_IN", "VIN")
"""Names of the rail that feeds everything; the first that is there."""
INPUTS = ("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0")
"""The rails that together feed an AGX Orin, which has none that feeds everything."""
CHANNELS = ("1", "2", "3")


@dataclass(frozen=True, slots=True)
class Rail:
    """One supply of the board."""

    label: str
    files: tuple[Path, ...]
    """Whose values are multiplied: voltage and current, or power alone."""
    unit_w: float
    """What 1 of that product is (watts)."""

    def watts(self) -> float:
        """What it carries now (watts). Raises OSError when the monitor can no longer be read."""
        product = 1.0
        for file in self.files:
            try:
                product *= int(file.read_text())
            except ValueError as error:
                raise OSError(errno.EIO, os.strerror(errno.EIO), str(file)) from error
        return product * self.unit_w


@dataclass(frozen=True, slots=True)
class Power:
    """What a board draws at one moment."""

    rails_w: Mapping[str, float]
    """Label -> power (watts)."""
    total_w: float | None
    """Of the whole board (watts); None where its rails do not tell."""


def rails(root: Path = ROOT) -> tuple[Rail, ...]:
    """The supplies this board measures; none on other machines."""
    found = []
    for label in sorted((root / BUS).glob("ina3221*/*/hwmon/hwmon*/in*_label")):
        name = (read(label) or "").strip()
        channel = label.name.removeprefix("in").removesuffix("_label")
        if channel in CHANNELS and name not in ("", "NC"):
            files = (label.with_name(f"in{channel}_input"), label.with_name(f"curr{channel}_input"))
            if all(file.is_file() for file in files):
                found.append(Rail(name, files, 1e-6))
    for power in sorted((root / BUS).glob("ina238*/*/hwmon/hwmon*/power1_input")):
        name = (read(power.with_name("power1_label")) or read(power.with_name("in1_label")) or "VIN").strip()
        found.append(Rail(name, (power,), 1e-6))
    return tuple(found)


def feeding(found: Sequence[Rail]) -> tuple[Rail, ...]:
    """Of the rails, those whose sum is what the whole board draws; none: they do not tell."""
    by_label = {rail.label: rail for rail in found}
    for label in WHOLE:
        if label in by_label:
            return (by_label[label],)
    return tuple(by_label[label] for label in INPUTS) if all(x in by_label for x in INPUTS) else ()


def read_power(root: Path = ROOT) -> Power | None:
    """What the board draws now; None where it has no monitor that can be read."""
    found, values = rails(root), {}
    for rail in found:
        try:
            values[rail.label] = rail.watts()
        except OSError:
            continue
    if not values:
        return None
    parts = [values.get(rail.label) for rail in feeding(found)]
    known = [part for part in parts if part is not None]
    return Power(values, sum(known) if known and len(known) == len(parts) else None)
