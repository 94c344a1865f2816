"""Everybody in view is read: each by the own face, by the voice only who is alone, each with an own vote."""

import csv
import json

import cv2
import numpy as np
import pytest
from panels import read, state
from test_pipeline import FACE, Follower, Kept, SpeechMeter, build, merged, pictures, sound  # noqa: F401

from edge.app import Reader
from edge.config import Site
from edge.display.panel.layout import FULL
from edge.display.panel.panel import draw
from edge.display.view import PanelState, Setup, ViewOptions
from edge.items import Face, Frame
from edge.perception.faces import FaceFollower
from edge.reading.confidence import Checks
from edge.sinks.files.jsonl import JsonLines
from edge.sources.recorded.recording import RecordingSource

OTHER = Face(left=60, top=12, width=30, height=30, score=0.9)


class Crowd(Follower):
    """Faces by the time of the picture."""

    def __init__(self, faces):
        super().__init__()
        self.faces = faces

    def follow(self, frame):
        self.given.append(frame.time)
        return self.faces(frame.time)


def test_two_people_are_read_by_their_faces_and_one_by_the_voice_too(build):  # noqa: F811
    def faces(time):
        return {1: FACE} if time < 4.0 or time >= 8.0 else {1: FACE, 2: OTHER}

    sink = Kept()
    summary = build(follower=Crowd(faces)).run(merged(sound(14), pictures(14)), "hall", [sink])
    shown = {}
    for reading in sink.readings[1:]:
        shown.setdefault(reading.time, {})[reading.person] = reading
    assert all(set(shown[time]) == {1} for time in (2, 3, 4, 13, 14))
    assert all(set(shown[time]) == {1, 2} for time in range(5, 12))
    assert all(set(shown[time][1].weights) == {"audio", "vision"} for time in (2, 3, 4, 13, 14))
    assert all(set(r.weights) == {"vision"} for time in range(5, 12) for r in shown[time].values())
    # Each votes alone: the second one begins when coming in.
    votes = [[shown[time][person].votes for time in range(first, 9)] for person, first in ((2, 5), (1, 2))]
    assert [own[:2] for own in votes] == [[1, 2]] * 2
    assert all(own == sorted(own) for own in votes)
    assert votes[0][-1] < votes[1][-1]
    assert summary.labels.total() == len(sink.readings) - 1


def test_what_one_person_shows_does_not_move_the_vote_of_another(build):  # noqa: F811
    def alone(time):
        return {1: FACE}

    def both(time):
        return {1: FACE, 2: OTHER}

    kept = []
    for faces in (alone, both):
        kept.append(Kept())
        build(follower=Crowd(faces)).run(pictures(8), "hall", [kept[-1]])
    one, of_two = ([r for r in sink.readings if r.person == 1] for sink in kept)
    assert len(one) == len(of_two) == 7
    for reading, other in zip(one, of_two, strict=True):
        # But for the site's prior, which moves a little with everybody who is met.
        np.testing.assert_allclose(reading.probabilities, other.probabilities, atol=0.01)
        assert (reading.label, reading.votes, reading.held) == (other.label, other.votes, other.held)


def test_a_voice_without_a_face_is_nobody_s(build):  # noqa: F811
    sink = Kept()
    build(follower=Crowd(lambda time: {})).run(merged(sound(4), pictures(4)), "hall", [sink])
    assert {reading.person for reading in sink.readings} == {None}
    assert set(sink.readings[-1].weights) == {"audio"}
    sink = Kept()
    build(SpeechMeter(seconds=0.0), Crowd(lambda time: {})).run(pictures(4), "hall", [sink])
    assert set(sink.states[1:]) == {"no_face"}


def test_who_left_is_forgotten(build):  # noqa: F811
    pipeline = build(follower=Crowd(lambda time: {round(10 * time): FACE}))
    pipeline.run(pictures(40), "passers-by", [])
    forgotten_s = pipeline._rules.settings.memory_s
    assert len(pipeline._memories) < 5 * (forgotten_s + 5)
    assert len(pipeline._stages.encoders._seen) <= 8


