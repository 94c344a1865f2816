"""Readings on a terminal: a sink that draws one panel in place, and outlives the terminal."""

from __future__ import annotations

import io
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout, suppress
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.text import Text
from typing_extensions import Self

from edge.display.text_panel import TextPanel
from edge.display.view import Board, Look, Setup
from edge.items import Health, Reading
from edge.pace import Thermometer

DRAW_S = 0.3
"""Time between two panels (seconds)."""
CLOSE_S = 1.0
"""How long leaving waits for a terminal that does not take what is written to it (seconds)."""


def has_terminal() -> bool:
    """Whether a panel can be drawn where readings are printed: a file or a pipe gets lines."""
    stream = sys.stdout
    able = os.environ.get("TERM", "") not in ("", "dumb", "unknown") or sys.platform == "win32"
    return stream.isatty() and able and (stream.encoding or "").lower().startswith("utf")


class TextScreen:
    """Shows readings on a panel of text; whatever becomes of the terminal, `write` returns at once.

    What is printed meanwhile comes to stand above the panel. When it is left the panel is gone, and so it is
    after an error. console: where it is drawn; None: the terminal of this process.
    """

    def __init__(
        self,
        setup: Setup,
        look: Look,
        console: Console | None = None,
        *,
        healths: Callable[[], Sequence[Health]] = tuple,
        offset_ms: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._look, self._healths, self._offset_ms = look, healths, offset_ms
        # The stream of now: while the panel stands, sys.stdout is not the terminal.
        self._console = console or Console(file=sys.stdout, highlight=False)
        self._board, self._lock = Board(setup), threading.Lock()
        self._taken = time.monotonic()
        self._said = _Said()
        self._held = ExitStack()
        self._leaving = threading.Event()

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._held.enter_context(redirect_stderr(self._said))
        self._held.enter_context(redirect_stdout(self._said))
        self._thread = threading.Thread(target=self._work, name="panel", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        self._thread.join(CLOSE_S)
        self._held.close()
        if not self._thread.is_alive():
            with suppress(OSError, ValueError):
                self._print()

    def write(self, reading: Reading) -> None:
        """Have a reading shown; returns at once."""
        with self._lock:
            self._board.write(reading)
            self._taken = time.monotonic()

    def _work(self) -> None:
        """Draw until it is left. The terminal is used by this thread only: it may hang, or be gone."""
        live = Live(
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        thermometer = Thermometer()
        with suppress(OSError, ValueError):  # the terminal is gone, or closed
            live.start()
            try:
                while not self._leaving.wait(DRAW_S):
                    thermometer.hot()
                    self._print()
                    live.update(self._panel(thermometer.celsius), refresh=True)
            finally:
                self._print()
                live.stop()

    def _print(self) -> None:
        """What was said meanwhile, above the panel."""
        while self._said.lines:
            self._console.print(Text(self._said.lines.popleft()), soft_wrap=True)

    def _panel(self, celsius: float | None) -> TextPanel:
        healths, offset_ms = self._healths(), self._offset_ms()  # asked first: a device may be slow to say
        with self._lock:
            self._board.feel(healths, offset_ms)
            passed = time.monotonic() - self._taken
            return TextPanel(self._board.view(self._look, self._board.newest + passed, celsius))


class _Said(io.TextIOBase):
    """Collects lines printed while the panel stands; 1000 wait for a terminal that hangs."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=1000)
        self._part = ""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Any character may be printed."""
        return "utf-8"

    def write(self, text: str) -> int:
        """Take text; a line counts once it has ended."""
        if not isinstance(text, str):
            raise TypeError(f"text is printed here, not {type(text).__name__}")
        *ended, self._part = (self._part + text).split("\n")
        self.lines.extend(ended)
        return len(text)
