"""A live microphone: chunks of its sound on time.monotonic(), whatever happens to it."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Literal

from typing_extensions import Self

from edge.errors import EdgeError, InputError
from edge.features.band import Band
from edge.items import AudioChunk, Health
from edge.sources.devices.capture_process import BLOCK_S
from edge.sources.devices.portaudio import SoundCapture, microphones
from edge.sources.devices.reasons import reason
from edge.sources.devices.sample_clock import Resampler
from edge.sources.devices.sound_level import SoundLevel
from edge.words import Language

__all__ = ["Microphone", "microphones"]

LATE_S = 0.5
"""Sound older than this is late (seconds)."""
STAYS_LATE_S = 1.0
"""A device all of whose sound is late for so long is opened again: it does not catch up (seconds)."""
STALL_S = 1.0
"""A device that gives nothing for so long is lost (seconds)."""
FIRST_S = 3.0
"""The same for the first block: an idle sound server takes up to 2 s to wake up (seconds)."""
AGAIN_FIRST_S = 2.0
"""The same for the first block of a device opened again: the next try finds the server awake (seconds)."""
HANGS_S = 3.0
"""A sound server that takes longer to open a device does not answer (seconds)."""
PAUSE_S = 1.0
"""Before a fresh process when the last one gave up (seconds); within one, tries follow faster."""
NARROW_S = 20
"""Speech it takes to call a microphone narrow, as a headset in its telephone mode is (seconds)."""
RATE_S = 5.0
"""Time over which the sample rate is measured (seconds); 0 hertz are shown before 2 s of it passed."""
_LEAVE_S = 1.5  # longest wait for the two threads when the `with` block is left


class Microphone:
    """Gives mono sound of a microphone in chunks of about 20 ms, each beginning where the last one ended.

    The device runs at its own rate and is resampled. It is lost when it ends, fails, gives nothing for
    STALL_S or falls behind; then a new one is opened until it works. Nothing raises: see health().
    """

    def __init__(
        self,
        give: Callable[[AudioChunk], None],
        rate: int,
        name: str | None = None,
        language: Language = "en",
    ) -> None:
        """rate: of the chunks (hertz); name: (part of) its name or its serial number, None: the default.

        language: what is wrong is said in, as far as there are words for it.
        """
        self._give = give
        self._rate = rate
        self._name, self._language = name, language
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._run, name="microphone", daemon=True)
        self._capture: SoundCapture | None = None
        self._state: Literal["opening", "running", "gone"] = "opening"
        self._error: EdgeError | None = None
        self._level: SoundLevel | None = None
        self._narrow = ""  # the warning, while what is heard lacks what networks were trained on
        self._end = 0.0  # of the newest chunk given; 0 before the first
        self._measured = 0.0  # samples a second given lately
        self._dropped = 0  # by captures that ended
        self._opened = 0
        self._own_rate = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        until = time.monotonic() + _LEAVE_S
        for thread in (self._thread, self._capture):
            if thread is not None:
                thread.join(max(0.0, until - time.monotonic()))

    @property
    def own_rate(self) -> float:
        """The rate the device was last opened at (hertz); 0 before."""
        return self._own_rate

    def health(self) -> Health:
        """How it is doing now; cheap, from any thread."""
        now, state, level = time.monotonic(), self._state, self._level
        age = now - self._end if self._end else 0.0
        warning = ""
        if state == "running":
            warning = "late" if age > LATE_S else (level.warning if level else "") or self._narrow
        capture = self._capture
        return Health(
            "microphone",
            state,
            warning,
            age_s=age,
            rate=self._measured if state == "running" else 0.0,
            level_db=level.db if level and state == "running" else None,
            dropped=self._dropped + (capture.dropped if capture else 0),
            reopened=max(0, self._opened - 1),
            error=self._error.told(self._language) if self._error else "",
            reason=reason(self._error, self._opened > 0) if self._error and state == "gone" else "",
        )

    def _run(self) -> None:
        while not self._leaving.is_set():
            capture = self._capture = SoundCapture(self._name)
            capture.start()
            try:
                opened = self._wait_open(capture)
                error = self._listen(capture) if opened else capture.error
            finally:
                capture.ask_to_stop()
            if self._leaving.is_set():
                return
            if error is not None:
                self._lose(error)
            capture.join()  # its process was ended by force
            self._dropped, self._capture = self._dropped + capture.dropped, None
            if not opened:
                self._leaving.wait(PAUSE_S)

    def _wait_open(self, capture: SoundCapture) -> bool:
        """Until it is open; False when its process gave up. Says what is wrong meanwhile."""
        told, since = None, time.monotonic()
        while not capture.rate:
            if self._leaving.wait(0.02) or (not capture.is_alive() and not capture.rate):
                return False
            now = time.monotonic()
            if capture.error is not None and capture.error is not told:
                told, since = capture.error, now
                self._lose(told)
            elif now - since > HANGS_S:
                self._lose(InputError.of("sound_no_answer"))
        return True

    def _listen(self, capture: SoundCapture) -> InputError | None:
        """Gives the sound on until the device is lost and returns why, or until the `with` block is left."""
        self._opened += 1
        self._own_rate = capture.rate
        resampler = Resampler(capture.rate, self._rate)
        level = self._level = SoundLevel(capture.rate)
        band, self._narrow = Band(self._rate), ""
        recent: deque[tuple[float, int]] = deque([(0.0, 0)], round(RATE_S / BLOCK_S))  # time, samples so far
        last, patience = time.monotonic(), FIRST_S if self._opened == 1 else AGAIN_FIRST_S
        on_time = last
        while not self._leaving.is_set():
            try:
                block = capture.blocks.get(timeout=0.05)
            except queue.Empty:
                if capture.finished.is_set():
                    return InputError.of("microphone_lost")
                if time.monotonic() - last > patience:
                    return InputError.of("microphone_frozen", seconds=patience)
                continue
            last, patience = block.time, STALL_S
            level.add(block.samples)
            chunk = resampler.add(block)
            if chunk is not None:
                self._give(chunk)
                self._end = chunk.start + len(chunk.samples) / chunk.rate
                self._state = "running"
                if band.add(chunk.samples):
                    self._narrow = "narrow" if band.end_hz(NARROW_S) else ""
                recent.append((block.time, recent[-1][1] + len(chunk.samples)))
                (first, before), (now, count) = recent[min(1, len(recent) - 1)], recent[-1]
                self._measured = (count - before) / (now - first) if now - first > 2.0 else 0.0
            late = block.time - resampler.clock.time(block.first + len(block.samples))
            on_time = on_time if late > LATE_S else block.time
            if block.time - on_time > STAYS_LATE_S or resampler.clock.behind > LATE_S:
                # What still waits in the sound server is lost: as much as the newest block is late.
                self._dropped += round(late / BLOCK_S)
                return InputError.of("microphone_late", seconds=late)
        return None

    def _lose(self, error: EdgeError) -> None:
        self._error = error
        self._state = "gone"
