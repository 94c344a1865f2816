"""The window, in a process of its own: OpenCV and Qt end the whole process when the screen goes away.

    python -m edge.display.window.window < messages > answers

Messages are pickled tuples from screen.py: first Setup, Look and full screen, then the name of a method of
PanelState and what it takes. Answers are JSON lines: a word and its values. `up`: the window is there;
`side`: pixels of the longer side of a picture on it; `judge`, `undo`: a person's verdict; `quit`: a person
pressed q; `closed`: a person closed it. The process ends after either, or when the messages end.
"""

from __future__ import annotations

import dataclasses
import json
import pickle
import sys
import threading
import time
from typing import Any, BinaryIO

from edge.display.judging import Held, VerdictRequest, key_at, request_of
from edge.display.panel.charset import drawn_language
from edge.display.panel.layout import layout_for, size_within
from edge.display.panel.panel import at_units, draw
from edge.display.view import Note, PanelState, Setup, View, ViewOptions
from edge.display.window.work_area import first_size
from edge.items import Bytes
from edge.reading.pace import Thermometer

TITLE = "edge"
FPS = 15.0
"""Panels a second at most."""
_KEY_MS = 15  # how long a key may wait
_NO_KEY = 0xFF


class PanelWindow:
    """A HighGUI window that shows the newest panel and takes keys and clicks, on the main thread."""

    def __init__(self, setup: Setup, look: ViewOptions, full_screen: bool) -> None:
        self.look = look
        """As the keys changed it."""
        self.full_screen = full_screen
        self._setup = setup
        self._state = PanelState(setup)
        self._lock = threading.Lock()
        self._taken = time.monotonic()
        self._ended = False
        self._paused: View | None = None
        self._shown: View | None = None
        self._size = first_size()
        self._clicked: list[str] = []
        self._held = Held()

    def take(self, stream: BinaryIO) -> None:
        """Take messages until they end; from a thread of its own."""
        try:
            while True:
                name, *what = pickle.load(stream)
                with self._lock:
                    before = self._state.newest
                    getattr(self._state, name)(*what)
                    if self._state.newest != before:
                        self._taken = time.monotonic()
        except (EOFError, OSError, pickle.UnpicklingError):
            self._ended = True

    def show(self) -> None:
        """Show panels until the window is closed, q is pressed or the messages end."""
        import cv2

        cv2.setNumThreads(1)
        cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_GUI_NORMAL | cv2.WINDOW_KEEPRATIO)
        cv2.resizeWindow(TITLE, *self._size)
        cv2.setMouseCallback(TITLE, self._click)
        thermometer, due, up = Thermometer(), 0.0, False
        while not self._ended:
            if time.monotonic() >= due:
                due = time.monotonic() + 1.0 / FPS
                thermometer.hot()
                self._measure(up)
                cv2.imshow(TITLE, cv2.cvtColor(self._panel(thermometer.celsius), cv2.COLOR_RGB2BGR))
            key = cv2.waitKey(_KEY_MS) & _NO_KEY
            if not up:
                up = True
                self._fit()
                answer("up")
            try:
                closed = cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) < 1
            except cv2.error:
                closed = True
            if closed:
                answer("closed")
                return
            keys = [*self._clicked, *([chr(key)] if key != _NO_KEY else [])]
            self._clicked.clear()
            if "q" in keys:
                answer("quit")
                return
            for pressed in keys:
                self.press(pressed)
                due = 0.0

    def press(self, key: str) -> None:
        """Act on a key."""
        look = self.look
        if key == "f":
            self.full_screen = not self.full_screen
            self._fit()
        elif key == "p":
            self.look = dataclasses.replace(look, paused=not look.paused)
            self._paused = self._shown if self.look.paused else None
        elif key == "v":
            self.look = dataclasses.replace(look, privacy=not look.privacy)
        elif key == "l":
            language = drawn_language("en" if look.language == "ja" else "ja")
            self.look = dataclasses.replace(look, language=language)
            if language == look.language:
                with self._lock:
                    self._state.tell(Note("no_japanese_font", wrong=True))
        elif self._shown is not None and not self._held.down(key):
            found = request_of(key, self._shown)
            if isinstance(found, Note):
                with self._lock:
                    self._state.tell(found)
            elif isinstance(found, VerdictRequest):
                answer(found.name, *found.values)

    def _panel(self, celsius: float | None) -> Bytes:
        with self._lock:
            passed = 0.0 if self._state.ended else time.monotonic() - self._taken
            view = self._state.view(self.look, self._state.newest + passed, celsius)
        if self._paused is not None:
            view = dataclasses.replace(self._paused, look=self.look, note=view.note)
        self._shown = view
        return draw(view, *self._size)

    def _measure(self, up: bool) -> None:
        """Draw as large as the window is: what is drawn at another size is blurred when it is shown."""
        import cv2

        try:
            _, _, wide, high = cv2.getWindowImageRect(TITLE) if up else (0, 0, *self._size)
        except cv2.error:  # closed
            return
        size = size_within(wide, high) if wide > 1 and high > 1 else self._size
        if size != self._size or not up:
            self._size = size
            layout, scale = layout_for(*size)
            answer("side", round(scale * max(layout.picture[2:])))

    def _click(self, event: int, x: int, y: int, flags: int, _: Any) -> None:
        import cv2

        if event == cv2.EVENT_LBUTTONDOWN and self._setup.queue:
            across, down, layout = at_units(x, y, *self._size)
            if key := key_at(across, down, layout, self._setup):
                self._clicked.append(key)

    def _fit(self) -> None:
        import cv2

        way = cv2.WINDOW_FULLSCREEN if self.full_screen else cv2.WINDOW_NORMAL
        cv2.setWindowProperty(TITLE, cv2.WND_PROP_FULLSCREEN, way)


def answer(word: str, *values: object) -> None:
    """Tell the process that opened the window."""
    sys.stdout.write(json.dumps([word, *values]) + "\n")
    sys.stdout.flush()


def main() -> None:
    """What the process does."""
    stream = sys.stdin.buffer
    window = PanelWindow(*pickle.load(stream))
    threading.Thread(target=window.take, args=(stream,), daemon=True).start()
    window.show()


if __name__ == "__main__":
    main()
