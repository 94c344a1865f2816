"""Readings on a screen: a sink that feeds the window's process and outlives it."""

from __future__ import annotations

import json
import os
import pickle
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from edge.display.verdicts import VerdictWriter
from edge.display.view import Note, Setup, ViewOptions
from edge.display.window.process import WindowProcess
from edge.items import Face, Frame, People, Reading
from edge.sinks.run_facts import RunFacts, told

PICTURES_PER_S = 15.0
"""Pictures handed to the window a second at most."""
SIDE = 640
"""Longer side of a picture handed to the window at first (pixels): it says when it shows them larger."""
HEALTH_S = 0.25
"""Time between two looks at the devices (seconds)."""


def has_screen() -> bool:
    """Whether a screen is named here; whether it answers shows when a window is opened on it."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY"))


def screen_answers() -> bool:
    """Whether the screen that is named takes connections: cheap, so that it can be asked again and again."""
    host, _, number = os.environ.get("DISPLAY", "").rpartition(":")
    number = number.partition(".")[0]
    if sys.platform != "linux" or not number.isdigit():
        return has_screen()
    places: list[tuple[socket.AddressFamily, Any]] = [
        (socket.AF_UNIX, f"\0/tmp/.X11-unix/X{number}"),
        (socket.AF_UNIX, f"/tmp/.X11-unix/X{number}"),
    ]
    if host not in ("", "unix"):
        places = [(socket.AF_INET, (host, 6000 + int(number)))]
    for family, place in places:
        with suppress(OSError), socket.socket(family) as knocking:
            knocking.settimeout(1.0)
            knocking.connect(place)
            return True
    return False


class Screen(WindowProcess):
    """Shows readings and pictures in a window; whatever becomes of it, `write` and `see` return at once.

    quit: called once when a person pressed q. gone: called once when the window went away, closed or by
    itself; both from a thread of this sink. Raises InputError on entering where no window can be shown.
    """

    MODULE = "edge.display.window.window"
    closed = False
    """Whether a person closed it."""

    def __init__(
        self,
        setup: Setup,
        look: ViewOptions,
        full_screen: bool = False,
        *,
        facts: RunFacts | None = None,
        verdicts: VerdictWriter | None = None,
        quit: Callable[[], None],
        gone: Callable[[], None],
    ) -> None:
        super().__init__()
        self._first = (setup, look, full_screen)
        self._facts, self._quit, self._gone = facts or RunFacts(), quit, gone
        self._verdicts, self._side = verdicts, SIDE
        self._waiting: deque[tuple[Any, ...]] = deque(maxlen=64)
        self._seen: tuple[Frame, People] | None = None

    def write(self, reading: Reading) -> None:
        """Show a reading; 64 of them wait for a window that is slow, then the oldest is dropped."""
        with self._ready:
            self._waiting.append(("write", reading))
            self._ready.notify()

    def see(self, frame: Frame, faces: People) -> None:
        """Show a picture and where the faces are in it; only the newest one waits."""
        with self._ready:
            self._seen = (frame, faces)
            self._ready.notify()

    def tell(self, note: Note) -> None:
        """Show what became of what a person asked for."""
        with self._ready:
            self._waiting.append(("tell", note))
            self._ready.notify()

    def end(self) -> None:
        """Nothing more will come: the last panel stays as it is."""
        with self._ready:
            self._waiting.append(("end",))
            self._ready.notify()

    @property
    def ended(self) -> bool:
        """Whether the window is gone."""
        return self._ended.is_set()

    def wait(self) -> None:
        """Until the window is closed."""
        self._ended.wait()

    def _listen(self) -> None:
        word = ""
        for line in self._process.stdout:
            word, *values = json.loads(line)
            if word == "side":
                self._side = int(values[0])
            elif word in ("judge", "undo") and self._verdicts:
                self._verdicts.take(word, *values)
            elif word == "up":
                self._up.set()
        self.closed = word == "closed"
        self._ended.set()
        was_up = self._up.is_set()
        self._up.set()
        if was_up and not self._leaving:
            (self._quit if word == "quit" else self._gone)()

    def _send(self) -> None:
        pipe, looked, shown = self._process.stdin, 0.0, 0.0
        try:
            pickle.dump(self._first, pipe)
            pipe.flush()
            while not self._ended.is_set():
                with self._ready:
                    if not self._waiting and not self._leaving:
                        self._ready.wait(1.0 / PICTURES_PER_S)
                    messages, leaving = list(self._waiting), self._leaving
                    self._waiting.clear()
                    seen = None
                    if time.monotonic() - shown >= 1.0 / PICTURES_PER_S:
                        seen, self._seen = self._seen, None
                if leaving:
                    break
                if seen:
                    shown = time.monotonic()
                    messages.append(("see", *_small(*seen, self._side)))
                if time.monotonic() - looked >= HEALTH_S:
                    looked = time.monotonic()
                    messages.append(("feel", *told(self._facts)))
                for message in messages:
                    pickle.dump(message, pipe, pickle.HIGHEST_PROTOCOL)
                pipe.flush()
        except OSError:  # the window is gone; _listen says so
            pass
        finally:
            with suppress(OSError):
                pipe.close()


def _small(frame: Frame, faces: People, side: int) -> tuple[Frame, People]:
    """The picture no larger than it is shown (longer side, pixels), and the faces in it."""
    import cv2
    import numpy as np

    high, wide = frame.image.shape[:2]
    scale = min(1.0, side / max(high, wide))
    if scale == 1.0:
        return frame, faces
    size = (max(1, round(wide * scale)), max(1, round(high * scale)))
    image = np.asarray(cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA), np.uint8)
    scaled = {
        person: Face(face.left * scale, face.top * scale, face.width * scale, face.height * scale, face.score)
        for person, face in faces.items()
    }
    return Frame(frame.time, image), scaled
