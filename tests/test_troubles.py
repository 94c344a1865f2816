"""Each sink's trouble is said when it begins and when it ends, and no more often than a person can read."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from edge.errors import InputError
from edge.items import Reading
from edge.perception.synchrony import CaptureClocks
from edge.sections import LogSettings, ReviewSettings
from edge.sinks import troubles as module
from edge.sinks.files.jsonl import JsonLines, new_run
from edge.sinks.files.log import Log
from edge.sinks.files.persistent import Persistent
from edge.sinks.health import HealthLine
from edge.sinks.review import Review
from edge.sinks.run_facts import RunFacts
from edge.sinks.troubles import Troubles
from edge.starter_labels import STARTER as LABELS

NOTHING = Reading(1.0, "no_face")


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def log():
    return SimpleNamespace(trouble="", lost=0)


def second(troubles, clock, count=1):
    for _ in range(count):
        troubles.write(NOTHING)
        clock[0] += 1.0


def test_trouble_is_said_when_it_begins_and_when_it_ends(clock, log):
    said = []
    with Troubles({"log": log}, said.append) as troubles:
        second(troubles, clock, 3)
        log.trouble, log.lost = "/data cannot be written", 1
        second(troubles, clock, 100)
        assert said == ["log: /data cannot be written"]
        assert troubles.now() == {"log": "/data cannot be written"}
        log.trouble, log.lost = "", 100
        second(troubles, clock, 10)
        assert said[1:] == ["log: works again; readings lost meanwhile: 100"]
        assert troubles.now() == {}
    assert len(said) == 2


def test_it_is_said_in_japanese(clock, log):
    said = []
    with Troubles({"mqtt": log}, said.append, "ja") as troubles:
        log.trouble, log.lost = "接続できません", 1
        second(troubles, clock, 2)
        log.trouble = ""
        second(troubles, clock, 10)
    assert said == [
        "MQTT 送信：接続できません",
        "MQTT 送信：復旧しました（この間に失われた推定結果：1 件）",
    ]


def test_a_moment_s_trouble_that_loses_nothing_is_not_spoken_of(clock, log):
    said = []
    with Troubles({"mqtt": log}, said.append) as troubles:
        log.trouble = "is not reached yet"
        second(troubles, clock, 2)
        log.trouble = ""
        second(troubles, clock, 20)
    assert said == []


def test_trouble_that_comes_and_goes_every_second_is_a_line_or_two(clock, log):
    said = []
    with Troubles({"mqtt": log}, said.append) as troubles:
        for number in range(600):
            log.trouble = "away" if number % 2 else ""
            log.lost += number % 2
            second(troubles, clock)
    assert said[0] == "MQTT: away"
    assert len(said) <= 2


def test_trouble_that_comes_back_every_ten_seconds_is_not_a_flood(clock, log):
    said = []
    with Troubles({"mqtt": log}, said.append) as troubles:
        for number in range(600):
            log.trouble = "away" if number % 20 < 10 else ""
            second(troubles, clock)
    assert len(said) <= 4


def test_another_reason_is_said_as_well(clock, log):
    said = []
    with Troubles({"mqtt": log}, said.append) as troubles:
        log.trouble = "is not reached"
        second(troubles, clock, 10)
        log.trouble = "refuses the password"
        second(troubles, clock, 60)
    assert said == ["MQTT: is not reached", "MQTT: refuses the password"]


def test_what_is_lost_at_the_end_is_said(clock, log):
    said = []
    with Troubles({"mqtt": log}, said.append):
        log.trouble, log.lost = "away", 7
    assert said == ["MQTT: away", "MQTT: 7 readings were lost by the end of the run"]


def test_the_health_line_names_a_sink_in_trouble(monkeypatch):
    said, now = [], [0.0]
    monkeypatch.setattr("edge.sinks.health.time.monotonic", lambda: now[0])
    health = HealthLine(RunFacts(troubles=lambda: {"mqtt": "away"}), CaptureClocks(), said.append)
    now[0] = 61.0
    health.write(NOTHING)
    assert said[0].endswith("; MQTT in trouble")


class Disk:
    """A file on a disk that is full at first."""

    full, taken, path = True, 0, "out.jsonl"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def append(self, record):
        if self.full:
            raise InputError.of("file_unwritable", path=self.path, why="No space left on device")
        self.taken += 1


def test_a_file_s_trouble_costs_its_readings_and_nothing_else():
    disk = Disk()
    with Persistent(disk, LABELS, new_run(), "ja") as sink:
        for _ in range(3):
            sink.write(NOTHING)
        assert sink._background.settle(5.0)
        assert sink.trouble == (
            "out.jsonl に書き込めません（空き容量がありません）。"
            "空き容量を確認するか、別のファイルを指定してください"
        )
        disk.full = False
        sink.write(NOTHING)
        assert sink._background.settle(5.0)
        assert (sink.trouble, sink.lost, disk.taken) == ("", 3, 1)


OTHER = """
import sys
from pathlib import Path
from edge.sections import LogSettings
from edge.items import Reading
from edge.starter_labels import STARTER as LABELS
from edge.sinks.files.jsonl import JsonLines
from edge.sinks.files.log import Log
folder = Path(sys.argv[1])
with Log(LogSettings(folder=folder), LABELS) as log, JsonLines(folder / "out.jsonl", LABELS) as lines:
    log.write(Reading(1.0, "no_face"))
    lines.write(Reading(1.0, "no_face"))
    print("there", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """A run in a process of its own that writes to tmp_path."""
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout.readline() == b"there\n"
        yield process
        process.kill()


def test_a_second_run_into_a_log_is_refused_until_the_first_is_gone(other, tmp_path):
    settings = LogSettings(folder=tmp_path)
    with pytest.raises(InputError) as refused, Log(settings, LABELS):
        pass
    assert str(refused.value) == (
        f"{tmp_path} is in use by another run (process {other.pid}); "
        "end that run, or give this one another folder in [log]"
    )
    assert f"（プロセス {other.pid}）が使用中です" in refused.value.told("ja")
    other.kill()  # without a chance to tidy up
    other.wait()
    with Log(settings, LABELS) as sink:
        sink.write(NOTHING)
    (path,) = tmp_path.glob("readings-*")
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert len({record["run"] for record in records}) == len(records) == 2


def test_a_second_run_into_a_file_is_named_and_both_are_kept(other, tmp_path):
    said, path = [], tmp_path / "out.jsonl"
    with JsonLines(path, LABELS, say=said.append) as sink:
        for _ in range(3):
            sink.write(NOTHING)
    assert said == [
        f"{path} is being written by another run (process {other.pid}) as well; readings of both are in it, "
        "told apart by their `run`; name another file to keep them apart"
    ]
    runs = [json.loads(line)["run"] for line in path.read_text().splitlines()]
    assert [runs.count(run) for run in dict.fromkeys(runs)] == [1, 3]


def test_a_second_run_on_a_review_queue_is_refused(tiny_bundle, tmp_path):
    settings = ReviewSettings(folder=tmp_path)
    with (
        Review(settings, tiny_bundle, print),
        Log(LogSettings(folder=tmp_path), LABELS),  # another thing in the same folder
        pytest.raises(InputError, match=rf"in use by another run \(process {os.getpid()}\).*\[review\]"),
        Review(settings, tiny_bundle, print),
    ):
        pass
    with Review(settings, tiny_bundle, print):
        pass


def test_a_folder_that_cannot_be_locked_is_used_all_the_same(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("edge.sinks.claim.fcntl.flock", refuse)
    settings = LogSettings(folder=tmp_path)
    with Log(settings, LABELS), Log(settings, LABELS) as sink:
        assert sink.trouble == ""
