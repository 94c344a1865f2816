"""Readings on a screen: a sink that feeds the window's process and outlives it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

from typing_extensions import Self

from edge import child
from edge.display.drawing import font
from edge.display.view import Look, Setup
from edge.errors import InputError
from edge.items import Face, Frame, Health, People, Reading

ANSWER_S = 15.0
"""How long a window may take to appear (seconds); a screen that does not answer is none."""
PICTURES_PER_S = 15.0
"""Pictures handed to the window a second at most."""
SIDE = 640
"""Longer side of a picture handed to the window (pixels): it is shown no larger."""
HEALTH_S = 0.25
"""Time between two looks at the devices (seconds)."""
_CLOSE_S = 0.7  # a window that hangs is killed after this


def has_screen() -> bool:
    """Whether a screen is named here; whether it answers shows when a window is opened on it."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY"))


class Screen:
    """Shows readings and pictures in a window; whatever becomes of it, `write` and `see` return at once.

    quit: called once when a person pressed q. gone: called once when the window went away by itself; both
    from a thread of this sink. Raises InputError on entering where no window can be shown.
    """

    def __init__(
        self,
        setup: Setup,
        look: Look,
        full_screen: bool = False,
        *,
        healths: Callable[[], Sequence[Health]] = tuple,
        offset_ms: Callable[[], float | None] = lambda: None,
        quit: Callable[[], None],
        gone: Callable[[], None],
    ) -> None:
        self._first = (setup, look, full_screen)
        self._healths, self._offset_ms, self._quit, self._gone = healths, offset_ms, quit, gone
        self._ready = threading.Condition()
        self._waiting: deque[tuple[Any, ...]] = deque(maxlen=64)
        self._seen: tuple[Frame, People] | None = None
        self._up = threading.Event()
        self._ended = threading.Event()
        self._leaving = False

    def __enter__(self) -> Self:
        font()  # here, where it can be said what is missing
        # A fresh process, not a fork: this one may hold a GPU. A session of its own: Ctrl-C is not for it.
        self._process: Any = subprocess.Popen(
            child.command("edge.display.window"),
            env=child.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._sender = threading.Thread(target=self._send, daemon=True)
        self._listener.start()
        self._sender.start()
        self._up.wait(ANSWER_S)
        if not self._up.is_set() or self._ended.is_set():
            self._leave()
            raise InputError.of("screen_no_answer", name=f" {os.environ.get('DISPLAY', '')}".rstrip())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

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

    def end(self) -> None:
        """Nothing more will come: the last panel stays as it is."""
        with self._ready:
            self._waiting.append(("end",))
            self._ready.notify()

    def wait(self) -> None:
        """Until the window is closed."""
        self._ended.wait()

    def _leave(self) -> None:
        with self._ready:
            self._leaving = True
            self._ready.notify()
        self._sender.join(_CLOSE_S)  # it closes the pipe: the window ends by itself
        try:
            self._process.wait(_CLOSE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(_CLOSE_S)
        self._sender.join(_CLOSE_S)
        self._process.stdout.close()

    def _listen(self) -> None:
        answers = [b"nothing"]
        for answer in self._process.stdout:
            answers.append(answer.strip())
            self._up.set()
        self._ended.set()
        was_up = self._up.is_set()
        self._up.set()
        if was_up and not self._leaving:
            (self._quit if answers[-1] == b"quit" else self._gone)()

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
                    messages.append(("see", *_small(*seen)))
                if time.monotonic() - looked >= HEALTH_S:
                    looked = time.monotonic()
                    messages.append(("feel", tuple(self._healths()), self._offset_ms()))
                for message in messages:
                    pickle.dump(message, pipe, pickle.HIGHEST_PROTOCOL)
                pipe.flush()
        except OSError:  # the window is gone; _listen says so
            pass
        finally:
            with suppress(OSError):
                pipe.close()


def _small(frame: Frame, faces: People) -> tuple[Frame, People]:
    """The picture no larger than it is shown, and the faces in it."""
    import cv2
    import numpy as np

    high, wide = frame.image.shape[:2]
    scale = min(1.0, SIDE / max(high, wide))
    if scale == 1.0:
        return frame, faces
    size = (max(1, round(wide * scale)), max(1, round(high * scale)))
    image = np.asarray(cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA), np.uint8)
    scaled = {
        person: Face(face.left * scale, face.top * scale, face.width * scale, face.height * scale, face.score)
        for person, face in faces.items()
    }
    return Frame(frame.time, image), scaled
