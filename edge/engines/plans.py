"""Compiled plans of this machine, kept between starts and guarded: a plan is native code.

    $XDG_CACHE_HOME/edge/plans (else ~/.cache/edge/plans)
        <model sha256, first 16>-<precision>.plan     what TensorRT wrote
        <model sha256, first 16>-<precision>.json     its Key, the sha256 of the plan, nodes given back
        lock  timing-*.cache

A plan whose key, digest or owner is not what it must be is never given out: it is deleted and built again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from edge.board.board import parse_release, read
from edge.bundle.folder import sha256
from edge.engines.cuda import RELEASE, Gpu
from edge.engines.trt_build import WORKSPACE, Compiler, Precision, Say, build
from edge.errors import EdgeError, EngineError
from edge.system.notify import more_time
from edge.words import Language, word

NO_GPU = "none"
GRAPH = 1
"""Raise it when another graph is made of the same file: plans compiled from the older one go."""


_SLOT = f"{'[0-9a-f]' * 16}-*"
"""How the files of a plan are called: others may lie in the folder."""


@dataclass(frozen=True, slots=True)
class Key:
    """All that can make a plan unfit."""

    model: str
    """sha256 of the ONNX file."""
    package: str
    """tensorrt or tensorrt_rtx."""
    version: str
    """Of that package."""
    gpu: str
    """Architecture, name and size of the GPU; "none": compiled where there is none."""
    l4t: str
    """Jetson Linux release as in 36.4.3, which names the JetPack; empty elsewhere."""
    flags: tuple[str, ...]
    """What the compiler was asked for, precision first."""

    @property
    def slot(self) -> str:
        """Name of the files: one plan of a model and a precision is kept, the one that fits now."""
        return f"{self.model[:16]}-{self.flags[0]}"

    def differs(self, other: dict[str, Any]) -> EdgeError | None:
        """The first thing in which a stored key is another one; None: the same."""
        for field in fields(self):
            here, there = asdict(self)[field.name], other.get(field.name)
            there = tuple(there) if isinstance(there, list) else there
            if here != there:
                return EdgeError.of("plan_for_other", field=field.name, there=there, here=here)
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A plan that may be deserialized."""

    data: bytes
    given_back: tuple[str, ...]
    """Nodes that run in float because TensorRT had no INT8 kernel for them."""
    built: bool
    """Compiled just now, not found in the cache."""


def plan_for(
    source: Path,
    using: Compiler,
    gpu: Gpu | None,
    precision: Precision = "int8",
    say: Say = lambda line: None,
    language: Language = "en",
) -> Plan:
    """The plan of a model on this machine, from the cache or compiled now. Raises EngineError."""
    key = key_of(source, using, gpu, precision)
    timing = folder() / f"timing-{using.package}-{using.version}-{key.gpu.replace(' ', '-')}.cache"

    def compile_to(target: Path) -> tuple[str, ...]:
        values = {"package": using.package, "version": using.version}
        say(word("trt_compiling", language, name=source.name, **values))
        given_back = build(source, target, using, precision, timing, say, language)
        if not source.is_file() or sha256(source) != key.model:  # the plan would be another model's
            raise EngineError.of("bundle_moved", path=source)
        return given_back

    return obtain(key, source.name, compile_to, say, language)


def key_of(source: Path, using: Compiler, gpu: Gpu | None, precision: Precision = "int8") -> Key:
    """The key of a model's plan on this machine. Raises EngineError when the model is missing."""
    if not source.is_file():
        raise EngineError.of("model_missing", path=source)
    flags = (precision, f"workspace={WORKSPACE}", f"graph={GRAPH}")
    return Key(sha256(source), using.package, using.version, gpu.model if gpu else NO_GPU, _l4t(), flags)


def folder() -> Path:
    """Where plans are kept. Raises EngineError where the user has no home."""
    base = os.environ.get("XDG_CACHE_HOME") or ""
    try:
        return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "edge" / "plans"
    except RuntimeError as error:
        raise EngineError.of("plans_homeless") from error


