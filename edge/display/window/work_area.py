"""How much of the screen a window may take: what panels and docks leave, told by the window manager."""

from __future__ import annotations

import ctypes
import ctypes.util
from typing import Any

from edge.display.panel.layout import HEIGHT, WIDTH

FRAME = (16, 56)
"""Room a window manager may want for the frame and the title bar, across and down (pixels)."""
_CARDINAL = 6  # XA_CARDINAL


def first_size() -> tuple[int, int]:
    """Width and height of a new window (pixels): WIDTH x HEIGHT, smaller where that does not fit."""
    wide, high = work_area() or (WIDTH + FRAME[0], HEIGHT + FRAME[1])
    scale = min(1.0, (wide - FRAME[0]) / WIDTH, (high - FRAME[1]) / HEIGHT)
    return max(320, int(WIDTH * scale)), max(180, int(HEIGHT * scale))


def work_area() -> tuple[int, int] | None:
    """Width and height of the work area of the X screen, else of the screen; None where there is no X."""
    name = ctypes.util.find_library("X11")
    try:
        x11 = ctypes.CDLL(name or "libX11.so.6")
    except OSError:
        return None
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XDefaultRootWindow.restype = x11.XInternAtom.restype = ctypes.c_ulong
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    if not display:
        return None
    try:
        screen = x11.XDefaultScreen(display)
        size = (int(x11.XDisplayWidth(display, screen)), int(x11.XDisplayHeight(display, screen)))
        given = _cardinals(x11, display, b"_NET_WORKAREA", 4)
        return (min(size[0], given[2]), min(size[1], given[3])) if given else size
    finally:
        x11.XCloseDisplay(display)


def _cardinals(x11: Any, display: ctypes.c_void_p, name: bytes, count: int) -> list[int] | None:
    """The first numbers of a property of the root window."""
    kind, form, items, after = ctypes.c_ulong(), ctypes.c_int(), ctypes.c_ulong(), ctypes.c_ulong()
    data = ctypes.POINTER(ctypes.c_ulong)()
    atom = x11.XInternAtom(display, name, 1)
    if not atom:  # no window manager has said it; asking all the same would end the process
        return None
    status = x11.XGetWindowProperty(
        display,
        ctypes.c_ulong(x11.XDefaultRootWindow(display)),
        ctypes.c_ulong(atom),
        ctypes.c_long(0),
        ctypes.c_long(count),
        0,
        ctypes.c_ulong(_CARDINAL),
        ctypes.byref(kind),
        ctypes.byref(form),
        ctypes.byref(items),
        ctypes.byref(after),
        ctypes.byref(data),
    )
    if status or not data:
        return None
    found = [int(data[i]) for i in range(min(count, items.value))] if form.value == 32 else []
    x11.XFree(data)
    return found if len(found) == count and min(found[2:]) > 0 else None
