"""`edge replay`: past runs as panels and films."""

import json

import av
import cv2
import numpy as np
import pytest
from panels import minute, read, state

from edge import cli
from edge.config import Site
from edge.display import palette
from edge.display.panel import HEADLINE, PICTURE
from edge.errors import InputError
from edge.items import LABELS
from edge.replay import last_run, replay
from edge.sinks.jsonl import JsonLines, record


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
        assert (count(image, HEADLINE, palette.label_colour(index)) > 3000) == (name == label)


def test_the_recording_s_pictures_and_the_bundle_s_name(past, tmp_path, write_clip, tiny_bundle):
    clip = write_clip("clip.mp4", np.full((180, 320, 3), 220, np.uint8), seconds=2.0)
    replay(past, Site(), tmp_path / "without.png", None)
    replay(past, Site(source=clip, bundle=tiny_bundle.folder), tmp_path / "with.png", None)
    without, shown = saved(tmp_path / "without.png"), saved(tmp_path / "with.png")
    left, top, width, height = PICTURE
    assert shown[top : top + height, left : left + width].mean() > 200 > without.mean()
    assert (shown[:45, 90:300] != without[:45, 90:300]).any()


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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("{", "line 2 is no reading"),
        ('{"time": 1}', "line 2 is no reading"),
        (json.dumps(record(state(2, "no_face"), LABELS) | {"state": "bored"}), "state 'bored'"),
        (json.dumps(record(state(2, "no_face"), LABELS) | {"label": "calm"}), "no probability of 'calm'"),
        ("[]", "line 2 is no reading"),
    ],
)
def test_what_is_no_reading_is_named(tmp_path, change, message):
    path = tmp_path / "readings.jsonl"
    path.write_text(json.dumps(record(read(1), LABELS)) + "\n" + change + "\n")
    with pytest.raises(InputError, match=message):
        last_run(path, None)


def test_other_wrong_uses_are_one_line(past, tmp_path, tiny_bundle, monkeypatch):
    (tmp_path / "empty.jsonl").touch()
    for arguments, message in (
        ((tmp_path / "no.jsonl", Site(), None, None), "cannot be read"),
        ((tmp_path / "empty.jsonl", Site(), None, None), "holds no reading; give another"),
        ((past, Site(source=tmp_path / "x.mp4"), None, None), r"no reading of x\.mp4"),
        ((past, Site(), tmp_path / "a.gif", None), "neither .png nor .mp4"),
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
