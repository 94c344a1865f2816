"""How warm a machine is, and whether it slows itself down for heat or for want of power."""

from __future__ import annotations

import re
from pathlib import Path

from edge.board.board import ROOT, read

ZONES = "sys/class/thermal"
OFFLINE_C = -200.0
"""A zone of a part that is switched off says -256 (degrees Celsius)."""
SLOWING = re.compile(r"cpufreq-|devfreq-|\.gpu$|-throttle-alert$")
"""Types of the cooling devices that slow a processor down; fans and the warning of a hot surface do not."""
EVENTS = {
    "oc1": "under_voltage",
    "oc2": "average_over_current",
    "oc3": "over_current",
}
"""Counters of the power supply's events on Orin and Thor (soctherm_oc)."""


def temperatures(root: Path = ROOT) -> dict[str, float]:
    """Type of each thermal zone that is on -> its temperature (degrees Celsius)."""
    found: dict[str, float] = {}
    for zone in sorted((root / ZONES).glob("thermal_zone*")):
        try:
            celsius = int(read(zone / "temp") or "") / 1000.0
        except ValueError:  # switched off: it cannot be read, or gives no number
            continue
        if celsius > OFFLINE_C:
            name = (read(zone / "type") or zone.name).strip()
            found[name] = max(celsius, found.get(name, celsius))
    return found


def slowed_by_heat(root: Path = ROOT) -> list[str]:
    """Types of the cooling devices that slow a processor down now."""
    found = []
    for device in sorted((root / ZONES).glob("cooling_device*")):
        kind, state = (read(device / "type") or "").strip(), (read(device / "cur_state") or "").strip()
        if SLOWING.search(kind) and state.isdecimal() and int(state) > 0:
            found.append(kind)
    return found


def supply_events(root: Path = ROOT) -> dict[str, int]:
    """How often each event of the power supply slowed the board down since it started."""
    found: dict[str, int] = {}
    for counter in sorted((root / "sys/class/hwmon").glob("hwmon*/oc*_event_cnt")):
        count = (read(counter) or "").strip()
        name = counter.name.removesuffix("_event_cnt")
        if count.isdecimal():
            found[EVENTS.get(name, name)] = int(count)
    return found


def tells_slowing(root: Path = ROOT) -> bool:
    """Whether this machine tells at all that it slows itself down."""
    devices = (root / ZONES).glob("cooling_device*")
    kinds = ((read(device / "type") or "").strip() for device in devices)
    return bool(supply_events(root)) or any(map(SLOWING.search, kinds))
