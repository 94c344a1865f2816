"""Aggregate mode: hours of many people are told; nothing of one person is in any file or message."""

import csv
import json
import os
import signal
import threading
import urllib.request
from dataclasses import replace

import numpy as np
import pytest
from test_live import Player
from test_mqtt import broker, hear, make_broker, needs_broker, wait  # noqa: F401 - fixtures
from test_prometheus import CAMERA, MICROPHONE, port, scrape  # noqa: F401 - port is a fixture

from edge.audit.chain import audit_of
from edge.config import Site
from edge.errors import PolicyError
from edge.items import LIVE, Face, Reading
from edge.policy.section import PolicySettings
from edge.policy.wired import lawful, require_sinks
from edge.read import read
from edge.sections import LogSettings
from edge.sinks.files.jsonl import new_run
from edge.sinks.hours import counted
from edge.sinks.hours.counted import Hours
from edge.sinks.hours.files import HourLog
from edge.sinks.hours.outlets import impersonal, in_hours
from edge.sinks.run_facts import RunFacts
from edge.sources.devices.live import LiveSource
from edge.watch import watch

LABELS = ["neutral", "angry", "happy"]
MARK = 0.123456
"""A probability that is met in single readings alone."""
FACTS = {
    "operator": "Example Works",
    "contact": "extension 1234",
    "place": "Canteen",
    "region": "jp",
    "purpose": "How lunch goes down",
    "purpose_kind": "research",
    "people": ["worker"],
    "notice_since": "2026-11-01",
    "aggregate": True,
}


def policy(**other):
    return PolicySettings.model_validate(FACTS | other)


def person(time, number, label="neutral", company=10, source="hall.mp4"):
    return Reading(
        time,
        "reading",
        source,
        person=number,
        label=label,
        probabilities=np.array([MARK, 1 - 2 * MARK, MARK], np.float32),
        company=company,
        margin=MARK,
    )


def crowd(hours, time, people, **other):
    for number in range(people):
        hours.write(person(time, number + 1, company=people, **other))


def told(write, k=10, labels=LABELS):
    given = []
    with Hours(labels, k, "run", [given.append]) as hours:
        write(hours)
    return given


def test_an_hour_of_many_is_told_in_steps():
    def write(hours):
        for second in range(3700):
            for number in range(12):
                label = "angry" if number < 4 else "neutral"
                hours.write(person(float(second), number, label, company=12))

    (hour,) = told(write)
    assert list(hour) == [
        *("wall_time", "hour", "fewer_than_k", "people", "readings", "shares", "k", "run"),
    ]
    assert (hour["hour"], hour["people"], hour["readings"]) == ("0:00", 12, 43200)
    assert hour["shares"] == {"neutral": 0.7, "angry": 0.3, "happy": 0.0}


@pytest.mark.parametrize("people", [1, 2, 9])
def test_an_hour_of_few_says_only_that(people):
    def write(hours):
        for second in range(3700):
            crowd(hours, float(second), people)

    (hour,) = told(write)
    assert hour["fewer_than_k"]
    assert (hour["people"], hour["readings"], hour["shares"]) == (None, None, None)


