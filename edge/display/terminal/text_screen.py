"""Readings on a terminal: a sink that draws one panel in place, takes keys, and outlives the terminal."""

from __future__ import annotations

import dataclasses
import io
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, redirect_stderr, redirect_stdout, suppress
from types import TracebackType

from rich.console import Console
from rich.text import Text
from typing_extensions import Self

from edge.display.judging import Held, VerdictRequest, request_of
from edge.display.terminal.keys import Keys
from edge.display.terminal.text_panel import TextPanel
from edge.display.verdicts import VerdictWriter
from edge.display.view import Note, PanelState, Setup, View, ViewOptions
from edge.items import Reading
from edge.reading.pace import Thermometer
from edge.sinks.run_facts import RunFacts, told

DRAW_S = 0.3
"""Time between two panels (seconds)."""
CLOSE_S = 1.0
"""How long leaving waits for a terminal that does not take what is written to it (seconds)."""
SAID_S = 30.0
"""How long a line that was printed meanwhile is shown (seconds)."""


def has_terminal() -> bool:
    """Whether a panel can be drawn where readings are printed: a file or a pipe gets lines."""
    stream = sys.stdout
    able = os.environ.get("TERM", "") not in ("", "dumb", "unknown") or sys.platform == "win32"
    return stream.isatty() and able and (stream.encoding or "").lower().startswith("utf")


class TextScreen:
    """Shows readings on a panel of text; whatever becomes of the terminal, `write` returns at once.

    It is drawn on the terminal's other screen, so that nothing of it is left when it is closed, resized or
    suspended. What is printed meanwhile is shown below the panel for a while, and printed when it is left.
    console: where it is drawn; None: the terminal of this process. quit, window: called on q and w.
    """

    def __init__(
        self,
        setup: Setup,
        look: ViewOptions,
        console: Console | None = None,
        *,
        facts: RunFacts | None = None,
        quit: Callable[[], None] | None = None,
        window: Callable[[], None] | None = None,
        verdicts: VerdictWriter | None = None,
    ) -> None:
        self._look, self._facts, self._quit, self._window = look, facts or RunFacts(), quit, window
        self._verdicts = verdicts
        # The stream of now: while the panel stands, sys.stdout is not the terminal.
        self._console = console or Console(file=sys.stdout, highlight=False)
        self._state, self._lock = PanelState(setup), threading.Lock()
        self._taken = time.monotonic()
        self._said = _Said()
        self._held, self._repeats = ExitStack(), Held()
        self._keys = Keys()
        self._leaving, self._suspended = threading.Event(), threading.Event()
        self._away = threading.Event()  # the terminal is as it was found
        self._shown: View | None = None
        self._paused: View | None = None

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
        if threading.current_thread() is not self._thread:
            self._thread.join(CLOSE_S)
        self._keys.close()
        self._held.close()
        if not self._thread.is_alive():
            with suppress(OSError, ValueError):
                for line in self._said.lines:
                    self._console.print(Text(line), soft_wrap=True)

    def write(self, reading: Reading) -> None:
        """Have a reading shown; returns at once."""
        with self._lock:
            self._state.write(reading)
            self._taken = time.monotonic()

    def tell(self, note: Note) -> None:
        """Have a note shown; returns at once."""
        with self._lock:
            self._state.tell(note)

    def suspend(self) -> None:
        """Leave the terminal as it was found, until `resume`; waits for that, but not for ever."""
        self._suspended.set()
        self._away.wait(CLOSE_S)

    def resume(self) -> None:
        """Draw again, once the terminal may be used."""
        self._suspended.clear()

    def _work(self) -> None:
        """Draw until it is left. The terminal is used by this thread only: it may hang, or be gone."""
        thermometer, shown = Thermometer(), False
        with suppress(OSError, ValueError):  # the terminal is gone, or closed
            try:
                while not self._leaving.is_set():
                    wanted = not self._suspended.is_set() and self._keys.foreground
                    if wanted != shown:
                        shown = wanted
                        self._turn(shown)
                    if not shown:
                        self._leaving.wait(DRAW_S)
                        continue
                    thermometer.hot()
                    self._draw(thermometer.celsius)
                    for key in self._keys.read(DRAW_S):
                        self._press(key)
            finally:
                if shown:
                    self._turn(False)

    def _turn(self, on: bool) -> None:
        """Take the terminal, or leave it as it was found."""
        if on:
            self._away.clear()
            self._keys.open()
        self._console.file.write("\x1b[?1049h\x1b[?25l" if on else "\x1b[?25h\x1b[?1049l")
        self._console.file.flush()
        if not on:
            self._keys.close()
            self._away.set()

    def _draw(self, celsius: float | None) -> None:
        """The panel over what stands there: every line to its end, and nothing below."""
        with self._console.capture() as drawn:
            self._console.print(self._panel(celsius))
        lines = drawn.get().rstrip("\n").split("\n")
        self._console.file.write("\x1b[H" + "\x1b[K\r\n".join(lines) + "\x1b[K\x1b[J")
        self._console.file.flush()

    def _press(self, key: str) -> None:
        look = self._look
        if key == "q" and self._quit:
            self._quit()
        elif key == "w" and self._window:
            self._window()
        elif key == "l":
            self._look = dataclasses.replace(look, language="en" if look.language == "ja" else "ja")
        elif key == "p":
            self._look = dataclasses.replace(look, paused=not look.paused)
            self._paused = self._shown if self._look.paused else None
        elif self._shown is not None and not self._repeats.down(key):
            found = request_of(key, self._shown)
            if isinstance(found, Note):
                self.tell(found)
            elif isinstance(found, VerdictRequest) and self._verdicts:
                self._verdicts.take(found.name, *found.values)

    def _panel(self, celsius: float | None) -> TextPanel:
        asked = told(self._facts)  # first: a device may be slow to say
        with self._lock:
            self._state.feel(*asked)
            passed = time.monotonic() - self._taken
            view = self._state.view(self._look, self._state.newest + passed, celsius)
        if self._paused is not None:
            view = dataclasses.replace(self._paused, look=self._look, note=view.note)
        self._shown = view
        return TextPanel(view, self._said.newest(SAID_S), bool(self._window))


class _Said(io.TextIOBase):
    """Collects lines printed while the panel stands, the last 1000."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=1000)
        self._part, self._at = "", 0.0

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Any character may be printed."""
        return "utf-8"

    def write(self, text: str) -> int:
        """Take text; a line counts once it has ended."""
        if not isinstance(text, str):
            raise TypeError(f"text is printed here, not {type(text).__name__}")
        *ended, self._part = (self._part + text).split("\n")
        if ended:
            self.lines.extend(ended)
            self._at = time.monotonic()
        return len(text)

    def newest(self, seconds: float) -> str:
        """The last line, if it is no older."""
        return self.lines[-1] if self.lines and time.monotonic() - self._at < seconds else ""
