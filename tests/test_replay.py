"""`edge replay`: past runs as panels and films."""

import dataclasses
import json
import re
import time
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from panels import minute, read, state

from edge import replay as replay_module
from edge.cli import main as cli
from edge.config import Site
from edge.display.panel import palette
from edge.display.panel.layout import FULL
from edge.errors import InputError
from edge.items import Reading
from edge.replay import last_run, replay
from edge.sinks.files.jsonl import JsonLines, record
from edge.starter_labels import STARTER as LABELS


@pytest.fixture
def past(tmp_path):
    """A file of two runs: 5 s of another source, then a minute."""
    path = tmp_path / "readings.jsonl"
    with JsonLines(path, LABELS) as sink:
        for second in range(1, 6):
            sink.write(read(second, "angry", source="first.mp4"))
        for reading in minute():
            sink.write(reading)
    return path


def saved(path):
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def count(image, area, colour):
    left, top, width, height = area
    return int((image[top : top + height, left : left + width] == np.array(colour)).all(axis=2).sum())


def test_of_two_runs_at_once_the_one_that_wrote_last_is_shown(tmp_path):
    path = tmp_path / "out.jsonl"
    with JsonLines(path, LABELS) as one, JsonLines(path, LABELS) as other:
        for second in range(1, 6):
            one.write(Reading(float(second), "no_face", "live"))
            other.write(Reading(100.0 + second, "no_face", "live"))
    assert [reading.time for reading, _ in last_run(path, None)] == [101, 102, 103, 104, 105]


def test_the_last_run_comes_back_as_it_was_written(past):
    run = last_run(past, None)
    assert [record(reading, LABELS) | {"wall_time": ""} for reading, _ in run] == [
        record(reading, LABELS) | {"wall_time": ""} for reading in minute()
    ]
    assert all(labels in (LABELS, ()) for _, labels in run)
    assert [reading.label for reading, _ in last_run(past, "first.mp4")] == ["angry"] * 5


@pytest.mark.parametrize(("at", "label"), [(None, "happy"), (15.0, "neutral"), (23.0, None), (39.0, None)])
def test_a_panel_of_any_second(past, tmp_path, at, label):
    replay(past, Site(), tmp_path / "panel.png", at)
    image = saved(tmp_path / "panel.png")
    assert image.shape == (720, 1280, 3)
    for index, name in enumerate(LABELS):
        assert (count(image, FULL.headline, palette.label_colour(index)) > 3000) == (name == label)


def test_the_recording_s_pictures_and_the_bundle_s_name(past, tmp_path, write_clip, tiny_bundle):
    clip = write_clip("clip.mp4", np.full((180, 320, 3), 220, np.uint8), seconds=2.0)
    replay(past, Site(), tmp_path / "without.png", 4.0)
    replay(past, Site(source=clip, bundle=tiny_bundle.folder), tmp_path / "with.png", 4.0)
    replay(past, Site(source=clip, bundle=tiny_bundle.folder), tmp_path / "later.png", None)
    without, shown = saved(tmp_path / "without.png"), saved(tmp_path / "with.png")
    left, top, width, height = FULL.picture
    assert shown[top : top + height, left : left + width].mean() > 200 > without.mean()
    assert (shown[:45, 90:300] != without[:45, 90:300]).any()
    later = saved(tmp_path / "later.png")[top : top + height, left : left + width]
    assert later.mean() < 50  # the pictures were over long before


class Shown:
    """In place of the window: what came, when, and how it ended."""

    def __init__(self, setup, look, full_screen, *, quit, gone):
        self.quit, self.found = quit, []
        shown.append(self)

    def __enter__(self):
        self.began = time.monotonic()
        return self

    def __exit__(self, *_):
        pass

    def write(self, reading):
        self.found.append((time.monotonic() - self.began, reading.time))
        if reading.label == "angry":
            self.quit()

    def end(self):
        self.found.append("end")

    def wait(self):
        self.found.append("wait")


ROOT = Path(__file__).parents[1]
shown = []


@pytest.fixture
def window(monkeypatch):
    """Fake windows, in the order they were opened."""
    shown.clear()
    monkeypatch.setattr(replay_module, "Screen", Shown)
    monkeypatch.setattr(replay_module, "has_screen", lambda: True)
    return shown


def live(path, *readings):
    with JsonLines(path, LABELS) as sink:
        for reading in readings:
            sink.write(reading)
    return path


