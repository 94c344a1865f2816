"""The window of `edge record`, in a process of its own: OpenCV and Qt end the whole process with the screen.

    python -m edge.recording.panel.window < messages > answers

Messages are pickled `Shown`, the first of them after whether the window fills the screen. Answers are JSON
lines: `up`, the window is there; `key` and a character; `closed`, a person closed it. The process ends then,
or when the messages end.
"""

from __future__ import annotations

import json
import pickle
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import BinaryIO

import numpy as np

from edge.display.panel.layout import size_within
from edge.display.window.process import WindowProcess
from edge.display.window.work_area import first_size
from edge.recording.panel.draw import PICTURE, draw
from edge.recording.panel.shown import Shown

TITLE = "edge record"
FPS = 10.0
"""Panels a second at most."""
KEYS = frozenset(" fnq123456789")
_KEY_MS, _NO_KEY = 15, 0xFF


class RecordWindow(WindowProcess):
    """Shows the panel and gives keys; whatever becomes of the window, `show` returns at once.

    press: called with each key from a thread of its own. Raises InputError on entering where no window can
    be shown.
    """

    MODULE = "edge.recording.panel.window"

    def __init__(self, press: Callable[[str], None], full_screen: bool = False) -> None:
        super().__init__()
        self._press, self._full = press, full_screen
        self._waiting: Shown | None = None

    @property
    def gone(self) -> bool:
        """Whether the window is no longer there."""
        return self._ended.is_set()

    def show(self, shown: Shown) -> None:
        """Show the newest state."""
        with self._ready:
            self._waiting = shown
            self._ready.notify()

    def _listen(self) -> None:
        for line in self._process.stdout:
            said, *values = json.loads(line)
            if said == "up":
                self._up.set()
            elif said == "key":
                self._press(str(values[0]))
        self._ended.set()
        self._up.set()

    def _send(self) -> None:
        pipe = self._process.stdin
        try:
            pickle.dump(self._full, pipe)
            pipe.flush()
            while not self._ended.is_set():
                with self._ready:
                    self._ready.wait_for(lambda: self._waiting is not None or self._leaving, 1.0)
                    shown, self._waiting = self._waiting, None
                    if self._leaving:
                        return
                if shown is not None:
                    pickle.dump(_small(shown), pipe, pickle.HIGHEST_PROTOCOL)
                    pipe.flush()
        except OSError:  # the window is gone; _listen says so
            pass
        finally:
            with suppress(OSError):
                pipe.close()


def _small(shown: Shown) -> Shown:
    """The same with a picture no larger than it is drawn at twice the usual size."""
    import cv2

    image = shown.quality.picture
    if image is None:
        return shown
    scale = min(1.0, 1.5 * PICTURE[2] / image.shape[1])
    if scale < 1.0:
        size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return replace(shown, quality=replace(shown.quality, picture=image))


class _Shower:
    """The other side: draws what came last and answers keys."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._shown = Shown()
        self._ended = False
        self._size = first_size()

    def take(self) -> None:
        try:
            while True:
                self._shown = pickle.load(self._stream)
        except (EOFError, OSError, pickle.UnpicklingError):
            self._ended = True

    def run(self, full_screen: bool) -> None:
        import cv2

        cv2.setNumThreads(1)
        cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_GUI_NORMAL | cv2.WINDOW_KEEPRATIO)
        cv2.resizeWindow(TITLE, *self._size)
        if full_screen:
            cv2.setWindowProperty(TITLE, cv2.WND_PROP_FULLSCREEN, cv2.WINDOW_FULLSCREEN)
        up, due = False, 0.0
        while not self._ended:
            if time.monotonic() >= due:
                due = time.monotonic() + 1.0 / FPS
                cv2.imshow(TITLE, cv2.cvtColor(draw(self._shown, *self._size), cv2.COLOR_RGB2BGR))
            key = chr(cv2.waitKey(_KEY_MS) & _NO_KEY)
            if not up:
                up = True
                _answer("up")
            try:
                closed = cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) < 1
                _, _, wide, high = cv2.getWindowImageRect(TITLE)
            except cv2.error:
                closed = True
            if closed:
                _answer("closed")
                return
            if wide > 1 and high > 1:
                self._size = size_within(wide, high)
            if key in KEYS:
                _answer("key", key)


def _answer(*said: str) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def main() -> None:
    """What the process does."""
    stream = sys.stdin.buffer
    full_screen = bool(pickle.load(stream))
    shower = _Shower(stream)
    threading.Thread(target=shower.take, daemon=True).start()
    shower.run(full_screen)


if __name__ == "__main__":
    main()
