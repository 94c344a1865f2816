"""A bundle judged on labelled folders of sound, faces, videos and text."""

import csv
import json
import sys
import wave
import weakref
from dataclasses import replace

import cv2
import numpy as np
import pytest
from corpora import tone, write_wav

from calibration.data.dataset import Example
from calibration.data.recordings import load_media, load_sound, placed_anywhere, windows_of
from calibration.judge import clips
from calibration.judge.evaluate import evaluate_folder, stream_clips
from calibration.judge.evaluator import Evaluator
from edge.cli import main as cli
from edge.errors import BundleError, DatasetError, MediaError
from edge.items import Frame
from edge.sources.recorded.recording import RecordingSource
from edge.starter_labels import STARTER as LABELS

KEYS = {
    "labels",
    "n",
    "weighted_f1",
    "unweighted_recall",
    "macro_f1",
    "accuracy",
    "expected_calibration_error",
    "per_class_recall",
    "confusion",
    "interval",
    "coverage",
    "mean_set_size",
    "reliability",
    "skipped",
    "calibration_error_by_chance",
    "speakers",
    "nameless",
    "interval_method",
    "unfamiliar",
    "accuracy_balance_known",
    "voice",
    "few",
}


@pytest.fixture
def folder(tmp_path):
    """A labelled folder to fill."""
    path = tmp_path / "labelled"
    path.mkdir()
    return path


def label(folder, *rows):
    """Writes metadata.csv: file name, emotion, and perhaps speaker and transcript."""
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["file_name", "emotion", "speaker", "transcript"])
        table.writerows([*row, *[""] * (4 - len(row))] for row in rows)


@pytest.fixture
def voices(folder, rng):
    """Six clips of three speakers, one of each label."""
    for index, name in enumerate(LABELS):
        write_wav(folder / f"{name}.wav", tone(index, 1.0, rng))
    label(folder, *([f"{name}.wav", name, f"s{i % 3}", "so sad"] for i, name in enumerate(LABELS)))
    return folder


def faces(folder, count=6, size=48):
    rng = np.random.default_rng(3)
    for index in range(count):
        cv2.imwrite(str(folder / f"{index}.png"), rng.integers(0, 255, (size, size)).astype(np.uint8))
    label(folder, *([f"{index}.png", LABELS[index % 6]] for index in range(count)))


def test_sound_is_judged(voices, tiny_bundle):
    report = evaluate_folder(tiny_bundle.folder, voices, "audio")
    assert report.n == 6
    assert report.skipped == {}
    assert list(report.per_class_recall) == list(LABELS)
    assert sum(map(sum, report.confusion)) == 6
    assert report == evaluate_folder(tiny_bundle.folder, voices, "audio")


def test_a_picture_of_crop_size_is_a_face(folder, tiny_bundle):
    faces(folder)
    report = evaluate_folder(tiny_bundle.folder, folder, "vision")
    assert (report.n, report.skipped) == (6, {})


def test_a_crop_reaches_the_network_unchanged(folder, tiny_bundle):
    faces(folder, 1)
    with Evaluator(tiny_bundle) as judge:
        found = judge.by_vision(Example("0", 0, "0", folder / "0.png"))
        crop = cv2.imread(str(folder / "0.png"), cv2.IMREAD_GRAYSCALE)
        wanted = judge.fusion.posterior("vision", judge.encoders.vision([crop]))
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_a_video_is_judged_by_all_it_holds(folder, demo, tiny_bundle):
    (folder / "demo.mp4").write_bytes(demo.read_bytes())
    label(folder, ["demo.mp4", "happy", "anna", "so happy today"])
    for modality in ("audio", "vision", "text", "fused"):
        report = evaluate_folder(tiny_bundle.folder, folder, modality)
        assert (report.n, report.skipped) == (1, {})
        assert list(report.per_class_recall) == ["happy"]


def test_the_whole_clip_takes_part(demo, tiny_bundle):
    with Evaluator(tiny_bundle) as judge:
        example = Example("demo", 0, "anna", demo, "so happy today")
        manifest = tiny_bundle.manifest
        step = manifest.window_s / manifest.vision.faces
        samples, frames = load_media(demo, manifest.audio.rate, step, lambda frame: frame.time)
        windows = windows_of(samples, manifest.audio.rate, manifest.window_s, manifest.hop_s)
        assert len(windows) == 1 + int(len(samples) / manifest.audio.rate - manifest.window_s)
        assert 16 <= len(frames) <= 20  # two a second of nine seconds
        wanted = np.mean([judge.fusion.posterior("audio", judge.encoders.audio(w)) for w in windows], axis=0)
        np.testing.assert_allclose(judge.by_audio(example), wanted, atol=1e-6)
        for posterior in (judge.by_vision(example), judge.by_text(example), judge.by_all(example)):
            assert posterior.shape == (len(LABELS),)
            assert posterior.sum() == pytest.approx(1.0, abs=1e-5)


