"""A trial before production: its folder, its log, what people say, its decision and its page."""

import json
import stat
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from typing import get_args

import pytest
from files_page import described
from test_cli import edge, one_line_error  # noqa: F401 - edge is a fixture

from calibration.shadow.decision import Verdict, as_dict, decided
from calibration.shadow.evidence import evidence
from calibration.shadow.page import page
from edge.config import Site
from edge.errors import ConfigError, InputError
from edge.items import LIVE
from edge.reading.alarm import OperatingPoint
from edge.review.store import Store
from edge.shadow import folder as folders
from edge.shadow.criteria import read_criteria
from edge.shadow.folder import begun, note_run, opened
from edge.shadow.run import run_shadow
from edge.sinks.claim import claimed
from edge.starter_labels import STARTER

CRITERIA = """[negative]
detection = {detection}
false_alarms_per_hour = {false}
[minimum]
days = {days}
people = {people}
events = {events}
"""
MORNING = datetime(2026, 11, 16, 9, 0).astimezone()


def write_criteria(tmp_path, detection=0.5, false=2.0, days=2, people=2, events=10, name="criteria.toml"):
    path = tmp_path / name
    given = {"detection": detection, "false": false, "days": days, "people": people, "events": events}
    path.write_text(CRITERIA.format(**given), "utf-8")
    return path


@pytest.fixture
def started(tmp_path, tiny_bundle, monkeypatch):
    """A trial that began before the morning; made with criteria."""

    def make(**criteria):
        monkeypatch.setattr(folders, "_now", lambda: (MORNING - timedelta(hours=1)).isoformat())
        path = write_criteria(tmp_path, **criteria)
        trial = begun(
            tmp_path / "trial", path, tiny_bundle, OperatingPoint(), tmp_path / "trial" / "review", "en"
        )
        note_run(trial)
        return trial

    return make


def log(trial, day, alarms, seconds=3600, run="one", back_at=None, state_at=(), source=LIVE):
    """An hour of a day with the alarm up in these seconds; the wall clock may step back on the way."""
    began = MORNING + timedelta(days=day)
    path = trial.folder / "readings" / f"readings-{began:%Y%m%d}-001.jsonl"
    with path.open("a", encoding="utf-8") as file:
        for second in range(seconds):
            wall = began + timedelta(seconds=second)
            if back_at is not None and second >= back_at:
                wall -= timedelta(seconds=600)
            read = second not in state_at
            shares = dict.fromkeys(STARTER, 1 / 6)
            record = {
                "wall_time": wall.astimezone(timezone.utc).isoformat(timespec="milliseconds"),
                "time": 50000.0 + second,
                "source": source,
                "person": None,
                "state": "reading" if read else "no_speech",
                "label": "neutral" if read else None,
                "probabilities": shares if read else None,
                "candidates": ["neutral"] if read else [],
                "margin": 0.1,
                "votes": 1,
                "held": False,
                "weights": {"audio": 1.0},
                "delay_ms": 0.0,
                "run": f"{run} {day}",
                "alarm": read and any(low <= second <= high for low, high in alarms),
            }
            file.write(json.dumps(record) + "\n")


def note(trial, rows, header="from,to,what,person", encoding="utf-8"):
    """rows: day, second it begins and ends, what, person."""
    lines = [header]
    for day, first, last, what, person in rows:
        ends = [MORNING + timedelta(days=day, seconds=second) for second in (first, last)]
        lines.append(",".join([*(f"{end:%Y-%m-%d %H:%M:%S}" for end in ends), what, person]))
    (trial.folder / "events.csv").write_bytes(("\n".join(lines) + "\n").encode(encoding))


def week(trial, found=9, false=0, days=3):
    """Ten events a day, so many of them found, with so many false alarms."""
    rows = []
    for day in range(days):
        times = [300 * i + 100 for i in range(10)]
        alarms = [(t + 5, t + 15) for t in times[:found]] + [
            (250 + 300 * i, 255 + 300 * i) for i in range(false)
        ]
        log(trial, day, alarms)
        rows += [(day, t, t + 20, "angry", f"P{i % 3}") for i, t in enumerate(times)]
    note(trial, rows)


# The decision.


