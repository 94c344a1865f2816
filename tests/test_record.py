"""What is recorded becomes clips with a table; nobody without consent, nothing in the clear, little lost."""

import csv
import io
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest
from record_site import FastSource, clip_items, recorded, site_folder

from calibration.data.recordings import load_media
from calibration.quality.clips import read_clips
from edge.audit.chain import audit_of
from edge.consent.store import Consents
from edge.errors import EdgeError, InputError
from edge.items import AudioChunk, Frame
from edge.recording import clips, guard, media, segments
from edge.recording import record as module
from edge.recording.keys import KEY, KEY_FILE, read_key_file
from edge.recording.record import RecordOptions, recover_alone
from edge.recording.script import Prompt, read_script
from edge.recording.sealed import SUFFIX, open_media
from edge.recording.segments import SEGMENT_S, Segmenter
from edge.recording.session import Session, sessions
from edge.recording.stretches import HOLE_S, stretches
from edge.sources.recorded.recording import RecordingSource
from edge.starter_labels import STARTER

ONE = RecordOptions(("S01",), headless=True)


@pytest.fixture(autouse=True)
def _no_key_around(monkeypatch):
    monkeypatch.delenv(KEY, raising=False)
    monkeypatch.delenv(KEY_FILE, raising=False)


@pytest.fixture(scope="module")
def whole():
    """All that is in the demo clip."""
    return clip_items()


@pytest.fixture(scope="module")
def items(whole):
    """The same with two pictures a second: quicker."""
    frames = [item for item in whole if isinstance(item, Frame)]
    few = {id(frame) for frame in frames[::7]}
    return [item for item in whole if isinstance(item, AudioChunk) or id(item) in few]


@pytest.fixture
def site(tmp_path):
    return site_folder(tmp_path / "site")


def rows(site):
    with (site.record.folder / "metadata.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def start_of(row):
    """When a clip begins in its session (seconds)."""
    return int(re.search(r"_(\d+)", row["file_name"])[1]) / 1000


def full(*_):
    """A disk that takes no more."""
    raise OSError(28, "No space left on device")


def test_speech_becomes_clips_with_sound_pictures_and_a_table(site, whole, monkeypatch):
    said = recorded(site, ONE, FastSource(whole, 2), monkeypatch)
    found = rows(site)
    assert len(found) == 4
    assert ", 4 clips with speech -> " in said[-1]
    folder = site.record.folder
    for row in found:
        assert row["speaker"] == row["subjects"] == "S01"
        assert row["emotion"] == row["label_source"] == ""
        assert row["faces"] == "1"
        assert 1.0 < float(row["speech_s"]) <= float(row["seconds"])
        assert -45 < float(row["level_dbfs"]) < -15
        assert float(row["snr_db"]) > 15
        assert row["consent"] == "1 2"
        assert row["recorded"].startswith(date.today().isoformat())
        sound, faces = load_media(folder / row["file_name"], 16000, 0.0, lambda frame: frame.time)
        assert len(sound) / 16000 == pytest.approx(float(row["seconds"]), abs=0.02)
        assert len(faces) >= 10 * float(row["seconds"])
    assert [clip.speaker for clip in read_clips(folder)[0]] == ["S01"] * 4
    assert sessions(folder) == []
    kinds = [entry["event"] for entry in audit_of(site).entries()]
    assert kinds[-1] == "recorded"
    assert "S01" not in (site.policy.audit / "chain.jsonl").read_text()


def test_sound_is_what_was_heard_and_pictures_are_in_step(site, whole, monkeypatch):
    recorded(site, ONE, FastSource(whole), monkeypatch)
    heard = np.concatenate([item.samples for item in whole if isinstance(item, AudioChunk)])
    frames = [item for item in whole if isinstance(item, Frame)]
    for row in rows(site):
        path = site.record.folder / row["file_name"]
        start, seen = start_of(row), []
        sound, _ = load_media(path, 16000, 0.0, seen.append)
        first = round(start * 16000)
        best = min(
            range(first - 40, first + 40), key=lambda at: np.abs(heard[at : at + 16000] - sound[:16000]).sum()
        )
        assert np.allclose(heard[best : best + len(sound)], sound, atol=1 / 16384)
        for frame in seen[::7]:
            same = min(frames, key=lambda one: abs(one.time - start - frame.time))
            assert abs(same.time - start - frame.time) < 0.05
            assert np.abs(same.image.astype(int)[: frame.image.shape[0]] - frame.image).mean() < 8


def test_a_script_gives_each_clip_what_was_asked(tmp_path, site, items, monkeypatch):
    script = tmp_path / "script.csv"
    script.write_text(
        "label,text_ja,text_en\nangry,また遅れています,It is late again\n"
        "不安,大丈夫でしょうか,Will it be fine?\n",
        encoding="utf-8",
    )
    source = FastSource(items, 2)
    turned = []

    def turn(self, recorder, healths):
        if recorder.recorded_s > 9.0 and not turned:
            turned.append(recorder.act("n"))

    monkeypatch.setattr(module.Front, "turn", turn)
    recorded(site, RecordOptions(("S01",), script, headless=True), source, monkeypatch)
    found = rows(site)
    assert [(row["emotion"], row["transcript"]) for row in found] == [
        *[("angry", "It is late again")] * 2,
        *[("worried", "Will it be fine?")] * 2,
    ]
    assert {row["label_source"] for row in found} == {"acted"}
    assert [row["asked"] for row in found] == [row["emotion"] for row in found]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("label,text_en\nfurious,Hello\n", "row 2: 'furious' is no label of the bundle"),
        ("label,text_en\nangry,\n", "row 2: a sentence is missing"),
        ("label,text_en\n", "holds no sentences"),
        ('label,text_en\nangry,"Hello\n', "cannot be read"),
    ],
)
def test_a_script_that_will_not_do_is_one_line(tmp_path, text, message):
    path = tmp_path / "script.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=re.escape(message)):
        read_script(path, STARTER, "en")


