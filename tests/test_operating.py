"""The operating point: searched within a budget, signed, and written into a file that people keep."""

import datetime
import json
import sys

import numpy as np
import pytest
from corpora import tone, write_wav
from files_page import described
from test_kpi import label

from calibration.kpi.decision import table
from calibration.kpi.operating import Objective, Search, choose, frontier, nearest, search, trade_off
from calibration.kpi.site_file import write_alarm
from calibration.kpi.tracks import PersonStream
from edge.app import Reader
from edge.bundle.manifest import VotingSettings
from edge.cli import main as cli
from edge.config import Site, read_site
from edge.errors import InputError
from edge.items import Prediction
from edge.reading.alarm import OperatingPoint
from edge.reading.confidence import Costs
from edge.reading.voting import Rules
from edge.sections import AlarmSettings
from edge.starter_labels import STARTER as LABELS

POINTS = (OperatingPoint(0.9, 0.0, 12.0), OperatingPoint(0.6, 0.0, 12.0), OperatingPoint(0.3, 0.0, 12.0))
ALARM = AlarmSettings(threshold=0.62, suppression_s=30.0, average_s=12.0, signed_by='Sato "A" # 1')


def counts(*rows):
    """Episodes detected of ten, and false alarms in an hour, of each point and person."""
    return Search(
        POINTS,
        tuple(f"p{i}" for i in range(len(rows[0]))),
        np.array([[[10.0, found, false, 3600.0, 600.0] for found, false in row] for row in rows]),
    )


def test_least_is_missed_within_the_budget():
    found = counts([(2, 0), (3, 0)], [(6, 1), (7, 2)], [(10, 20), (10, 30)])
    assert choose(found, Objective(2.0)).point == POINTS[1]
    assert choose(found, Objective(30.0)).point == POINTS[2]
    assert choose(found, Objective(1.0)).point == POINTS[0]


def test_the_least_cost_is_chosen_where_costs_are_given():
    found = counts([(2, 0), (3, 0)], [(6, 1), (7, 2)], [(10, 20), (10, 30)])
    chosen = choose(found, Objective(60.0, cost_miss=1.0, cost_response=2.0))
    assert chosen.point == POINTS[1]
    assert chosen.cost_per_hour == pytest.approx((7 * 1.0 + 3 * 2.0) / (7200 + 1200) * 3600)
    assert choose(found, Objective(60.0, cost_miss=100.0)).point == POINTS[2]


def test_where_nothing_fits_the_nearest_is_named():
    found = counts([(0, 0), (0, 0)], [(6, 1), (7, 3)], [(10, 20), (10, 30)])
    assert choose(found, Objective(1.0)) is None
    point, whole = nearest(found)
    assert (point, whole.false_per_hour, whole.detection) == (POINTS[1], 2.0, 0.65)
    assert nearest(counts([(0, 0)], [(0, 1)], [(0, 2)])) is None


def test_each_person_left_out_is_judged_by_the_choice_of_the_others():
    found = counts([(2, 0), (3, 0)], [(6, 0), (7, 9)], [(10, 20), (10, 30)])
    chosen = choose(found, Objective(4.0))
    assert chosen.point == POINTS[0]
    assert [(one.person, one.point) for one in chosen.left_out] == [("p0", POINTS[0]), ("p1", POINTS[1])]
    assert (chosen.outside.detected, chosen.outside.false_alarms) == (2 + 7, 0 + 9)
    assert choose(counts([(2, 0)], [(6, 1)], [(10, 20)]), Objective(4.0)).left_out == ()


def test_the_frontier_rises():
    found = counts([(2, 0), (3, 0)], [(6, 5), (7, 5)], [(5, 20), (6, 30)])
    assert frontier(found) == [(0.9, 0.0, 0.25), (0.6, 5.0, 0.65)]
    assert [(budget, point.threshold) for budget, point, _ in trade_off(found)][-1] == (50.0, 0.6)