def test_a_trial_that_meets_its_criteria_is_a_go(started):
    trial = started()
    week(trial)
    found = evidence(trial)
    assert (found.counts.episodes, found.counts.detected, found.counts.false_alarms) == (30, 27, 0)
    assert (found.days, found.people, found.readings) == (3, 3, 3 * 3600)
    assert found.hours == pytest.approx(3 - 30 * 21 / 3600, abs=0.02)
    assert len(found.missed) == 3
    assert decided(trial, found).verdict == "go"
    low, high = found.detection_interval
    assert low < 0.9 < high


@pytest.mark.parametrize(
    ("found", "false", "verdict", "detection", "alarms"),
    [(2, 0, "no_go", False, True), (9, 10, "no_go", True, False), (6, 0, "not_yet", None, True)],
)
def test_what_fails_or_stays_open(started, found, false, verdict, detection, alarms):
    trial = started()
    week(trial, found, false)
    decision = decided(trial, evidence(trial))
    assert (decision.verdict, decision.detection, decision.false_alarms) == (verdict, detection, alarms)
    assert decision.lacking == ()


@pytest.mark.parametrize("least", [{"days": 4}, {"people": 4}, {"events": 31}])
def test_too_little_evidence_is_never_a_go(started, least):
    trial = started(**least)
    week(trial, found=10)
    decision = decided(trial, evidence(trial))
    assert decision.verdict == "not_yet"
    assert [name for name, _, _ in decision.lacking] == [*least]


def test_nothing_at_all_is_not_yet(started):
    trial = started()
    found = evidence(trial)
    assert (found.detection_interval, found.false_interval, found.days) == (None, None, 0)
    assert decided(trial, found).verdict == "not_yet"


def test_criteria_changed_after_the_start_void_it(started, edge, tmp_path):  # noqa: F811
    trial = started()
    week(trial)
    write_criteria(tmp_path / "trial", detection=0.1)
    again = opened(trial.folder)
    assert again.void
    done = edge("shadow", "report", trial.folder, "--report", tmp_path / "page.html")
    assert done.code == 1
    assert done.out.startswith("VOID: the criteria were changed after the start\n")
    html = (tmp_path / "page.html").read_text("utf-8")
    assert html.index("This trial is void") < html.index("<h1>")
    # Made to fit the start as well: what each run noted tells it.
    start = json.loads((trial.folder / "start.json").read_text("utf-8"))
    start["criteria_sha256"] = folders.sha256(trial.folder / "criteria.toml")
    (trial.folder / "start.json").write_text(json.dumps(start), "utf-8")
    assert opened(trial.folder).void


# What people say.


def test_the_table_may_be_japanese_and_say_when_somebody_watched(started):
    trial = started()
    log(trial, 0, [(100, 110), (2000, 2010)])
    rows = [(0, 90, 115, "怒り", "佐藤"), (0, 0, 1000, "観察", ""), (0, 500, 510, "その他", "鈴木")]
    note(trial, rows, "開始,終了,内容,氏名", "cp932")
    found = evidence(trial)
    assert (found.counts.episodes, found.counts.detected, found.counts.false_alarms) == (1, 1, 0)
    assert found.people == 2
    assert found.hours == pytest.approx(1000 / 3600, abs=0.02)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("soon,2026-11-16 09:00:00,angry,P", "line 2: from 'soon' is no date and time"),
        ("2026-11-16 09:00:10,2026-11-16 09:00:00,angry,P", "it ends .* before it begins"),
        ("2026-11-16 09:00:00,2026-11-16 09:00:10,grumpy,P", "'grumpy' is none of"),
    ],
)
def test_a_mistake_in_the_table_is_named_by_its_line(started, row, why):
    trial = started()
    (trial.folder / "events.csv").write_text(f"from,to,what,person\n{row}\n", "utf-8")
    with pytest.raises(InputError, match=why):
        evidence(trial)


