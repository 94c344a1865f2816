"""A window in a process of its own: OpenCV and Qt end the whole process with the screen."""

from __future__ import annotations

import os
import subprocess
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any

from typing_extensions import Self

from edge.display.panel.fonts import built_in
from edge.errors import InputError
from edge.system import child

ANSWER_S = 15.0
"""How long a window may take to appear (seconds); a screen that does not answer is none."""
_CLOSE_S = 0.7  # a window that hangs is killed after this


class WindowProcess(ABC):
    """Starts the window and ends it. A subclass sends in `_send` and reads the answers in `_listen`.

    `_listen` reads until the answers end; it sets `_up` when the window is there, `_up` and `_ended` at
    the end. `_send` returns when `_leaving` or `_ended` is set and closes the pipe: the window then ends.
    Raises InputError on entering where no window can be shown.
    """

    MODULE = ""
    """Run by the process."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._leaving = False
        self._up, self._ended = threading.Event(), threading.Event()

    def __enter__(self) -> Self:
        built_in()  # here, where it can be said what is missing
        # A fresh process, not a fork: this one may hold a GPU. A session of its own: Ctrl-C is not for it.
        self._process: Any = subprocess.Popen(
            child.command(self.MODULE),
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

    @abstractmethod
    def _listen(self) -> None:
        """Read what the window answers, until it ends."""

    @abstractmethod
    def _send(self) -> None:
        """Send the window what it shows, until it is left."""
