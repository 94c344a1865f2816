"""What `edge doctor --json` prints, and the file that `--record` writes.

The snapshot's keys stay; null where this machine does not tell:

    schema       1
    board        model by the device tree        generation   orin or thor
    l4t          Jetson Linux, as in 36.4.7      tensorrt, cuda, python   versions
    power        {mode: by name, rails_w: {label: watts}, total_w}
    thermal_c    {zone: degrees Celsius}
    memory_mb    {total, available}              disk         {path, free_mb, total_mb}
    devices      {microphone, camera, device_files: what each check measured}
    bundle       {name, created, digest}
    checks       [{name, ok, text}]

A recording adds what it was taken from: the files of the system, what its programs answered, and lines of
tegrastats as numbers. It holds no names of people or machines, no sound and no picture.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edge.board.board import ROOT, read, read_board
from edge.board.memory import read_memory
from edge.board.power import read_power
from edge.board.programs import answer, lines, power_mode
from edge.board.software import cuda_version, tensorrt_version
from edge.board.tegrastats import parse
from edge.board.thermal import temperatures
from edge.doctor.check import Check

SCHEMA = 1
DEVICES = ("microphone", "camera", "device_files")
FILES = (
    "etc/nv_tegra_release",
    "etc/nvpmodel.conf",
    "proc/device-tree/model",
    "proc/device-tree/compatible",
    "proc/meminfo",
    "usr/local/cuda/version.json",
    "sys/bus/i2c/drivers/ina*/*/hwmon/hwmon*/*_label",
    "sys/bus/i2c/drivers/ina*/*/hwmon/hwmon*/*_input",
    "sys/class/devfreq/*/*_freq",
    "sys/class/hwmon/hwmon*/oc*_event_cnt",
    "sys/class/thermal/*/type",
    "sys/class/thermal/*/temp",
    "sys/class/thermal/*/cur_state",
    "sys/devices/system/cpu/cpufreq/policy*/scaling_*_freq",
)
"""What a recording keeps of the system's files."""
PROGRAMS = (
    "nvpmodel -q",
    "timedatectl show",
    "nvcc --version",
    "gst-inspect-1.0 nvarguscamerasrc",
    "nvbootctrl dump-slots-info",
)
LINES = 3
"""Lines of tegrastats that are kept."""


def snapshot(checks: Sequence[Check], root: Path = ROOT) -> dict[str, Any]:
    """The state of this machine, with what the checks came to."""
    board, memory, power, mode = read_board(root), read_memory(root / "proc/meminfo"), read_power(root), None
    if board is not None:
        mode = power_mode(root)
    facts = {check.name: dict(check.facts) for check in checks if check.facts}
    used = facts.get("tensorrt", {})
    return {
        "schema": SCHEMA,
        "board": board.model if board else None,
        "generation": board.generation if board else None,
        "l4t": board.release.version if board and board.release else None,
        "tensorrt": used.get("version") or tensorrt_version(root),
        "cuda": cuda_version(root),
        "python": platform.python_version(),
        "power": {
            "mode": mode.name if mode else None,
            "rails_w": {label: round(watts, 3) for label, watts in power.rails_w.items()} if power else {},
            "total_w": round(power.total_w, 3) if power and power.total_w is not None else None,
        },
        "thermal_c": temperatures(root),
        "memory_mb": {"total": memory.total >> 20, "available": memory.available >> 20} if memory else None,
        "disk": facts.get("disk"),
        "devices": {name: facts.get(name) for name in DEVICES},
        "bundle": facts.get("bundle"),
        "checks": [{"name": check.name, "ok": check.ok, "text": check.text} for check in checks],
    }


def recording(found: dict[str, Any], root: Path = ROOT) -> dict[str, Any]:
    """A snapshot with what it was taken from: enough to look at the machine again, elsewhere."""
    files: dict[str, str] = {}
    for form in FILES:
        for path in sorted(root.glob(form)):
            text = read(path)
            if text is not None:
                files[str(path.relative_to(root))] = text
    files["var/lib/dpkg/status"] = _packages(read(root / "var/lib/dpkg/status") or "")
    programs = {asked: said for asked in PROGRAMS if (said := answer(*asked.split(), root=root)) is not None}
    told = lines("tegrastats", "--interval", "500", root=root, count=LINES)
    if told:
        programs["tegrastats"] = "\n".join(told)
    stats = [asdict(stats) for line in told if (stats := parse(line))]
    found = {"snapshot": found, "files": files, "programs": programs, "tegrastats": stats}
    # A home folder bears a person's name.
    nameless: dict[str, Any] = json.loads(json.dumps(found).replace(json.dumps(str(Path.home()))[1:-1], "~"))
    return nameless


def _packages(status: str) -> str:
    """Of the system's packages, those of TensorRT, CUDA and Jetson Linux."""
    told = (
        part for part in status.split("\n\n") if re.search(r"^Package: .*(nvinfer|cuda|nvidia)", part, re.M)
    )
    kept = (re.findall(r"^(?:Package|Status|Version): .*", part, re.MULTILINE) for part in told)
    return "\n\n".join("\n".join(part) for part in kept) + "\n"
