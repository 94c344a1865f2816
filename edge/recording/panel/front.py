"""Between a recorder and whoever sits in front of it: the panel and its keys, or a line every LINE_S."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType

from typing_extensions import Self

from edge.display.panel.charset import drawn_language, undrawable
from edge.display.terminal.keys import Keys
from edge.display.view import NOTE_S, duration
from edge.display.window.screen import has_screen
from edge.errors import InputError
from edge.items import Health
from edge.labels import Labels
from edge.recording.panel.shown import Shown
from edge.recording.panel.window import KEYS, RecordWindow
from edge.recording.recorder import Recorder
from edge.recording.script import Prompt
from edge.words import Language, word

LINE_S = 30.0
"""Time between two lines where there is no window (seconds)."""
SHOW_S = 0.1
"""Time between two states handed to the window (seconds)."""


class Front:
    """Shows a recorder and hands it keys. headless: lines alone, no keys.

    Without a window the keys are those of the terminal, where there is one.
    """

    def __init__(
        self,
        labels: Labels,
        language: Language,
        say: Callable[[str], None],
        *,
        headless: bool,
        full_screen: bool = False,
    ) -> None:
        self._labels, self._language, self._say = labels, language, say
        self._headless, self._full = headless, full_screen
        self._pressed: deque[str] = deque(maxlen=32)
        self._window: RecordWindow | None = None
        self._held = ExitStack()
        self._leaving = threading.Event()
        self._shown_at = self._line_at = time.monotonic()
        self._note, self._note_until = "", 0.0

    def __enter__(self) -> Self:
        if not self._headless:
            self._window = self._opened() if has_screen() else None
            if self._window is None:
                threading.Thread(target=self._terminal, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        self._held.close()

    def tell(self, line: str) -> None:
        """Show a line for a while, and say it."""
        self._note, self._note_until = line, time.monotonic() + NOTE_S
        self._say(line)

    def turn(self, recorder: Recorder, healths: Callable[[], list[Health]]) -> None:
        """Act on the keys pressed, and show how it is; cheap, often."""
        while self._pressed:
            key = recorder.act(self._pressed.popleft())
            if key:
                self._note, self._note_until = word(key, self._language), time.monotonic() + NOTE_S
                if self._window is None:
                    self._say(self._note)
        now = time.monotonic()
        if self._window is not None and self._window.gone:
            self._window = None
            self._say(word("window_gone", self._language))
            threading.Thread(target=self._terminal, daemon=True).start()
        if self._window is not None and now - self._shown_at >= SHOW_S:
            self._shown_at = now
            self._window.show(self.shown(recorder, healths()))
        elif self._window is None and now - self._line_at >= LINE_S:
            self._line_at = now
            self._say(line(self.shown(recorder, healths())))

    def shown(self, recorder: Recorder, healths: list[Health]) -> Shown:
        """The state of a recorder as the panel takes it."""
        plan, facts = recorder.plan, recorder.session.facts
        scripted = plan.script[recorder.prompt :]
        now, after = (*scripted[:2], *[Prompt("", "")] * 2)[:2]
        most = plan.most_s - recorder.recorded_s
        names = {health.name: health for health in healths}
        return Shown(
            drawn_language(self._language) if self._window else self._language,
            self._labels,
            plan.meter.now() if plan.meter else Shown().quality,
            facts.subjects,
            recorder.speaker,
            recorder.recorded_s,
            max(0.0, min(recorder.left_s, most)),
            plan.space.left / 1e9,
            datetime.now().strftime("%H:%M:%S"),
            now.text,
            now.label,
            recorder.prompt + 1,
            len(plan.script),
            after.text,
            plan.trigger.count if plan.trigger else None,
            recorder.paused,
            self._note if time.monotonic() < self._note_until else "",
            "sound" in facts.scopes,
            "picture" in facts.scopes,
            tuple(name for name, health in names.items() if health.state == "gone"),
            plan.secret is not None,
        )

    def _opened(self) -> RecordWindow | None:
        try:
            return self._held.enter_context(RecordWindow(self._pressed.append, self._full))
        except InputError as error:
            self._say(word("no_window", self._language, why=error.told(self._language)))
            return None

    def _terminal(self) -> None:
        """Take keys of the terminal, where this process has one."""
        keys = Keys()
        if not keys.foreground:
            return
        keys.open()
        try:
            while not self._leaving.is_set():
                self._pressed.extend(key for key in keys.read(0.2) if key in KEYS)
        finally:
            keys.close()


def line(shown: Shown) -> str:
    """How a recording is, in one line."""
    language, quality = shown.language, shown.quality
    level = (
        word("record_line_no_level", language)
        if quality.level_db is None
        else word("record_line_level", language, db=quality.level_db)
    )
    clear = (
        word("record_line_no_snr", language)
        if quality.snr_db is None
        else word("record_line_snr", language, db=quality.snr_db)
    )
    unseen = "record_dark" if quality.dark else "record_no_face"
    seen = "no_picture" if quality.face is None else "record_face" if quality.face else unseen
    endless = shown.left_s == float("inf")
    return word(
        "record_line",
        language,
        recorded=duration(shown.recorded_s),
        speech=duration(quality.speech_s),
        level=level,
        clear=clear,
        face=word(seen, language),
        left=word("record_line_open", language) if endless else duration(shown.left_s),
    )


def name_undrawable(script: tuple[Prompt, ...], language: Language, say: Callable[[str], None]) -> None:
    """Say which characters of a script the panel cannot draw."""
    if letters := undrawable("".join(prompt.text for prompt in script)):
        say(word("cannot_be_drawn", language, name="script", letters=" ".join(letters)))
