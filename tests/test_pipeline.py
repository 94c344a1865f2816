"""The wiring: items in, readings and states out."""

import datetime
import time
import types
from dataclasses import replace

import numpy as np
import pytest

from edge.app import Reader
from edge.bundle.manifest import VotingSettings
from edge.config import Site
from edge.errors import MediaError
from edge.items import AudioChunk, Face, Frame, Transcript, Window
from edge.perception.speech import Speech
from edge.reading.alarm import Alarms, OperatingPoint
from edge.reading.confidence import Checks, Costs
from edge.reading.encoders import Encoders
from edge.reading.fusion import Fusion
from edge.reading.pipeline import Pipeline
from edge.reading.stages import Stages
from edge.reading.stopwatch import Stopwatch
from edge.reading.voting import Rules
from edge.reading.windows import Windower

RATE = 16000
FACE = Face(left=20, top=10, width=40, height=40, score=0.8)


class Kept:
    """A sink that keeps what it is given."""

    def __init__(self, seconds=0.0):
        self.readings, self.seconds = [], seconds

    def write(self, reading):
        time.sleep(self.seconds)
        self.readings.append(reading)

    @property
    def states(self):
        return [reading.state for reading in self.readings]


class SpeechMeter:
    def __init__(self, seconds=2.0, snr=20.0, loud=False):
        self.speech, self.given = Speech(seconds, snr, -60.0, loud), []

    def measure(self, samples, start, rate):
        self.given.append((start, rate))
        return self.speech


class Follower:
    unread = {}  # noqa: RUF012

    def __init__(self, face=FACE):
        self.face, self.given = face, []

    def follow(self, frame):
        self.given.append(frame.time)
        return {None: self.face} if self.face else {}


@pytest.fixture
def build(tiny_bundle, engines, tokenizer):
    def build(speech_meter=None, follower=None, **options):
        manifest = tiny_bundle.manifest.model_copy(update=options.pop("manifest", {}))
        return Pipeline(
            manifest,
            Rules.of(manifest),
            Stages(
                Windower(manifest.window_s, manifest.hop_s, manifest.audio.rate, manifest.vision.faces),
                speech_meter or SpeechMeter(),
                follower or Follower(),
                Encoders(manifest, engines, tokenizer, options.get("stopwatch")),
                Fusion(manifest, engines["fusion"], options.get("stopwatch")),
                options.pop("transcripts", None),
                alarms=options.pop("alarms", Alarms((), lambda: None)),
            ),
            **options,
        )

    return build


def sound(seconds, start=0.0, step=0.25):
    rng = np.random.default_rng(1)
    count = round(seconds / step)
    return [
        AudioChunk(start + i * step, RATE, (0.1 * rng.standard_normal(round(step * RATE))).astype(np.float32))
        for i in range(count)
    ]


def pictures(seconds, start=0.0, light=120):
    rng = np.random.default_rng(2)
    image = np.clip(rng.normal(light, light / 4 + 1, (72, 96, 3)), 0, 255).astype(np.uint8)
    return [Frame(start + i / 5, image) for i in range(round(5 * seconds))]


def merged(*tracks):
    items = [item for track in tracks for item in track]
    return sorted(items, key=lambda item: item.time if isinstance(item, Frame) else item.start)


def test_one_reading_a_second_after_the_warm_up(build):
    sink = Kept()
    summary = build().run(merged(sound(6), pictures(6)), "clip", [sink])
    assert [reading.time for reading in sink.readings] == [1, 2, 3, 4, 5, 6]
    assert sink.states[0] == "warming_up"
    assert set(sink.states[1:]) <= {"reading", "needs_check"}
    votes = [reading.votes for reading in sink.readings]
    assert votes[:3] == [0, 1, 2]
    assert votes == sorted(votes)
    assert votes[-1] <= 5
    assert summary.states.total() == 6
    assert summary.labels.total() == 5
    last = sink.readings[-1]
    assert last.source == "clip"
    assert last.label in ("neutral", "angry", "happy", "sad", "worried", "surprise")
    assert last.candidates[0] == last.label or last.held
    assert set(last.weights) == {"audio", "vision"}
    assert last.delay_ms > 0
    assert sink.readings[0].label is None
    assert sink.readings[0].probabilities is None


