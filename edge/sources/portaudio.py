"""PortAudio, kept at arm's length: which inputs there are, and one of them opened.

Any call into it may hang for as long as the sound server does, and only one may run at a time. So every
call is made in a thread nobody has to wait for, and holds one lock.
"""

from __future__ import annotations

import atexit
import queue
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.errors import InputError
from edge.items import Floats
from edge.sources.sample_clock import Block

BLOCK_S = 0.02
"""Length of the blocks asked for (seconds)."""
WAITING = 100
"""Blocks that may wait to be taken; later ones are dropped."""
ANSWER_S = 5.0
"""A sound server that takes longer does not answer (seconds)."""
NO_ANSWER = "the sound server does not answer: restart it, for example with pulseaudio -k"

_calls = threading.Lock()  # held during any call into PortAudio
_open: set[int] = set()  # captures with an open stream; changed under the lock


@dataclass(frozen=True, slots=True)
class Input:
    """One microphone as PortAudio sees it."""

    index: int
    """Its number until the next change of devices."""
    name: str
    """Name of the device; a sound card's ends in (hw:card,device)."""
    rate: float
    """Its own sample rate (hertz)."""
    serial: str = ""
    """Serial number of a USB sound card; empty when it has none."""


class Capture(threading.Thread):
    """One try at an input: opens it, puts its blocks into a queue until told to stop, closes it and ends."""

    def __init__(self, name: str | None) -> None:
        """name: name, part of it or serial number of the input; None: the default one."""
        super().__init__(name="microphone capture", daemon=True)
        self.blocks: queue.Queue[Block] = queue.Queue(WAITING)
        self.rate = 0.0
        """The device's own rate (hertz); 0 until it is open."""
        self.error = ""
        """Why it could not be opened, one line."""
        self.finished = threading.Event()
        """Set when the device ended by itself, as it does when it is unplugged."""
        self.dropped = 0
        """Blocks lost because the queue was full or the device overflowed."""
        self._wanted = name
        self._stop_asked = threading.Event()
        self._heard = 0  # samples the device gave so far
        self._broken = False  # whether it lost sound since the last block

    def ask_to_stop(self) -> None:
        """Returns at once; the thread ends as soon as PortAudio lets it."""
        self._stop_asked.set()

    def run(self) -> None:
        stream: Any = None
        try:
            with _calls:
                if not self._stop_asked.is_set():
                    stream = self._opened()
            if stream is not None:
                self._stop_asked.wait()
        except InputError as error:
            self.error = str(error)
        except Exception as error:  # whatever it is, the next try may do better
            self.error = (
                f"the microphone cannot be opened ({_line(error)}): check its plug and the sound server"
            )
        finally:
            with _calls:
                if stream is not None:
                    stream.abort()
                    stream.close()
                _open.discard(id(self))

    def _opened(self) -> Any:
        found = choose(*_inputs(), self._wanted)
        import sounddevice

        stream = sounddevice.InputStream(
            samplerate=found.rate,
            blocksize=round(found.rate * BLOCK_S),
            device=found.index,
            channels=1,  # of a device that has more: the first, or their mean when a sound server mixes
            dtype="float32",
            latency=2 * BLOCK_S,
            callback=self._hear,
            finished_callback=self.finished.set,
        )
        _open.add(id(self))
        try:
            stream.start()
        except BaseException:
            stream.close()
            raise
        self.rate = found.rate
        return stream

    def _hear(self, sound: Floats, count: int, _: Any, status: Any) -> None:
        """Called by PortAudio for every block: only copies. Its own time is another clock's, so not used."""
        self._broken = self._broken or status.input_overflow
        block = Block(time.monotonic(), self._heard, sound[:, 0].copy(), self._broken)
        self._heard += count
        try:
            self.blocks.put_nowait(block)
            self._broken = False
        except queue.Full:
            self.dropped += 1


def microphones() -> list[str]:
    """Names of the inputs there are now, serial numbers in brackets.

    Raises InputError when PortAudio is missing or the sound server does not answer.
    """
    found: list[Input] = []
    errors: list[InputError] = []

    def look() -> None:
        try:
            with _calls:
                found.extend(_inputs()[0])
        except InputError as error:
            errors.append(error)

    thread = threading.Thread(target=look, name="microphone list", daemon=True)
    thread.start()
    thread.join(ANSWER_S)
    if thread.is_alive():
        raise InputError(NO_ANSWER)
    if errors:
        raise errors[0]
    return [f"{entry.name} [{entry.serial}]" if entry.serial else entry.name for entry in found]


def choose(inputs: Sequence[Input], default: int | None, name: str | None) -> Input:
    """The input of this name or serial number, or the only one with this in its name. Raises InputError."""
    if not inputs:
        raise InputError("there is no microphone: plug one in and check that the sound server runs")
    if name is None:
        return next((entry for entry in inputs if entry.index == default), inputs[0])
    wanted = name.casefold()
    exact = [entry for entry in inputs if wanted in (entry.name.casefold(), entry.serial.casefold())]
    found = exact or [entry for entry in inputs if wanted in entry.name.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(entry.name for entry in found)
        raise InputError(f"several microphones are called {name!r} ({several}): give the serial or full name")
    raise InputError(f"no microphone is called {name!r}: there are {', '.join(i.name for i in inputs)}")


def serial(name: str, cards: Path = Path("/sys/class/sound")) -> str:
    """Serial number of the USB sound card a device's name ends in; empty when it has none."""
    card = re.search(r"\(hw:(\d+),\d+\)", name)
    if card is None:
        return ""
    try:
        device = (cards / f"card{card[1]}" / "device").resolve(strict=True)
        return (device.parent / "serial").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def _inputs() -> tuple[list[Input], int | None]:
    """The inputs there are and the index of the default one; the lock must be held. Raises InputError."""
    try:
        import sounddevice
    except (ImportError, OSError):
        raise InputError("sound needs PortAudio; run: apt install libportaudio2") from None
    except Exception as error:  # PortAudio found nothing to start with
        raise InputError(f"PortAudio does not start ({_line(error)}): check the sound server") from None
    # It would wait for a hung server when Python ends.
    atexit.unregister(sounddevice._exit_handler)
    try:
        if not _open:  # the list of devices is made when it starts; starting anew would end open streams
            while sounddevice._initialized:
                sounddevice._terminate()
            sounddevice._initialize()
        devices = [entry for entry in sounddevice.query_devices() if entry["max_input_channels"] > 0]
        default = sounddevice.query_devices(kind="input")["index"] if devices else None
    except sounddevice.PortAudioError as error:
        raise InputError(f"PortAudio does not start ({_line(error)}): check the sound server") from None
    found = [
        Input(entry["index"], entry["name"], entry["default_samplerate"], serial(entry["name"]))
        for entry in devices
    ]
    return found, default


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