def test_a_script_may_be_toml_and_falls_back_to_the_other_language(tmp_path):
    path = tmp_path / "script.toml"
    path.write_text('[[prompt]]\nlabel = "happy"\ntext_en = "Good"\n[[prompt]]\ntext = "Free"\n')
    assert read_script(path, STARTER, "ja") == [Prompt("Good", "happy"), Prompt("Free", "")]


def test_nobody_is_recorded_without_policy_consent_key_or_room(tmp_path, site, items, monkeypatch):
    def refused(settings, wishes=ONE):
        with pytest.raises(EdgeError) as error:
            recorded(settings, wishes, FastSource(items), monkeypatch)
        assert not list(settings.record.folder.rglob(f"*{SUFFIX}"))
        return str(error.value)

    assert "without [policy]" in refused(site_folder(tmp_path / "a", policy=False))
    assert "no consent of S02 for sound today" in refused(site, RecordOptions(("S01", "S02"), headless=True))
    named = refused(site, RecordOptions(("Yamada Taro",), headless=True))
    assert "Yamada" not in named
    sound_alone = site_folder(tmp_path / "b", scopes=("sound",))
    assert "no consent of S01 for pictures today" in refused(sound_alone)
    full = site_folder(tmp_path / "c", record="quota_gb = 0.001")
    (tmp_path / "c" / "recordings").mkdir()
    (tmp_path / "c" / "recordings" / "old").write_bytes(bytes(1_100_000))
    assert "its quota of 0.001 GB" in refused(full)
    (tmp_path / "site" / "record.key").unlink()
    assert "record.key cannot be read" in refused(site)
    monkeypatch.setattr(guard, "RESERVE_MB", 10**9)
    assert "MB are free" in refused(site_folder(tmp_path / "d"))


def test_without_a_camera_sound_alone_is_recorded_and_needs_no_consent_for_pictures(
    tmp_path, items, monkeypatch
):
    site = site_folder(tmp_path / "s", top='camera = "off"', scopes=("sound",))
    sound = [item for item in items if isinstance(item, AudioChunk)]
    recorded(site, ONE, FastSource(sound), monkeypatch)
    found = rows(site)
    assert len(found) == 2
    assert {row["faces"] + row["light"] for row in found} == {""}
    assert all((site.record.folder / row["file_name"]).is_file() for row in found)