def test_the_daily_limit_is_one_for_all(build):  # noqa: F811
    pipeline = build(
        follower=Crowd(lambda time: {1: FACE, 2: OTHER}),
        checks=Checks(1, threshold=0.0),
    )
    sink = Kept()
    pipeline.run(pictures(8), "hall", [sink])
    states = {who: [r.state for r in sink.readings if r.person == who] for who in (1, 2)}
    assert states == {1: 4 * ["needs_check"] + 3 * ["reading"], 2: 7 * ["reading"]}


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    """Five real people filmed by a camera that moves, the last seconds without those on the left."""
    from conftest import MEDIA

    if not MEDIA.is_dir():
        pytest.skip("needs the real recordings")
    import av

    with RecordingSource(MEDIA / "multi_face.jpg", 16000) as source:
        (frame,) = source
    image = cv2.resize(frame.image, None, fx=640 / frame.image.shape[1], fy=640 / frame.image.shape[1])
    high, wide = (side // 2 * 2 for side in image.shape[:2])
    path = tmp_path_factory.mktemp("walk") / "walk.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=10, width=wide, height=high)
        video.pix_fmt = "yuv420p"
        for step in range(60):
            moved = np.float32([[1, 0, 12 * np.sin(step / 6)], [0, 1, 6 * np.cos(step / 5)]])
            shown = cv2.warpAffine(image, moved, (wide, high), borderMode=cv2.BORDER_REPLICATE)
            for packet in video.encode(av.VideoFrame.from_ndarray(shown, "rgb24")):
                container.mux(packet)
        for packet in video.encode(None):
            container.mux(packet)
    return path


def test_five_real_people_keep_their_numbers(walk):
    from edge.app import starter_bundle

    follower = FaceFollower(starter_bundle() / "face_detector.onnx", "all")
    with RecordingSource(walk, 16000) as source:
        found = [follower.follow(frame) for frame in source if isinstance(frame, Frame)][::5]
    assert all(set(faces) == {1, 2, 3, 4, 5} for faces in found)
    for number in range(1, 6):
        lefts = [faces[number].left for faces in found]
        assert max(lefts) - min(lefts) < 60


def test_everybody_in_a_recording_is_written(walk, tiny_bundle, tmp_path):
    out = tmp_path / "out.jsonl"
    with (
        Reader(Site(bundle=tiny_bundle.folder, backend="onnxrt", faces="all")) as reader,
        JsonLines(out, reader.bundle.manifest.labels) as sink,
    ):
        reader.read(walk, [sink])
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert lines[0]["person"] is None  # warming up
    for time in (2.0, 3.0, 4.0, 5.0):
        assert [line["person"] for line in lines if line["time"] == time] == [1, 2, 3, 4, 5]
    last = {line["person"]: line for line in lines if line["time"] == lines[-1]["time"]}
    assert {line["votes"] for line in last.values()} <= {4, 5}
    assert len({tuple(line["probabilities"].values()) for line in last.values()}) == 5


@pytest.mark.parametrize(
    ("name", "people"), [("single_face.mp4", {1}), ("no_face.mp4", set()), ("ravdess-01-neutral.mp4", {1})]
)
def test_real_recordings_of_one_and_of_nobody(media, tiny_bundle, name, people):
    sink = Kept()
    with Reader(Site(bundle=tiny_bundle.folder, backend="onnxrt", faces="all")) as reader:
        reader.pipeline().run(_cut(media / name, 4.0), name, [sink])
    assert {reading.person for reading in sink.readings[1:]} - {None} == people
    if name.startswith("ravdess"):
        assert set(sink.readings[-1].weights) == {"audio", "vision"}


def _cut(path, seconds):
    with RecordingSource(path, 16000) as source:
        for item in source:
            if getattr(item, "time", 0.0) > seconds:
                return
            yield item


def test_a_line_of_csv_names_the_person(tmp_path):
    from edge.sections import LogSettings
    from edge.sinks.files.log import Log
    from edge.starter_labels import STARTER as LABELS

    with Log(LogSettings(folder=tmp_path, format="csv"), LABELS) as log:
        log.write(read(1, person=2))
        log.write(read(1))
    (path,) = tmp_path.iterdir()
    assert [row["person"] for row in csv.DictReader(path.read_text().splitlines())] == ["2", ""]


def shown(*readings, faces=None):
    board = PanelState(Setup(hop_s=1.0))
    for reading in readings:
        board.write(reading)
    board.see(Frame(60.0, np.full((360, 640, 3), 90, np.uint8)), faces or {})
    return board.view(ViewOptions())


def test_the_panel_follows_one_person_until_they_are_gone():
    first = [read(t, person=p, label=label) for t in (1, 2) for p, label in ((1, "sad"), (2, "happy"))]
    view = shown(*first)
    assert view.current.person == 1
    assert {p: r.label for p, r in view.others.items()} == {1: "sad", 2: "happy"}
    view = shown(*first, read(3, person=2))
    assert (view.current.person, view.current.time) == (1, 2)  # a blink is nothing
    view = shown(*first, read(3, person=2), read(4, person=2))
    assert [r.time for r in view.readings] == [1, 2, 3, 4]
    assert view.current.person == 2
    view = shown(*first, read(3, person=2), read(4, person=2), read(5, person=1), read(5, person=2))
    assert view.current.person == 2
    # What is said of nobody is on the timeline too.
    view = shown(*first, state(3, "no_face"))
    assert view.current.state == "no_face"


def test_each_face_on_the_panel_has_its_number_and_label():
    faces = {1: Face(60, 100, 90, 110, 0.9), 2: Face(400, 80, 100, 120, 0.9)}
    readings = [read(60, person=1, label="sad"), read(60, person=2, label="happy")]
    left, top, width, height = FULL.picture
    panel = draw(shown(*readings, faces=faces))
    other = draw(shown(*readings, faces={1: faces[2], 2: faces[1]}))
    area = (slice(top, top + height), slice(left, left + width))
    differs = (panel[area] != other[area]).any(axis=2)
    assert differs[:, :280].any()
    assert differs[:, 280:].any()
    # The same label of another person: only the number in the headline is another.
    one, two = (draw(shown(read(60, person=person))) for person in (1, 2))
    left, top, width, height = FULL.headline
    assert (one[top : top + 40, left : left + width] != two[top : top + 40, left : left + width]).any()
    assert (one[top + 40 :, :] == two[top + 40 :, :]).all()
