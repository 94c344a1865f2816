"""Energy drawn by the board, where the board tells."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol

from typing_extensions import Self

from edge.board.board import ROOT
from edge.board.power import Rail, feeding, rails

SAMPLE_S = 0.02
"""How often the power of the rails is read (seconds)."""


class Meter(Protocol):
    """Counts the energy of the whole board or processor while its `with` block lasts."""

    name: str

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def joules(self) -> float:
        """A count that rises; only differences mean something. Raises OSError."""


def find_meter(root: Path = ROOT) -> Meter | None:
    """The meter of this board: a Jetson's rails, else an Intel processor's counter if it may be read."""
    fed = feeding(rails(root))
    if fed:
        return BoardMeter(fed)
    packages = []
    for zone in sorted(root.glob("sys/class/powercap/intel-rapl:*")):
        try:
            if (zone / "name").read_text().startswith("package"):
                int((zone / "energy_uj").read_text())
                packages.append(zone)
        except OSError:  # readable by root only
            return None
    return Packages(packages) if packages else None


class BoardMeter:
    """The rails that feed a Jetson, together, read again and again in a thread."""

    def __init__(self, fed: Sequence[Rail]) -> None:
        self.name = f"board input ({' + '.join(rail.label for rail in fed)})"
        self._rails = tuple(fed)
        self._joules = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._error: OSError | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def joules(self) -> float:
        """Energy since the block began. Raises OSError when a rail can no longer be read."""
        if self._error:
            raise self._error
        return self._joules

    def _sample(self) -> None:
        last = time.monotonic()
        while not self._stop.wait(SAMPLE_S):
            try:
                watts = sum(rail.watts() for rail in self._rails)
            except OSError as error:
                self._error = error
                return
            now = time.monotonic()
            self._joules += watts * (now - last)
            last = now


class Packages:
    """The energy counters of Intel processors (RAPL); each starts again at its largest value."""

    name = "processor packages (RAPL)"

    def __init__(self, zones: list[Path]) -> None:
        self._zones = zones
        self._ranges = [int((zone / "max_energy_range_uj").read_text()) for zone in zones]
        self._last = self._read()
        self._microjoules = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def joules(self) -> float:
        """Energy since the first reading. Raises OSError."""
        now = self._read()
        for before, after, top in zip(self._last, now, self._ranges, strict=True):
            self._microjoules += after - before + (top if after < before else 0)
        self._last = now
        return self._microjoules * 1e-6

    def _read(self) -> list[int]:
        return [int((zone / "energy_uj").read_text()) for zone in self._zones]
