"""`edge run` on live devices: everything around the pipeline that a machine left alone for weeks needs."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import Self

from edge.app import Reader, live_source
from edge.config import Site
from edge.display.display import Display
from edge.errors import EdgeError
from edge.interfaces import Sink
from edge.items import Reading
from edge.sinks import open_sinks
from edge.sinks.background import Background
from edge.sinks.health import HealthLine
from edge.sinks.jsonl import JsonLines, record
from edge.sinks.review import Review
from edge.sinks.watchdog import Watchdog
from edge.summary import Summary
from edge.words import Language, word


def watch(site: Site, jsonl: Path | None, headless: bool, say: Callable[[str], None]) -> Summary:
    """Read the site's devices until SIGTERM or Ctrl-C; both end it within two seconds.

    say: gets the health line, once a minute. Raises EdgeError.
    """
    with ExitStack() as stack:
        reader = stack.enter_context(Reader(site, realtime=True, say=say))
        manifest = reader.bundle.manifest
        source = live_source(site, manifest.audio.rate)
        stack.enter_context(_stopping(source.stop))
        stack.enter_context(source)
        seen, language = None, site.language
        health = HealthLine(source.health, source.waiting, source.clocks, say, language)
        sinks: list[Sink] = [Watchdog(), health]
        if not headless:
            display = Display(site, manifest, say, source.health, source.clocks.offset_ms)
            sinks.append(display)
            seen = display.see
        if jsonl:
            sinks.append(_Persistent(JsonLines(jsonl, manifest.labels), manifest.labels, say, language))
        voting = reader.rules.settings
        review = Review(site.review, reader.bundle, say, language, voting) if site.review else None
        sinks += open_sinks(site, manifest, source.health, source.waiting, review).values()
        opened = [stack.enter_context(sink) for sink in sinks]
        return reader.watch(source, opened, seen, review.sensed if review else None)


class _Persistent:
    """A file whose trouble costs the readings it lasts for, not the run; said when it begins and ends.

    Written from a thread of its own: a disk that hangs holds nothing up.
    """

    def __init__(
        self, lines: JsonLines, labels: Sequence[str], say: Callable[[str], None], language: Language = "en"
    ) -> None:
        self._lines, self._labels, self._say, self._language = lines, labels, say, language
        self._background = Background(self._append, lambda: lines.__exit__(None, None, None))
        self._lost = 0

    def __enter__(self) -> Self:
        self._lines.__enter__()
        self._background.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._background.__exit__(kind, error, trace)

    def write(self, reading: Reading) -> None:
        """Have a reading written; returns at once."""
        self._background.put(record(reading, self._labels))

    def _append(self, made: dict[str, Any]) -> None:
        """Pass a record on, or count it as lost."""
        try:
            self._lines.append(made)
        except EdgeError as error:
            if not self._lost:
                self._say(error.told(self._language))
            self._lost += 1
            return
        if self._lost:
            self._say(word("written_again", self._language, count=self._lost))
            self._lost = 0


@contextmanager
def _stopping(stop: Callable[[], None]) -> Iterator[None]:
    """SIGTERM and SIGINT call `stop` inside the block."""

    def handle(*_: Any) -> None:
        stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
