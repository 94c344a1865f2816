"""Start-up and memory of a fresh process that reads a clip: this module run as a process of its own."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from edge.app import Reader
from edge.config import Site
from edge.errors import EngineError
from edge.items import Reading
from edge.system import child

CHILD_LIMIT_S = 120.0
"""A fresh process that takes longer is not measured (seconds)."""


def fresh_process(bundle: Path, clip: Path) -> dict[str, float | None]:
    """peak_memory_mb, first_reading_s and live_first_reading_s (edge/bench/window.py). Raises EngineError."""
    fast, live = _child(bundle, clip, "fast"), _child(bundle, clip, "live")
    return {
        "peak_memory_mb": fast["peak_mb"],
        "first_reading_s": fast["first_s"],
        "live_first_reading_s": live["first_s"],
    }


def _child(bundle: Path, clip: Path, pace: str) -> dict[str, float | None]:
    """Run this module as a process of its own; time.monotonic is one clock for all processes of a machine."""
    start = time.monotonic()
    command = child.command("edge.bench.fresh_process", str(bundle), str(clip), pace)
    try:
        done = subprocess.run(
            command,
            env=child.environment(),
            capture_output=True,
            text=True,
            timeout=CHILD_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"first_s": None, "peak_mb": None}
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:]
        why = last[0] if last else EngineError.of("no_reason")
        raise EngineError.of("clip_process_failed", path=clip, why=why)
    found = json.loads(done.stdout)
    first = found["first"]
    return {"first_s": None if first is None else round(first - start, 3), "peak_mb": found["peak_mb"]}


class _FirstLabel:
    """A sink that notes when the first label comes, and may end the run there."""

    def __init__(self, then: Callable[[], None]) -> None:
        self.time: float | None = None
        self._then = then

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def write(self, reading: Reading) -> None:
        if reading.label and self.time is None:
            self.time = time.monotonic()
            self._then()


class _Enough(Exception):  # noqa: N818 - no error
    """The first label was seen, the rest of the clip does not matter."""


def _run_child(bundle: Path, clip: Path, pace: str) -> None:
    def end() -> None:
        if pace == "live":
            raise _Enough

    sink = _FirstLabel(end)
    with Reader(Site(bundle=bundle), realtime=pace == "live") as reader, contextlib.suppress(_Enough):
        reader.read(clip, [sink])
    sys.stdout.write(json.dumps({"first": sink.time, "peak_mb": peak_mb()}))


def peak_mb() -> float | None:
    """Most memory this process held. Not getrusage: what it says starts from the parent's memory."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return None
    peak = next((row for row in status.read_text().splitlines() if row.startswith("VmHWM:")), None)
    return round(int(peak.split()[1]) / 1024, 1) if peak else None


if __name__ == "__main__":
    _run_child(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
