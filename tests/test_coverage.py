"""What site recordings hold and lack: amounts, leaks, shortcuts, what to record next."""

import json
import shutil
import subprocess
import sys
import time
import wave
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from test_cli import edge, one_line_error  # noqa: F401 - edge is a fixture
from test_cli_help import english

from calibration.data.recordings import load_sound
from calibration.quality.clips import Clip, read_clips
from calibration.quality.fingerprint import Sounds
from calibration.quality.measure import Measured, Meter
from calibration.quality.shortcuts import lone_labels, shortcuts
from calibration.quality.sound import BANDS, BLOCK_S, Sound, SoundMeter

RATE = 16000
FAULTS = Path(__file__).parents[2] / "shared" / "faults"
DATA = Path(__file__).parents[2] / "shared" / "data"
LABELS = ("angry", "happy", "neutral", "sad")


def save(path, sound, rate=RATE):
    """A WAV file of 16 bit."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype(np.int16).tobytes())
    return path


def encode(path, sound, bit_rate):
    """An Opus file."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libopus", rate=RATE, bit_rate=bit_rate)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray((sound[None] * 32767).astype(np.int16), "s16", "mono")
        frame.rate = RATE
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return path


@pytest.fixture(scope="module")
def speech(demo):
    return load_sound(demo, RATE)


@pytest.fixture
def meter(tiny_bundle):
    return Meter(tiny_bundle.path("face_detector.onnx"), lambda _: None)


def marks(sound):
    sounds = SoundMeter()
    sounds.add(sound)
    return sounds.finish().marks


