"""Keys pressed on a terminal, one by one and without being printed; POSIX terminals only."""

from __future__ import annotations

import codecs
import os
import re
import select
import sys
import time
from contextlib import suppress
from typing import Any

if sys.platform != "win32":
    import termios
    import tty

# Cursor keys and the like send several characters, a digit among them: none of these is a key of ours.
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?")


class Keys:
    """Takes keys from a terminal while it is open; one that is no terminal has none.

    Ctrl-C and Ctrl-Z stay signals. fd: of the terminal; None: standard input.
    """

    def __init__(self, fd: int | None = None) -> None:
        if fd is None:
            with suppress(OSError, ValueError, AttributeError):
                fd = sys.stdin.fileno()
        self._fd = fd if sys.platform != "win32" and fd is not None and os.isatty(fd) else None
        self._before: Any = None
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")

    @property
    def foreground(self) -> bool:
        """Whether this process may use the terminal: a job in the background may not."""
        if self._fd is None:
            return True
        try:
            return os.tcgetpgrp(self._fd) == os.getpgrp()
        except OSError:  # not the terminal this process belongs to
            return True

    def open(self) -> None:
        """Have keys come one by one."""
        if self._fd is not None and self._before is None:
            with suppress(termios.error, OSError):
                self._before = termios.tcgetattr(self._fd)
                tty.setcbreak(self._fd, termios.TCSANOW)

    def close(self) -> None:
        """Leave the terminal as it was found; at once, even where it takes no output."""
        before, self._before = self._before, None
        if before is not None and self._fd is not None:
            with suppress(termios.error, OSError):
                termios.tcsetattr(self._fd, termios.TCSANOW, before)

    def read(self, seconds: float) -> str:
        """The keys pressed by then; returns with the first ones."""
        if self._fd is None or self._before is None:
            time.sleep(seconds)
            return ""
        try:
            if not select.select([self._fd], [], [], seconds)[0]:
                return ""
            found = os.read(self._fd, 1024)
        except (OSError, ValueError):
            found = b""
        if not found:  # the terminal is gone
            self._fd = None
        return _SEQUENCE.sub("", self._decoder.decode(found))
