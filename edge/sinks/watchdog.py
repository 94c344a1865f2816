"""Tells systemd that readings flow; nothing where no service manager asked."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from types import TracebackType

from typing_extensions import Self

from edge.items import Reading


class Watchdog:
    """READY=1 with the first reading, WATCHDOG=1 with each: a run that stands still is restarted.

    Protocol: sd_notify(3). A state such as no_signal is a reading too: the device is gone, not the program.
    """

    def __init__(self) -> None:
        self._address = os.environ.get("NOTIFY_SOCKET", "")
        self._ready = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tell("STOPPING=1")

    def write(self, reading: Reading) -> None:
        """Tell that a reading came out."""
        del reading
        self._tell("WATCHDOG=1" if self._ready else "READY=1\nWATCHDOG=1")
        self._ready = True

    def _tell(self, message: str) -> None:
        if not self._address:
            return
        # A leading @ stands for the abstract namespace.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            link.connect(address)
            link.send(message.encode())
