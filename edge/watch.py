"""`edge run` on live devices: everything around the pipeline that a machine left alone for weeks needs."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge.app import Reader, live_source
from edge.audit.run import RunAudit
from edge.config import Site
from edge.display.display import Display
from edge.display.verdicts import panel_verdicts
from edge.forget.retention import Retention
from edge.interfaces import LiveSink, Sink
from edge.reading.summary import Summary
from edge.settings_watch import SettingsWatch
from edge.sinks import open_sinks, review_queue
from edge.sinks.files.jsonl import JsonLines, new_run
from edge.sinks.files.persistent import Persistent
from edge.sinks.health import HealthLine
from edge.sinks.hours.outlets import impersonal, in_hours
from edge.sinks.run_facts import RunFacts
from edge.sinks.troubles import Troubles
from edge.sinks.watchdog import Watchdog
from edge.system.together import Together
from edge.update.probation import installed


def watch(
    site: Site,
    jsonl: Path | None,
    headless: bool,
    say: Callable[[str], None],
    settings: Path | None = None,
) -> Summary:
    """Read the site's devices until SIGTERM, SIGHUP or Ctrl-C; each ends it within two seconds.

    settings: the file the site was read from; a new [alarm] in it is taken at once.
    say: gets the health line, once a minute, and what is wrong: also when a device is missing, lost or back.
    Raises EdgeError.
    """
    say = _heard_or_not(say)
    site, probation = installed(site, say)
    with ExitStack() as stack:
        stack.enter_context(probation)
        reader = stack.enter_context(Reader(site, realtime=True, say=say))
        manifest = reader.bundle.manifest
        source = live_source(site, manifest.audio.rate, say)
        stack.enter_context(stopping(source.stop))
        audited = stack.enter_context(RunAudit(site, manifest, say))
        stack.enter_context(Retention(site, settings, say))
        if settings:
            takers = (reader.take_alarm, audited.alarm)
            stack.enter_context(SettingsWatch(settings, site.alarm, takers, say, site.language))
        language, run, review, seen = site.language, new_run(), None, None
        told = (source.health, source.waiting, reader.left_out, source.clocks.offset_ms)
        facts = RunFacts(*told, drift=reader.drifted)
        hourly = in_hours(site, reader, run, jsonl, say, facts, shown=not headless)
        kept: dict[str, LiveSink] = {**hourly.kept} if hourly else {}
        if not hourly:
            if jsonl:
                lines = JsonLines(jsonl, manifest.labels, run, say, language)
                kept["jsonl"] = Persistent(lines, manifest.labels, run, language)
            review = review_queue(site, reader.bundle, reader.rules.settings, run, say)
            if review:
                kept["review"] = review
            kept = open_sinks(site, reader.bundle, run, backend=reader.backend, facts=facts, first=kept)
        troubles = stack.enter_context(Troubles(kept, say, language))  # left last: it tells what was lost
        facts = replace(impersonal(facts) if hourly else facts, troubles=troubles.now)
        counts = site.policy is None or not (site.policy.aggregate or site.policy.self_view)
        sinks: list[Sink] = [Watchdog(), HealthLine(facts, source.clocks, say, language, counts=counts)]
        if hourly:
            sinks.append(hourly.hours)
        elif not headless:
            verdicts = panel_verdicts(site, reader.bundle, reader.rules.settings, run)
            display = Display(site, manifest, say, facts, verdicts)
            sinks.append(display)
            seen = display.see
        # What may be refused comes first: no window opens for a run that another one keeps out.
        stack.enter_context(Together([*kept.values(), source, *sinks]))
        probation.begun()
        opened: list[Sink] = [troubles, probation, *sinks, *kept.values()]
        summary = reader.watch(source, opened, seen, review.sensed if review else None)
        return audited.counted(hourly.summary() if hourly else summary)


def _heard_or_not(say: Callable[[str], None]) -> Callable[[str], None]:
    """The same, but a terminal that is gone stops nothing."""

    def tell(line: str) -> None:
        with suppress(OSError):
            say(line)

    return tell


@contextmanager
def stopping(stop: Callable[[], None]) -> Iterator[None]:
    """SIGTERM, SIGINT and SIGHUP (a terminal that is gone) call `stop` inside the block.

    SIGHUP stays ignored where it is: nohup asks for that.
    """

    def handle(*_: Any) -> None:
        stop()

    numbers = [signal.SIGTERM, signal.SIGINT]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
