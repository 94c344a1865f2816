"""PortAudio, kept at arm's length: each try at a microphone is a process of its own, ended by force."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from typing import IO, Any

import numpy as np

from edge.errors import InputError
from edge.sources.capture_process import HEADER, WAITING
from edge.sources.sample_clock import Block
from edge.words import Language, word

ANSWER_S = 5.0
"""A sound server that takes longer does not answer (seconds)."""

_COMMAND = (sys.executable, "-m", "edge.sources.capture_process")


class Capture(threading.Thread):
    """One try at an input: opens it, puts its blocks into a queue until told to stop, and ends."""

    def __init__(self, name: str | None, language: Language = "en") -> None:
        """name: name, part of it or serial number of the input; None: the default one.

        language: of `error`.
        """
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
        self._wanted, self._language = name, language
        self._unread, self._broken = 0, False  # blocks lost here, and whether since the last one taken
        self._changing = threading.Lock()  # held while the process begins or is ended
        self._process: subprocess.Popen[bytes] | None = None
        self._stop_asked = False

    def ask_to_stop(self) -> None:
        """Ends the process, whatever it hangs in, and the thread with it."""
        with self._changing:
            self._stop_asked = True
            if self._process is not None:
                self._process.kill()

    def run(self) -> None:
        with self._changing:
            if self._stop_asked:
                return
            names = () if self._wanted is None else (self._wanted,)
            try:
                self._process = _started("capture", *names)
            except OSError as error:
                self.error = word("microphone_unopened", self._language, why=error)
                return
        with self._process as process:
            assert process.stdout is not None
            try:
                self.rate = _answer(process.stdout.readline())["rate"]
                while self._take(process.stdout):
                    pass
            except InputError as error:
                self.error = error.told(self._language)
            finally:
                process.kill()
                self.finished.set()

    def _take(self, stream: IO[bytes]) -> bool:
        """Put one block into the queue; False when there is none any more."""
        head = stream.read(HEADER.size)
        if len(head) < HEADER.size:
            return False
        time, first, count, broken, dropped = HEADER.unpack(head)
        sound = stream.read(4 * count)
        if len(sound) < 4 * count:
            return False
        try:
            samples = np.frombuffer(sound, "<f4")
            self.blocks.put_nowait(Block(time, first, samples, bool(broken) or self._broken))
            self._broken = False
        except queue.Full:
            self._broken = True
            self._unread += 1
        self.dropped = dropped + self._unread
        return True


def microphones() -> list[str]:
    """Names of the inputs there are now, serial numbers in brackets.

    Raises InputError when PortAudio is missing or the sound server does not answer.
    """
    with _started("list") as process:
        assert process.stdout is not None
        patience = threading.Timer(ANSWER_S, process.kill)
        patience.start()
        line = process.stdout.readline()
        patience.cancel()
        process.kill()
    if not line:
        raise InputError.of("sound_no_answer")
    return [str(name) for name in _answer(line)["names"]]


def _started(*words: str) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C in the terminal is this process's to handle.
    return subprocess.Popen(
        (*_COMMAND, *words),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # PortAudio and ALSA write there what they find unusual
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,
    )


def _answer(line: bytes) -> dict[str, Any]:
    """What the process said first. Raises InputError."""
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        raise InputError.of("microphone_unopened", why=InputError.of("no_answer")) from None
    if "error" in found:
        error = InputError(found["error"])
        error.key, error.values = found["key"], found["values"]
        raise error
    return found
