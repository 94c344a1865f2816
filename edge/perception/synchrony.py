"""Synchrony of sound and picture: how late the pictures come, from their capture times.

Both are stamped on time.monotonic(), but a network camera's pictures come late by its own latency, which no
stamp shows. So events are filmed that flash and click at once: a clap, or a phone that does both.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from edge.errors import InputError
from edge.items import AudioChunk, Frame
from edge.perception.faces import brightness

EVENTS = 4
"""Fewest events that give an offset and a drift."""
_FLASH = 0.15  # a flash lifts the mean brightness of the picture by this, 0..1
_CLICK = 8.0  # a click is this many times louder than what is usual
_HOP_S = 0.002  # resolution of clicks
_APART_S = 0.3  # events closer than this are one
_OUTLIER = 4.5  # pairs further off than this many median deviations are left out: three standard ones
_MINUTES_KEPT = 10
_JUMP_S = 0.2
_PICTURES = 75  # five seconds of them
_GONE_S = 1.0  # further apart, one of the two devices has stopped

Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Synchrony:
    """How the pictures lie to the sound; uncertainties cover 95 %."""

    offset_ms: float
    """Pictures later than sound (milliseconds), in the middle of the events."""
    offset_error_ms: float
    """Uncertainty of the offset: their scatter and half the time between two frames (milliseconds)."""
    drift_ms_per_min: float
    """Growth of the offset (milliseconds a minute)."""
    drift_error_ms_per_min: float
    """Uncertainty of the drift (milliseconds a minute)."""
    events: int
    """Flashes that had a click, without outliers."""


def measure(items: Iterable[AudioChunk | Frame]) -> Synchrony:
    """Offset and drift between the clocks of items in which something flashes and clicks at once.

    Events are to be at least twice as far apart as the offset may be. Raises InputError for fewer than
    EVENTS of them.
    """
    frames, chunks = [], []
    for item in items:
        if isinstance(item, AudioChunk):
            chunks.append(item)
        else:
            frames.append((item.time, brightness(item.image)))
    flashes, clicks = _flashes(frames), click_times(chunks)
    pairs = _pairs(flashes, clicks)
    if len(pairs) < EVENTS:
        raise InputError.of(
            "claps_few", flashes=len(flashes), clicks=len(clicks), events=len(pairs), needed=EVENTS
        )
    between = float(np.median(np.diff([time for time, _ in frames])))
    return _fit(pairs, between)


def flash_times(frames: Iterable[Frame]) -> Times:
    """When the picture flashed (seconds), shape [n]: halfway from the last dark to the first lit frame."""
    return _flashes([(frame.time, brightness(frame.image)) for frame in frames])


def click_times(chunks: Iterable[AudioChunk]) -> Times:
    """When clicks began (seconds), shape [n]: short sounds far above what is usual."""
    times: list[float] = []
    levels: list[float] = []
    for chunk in chunks:
        firsts = np.arange(0, len(chunk.samples), max(1, round(_HOP_S * chunk.rate)))
        if len(firsts):
            times += (chunk.start + firsts / chunk.rate).tolist()
            levels += np.maximum.reduceat(np.abs(chunk.samples), firsts).tolist()
    if not levels:
        return np.empty(0)
    loud = max(_CLICK * float(np.median(levels)), 0.25 * max(levels))
    return _beginnings(times, [level >= loud > 0.0 for level in levels])


class CaptureClocks:
    """How sound and pictures of live devices lie to each other right now, from their capture times alone.

    It sees no latency (see `measure`), but a device that falls behind, and how far the sound card's crystal
    is off: pictures are stamped by the clock of this computer, sound is counted in samples.
    """

    def __init__(self) -> None:
        self.lead_ms = math.nan
        """Newest sound later than newest picture: the median of the last pictures (milliseconds).

        nan until both came, and while one of them has stopped. A single one swings by the length of a chunk.
        """
        self._heard = self._seen = math.nan
        self._leads: deque[float] = deque(maxlen=_PICTURES)
        self._counted_s = 0.0  # length of the samples since the last gap
        self._points: deque[tuple[float, float]] = deque(maxlen=60 * _MINUTES_KEPT)

    def add(self, item: AudioChunk | Frame) -> None:
        """Take note of an item."""
        if isinstance(item, Frame):
            self._seen = item.time
            lead = self._heard - self._seen
            if abs(lead) <= _GONE_S:
                self._leads.append(lead)
                self.lead_ms = 1000.0 * median(self._leads)
            else:
                self._part()
            return
        # Not `>`: it is true of the first chunk, where nothing was heard before.
        if not abs(item.start - self._heard) <= _JUMP_S:
            self._points.clear()
            self._counted_s = 0.0
        if not self._points or item.start >= self._points[-1][0] + 1.0:
            self._points.append((item.start, self._counted_s))
        length = len(item.samples) / item.rate
        self._counted_s += length
        self._heard = item.start + length
        if self._heard - self._seen > _GONE_S:
            self._part()

    def _part(self) -> None:
        self._leads.clear()
        self.lead_ms = math.nan

    def offset_ms(self) -> float | None:
        """`lead_ms`, None where it is nan."""
        return None if math.isnan(self.lead_ms) else self.lead_ms

    @property
    def drift_ms_per_min(self) -> float:
        """Samples counted ahead of the time they took (milliseconds a minute); nan for the first minute.

        Over the last ten minutes without a gap. One millisecond a minute is 17 ppm.
        """
        if not self._points or self._points[-1][0] - self._points[0][0] < 60.0:
            return math.nan
        times, counted = np.array(self._points).T
        slope, _, _, _ = _line(times, counted - times)
        return 60e3 * slope


def _flashes(frames: Sequence[tuple[float, float]]) -> Times:
    """frames: time, brightness. A frame is lit when nearer to the brightest ones than to the usual."""
    if len(frames) < 2:
        return np.empty(0)
    levels = [level for _, level in frames]
    usual, brightest = float(np.median(levels)), max(levels)
    if brightest - usual < _FLASH:
        return np.empty(0)
    lit = [level > (usual + brightest) / 2.0 for level in levels]
    moments = [frames[0][0], *((early[0] + late[0]) / 2.0 for early, late in pairwise(frames))]
    return _beginnings(moments, lit)


def _beginnings(times: Sequence[float], on: Sequence[bool]) -> Times:
    """Where `on` begins after having been off; what was on from the first is no beginning."""
    found: list[float] = []
    last = -math.inf
    for index, (time, is_on) in enumerate(zip(times, on, strict=True)):
        if is_on:
            if index and time - last >= _APART_S:
                found.append(time)
            last = time
    return np.array(found)


def _pairs(flashes: Times, clicks: Times) -> Times:
    """Click and flash that are each other's nearest, shape [n, 2] (seconds)."""
    if not len(flashes) or not len(clicks):
        return np.empty((0, 2))
    apart = np.abs(flashes[:, None] - clicks[None, :])
    nearest = enumerate(apart.argmin(axis=1))
    mutual = [
        (clicks[click], flashes[flash]) for flash, click in nearest if apart[:, click].argmin() == flash
    ]
    return np.array(mutual)


