"""KPIs in pairs of a labelled folder: streams, the page, and what is refused."""

import csv
import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from corpora import tone, write_wav

from calibration.data.dataset import Example, read_folder, read_judged
from calibration.data.labels import LabelReader
from calibration.judge.evaluate import evaluate_folder
from calibration.judge.evaluator import Evaluator
from calibration.kpi.checked import checked
from calibration.kpi.facts import worst
from calibration.kpi.run import asked_at, evaluate_kpi
from calibration.kpi.tracks import PersonStream, Take, kind_of, tracks_of
from edge.cli import main as cli
from edge.config import Site
from edge.errors import DatasetError
from edge.items import Prediction
from edge.reading.confidence import Costs
from edge.starter_labels import STARTER as LABELS


def label(folder, columns, rows):
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])


@pytest.fixture
def voices(tmp_path, rng):
    """Twelve clips of two people, each label once of each, recorded one after the other in two sessions."""
    folder, rows = tmp_path / "line3", []
    folder.mkdir()
    for person in ("anna", "ben"):
        for index, name in enumerate(LABELS):
            write_wav(folder / f"{person}-{name}.wav", tone(index, 1.0, rng))
            rows.append(
                [f"{person}-{name}.wav", name, person, "so sad", f"day {person}", 10 * index, "press"]
            )
    label(folder, ["file_name", "emotion", "speaker", "transcript", "session", "start", "place"], rows)
    return folder


def take(emotion, person="anna", at=None, session=None, part=None, windows=1, seconds=1.0):
    probabilities = np.full(6, 0.1, np.float32)
    probabilities[LABELS.index(emotion)] = 0.5
    seen = Prediction(0.0, probabilities, {"audio": probabilities}, {"audio": 1.0})
    example = Example(f"{emotion}-{at}", LABELS.index(emotion), person, session=session, at=at, part=part)
    return Take(example, seconds, (seen,) * windows)


def test_a_session_is_read_in_order_of_time_with_its_gaps():
    found = [
        take("sad", at=20.0, session="s", seconds=2.0),
        take("neutral", at=3.0, session="s", seconds=3.0),
    ]
    assert kind_of(found) == "recorded"
    (track,) = tracks_of(found, "recorded", (1 / 6,) * 6, 1.0).tracks
    assert track.times.tolist() == [4.0, 5.0, 6.0, 21.0, 22.0]
    assert [LABELS[label] for label in track.labels] == ["neutral"] * 3 + ["sad"] * 2


def test_the_windows_of_a_stretch_end_in_it():
    found = [
        take("sad", part=(10.0, 13.0), windows=3, seconds=3.0),
        take("neutral", part=(0.0, 4.0), seconds=4.0),
    ]
    (track,) = tracks_of(found, kind_of(found), (1 / 6,) * 6, 1.0).tracks
    assert track.times.tolist() == [4.0, 11.0, 12.0, 13.0]


def test_people_of_one_session_are_streams_of_their_own():
    found = [take("sad", at=0.0, session="s"), take("neutral", "ben", at=0.0, session="s")]
    assert [t.person for t in tracks_of(found, "recorded", (1 / 6,) * 6, 1.0).tracks] == ["anna", "ben"]


def test_clips_of_one_person_that_overlap_are_refused():
    found = [take("sad", at=0.0, session="s", seconds=9.0), take("neutral", at=3.0, session="s")]
    with pytest.raises(DatasetError, match=r"sad-0.0 and neutral-3.0 .* overlap in time; mend start"):
        tracks_of(found, "recorded", (1 / 6,) * 6, 1.0)


def test_without_times_streams_are_composed_and_people_of_one_label_left_out():
    found = [take("sad"), take("neutral"), take("happy", "ben")]
    assert kind_of(found) == "composed"
    made = tracks_of(found, "composed", (1 / 6,) * 6, 1.0)
    assert (len(made.tracks), made.left_out) == (1, ("ben",))
    assert len(made.tracks[0].labels) == 3600


