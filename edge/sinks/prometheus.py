"""Numbers about a live run for Prometheus to scrape, at http://127.0.0.1:<port>/metrics.

edge_readings_total{state,label}    readings; label is empty where a state has none
edge_alarms_total                   alarms of negative emotions raised
edge_people                         read in the newest window; with faces = "all" it may be more than one
edge_latency_seconds                histogram: from the end of the window to the reading written
edge_frames_per_second              of the camera
edge_samples_per_second             of the microphone
edge_audio_level_db                 of the last second (decibels relative to full scale: 0 the loudest)
edge_age_seconds{device}            since the capture of the newest sample or frame
edge_dropped_total{device}          chunks or frames that could not be given on
edge_reopened_total{device}         times the device was opened again
edge_dropped_windows_total          windows that came too late to be shown: the machine is too slow
edge_rested_windows_total           windows passed over because the machine was busy or hot
edge_withheld_checks_total          checks not asked for because checks_a_day was used up
edge_queue_length{queue}            items that wait
edge_sink_trouble{sink}             1 while the sink is in trouble, else 0
edge_sink_lost_total{sink}          readings the sink could not take anywhere
edge_drift_psi{statistic}           population stability index against the calibration (edge/drift)
edge_drift_large{statistic}         1 while the change calls for another calibration, else 0
edge_unfamiliar{modality}           1 while it is unlike everything the bundle learned from, else 0
edge_expected_accuracy              mean calibrated probability of the likeliest label in the last hour; true
                                    only if the relation of sound and label has not changed
edge_disk_free_bytes                of the disk the log is on
edge_build_info{version,bundle,backend}   1

The latency is of live devices only: the times of a recording are its own.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING

from typing_extensions import Self

from edge import __version__
from edge.errors import MissingExtraError
from edge.interfaces import LiveSink
from edge.items import MODALITIES, Reading
from edge.sections import PrometheusSettings
from edge.sinks.run_facts import RunFacts
from edge.words import Language, word

if TYPE_CHECKING:
    from threading import Thread
    from wsgiref.simple_server import WSGIServer

    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

LOOPBACK = "127.0.0.1"
LATENCIES_S = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
"""Bounds of the histogram (seconds)."""
RETRY_S = 10.0
"""Pause before a port that was in use is tried again (seconds)."""
LEVEL = "Sound level of the last second (decibels relative to full scale; 0 is the loudest)"
PSI = "Population stability index against the calibration"
EXPECTED = (
    "Mean probability of the likeliest label; true only if the relation of sound and label has not changed"
)
LEFT_OUT = {
    "edge_dropped_windows": ("dropped", "Windows that came too late to be shown"),
    "edge_rested_windows": ("rested", "Windows passed over, the machine was busy or hot"),
    "edge_withheld_checks": ("withheld", "Checks not asked for, the day's limit was used up"),
}
"""Name of a counter -> which of those left out it counts, and its help text."""


class Prometheus:
    """Counts the readings and serves what it is asked for; put it last, so that a reading it sees is written.

    facts: asked at each scrape, from another thread. sinks: name -> sink whose trouble is shown.
    folder: on the disk whose free space is shown; None: not shown.
    about: bundle and backend. live: the times of the readings are on time.monotonic(). A port in use is
    tried again until it is free. Raises MissingExtraError on entering.
    """

    lost = 0

    def __init__(
        self,
        settings: PrometheusSettings,
        facts: RunFacts,
        sinks: Mapping[str, LiveSink],
        folder: Path | None = None,
        *,
        about: Mapping[str, str] = MappingProxyType({}),
        live: bool = True,
        language: Language = "en",
    ) -> None:
        self._facts, self._about, self._live, self._language = facts, about, live, language
        self._port = settings.port
        self._sinks = sinks
        self._folder = folder
        self.trouble = ""
        self._serving: tuple[WSGIServer, Thread] | None = None
        self._tried = 0.0
        self._newest = 0.0  # time of the newest reading, and how many of that time are of somebody
        self._read = 0
        self._up: dict[int | None, bool] = {}  # whether the alarm of each person was up

    def __enter__(self) -> Self:
        try:
            from prometheus_client import CollectorRegistry
        except ImportError as error:
            raise MissingExtraError("prometheus-client", "prometheus") from error
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self.register()
        self._serve()
        return self

    def register(self) -> None:
        """Make the metrics that readings count in."""
        from prometheus_client import Counter, Gauge, Histogram

        registry = self._registry
        self._readings = Counter("edge_readings", "Readings", ("state", "label"), registry=registry)
        self._alarms = Counter("edge_alarms", "Alarms of negative emotions raised", registry=registry)
        text = "1 while it is unlike everything the bundle learned from"
        self._unfamiliar = Gauge("edge_unfamiliar", text, ["modality"], registry=registry)
        self._people = Gauge("edge_people", "Read in the newest window", registry=registry)
        self._latency = Histogram(
            "edge_latency_seconds",
            "From the end of the window to the reading written",
            buckets=LATENCIES_S,
            registry=registry,
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._serving:
            server, thread = self._serving
            server.shutdown()
            server.server_close()
            thread.join()
            self._serving = None

    def _serve(self) -> None:
        """Answer at the port, or note why not."""
        from prometheus_client import start_http_server

        self._tried = time.monotonic()
        try:
            self._serving = start_http_server(self._port, LOOPBACK, self._registry)
            self.trouble = ""
        except OSError as error:
            values = {"port": self._port, "host": LOOPBACK, "why": error.strerror or error}
            self.trouble = word("prometheus_port", self._language, **values)

    def write(self, reading: Reading) -> None:
        """Count one reading."""
        self.mind()
        self._readings.labels(reading.state, reading.label or "").inc()
        if reading.alarm and not self._up.get(reading.person):
            self._alarms.inc()
        self._up[reading.person] = reading.alarm
        if reading.time != self._newest:
            self._newest, self._read = reading.time, 0
        self._read += reading.label is not None
        self._people.set(self._read)
        for name in MODALITIES:
            self._unfamiliar.labels(name).set(name in reading.unfamiliar)
        if self._live:
            self._latency.observe(max(0.0, time.monotonic() - reading.time))

    def mind(self) -> None:
        """Try the port again where it was in use."""
        if not self._serving and time.monotonic() - self._tried > RETRY_S:
            self._serve()

    def collect(self) -> Iterator[Metric]:
        """What is known only when asked for; called by the registry at each scrape."""
        from prometheus_client.core import CounterMetricFamily as Count
        from prometheus_client.core import GaugeMetricFamily as Gauge

        healths = list(self._facts.healths())
        for health in healths:
            if health.name == "camera":
                yield Gauge("edge_frames_per_second", "Frames of the camera", health.rate)
            else:
                yield Gauge("edge_samples_per_second", "Samples of the microphone", health.rate)
            if health.level_db is not None:
                yield Gauge("edge_audio_level_db", LEVEL, health.level_db)
        yield _by(
            Gauge("edge_age_seconds", "Since the newest capture", labels=["device"]),
            {health.name: health.age_s for health in healths},
        )
        yield _by(
            Count("edge_dropped", "Chunks or frames not given on", labels=["device"]),
            {health.name: health.dropped for health in healths},
        )
        yield _by(
            Count("edge_reopened", "Times opened again", labels=["device"]),
            {health.name: health.reopened for health in healths},
        )
        left_out = self._facts.left_out()
        for name, (key, text) in LEFT_OUT.items():
            yield Count(name, text, left_out.get(key, 0))
        about = {"version": __version__, **self._about}
        info = Gauge("edge_build_info", "What runs here", labels=list(about))
        info.add_metric(list(about.values()), 1.0)
        yield info
        yield _by(Gauge("edge_queue_length", "Items that wait", labels=["queue"]), self._facts.queues())
        yield _by(
            Gauge("edge_sink_trouble", "1 while in trouble", labels=["sink"]),
            {name: bool(sink.trouble) for name, sink in self._sinks.items()},
        )
        yield _by(
            Count("edge_sink_lost", "Readings taken nowhere", labels=["sink"]),
            {name: sink.lost for name, sink in self._sinks.items()},
        )
        yield from self._drifted()
        if self._folder and self._folder.exists():
            yield Gauge("edge_disk_free_bytes", "Of the log's disk", shutil.disk_usage(self._folder).free)

    def _drifted(self) -> Iterator[Metric]:
        """What changed since the calibration; nothing without one to compare with."""
        from prometheus_client.core import GaugeMetricFamily as Gauge

        drift = self._facts.drift()
        if drift is None:
            return
        yield _by(Gauge("edge_drift_psi", PSI, labels=["statistic"]), drift.psi)
        yield _by(
            Gauge("edge_drift_large", "1 where it calls for another calibration", labels=["statistic"]),
            {change.name: change.large for change in drift.changes},
        )
        if drift.accuracy is not None:
            yield Gauge("edge_expected_accuracy", EXPECTED, drift.accuracy)


def _by(family: CounterMetricFamily | GaugeMetricFamily, values: Mapping[str, float]) -> Metric:
    for name, value in values.items():
        family.add_metric([name], float(value))
    return family