def test_devices_that_go_leave_the_other_one_recorded(site, items, monkeypatch):
    half = [item for item in items if isinstance(item, AudioChunk) or item.time < 4.0]
    recorded(site, ONE, FastSource(half), monkeypatch)
    assert [row["faces"] for row in rows(site)] == ["1", ""]


def test_pictures_without_sound_are_kept_as_well(site, items, monkeypatch):
    pictures = [item for item in items if isinstance(item, Frame)]
    recorded(site, ONE, FastSource(pictures), monkeypatch)
    (row,) = rows(site)
    assert (row["faces"], row["speech_s"], row["emotion"]) == ("1", "", "")
    assert "_quiet" in row["file_name"]


@pytest.mark.slow
def test_long_silence_is_kept_apart_from_speech(site, items, monkeypatch):
    rng = np.random.default_rng(0)
    hiss = [
        AudioChunk(9.0 + n * 0.1, 16000, rng.normal(0, 1e-3, 1600).astype(np.float32)) for n in range(700)
    ]
    sound = [item for item in items if isinstance(item, AudioChunk) and item.start < 8.9]
    recorded(site, ONE, FastSource(sound + hiss), monkeypatch)
    found = rows(site)
    assert [bool(float(row["speech_s"])) for row in found] == [True, True, False, False]
    assert sum(float(row["seconds"]) for row in found[2:]) == pytest.approx(70.0, abs=3.0)
    assert max(float(row["seconds"]) for row in found) <= 60.0


def test_a_withdrawn_consent_stops_and_deletes(site, items, monkeypatch):
    at = []

    def each(moment):
        at.append(moment)
        if moment > 8.0 and at[-2] <= 8.0:
            assert list(site.record.folder.rglob(f"*{SUFFIX}"))
            with Consents(site.policy.consents) as consents:
                consents.withdraw("S01", date.today())

    with pytest.raises(InputError) as error:
        recorded(site, ONE, FastSource(items, 5, each=each), monkeypatch)
    assert "no consent of S01" in str(error.value)
    assert "everything recorded since its start was deleted" in str(error.value)
    assert at[-1] < 8.0 + 2 * guard.CHECK_S
    assert not list(site.record.folder.rglob(f"*{SUFFIX}"))
    assert sessions(site.record.folder) == []
    assert audit_of(site).entries()[-1]["event"] == "deleted"