def test_known_voices_change_what_is_heard_and_new_ones_do_not(folder, demo, tiny_bundle):
    for name in ("demo.mp4", "again.mp4"):
        (folder / name).write_bytes(demo.read_bytes())
    label(folder, ["demo.mp4", "happy", "anna", ""], ["again.mp4", "neutral", "anna", ""])
    example = Example("demo", 0, "anna", folder / "demo.mp4")
    with Evaluator(tiny_bundle) as judge:
        new = judge.by_audio(example)
        judge.learn_voices([example])
        alone = judge.by_audio(example)
        judge.learn_voices([example, replace(example, name="again")])
        known = judge.by_audio(example)
        stranger = judge.by_audio(replace(example, speaker="jun"))
    assert np.abs(known - new).max() > 1e-3
    np.testing.assert_array_equal(stranger, new)
    np.testing.assert_array_equal(alone, new)  # nobody is known by the clip that is judged
    known_, new_ = (
        evaluate_folder(tiny_bundle.folder, folder, "audio", new_voices=answer) for answer in (False, True)
    )
    assert known_.reliability != new_.reliability
    assert [(point.seconds, point.n) for point in known_.voice] == [(0, 2), (10, 2), (30, 2), (60, 2)]
    assert known_.voice[0].unweighted_recall == new_.unweighted_recall
    assert (known_.voice[0].heard_s, known_.voice[3].heard_s) == (0.0, 9.0)
    assert new_.voice == ()


def test_what_is_dropped_is_not_looked_at(folder, demo, tiny_bundle):
    (folder / "demo.mp4").write_bytes(demo.read_bytes())
    label(folder, ["demo.mp4", "happy", "anna", "so happy today"])
    example = Example("demo", 0, "anna", folder / "demo.mp4", "so happy today")
    with Evaluator(tiny_bundle) as judge:
        whole = judge.by_all(example)
        for name in ("audio", "vision", "text"):
            assert np.abs(judge.by_all(example, [name]) - whole).max() > 1e-4
        alone = judge.by_all(example, ["audio", "vision"])
        mute = Example("row", 0, "anna", None, "so happy today")
        np.testing.assert_allclose(alone, judge.by_all(mute), atol=1e-6)
        assert judge.by_all(example, ["audio", "vision", "text"]) == "nothing heard, seen or said"
    assert evaluate_folder(tiny_bundle.folder, folder, "fused", ["vision"]).n == 1


def test_an_answer_is_named_after_what_was_fused(demo, tiny_bundle):
    narrow, wide = (1.0,) * 6, (0.0,) * 6
    thresholds = {"fused": narrow, "fused audio+vision": wide, "audio": wide}
    manifest = tiny_bundle.manifest.model_copy(update={"conformal_threshold": thresholds})
    example = Example("demo", 0, "anna", demo, "so happy today")
    with Evaluator(replace(tiny_bundle, manifest=manifest)) as judge:
        for modality, drop, name, size in (
            ("audio", (), "audio", 6),
            ("fused", (), "fused", 2),
            ("fused", ("text",), "fused audio+vision", 6),
            ("fused", ("audio", "vision"), "fused text", 2),
        ):
            found = judge.predict([example], modality, drop)
            assert found.names == [name]
            assert judge.report(found).mean_set_size == size


def test_text_names_no_file(folder, tiny_bundle):
    label(folder, ["row1", "happy", "", "so happy"], ["row2", "sad", "", "no no"], ["row3", "sad", "", ""])
    report = evaluate_folder(tiny_bundle.folder, folder, "text")
    assert (report.n, report.skipped) == (2, {"no transcript": 1})
    with pytest.raises(DatasetError, match="row1 does not exist"):
        evaluate_folder(tiny_bundle.folder, folder, "fused")


def test_a_transcript_that_holds_no_word_is_left_out(folder, tiny_bundle):
    label(folder, ["row1", "happy", "", "happy"], ["row2", "sad", "", " "])
    assert evaluate_folder(tiny_bundle.folder, folder, "text").skipped == {"no transcript": 1}


