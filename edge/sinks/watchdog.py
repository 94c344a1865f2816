"""Tells systemd that readings flow; nothing where no service manager asked."""

from __future__ import annotations

from types import TracebackType

from typing_extensions import Self

from edge.items import Reading
from edge.system.notify import notify


class Watchdog:
    """READY=1 with the first reading, WATCHDOG=1 with each: a run that stands still is restarted.

    Protocol: sd_notify(3). A state such as no_signal is a reading too: the device is gone, not the program.
    """

    def __init__(self) -> None:
        self._ready = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        notify("STOPPING=1")

    def write(self, reading: Reading) -> None:
        """Tell that a reading came out."""
        del reading
        notify("WATCHDOG=1" if self._ready else "READY=1\nWATCHDOG=1")
        self._ready = True
