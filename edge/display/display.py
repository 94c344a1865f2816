"""Where a person sees readings: the window where there is a screen, else the terminal."""

from __future__ import annotations

import _thread
import dataclasses
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType
from typing import Any

from typing_extensions import Self

from edge.bundle.manifest import Manifest
from edge.config import Site, rules
from edge.display.panel.charset import drawn_language, undrawable
from edge.display.proven import unproven_of
from edge.display.terminal.text_screen import TextScreen, has_terminal
from edge.display.verdicts import VerdictWriter
from edge.display.view import Note, Setup, ViewOptions
from edge.display.window.screen import Screen, has_screen, screen_answers
from edge.errors import InputError
from edge.items import Frame, People, Reading
from edge.sinks.run_facts import RunFacts
from edge.sinks.terminal import Terminal
from edge.words import word

RECENT = 60
"""Readings a panel that is opened later begins with."""
RETRY_S = 5.0
"""Time between two looks whether a screen that went away is back (seconds)."""


class Display:
    """A sink for the person at the machine; `see` takes the pictures besides.

    Without a screen live readings are a panel on a terminal; those of a recording, or into a file, are lines.
    A window that a person closed is opened again by w on the terminal or by SIGUSR1, one whose screen went
    away when that is back. say: gets a line where no window can be shown, and when it goes away. facts: asked
    while a panel is shown. verdicts: takes what a person says of the reading. q is Ctrl-C. Enter it on the
    main thread.
    """

    def __init__(
        self,
        site: Site,
        manifest: Manifest,
        say: Callable[[str], None],
        facts: RunFacts | None = None,
        verdicts: VerdictWriter | None = None,
    ) -> None:
        self._site, self._manifest, self._say = site, manifest, say
        self._facts = facts or RunFacts()
        self._verdicts = verdicts
        self._screen: Screen | None = None
        self._terminal: TextScreen | Terminal | None = None
        self._recent: deque[Reading] = deque(maxlen=RECENT)  # for a panel that is opened later
        self._held = ExitStack()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._wanted = self._leaving = False
        self._lost = False  # whether there ought to be a window whose screen is away

    def __enter__(self) -> Self:
        self._setup = panel_setup(self._site, self._manifest, self._verdicts is not None)
        self._look = ViewOptions(self._site.language, self._site.display.privacy)
        if self._verdicts:
            self._verdicts.tell = self._tell
            self._held.enter_context(self._verdicts)
        if has_screen():
            try:
                self._name_undrawable()
                self._screen = self._window()
            except InputError as error:
                self._lost = True
                self._say(word("no_window", self._site.language, why=error.told(self._site.language)))
        if not self._screen:
            self._terminal = self._lines_or_panel()
        self._held.enter_context(_signals(self._open_again, self._stopped))
        self._keeper = threading.Thread(target=self._keep, name="display", daemon=True)
        self._keeper.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving = True
        self._wake.set()
        with self._lock:
            shown, self._screen, self._terminal = (self._screen, self._terminal), None, None
        for sink in shown:
            if sink is not None:
                sink.__exit__(kind, error, trace)
        self._held.close()

    def write(self, reading: Reading) -> None:
        """Show one reading."""
        if self._verdicts:
            self._verdicts.write(reading)
        self._recent.append(reading)
        sink = self._screen or self._terminal
        try:
            if sink is not None:  # after a window was closed there may be no terminal
                sink.write(reading)
        except OSError:  # the terminal is gone, or what the lines are piped into: devices are read without it
            if self._site.source is not None:
                raise

    def see(self, frame: Frame, faces: People) -> None:
        """Show a picture and the faces in it, where there is a window."""
        if screen := self._screen:
            screen.see(frame, faces)

    def _window(self) -> Screen:
        """A window that is shown. Raises InputError."""
        language = drawn_language(self._look.language)
        screen = Screen(
            self._setup,
            dataclasses.replace(self._look, language=language),
            self._site.display.full_screen,
            facts=self._facts,
            verdicts=self._verdicts,
            quit=_thread.interrupt_main,
            gone=self._wake.set,
        )
        screen.__enter__()
        self._remember(screen)
        return screen

    def _lines_or_panel(self) -> TextScreen | Terminal:
        if self._site.source is not None or not has_terminal():
            return Terminal(self._manifest.full_labels, language=self._site.language)
        panel = TextScreen(
            self._setup,
            self._look,
            facts=self._facts,
            verdicts=self._verdicts,
            quit=_thread.interrupt_main,
            window=self._open_again if has_screen() else None,
        )
        panel.__enter__()
        self._remember(panel)
        return panel

    def _remember(self, panel: Screen | TextScreen) -> None:
        for reading in tuple(self._recent):
            panel.write(reading)

    def _keep(self) -> None:
        """The thread: turn to the terminal when the window is gone, open the window when it can be."""
        while True:
            self._wake.wait(RETRY_S if self._lost else None)
            self._wake.clear()
            if self._leaving:
                return
            if self._screen is not None and self._screen.ended:
                self._turn_to_terminal(self._screen)
            elif self._screen is None and (self._wanted or self._lost):
                self._turn_to_window()

    def _turn_to_terminal(self, screen: Screen) -> None:
        # A screen that dies may look to the window as if a person had closed it.
        self._lost = not (screen.closed and screen_answers())
        with self._lock:
            if self._leaving:
                return
            self._screen = None
            if has_terminal():
                self._terminal = self._lines_or_panel()
        screen.__exit__(None, None, None)
        self._say(word("window_gone", self._site.language))

    def _turn_to_window(self) -> None:
        asked, self._wanted = self._wanted, False
        try:
            if not screen_answers():
                raise InputError.of("screen_no_answer", name=f" {os.environ.get('DISPLAY', '')}".rstrip())
            screen = self._window()
        except InputError as error:
            if asked:
                self._tell(Note("no_window_now", {"why": error.told(self._site.language)}, wrong=True))
            return
        replaced: Screen | TextScreen | Terminal | None = screen
        with self._lock:
            if not self._leaving:
                replaced, self._terminal, self._screen = self._terminal, None, screen
                self._lost = False
        if replaced is not None:
            replaced.__exit__(None, None, None)
        if replaced is not screen:
            self._say(word("window_back", self._site.language))

    def _open_again(self) -> None:
        self._wanted = True
        self._wake.set()

    def _tell(self, note: Note) -> None:
        if isinstance(sink := self._screen or self._terminal, (Screen, TextScreen)):
            sink.tell(note)

    def _stopped(self) -> None:
        """Ctrl-Z: the terminal is given back while the process stands still."""
        panel = self._terminal if isinstance(self._terminal, TextScreen) else None
        if panel:
            panel.suspend()
        os.kill(os.getpid(), signal.SIGSTOP)
        if panel:
            panel.resume()

    def _name_undrawable(self) -> None:
        """Say which characters of the settings' texts and of the bundle the panel cannot draw.

        Where no font has Japanese one line says that.
        """
        if drawn_language("ja") != "ja":
            self._say(word("no_japanese_font", self._site.language))
            return
        texts = {"purpose": self._setup.purpose, "bundle": self._setup.bundle}
        labels = self._setup.labels
        texts |= {label: "".join((label, *labels.both(label, "en"))) for label in labels}
        for name, words in texts.items():
            if letters := undrawable(words):
                values = {"name": name, "letters": " ".join(letters)}
                self._say(word("cannot_be_drawn", self._site.language, **values))


@contextmanager
def _signals(again: Callable[[], None], stopped: Callable[[], None]) -> Any:
    """SIGUSR1 opens the window again, SIGTSTP gives the terminal back; only on the main thread."""
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    wishes = {signal.SIGUSR1: again, signal.SIGTSTP: stopped}
    before = {number: signal.signal(number, lambda *_, wish=wish: wish()) for number, wish in wishes.items()}
    try:
        yield
    finally:
        with suppress(ValueError):  # left on another thread: the wishes do nothing from now on
            for number, handler in before.items():
                signal.signal(number, handler)


def panel_setup(site: Site, manifest: Manifest, queue: bool | None = None) -> Setup:
    """What of the settings and the bundle a panel shows. queue: as in Setup. Raises ConfigError."""
    wishes = rules(site, manifest)
    return Setup(
        manifest.full_labels,
        tuple(wishes.site_prior),
        wishes.settings.margin,
        manifest.hop_s,
        f"{manifest.name} / {manifest.site.name}" if manifest.site else manifest.name,
        site.display.purpose,
        manifest.window_s,
        queue,
        unproven_of(manifest),
    )
