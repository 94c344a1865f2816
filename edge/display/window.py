"""The window, in a process of its own: OpenCV and Qt end the whole process when the screen goes away.

    python -m edge.display.window < messages > answers

Messages are pickled tuples from edge/display/screen.py: first Setup, Look and full screen, then the name of
a Board's method and what it takes. Answers are lines: `up` when the window is there, `quit` when a person
pressed q. The process ends when the window is closed or the messages end.
"""

from __future__ import annotations

import dataclasses
import pickle
import sys
import threading
import time
from typing import BinaryIO

from edge.display.panel import HEIGHT, WIDTH, draw
from edge.display.view import Board, Look, Setup
from edge.items import Bytes
from edge.pace import Thermometer

TITLE = "edge"
FPS = 15.0
"""Panels a second at most."""
_KEY_MS = 15  # how long a key may wait
_NO_KEY = 0xFF


class Window:
    """A HighGUI window that shows the newest panel and takes keys, on the main thread."""

    def __init__(self, setup: Setup, look: Look, full_screen: bool) -> None:
        self.look = look
        """As the keys changed it."""
        self.full_screen = full_screen
        self._board = Board(setup)
        self._lock = threading.Lock()
        self._taken = time.monotonic()
        self._ended = False

    def take(self, stream: BinaryIO) -> None:
        """Put messages on the board until they end; from a thread of its own."""
        try:
            while True:
                name, *what = pickle.load(stream)
                with self._lock:
                    before = self._board.newest
                    getattr(self._board, name)(*what)
                    if self._board.newest != before:
                        self._taken = time.monotonic()
        except (EOFError, OSError, pickle.UnpicklingError):
            self._ended = True

    def show(self) -> None:
        """Show panels until the window is closed, q is pressed or the messages end."""
        import cv2

        cv2.setNumThreads(1)
        cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_GUI_NORMAL | cv2.WINDOW_KEEPRATIO)
        cv2.resizeWindow(TITLE, WIDTH, HEIGHT)
        thermometer, due, up = Thermometer(), 0.0, False
        panel = self._panel(None)
        while not self._ended:
            if time.monotonic() >= due:
                due = time.monotonic() + 1.0 / FPS
                thermometer.hot()
                if not self.look.paused:
                    panel = self._panel(thermometer.celsius)
                cv2.imshow(TITLE, cv2.cvtColor(panel, cv2.COLOR_RGB2BGR))
            key = cv2.waitKey(_KEY_MS) & _NO_KEY
            if not up:
                up = True
                self._fit()
                _answer("up")
            try:
                if cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) < 1:
                    return
            except cv2.error:  # closed
                return
            if key == ord("q"):
                _answer("quit")
                return
            if key != _NO_KEY and self.press(chr(key)):
                panel = self._panel(thermometer.celsius)

    def press(self, key: str) -> bool:
        """Act on a key; whether the look changed."""
        look = self.look
        if key == "f":
            self.full_screen = not self.full_screen
            self._fit()
        elif key == "p":
            self.look = dataclasses.replace(look, paused=not look.paused)
        elif key == "v":
            self.look = dataclasses.replace(look, privacy=not look.privacy)
        elif key == "l":
            self.look = dataclasses.replace(look, language="en" if look.language == "ja" else "ja")
        return self.look is not look

    def _panel(self, celsius: float | None) -> Bytes:
        with self._lock:
            passed = 0.0 if self._board.ended else time.monotonic() - self._taken
            view = self._board.view(self.look, self._board.newest + passed, celsius)
        return draw(view)

    def _fit(self) -> None:
        import cv2

        way = cv2.WINDOW_FULLSCREEN if self.full_screen else cv2.WINDOW_NORMAL
        cv2.setWindowProperty(TITLE, cv2.WND_PROP_FULLSCREEN, way)


def _answer(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main() -> None:
    """What the process does."""
    stream = sys.stdin.buffer
    window = Window(*pickle.load(stream))
    threading.Thread(target=window.take, args=(stream,), daemon=True).start()
    window.show()


if __name__ == "__main__":
    main()
