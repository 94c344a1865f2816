"""What the machine does meanwhile: energy, temperatures, clocks, throttling and power mode, once a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from edge.bench.energy import find_meter
from edge.board.board import ROOT
from edge.board.clocks import Clock, cpu_clocks, gpu_clock
from edge.board.programs import power_mode
from edge.board.thermal import slowed_by_heat, supply_events, temperatures

SAMPLE_S = 1.0
"""Time between two samples (seconds)."""
MODE_S = 60.0
"""The power mode costs a process: it is asked as often, and at both ends (seconds)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The machine at one moment; None or empty: it does not tell."""

    second: float
    """Since the first sample."""
    joules: float | None
    """Energy since the start; only differences mean something."""
    celsius: Mapping[str, float]
    """Thermal zone -> temperature (degrees Celsius)."""
    clocks: Mapping[str, Clock]
    """By name: the GPU and each group of processors."""
    slowed: tuple[str, ...]
    """Cooling devices that slow a processor down."""
    events: Mapping[str, int]
    """Event of the power supply -> how often since the machine started."""
    mode: str | None
    """Power mode by name, as it was asked last."""

    @property
    def hottest_c(self) -> float | None:
        """Temperature of the hottest zone (degrees Celsius)."""
        return max(self.celsius.values(), default=None)


class Sampler:
    """Takes samples in a thread while its `with` block lasts; the first and the last at its ends."""

    def __init__(self, root: Path = ROOT) -> None:
        self.samples: list[Sample] = []
        self._root = root
        self._meter = find_meter(root)
        self.meter = self._meter.name if self._meter else None
        """What measures the energy; None: nothing."""
        self._stack = ExitStack()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample_on, daemon=True)
        self._began = 0.0
        self._mode: str | None = None
        self._asked = float("-inf")

    def __enter__(self) -> Self:
        if self._meter is not None:
            self._stack.enter_context(self._meter)
        self._began = time.monotonic()
        self.samples.append(self._sample())
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._asked = float("-inf")
        self.samples.append(self._sample())
        self._stack.close()

    @property
    def second(self) -> float:
        """Seconds since the first sample."""
        return time.monotonic() - self._began

    def _sample_on(self) -> None:
        while not self._stop.wait(SAMPLE_S):
            self.samples.append(self._sample())

    def _sample(self) -> Sample:
        if self.second - self._asked >= MODE_S:
            self._asked = self.second
            mode = power_mode(self._root)
            self._mode = mode.name if mode else None
        gpu = gpu_clock(self._root)
        clocks = [*([gpu] if gpu else []), *cpu_clocks(self._root)]
        return Sample(
            self.second,
            self._joules(),
            temperatures(self._root),
            {clock.name: clock for clock in clocks},
            tuple(slowed_by_heat(self._root)),
            supply_events(self._root),
            self._mode,
        )

    def _joules(self) -> float | None:
        try:
            return self._meter.joules() if self._meter else None
        except OSError:
            return None