def test_verdicts_join_where_nobody_noted_anything(started):
    trial = started()
    log(trial, 0, [(100, 110), (1500, 1510)])
    note(trial, [(0, 90, 115, "angry", "P")])
    with Store(trial.folder / "review", make=True) as store, store.change() as db:
        for number, second in enumerate((105, 1505, 2500, 3000), 1):
            wall = (
                (MORNING + timedelta(seconds=second))
                .astimezone(timezone.utc)
                .isoformat(timespec="milliseconds")
            )
            reading = {"wall_time": wall, "probabilities": dict.fromkeys(STARTER, 1 / 6), "margin": 0.0}
            row = (number, wall, "9999", LIVE, "tiny", "0" * 64, "angry")
            db.execute(
                "INSERT INTO items (id, made, expires, source, bundle, bundle_sha256, label) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            db.execute("INSERT INTO readings VALUES (?, ?, ?)", (number, float(second), json.dumps(reading)))
    with Store(trial.folder / "review") as store:
        store.judge(1, "Tanaka", "angry")  # noted as well
        store.judge(2, "Tanaka", "worried")
        store.judge(3, "Tanaka", "neutral")
    found = evidence(trial)
    assert (found.counts.episodes, found.counts.detected, found.counts.false_alarms) == (2, 2, 0)
    assert (found.from_verdicts, found.waiting) == (1, 1)


def test_events_are_missed_where_nothing_was_heard_and_left_out_where_nothing_was_logged(started):
    trial = started()
    log(trial, 0, [], state_at=range(100, 200))
    note(trial, [(0, 120, 130, "angry", "P"), (0, 4000, 4010, "angry", "P")])
    found = evidence(trial)
    assert (found.counts.episodes, found.counts.detected, found.unlogged) == (1, 0, 1)
    assert found.hours == pytest.approx(3500 / 3600, abs=0.001)


# Clocks, stops, disks.


def test_a_clock_that_steps_back_doubles_nothing(started):
    trial = started()
    log(trial, 0, [(3000, 3010)], back_at=2000)
    found = evidence(trial)
    assert found.hours == pytest.approx(1.0)
    assert found.counts.false_alarms == 1


def test_two_runs_of_a_day_are_one_trial(started):
    trial = started()
    log(trial, 0, [(100, 110)], seconds=1800)
    with (trial.folder / "readings" / f"readings-{MORNING:%Y%m%d}-001.jsonl").open("a") as file:
        file.write('{"wall_time": "2026')  # a power cut
    log(trial, 0, [(100, 110)], seconds=1800, run="two")
    said = []
    found = evidence(opened(trial.folder), said.append)
    assert found.readings in (3599, 3600)
    assert len(said) == 1
    assert found.days == 1


def test_start_goes_on_with_the_same_trial_and_no_other(started, tmp_path, tiny_bundle):
    trial = started()
    again = begun(trial.folder, tmp_path / "criteria.toml", tiny_bundle, OperatingPoint(), tmp_path, "en")
    assert again.start == trial.start
    other = write_criteria(tmp_path, detection=0.4, name="other.toml")
    with pytest.raises(InputError, match="other criteria"):
        begun(trial.folder, other, tiny_bundle, OperatingPoint(), tmp_path, "en")
    with pytest.raises(InputError, match="another bundle or alarm"):
        begun(trial.folder, tmp_path / "criteria.toml", tiny_bundle, OperatingPoint(0.7), tmp_path, "en")
    assert opened(trial.folder).start == trial.start


def test_a_folder_of_other_things_is_refused(tmp_path, tiny_bundle):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("hello")
    with pytest.raises(InputError, match="holds other files"):
        begun(tmp_path / "full", write_criteria(tmp_path), tiny_bundle, OperatingPoint(), tmp_path, "en")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[negative]\ndetection = 2\nfalse_alarms_per_hour = 1\n", "negative.detection must be"),
        ("[negative]\ndetection = 0.5\nfalse_alarms_per_hour = 1\n", "minimum"),
        ("nonsense", "criteria.toml"),
    ],
)
def test_bad_criteria_are_named(tmp_path, text, why):
    path = tmp_path / "criteria.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=why):
        read_criteria(path)
    with pytest.raises(ConfigError, match="missing"):
        read_criteria(tmp_path / "missing.toml")


def test_a_full_disk_at_the_start_is_one_line_and_leaves_no_trial(edge, tmp_path, demo, monkeypatch):  # noqa: F811
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders, "write_whole", full)
    criteria = write_criteria(tmp_path)
    done = edge("shadow", "start", tmp_path / "trial", "--criteria", criteria, "--source", demo)
    assert "No space left on device" in one_line_error(done)
    assert not (tmp_path / "trial" / "start.json").exists()


