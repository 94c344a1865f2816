"""Readings in files: a new one each day or when full, a quota, full disks, half lines."""

import csv
import json
import os
import resource
import shutil
import signal
import stat
import subprocess
import threading
import time
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from edge.errors import InputError
from edge.items import Reading
from edge.sections import LogSettings
from edge.sinks import background
from edge.sinks.files import log
from edge.sinks.files.jsonl import record
from edge.sinks.files.log import Log, columns
from edge.starter_labels import STARTER as LABELS
from edge.system.texts import uncell

HAPPY = Reading(
    time=4.0,
    state="needs_check",
    source='the "left", camera',
    label="happy",
    probabilities=np.array([0.1, 0.1, 0.55556, 0.1, 0.1, 0.04445], np.float32),
    candidates=("happy", "sad"),
    margin=0.4555,
    votes=3,
    held=True,
    weights={"audio": 0.7, "vision": 0.3},
    delay_ms=812.345,
)
SILENT = Reading(time=5.0, state="no_speech", source="line3")


@pytest.fixture
def day(monkeypatch):
    """Sets the day of the next readings."""

    def set_day(text):
        def of_day(reading, labels, run):
            return record(reading, labels, run) | {"wall_time": f"{text}T12:00:00.000+00:00"}

        monkeypatch.setattr(log, "record", of_day)

    set_day("2026-11-22")
    return set_day


@pytest.fixture
def small(monkeypatch):
    """A megabyte is a kilobyte."""
    monkeypatch.setattr(log, "MB", 1000)