def test_a_source_that_ends_before_the_warm_up_is_read_at_its_end(build):
    sink = Kept()
    build().run(pictures(0.2), "picture", [sink])
    assert sink.states in (["reading"], ["needs_check"])


@pytest.mark.parametrize(
    ("items", "speech_meter", "follower", "state"),
    [
        (sound(4), SpeechMeter(seconds=0.1), Follower(), "no_speech"),
        (merged(sound(4), pictures(4)), SpeechMeter(seconds=0.0), Follower(None), "no_speech"),
        (pictures(4), SpeechMeter(), Follower(None), "no_face"),
        (pictures(4, light=3), SpeechMeter(), Follower(None), "dark"),
        (merged(sound(4), pictures(4, light=3)), SpeechMeter(seconds=0.0), Follower(None), "dark"),
        (sound(4), SpeechMeter(seconds=2.0, loud=True), Follower(), "loud"),
        (merged(sound(4), pictures(4)), SpeechMeter(seconds=0.0, loud=True), Follower(None), "loud"),
    ],
    ids=["sound only", "sound and pictures", "pictures only", "dark", "dark with sound", "drowned", "loud"],
)
def test_without_speech_or_face_there_is_a_state_and_no_emotion(build, items, speech_meter, follower, state):
    sink = Kept()
    summary = build(speech_meter, follower).run(items, "clip", [sink])
    assert sink.states[0] == "warming_up"
    assert set(sink.states[1:]) == {state}
    assert all(reading.label is None and reading.probabilities is None for reading in sink.readings)
    assert not summary.labels


def test_sound_without_speech_does_not_vote(build):
    sink = Kept()
    build(SpeechMeter(seconds=0.2)).run(merged(sound(4), pictures(4)), "clip", [sink])
    assert set(sink.readings[-1].weights) == {"vision"}


def test_drowned_speech_does_not_vote(build):
    sink = Kept()
    build(SpeechMeter(seconds=3.0, loud=True)).run(merged(sound(4), pictures(4)), "clip", [sink])
    assert set(sink.readings[-1].weights) == {"vision"}


class Transcripts:
    """Says one thing, heard some seconds before the window's end."""

    def __init__(self, age=0.0):
        self.age, self.given = age, []

    def transcribe(self, samples, start, rate):
        self.given.append((start, len(samples), rate))
        return Transcript("so happy", 0.8, start - self.age, start + 4.0 - self.age)


@pytest.mark.parametrize(
    ("age", "confidence"), [(0.0, 0.8), (1.0, 0.6), (4.0, None)], ids=["fresh", "older", "too old"]
)
def test_a_transcript_counts_for_as_much_of_the_window_as_it_covers(build, age, confidence):
    transcripts, sink = Transcripts(age), Kept()
    pipeline = build(transcripts=transcripts)
    pipeline.run(sound(4), "mic", [sink])
    assert transcripts.given == [(float(end - 4), 4 * RATE, RATE) for end in (2, 3, 4)]
    assert set(sink.readings[-1].weights) == ({"audio", "text"} if confidence else {"audio"})
    window, _ = pipeline._measure_sound(Window(0.0, 4.0, np.full(4 * RATE, 0.1, np.float32)))
    assert window.quality.transcript_confidence == pytest.approx(confidence or 0.0)


def test_without_speech_nothing_is_written_down(build):
    transcripts = Transcripts()
    build(SpeechMeter(seconds=0.0), transcripts=transcripts).run(
        merged(sound(4), pictures(4)), "mic", [Kept()]
    )
    assert not transcripts.given


def test_quality_reaches_the_networks(build, engines):
    class Fusing:
        engine = engines["fusion"]
        inputs = engine.inputs

        def run(self, inputs):
            self.given = inputs
            return self.engine.run(inputs)

    engines["fusion"] = fusing = Fusing()
    build(SpeechMeter(snr=30.0)).run(merged(sound(4), pictures(4)), "clip", [Kept()])
    np.testing.assert_allclose(fusing.given["quality"], [[0.75, 0.8, 0.0]], rtol=1e-5)


