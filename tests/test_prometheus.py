"""What a scrape over HTTP finds."""

import socket
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from edge import __version__
from edge.config import Site
from edge.errors import MissingExtraError
from edge.items import Health, Reading
from edge.sections import PrometheusSettings
from edge.sinks import open_sinks, prometheus
from edge.sinks.files.jsonl import new_run
from edge.sinks.prometheus import Prometheus
from edge.sinks.run_facts import RunFacts

MICROPHONE = Health("microphone", "running", rate=16000.0, level_db=-31.5, age_s=0.02, dropped=3, reopened=1)
CAMERA = Health("camera", "gone", rate=14.9, age_s=12.5, reopened=7, error="unplugged")


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make(port, healths=(), queues=None, sinks=None, folder=None, left_out=dict, drift=lambda: None, **more):
    return Prometheus(
        PrometheusSettings(port=port),
        RunFacts(lambda: list(healths), lambda: queues or {}, left_out, drift=drift),
        sinks or {},
        folder,
        **more,
    )


def scrape(port):
    """Name and labels of each sample -> its value."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    families = list(text_string_to_metric_families(text))
    assert len({family.name for family in families}) == len(families)
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def test_readings_and_how_long_they_took(port):
    with make(port) as sink:
        now = time.monotonic()
        for late, state, label in (
            (0.25, "reading", "happy"),
            (0.25, "reading", "happy"),
            (4.0, "no_speech", None),
        ):
            sink.write(Reading(time=now - late, state=state, label=label))
        found = scrape(port)
    assert found["edge_readings_total", ("label", "happy"), ("state", "reading")] == 2
    assert found["edge_readings_total", ("label", ""), ("state", "no_speech")] == 1
    assert found[("edge_latency_seconds_count",)] == 3
    assert found["edge_latency_seconds_bucket", ("le", "0.2")] == 0
    assert found["edge_latency_seconds_bucket", ("le", "2.0")] == 2
    assert found["edge_latency_seconds_bucket", ("le", "5.0")] == 3
    assert 4.5 <= found[("edge_latency_seconds_sum",)] < 6


def test_an_alarm_is_counted_once_when_it_is_raised(port):
    with make(port) as sink:
        now = time.monotonic()
        for alarm in (False, True, True, False, True):
            sink.write(Reading(time=now, state="reading", label="sad", alarm=alarm))
        assert scrape(port)[("edge_alarms_total",)] == 2


def test_devices_queues_sinks_and_disk_as_they_are_at_the_scrape(port, tmp_path):
    queues = {"windows": 2, "mqtt": 40}
    sinks = {
        "log": SimpleNamespace(trouble="the disk is full", lost=9),
        "mqtt": SimpleNamespace(trouble="", lost=0),
    }
    with make(port, [MICROPHONE, CAMERA], queues, sinks, tmp_path):
        first = scrape(port)
        queues["windows"] = 0
        sinks["log"].trouble = ""
        second = scrape(port)
    free = first.pop(("edge_disk_free_bytes",))
    assert free > 0
    left_out = ("edge_dropped_windows_total", "edge_rested_windows_total", "edge_withheld_checks_total")
    assert [first.pop((name,)) for name in left_out] == [0, 0, 0]
    assert first.pop(("edge_alarms_total",)) == 0
    assert first.pop(("edge_alarms_created",)) > 0
    assert first.pop(("edge_build_info", ("version", __version__))) == 1
    gauges = {key: value for key, value in first.items() if not key[0].startswith("edge_latency")}
    assert gauges == {
        ("edge_people",): 0,
        ("edge_frames_per_second",): 14.9,
        ("edge_samples_per_second",): 16000.0,
        ("edge_audio_level_db",): -31.5,
        ("edge_age_seconds", ("device", "microphone")): 0.02,
        ("edge_age_seconds", ("device", "camera")): 12.5,
        ("edge_dropped_total", ("device", "microphone")): 3,
        ("edge_dropped_total", ("device", "camera")): 0,
        ("edge_reopened_total", ("device", "microphone")): 1,
        ("edge_reopened_total", ("device", "camera")): 7,
        ("edge_queue_length", ("queue", "windows")): 2,
        ("edge_queue_length", ("queue", "mqtt")): 40,
        ("edge_sink_trouble", ("sink", "log")): 1,
        ("edge_sink_trouble", ("sink", "mqtt")): 0,
        ("edge_sink_lost_total", ("sink", "log")): 9,
        ("edge_sink_lost_total", ("sink", "mqtt")): 0,
    }
    assert second["edge_queue_length", ("queue", "windows")] == 0
    assert second["edge_sink_trouble", ("sink", "log")] == 0


def test_only_this_machine_is_answered(port):
    with make(port), socket.socket() as elsewhere:
        assert elsewhere.connect_ex(("127.0.0.2", port)) != 0  # open on 0.0.0.0 it would answer
        assert scrape(port)


def test_a_port_in_use_is_trouble_until_it_is_free(port, monkeypatch):
    monkeypatch.setattr(prometheus, "RETRY_S", 0.05)
    reading = Reading(time=time.monotonic(), state="paused")
    first = make(port)
    with first:
        second = make(port)
        second.__enter__()
        assert (first.trouble, second.trouble) == (
            "",
            f"port {port} of 127.0.0.1 cannot be used (Address already in use); it is tried again; "
            "change port in [prometheus] or stop what holds it",
        )
        second.write(reading)
    time.sleep(0.1)
    second.write(reading)
    assert second.trouble == ""
    assert scrape(port)["edge_readings_total", ("label", ""), ("state", "paused")] == 2
    second.__exit__(None, None, None)


def test_what_was_left_out_and_what_runs_here(port):
    counts = {"dropped": 3, "rested": 40, "withheld": 5}
    about = {"bundle": "line3", "backend": "onnxrt"}
    with make(port, [MICROPHONE], left_out=lambda: counts, about=about, live=False) as sink:
        sink.write(Reading(time=4.0, state="no_speech"))
        found = scrape(port)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
    assert found[("edge_dropped_windows_total",)] == 3
    assert found[("edge_rested_windows_total",)] == 40
    assert found[("edge_withheld_checks_total",)] == 5
    labels = (("backend", "onnxrt"), ("bundle", "line3"), ("version", __version__))
    assert found[("edge_build_info", *labels)] == 1
    assert found[("edge_latency_seconds_count",)] == 0  # the times of a recording are its own
    assert (
        "# HELP edge_audio_level_db Sound level of the last second (decibels relative to full scale;" in text
    )
    assert "below full scale" not in text


def test_the_port_is_free_again_and_the_shared_registry_untouched(port):
    before = {family.name for family in REGISTRY.collect()}
    for _ in range(2):
        with make(port) as sink:
            sink.write(Reading(time=time.monotonic(), state="paused"))
            assert scrape(port)["edge_readings_total", ("label", ""), ("state", "paused")] == 1
    assert {family.name for family in REGISTRY.collect()} == before


def test_a_device_that_cannot_be_asked_does_not_stop_readings(port, capfd):
    def broken():
        raise OSError("gone")

    with Prometheus(PrometheusSettings(port=port), RunFacts(broken), {}) as sink:
        with pytest.raises(urllib.error.HTTPError, match="500"):
            scrape(port)
        sink.write(Reading(time=time.monotonic(), state="paused"))
        assert sink.trouble == ""


def test_without_prometheus_client(port, monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'edge-emotion\[prometheus\]'"), make(port):
        pass


def test_the_sinks_a_site_names(tiny_bundle, tmp_path, port):
    site = Site(log={"folder": tmp_path}, prometheus={"port": port})
    sinks = open_sinks(
        site, tiny_bundle, new_run(), facts=RunFacts(lambda: [MICROPHONE], lambda: {"windows": 1})
    )
    assert list(sinks) == ["log", "prometheus"]
    assert open_sinks(Site(), tiny_bundle, new_run()) == {}
    with ExitStack() as stack:
        for sink in sinks.values():
            stack.enter_context(sink)
        for sink in sinks.values():
            sink.write(Reading(time=time.monotonic(), state="no_speech"))
        found = scrape(port)
    assert found["edge_sink_trouble", ("sink", "log")] == 0
    assert found["edge_readings_total", ("label", ""), ("state", "no_speech")] == 1
    assert found[("edge_disk_free_bytes",)] > 0
    assert len(list(tmp_path.glob("readings-*.jsonl"))) == 1
