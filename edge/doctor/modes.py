"""Which pictures a camera on V4L2 offers, asked of its driver (linux/videodev2.h)."""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edge.errors import EdgeError
from edge.sources.devices.addresses import check_address, find_usb

CAPTURE = 1  # V4L2_BUF_TYPE_VIDEO_CAPTURE
DISCRETE = 1  # V4L2_FRMSIZE_TYPE_DISCRETE and V4L2_FRMIVAL_TYPE_DISCRETE
FORMATS, SIZES, INTERVALS = (
    0xC0405602,
    0xC02C564A,
    0xC034564B,
)  # VIDIOC_ENUM_FMT, _FRAMESIZES, _FRAMEINTERVALS
MOST = 64
"""No more entries of one list are asked for: a driver that never ends its list must not hang this."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One thing a camera can send."""

    width: int
    height: int
    fps: float
    """Pictures a second at most; 0 where the driver does not tell."""
    kind: str
    """Four letters, as in MJPG."""

    def __str__(self) -> str:
        rate = f"@{self.fps:.0f}" if self.fps else ""
        return f"{self.width}x{self.height}{rate} {self.kind}"


def offered(address: str) -> list[Mode]:
    """The modes of a USB camera, the largest first; none of others and where it does not tell."""
    with suppress(OSError, EdgeError):
        if check_address(address) == "usb":
            return modes(find_usb(address))
    return []


def modes(device: Path) -> list[Mode]:
    """The modes of a V4L2 device, the largest first. Raises OSError when it cannot be opened."""
    handle = os.open(device, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = [
            Mode(width, height, _fastest(handle, kind, width, height), _letters(kind))
            for kind in _kinds(handle)
            for width, height in _sizes(handle, kind)
        ]
    finally:
        os.close(handle)
    return sorted(found, key=lambda mode: (-mode.width * mode.height, -mode.fps, mode.kind))


def _asked(handle: int, request: int, form: str, values: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The entries of a list of the driver; form: of an entry, whose first number is its place in the list."""
    for index in range(MOST):
        entry = bytearray(struct.pack(form, index, *values).ljust((request >> 16) & 0x3FFF, b"\0"))
        try:
            fcntl.ioctl(handle, request, entry, True)
        except OSError:  # EINVAL: there are no more
            return
        yield struct.unpack_from(form, entry)


def _kinds(handle: int) -> list[int]:
    # index, type, flags, 32 letters, pixel format
    return [entry[-1] for entry in _asked(handle, FORMATS, "<3I32xI", (CAPTURE, 0, 0))]


def _sizes(handle: int, kind: int) -> list[tuple[int, int]]:
    # index, pixel format, type, width, height; of a range: least and most width, step, least and most height
    found = []
    for _, _, shape, *sizes in _asked(handle, SIZES, "<8I", (kind, 0, 0, 0, 0, 0, 0)):
        found.append((sizes[0], sizes[1]) if shape == DISCRETE else (sizes[1], sizes[4]))
    return found


def _fastest(handle: int, kind: int, width: int, height: int) -> float:
    # index, pixel format, width, height, type, seconds of a picture as a fraction; of a range: the least
    rates = [
        below / above
        for *_, above, below in _asked(handle, INTERVALS, "<7I", (kind, width, height, 0, 0, 0))
        if above
    ]
    return max(rates, default=0.0)


def _letters(kind: int) -> str:
    return struct.pack("<I", kind & 0x7FFFFFFF).decode("latin-1").strip()