@pytest.mark.parametrize("began", [0.0, 81001.0])
def test_a_window_begins_at_once_keeps_the_pace_and_holds_the_end(tmp_path, window, began):
    path = live(tmp_path / "r.jsonl", *(read(began + late, source="live") for late in (0.0, 0.1, 0.4)))
    replay(path, Site(), None, None)
    *readings, end, wait = window[0].found
    assert [moment for _, moment in readings] == pytest.approx([began, began + 0.1, began + 0.4])
    assert all(
        due - 0.02 <= late < due + 1.0 for (late, _), due in zip(readings, (0.0, 0.1, 0.4), strict=True)
    )
    assert (end, wait) == ("end", "wait")


def test_q_ends_it_before_its_end(tmp_path, window):
    path = live(tmp_path / "r.jsonl", read(1.0), read(1.1, "angry"), read(500.0))
    replay(path, Site(), None, None)
    assert [moment for _, moment in window[0].found] == [1.0, 1.1]


@pytest.mark.parametrize(
    ("times", "kept"),
    [
        (([81001, 81002, 81003], [81010, 81011]), 3),  # started again within a boot
        (([81001, 81002], [84601, 84602]), 3),  # an hour later
        (([81001, 81002], [12, 13]), 3),  # another boot
        (([81001, 81002],), 3),
    ],
)
def test_each_live_run_of_a_file_is_one(tmp_path, times, kept):
    path = tmp_path / "r.jsonl"
    for run in times:
        first = dataclasses.replace(state(run[0] - 1, "warming_up"), source="live")
        live(path, first, *(read(moment, source="live") for moment in run))
    assert [reading.time for reading, _ in last_run(path, None)] == [times[-1][0] - 1, *times[-1]]
    assert len(last_run(path, "live")) == kept


def test_silence_and_rest_are_no_new_run(tmp_path):
    path = tmp_path / "r.jsonl"
    states = (dataclasses.replace(state(81000 + 4 * i, "no_signal"), source="live") for i in range(100))
    live(path, *states)
    assert len(last_run(path, None)) == 100
    live(path, read(81500.0, source="live"))  # the file could not be written for longer
    assert len(last_run(path, None)) == 1
    clip = live(tmp_path / "clip.jsonl", read(1.0), read(100.0))  # a recording may have a hole
    assert len(last_run(clip, None)) == 2


def test_a_film(past, tmp_path):
    with JsonLines(past, LABELS) as sink:
        for second, label in ((1, "sad"), (2, "sad"), (3, "happy")):
            sink.write(read(second, label, source="short.mp4"))
    replay(past, Site(), tmp_path / "run.mp4", None)
    with av.open(str(tmp_path / "run.mp4")) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert frames[0].shape == (720, 1280, 3)
    assert abs(len(frames) - 15 * 2) <= 1
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() > 1.0


def line(**changes):
    return json.dumps(record(read(2), LABELS) | changes)


SHARES = dict.fromkeys(LABELS, 0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("{", "cut short or damaged"),
        ('{"time": 1}', "probabilities is missing"),
        (line(state="bored"), 'unknown state "bored"'),
        (json.dumps(record(state(2, "no_face"), LABELS) | {"label": "calm"}), 'no probability of "calm"'),
        ("[]", "cut short or damaged"),
        ("[" * 100_000, "cut short or damaged"),
        (line(probabilities=SHARES | {"sad": float("nan")}), r"probabilities sad: NaN is not in 0\.\.1"),
        (line(probabilities=SHARES | {"happy": 50}), r"probabilities happy: 50 is not in 0\.\.1"),
        (line(probabilities=[0.1] * 6), "probabilities: .* are not numbers by name"),
        (line(probabilities=SHARES | {"sad": [0.1]}), r"probabilities sad: \[0\.1\] is not a number"),
        (line(margin=float("inf")), "margin: Infinity is not in"),
        (line(margin=-0.1), "margin: -0.1 is not in"),
        (line(time=float("-inf")), "time: -Infinity is not in"),
        (line(time=10**400), "time: 1000.* is not in"),
        (line(time=None), "time: null is not a number"),
        (line(votes=2).replace('"votes": 2', '"votes": 1e400'), "votes: Infinity is not in"),
        (line(votes="2"), 'votes: "2" is not a number'),
        (line(delay_ms=float("nan")), "delay_ms: NaN is not in"),
        (line(person=[1]), r"person: \[1\] is not a whole number"),
        (line(person=True), "person: true is not a whole"),
        (line(weights={"audio": "x"}), 'weights audio: "x" is not a number'),
        (line(weights={"audio": None}), "weights audio: null"),
        (line(weights=None), "weights: null are not"),
        (line(candidates=None), "wrong kind"),
        (line(candidates=[["sad"]]), "wrong kind"),
    ],
)
def test_what_is_no_reading_is_named_and_passed_over(tmp_path, change, message):
    path = tmp_path / "readings.jsonl"
    whole = [json.dumps(record(read(second), LABELS)) for second in (1, 3)]
    path.write_text(f"{whole[0]}\n{change}\n{whole[1]}\n")
    told = []
    assert [reading.time for reading, _ in last_run(path, None, told.append)] == [1, 3]
    (said,) = told
    assert re.search(message, said)
    assert said.startswith(f"{path} line 2 is no reading (")
    assert "\n" not in said
    assert len(said) < len(str(path)) + 200
    path.write_text(f"\n{change}\n{change}\n")
    with pytest.raises(InputError, match=message) as refused:
        last_run(path, None)
    assert str(refused.value).startswith(f"{path} line 2 is no reading (")


