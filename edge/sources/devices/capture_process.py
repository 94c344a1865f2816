"""The process that listens: PortAudio runs here, away from everything else.

Its words (edge/system/child.py starts it): list, or capture [NAME].

Any call into PortAudio may hang for as long as the sound server does, and when the server crashes its own
thread may spin for ever, writing the same line without end (19.6, pa_linux_alsa.c: the error path of
PaAlsaStream_WaitForFrames jumps back to itself). A thread cannot be ended from outside, a process can.

Standard output: one JSON line, {"names": [...]}, {"rate": hertz} or {"error": line, "key": its key in
edge/words or empty, "values": {name: value}}. When capturing, a line of the last kind comes for each try
that failed, and after the rate blocks follow until the device ends: HEADER, then the samples as float32. The
process ends when its standard input closes, so none is left behind.
"""

from __future__ import annotations

import errno
import json
import os
import queue
import re
import struct
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.errors import InputError

AGAIN_S, ANEW_S = 0.3, 0.5
"""Pause before a device is opened again, and before PortAudio is begun anew to look for one (seconds)."""
TRY_S = 60.0
"""After this the process ends, and a fresh one goes on trying (seconds)."""
BLOCK_S = 0.02
"""Length of the blocks asked for (seconds)."""
_OPENING = ("microphone_away", "microphone_busy", "microphone_denied", "microphone_unopened")
_UNAVAILABLE = -9985  # PortAudio's paDeviceUnavailable
WAITING = 100
"""Blocks that may wait to be taken; later ones are dropped."""
HEADER = struct.Struct("<dqIII")
"""When a block came (seconds), samples before it, samples in it, whether sound was lost before it, blocks
dropped so far."""


@dataclass(frozen=True)
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


def main() -> None:
    """Do what the command line says; ends without PortAudio's own farewell, which may hang."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    name = sys.argv[2] if len(sys.argv) > 2 else None
    try:
        if sys.argv[1] == "list":
            _say(names=[f"{i.name} [{i.serial}]" if i.serial else i.name for i in _inputs()[0]])
        else:
            _capture(name)
    except InputError as error:
        _complain(error)
    except Exception as error:  # whatever it is, the next try may do better
        _complain(InputError.of("microphone_unopened", why=_line(error)))
    os._exit(0)


def choose(inputs: Sequence[Input], default: int | None, name: str | None) -> Input:
    """The input of this name or serial number, or the only one with this in its name. Raises InputError."""
    if not inputs:
        raise InputError.of("microphone_none")
    if name is None:
        return next((entry for entry in inputs if entry.index == default), inputs[0])
    wanted = name.casefold()
    exact = [entry for entry in inputs if wanted in (entry.name.casefold(), entry.serial.casefold())]
    found = exact or [entry for entry in inputs if wanted in entry.name.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(entry.name for entry in found)
        raise InputError.of("microphone_several", name=name, names=several)
    raise InputError.of("microphone_unknown", name=name, names=", ".join(i.name for i in inputs))


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


class BlockQueue:
    """Takes PortAudio's blocks: its callback only copies."""

    def __init__(self) -> None:
        self.blocks: queue.Queue[bytes | None] = queue.Queue(WAITING)
        """Blocks as they are written; None when the device ended by itself."""
        self._heard = 0  # samples the device gave so far
        self._broken = False  # whether it lost sound since the last block
        self._dropped = 0

    def take(self, sound: Any, count: int, _: Any, status: Any) -> None:
        """Called by PortAudio for every block. Its own time is another clock's, so not used."""
        self._broken = self._broken or status.input_overflow
        head = HEADER.pack(time.monotonic(), self._heard, count, self._broken, self._dropped)
        self._heard += count
        try:
            self.blocks.put_nowait(head + bytes(sound))
            self._broken = False
        except queue.Full:
            self._broken = True
            self._dropped += 1

    def end(self) -> None:
        """Called by PortAudio when the device is gone."""
        self.blocks.put(None)


