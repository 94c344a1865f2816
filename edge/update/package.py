"""The package itself in two slots: a virtual environment each, made from a wheelhouse, with no network.

    STATE/package/slots/a  b        virtual environments
    STATE/package/start             starts the one in use: `start run --config site.toml`

A package that does not start cannot go back by itself: `start`, a shell script, does it for it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from edge import __version__
from edge.errors import BundleError, InputError
from edge.system import child
from edge.system.documents import one_line
from edge.system.private import replacing, settle
from edge.update.slots import CURRENT, NAMES, Name, Record, Slots
from edge.words import WORDS

OURS = "edge_emotion"
CONSTRAINTS = "constraints.txt"
WHEEL = re.compile(r"([A-Za-z0-9_.]+)-([^-]+)-(?:[^-]+-)?[^-]+-[^-]+-[^-]+\.whl")
PIP_S, DEMO_S = 1800.0, 900.0
"""Limits of an installation and of a trial (seconds): a board is slow, and TensorRT may compile."""

START = """#!/bin/sh
# Starts the package in use; after a run on probation that died, the one before.
state=$(dirname "$(readlink -f "$0")")
slot=$(basename "$(readlink "$state/current")")
case $slot in a) other=b ;; *) other=a ;; esac
note() {
  sed "s/\\"standing\\":\\"[a-z_]*\\"/\\"standing\\":\\"$2\\"/" "$state/slots/$1.json" \\
    >"$state/slots/.edge-start" &&
    mv "$state/slots/.edge-start" "$state/slots/$1.json" && sync
}
stands() { grep -q "\\"standing\\":\\"$2\\"" "$state/slots/$1.json" 2>/dev/null; }
exec 9<"$state/slots/$slot"
if [ "$1" = run ] && flock -n 9; then
  if stands "$slot" trying && stands "$other" good; then
    ln -sfn "slots/$other" "$state/.edge-next" && mv -T "$state/.edge-next" "$state/current"
    note "$slot" rolled_back
    case ${LC_ALL:-${LC_MESSAGES:-$LANG}} in
    ja*) echo "@JA@" >&2 ;;
    *) echo "@EN@" >&2 ;;
    esac
    slot=$other
  elif stands "$slot" new; then
    note "$slot" trying
  fi
fi
exec "$state/slots/$slot/bin/edge" "$@"
"""


@dataclass(frozen=True, slots=True)
class Packages:
    """Slots of the package: proved by reading the demo clip, which runs every network."""

    def bring(self, slots: Slots, slot: Name, archive: Path) -> tuple[str, str]:
        """Raises BundleError when pip or the trial fails."""
        house = _unpacked(archive, slots.incoming / "wheels")
        name, created = described(house)
        slots.empty(slot)
        folder = slots.folder(slot).resolve()  # which its scripts name
        site = ["--system-site-packages"] if _sees_system() else []
        _run(child.command("venv", *site, str(folder)), PIP_S, "package_pip", name, child.environment())
        wanted = sorted({found[1] for path in house.iterdir() if (found := WHEEL.fullmatch(path.name))})
        pins = ["-c", str(house / CONSTRAINTS)] if (house / CONSTRAINTS).is_file() else []
        pip = [
            str(folder / "bin" / "python"),
            "-I",
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
        ]
        pip += ["--no-index", "--find-links", str(house), *pins, *wanted]
        _run(pip, PIP_S, "package_pip", name)
        self.prove(slots, slot)
        _write_start(slots.state)
        subprocess.run(["sync"], check=False, timeout=PIP_S)  # thousands of files
        return name, created

    def check(self, slots: Slots, slot: Name) -> None:
        """Raises BundleError unless the command starts."""
        _run([str(slots.folder(slot) / "bin" / "edge"), "--version"], DEMO_S, "package_dead", slot)

    def prove(self, slots: Slots, slot: Name) -> None:
        """Raises BundleError unless the demo clip is read."""
        _run([str(slots.folder(slot) / "bin" / "edge"), "demo"], DEMO_S, "package_dead", slot)


def described(house: Path) -> tuple[str, str]:
    """Name and version of the package in a wheelhouse, and when its wheel was built. Raises InputError."""
    ours = sorted(path for path in house.iterdir() if path.name.startswith(f"{OURS}-"))
    if len(ours) != 1 or not (found := WHEEL.fullmatch(ours[0].name)):
        raise InputError.of("package_wheel", path=house, name=f"{OURS}-*.whl")
    try:
        with zipfile.ZipFile(ours[0]) as wheel:
            built = max(info.date_time for info in wheel.infolist())
    except (zipfile.BadZipFile, ValueError) as error:
        raise InputError.of("package_wheel", path=house, name=f"{OURS}-*.whl") from error
    return f"edge {found[2]}", datetime(*built).astimezone().isoformat()


def adopt(state: Path, environment: Path) -> None:
    """Have an environment that was made in another way as the package in use: the way back from an update.

    state: of the device, as `edge bundle --state`. What its slots held is gone. Raises OSError,
    and InputError while another process changes them.
    """
    slots = Slots(state / "package")
    with slots.changing():
        (slots.state / CURRENT).unlink(missing_ok=True)
        for slot in NAMES:
            slots.empty(slot)
            before = slots.incoming / "before"
            before.unlink() if before.is_symlink() else shutil.rmtree(before, ignore_errors=True)
        slots.folder("a").symlink_to(environment)
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        record = Record(
            standing="good",
            name=f"edge {__version__}",
            created=now,
            installed=now,
            digest="installed",
            probation_s=0.0,
        )
        slots.note("a", record)
        slots.switch("a")
        _write_start(slots.state)


def running() -> tuple[Slots, Name] | None:
    """The slot that this process's own package lies in; None for one installed in another way."""
    prefix = Path(sys.prefix)
    slot = next((slot for slot in NAMES if slot == prefix.name), None)
    return (Slots(prefix.parent.parent), slot) if slot and prefix.parent.name == "slots" else None


def _unpacked(archive: Path, house: Path) -> Path:
    house.mkdir()
    try:
        with tarfile.open(archive, "r:") as tar:
            for member in tar:
                source = tar.extractfile(member) if member.isreg() else None
                if source is None or Path(member.name).name != member.name:
                    raise BundleError.of("package_archive", name=one_line(member.name, 80))
                with source, (house / member.name).open("xb") as file:
                    shutil.copyfileobj(source, file)
    except tarfile.TarError as error:
        raise BundleError.of("package_archive", name=one_line(str(error), 80)) from error
    return house


def _run(
    command: list[str], limit_s: float, key: str, name: str, environment: dict[str, str] | None = None
) -> None:
    """Run a program in silence; its last line is the reason why it failed. Raises BundleError."""
    try:
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit_s,
            check=False,
        )
        why = (done.stderr.strip() or done.stdout.strip()).rpartition("\n")[2]
        failed = done.returncode != 0
    except (OSError, subprocess.TimeoutExpired) as error:
        failed, why = True, str(error)
    if failed:
        raise BundleError.of(key, name=name, why=one_line(why, 150))


def _sees_system() -> bool:
    """Whether this environment sees the system's packages, as on a Jetson: TensorRT is there alone."""
    try:
        text = (Path(sys.prefix) / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return False
    return "include-system-site-packages = true" in text


def _write_start(state: Path) -> None:
    english, japanese = WORDS["package_went_back"]
    with replacing(state / "start") as part:
        part.write_text(START.replace("@EN@", english).replace("@JA@", japanese), encoding="utf-8")
        part.chmod(0o755)
        settle(part)