def test_each_frame_is_looked_at_once(build):
    follower, speech_meter = Follower(), SpeechMeter()
    build(speech_meter, follower).run(merged(sound(8), pictures(8)), "clip", [Kept()])
    assert len(follower.given) == len(set(follower.given))
    assert follower.given == sorted(follower.given)
    assert {rate for _, rate in speech_meter.given} == {RATE}


def test_each_picture_is_seen_at_once_with_the_face_found_last(build):
    seen = []
    build().run(
        merged(sound(3), pictures(3)), "clip", [Kept()], lambda frame, faces: seen.append((frame, faces))
    )
    assert [frame.time for frame, _ in seen] == [frame.time for frame in pictures(3)]
    assert seen[0][1] == {}  # no window was read yet
    assert seen[-1][1] == {None: FACE}


def test_an_unsure_reading_needs_a_check_once_in_its_run(build, engines):
    engines["fusion"] = Sure(engines["fusion"], (0.0,) * 6)
    sink = Kept()
    build(manifest={"conformal_threshold": {"fused": (1e-6,) * 6}}).run(pictures(12), "clip", [sink])
    assert sink.states == ["warming_up"] + 4 * ["needs_check"] + 7 * ["reading"]  # for as long as a window
    assert {reading.label for reading in sink.readings[1:]} == {"neutral"}
    assert {len(reading.candidates) for reading in sink.readings[1:]} == {6}


def test_a_sure_reading_needs_no_check_however_many_labels_its_set_holds(build, engines):
    engines["fusion"] = Sure(engines["fusion"], (30.0, 0, 0, 0, 0, 0))
    sink = Kept()
    voting = VotingSettings(events={"happy": 0.0}, margin=1.0, temperature=0.5)
    options = {"voting": voting, "conformal_threshold": {"fused": (0.0,) * 6}}
    build(manifest=options).run(pictures(12), "clip", [sink])
    assert sink.states == ["warming_up"] + 11 * ["reading"]
    assert len(sink.readings[-1].candidates) == 6


def test_what_a_check_is_worth_goes_by_the_costs_of_the_site(build, engines):
    logits = (0.0, -9, -9, 1.2, -9, -9)  # sad, or nothing at all
    found = {}
    for costs in (Costs(1.0, 1.0), Costs(10.0, 1.0)):
        engines["fusion"] = Sure(engines["fusion"], logits)
        checks = Checks(costs=costs)
        checks.threshold = 0.1
        (reading,) = build(checks=checks).read(Window(0.0, 4.0, None, (Frame(0.0, PICTURE),)))
        found[costs.miss] = reading.label, reading.state
    assert found == {
        1.0: ("sad", "needs_check"),
        10.0: ("sad", "reading"),
    }  # a false alarm is cheap beside a miss


def test_the_prediction_set_is_that_of_what_was_fused(build):
    wide, narrow = (1e-6,) * 6, (1.0,) * 6
    for given, sizes in (({"fused": narrow, "fused audio+vision": wide}, {6}), ({"fused": narrow}, {2})):
        sink = Kept()
        build(manifest={"conformal_threshold": given}).run(merged(sound(4), pictures(4)), "clip", [sink])
        read = [reading for reading in sink.readings if reading.candidates]
        assert {tuple(reading.weights) for reading in read} == {("audio", "vision")}
        assert {len(reading.candidates) for reading in read} == sizes


def test_the_prediction_set_is_that_of_votes_where_they_have_their_own(build):
    wide, narrow = (1e-6,) * 6, (1.0,) * 6
    for votes, size in (({"fused audio": wide}, 6), ({"fused": wide}, 2)):
        sink = Kept()
        given = {"conformal_threshold": {"fused": narrow}, "voted_threshold": votes}
        build(manifest=given).run(sound(4), "clip", [sink])
        assert {len(reading.candidates) for reading in sink.readings if reading.candidates} == {size}


def paced(items):
    """As a live device gives them."""
    began = time.monotonic()
    for item in items:
        time.sleep(max(0.0, began + item.start - time.monotonic()))
        yield item


def test_in_real_time_a_slow_reader_drops_windows_and_says_so(build):
    hop = {"hop_s": 0.05}
    items = sound(2, step=0.05)
    slow, quick = Kept(seconds=0.15), Kept()
    summary = build(manifest=hop, realtime=True).run(paced(items), "mic", [slow])
    assert summary.dropped > 10
    assert summary.dropped + len(slow.readings) == 40
    summary = build(manifest=hop, realtime=False).run(items, "file", [quick])
    assert summary.dropped == 0
    assert len(quick.readings) == 40


