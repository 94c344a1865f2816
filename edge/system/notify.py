"""What systemd is told over NOTIFY_SOCKET (sd_notify(3)); nothing where no service manager asked."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

EVERY_S = 10.0
"""Time between two requests for more time (seconds)."""
MORE_S = 60
"""What each of them asks for (seconds)."""
LONGEST_S = 3600.0
"""After this no more time is asked for: a start that hangs ends like any other (seconds)."""


def notify(message: str) -> None:
    """Send lines such as READY=1; never raises for a manager that does not listen."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    # A leading @ stands for the abstract namespace.
    address = "\0" + address[1:] if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.connect(address)
        link.send(message.encode())


@contextmanager
def more_time() -> Iterator[None]:
    """Ask for more time to start, again and again, while the block lasts; up to an hour."""
    if not os.environ.get("NOTIFY_SOCKET"):
        yield
        return
    done = threading.Event()

    def ask() -> None:
        for _ in range(int(LONGEST_S / EVERY_S)):
            notify(f"EXTEND_TIMEOUT_USEC={MORE_S * 1_000_000}")
            if done.wait(EVERY_S):
                return

    asking = threading.Thread(target=ask, name="more-time", daemon=True)
    asking.start()
    try:
        yield
    finally:
        done.set()
        asking.join()
