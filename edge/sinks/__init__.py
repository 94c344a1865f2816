"""Sinks: where readings go. Of live devices and of recordings alike, those site.toml names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.bundle.folder import Bundle
    from edge.bundle.manifest import VotingSettings
    from edge.config import Site
    from edge.interfaces import LiveSink
    from edge.sinks.review import Review
    from edge.sinks.run_facts import RunFacts


def review_queue(
    site: Site, bundle: Bundle, voting: VotingSettings, run: str, say: Callable[[str], None]
) -> Review | None:
    """The sink of [review]; its `sensed` is to be told of each window. None without that section."""
    from edge.sinks.review import Review

    if site.review is None:
        return None
    consents = site.policy.consents if site.policy else None
    return Review(site.review, bundle, say, site.language, voting, run, consents)


def open_sinks(
    site: Site,
    bundle: Bundle,
    run: str,
    *,
    backend: str = "",
    live: bool = True,
    facts: RunFacts | None = None,
    first: Mapping[str, LiveSink] | None = None,
) -> dict[str, LiveSink]:
    """Name -> sink of each section of site.toml, in the order to enter and write them; none is entered yet.

    run: of `jsonl.new_run`. live: whether readings come as time passes. backend, facts: what
    Prometheus shows besides (edge/sinks/prometheus.py). first: sinks made already.
    """
    from edge.sinks.files.log import Log
    from edge.sinks.mqtt.client import Mqtt
    from edge.sinks.prometheus import Prometheus
    from edge.sinks.run_facts import RunFacts

    manifest, language = bundle.manifest, site.language
    sinks: dict[str, LiveSink] = dict(first or {})
    if site.log:
        days = site.policy.retention_days if site.policy else None
        sinks["log"] = Log(site.log, manifest.labels, run, language, days)
    if site.mqtt:
        sinks["mqtt"] = Mqtt(site.mqtt, manifest, run, language, live=live)
    if site.prometheus:
        folder = site.log.folder if site.log else None
        sinks["prometheus"] = Prometheus(
            site.prometheus,
            facts or RunFacts(),
            dict(sinks),
            folder,
            about={"bundle": manifest.name, "backend": backend},
            live=live,
            language=language,
        )
    return sinks