def table(folder, columns, rows):
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    (folder / "metadata.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def made(people, clips, *, noise=lambda label, rng: -60.0, words=lambda label, take: f"take {take}"):
    """Recordings of people who show each label as often, with a noise floor and words by label."""
    rng = np.random.default_rng(3)
    found = []
    for person in range(people):
        own = rng.normal(0, 3)
        for take in range(clips):
            for number, label in enumerate(LABELS):
                name = f"{person}-{take}-{label}.wav"
                clip = Clip(
                    name, Path(name), f"P{person}", label, words(label, take), f"P{person}-{take % 2}"
                )
                floor = noise(number, rng) + own + rng.normal(0, 1)
                sound = Sound(
                    2.0 + rng.normal(0, 0.2),
                    1.5 + rng.normal(0, 0.1),
                    -25 + rng.normal(0, 2),
                    -10 + rng.normal(0, 2),
                    floor,
                    floor - 3,
                    rng.normal(0, 3, BANDS),
                    np.array([20.0]),
                    np.zeros(0, np.uint32),
                )
                found.append(Measured(clip, sound, None, np.zeros(0), 0))
    return found


def told(measured):
    return {one.key for one in shortcuts(measured) if one.told}


def test_a_sound_is_found_encoded_again_softer_and_cut(speech, tmp_path, rng):
    others = [rng.normal(0, 0.1, 4 * RATE).astype(np.float32), speech[::-1].copy()]
    known = Sounds([marks(sound) for sound in (*others, speech)])
    copies = {
        "cut by 0.3 s": speech[round(0.305 * RATE) :],
        "softer": speech * 0.2,
        "opus": load_sound(encode(tmp_path / "a.opus", speech * 0.5, 24000), RATE),
        "a part of it": load_sound(
            encode(tmp_path / "b.opus", speech[3 * RATE + 77 : 6 * RATE], 24000), RATE
        ),
        "a telephone": load_sound(save(tmp_path / "t.wav", speech[::2] * 0.7, 8000), RATE),
    }
    for name, copy in copies.items():
        assert known.find(marks(copy)) == [2], name
    assert known.find(marks(rng.normal(0, 0.1, 4 * RATE).astype(np.float32))) == []
    assert known.find(marks(speech[:600])) == []


def test_hours_are_searched_in_seconds(rng):
    def hours(n):
        return rng.integers(0, 1 << 16, n).astype(np.uint32) | np.uint32(1 << 31)

    sides = [hours(180_000) for _ in range(5)]
    known = Sounds(sides)
    began = time.process_time()
    assert known.find(hours(180_000)) == []
    assert known.find(np.concatenate([hours(7_777), sides[2][50_123:52_000], hours(3_000)])) == [2]
    assert time.process_time() - began < 20


def test_the_same_sentence_of_the_same_person_is_another_sound(media):
    folder = media.parent / "ravdess"
    clips = [clip for clip in read_clips(folder)[0] if clip.speaker == "ravdess-03"][:16]
    sounds = [marks(load_sound(clip.path, RATE)) for clip in clips]
    known = Sounds(sounds)
    assert [known.find(one) for one in sounds] == [[number] for number in range(len(sounds))]


def test_sound_is_measured_block_by_block_as_in_one_piece(speech):
    whole, parts = SoundMeter(), SoundMeter()
    long = np.tile(speech, 3)
    whole.add(long)
    for start in range(0, len(long), 1024):
        parts.add(long[start : start + 1024])
    one, other = whole.finish(), parts.finish()
    assert one.seconds == other.seconds == len(long) / RATE
    assert len(long) / RATE > 2 * BLOCK_S
    np.testing.assert_array_equal(one.marks, other.marks)
    np.testing.assert_allclose(one.spectrum, other.spectrum)
    assert one.speech_s == other.speech_s > 10
    assert 10 < other.snr_db.min() <= other.snr_db.max() <= 40
    assert whole.finish() is None
    # As many marks as frames less the first few: none is lost between blocks.
    assert len(one.marks) == (len(long) - 4096) // 320 + 1 - 5


def test_a_label_told_by_the_noise_floor_is_named():
    found = {one.key: one for one in shortcuts(made(6, 6, noise=lambda label, _: -60.0 + 6 * label))}
    assert {key for key, one in found.items() if one.told} == {"noise"}
    assert found["noise"].recall > 0.6
    assert found["noise"].chance == pytest.approx(0.25, abs=0.02)
    assert found["noise"].people == 6


def test_nothing_is_told_where_every_label_is_recorded_alike():
    for people in (2, 3, 6, 12):
        assert told(made(people, 6)) == set(), people


def test_a_label_in_between_is_told_as_well():
    assert "noise" in told(made(6, 8, noise=lambda label, _: (-60, -40, -50, -50)[label]))


def test_sentences_of_their_own_are_told_by_the_words():
    own = made(5, 5, words=lambda label, take: f"sentence {label} number {take}")
    assert told(own) == {"transcript"}
    japanese = made(
        5, 5, words=lambda label, take: {"sad": "もう無理です", "angry": "早くしろ"}.get(label, "はい")
    )
    assert told(japanese) == {"transcript"}


def test_a_label_of_one_person_is_named_and_not_learnt():
    clips = made(4, 6)
    only = [one for one in clips if one.clip.label != "sad" or one.clip.speaker == "P1"]
    assert lone_labels(only) == {"sad": "P1"}
    assert lone_labels([one for one in clips if one.clip.speaker == "P1"]) == {}
    assert all(one.recall <= 0.6 for one in shortcuts(only) if one.key == "noise")


def test_a_label_recorded_in_a_session_of_its_own_is_told_by_the_session():
    clips = [
        replace(one, clip=replace(one.clip, transcript="", session=f"{one.clip.speaker}-{one.clip.label}"))
        for one in made(5, 6)
    ]
    assert told(clips) == {"session"}


@pytest.fixture
def site(tmp_path, speech, demo):
    """Two people on two shifts, a film, a copy on the other side, a file that is none."""
    folder = tmp_path / "site"
    rows = []
    for number in range(8):
        part = speech[number * 8000 : number * 8000 + 3 * RATE]
        save(folder / f"{number}.wav", part)
        rows.append((f"{number}.wav", f"P{number % 2}", LABELS[number % 4], "day", "press", "calibration"))
    shutil.copy(demo, folder / "film.mp4")
    rows.append(("film.mp4", "P1", "happy", "night", "office", "calibration"))
    encode(folder / "copy.opus", 0.3 * speech[8000:50000], 24000)
    rows.append(("copy.opus", "P2", "sad", "night", "office", "evaluation"))
    (folder / "bad.wav").write_bytes(b"no sound")
    rows.append(("bad.wav", "P2", "sad", "night", "office", "evaluation"))
    table(folder, ("file_name", "speaker", "emotion", "shift", "place", "split"), rows)
    return folder


def test_a_folder_is_set_beside_the_kit(edge, site, tmp_path):  # noqa: F811
    page, numbers = tmp_path / "page.html", tmp_path / "numbers.json"
    done = edge("coverage", site, "--report", page, "--json", numbers)
    assert done.code == 1
    assert "bad.wav cannot be read" in done.err
    assert "ERROR: 1.wav of calibration sounds the same as copy.opus of evaluation" in done.out
    said = json.loads(numbers.read_text(encoding="utf-8"))
    kit = {line["key"]: line for line in said["kit"]}
    assert said["bad"]
    assert said["recordings"] == 10
    assert kit["people"]["found"] == 3
    assert kit["shifts"]["found"] == kit["conditions"]["found"] == 2
    assert kit["hours"]["state"] == "far"
    assert kit["pictures_face"]["found"] >= 4
    assert kit["sessions"]["state"] == "unknown"
    assert [leak["kind"] for leak in said["leaks"]].count("sound") >= 1
    assert {tuple(leak["files"][1]) for leak in said["leaks"]} == {("copy.opus",)}
    steps = [step["text"]["en"] for step in said["next"]]
    assert "New people on the shift night in the condition office: 7, 60 minutes each" in steps
    assert "Fill these columns of metadata.csv: session" in steps
    assert set(said["hours_by_shift"]) == {"day", "night"}
    html = page.read_text(encoding="utf-8")
    assert "copy.opus" in html
    assert "http" not in html.replace("http-equiv", "")
    assert "<script" not in html


def test_all_of_it_is_said_in_japanese(edge, site, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    page = tmp_path / "page.html"
    done = edge("coverage", site, "--report", page)
    assert done.code == 1
    assert [line for line in (done.out + done.err).splitlines() if english(line)] == []
    assert "次に録るもの" in page.read_text(encoding="utf-8")


def test_two_folders_must_share_nothing(edge, site, tmp_path, speech):  # noqa: F811
    other = tmp_path / "other"
    save(other / "deep" / "z.wav", speech[2 * RATE :])
    done = edge("coverage", site, "--against", other)
    assert "sounds the same as deep/z.wav" in done.out
    table(other, ("file_name", "speaker", "session"), [("deep/z.wav", "p1", "")])
    done = edge("coverage", site, "--against", other)
    assert "P1 is in" in done.out
    done = edge("coverage", site, "--against", site)
    assert done.code == 2
    assert "the two folders are one" in done.err


def test_plain_recordings_are_enough_for_what_they_show(edge, tmp_path, speech):  # noqa: F811
    save(tmp_path / "plain" / "day 1" / "a.wav", speech)
    done = edge("coverage", tmp_path / "plain", "--json", tmp_path / "a.json")
    said = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert done.code == 1
    assert "Write a metadata.csv" in said["next"][0]["text"]["en"]
    assert {line["key"]: line["state"] for line in said["kit"]}["people"] == "unknown"


def test_sound_of_8_khz_is_far_too_little(edge, tmp_path, speech):  # noqa: F811
    save(tmp_path / "low" / "a.wav", speech[::2], 8000)
    done = edge("coverage", tmp_path / "low", "--json", tmp_path / "a.json")
    said = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert done.code == 1
    assert {line["key"]: line["state"] for line in said["kit"]}["wide"] == "far"
    assert "Set the microphone to 16 kHz" in done.out


def test_one_person_only_is_far_too_little(edge, tmp_path, speech):  # noqa: F811
    save(tmp_path / "one" / "a.wav", speech)
    table(tmp_path / "one", ("file_name", "speaker", "emotion"), [("a.wav", "A", "angry")])
    done = edge("coverage", tmp_path / "one")
    assert done.code == 1
    assert "New people: 9, 60 minutes each" in done.out
    assert "shortcuts were not looked for" in done.out


def test_wrong_folders_are_one_line(edge, tmp_path, tiny_bundle):  # noqa: F811
    (tmp_path / "empty").mkdir()
    assert "holds no recordings" in one_line_error(edge("coverage", tmp_path / "empty"))
    assert "is no folder" in one_line_error(edge("coverage", tmp_path / "none"))
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.wav").write_bytes(b"x" * 99)
    assert "can be read (tried: 1)" in one_line_error(edge("coverage", tmp_path / "bad"))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "metadata.csv").write_text("clip,who\na.wav,A\n")
    assert "file_name" in one_line_error(edge("coverage", tmp_path / "other"))
    (tmp_path / "other" / "metadata.csv").write_text("file_name,emotion\ngone.wav,happy\n")
    assert "gone.wav" in one_line_error(edge("coverage", tmp_path / "other"))
    (tmp_path / "other" / "metadata.csv").write_text("file_name,emotion\n")
    assert "metadata.csv" in one_line_error(edge("coverage", tmp_path / "other"))
    report = tmp_path / "no" / "a.html"
    assert "no" in one_line_error(edge("coverage", tmp_path / "bad", "--report", report))
    labelled = tmp_path / "labelled"
    save(labelled / "a.wav", np.full(RATE, 0.1))
    table(labelled, ("file_name", "emotion"), [("a.wav", "furious")])
    assert "furious" in one_line_error(edge("coverage", labelled, "--bundle", tiny_bundle.folder))


@pytest.mark.skipif(not FAULTS.is_dir(), reason="needs the inputs that fail")
@pytest.mark.parametrize("name", ["01-unclosed-quote", "02-unquoted-comma"])
def test_torn_tables_are_refused_with_their_line(edge, name):  # noqa: F811
    assert "line" in one_line_error(edge("coverage", FAULTS / name))


def test_a_short_corpus_told_by_its_noise_floor_end_to_end(meter, speech, tmp_path, rng):
    clips = []
    for number in range(24):
        label = ("angry", "sad")[number % 2]
        part = 0.3 * speech[number * 3000 : number * 3000 + RATE]
        noise = rng.normal(0, (0.0005, 0.02)[number % 2], len(part))
        path = save(tmp_path / f"{number}.wav", part + noise)
        clips.append(Clip(path.name, path, speaker=f"P{number // 6}", label=label))
    found = shortcuts([meter.measure([clip])[0] for clip in clips])
    assert "noise" in {one.key for one in found if one.told}


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="needs the corpora")
@pytest.mark.parametrize("name", ["ravdess", "nemo"])
def test_published_corpora_are_not_told_by_their_sentences(meter, name):
    # Who shows no surprise (nemo-MK0) is told by that: a person says something of the label then.
    clips = [clip for clip in read_clips(DATA / name)[0] if clip.speaker != "nemo-MK0"]
    every = np.random.default_rng(0).permutation(len(clips))[:160]
    found = {one.key: one for one in shortcuts([meter.measure([clips[i]])[0] for i in every])}
    assert not found["transcript"].told
    assert not found["person"].told