def test_stages_are_timed(build):
    stopwatch = Stopwatch()
    build(stopwatch=stopwatch).run(merged(sound(4), pictures(4)), "clip", [Kept()])
    assert {"speech detection", "face detection", "fusion engine", "voting", "whole window"} <= set(
        stopwatch.stages
    )
    assert len(stopwatch.stages["whole window"]) == 3


def test_a_window_alone_can_be_read(build, rng):
    samples = (0.1 * rng.standard_normal(4 * RATE)).astype(np.float32)
    (reading,) = build().read(Window(0.0, 4.0, samples, text="so happy"))
    assert set(reading.weights) == {"audio", "text"}


@pytest.mark.parametrize(
    ("name", "readings", "weights"),
    [
        ("WolfgangLanger_Pexels.mp4", 20, {"vision"}),
        ("ravdess-01-neutral.mp4", 3, {"audio", "vision"}),
        ("multi_face.jpg", 1, {"vision"}),
    ],
)
def test_real_recordings_from_end_to_end(tiny_bundle, media, name, readings, weights):
    sink = Kept()
    with Reader(Site(bundle=tiny_bundle.folder)) as reader:
        reader.read(media / name, [sink])
    assert len(sink.readings) == readings
    assert set(sink.readings[-1].weights) == weights


def test_a_real_recording_without_a_face(tiny_bundle, media):
    sink = Kept()
    with Reader(Site(bundle=tiny_bundle.folder)) as reader, pytest.raises(MediaError, match="no emotion"):
        reader.read(media / "no_face.mp4", [sink])
    assert set(sink.states) <= {"warming_up", "no_face", "no_speech"}


PICTURE = pictures(1)[0].image


class Sure:
    """A fusion engine that gives the same logits for every window."""

    def __init__(self, engine, logits):
        self.inputs, self.outputs, self.logits = engine.inputs, engine.outputs, np.array([logits], np.float32)

    def run(self, inputs):
        return {"logits": self.logits, "weights": np.full((1, 3), 1 / 3, np.float32)}


def test_the_prior_is_learned_and_checked_in_a_long_run(build, engines):
    engines["fusion"] = Sure(engines["fusion"], (3.0, 0, 0, 0, 0, 0))
    said = []
    pipeline = build(manifest={"confusion": {"fused vision": [[1 / 6] * 6] * 6}}, say=said.append)
    windows = [Window(start=t, end=t + 4.0, audio=None, frames=(Frame(t, PICTURE),)) for t in range(501)]
    first = [pipeline.read(window)[0].probabilities for window in windows[:499]]
    learned = np.array(pipeline._census.prior(pipeline._rules.site_prior))
    assert pipeline._census.gap is None
    assert learned[0] > 1 / 6
    assert first[400][0] > first[100][0]
    np.testing.assert_allclose(first[110], first[100], atol=0.01)  # it moves slowly
    last = [pipeline.read(window)[0].probabilities for window in windows[499:]][-1]
    assert pipeline._census.gap is not None
    assert last[0] > first[-1][0]


def test_checks_are_withheld_beyond_the_limit(build, engines):
    sink, said = Kept(), []
    flat = Sure(engines["fusion"], (0.0,) * 6)
    clear = Sure(engines["fusion"], (30.0, 0, 0, 0, 0, 0))
    engines["fusion"] = flat
    checks = Checks(1, threshold=0.0)
    pipeline = build(checks=checks, say=said.append)
    for start, engine in ((0, flat), (100, clear), (200, flat), (300, clear)):
        pipeline._stages.fusion._engine = engine
        sink.write(pipeline.read(Window(start, start + 4.0, None, (Frame(start, PICTURE),)))[0])
    assert sink.states == ["needs_check", "reading", "reading", "reading"]
    assert said == ["1 checks were asked for today, the limit; more are withheld"]
    assert checks.withheld == 1