@pytest.fixture
def disk(tmp_path):
    """A disk of 64 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def settings(folder, **more):
    return LogSettings(folder=folder, **more)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def times(folder):
    """The time of each reading in the folder, in the order of the file names; every line must be whole."""
    found = []
    for path in sorted(folder.glob("readings-*.jsonl")):
        text = path.read_text()
        assert text == "" or text.endswith("\n")
        found += [json.loads(line)["time"] for line in text.splitlines()]
    return found


def write_all(sink, numbers):
    for number in numbers:
        sink.write(replace(SILENT, time=float(number)))
    assert sink.settle()


def test_a_new_file_each_day(tmp_path, day):
    with Log(settings(tmp_path), LABELS) as sink:
        write_all(sink, [1, 2])
        day("2026-11-23")
        write_all(sink, [3])
    with Log(settings(tmp_path), LABELS) as sink:
        write_all(sink, [4])
    assert names(tmp_path) == ["readings-20261122-001.jsonl", "readings-20261123-001.jsonl"]
    assert times(tmp_path) == [1, 2, 3, 4]
    assert (sink.trouble, sink.lost) == ("", 0)


def test_a_line_is_the_record_of_the_recording_run(tmp_path):
    with Log(settings(tmp_path), LABELS) as sink:
        sink.write(HAPPY)
        assert sink.settle(5.0)
        (path,) = tmp_path.glob("readings-*")
        made = json.loads(path.read_text())
    expected = record(HAPPY, LABELS, made["run"])
    assert made["run"]
    assert list(made) == list(expected)
    assert made | {"wall_time": ""} == expected | {"wall_time": ""}
    assert path.name == f"readings-{made['wall_time'][:10].replace('-', '')}-001.jsonl"


def test_names_sort_by_time_and_the_quota_takes_the_oldest(tmp_path, day, small):
    foreign = ["readings.jsonl", "readings-2026-001.jsonl", "readings-20200101-001.jsonl.bak", "notes.csv"]
    for name in foreign:
        (tmp_path / name).write_text("x" * 100_000)
    (tmp_path / "readings-20200102-001.jsonl").symlink_to(tmp_path / "notes.csv")
    with Log(settings(tmp_path, file_mb=1, quota_mb=12), LABELS) as sink:
        for number in range(60):
            day("2026-11-22" if number < 40 else "2026-11-23")
            write_all(sink, [number])
            made = log.written(tmp_path)
            assert all(path.stat().st_size <= 1000 for path in made)
            assert sum(path.stat().st_size for path in made) <= 12_000
    assert set(foreign) <= set(names(tmp_path))
    assert (tmp_path / "readings-20200102-001.jsonl").is_symlink()
    kept = [path.name for path in made]
    assert kept == sorted(kept)
    assert len({name[9:17] for name in kept}) == 2
    (tmp_path / "readings-20200102-001.jsonl").unlink()
    for name in foreign:
        (tmp_path / name).unlink()
    left = times(tmp_path)
    assert left == list(range(int(left[0]), 60))
    assert 20 < len(left) < 60
    assert sink.lost == 0


def test_the_quota_counts_the_files_of_the_other_format(tmp_path, day, small):
    old = tmp_path / "readings-20261121-001.csv"
    old.write_text("x" * 1500 + "\n")
    with Log(settings(tmp_path, file_mb=1, quota_mb=2), LABELS) as sink:
        write_all(sink, [1])
    assert names(tmp_path) == ["readings-20261122-001.jsonl"]


def test_a_clock_that_was_set_back_loses_nothing(tmp_path, day):
    for text in ("2026-11-22", "1970-01-01", "1970-01-01"):
        day(text)
        with Log(settings(tmp_path), LABELS) as sink:
            write_all(sink, [1])
    assert names(tmp_path) == ["readings-19700101-001.jsonl", "readings-20261122-001.jsonl"]
    assert times(tmp_path) == [1, 1, 1]


def test_csv(tmp_path, day):
    with Log(settings(tmp_path, format="csv"), LABELS) as sink:
        sink.write(HAPPY)
        day("2026-11-23")
        sink.write(SILENT)
    with Log(settings(tmp_path, format="csv"), LABELS) as sink:
        sink.write(SILENT)
    first, second = (
        list(csv.DictReader(path.read_text().splitlines())) for path in sorted(tmp_path.iterdir())
    )
    assert list(first[0]) == list(second[0]) == columns(LABELS)
    assert (len(first), len(second)) == (1, 2)
    assert first[0] == {
        "wall_time": "2026-11-22T12:00:00.000+00:00",
        "time": "4.0",
        "source": 'the "left", camera',
        "state": "needs_check",
        "label": "happy",
        "probability_neutral": "0.1",
        "probability_angry": "0.1",
        "probability_happy": "0.5556",
        "probability_sad": "0.1",
        "probability_worried": "0.1",
        "probability_surprise": "0.0444",
        "candidates": "happy;sad",
        "margin": "0.4555",
        "votes": "3",
        "held": "true",
        "weight_audio": "0.7",
        "weight_vision": "0.3",
        "weight_text": "",
        "delay_ms": "812.3",
        "person": "",
        "run": first[0]["run"],
        "alarm": "false",
    }
    assert first[0]["run"] == second[0]["run"] < second[1]["run"]
    assert second[0]["label"] == second[0]["probability_happy"] == second[0]["candidates"] == ""
    assert second[0]["held"] == "false"


def test_other_labels_or_another_format_begin_a_new_file(tmp_path, day):
    for labels, form in ((LABELS, "csv"), (LABELS[::-1], "csv"), (LABELS, "jsonl"), (LABELS, "jsonl")):
        with Log(settings(tmp_path, format=form), labels) as sink:
            sink.write(SILENT)
    assert names(tmp_path) == [
        "readings-20261122-001.csv",
        "readings-20261122-002.csv",
        "readings-20261122-003.jsonl",
    ]
    assert len(times(tmp_path)) == 2


@pytest.mark.parametrize("end", [b'{"wall_time": "2026', b"\0\0\0\0"])
def test_what_a_power_cut_left_of_a_line_is_taken_away(tmp_path, day, end):
    with Log(settings(tmp_path), LABELS) as sink:
        write_all(sink, [1, 2])
    (path,) = tmp_path.glob("readings-*")
    path.write_bytes(path.read_bytes() + end)
    with Log(settings(tmp_path), LABELS) as sink:
        write_all(sink, [3])
    path.write_bytes(path.read_bytes() + end)
    day("2026-11-23")
    with Log(settings(tmp_path), LABELS) as sink:
        write_all(sink, [4])
    assert times(tmp_path) == [1, 2, 3, 4]


def test_a_csv_file_with_half_a_header_gets_a_whole_one(tmp_path, day):
    path = tmp_path / "readings-20261122-001.csv"
    path.write_text("wall_time,ti")
    with Log(settings(tmp_path, format="csv"), LABELS) as sink:
        sink.write(SILENT)
    assert path.read_text().splitlines()[0] == ",".join(columns(LABELS))


def test_a_full_disk_costs_only_the_readings_it_lasts_for(disk, day):
    filler = disk / "filler"
    with Log(settings(disk), LABELS) as sink:
        write_all(sink, [1])
        with pytest.raises(OSError, match="No space left"):
            filler.write_bytes(b"x" * 200_000)
        write_all(sink, range(2, 100))
        assert f"{disk} cannot be written (No space left on device)" in sink.trouble
        lost = sink.lost
        held = times(disk)  # whole lines only
        assert 70 < lost < 98  # the page that was begun takes some more
        assert held == list(range(1, 100 - lost))
        filler.unlink()
        write_all(sink, [100, 101])
        assert (sink.trouble, sink.lost) == ("", lost)
    assert times(disk) == [*held, 100, 101]
    assert names(disk) == ["readings-20261122-001.jsonl"]


def test_half_a_line_that_was_written_is_taken_back(tmp_path, day):
    """A limit on the size of files cuts a line in two, as a disk does that fills up in the middle of it."""
    with Log(settings(tmp_path), LABELS) as sink:
        write_all(sink, [1])
        (path,) = tmp_path.glob("readings-*")
        size = path.stat().st_size
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 30, limits[1]))
        try:
            write_all(sink, [2])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, before)
        assert "File too large" in sink.trouble
        assert path.stat().st_size == size
        write_all(sink, [3])
    assert (sink.trouble, sink.lost) == ("", 1)
    assert times(tmp_path) == [1, 3]


def test_a_folder_that_goes_away_and_comes_back(tmp_path, day):
    folder = tmp_path / "usb"
    folder.mkdir()
    with Log(settings(folder, file_mb=1), LABELS) as sink:
        write_all(sink, [1])
        folder.rename(tmp_path / "unplugged")
        day("2026-11-23")
        write_all(sink, [2, 3])
        assert "No such file or directory" in sink.trouble
        assert sink.lost == 2
        (tmp_path / "unplugged").rename(folder)
        write_all(sink, [4])
    assert sink.trouble == ""
    assert times(folder) == [1, 4]


def test_a_folder_that_is_not_there(tmp_path):
    for folder in (tmp_path / "a", tmp_path / "b" / "c"):
        with pytest.raises(InputError, match=r"is not a folder; make it"), Log(settings(folder), LABELS):
            pass
    assert os.listdir(tmp_path) == []  # noqa: PTH208


def test_a_disk_that_hangs_keeps_nobody_waiting(tmp_path, monkeypatch):
    """A write that never returns, as of a network folder whose server is gone."""
    gate, entered = threading.Event(), threading.Event()
    append = log.append

    def hung(file, line):
        entered.set()
        gate.wait(20.0)
        append(file, line)

    monkeypatch.setattr(log, "append", hung)
    monkeypatch.setattr(background, "STUCK_S", 0.2)
    monkeypatch.setattr(background, "WAITING", 50)
    with Log(settings(tmp_path), LABELS) as sink:
        began = time.monotonic()
        sink.write(replace(SILENT, time=0.0))
        assert entered.wait(5.0)
        for number in range(1, 61):
            sink.write(replace(SILENT, time=float(number)))
        assert time.monotonic() - began < 1.0
        assert not sink.settle(0.3)
        assert "does not answer" in sink.trouble
        assert sink.lost == 10
        gate.set()
        assert sink.settle(5.0)
        assert sink.trouble == ""
    assert times(tmp_path) == [0, *range(11, 61)]


def test_leaving_does_not_wait_for_a_disk_that_hangs(tmp_path, monkeypatch):
    gate = threading.Event()
    monkeypatch.setattr(log, "append", lambda file, line: gate.wait(20.0))
    began = time.monotonic()
    with Log(settings(tmp_path), LABELS) as sink:
        for number in range(3):
            sink.write(replace(SILENT, time=float(number)))
    assert time.monotonic() - began < background.CLOSE_S + 0.7
    assert sink.lost == 3
    gate.set()


def test_what_waits_keeps_the_time_it_was_read_at(tmp_path, monkeypatch):
    gate = threading.Event()
    append = log.append
    monkeypatch.setattr(log, "append", lambda file, line: (gate.wait(20.0), append(file, line)))
    with Log(settings(tmp_path), LABELS) as sink:
        sink.write(SILENT)
        sink.write(SILENT)
        threading.Timer(0.5, gate.set).start()
        assert sink.settle(5.0)
    (path,) = tmp_path.glob("readings-*")
    first, second = (json.loads(line)["wall_time"] for line in path.read_text().splitlines())
    assert (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds() < 0.3


def test_the_day_of_a_file_is_the_site_s_own(tmp_path, monkeypatch):
    moments = ["2026-11-29T14:59:59.999", "2026-11-29T15:00:00.000", "2026-11-30T00:30:00.000"]
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        with Log(settings(tmp_path), LABELS) as sink:
            for number, moment in enumerate(moments):
                changed = {"wall_time": f"{moment}+00:00", "time": number}
                monkeypatch.setattr(log, "record", lambda *all_, c=changed: record(*all_) | c)
                sink.write(SILENT)
            assert sink.settle()
    finally:
        monkeypatch.undo()
        time.tzset()
    assert names(tmp_path) == ["readings-20261129-001.jsonl", "readings-20261130-001.jsonl"]
    assert len((tmp_path / "readings-20261130-001.jsonl").read_text().split("\n")) == 3


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_file_is_for_its_owner_alone(tmp_path, day, form):
    before = os.umask(0)
    try:
        with Log(settings(tmp_path, format=form), LABELS) as sink:
            write_all(sink, [1])
    finally:
        os.umask(before)
    (path,) = tmp_path.glob("readings*")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)  # as somebody wishes it
    with Log(settings(tmp_path, format=form), LABELS) as sink:
        write_all(sink, [2])
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize(
    "source", ["=1+1", "+81", "-x", "@x", "\tx", "\rx", "\nx", "＝1", "'=1", "plain", "'"]
)
def test_no_cell_of_a_csv_file_is_a_formula_and_each_is_read_back(tmp_path, day, source):
    with Log(settings(tmp_path, format="csv"), LABELS) as sink:
        sink.write(replace(HAPPY, source=source, time=-0.5))
    (path,) = tmp_path.glob("readings*")
    with path.open(newline="") as file:
        (made,) = csv.DictReader(file)
    assert made["time"] == "-0.5"
    assert made["source"][0] not in "=+-@\t\r\n＝"
    assert uncell(made["source"]) == source


def test_a_name_that_is_no_utf_8_is_kept_as_it_was(tmp_path, day):
    name = "\udc83\udc65.mp4"
    for form in ("csv", "jsonl"):
        with Log(settings(tmp_path, format=form), LABELS) as sink:
            sink.write(replace(SILENT, source=name))
        assert (sink.lost, sink.trouble) == (0, "")
    table, lines = (path.read_text(encoding="utf-8") for path in sorted(tmp_path.glob("readings*")))
    assert json.loads(lines)["source"] == name
    assert "\\udc83\\udc65.mp4" in table


def test_a_record_that_lacks_only_its_newline_is_kept(tmp_path, day):
    with Log(settings(tmp_path), LABELS) as sink:
        write_all(sink, [1, 2])
    (path,) = tmp_path.glob("readings*")
    path.write_bytes(path.read_bytes()[:-1])
    with Log(settings(tmp_path), LABELS) as sink:
        write_all(sink, [3])
    assert times(tmp_path) == [1, 2, 3]