def stream(person, rng):
    """Ten minutes; every other minute is angry, and read so with noise."""
    truth = np.repeat([0, 1] * 5, 60)
    shares = np.clip(np.where(truth, 0.7, 0.2) + rng.normal(0, 0.2, len(truth)), 0.02, 0.98)
    rows = np.full((len(truth), 6), 0.0)
    rows[:, 1], rows[:, 0] = shares, 1 - shares
    seen = [
        Prediction(float(i), row.astype(np.float32), {"audio": row}, {"audio": 1.0})
        for i, row in enumerate(rows)
    ]
    return PersonStream(person, tuple(seen), truth)


def test_a_search_finds_what_the_streams_hold(rng, monkeypatch):
    monkeypatch.setattr("calibration.kpi.operating.AVERAGES_S", (8.0, 12.0))
    rules = Rules(VotingSettings(events={}), (1 / 6,) * 6, (1 / 6,) * 6)
    tracks = [stream("anna", rng), stream("ben", rng)]
    chosen = choose(search(tracks, rules, [1, 3, 4], 1.0), Objective(2.0))
    assert chosen.pair.counts.detection == 1.0
    assert chosen.pair.counts.false_per_hour <= 2.0
    assert len(chosen.left_out) == 2


# What is written into site.toml.


def test_a_new_file_holds_the_section_alone(tmp_path):
    path = tmp_path / "site.toml"
    write_alarm(path, ALARM)
    assert read_site(path).alarm == ALARM
    assert path.read_text().startswith("[alarm]\n")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_comments_and_other_keys_stay(tmp_path, end):
    path = tmp_path / "site.toml"
    before = (
        '# Line 3\nbundle = "b" # ours\n\n[alarm] # ask Sato\n# agreed in May\nthreshold = 0.5 # too low\n'
        'signed_by = "Old # name"\nevidence = "x"\n\n[display]\nlanguage = "ja"\n'
    )
    path.write_bytes(before.replace("\n", end).encode())
    path.chmod(0o640)
    write_alarm(path, ALARM)
    text = path.read_bytes().decode()
    assert text.count(end) == text.count("\n")
    assert text.replace(end, "\n") == (
        '# Line 3\nbundle = "b" # ours\n\n[alarm] # ask Sato\n# agreed in May\nthreshold = 0.62 # too low\n'
        'signed_by = "Sato \\"A\\" # 1"\nsuppression_s = 30.0\naverage_s = 12.0\n\n'
        '[display]\nlanguage = "ja"\n'
    )
    assert read_site(path).alarm == ALARM
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_file_without_the_section_gets_it_at_its_end(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text('bundle = "b"\n[display]\nlanguage = "ja"')
    write_alarm(path, ALARM)
    assert path.read_text().startswith('bundle = "b"\n[display]\nlanguage = "ja"\n\n[alarm]\n')
    assert read_site(path).alarm == ALARM


@pytest.mark.parametrize(
    "text",
    [
        "alarm = {threshold = 0.5}\n",
        "alarm.threshold = 0.5\n",
        '[alarm]\nthreshold = 0.5\n"evidence" = "x"\n',
    ],
)
def test_a_form_that_only_a_person_should_change_is_left_as_it_is(tmp_path, text):
    path = tmp_path / "site.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=r"in a form that only a person should change"):
        write_alarm(path, ALARM)
    assert path.read_text() == text
    assert list(tmp_path.iterdir()) == [path]


# The command.


@pytest.fixture
def voices(tmp_path, rng):
    folder, rows = tmp_path / "line3", []
    folder.mkdir()
    for person in ("anna", "ben"):
        for index, name in enumerate(LABELS):
            write_wav(folder / f"{person}-{name}.wav", tone(index, 1.0, rng))
            rows.append([f"{person}-{name}.wav", name, person, f"day {person}", 60 * index])
    label(folder, ["file_name", "emotion", "speaker", "session", "start"], rows)
    return folder


def run(monkeypatch, capsys, *words):
    monkeypatch.setattr(sys, "argv", ["edge", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code, *capsys.readouterr()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_decision_is_told_written_and_signed(voices, tiny_bundle, tmp_path, monkeypatch, capsys, language):
    out, page, numbers = (tmp_path / name for name in ("site.toml", "d.html", "d.json"))
    out.write_text("# ours\nthreads = 1\n")
    words = ["decide", tiny_bundle.folder, voices, "--false-alarms-per-hour", 3600, "--lang", language]
    words += ["--out", out, "--sign", "Sato Aoi", "--report", page, "--json", numbers]
    code, printed, errors = run(monkeypatch, capsys, *words)
    assert (code, errors) == (0, "")
    assert ("chosen" if language == "en" else "選んだ動作点") in printed
    alarm = read_site(out).alarm
    assert (alarm.signed_by, alarm.signed_on) == ("Sato Aoi", datetime.date.today())
    assert alarm.bundle == tiny_bundle.manifest.digest
    assert len(alarm.evidence) == 64
    assert out.read_text().startswith("# ours\nthreads = 1\n")
    found = json.loads(numbers.read_text())
    assert found["chosen"]["threshold"] == alarm.threshold
    assert len(found["left_out"]) == 2
    keys, named = described("The operating point")
    assert keys == set(found)
    assert named >= {*found["wish"], *found["chosen"], *found["left_out"][0]}
    short = table(found | {"sure_per_hour": 9999.0}, language)
    assert ("too short: in" if language == "en" else "録画が短すぎます") in short
    html = page.read_text(encoding="utf-8")
    assert ("Signed by Sato Aoi" if language == "en" else "署名：Sato Aoi") in html
    assert "http://" not in html


def test_costs_are_written_and_checks_go_by_them(voices, tiny_bundle, tmp_path, monkeypatch, capsys):
    out = tmp_path / "site.toml"
    words = ["decide", tiny_bundle.folder, voices, "--false-alarms-per-hour", 3600, "--out", out]
    assert run(monkeypatch, capsys, *words, "--cost-miss", 5)[0] == 0
    alarm = read_site(out).alarm
    assert (alarm.cost_miss, alarm.cost_response, alarm.costs) == (5.0, 1.0, Costs(5.0, 1.0))
    site = Site(bundle=tiny_bundle.folder, backend="onnxrt")
    with Reader(site) as reader:
        assert reader.pipeline()._checks.costs == Costs()
        reader.take_alarm(alarm)
        assert reader.pipeline()._checks.costs == Costs(5.0, 1.0)
    assert run(monkeypatch, capsys, *words)[0] == 0  # decided anew, without costs
    assert read_site(out).alarm.costs == Costs()


def test_nothing_that_fits_is_exit_1_and_leaves_the_file(voices, tiny_bundle, tmp_path, monkeypatch, capsys):
    out = tmp_path / "site.toml"
    out.write_text("[alarm]\nthreshold = 0.5\n")
    label(
        voices,
        ["file_name", "emotion", "speaker", "session", "start"],
        [["anna-sad.wav", "sad", "anna", "a", 60], ["anna-happy.wav", "happy", "anna", "a", 0]],
    )
    monkeypatch.setattr("calibration.kpi.operating.GRID", (0.0,))
    monkeypatch.setattr("calibration.kpi.operating.AVERAGES_S", (100.0,))
    words = ("decide", tiny_bundle.folder, voices, "--false-alarms-per-hour", 0, "--out", out)
    code, _, errors = run(monkeypatch, capsys, *words)
    assert code == 1
    assert "nothing fits 0 false alarms an hour; the nearest is threshold 0, average 100 s" in errors
    assert errors.count("\n") == 1
    assert out.read_text() == "[alarm]\nthreshold = 0.5\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--false-alarms-per-hour", "nan"], 2, "must be from 0"),
        (["--false-alarms-per-hour", "2", "--cost-miss", "inf"], 2, "must be from 0"),
        (["--false-alarms-per-hour", "-1"], 2, "must be from 0"),
        (["--false-alarms-per-hour", "2", "--cost-response", "1"], 2, "goes with --cost-miss"),
        (
            ["--false-alarms-per-hour", "2", "--cost-miss", "0", "--cost-response", "0"],
            2,
            "must be above 0 where --cost-response is 0",
        ),
        (["--false-alarms-per-hour", "2", "--out", "none/site.toml"], 1, "its folder does not exist"),
    ],
)
def test_what_makes_no_sense_is_one_line(voices, tiny_bundle, monkeypatch, capsys, words, code, said):
    found = run(monkeypatch, capsys, "decide", tiny_bundle.folder, voices, *words)
    assert found[0] == code
    assert said in found[2]
    assert found[2].count("\n") == 1