def test_a_second_start_meanwhile_is_refused(edge, tmp_path, demo):  # noqa: F811
    trial, criteria = tmp_path / "trial", write_criteria(tmp_path)
    trial.mkdir()
    with claimed(trial, "shadow"):
        done = edge("shadow", "start", trial, "--criteria", criteria, "--source", demo)
    assert str(trial) in one_line_error(done)


# The run.


def test_a_recording_is_logged_privately_and_nothing_else_happens(tmp_path, demo, capsys):
    criteria, said = write_criteria(tmp_path), []
    site = Site(source=demo, mqtt={"host": "nowhere.invalid", "topic": "t", "client_id": "c"})
    for _ in range(2):
        trial, summary = run_shadow(tmp_path / "trial", criteria, site, said.append)
    assert sum(summary.states.values()) > 5
    assert evidence(trial).readings == 2 * sum(summary.states.values())
    assert capsys.readouterr().out == ""
    records = [
        json.loads(line)
        for path in (trial.folder / "readings").iterdir()
        for line in path.read_text("utf-8").splitlines()
    ]
    assert {type(record["alarm"]) for record in records} == {bool}
    for path in (tmp_path / "trial").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert {path.name for path in (tmp_path / "trial").iterdir()} >= {
        "start.json",
        "runs.jsonl",
        "events.csv",
    }
    assert evidence(trial).runs == 2


def test_a_run_that_is_killed_is_gone_on_with(tmp_path, media):
    criteria = write_criteria(tmp_path)
    readings = tmp_path / "trial" / "readings"
    command = [sys.executable, "-m", "edge.cli", "shadow", "start", tmp_path / "trial"]
    command += ["--criteria", criteria, "--source", media / "WolfgangLanger_Pexels.mp4"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
        until = time.monotonic() + 120
        while not any(path.stat().st_size for path in readings.glob("*.jsonl")):
            assert time.monotonic() < until
            time.sleep(0.05)
        first.kill()
    begun_first = opened(tmp_path / "trial").start
    subprocess.run(command, check=True, capture_output=True)
    trial = opened(tmp_path / "trial")
    found = evidence(trial)
    assert trial.start == begun_first
    assert not trial.void
    assert found.runs == 2
    assert found.readings >= 20  # all of the second run


def test_status_and_report_in_two_languages(started, edge, tmp_path, monkeypatch):  # noqa: F811
    trial = started()
    week(trial)
    assert edge("shadow", "status", trial.folder).out.count("\n") == 1
    assert "days 3 of 2" in edge("shadow", "status", trial.folder).out
    done = edge(
        "shadow", "report", trial.folder, "--report", tmp_path / "en.html", "--json", tmp_path / "r.json"
    )
    assert done.code == 0
    assert done.out.startswith("GO: the criteria are met\n")
    found = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert (found["verdict"], found["detected"], found["events"]) == ("go", 27, 30)
    done = edge("shadow", "report", trial.folder, "--report", tmp_path / "ja.html", "--lang", "ja")
    assert done.out.startswith("可：基準を満たしています\n")
    for name, text in (("en", "Go: the criteria are met."), ("ja", "可：基準を満たしています。")):
        html = (tmp_path / f"{name}.html").read_text("utf-8")
        assert text in html
        assert f'lang="{name}"' in html


def test_a_folder_without_a_trial(edge, tmp_path):  # noqa: F811
    assert "holds no trial" in one_line_error(edge("shadow", "status", tmp_path))
    (tmp_path / "start.json").write_text("{}")
    assert "is damaged" in one_line_error(edge("shadow", "report", tmp_path))


def test_facts_of_a_page_are_those_of_the_json(started):
    trial = started()
    week(trial, 7, 1)
    found = evidence(trial)
    decision = decided(trial, found)
    facts, html = as_dict(trial, found, decision), page(trial, found, decision, "en")
    assert f"{facts['detected']} of {facts['events']}" in html
    assert facts["false_alarms"] == 3 == len(found.false_at)
    keys, named = described("A trial")
    assert keys == set(facts)
    assert named >= {*facts["missed"][0], *get_args(Verdict), "what", "there", "asked"}