def test_one_person_who_comes_and_goes_is_not_many():
    """Each time there is a new number; in no picture there are ten."""

    def write(hours):
        for second in range(3700):
            hours.write(person(float(second), second // 5, company=1))

    assert told(write)[0]["fewer_than_k"]


def test_who_is_not_in_the_picture_of_ten_does_not_count():
    """A person who was given a second number within a window is not two of ten."""

    def write(hours):
        for second in range(3700):
            crowd(hours, float(second), 9)
            hours.write(person(float(second), 99, company=0))

    assert told(write)[0]["fewer_than_k"]


def test_nobody_dominates_an_hour():
    """Somebody who is there all the time, alone but for a minute and a half, is at most one in k."""

    def write(hours):
        for second in range(3700):
            if 1000 <= second < 1090:
                for number in range(10):
                    label = "angry" if number == 0 else "neutral"
                    hours.write(person(float(second), number, label))
            else:
                hours.write(person(float(second), 0, "angry", company=1))

    (hour,) = told(write)
    assert (hour["readings"], hour["shares"]["angry"], hour["shares"]["neutral"]) == (900, 0.1, 0.9)


def test_no_hour_says_that_everybody_showed_the_same():
    def write(hours):
        for second in range(3700):
            crowd(hours, float(second), 10, label="angry")

    assert told(write)[0]["shares"] == {"neutral": 0.0, "angry": 0.9, "happy": 0.0}


def test_two_hours_that_differ_by_one_person_do_not_tell_what_they_showed():
    """Whatever the eleventh shows, no share moves by more than one step."""
    found = []
    for extra in (None, *LABELS):
        rng = np.random.default_rng(5)

        def write(hours, extra=extra, rng=rng):
            for second in range(0, 3700, 10):
                people = 10 if extra is None else 11
                for number in range(10):
                    label = LABELS[int(rng.integers(3))]
                    hours.write(person(float(second), number, label, company=people))
                if extra:
                    hours.write(person(float(second), 10, extra, company=people))

        found.append(told(write)[0]["shares"])
    for shares in found[1:]:
        assert all(abs(shares[label] - found[0][label]) <= 0.1 + 1e-9 for label in LABELS)


@pytest.mark.parametrize(("first", "last"), [(100, 3599), (0, 3400), (100, 3400), (0, 30)])
def test_part_of_an_hour_is_never_told(first, last):
    """A run that is stopped and begun anew would else cut hours as somebody likes."""
    given = []
    hours = Hours(LABELS, 10, "run", [given.append])
    hours._source, hours._began = "hall.mp4", 0.0  # the recording begins at 0
    for second in range(first, last):
        crowd(hours, float(second), 10)
    hours.write(person(3700.0, 1))
    hours.__exit__(None, None, None)
    assert given == []


def test_a_glimpse_of_many_is_not_told():
    def write(hours):
        for second in range(3700):
            crowd(hours, float(second), 10 if second < counted.WINDOWS - 1 else 3)

    assert told(write)[0]["fewer_than_k"]


def test_recordings_are_not_put_together():
    def write(hours):
        for name in ("a.mp4", "b.mp4"):
            for second in range(3000):
                crowd(hours, float(second), 10, source=name)

    assert told(write) == []


# What is written and sent.


class Reader:
    """What `in_hours` asks of a reader."""

    backend = "onnxrt"

    def __init__(self, bundle):
        self.bundle = bundle


@pytest.fixture
def site(tmp_path):
    (tmp_path / "log").mkdir()
    return Site(policy=policy(audit=tmp_path / "audit"), log=LogSettings(folder=tmp_path / "log"))


FORBIDDEN = [b"0.1235", b"0.12345", b"probabilities", b"person", b"margin", b"needs_check", b"hall.mp4"]
"""Of single readings: what must be found nowhere."""


def searched(tmp_path):
    return {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


@needs_broker
def test_no_file_and_no_message_holds_a_single_reading(tmp_path, site, tiny_bundle, request, capsys):
    mosquitto, at = request.getfixturevalue("broker"), request.getfixturevalue("port")
    heard = request.getfixturevalue("hear")(mosquitto.port)
    mqtt = {"host": "127.0.0.1", "port": mosquitto.port, "topic": "plant/line3", "client_id": "edge-hours"}
    given = Site.model_validate({"mqtt": mqtt, "prometheus": {"port": at}})
    site = site.model_copy(update={"mqtt": given.mqtt, "prometheus": given.prometheus})
    facts = RunFacts(lambda: [MICROPHONE, CAMERA], left_out=lambda: {"dropped": 1, "withheld": 7})
    made = in_hours(
        site, Reader(tiny_bundle), new_run(), tmp_path / "out.jsonl", print, facts, shown=True, live=False
    )
    labels = tiny_bundle.manifest.labels
    scrapes = []
    sinks = [*made.kept.values(), made.hours]
    for sink in sinks:
        sink.__enter__()
    for second in range(7300):
        people = 10 if second < 3600 else 4  # the second hour is one of few
        for number in range(people):
            reading = person(float(second), number, labels[number % 2], company=people)
            for sink in sinks:
                sink.write(reading)
        if second in (1800, 3700, 7299):
            with urllib.request.urlopen(f"http://127.0.0.1:{at}/metrics", timeout=10) as answer:
                scrapes.append(answer.read())
    shown = scrape(at)
    assert wait(lambda: len([one for one in heard if one[0] == "hour"]) == 2)
    for sink in reversed(sinks):
        sink.__exit__(None, None, None)
    files = searched(tmp_path)
    printed = capsys.readouterr()
    sent = [payload.encode() for _, payload, _ in heard]
    everything = [*files.values(), *scrapes, *sent, printed.out.encode(), printed.err.encode()]
    for text in everything:
        assert [bad for bad in FORBIDDEN if bad in text] == []
    written = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [hour["fewer_than_k"] for hour in written] == [False, True]
    assert written[0]["shares"] == {label: 0.5 if label in labels[:2] else 0.0 for label in labels}
    (log,) = (tmp_path / "log").glob("hours-*.jsonl")
    assert [json.loads(line) for line in log.read_text().splitlines()] == written
    assert {topic for topic, *_ in heard} <= {"hour", "state", "birth"}
    assert b"edge_readings" not in scrapes[0]
    assert b"edge_audio_level" not in b"".join(scrapes)
    assert b"withheld_checks_total 7" not in b"".join(scrapes)
    assert np.isnan(shown["edge_hour_people",])
    assert len(printed.out.splitlines()) == 3
    assert "fewer than 10 people" in printed.out


def test_hours_in_a_spreadsheet(tmp_path):
    folder = tmp_path
    hours = [
        {
            "wall_time": "2026-11-20T10:00:00.000+00:00",
            "hour": "2026-11-20T09:00+00:00",
            "fewer_than_k": few,
            "people": None if few else 12,
            "readings": None if few else 500,
            "shares": None if few else {"a": 0.5, "b": 0.5},
            "k": 10,
            "run": "r",
        }
        for few in (False, True)
    ]
    for labels in (["a", "b"], ["a", "b"], ["a", "c"]):
        with HourLog(LogSettings(folder=folder, format="csv"), labels) as log:
            for hour in hours:
                log.put(hour)
            assert log._background.settle(10.0)
            assert (log.trouble, log.lost) == ("", 0)
    names = sorted(path.name for path in folder.glob("hours-*"))
    assert names == ["hours-202611-001.csv", "hours-202611-002.csv"]
    rows = list(csv.DictReader((folder / names[0]).read_text().splitlines()))
    assert len(rows) == 4
    assert (rows[0]["share_a"], rows[0]["people"], rows[1]["people"], rows[1]["fewer_than_k"]) == (
        *("0.5", "12", "", "true"),
    )


def test_a_log_that_cannot_be_written_is_trouble(tmp_path):
    with HourLog(LogSettings(folder=tmp_path), ["a"]) as log:
        (tmp_path / ".edge-log.lock").unlink()
        tmp_path.rmdir()
        log.put({"wall_time": "2026-11-20T10:00:00.000+00:00"})
        assert log._background.settle(10.0)
        assert log.lost == 1
        assert str(tmp_path) in log.trouble
        tmp_path.mkdir()


# Whole runs.


def short_hours(monkeypatch):
    """Hours of three seconds."""
    monkeypatch.setattr(counted, "WHOLE_S", 1.0)
    monkeypatch.setattr(counted, "WINDOWS", 1)
    monkeypatch.setattr(counted, "ROUND", 1)
    monkeypatch.setattr(Hours, "_name", lambda self, reading: str(int(reading.time // 3)))


def twelve(monkeypatch):
    """Twelve people in every picture."""
    face = Face(200.0, 60.0, 200.0, 260.0, 0.95)
    monkeypatch.setattr(
        "edge.perception.faces.FaceFollower.follow",
        lambda self, frame: dict.fromkeys(range(1, 13), face) if self.policy == "all" else {},
    )


def test_a_recorded_run_writes_hours_alone(tmp_path, site, demo, tiny_bundle, monkeypatch, capsys):
    short_hours(monkeypatch)
    twelve(monkeypatch)
    said = []
    site = lawful(site.model_copy(update={"bundle": tiny_bundle.folder, "source": demo}), said.append)
    site = site.model_copy(update={"backend": "onnxrt"})
    summary = read(site, tmp_path / "out.jsonl", False, False, said.append)
    assert (summary.hours, sum(summary.states.values()), said) == (3, 0, [])
    written = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [(hour["people"], hour["fewer_than_k"]) for hour in written] == [(12, False)] * 3
    for path, text in searched(tmp_path).items():
        for bad in (b"probabilities", b"person", b"margin", b"demo.mp4", b'"label"'):
            assert bad not in text, path
    ended = audit_of(site).entries()[-1]["facts"]
    assert (ended["hours"], "readings" in ended, "checks" in ended) == (3, False, False)
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_a_live_run_writes_hours_alone(tmp_path, site, demo, tiny_bundle, monkeypatch, capsys):
    short_hours(monkeypatch)
    twelve(monkeypatch)
    monkeypatch.setattr("edge.sinks.health.EVERY_S", 2.0)
    monkeypatch.setattr(
        "edge.watch.live_source", lambda site, rate, say: LiveSource([lambda give: Player(demo, give)])
    )
    said = []
    site = lawful(site.model_copy(update={"bundle": tiny_bundle.folder, "backend": "onnxrt"}), said.append)
    threading.Timer(8.0, os.kill, (os.getpid(), signal.SIGTERM)).start()
    summary = watch(site, tmp_path / "out.jsonl", False, said.append)
    written = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert len(written) == summary.hours >= 1
    assert {hour["people"] for hour in written} == {12}
    out = capsys.readouterr().out
    for text in (out, *said, *(data.decode() for data in searched(tmp_path).values())):
        for bad in ("probabilities", '"person"', "margin", "no_speech", " dB", "needs a check"):
            assert bad not in text, text
    assert len([line for line in said if "health" in line.lower() or "ms" in line]) >= 1


def test_the_queue_of_checks_is_refused(tmp_path):
    site = Site.model_validate({"policy": FACTS, "review": {"folder": tmp_path}})
    with pytest.raises(PolicyError, match=r"take \[review\] away"):
        require_sinks(site, None, True)


def test_without_aggregate_there_are_no_hours(tmp_path, tiny_bundle):
    for site in (Site(), Site(policy=policy(aggregate=False))):
        made = in_hours(site, Reader(tiny_bundle), "run", None, print, RunFacts(), shown=True)
        assert made is None


def test_what_a_run_tells_of_people_is_left_out():
    facts = impersonal(
        RunFacts(lambda: [MICROPHONE], left_out=lambda: {"withheld": 3, "dropped": 1}, drift=lambda: 1 / 0)
    )
    assert facts.healths() == [replace(MICROPHONE, level_db=None)]
    assert (facts.left_out(), facts.drift()) == ({"dropped": 1}, None)


def test_live_hours_are_those_of_the_clock_on_the_wall():
    hours = Hours(LABELS, 10, "run", [])
    name = hours._name(Reading(time=5.0, state="reading", source=LIVE))
    assert name[13:16] == ":00"
    assert name[-6] in "+-"