def test_clips_that_lack_the_modality_are_counted(folder, write_clip, tiny_bundle, rng):
    sound = tone(1, 2.0, rng)
    grey = np.full((72, 96, 3), 130, np.uint8)
    write_wav(folder / "sound.wav", sound)
    write_clip("labelled/mute.mp4", grey, None)
    write_clip("labelled/both.mp4", grey, sound.astype(np.float32))
    cv2.imwrite(str(folder / "face.png"), rng.integers(0, 255, (48, 48)).astype(np.uint8))
    names = ("sound.wav", "mute.mp4", "both.mp4", "face.png")
    label(folder, *([name, "sad", name] for name in names))
    by_audio = evaluate_folder(tiny_bundle.folder, folder, "audio")
    assert (by_audio.n, by_audio.skipped) == (2, {"no sound": 2})
    by_vision = evaluate_folder(tiny_bundle.folder, folder, "vision")
    assert (by_vision.n, by_vision.skipped) == (1, {"no face": 3})
    fused = evaluate_folder(tiny_bundle.folder, folder, "fused")
    assert (fused.n, fused.skipped) == (3, {"nothing heard, seen or said": 1})


def test_no_clip_judged_at_all_is_an_error(voices, tiny_bundle):
    with pytest.raises(DatasetError) as caught:
        evaluate_folder(tiny_bundle.folder, voices, "vision")
    assert str(caught.value) == "no clip could be judged by vision (6 x no face); try another --modality"


@pytest.mark.parametrize("modality", ["audio", "fused"])
def test_a_recording_that_cannot_be_read_is_named_and_counted(voices, tiny_bundle, capsys, modality):
    (voices / "sad.wav").write_bytes(b"not sound")
    report = evaluate_folder(tiny_bundle.folder, voices, modality)
    assert (report.n, report.skipped) == (5, {"cannot be decoded": 1})
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("left out: ")]
    assert len(said) == 1
    assert "sad.wav cannot be read (it is not a recording" in said[0]


