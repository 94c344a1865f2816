"""PortAudio, kept at arm's length: each try at a microphone is a process of its own, ended by force."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from typing import IO, Any

import numpy as np

from edge.errors import InputError
from edge.sources.devices.capture_process import HEADER, WAITING
from edge.sources.devices.sample_clock import Block
from edge.system import child

ANSWER_S = 5.0
"""A sound server that takes longer to list its inputs does not answer (seconds)."""

_COMMAND = tuple(child.command("edge.sources.devices.capture_process"))


class SoundCapture(threading.Thread):
    """One try at an input: opens it, puts its blocks into a queue until told to stop, and ends."""

    def __init__(self, name: str | None) -> None:
        """name: name, part of it or serial number of the input; None: the default one."""
        super().__init__(name="microphone capture", daemon=True)
        self.blocks: queue.Queue[Block] = queue.Queue(WAITING)
        self.rate = 0.0
        """The device's own rate (hertz); 0 until it is open."""
        self.error: InputError | None = None
        """Why the last try to open it failed."""
        self.finished = threading.Event()
        """Set when the device ended by itself, as it does when it is unplugged."""
        self.dropped = 0
        """Blocks lost because the queue was full or the device overflowed."""
        self._wanted = name
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
                self.error = InputError.of("microphone_unopened", why=error)
                return
        with self._process as process:
            assert process.stdout is not None
            try:
                self.rate = self._opened(process.stdout)
                while self.rate and self._take(process.stdout):
                    pass
            finally:
                process.kill()
                self.finished.set()

    def _opened(self, stream: IO[bytes]) -> float:
        """The rate of the device once it is open (hertz); 0 when the process gives up."""
        while line := stream.readline():
            try:
                return float(_answer(line)["rate"])
            except InputError as error:
                self.error = error
        self.error = self.error or InputError.of("microphone_unopened", why=InputError.of("no_answer"))
        return 0.0

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
        env=child.environment(),
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
