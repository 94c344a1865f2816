"""The doctor's look at a Jetson: its release, power, clocks and device files; nothing on other machines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from edge.board.board import ROOT, Board, read_board
from edge.board.clocks import cpu_clocks, gpu_clock
from edge.board.power import read_power
from edge.board.programs import answer, power_mode, program
from edge.board.software import supported
from edge.board.thermal import slowed_by_heat, supply_events
from edge.config import Site
from edge.doctor.check import Check
from edge.words import Language, word

SLOW_W = 10
"""A power mode of less is slow (watts)."""
DEAD_STARTS = ("36.4.7", "36.5.0")
"""Releases on which one in 60 to 120 starts of a CSI camera gives no picture."""
GPU_FILES = ("nvmap", "nvhost-gpu", "nvhost-ctrl-gpu", "nvgpu/igpu0/ctrl", "nvidia0", "nvidiactl")
"""Device files of the GPU, of which a board has some: Orin the nvhost ones, Thor the others."""
OTHER_FILES = ("dri/renderD*", "snd/controlC*", "video*")


def examine_board(site: Site, language: Language, root: Path = ROOT) -> Iterator[Check]:
    """Check what only a Jetson has; what is read lies below `root`."""
    board = read_board(root)
    if board is None:
        return
    yield _release(board, language)
    yield _mode(language, root)
    yield _clocks(language, root)
    yield _rails(language, root)
    yield _throttling(language, root)
    yield _files(language, root)
    if site.source is None and site.camera.startswith("csi://"):
        yield _csi(language, root)
        if board.release and board.release.version in DEAD_STARTS:
            text = word("doctor_csi_release", language, version=board.release.version)
            yield Check("csi_release", False, text)


def _release(board: Board, language: Language) -> Check:
    name = board.model or "Jetson"
    if board.release is None:
        return Check("board", False, word("doctor_no_release", language, name=name))
    version, jetpack = board.release.version, board.release.jetpack or "?"
    values = {"name": name, "version": version, "jetpack": jetpack}
    if not supported(board.release):
        return Check("board", False, word("doctor_board_release", language, **values))
    if board.model and board.generation is None:
        return Check("board", False, word("doctor_board_unknown", language, **values))
    return Check("board", True, word("doctor_board", language, **values))


def _mode(language: Language, root: Path) -> Check:
    mode = power_mode(root)
    if mode is None:
        return Check("power_mode", False, word("doctor_no_mode", language))
    if mode.watts and mode.watts < SLOW_W and mode.strongest:
        values = {"name": mode.name, "better": mode.strongest, "number": mode.ids[mode.strongest]}
        return Check("power_mode", False, word("doctor_mode_slow", language, **values))
    return Check("power_mode", True, word("doctor_mode", language, name=mode.name))


def _clocks(language: Language, root: Path) -> Check:
    clock = gpu_clock(root)
    if clock is None:
        return Check("clocks", False, word("doctor_no_clock", language))
    found = [clock, *cpu_clocks(root)]
    said = ", ".join(f"{c.name} {c.now_mhz:.0f} MHz ({c.least_mhz:.0f}-{c.most_mhz:.0f})" for c in found)
    return Check("clocks", True, word("doctor_clocks", language, clocks=said))


def _rails(language: Language, root: Path) -> Check:
    power = read_power(root)
    if power is None:
        return Check("rails", False, word("doctor_no_rails", language))
    said = ", ".join(f"{label} {watts:.1f} W" for label, watts in power.rails_w.items())
    if power.total_w is None:
        return Check("rails", True, word("doctor_rails", language, rails=said))
    return Check("rails", True, word("doctor_power", language, total=power.total_w, rails=said))


def _throttling(language: Language, root: Path) -> Check:
    heat = slowed_by_heat(root)
    if heat:
        return Check("throttling", False, word("doctor_slowed", language, parts=", ".join(heat)))
    events = {name: count for name, count in supply_events(root).items() if count}
    if events:
        said = ", ".join(f"{word(f'supply_{name}', language)} {count}" for name, count in events.items())
        return Check("throttling", False, word("doctor_supply", language, events=said))
    return Check("throttling", True, word("doctor_not_slowed", language))


def _files(language: Language, root: Path) -> Check:
    """Whether this user may open the files of the GPU, of sound and of cameras: each is opened."""
    there = [name for name in GPU_FILES if (root / "dev" / name).exists()]
    others = [str(path.relative_to(root / "dev")) for form in OTHER_FILES for path in _glob(root, form)]
    facts = {f"/dev/{name}": _opens(root / "dev" / name) for name in (*there, *others)}
    closed = [name for name, opens in facts.items() if not opens]
    if not there:
        return Check("device_files", False, word("doctor_no_gpu_files", language), facts)
    if closed:
        values = {"names": ", ".join(closed)}
        return Check("device_files", False, word("doctor_closed_files", language, **values), facts)
    return Check("device_files", True, word("doctor_files", language, count=len(facts)), facts)


def _glob(root: Path, form: str) -> list[Path]:
    return sorted((root / "dev").glob(form))


def _opens(path: Path) -> bool:
    """Whether it may be opened; one that is busy may."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
    except PermissionError:
        return False
    except OSError:
        return True
    return True


def _csi(language: Language, root: Path) -> Check:
    """Whether GStreamer has what reads a CSI camera, and whether its daemon runs."""
    if program("gst-launch-1.0", root) is None or program("gst-inspect-1.0", root) is None:
        return Check("csi", False, word("doctor_no_gstreamer", language))
    if answer("gst-inspect-1.0", "nvarguscamerasrc", root=root) is None:
        return Check("csi", False, word("doctor_no_argus", language))
    if not (root / "tmp/argus_socket").exists():
        return Check("csi", False, word("doctor_no_argus_daemon", language))
    return Check("csi", True, word("doctor_csi", language))
