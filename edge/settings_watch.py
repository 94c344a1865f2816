"""site.toml while a run lasts: a new [alarm] is taken at once, nothing else in it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from edge.config import Site, read_site
from edge.errors import EdgeError
from edge.sections import AlarmSettings
from edge.words import Language, word

EVERY_S = 1.0
"""Between two looks at the file (seconds)."""

_Stamp = tuple[int, int, int]


class SettingsWatch:
    """Looks at a file of settings once a second, from a thread of its own, while its `with` block lasts.

    alarm: the one in use. takers: get each new one. say: gets one line about it, and one about a file that
    cannot be used: the settings before stay. A file that is replaced is seen as one that is written anew.
    """

    def __init__(
        self,
        path: Path,
        alarm: AlarmSettings | None,
        takers: Sequence[Callable[[AlarmSettings | None], None]],
        say: Callable[[str], None],
        language: Language = "en",
    ) -> None:
        self._path, self._takers, self._say, self._language = path, takers, say, language
        self._alarm = alarm
        self._others: Site | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="settings", daemon=True)

    def __enter__(self) -> Self:
        self._stamp, self._content = _stamp(self._path), _content(self._path)
        if (site := self._read()) is not None:
            self._others = _others(site)
            self._use(site)  # what has changed since the run read it
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(5 * EVERY_S)

    def look(self) -> None:
        """Look once: take what has changed."""
        stamp = _stamp(self._path)
        if stamp is None or stamp == self._stamp:  # gone for the moment in which it is replaced, or as before
            return
        content = _content(self._path)
        if content is None:
            return
        self._stamp, before = stamp, self._content
        self._content = content
        if content == before or (site := self._read()) is None:
            return
        self._use(site)

    def _look_on(self) -> None:
        while not self._stop.wait(EVERY_S):
            self.look()

    def _read(self) -> Site | None:
        """The settings; None where the file cannot be used, which is said."""
        try:
            return read_site(self._path)
        except EdgeError as error:
            said = {"path": self._path, "why": error.told(self._language)}
            self._say(word("settings_broken", self._language, **said))
            return None

    def _use(self, site: Site) -> None:
        before, now = self._alarm, site.alarm
        self._alarm = now
        if now != before:
            for take in self._takers:
                take(now)
            told = {"now": alarm_words(now, self._language), "before": alarm_words(before, self._language)}
            self._say(word("alarm_changed", self._language, path=self._path, **told))
        if _others(site) != self._others:
            self._others = _others(site)
            self._say(word("settings_others", self._language, path=self._path))


def alarm_words(alarm: AlarmSettings | None, language: Language) -> str:
    """An operating point in words."""
    if alarm is None:
        return word("alarm_none", language)
    average = word("alarm_average_bundle", language)
    if alarm.average_s is not None:
        average = word("alarm_average", language, seconds=alarm.average_s)
    signed = word("alarm_unsigned", language)
    if alarm.signed_by:
        signed = word("alarm_signed", language, on=alarm.signed_on or "–")
    point = {"threshold": alarm.threshold, "suppression": alarm.suppression_s}
    return word("alarm_point", language, average=average, signed=signed, **point)


def _others(site: Site) -> Site:
    """All but what may change."""
    return site.model_copy(update={"alarm": None})


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
