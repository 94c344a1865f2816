"""`edge bench --sustained`: windows without a pause, and whether the machine kept its pace.

A live run reads one window a second and leaves the machine cool in between. Here the next window begins when
the last one ends, so that heat shows. Each window is new: eight new faces, new sound, a transcript.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge.app import Reader, demo_clip, starter_bundle
from edge.bench.precisions import runs_on
from edge.bench.sustained.sampler import Sample, Sampler
from edge.bench.window import machine, new_windows
from edge.board.board import ROOT
from edge.board.thermal import tells_slowing
from edge.config import Site
from edge.errors import EdgeError, EngineError, InputError

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
LONGEST_S = 7 * 24 * 3600.0
WARM_UP = 5
"""Windows before the clock starts: the first one loads the detectors."""
SPAN_S = 60.0
"""The first minute is compared with the last one (seconds)."""
CLOCK_SHARE = 0.02
"""A clock that moves by more has changed."""
PACE_SHARE = 0.1
"""A window that takes so much longer at the end than at the beginning (p50) is slower."""
CAUSES = {"sustained_heat", "sustained_supply", "sustained_modes", "sustained_clocks"}
"""Refusals that tell why windows became slower."""
ROW_S = 5.0
"""A row of the table in a file covers so much (seconds)."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the run; None: nothing came or the machine does not tell."""

    start: float
    end: float
    """Seconds of the run."""
    windows: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    energy_mj: float | None
    """Of the whole board or processor, a window (millijoules)."""
    power_w: float | None
    hottest_c: float | None
    """Of the hottest zone at the warmest moment (degrees Celsius)."""
    clocks_mhz: dict[str, float]
    """Mean of each clock."""
    throttled: bool | None
    mode: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What was measured."""

    bundle: str
    engine: str
    machine: dict[str, Any]
    asked_s: float
    """How long it was to run (seconds)."""
    ended_at: Sequence[float]
    """When each window ended (seconds of the run)."""
    took_ms: Sequence[float]
    """What each window took (milliseconds)."""
    samples: Sequence[Sample]
    meter: str | None
    """What measured the energy."""
    tells_slowing: bool
    """Whether the machine tells that it slows itself down."""
    stopped: EdgeError | None
    """Why it ended before its time; None: it did not."""
    interrupted: bool
    """Whether Ctrl-C ended it."""

    @property
    def ran_s(self) -> float:
        """How long it ran (seconds)."""
        return min(self.samples[-1].second, self.asked_s)

    @property
    def first(self) -> Part:
        return self.part(0.0, self._span)

    @property
    def last(self) -> Part:
        return self.part(self.ran_s - self._span, self.ran_s)

    @property
    def slower(self) -> bool:
        """Whether windows took longer at the end than at the beginning."""
        first, last = self.first.p50_ms, self.last.p50_ms
        return first is not None and last is not None and last > (1.0 + PACE_SHARE) * first

    @property
    def _span(self) -> float:
        """A minute, or half of a run that is shorter than two (seconds)."""
        return min(SPAN_S, self.ran_s / 2)

    def rows(self) -> list[Part]:
        """The run in stretches of a few seconds."""
        step = ROW_S if self.ran_s >= 60.0 else 1.0
        count = max(1, int(self.ran_s / step))
        return [self.part(i * step, self.ran_s if i + 1 == count else (i + 1) * step) for i in range(count)]

    def part(self, start: float, end: float) -> Part:
        """The stretch between two seconds of the run."""
        ended = np.asarray(self.ended_at)
        took = np.asarray(self.took_ms)[(ended > start) & (ended <= end)]
        within = [sample for sample in self.samples if start - 0.5 <= sample.second <= end + 0.5]
        within = within or [min(self.samples, key=lambda sample: abs(sample.second - end))]
        p50, p95, p99 = np.percentile(took, (50, 95, 99)).tolist() if len(took) else (None, None, None)
        power = _power(within)
        hot = [sample.hottest_c for sample in within if sample.hottest_c is not None]
        return Part(
            start,
            end,
            len(took),
            p50,
            p95,
            p99,
            1000.0 * power * (end - start) / len(took) if power is not None and len(took) else None,
            power,
            max(hot, default=None),
            {name: _mean_mhz(within, name) for name in within[0].clocks},
            _slowed(within) if self.tells_slowing else None,
            within[-1].mode,
        )


def duration(text: str) -> float:
    """Seconds of a duration as in 90s, 30m or 1h. Raises InputError."""
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)([smh])", text.strip())
    seconds = float(found[1]) * UNITS[found[2]] if found else 0.0
    if not 1.0 <= seconds <= LONGEST_S:
        raise InputError.of("sustained_duration", text=text)
    return seconds


def sustain(
    bundle: Path | None,
    seconds: float,
    clip: Path | None = None,
    root: Path = ROOT,
    begun: Callable[[], None] = lambda: None,
) -> Run:
    """Read new windows one after the other for so long. Ctrl-C ends it early; what was measured is kept.

    bundle: default: the starter. clip: default: the demo clip. root: of the files of the machine.
    begun: called before the first window that counts.
    Raises BundleError, EngineError and MediaError before the first window.
    """
    stopped: EdgeError | None = None
    interrupted = False
    ended, took = array("d"), array("d")
    with Reader(Site(bundle=bundle or starter_bundle())) as reader:
        pipeline = reader.pipeline()
        windows = new_windows(reader.bundle.manifest, clip or demo_clip())
        for _ in range(WARM_UP):
            pipeline.read(next(windows))
        with Sampler(root) as sampler:
            try:
                begun()
                while (began := sampler.second) < seconds:
                    pipeline.read(next(windows))
                    now = sampler.second
                    ended.append(now)
                    took.append(1000.0 * (now - began))
            except KeyboardInterrupt:
                interrupted = True
                stopped = InputError.of("sustained_interrupted")
            except EdgeError as error:
                stopped = EngineError.of("sustained_failed", why=error)
        return Run(
            reader.bundle.manifest.name,
            runs_on(reader.backend),
            machine(),
            seconds,
            ended,
            took,
            sampler.samples,
            sampler.meter,
            tells_slowing(root),
            stopped,
            interrupted,
        )


def refusals(run: Run) -> list[EdgeError]:
    """Why the run is not called sustained; empty: it is."""
    found: list[EdgeError] = []
    if run.stopped is not None:
        found.append(EdgeError.of("sustained_cut", why=run.stopped, ran=run.ran_s, asked=run.asked_s))
    if slowed := sorted({part for sample in run.samples for part in sample.slowed}):
        found.append(EdgeError.of("sustained_heat", parts=", ".join(slowed)))
    first, last = run.samples[0].events, run.samples[-1].events
    for name, count in last.items():
        if count > first.get(name, count):
            event = EdgeError.of(f"supply_{name}")
            found.append(EdgeError.of("sustained_supply", event=event, count=count - first[name]))
    if not run.tells_slowing:
        found.append(EdgeError.of("sustained_slowing_unknown"))
    modes = list(dict.fromkeys(sample.mode for sample in run.samples if sample.mode))
    if len(modes) > 1:
        found.append(EdgeError.of("sustained_modes", modes=" -> ".join(modes)))
    moved = [text for name in run.samples[0].clocks if (text := _moved(run.samples, name))]
    if moved:
        found.append(EdgeError.of("sustained_clocks", clocks=", ".join(moved)))
    if run.slower and not {one.key for one in found} & CAUSES:
        found.append(EdgeError.of("sustained_pace", first=run.first.p50_ms, last=run.last.p50_ms))
    if not run.samples[0].clocks:
        found.append(EdgeError.of("sustained_clocks_unknown"))
    return found


def unread(run: Run) -> list[EdgeError]:
    """What else this machine does not tell."""
    found = []
    if run.meter is None or any(sample.joules is None for sample in run.samples):
        found.append(EdgeError.of("sustained_no_energy"))
    if all(sample.hottest_c is None for sample in run.samples):
        found.append(EdgeError.of("sustained_no_heat"))
    if all(sample.mode is None for sample in run.samples):
        found.append(EdgeError.of("sustained_no_mode"))
    return found


def _mean_mhz(samples: Sequence[Sample], name: str) -> float:
    return float(np.mean([sample.clocks[name].now_mhz for sample in samples if name in sample.clocks]))


def _moved(samples: Sequence[Sample], name: str) -> str | None:
    """Between what a clock or its limits moved; None: they stayed."""
    seen = [sample.clocks[name] for sample in samples if name in sample.clocks]
    now = [clock.now_mhz for clock in seen]
    if max(now) > (1.0 + CLOCK_SHARE) * min(now):
        return f"{name} {min(now):.0f}-{max(now):.0f} MHz"
    limits = dict.fromkeys((clock.least_mhz, clock.most_mhz) for clock in seen)
    if len(limits) > 1:
        return f"{name} " + " -> ".join(f"{least:.0f}-{most:.0f} MHz" for least, most in limits)
    return None


def _slowed(samples: Sequence[Sample]) -> bool:
    heat = any(sample.slowed for sample in samples)
    return heat or any(count > samples[0].events.get(name, 0) for name, count in samples[-1].events.items())


def _power(samples: Sequence[Sample]) -> float | None:
    """Mean power between the first and the last of these samples (watts)."""
    told = [(sample.second, sample.joules) for sample in samples if sample.joules is not None]
    if len(told) < 2:
        return None
    (start, before), (end, after) = told[0], told[-1]
    return (after - before) / (end - start) if end > start else None