def test_one_more_start_does_not_cut_what_was_withdrawn_meanwhile(site, items, monkeypatch):
    monkeypatch.setattr(
        module, "cut", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    with pytest.raises(InputError, match="takes no more"):
        recorded(site, ONE, FastSource(items), monkeypatch)
    monkeypatch.undo()
    assert len(sessions(site.record.folder)) == 1
    with Consents(site.policy.consents) as consents:
        consents.withdraw("S01", date.today())
    said = []
    assert recover_alone(site, said.append) == 0
    assert "everything recorded since its start was deleted" in said[-1]
    assert not list(site.record.folder.rglob(f"*{SUFFIX}"))


def test_the_last_minute_is_really_gone(site, items, monkeypatch):
    linked, done = {}, []

    def turn(self, recorder, healths):
        if recorder.recorded_s > 75.0 and not done:
            folder = recorder.session.folder
            for path in folder.glob(f"*{SUFFIX}"):
                copy = folder.parent.parent.parent / f"copy-{path.name}"
                os.link(path, copy)  # whoever keeps a name of the file keeps nothing
                linked[path.name] = copy
            before = set(linked)
            done.append(recorder.act("f"))
            left = {path.name for path in folder.glob(f"*{SUFFIX}")}
            gone = before - left
            assert gone
            first = min(int(name[:6]) for name in gone)
            assert first * SEGMENT_S <= 75.0 - 60.0 < (first + 2) * SEGMENT_S
            assert all(int(name[:6]) < first for name in left)
            linked["gone"] = gone

    monkeypatch.setattr(module.Front, "turn", turn)
    recorded(site, ONE, FastSource(items, 10), monkeypatch)
    assert done == ["record_forgotten"]
    secret = read_key_file(site.record.key_file)
    for name in linked.pop("gone"):
        with pytest.raises(InputError, match="was destroyed"):
            open_media(linked[name], secret)
    starts = [
        int(Path(row["file_name"]).name.partition("_")[2].partition(".")[0]) / 1000 for row in rows(site)
    ]
    ends = [start + float(row["seconds"]) for start, row in zip(starts, rows(site), strict=True)]
    assert not [1 for start, end in zip(starts, ends, strict=True) if end > 15.1 and start < 74.9]
    assert max(starts) > 75.0


def test_a_pause_records_nothing(site, items, monkeypatch):
    pressed = []

    def turn(self, recorder, healths):
        if recorder.recorded_s > 9.0 and not pressed:
            pressed.append(recorder.act(" "))
        if len(pressed) == 1 and recorder._now - recorder._segments.began > 27.0:
            pressed.append(recorder.act(" "))

    monkeypatch.setattr(module.Front, "turn", turn)
    recorded(site, ONE, FastSource(items, 4), monkeypatch)
    assert pressed == ["record_paused", "record_goes_on"]
    starts = [
        int(Path(row["file_name"]).name.partition("_")[2].partition(".")[0]) / 1000 for row in rows(site)
    ]
    assert [start for start in starts if 9.0 < start < 26.5] == []
    assert len(starts) == 4


@pytest.mark.slow
def test_several_people_are_told_apart_where_somebody_says_who_speaks(tmp_path, items, monkeypatch):
    site = site_folder(tmp_path / "s", subjects=("S01", "S02"))
    pressed = []

    def turn(self, recorder, healths):
        if recorder.recorded_s > 9.0 and not pressed:
            pressed.append(recorder.act("2"))

    monkeypatch.setattr(module.Front, "turn", turn)
    recorded(site, RecordOptions(("S01", "S02"), headless=True), FastSource(items, 2), monkeypatch)
    assert [(row["speaker"], row["subjects"]) for row in rows(site)] == [
        *[("", "S01 S02")] * 2,
        *[("S02", "S01 S02")] * 2,
    ]


def test_a_clock_that_is_set_is_said_and_times_go_on(site, items, monkeypatch):
    real = time.time
    moved = []
    monkeypatch.setattr(guard.time, "time", lambda: real() + (3600.0 if moved else 0.0))
    source = FastSource(items, 2, each=lambda at: moved.append(1) if at > 5 and not moved else None)
    said = recorded(site, ONE, source, monkeypatch)
    assert sum("the clock of this machine was set by +3600 s" in line for line in said) == 1
    found = [row["recorded"] for row in rows(site)]
    assert found == sorted(found)
    assert {row[:10] for row in found} == {date.today().isoformat()}


def test_the_quota_ends_a_recording_with_one_line_and_nothing_is_lost(tmp_path, items, monkeypatch):
    site = site_folder(tmp_path / "s", record="quota_gb = 0.002")
    with pytest.raises(InputError, match=r"quota of 0\.002 GB"):
        recorded(site, ONE, FastSource(items, 20), monkeypatch)
    assert guard.size_of(site.record.folder) <= 2e6
    assert len(rows(site)) >= 2


def test_a_full_disk_ends_a_recording_with_one_line_and_what_was_recorded_stays(site, items, monkeypatch):
    real, count = Session.write, []

    def write(self, segment, secret):
        count.append(segment)
        if len(count) > 6:
            raise OSError(28, "No space left on device")
        return real(self, segment, secret)

    monkeypatch.setattr(Session, "write", write)
    with pytest.raises(InputError, match=r"takes no more \(No space left on device\)"):
        recorded(site, ONE, FastSource(items, 5), monkeypatch)
    assert len(rows(site)) >= 1


def test_another_key_leaves_an_interrupted_session_for_the_right_one(site, items, monkeypatch):
    monkeypatch.setattr(module, "cut", full)
    with pytest.raises(InputError):
        recorded(site, ONE, FastSource(items), monkeypatch)
    monkeypatch.undo()
    monkeypatch.setenv(KEY, "00" * 32)
    said = []
    assert recover_alone(site, said.append) == 0
    assert "encrypted with another key" in said[-1]
    monkeypatch.delenv(KEY)
    assert recover_alone(site, said.append) == 1
    assert len(rows(site)) == 2


def test_two_recordings_at_once_are_refused(site, items, monkeypatch):
    with module._alone(site), pytest.raises(InputError, match="another edge record"):
        recorded(site, ONE, FastSource(items), monkeypatch)


@pytest.mark.slow
def test_cutting_again_after_a_cut_in_between_gives_the_same(site, items, monkeypatch):
    """Power that goes while clips are written costs nothing and doubles nothing."""
    monkeypatch.setattr(clips, "replace_rows", full)
    with pytest.raises(InputError, match="takes no more"):
        recorded(site, ONE, FastSource(items, 2), monkeypatch)
    monkeypatch.undo()
    before = sorted(path.name for path in (site.record.folder / "clips").iterdir())
    said = []
    assert recover_alone(site, said.append) == 1
    assert sorted(path.name for path in (site.record.folder / "clips").iterdir()) == before
    assert len(rows(site)) == len(before) == 4
    assert recover_alone(site, said.append) == 0
    assert len(rows(site)) == 4


def test_a_damaged_segment_is_named_and_the_rest_is_cut(site, items, monkeypatch):
    monkeypatch.setattr(module, "cut", full)
    with pytest.raises(InputError):
        recorded(site, ONE, FastSource(items, 3), monkeypatch)
    monkeypatch.undo()
    (folder,) = sessions(site.record.folder)
    path = folder / f"000001.mka{SUFFIX}"
    path.write_bytes(path.read_bytes()[:3000])
    said = []
    assert recover_alone(site, said.append) == 1
    assert any(path.name in line for line in said)
    found = rows(site)
    assert len(found) >= 4
    assert recover_alone(site, said.append) == 0  # what could not be read stays and is no longer cut
    assert rows(site) == found
    assert path.exists()


def test_other_rows_and_columns_of_the_table_stay(site, items, monkeypatch):
    folder = site.record.folder
    folder.mkdir()
    (folder / "metadata.csv").write_text("file_name,emotion,note\na.wav,angry,mine\n")
    recorded(site, ONE, FastSource(items), monkeypatch)
    found = rows(site)
    assert found[0]["note"] == "mine"
    assert found[0]["file_name"] == "a.wav"
    assert len(found) == 3


@pytest.mark.slow
def test_a_trigger_keeps_only_what_lies_around_readings_of_interest(
    tmp_path, items, monkeypatch, tiny_bundle
):
    site = site_folder(
        tmp_path / "s", record="before_s = 6\nafter_s = 3", top=f'bundle = "{tiny_bundle.folder}"'
    )
    fired = []
    real = module._Interest.write

    def write(self, reading):
        began = self._recorder._segments.began
        if not fired and reading.time - began > 30.0:
            fired.append(reading.time - began)
            self._recorder.fire(reading.time)

    monkeypatch.setattr(module._Interest, "write", write)
    kept = []
    monkeypatch.setattr(module, "cut", lambda session, *_: kept.extend(session.segments()) or 0)
    recorded(site, RecordOptions(("S01",), headless=True, trigger=True), FastSource(items, 5), monkeypatch)
    assert real is not write
    first, last = fired[0] - 6.0, fired[0] + 3.0
    numbers = sorted({number for number, _ in kept})
    assert numbers == list(range(int(first // SEGMENT_S), int(last // SEGMENT_S) + 1))


@pytest.mark.slow
def test_ffv1_where_there_is_no_x264(site, items, monkeypatch):
    monkeypatch.setattr(media, "picture_codec", lambda: "ffv1")
    recorded(site, ONE, FastSource(items), monkeypatch)
    assert [row["faces"] for row in rows(site)] == ["1", "1"]


def test_a_late_device_loses_nothing_within_its_second_and_the_rest_is_counted():
    one = Segmenter(0.0)
    assert one.take(Frame(3.9, np.zeros((16, 16, 3), np.uint8))) == []  # sound of before is still awaited
    assert one.take(AudioChunk(2.9, 16000, np.ones(1600, np.float32) * 0.1)) == []
    (closed,) = one.take(Frame(4.0 + segments.LATE_S, np.zeros((16, 16, 3), np.uint8)))
    assert closed.name == "000000.mka"
    start, sound = media.read_sound(io.BytesIO(closed.data))
    assert (start, len(sound)) == (pytest.approx(2.9, abs=1e-3), 1600)
    assert one.dropped == 0
    one.take(Frame(1.0, np.zeros((16, 16, 3), np.uint8)))
    assert one.dropped == 1


def test_no_clip_reaches_over_a_hole():
    scores, power = np.zeros(400), np.full(400, 1e-6, np.float32)
    scores[50:100] = scores[110:160] = 1.0
    power[scores > 0] = 0.01
    assert len([one for one in stretches(scores, power) if one.speech]) == 1
    power[101 : 101 + round(HOLE_S / 0.032) + 1] = 0.0
    found = [one for one in stretches(scores, power) if one.speech]
    assert len(found) == 2
    assert found[0].end <= 101 * 0.032 + 1e-6


def plain_traces(items):
    """Bytes that stand for the speech and the face in recorded items: as PCM, FLAC, raw picture, JPEG."""
    sound = np.concatenate([item.samples for item in items if isinstance(item, AudioChunk)])
    pcm = np.clip(np.round(sound * 32768), -32768, 32767).astype(np.int16)
    loud = int(np.argmax(np.abs(pcm)))
    face = next(item.image for item in items if isinstance(item, Frame))
    flac = media.sound_file(pcm[:48000], 0.0)
    return {
        "pcm": pcm[loud - 16 : loud + 16].tobytes(),
        "float": sound[loud - 16 : loud + 16].tobytes(),
        "flac": flac[len(flac) // 2 : len(flac) // 2 + 48],
        "raw": face[100, 100:116].tobytes(),
        "magic of FLAC": b"fLaC",
        "magic of Matroska": b"\x1a\x45\xdf\xa3",
        "codec": b"V_MPEG4/ISO/AVC",
        "magic of MP4": b"ftypisom",
        "start of H.264": b"x264 - core",
        "jpeg": cv2.imencode(".jpg", face)[1].tobytes()[:4],
    }


def test_nothing_in_the_clear_is_written_anywhere(tmp_path, items, monkeypatch):
    """Every file that is written while recording is searched, also those that are gone at the end."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", None)
    site = site_folder(tmp_path / "site")
    traces, seen, stop = plain_traces(items), {}, threading.Event()

    def watch():
        while not stop.is_set():
            for folder, _, names in os.walk(tmp_path):  # what is gone meanwhile is passed over
                for path in (Path(folder, name) for name in names):
                    try:
                        key = (path, path.stat().st_mtime_ns)
                        if key not in seen:
                            seen[key] = path.read_bytes()
                    except OSError:
                        continue

    searching = threading.Thread(target=watch)
    searching.start()
    try:
        recorded(site, ONE, FastSource(items, 3, speed=6.0), monkeypatch)
    finally:
        stop.set()
        searching.join()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            seen[path, -1] = path.read_bytes()
    assert len(seen) > 20
    found = [
        (key[0].name, what) for key, data in seen.items() for what, trace in traces.items() if trace in data
    ]
    assert found == []
    assert list(scratch.iterdir()) == []
    plain = site_folder(tmp_path / "plain", record="encrypt = false")  # the search does find what is there
    said = recorded(plain, ONE, FastSource(items), monkeypatch)
    assert "encrypt = false" in said[0]
    held = b"".join(path.read_bytes() for path in (plain.record.folder / "clips").iterdir())
    assert traces["magic of MP4"] in held


def killed(process, folder, seed):
    """Record in a process of its own, kill it at a random moment; how far it had got (seconds)."""
    process.stdin.write(f"{folder}\n")
    process.stdin.flush()
    child, at = 0, None
    for line in process.stdout:
        if line.startswith("child"):
            child = int(line.split()[1])
        elif line.startswith("over"):
            return at or 0.0
        else:
            first, at = at is None, float(line)
            if first:
                wait = random.Random(seed).uniform(0.0, 2.0)
                threading.Timer(wait, os.kill, (child, signal.SIGKILL)).start()
    raise AssertionError("it ended by itself")


def end_of(folder):
    """End of the last thing that is in a session's files (seconds), each of which must be readable."""
    secret, ends = read_key_file(folder.parents[2] / "record.key"), [0.0]
    for (number, kind), path in Session.opened(folder).segments().items():
        with open_media(path, secret) as file:
            assert not file.cut
            if kind == "mka":
                start, samples = media.read_sound(file)
                ends.append(number * SEGMENT_S + start + len(samples) / 16000)
    return max(ends)


def survive(tmp_path, count, speed, recover_every):
    lost = []
    helper = [sys.executable, str(Path(__file__).with_name("record_site.py")), str(speed)]
    with subprocess.Popen(helper, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for seed in range(count):
            site = site_folder(tmp_path / f"site{seed}")
            at = killed(process, tmp_path / f"site{seed}", seed)
            found = sessions(site.record.folder)
            kept = max((end_of(folder) for folder in found), default=0.0)
            lost.append(at - kept)
            if seed % recover_every == 0 and kept:
                said = []
                assert recover_alone(site, said.append) == 1
                assert sessions(site.record.folder) == []
                assert not list(site.record.folder.rglob(".edge-*"))
                for row in rows(site):
                    with RecordingSource(site.record.folder / row["file_name"], 16000) as source:
                        assert list(source)
    return lost


def test_a_kill_at_any_moment_costs_five_seconds_at_most(tmp_path):
    lost = survive(tmp_path, 4, 10.0, 2)
    assert max(lost) <= 5.0


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_hundred_kills_cost_five_seconds_at_most_each(tmp_path):
    lost = survive(tmp_path, 100, 10.0, 10)
    print(f"lost at most {max(lost):.2f} s, in the mean {np.mean(lost):.2f} s")
    assert max(lost) <= 5.0


def test_clips_of_a_time_that_was_cut_short_go_with_a_withdrawn_consent(site, items, monkeypatch):
    monkeypatch.setattr(clips, "replace_rows", full)
    with pytest.raises(InputError, match="takes no more"):
        recorded(site, ONE, FastSource(items), monkeypatch)
    monkeypatch.undo()
    assert list((site.record.folder / "clips").iterdir())
    with Consents(site.policy.consents) as consents:
        consents.withdraw("S01", date.today())
    recover_alone(site, lambda _: None)
    assert not list(site.record.folder.rglob(f"*{SUFFIX}"))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount a small disk")
def test_a_disk_that_is_really_full(tmp_path, items, monkeypatch):
    site = site_folder(tmp_path / "site")
    site.record.folder.mkdir()
    small = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(site.record.folder)]
    if subprocess.run(small, capture_output=True).returncode:
        pytest.skip("needs to mount a small disk")
    try:
        monkeypatch.setattr(guard, "RESERVE_MB", -1000)
        with pytest.raises(InputError, match=r"takes no more \(No space left on device\)"):
            recorded(site, ONE, FastSource(items, 9), monkeypatch)
        (folder,) = sessions(site.record.folder)  # there is no room for clips either
        assert end_of(folder) > 2 * SEGMENT_S
        subprocess.run(["mount", "-o", "remount,size=9m", str(site.record.folder)], check=True)
        assert recover_alone(site, lambda _: None) == 1
        assert len(rows(site)) >= 1
    finally:
        subprocess.run(["umount", str(site.record.folder)], check=True)