@pytest.mark.parametrize(
    "end", [b'{"wall_time": "2026', b"\0" * 300, b"\xe6\x97", b"x" * 3_000_000, b'{"time": 1}\r\n{"a']
)
def test_a_torn_end_costs_that_line_alone(tmp_path, end):
    path = tmp_path / "readings.jsonl"
    whole = "".join(json.dumps(record(read(second), LABELS)) + "\r\n" for second in (1, 2, 3))
    path.write_bytes(b"\xef\xbb\xbf" + whole.encode() + end)
    told = []
    assert [reading.time for reading, _ in last_run(path, None, told.append)] == [1, 2, 3]
    assert len(told) == 1
    assert "line 4" in told[0]
    assert ("and 1 more" in told[0]) == (b"\n" in end)


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x1e", "\r", "\udc85"])
def test_only_a_newline_ends_a_line(tmp_path, mark):
    path = tmp_path / "readings.jsonl"
    with JsonLines(path, LABELS) as sink:
        sink.write(read(1, source=f"a{mark}b.mp4"))
        sink.write(read(2, source=f"a{mark}b.mp4"))
    told = []
    assert len(last_run(path, f"a{mark}b.mp4", told.append)) == 2
    assert told == []


def test_whole_numbers_do_as_well(tmp_path):
    path = tmp_path / "readings.jsonl"
    path.write_text(line(time=2, margin=1, delay_ms=0, person=3, weights={"audio": 1}) + "\n")
    ((reading, _),) = last_run(path, None)
    assert (reading.time, reading.margin, reading.person, reading.weights) == (2.0, 1.0, 3, {"audio": 1.0})


def test_other_wrong_uses_are_one_line(past, tmp_path, tiny_bundle, monkeypatch):
    (tmp_path / "empty.jsonl").touch()
    for arguments, message in (
        ((tmp_path / "no.jsonl", Site(), None, None), "cannot be read"),
        ((tmp_path / "empty.jsonl", Site(), None, None), "holds no reading; give another"),
        ((past, Site(source=tmp_path / "x.mp4"), None, None), r"no reading of x\.mp4"),
        ((past, Site(), tmp_path / "a.gif", None), "neither .png nor .mp4"),
        ((past, Site(), past, None), "is one of the files to read"),
        ((past, Site(), tmp_path / "no" / "a.png", None), "cannot be written"),
        ((past, Site(), tmp_path / "no" / "a.mp4", None), "cannot be written"),
        ((past, Site(), None, None), "no screen to replay on; give --save"),
    ):
        with pytest.raises(InputError, match=message):
            replay(*arguments)
    strange = tmp_path / "strange.jsonl"
    line = record(read(1), LABELS) | {"probabilities": {"calm": 1.0}, "label": "calm", "candidates": ["calm"]}
    strange.write_text(json.dumps(line) + "\n")
    with pytest.raises(InputError, match="has the labels calm, not neutral"):
        replay(strange, Site(bundle=tiny_bundle.folder), tmp_path / "a.png", None)
    replay(strange, Site(), tmp_path / "a.png", None)


def test_the_verb(past, tmp_path, capsys, monkeypatch):
    out = tmp_path / "panel.png"
    monkeypatch.setattr("sys.argv", ["edge", "replay", str(past), "--save", str(out), "--lang", "ja"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code in (0, None)
    assert capsys.readouterr().out == f"{out} に保存しました\n"
    replay(past, Site.model_validate({"display": {"language": "ja"}}), tmp_path / "same.png", None)
    assert out.read_bytes() == (tmp_path / "same.png").read_bytes()


def test_a_name_that_is_no_text_is_shown_all_the_same(tmp_path):
    path = tmp_path / "readings.jsonl"
    with JsonLines(path, LABELS) as sink:
        sink.write(read(1, source="\udc83\udc65\x1b.mp4"))
    replay(path, Site(), tmp_path / "panel.png", None)
    assert (tmp_path / "panel.png").stat().st_size > 10_000
