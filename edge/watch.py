"""`edge run` on live devices: everything around the pipeline that a machine left alone for weeks needs."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from edge.app import Reader, live_source
from edge.config import Site
from edge.interfaces import Sink
from edge.pipeline import Summary
from edge.sinks.health import HealthLine
from edge.sinks.jsonl import JsonLines
from edge.sinks.terminal import Terminal
from edge.sinks.watchdog import Watchdog


def watch(site: Site, jsonl: Path | None, headless: bool, say: Callable[[str], None]) -> Summary:
    """Read the site's devices until SIGTERM or Ctrl-C; both end it within two seconds.

    say: gets the health line, once a minute. Raises EdgeError.
    """
    with ExitStack() as stack:
        reader = stack.enter_context(Reader(site, realtime=True))
        manifest = reader.bundle.manifest
        source = live_source(site, manifest.audio.rate)
        stack.enter_context(_stopping(source.stop))
        stack.enter_context(source)
        sinks: list[Sink] = [Watchdog(), HealthLine(source.health, source.waiting, say)]
        if not headless:
            sinks.append(Terminal(manifest.labels))
        if jsonl:
            sinks.append(JsonLines(jsonl, manifest.labels))
        return reader.watch(source, [stack.enter_context(sink) for sink in sinks])


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