def test_one_row_without_a_time_makes_all_of_them_composed():
    assert kind_of([take("sad", at=1.0, session="s"), take("neutral", session="s")]) == "composed"


@pytest.mark.parametrize("moment", ["2026-11-20 09:30:05", "2026/11/20 09:30:05", "2026-11-20T09:30:05"])
def test_a_date_and_time_orders_a_session(voices, moment):
    label(
        voices,
        ["file_name", "emotion", "session", "recorded"],
        [["anna-sad.wav", "sad", "s", "2026-11-20 09:30"], ["anna-happy.wav", "happy", "s", moment]],
    )
    one, other = read_folder(voices, LabelReader(LABELS))
    assert other.at - one.at == 5.0


def test_what_is_no_time_is_refused(voices):
    label(voices, ["file_name", "emotion", "recorded"], [["anna-sad.wav", "sad", "yesterday"]])
    with pytest.raises(
        DatasetError, match="line 2: recorded 'yesterday' is no date and time; write it as 2026-"
    ):
        read_folder(voices, LabelReader(LABELS))


@pytest.mark.parametrize("part", [("3", ""), ("3", "2"), ("", "2")])
def test_what_is_no_stretch_is_refused(voices, part):
    label(voices, ["file_name", "emotion", "from", "to"], [["anna-sad.wav", "sad", *part]])
    with pytest.raises(DatasetError, match=r"line 2: from .* are no stretch of a recording"):
        read_judged(voices, LABELS)


def test_stretches_are_judged_on_only(voices):
    label(voices, ["file_name", "emotion", "from", "to"], [["anna-sad.wav", "sad", "0", "1"]])
    with pytest.raises(DatasetError, match="judged on only; cut the recording into clips"):
        read_folder(voices, LabelReader(LABELS))
    assert read_judged(voices, LABELS)[0].part == (0.0, 1.0)


def test_stretches_of_a_long_recording_are_judged_by_windows_that_end_in_them(voices, tiny_bundle, rng):
    write_wav(voices / "shift.wav", np.concatenate([tone(0, 6.0, rng), tone(3, 6.0, rng)]))
    label(
        voices,
        ["file_name", "emotion", "speaker", "from", "to"],
        [["shift.wav", "neutral", "anna", 0, 6], ["shift.wav", "sad", "anna", 6, 12]],
    )
    first, second = read_judged(voices, LABELS)
    with Evaluator(tiny_bundle) as evaluator:
        assert len(evaluator.encoded(first)) == 3  # the first of four seconds ends at 4 s
        assert len(evaluator.encoded(second)) == 6
    _, kpi, _ = evaluate_kpi(tiny_bundle.folder, voices, Site())
    assert (kpi["streams"]["kind"], kpi["streams"]["readings"]) == ("recorded", 9)


def test_a_stretch_beyond_the_end_is_named_and_left_out(voices, tiny_bundle, capsys):
    label(
        voices,
        ["file_name", "emotion", "from", "to"],
        [["anna-sad.wav", "sad", 0, 1], ["anna-happy.wav", "happy", 5, 6]],
    )
    report = evaluate_folder(tiny_bundle.folder, voices, "audio")
    assert (report.n, report.skipped) == (1, {"cannot be decoded": 1})
    assert "ends before 5 s, where a stretch of metadata.csv begins" in capsys.readouterr().err


def test_scores_are_those_without_kpis(voices, tiny_bundle):
    report, kpi, _ = evaluate_kpi(tiny_bundle.folder, voices, Site())
    assert report == evaluate_folder(tiny_bundle.folder, voices, "fused")
    assert kpi["streams"] == {
        "kind": "recorded",
        "people": 2,
        "hours": 0.0033,
        "readings": 12,
        "left_out": [],
    }
    assert {(r["precision"], r["way"]) for r in kpi["negative"]["rows"]} == {
        (precision, way) for precision in ("int8", "fp32") for way in ("window", "vote", "prior")
    }
    assert list(kpi["slices"]["condition"]) == ["press"]
    assert list(kpi["slices"]["session"]) == ["day anna", "day ben"]
    assert list(kpi["slices"]["missing"]) == ["all", "audio_only"]
    assert kpi["slices"]["group"] == {}
    assert list(kpi["events"]) == ["angry", "worried"]
    assert [row["share"] for row in kpi["checks"]] == [0.05, 0.1, 0.2]