def test_a_recording_that_is_cut_short_is_named_and_counted(voices, tiny_bundle, capsys):
    sound = (voices / "sad.wav").read_bytes()
    (voices / "sad.wav").write_bytes(sound[: len(sound) // 2])
    report = evaluate_folder(tiny_bundle.folder, voices, "audio")
    assert (report.n, report.skipped) == (5, {"cannot be decoded": 1})
    assert "sad.wav is cut short; all up to second" in capsys.readouterr().err


def test_streams_leave_out_a_recording_that_cannot_be_read(voices, tiny_bundle, capsys):
    (voices / "sad.wav").write_bytes(b"not sound")
    assert len(stream_clips(tiny_bundle, voices)) == 5
    assert capsys.readouterr().err.count("left out: ") == 1
    for sound in voices.glob("*.wav"):
        sound.write_bytes(b"not sound")
    with pytest.raises(DatasetError, match="none of the 6 clips"):
        stream_clips(tiny_bundle, voices)


def test_a_silent_recording_is_named(folder, tiny_bundle, capsys):
    write_wav(folder / "silent.wav", np.zeros(16000))
    label(folder, ["silent.wav", "neutral"])
    with pytest.raises(DatasetError, match=r"no clip could be judged by audio \(1 x cannot be decoded\)"):
        evaluate_folder(tiny_bundle.folder, folder, "audio")
    assert "silent.wav holds neither sound nor picture; replace it" in capsys.readouterr().err
    with pytest.raises(MediaError, match="holds neither sound nor picture"):
        load_sound(folder / "silent.wav", 16000)


def test_a_changed_bundle_is_refused(voices, tiny_copy):
    (tiny_copy / "audio.onnx").write_bytes(b"changed")
    with pytest.raises(BundleError, match=r"audio\.onnx was changed"):
        evaluate_folder(tiny_copy, voices, "audio")


def test_windows_end_with_the_clip():
    sound = np.arange(95, dtype=np.float32)
    assert [w[-1] for w in windows_of(sound, 10, 4.0, 1.0)] == [44, 54, 64, 74, 84, 94]
    assert all(len(w) == 40 for w in windows_of(sound, 10, 4.0, 1.0))
    (short,) = windows_of(sound[:25], 10, 4.0, 1.0)
    assert short.tolist() == [0] * 15 + list(range(25))
    (exact,) = windows_of(sound[:40], 10, 4.0, 1.0)
    assert exact.tolist() == list(range(40))


def test_a_short_clip_lies_anywhere_in_a_window_and_always_there(rng):
    clips = [rng.standard_normal(10).astype(np.float32) for _ in range(60)]
    starts = []
    for clip in clips:
        window = placed_anywhere(clip, 40)
        start = int(np.flatnonzero(window)[0])
        assert np.array_equal(window[start : start + 10], clip)
        assert np.count_nonzero(window) == 10
        assert np.array_equal(window, placed_anywhere(clip, 40))
        starts.append(start)
    assert min(starts) <= 3
    assert max(starts) >= 27
    long = rng.standard_normal(100).astype(np.float32)
    assert np.array_equal(placed_anywhere(long, 40), long[:40])


def command(monkeypatch, capsys, *arguments):
    """Exit code, output and errors of the command."""
    monkeypatch.setattr(sys, "argv", ["edge", *map(str, arguments)])
    code = 0
    try:
        cli.main()
    except SystemExit as stop:
        code = stop.code or 0
    return code, *capsys.readouterr()


def test_the_command_prints_a_table_and_writes_the_documented_keys(
    voices, tiny_bundle, monkeypatch, capsys, tmp_path
):
    out = tmp_path / "audio.json"
    verb = ("evaluate", tiny_bundle.folder, voices, "--modality", "audio", "--json", out)
    code, printed, _ = command(monkeypatch, capsys, *verb)
    assert code == 0
    assert printed.startswith("6 examples judged\n")
    found = json.loads(out.read_text())
    assert found.keys() == KEYS
    assert found["n"] == 6
    assert found["interval"].keys() == {"weighted_f1", "unweighted_recall", "macro_f1", "accuracy"}
    assert np.array(found["confusion"]).shape == (6, 6)
    assert f"{found['accuracy']:.3f}" in printed


def test_without_a_modality_all_are_fused(voices, tiny_bundle, monkeypatch, capsys, tmp_path):
    out = tmp_path / "fused.json"
    code, _, _ = command(monkeypatch, capsys, "evaluate", tiny_bundle.folder, voices, "--json", out)
    assert code == 0
    found = json.loads(out.read_text())
    assert found.pop("kpi")["streams"]["kind"] == "composed"
    assert found == json.loads(json.dumps(evaluate_folder(tiny_bundle.folder, voices, "fused").as_dict()))


@pytest.mark.parametrize("modality", ["audio", "text"])
def test_bad_input_of_the_command_is_one_line_and_leaves_no_file(
    folder, tiny_bundle, monkeypatch, capsys, tmp_path, modality
):
    out = tmp_path / "numbers.json"
    verb = ("evaluate", tiny_bundle.folder, folder, "--modality", modality, "--json", out)
    for rows, said in [
        (None, "holds no metadata.csv"),
        ([["1.wav", "bored"]], "line 2: unknown emotion 'bored'"),
        ([["1.wav", "disgust"]], "lists no usable clip"),
        ([["1.wav", "sad"]], "1.wav does not exist" if modality == "audio" else "no clip could be judged"),
    ]:
        if rows:
            label(folder, *rows)
        code, printed, errors = command(monkeypatch, capsys, *verb)
        assert (code, printed) == (1, "")
        assert said in errors
        assert errors.count("\n") == 1
        assert not out.exists()


def test_streams_compare_the_ways_to_vote(voices, tiny_bundle, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("calibration.judge.voting_trial.HOPS", 60)
    out = tmp_path / "streams.json"
    verb = ("evaluate", tiny_bundle.folder, voices, "--streams", "--json", out)
    code, printed, _ = command(monkeypatch, capsys, *verb)
    assert code == 0
    found = json.loads(out.read_text())
    assert list(found) == ["shifted", "even"]
    assert printed.count("20%, by worth") == 2
    for row in found.values():
        assert len(row) == 5
        shown = row["prior-based voting"]["trust"]
        assert all(0 <= share <= 1 for share in shown.values())
        checks = row["prior-based voting"]["checks"]
        assert list(checks) == ["worth", "doubt", "random"]
        for found_ in checks.values():
            assert [one["share"] for one in found_] == [0.05, 0.1, 0.2]
            assert all(one["asked"] <= one["checked"] <= 1 for one in found_)
        assert row["no voting"]["checks"] is None
        assert row["no voting"]["trust"] is None
        assert all(name in printed for name in row)
        assert all(0 <= result["weighted_f1"] <= 1 for result in row.values())


def test_streams_need_speakers_with_two_labels(voices, tiny_bundle, monkeypatch, capsys):
    label(voices, *([f"{name}.wav", name] for name in LABELS))
    code, _, errors = command(monkeypatch, capsys, "evaluate", tiny_bundle.folder, voices, "--streams")
    assert code == 1
    assert "clips of two labels by one speaker; fill in the speaker column" in errors


def test_the_reliability_diagram(voices, tiny_bundle, monkeypatch, capsys, tmp_path):
    picture = tmp_path / "sure.png"
    verb = ("evaluate", tiny_bundle.folder, voices, "--modality", "audio", "--reliability")
    assert command(monkeypatch, capsys, *verb, picture)[0] == 0
    assert cv2.imread(str(picture)).shape == (730, 610, 3)
    code, _, errors = command(monkeypatch, capsys, *verb, tmp_path / "sure.txt")
    assert code == 1
    assert "is no .png file" in errors


def test_noise_changes_what_is_heard(voices, tiny_bundle, tmp_path, rng):
    machines = tmp_path / "machines"
    machines.mkdir()
    for number in range(12):
        write_wav(machines / f"press-{number}.wav", 0.3 * rng.standard_normal(8000))
    quiet = evaluate_folder(tiny_bundle.folder, voices, "audio").as_dict()
    loud = evaluate_folder(tiny_bundle.folder, voices, "audio", noise=(machines, 0.0)).as_dict()
    again = evaluate_folder(tiny_bundle.folder, voices, "audio", noise=(machines, 0.0)).as_dict()
    assert loud == again
    assert loud != quiet


def test_pictures_pass_by(monkeypatch, demo, tiny_bundle):
    """Of a long video crops are kept: few of its pictures are alive at any time."""
    alive, most, whole = weakref.WeakSet(), 0, RecordingSource.__iter__

    class Picture(np.ndarray):
        """A picture that may be watched."""

    def watched(source):
        nonlocal most
        for item in whole(source):
            if isinstance(item, Frame):
                item = Frame(item.time, item.image.view(Picture))
                alive.add(Watch(item.image))
            most = max(most, len(alive))
            yield item

    class Watch:
        """Lives as long as the picture."""

        def __init__(self, image):
            image.watch = self

    monkeypatch.setattr(RecordingSource, "__iter__", watched)
    with Evaluator(tiny_bundle) as judge:
        judge.by_all(Example("demo", 0, "anna", demo, "so happy today"))
    assert 0 < most <= 4


@pytest.mark.parametrize("rate", [8000, 16000])
def test_narrow_clips_are_counted(folder, tiny_bundle, capsys, rng, rate):
    for name in LABELS:
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", ""))
            file.writeframes((3000 * rng.standard_normal(2 * rate)).astype("<i2").tobytes())
    label(folder, *([f"{name}.wav", name, "s"] for name in LABELS))
    assert evaluate_folder(tiny_bundle.folder, folder, "audio").n == 6
    said = [line for line in capsys.readouterr().err.splitlines() if "kHz" in line]
    assert said == (
        [
            "6 of 6 clips hold no sound above 6.4 kHz, the networks were trained on sound up to 8.0 kHz; "
            "they are judged less well than recordings at 16 kHz or more"
        ]
        if rate == 8000
        else []
    )


def test_a_clip_too_long_is_read_no_further(tmp_path, rng):
    write_wav(tmp_path / "long.wav", tone(1, 30.0, rng))
    with pytest.raises(MediaError, match="lasts more than 20 s"):
        load_sound(tmp_path / "long.wav", 16000, 20.0)


@pytest.mark.parametrize(("room", "decoded"), [(1 << 26, 3), (16000, 6)], ids=["room", "no room"])
def test_the_sound_of_a_clip_is_decoded_once(tiny_bundle, folder, monkeypatch, rng, room, decoded):
    write_wav(folder / "a.wav", tone(0, 2.0, rng))
    asked = []

    def load(path, *rest):
        asked.append(path)
        return load_media(path, *rest)

    monkeypatch.setattr(clips, "SOUND_KEPT", room)
    monkeypatch.setattr(clips, "load_media", load)
    one, other = (Example(name, 0, "x", folder / "a.wav") for name in ("one", "other"))
    found = clips.Clips(tiny_bundle, None, print)
    for example in (one, one, other):
        found.media(example, look=True)  # else the last one is asked about again
        assert len(found.media(example, look=False)[0]) == 32000
    assert len(asked) == decoded
