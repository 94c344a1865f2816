"""`edge run` on recordings: everything around the pipeline that a recording needs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from edge.app import Reader
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
from edge.sinks.hours.outlets import in_hours
from edge.sinks.run_facts import RunFacts
from edge.sinks.terminal import Terminal
from edge.sinks.troubles import Troubles


def read(
    site: Site,
    jsonl: Path | None,
    headless: bool,
    realtime: bool,
    say: Callable[[str], None],
    settings: Path | None = None,
) -> Summary:
    """Read the site's recording, or each of a folder, to where people and the site want it.

    settings: the file the site was read from; a new [alarm] in it is taken at once.
    say: gets what is wrong. Raises EdgeError.
    """
    assert site.source is not None
    with ExitStack() as stack:
        reader = stack.enter_context(Reader(site, realtime=realtime, say=say))
        manifest = reader.bundle.manifest
        audited = stack.enter_context(RunAudit(site, manifest, say))
        stack.enter_context(Retention(site, settings, say))
        if settings:
            takers = (reader.take_alarm, audited.alarm)
            stack.enter_context(SettingsWatch(settings, site.alarm, takers, say, site.language))
        run, review, seen = new_run(), None, None
        facts = RunFacts(left_out=reader.left_out, drift=reader.drifted)
        hourly = in_hours(site, reader, run, jsonl, say, facts, shown=not headless, live=False)
        sinks: list[Sink] = [hourly.hours] if hourly else []
        kept: dict[str, LiveSink] = {**hourly.kept} if hourly else {}
        if not hourly:
            review = review_queue(site, reader.bundle, reader.rules.settings, run, say)
            first = {"review": review} if review else {}
            kept = open_sinks(
                site, reader.bundle, run, backend=reader.backend, live=False, facts=facts, first=first
            )
        troubles = stack.enter_context(Troubles(kept, say, site.language))
        if realtime and not headless and not hourly:  # a window on what is read fast would be gone at once
            verdicts = panel_verdicts(site, reader.bundle, reader.rules.settings, run)
            display = Display(site, manifest, say, replace(facts, troubles=troubles.now), verdicts)
            seen = display.see
            sinks.append(display)
        elif not headless and not hourly:
            sinks.append(Terminal(manifest.full_labels, language=site.language))
        if jsonl and not hourly:
            sinks.append(JsonLines(jsonl, manifest.labels, run, say, site.language))
        # What may be refused is entered first: no window opens for a run that another one keeps out.
        for sink in (*kept.values(), *sinks):
            stack.enter_context(sink)
        opened: list[Sink] = [troubles, *sinks, *kept.values()]
        summary = reader.read_all(site.source, opened, seen, review.sensed if review else None)
        return audited.counted(hourly.summary() if hourly else summary)
