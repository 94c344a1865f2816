"""Where a person sees readings: the window where there is a screen, else the terminal."""

from __future__ import annotations

import _thread
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType

from typing_extensions import Self

from edge.config import Site, rules
from edge.display.screen import Screen, has_screen
from edge.display.text_screen import TextScreen, has_terminal
from edge.display.view import Look, Setup
from edge.errors import InputError
from edge.items import Frame, Health, People, Reading
from edge.manifest import Manifest
from edge.sinks.terminal import Terminal
from edge.words import word


class Display:
    """A sink for the person at the machine; `see` takes the pictures besides.

    Without a screen live readings are a panel on a terminal; those of a recording, or into a file, are lines.
    say: gets a line where no window can be shown, and when it goes away. healths, offset_ms: of live
    devices, troubles: name -> what is wrong with a sink; all three are asked while a panel is shown. q in the
    window is Ctrl-C.
    """

    def __init__(
        self,
        site: Site,
        manifest: Manifest,
        say: Callable[[str], None],
        healths: Callable[[], Sequence[Health]] = tuple,
        offset_ms: Callable[[], float | None] = lambda: None,
        troubles: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._site, self._manifest, self._say = site, manifest, say
        self._troubles = troubles
        self._healths, self._offset_ms = healths, offset_ms
        self._screen: Screen | None = None
        self._terminal: TextScreen | Terminal | None = None
        self._held = ExitStack()

    def __enter__(self) -> Self:
        language, setup = self._site.language, panel_setup(self._site, self._manifest)
        look = Look(language, self._site.display.privacy)
        if has_screen():
            screen = Screen(
                setup,
                look,
                self._site.display.full_screen,
                healths=self._healths,
                offset_ms=self._offset_ms,
                quit=_thread.interrupt_main,
                gone=lambda: self._say(word("window_gone", language)),
            )
            try:
                self._screen = self._held.enter_context(screen)
                return self
            except InputError as error:
                self._say(word("no_window", language, why=error.told(language)))
        if self._site.source is None and has_terminal():
            panel = TextScreen(setup, look, healths=self._healths, offset_ms=self._offset_ms)
            self._terminal = self._held.enter_context(panel)
        else:
            self._terminal = self._held.enter_context(Terminal(self._manifest.labels, language=language))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    def write(self, reading: Reading) -> None:
        """Show one reading."""
        sink = self._screen or self._terminal
        assert sink is not None
        try:
            sink.write(reading)
        except OSError:  # the terminal is gone, or what the lines are piped into: devices are read without it
            if self._site.source is not None:
                raise

    def see(self, frame: Frame, faces: People) -> None:
        """Show a picture and the faces in it, where there is a window."""
        if self._screen:
            self._screen.see(frame, faces)


def panel_setup(site: Site, manifest: Manifest) -> Setup:
    """What of the settings and the bundle a panel shows. Raises ConfigError."""
    wishes = rules(site, manifest)
    return Setup(
        manifest.labels,
        tuple(wishes.site_prior),
        wishes.settings.margin,
        manifest.hop_s,
        manifest.name,
        site.display.purpose,
    )