def obtain(
    key: Key,
    name: str,
    compile_to: Callable[[Path], tuple[str, ...]],
    say: Say,
    language: Language = "en",
) -> Plan:
    """The plan of a key, from the cache or built now.

    name: the model in messages. compile_to: writes the plan to a path, returns the nodes given back.
    say: gets a line, in a language, when a stored plan is thrown away and when another process is waited for.
    Two processes that ask at once build once. systemd is asked for more time meanwhile. Raises EngineError.
    """
    place = folder()
    found, _ = _load(place, key)
    if found is not None:
        return found
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        with more_time(), _locked(place, lambda: say(word("plan_waiting", language, name=name))):
            found, why = _load(place, key)
            if found is not None:
                return found
            if why:
                say(word("plan_again", language, name=name, why=why.told(language)))
            _delete(place, key.slot)
            return _store(place, key, name, compile_to)
    except OSError as error:
        raise EngineError.of("plan_folder", path=place, why=error) from error


def stored(key: Key) -> tuple[bool, EdgeError | None]:
    """Whether the plan of a key is there and fits, and why one that is there does not. Raises EngineError."""
    plan, why = _load(folder(), key)
    return plan is not None, why


def listing(language: Language = "en") -> Iterator[str]:
    """One line a stored plan, for people."""
    for path in sorted(folder().glob("*.plan")):
        try:
            told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
            made = told["key"]
            what = (
                f"{told['name']}  {made['flags'][0]}  {made['package']} {made['version']}  GPU {made['gpu']}"
            )
        except (OSError, ValueError, LookupError, TypeError):
            what = word("plan_listed_bad", language)
        yield f"{path.stem}  {path.stat().st_size / 1e6:.1f} MB  {what}"


def clean() -> int:
    """Delete every stored plan; returns how many there were."""
    place = folder()
    if not place.is_dir():
        return 0
    with _locked(place):
        plans = list(place.glob(f"{_SLOT}.plan"))
        for path in (*plans, *place.glob(f"{_SLOT}.json"), *place.glob("timing-*.cache")):
            path.unlink(missing_ok=True)
        _clear(place)
    return len(plans)


def _load(place: Path, key: Key) -> tuple[Plan | None, EdgeError | None]:
    """The stored plan, or why there is one that must not be used; neither: there is none."""
    path = place / f"{key.slot}.plan"
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            data = file.read()
    except FileNotFoundError:
        return None, None
    except OSError as error:
        return None, EdgeError.of("plan_unreadable", why=error.strerror)
    if status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return None, EdgeError.of("plan_open")
    try:
        told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        digest, stored, given_back = told["sha256"], told["key"], tuple(told["given_back"])
        differs = key.differs(stored)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None, EdgeError.of("plan_no_note")
    if differs:
        return None, differs
    if hashlib.sha256(data).hexdigest() != digest:
        return None, EdgeError.of("plan_damaged")
    return Plan(data, given_back, built=False), None


def _store(place: Path, key: Key, name: str, compile_to: Callable[[Path], tuple[str, ...]]) -> Plan:
    _clear(place)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=place) as scratch:
        new = Path(scratch) / "plan"
        given_back = compile_to(new)
        data = new.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        told = {"name": name, "key": asdict(key), "sha256": digest, "given_back": given_back}
        note = Path(scratch) / "json"
        note.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        for path in (new, note):
            path.chmod(0o600)
        # Each rename is atomic; a stop between them leaves a plan without its note, which is not used.
        os.replace(new, place / f"{key.slot}.plan")
        os.replace(note, place / f"{key.slot}.json")
    return Plan(data, given_back, built=True)


def _clear(place: Path) -> None:
    """Delete what a process that was killed left: whoever holds the lock is alone."""
    for left in place.glob(".new-*"):
        shutil.rmtree(left, ignore_errors=True)


def _delete(place: Path, slot: str) -> None:
    for suffix in ("plan", "json"):
        (place / f"{slot}.{suffix}").unlink(missing_ok=True)


@contextmanager
def _locked(place: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """One process at a time; the lock goes with its process, however that ends."""
    with (place / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _l4t() -> str:
    """Release of Jetson Linux; empty on other machines."""
    release = parse_release(read(RELEASE) or "")
    return release.version if release else ""