def _capture(name: str | None) -> None:
    blocks = BlockQueue()
    until, tries = time.monotonic() + TRY_S, 0
    while True:
        try:
            _stream, rate = _opened(name, blocks)  # kept: it ends with the last reference to it
            break
        except InputError as error:
            _complain(error)
            if time.monotonic() > until or error.key == "portaudio_missing":
                return
            tries += 1
            # A listed device may only have to come back; but the list is as old as PortAudio's start.
            anew = error.key not in _OPENING or tries % 8 == 0
            time.sleep(ANEW_S if anew else AGAIN_S)
            if anew:
                _restart()
    _say(rate=rate)
    with suppress(OSError):  # nobody listens any more
        while (block := blocks.blocks.get()) is not None:
            sys.stdout.buffer.write(block)
            sys.stdout.buffer.flush()


def _opened(name: str | None, blocks: BlockQueue) -> tuple[Any, float]:
    """The stream of an input, begun, and its rate (hertz). Raises InputError."""
    found = choose(*_inputs(), name)
    import sounddevice

    try:
        stream = sounddevice.RawInputStream(
            samplerate=found.rate,
            blocksize=round(found.rate * BLOCK_S),
            device=found.index,
            channels=1,  # of a device that has more: the first, or their mean when a sound server mixes
            dtype="float32",
            latency=2 * BLOCK_S,
            callback=blocks.take,
            finished_callback=blocks.end,
        )
        stream.start()
    except sounddevice.PortAudioError as error:
        raise InputError.of(_trouble(error.args), why=_line(error)) from None
    return stream, found.rate


def _trouble(found: Sequence[Any]) -> str:
    """The key of the words for what PortAudio says: a text, its own code, and the system's at the end."""
    code = found[1] if len(found) > 1 else 0
    told = found[2][1] if len(found) > 2 else 0
    if code == _UNAVAILABLE or told == -errno.EBUSY:
        return "microphone_busy"
    if told in (-errno.EACCES, -errno.EPERM):
        return "microphone_denied"
    # A sound server answers EIO where it has no microphone.
    gone = told in (-errno.EIO, -errno.ENODEV, -errno.ENOENT, -errno.ENXIO, -errno.ECONNREFUSED)
    return "microphone_away" if gone else "microphone_unopened"


def _restart() -> None:
    """Begin PortAudio anew: only then does it see devices that came."""
    sounddevice = sys.modules.get("sounddevice")
    if sounddevice is None:  # it has not begun yet
        return
    with suppress(Exception):
        sounddevice._terminate()
    try:
        sounddevice._initialize()
    except Exception:  # importing it anew begins anew, and says what is wrong
        del sys.modules["sounddevice"]


def _inputs() -> tuple[list[Input], int | None]:
    """The inputs there are and the index of the default one. Raises InputError."""
    try:
        import sounddevice
    except (ImportError, OSError):
        raise InputError.of("portaudio_missing") from None
    except Exception as error:  # PortAudio found nothing to start with
        raise InputError.of("portaudio_unstarted", why=_line(error)) from None
    try:
        devices = [entry for entry in sounddevice.query_devices() if entry["max_input_channels"] > 0]
        default = sounddevice.query_devices(kind="input")["index"] if devices else None
    except sounddevice.PortAudioError as error:
        raise InputError.of("portaudio_unstarted", why=_line(error)) from None
    found = [
        Input(entry["index"], entry["name"], entry["default_samplerate"], serial(entry["name"]))
        for entry in devices
    ]
    return found, default


def _complain(error: InputError) -> None:
    _say(error=str(error), key=error.key, values=error.values)


def _say(**found: object) -> None:
    sys.stdout.buffer.write(json.dumps(found).encode() + b"\n")
    sys.stdout.buffer.flush()


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


if __name__ == "__main__":
    main()