def test_the_worst_clips_come_first(tiny_bundle):
    asked = asked_at(tiny_bundle, Site())
    sure = take("neutral", at=1.0)
    row = np.array([0, 0.9, 0.1, 0, 0, 0], np.float32)
    wrong = replace(sure, predictions=(replace(sure.predictions[0], probabilities=row),))
    found = worst([take("sad"), take("neutral"), wrong], asked)
    assert [(one["file"], one["answer"], one["negative"]) for one in found["alarms"]] == [
        ("neutral-1.0", "angry", 0.9)
    ]
    assert found["misses"] == []


def run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["edge", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_says_the_pair_and_where_streams_come_from(
    voices, tiny_bundle, tmp_path, monkeypatch, capsys, language
):
    page, numbers = tmp_path / "kpi.html", tmp_path / "kpi.json"
    words = ("evaluate", tiny_bundle.folder, voices, "--report", page, "--json", numbers, "--lang", language)
    assert run(monkeypatch, *words) == 0
    html = page.read_text(encoding="utf-8")
    assert ("Streams as they happened" if language == "en" else "実際の時間順のストリーム") in html
    assert "http://" not in html
    kpi = json.loads(numbers.read_text())["kpi"]
    pair = next(r for r in kpi["negative"]["rows"] if (r["precision"], r["way"]) == ("int8", "prior"))
    assert (pair["episodes"], pair["people"]) == (4, 2)
    out = capsys.readouterr().out
    assert ("false alarms an hour" if language == "en" else "誤報") in out
    assert ("streams as they happened" if language == "en" else "実際の時間順") in out
    assert ("What people find who check readings" if language == "en" else "確認で見つかる誤り") in html


def test_costs_of_the_site_choose_the_checks_and_a_gap_ends_a_run(tiny_bundle):
    neutral, sad = LABELS.index("neutral"), LABELS.index("sad")
    row = np.full(6, 0.01, np.float32)
    row[[neutral, sad]] = 0.4, 0.56
    alone = replace(take("neutral", at=0.0).predictions[0], probabilities=row)
    rules = asked_at(tiny_bundle, Site()).rules
    times = [float(second + gap) for gap in (0, 1000) for second in range(100)]
    track = PersonStream("anna", tuple(replace(alone, time=t) for t in times), np.full(200, neutral))
    equal, dear = (
        checked([track], LABELS, rules, 4, costs)[2]["asked"]
        for costs in (Costs(1.0, 1.0), Costs(1000.0, 1.0))
    )
    assert equal == 2 / 200  # one before the gap and one after it
    assert dear < equal  # a false alarm is worth nothing beside a miss


def test_recordings_that_allow_no_kpis_are_scored_all_the_same(
    voices, tiny_bundle, tmp_path, monkeypatch, capsys
):
    label(voices, ["file_name", "emotion"], [["anna-sad.wav", "sad"], ["ben-happy.wav", "happy"]])
    numbers, page = tmp_path / "kpi.json", tmp_path / "kpi.html"
    assert run(monkeypatch, "evaluate", tiny_bundle.folder, voices, "--json", numbers) == 0
    assert (
        "no KPIs: no stream can be made: each of the 2 people shows a single label" in capsys.readouterr().err
    )
    found = json.loads(numbers.read_text())
    assert (found["n"], found["kpi"]) == (2, None)
    assert run(monkeypatch, "evaluate", tiny_bundle.folder, voices, "--report", page) == 1
    assert not page.exists()


def test_a_report_goes_with_the_fusion_alone(voices, tiny_bundle, tmp_path, monkeypatch, capsys):
    words = ("evaluate", tiny_bundle.folder, voices, "--report", tmp_path / "x.html", "--modality", "audio")
    assert run(monkeypatch, *words) == 2
    assert "--report goes with the fused modality" in capsys.readouterr().err