def _fit(pairs: Times, between_s: float) -> Synchrony:
    late = pairs[:, 1] - pairs[:, 0]
    off = np.abs(late - np.median(late))
    # A frame held up on its way, or a click that was none.
    pairs = pairs[off <= max(_OUTLIER * float(np.median(off)), between_s)]
    clicks, late = pairs[:, 0], pairs[:, 1] - pairs[:, 0]
    slope, middle, slope_error, middle_error = _line(clicks, late)
    # A flash lies anywhere between two frames; where it repeats in step with them, averaging does not help.
    grain = between_s / 2.0
    return Synchrony(
        offset_ms=1e3 * middle,
        offset_error_ms=1e3 * math.hypot(2.0 * middle_error, grain),
        drift_ms_per_min=60e3 * slope,
        drift_error_ms_per_min=60e3 * math.hypot(2.0 * slope_error, grain / float(np.ptp(clicks))),
        events=len(pairs),
    )


def _line(times: Times, values: Times) -> tuple[float, float, float, float]:
    """Least squares: slope, value in the middle, and the standard errors of both."""
    centred = times - times.mean()
    spread = float((centred**2).sum())
    slope = float((centred * values).sum()) / spread
    left = values - values.mean() - slope * centred
    noise = float((left**2).sum()) / max(1, len(times) - 2)
    return slope, float(values.mean()), math.sqrt(noise / spread), math.sqrt(noise / len(times))