@pytest.mark.slow
def test_an_hour_of_sound_is_measured_in_two_minutes_and_little_memory(tmp_path, speech):
    save(tmp_path / "hour" / "a.wav", np.tile(speech, round(3600 * RATE / len(speech))))
    code = (
        "import sys, time\n"
        "sys.argv = ['edge', 'coverage', sys.argv[1]]\n"
        "from edge.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('cpu', time.process_time())\n"
        # getrusage would tell what this process held when it began the child.
        "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "print('mb', int(peak.split()[1]) / 1e3)\n"
        "print('torch' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "hour")], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()[-3:]
    assert float(lines[0].split()[1]) < 120
    assert float(lines[1].split()[1]) < 300
    assert lines[2] == "False"


def test_stretches_of_a_long_recording_are_told_apart(meter, speech, tmp_path):
    save(tmp_path / "long.wav", np.concatenate([speech, np.zeros(RATE), speech]))
    table(
        tmp_path,
        ("file_name", "speaker", "emotion", "from", "to"),
        [("long.wav", "A", "happy", 2, 5), ("long.wav", "A", "sad", 11, "13.5")],
    )
    clips = read_clips(tmp_path)[0]
    found = meter.measure(clips)
    assert [(one.clip.label, round(one.seconds, 2)) for one in found] == [
        ("", 2.0), ("happy", 3.0), ("", 6.0), ("sad", 2.5), ("", round(2 * len(speech) / RATE + 1 - 13.5, 2)),
    ]  # fmt: skip
    assert {one.clip.speaker for one in found} == {"A"}
    assert found[1].sound is not None
    assert Sounds([marks(speech)]).find(found[1].sound.marks) == [0]
