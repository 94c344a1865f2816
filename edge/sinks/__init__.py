"""Sinks: where readings go. For a run that is left alone, those site.toml names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.config import Site
    from edge.interfaces import LiveSink
    from edge.items import Health
    from edge.manifest import Manifest


def open_sinks(
    site: Site,
    manifest: Manifest,
    healths: Callable[[], Sequence[Health]],
    queues: Callable[[], Mapping[str, int]],
    review: LiveSink | None = None,
) -> dict[str, LiveSink]:
    """Name -> sink of each section of site.toml, in the order to enter and write them; none is entered yet.

    healths, queues: what Prometheus shows besides (edge/sinks/prometheus.py). review: a sink made already.
    """
    from edge.sinks.log import Log
    from edge.sinks.mqtt import Mqtt
    from edge.sinks.prometheus import Prometheus

    sinks: dict[str, LiveSink] = {"review": review} if review else {}
    if site.log:
        sinks["log"] = Log(site.log, manifest.labels)
    if site.mqtt:
        sinks["mqtt"] = Mqtt(site.mqtt, manifest)
    if site.prometheus:
        folder = site.log.folder if site.log else None
        sinks["prometheus"] = Prometheus(site.prometheus, healths, queues, dict(sinks), folder)
    return sinks
