"""The sinks of site.toml in aggregate mode: each takes hours, none takes a reading."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from edge.interfaces import LiveSink
from edge.items import Health, Reading
from edge.labels import Labels
from edge.reading.summary import Summary
from edge.sinks.files.jsonl import JsonLines
from edge.sinks.files.persistent import Persistent
from edge.sinks.hours.counted import Hours
from edge.sinks.hours.files import HourLog
from edge.sinks.mqtt.client import Mqtt
from edge.sinks.prometheus import Prometheus
from edge.sinks.run_facts import RunFacts
from edge.system.output import say as show
from edge.words import Language, word

if TYPE_CHECKING:
    from edge.app import Reader
    from edge.bundle.folder import Bundle
    from edge.config import Site

NOT_TOLD = "withheld"
"""Of what is left out: it counts checks, which are of single people."""


class HourSink(LiveSink, Protocol):
    """A sink that takes hours."""

    def put(self, made: dict[str, Any]) -> None:
        """Take the record of an hour (edge/sinks/hours/counted.py)."""
        ...


class HourLines(Persistent):
    """The file of --jsonl."""

    def write(self, reading: Reading) -> None:
        """Take no notice."""


class HourMqtt(Mqtt):
    """A broker: <topic>/hour in place of <topic>/reading."""

    kind = "hour"

    def write(self, reading: Reading) -> None:
        """Take no notice."""


class HourPrometheus(Prometheus):
    """Numbers to scrape: those of the newest hour, and those of the devices without the level of sound.

    edge_hour_people, edge_hour_readings, edge_hour_share{label}   NaN while fewer than k
    """

    def register(self) -> None:
        """Make the metrics."""
        from prometheus_client import Gauge

        self._most = Gauge("edge_hour_people", "Most in one picture", registry=self._registry)
        self._count = Gauge("edge_hour_readings", "Readings in hundreds", registry=self._registry)
        self._share = Gauge("edge_hour_share", "Share of readings", ("label",), registry=self._registry)

    def write(self, reading: Reading) -> None:
        """See that the port is served."""
        self.mind()

    def put(self, made: dict[str, Any]) -> None:
        """Show another hour."""
        nothing = float("nan")
        self._most.set(nothing if made["people"] is None else made["people"])
        self._count.set(nothing if made["readings"] is None else made["readings"])
        self._share.clear()
        for label, share in (made["shares"] or {}).items():
            self._share.labels(label).set(share)


class HourTerminal:
    """Hours as lines for a person."""

    def __init__(self, labels: Labels, say: Callable[[str], None], language: Language) -> None:
        self._labels, self._say, self._language = labels, say, language

    def put(self, made: dict[str, Any]) -> None:
        """Say one line."""
        if made["fewer_than_k"]:
            self._say(word("hours_few", self._language, hour=made["hour"], k=made["k"]))
            return
        there = [(name, share) for name, share in made["shares"].items() if share]
        shares = ", ".join(f"{self._labels.said(name, self._language)} {share:.0%}" for name, share in there)
        values = {"hour": made["hour"], "people": made["people"], "count": made["readings"]}
        self._say(word("hours_line", self._language, shares=shares, **values))


@dataclass(frozen=True, slots=True)
class Hourly:
    """What a run in aggregate mode writes to."""

    hours: Hours
    """Takes the readings."""
    kept: Mapping[str, HourSink]
    """Name -> sink that the hours go to; to be entered."""

    def summary(self) -> Summary:
        """What the run came to: how many hours were told."""
        return Summary(hours=self.hours.told)


def in_hours(
    site: Site,
    reader: Reader,
    run: str,
    jsonl: Path | None,
    say: Callable[[str], None],
    facts: RunFacts,
    *,
    shown: bool,
    live: bool = True,
) -> Hourly | None:
    """What a run writes to in aggregate mode; None where the site has another. Nothing is entered yet.

    say: gets what is wrong. shown: whether hours are printed as lines as well.
    """
    if site.policy is None or not site.policy.aggregate:
        return None
    bundle = reader.bundle
    kept = _sinks(site, bundle, run, jsonl, say, facts, backend=reader.backend, live=live)
    give = [sink.put for sink in kept.values()]
    if shown:
        give.append(HourTerminal(bundle.manifest.full_labels, show, site.language).put)
        show(word("hours_on", site.language, k=site.policy.k))
    return Hourly(Hours(bundle.manifest.labels, site.policy.k, run, give), kept)


def _sinks(
    site: Site,
    bundle: Bundle,
    run: str,
    jsonl: Path | None,
    say: Callable[[str], None],
    facts: RunFacts,
    *,
    backend: str,
    live: bool,
) -> dict[str, HourSink]:
    """Name -> sink of each section of site.toml, and of --jsonl."""
    manifest, language = bundle.manifest, site.language
    sinks: dict[str, HourSink] = {}
    if jsonl:
        lines = JsonLines(jsonl, manifest.labels, run, say, language)
        sinks["jsonl"] = HourLines(lines, manifest.labels, run, language)
    if site.log:
        sinks["log"] = HourLog(site.log, manifest.labels, language)
    if site.mqtt:
        sinks["mqtt"] = HourMqtt(site.mqtt, manifest, run, language, live=live)
    if site.prometheus:
        sinks["prometheus"] = HourPrometheus(
            site.prometheus,
            impersonal(facts),
            dict(sinks),
            site.log.folder if site.log else None,
            about={"bundle": manifest.name, "backend": backend},
            live=live,
            language=language,
        )
    return sinks


def impersonal(facts: RunFacts) -> RunFacts:
    """What a run tells of its devices, without what it tells of people: sound levels, checks, drift."""

    def healths() -> Sequence[Health]:
        return [dataclasses.replace(health, level_db=None) for health in facts.healths()]

    def left_out() -> Mapping[str, int]:
        return {name: count for name, count in facts.left_out().items() if name != NOT_TOLD}

    return dataclasses.replace(facts, healths=healths, left_out=left_out, drift=lambda: None)