def test_that_the_limit_is_used_up_is_said_each_day_anew(build, engines, monkeypatch):
    said, day = [], [1]

    class Date(datetime.date):
        @classmethod
        def today(cls):
            return cls(2026, 11, day[0])

    monkeypatch.setattr("edge.reading.pipeline.datetime", types.SimpleNamespace(date=Date))
    flat = Sure(engines["fusion"], (0.0,) * 6)
    clear = Sure(engines["fusion"], (30.0, 0, 0, 0, 0, 0))
    engines["fusion"] = flat
    checks = Checks(1)
    pipeline = build(checks=checks, say=said.append)
    for number in range(24):  # four checks a day are worth it
        day[0], checks.threshold = 1 + number // 8, 0.0
        pipeline._stages.fusion._engine = clear if number % 2 else flat
        start = 100.0 * number
        pipeline.read(Window(start, start + 4.0, None, (Frame(start, PICTURE),)))
    assert said == ["1 checks were asked for today, the limit; more are withheld"] * 3


def test_the_limit_is_one_for_all_recordings_of_a_day(tiny_copy, media, tmp_path):
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).write_bytes((media / "ravdess-01-neutral.mp4").read_bytes())
    sink, said = Kept(), []
    voting = {"temperature": 8.0}  # nothing is ever sure
    with Reader(Site(bundle=tiny_copy, checks_a_day=1, voting=voting), say=said.append) as reader:
        for name in ("a.mp4", "b.mp4"):
            reader._checks.threshold = 0.0  # all of it is worth a check
            summary = reader.read(tmp_path / name, [sink])
    asked = {reading.source for reading in sink.readings if reading.state == "needs_check"}
    assert asked == {"a.mp4"}
    assert summary.withheld == 1
    assert [line for line in said if "checks" in line] == [
        "1 checks were asked for today, the limit; more are withheld"
    ]


def test_a_held_label_that_was_ruled_out_is_worth_a_check(build, engines):
    happy, sad = Sure(engines["fusion"], (0, 0, 9, 0, 0, 0)), Sure(engines["fusion"], (0, 0, 0, 9.0, 0, 0))
    engines["fusion"] = happy
    pipeline = build(manifest={"conformal_threshold": {"fused": (0.4,) * 6}})
    held = VotingSettings(dwell_s=5.0, margin=0.05, events={})
    pipeline._rules = replace(pipeline._rules, settings=held)
    found = []
    for start in range(6):
        pipeline._stages.fusion._engine = happy if start < 2 else sad
        found += pipeline.read(Window(start, start + 4.0, None, (Frame(start, PICTURE),)))
    ruled_out = [reading for reading in found if reading.label not in reading.candidates]
    assert ruled_out
    assert {reading.state for reading in ruled_out} == {"needs_check"}


def test_an_alarm_is_up_from_its_threshold_on_and_holds_over_a_pause(build):
    settings = VotingSettings(tau_s=1.0)
    point = [OperatingPoint(0.0)]
    speech_meter, sink = SpeechMeter(), Kept()
    pipeline = build(
        speech_meter,
        Follower(None),
        manifest={"voting": settings},
        alarms=Alarms([1, 3, 4], lambda: point[0]),
    )
    for now in range(1, 12):
        if now == 3:
            speech_meter.speech = Speech(0.0, 0.0, -60.0, False)
        found = pipeline.read(Window(now - 4.0, float(now), np.ones(4 * RATE, np.float32)))
        sink.readings += found
    assert [(r.label is not None, r.alarm) for r in sink.readings] == [
        *[(True, True)] * 2,
        *[(False, True)] * 3,  # as long as the vote remembers
        *[(False, False)] * 6,
    ]


def test_another_point_holds_from_the_next_window_on(build):
    point = [OperatingPoint(0.0)]
    pipeline = build(SpeechMeter(), Follower(None), alarms=Alarms([1, 3, 4], lambda: point[0]))
    found = []
    for now, chosen in enumerate(
        (OperatingPoint(0.0), OperatingPoint(1.0), OperatingPoint(0.0), None, OperatingPoint(0.0, 60.0)), 1
    ):
        point[0] = chosen
        (reading,) = pipeline.read(Window(now - 4.0, float(now), np.ones(4 * RATE, np.float32)))
        found.append(reading.alarm)
    assert found == [True, False, True, False, True]
