"""What a container states is honoured, or said: tracks, stamps, orientation, pixels, lengths, channels."""

import gc
import os
import struct
import zlib
from fractions import Fraction
from itertools import pairwise

import av
import cv2
import numpy as np
import pytest
from test_recording import RATE, chunks, frames, loud_from, write_video, write_wav

from edge.errors import MediaError
from edge.items import Frame
from edge.sources.recorded.cut import goes_on
from edge.sources.recorded.recording import RecordingSource, recordings
from edge.sources.recorded.timeline import Timeline


def read(path):
    """What was given, and the keys of what was said beside."""
    notes = []
    with RecordingSource(path, RATE, note=notes.append) as source:
        items = list(source)
    assert all("\n" not in str(note) and note.told("ja") != str(note) for note in notes)
    return items, [note.key for note in notes]


def seconds(items):
    return sum(len(chunk.samples) for chunk in chunks(items)) / RATE


def flashes(items):
    """When pictures turn white, each time."""
    white = [(frame.time, frame.image[:20].mean() > 128) for frame in frames(items)]
    return [
        now
        for (_, before), (now, is_white) in zip([(0, False), *white], white, strict=False)
        if is_white and not before
    ]


def beeps(items):
    """When sound begins, each time."""
    sound = chunks(items)
    loud = [(chunk.start, np.abs(chunk.samples).max() > 0.3) for chunk in sound]
    return [
        now
        for (_, before), (now, is_loud) in zip([(0, False), *loud], loud, strict=False)
        if is_loud and not before
    ]


def write_stamped(path, stamps, sound_rate=16000):
    """A video whose pictures and 40 ms of sound each begin at these seconds."""
    with av.open(str(path), "w") as container:
        film = container.add_stream("mpeg4", rate=25)
        film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        film.options = {"g": "1"}
        heard = container.add_stream("pcm_s16le", rate=sound_rate, layout="mono")
        container.start_encoding()
        step = sound_rate // 25
        for number, stamp in enumerate(stamps):
            on = number % 25 < 5
            picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 255 * on, np.uint8), format="rgb24")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            for packet in film.encode(picture):
                packet.pts = packet.dts = round(stamp / packet.time_base)
                container.mux(packet)
            tone = (20000 * on * np.sin(np.arange(step) * 0.3)).astype(np.int16)[None]
            sound = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
            sound.sample_rate, sound.pts, sound.time_base = sound_rate, number * step, Fraction(1, sound_rate)
            for packet in heard.encode(sound):
                packet.pts = packet.dts = round(stamp / packet.time_base)
                container.mux(packet)
    return path


@pytest.mark.parametrize("kind", ["ts", "mkv", "mp4", "avi", "flv"])
def test_recordings_joined_in_one_file_follow_one_another(tmp_path, kind):
    one = write_video(tmp_path / f"a.{kind}", seconds=3)
    (tmp_path / f"b.{kind}").write_bytes(3 * one.read_bytes())
    items, said = read(tmp_path / f"b.{kind}")
    assert said == ({"ts": ["media_jump"], "avi": []}.get(kind, ["media_joined"]))
    assert seconds(items) == pytest.approx(9.0, abs=0.3)
    assert frames(items)[-1].time == pytest.approx(9.0, abs=0.3)
    lit, heard = flashes(items), beeps(items)
    assert len(lit) == len(heard) == 9
    np.testing.assert_allclose(lit, heard, atol=0.12)
    np.testing.assert_allclose(np.diff(lit), 1.0, atol=0.15)


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3"])
def test_sounds_joined_in_one_file_follow_one_another(tmp_path, kind):
    codec = {"wav": "pcm_s16le", "flac": "flac", "ogg": "libopus", "mp3": "libmp3lame"}[kind]
    with av.open(str(tmp_path / f"a.{kind}"), "w") as container:
        container.metadata["title"] = "line 3"
        stream = container.add_stream(codec, rate=48000, layout="mono")
        stream.format = {"ogg": "flt", "mp3": "s16p"}.get(kind, "s16")
        for number in range(100):
            tone = (8000 * np.sin(np.arange(960) * 0.05)).astype(np.int16)[None]
            frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 48000, number * 960, Fraction(1, 48000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    whole = (tmp_path / f"a.{kind}").read_bytes()
    (tmp_path / f"b.{kind}").write_bytes(3 * whole)
    items, said = read(tmp_path / f"b.{kind}")
    assert seconds(items) == pytest.approx(6.0, abs=0.2)
    assert said == (["media_jump"] if kind == "ogg" else ["media_joined"])
    sound = chunks(items)
    for earlier, later in pairwise(sound):
        assert later.start == pytest.approx(earlier.start + len(earlier.samples) / RATE, abs=0.06)


@pytest.mark.parametrize("jump", [3600.0, 365 * 86400.0], ids=["an hour", "a year"])
def test_stamps_that_jump_go_on(tmp_path, jump):
    stamps = [10 + number / 25 + (jump if number >= 100 else 0.0) for number in range(200)]
    items, said = read(write_stamped(tmp_path / "a.mkv", stamps))
    assert said == ["media_jump"]
    assert seconds(items) == pytest.approx(8.0, abs=0.1)
    assert frames(items)[-1].time == pytest.approx(8.0, abs=0.15)
    lit = flashes(items)
    assert len(lit) == 8
    np.testing.assert_allclose(lit, range(8), atol=0.1)
    np.testing.assert_allclose(beeps(items), range(8), atol=0.1)


def test_a_short_pause_is_a_pause(tmp_path):
    items, said = read(
        write_stamped(tmp_path / "a.mkv", [n / 25 + (4.0 if n >= 50 else 0.0) for n in range(100)])
    )
    assert said == []
    assert frames(items)[-1].time == pytest.approx(8.0, abs=0.15)


def placed(*packets):
    timeline = Timeline(0.0)
    return [round(stamp + timeline.place(stream, stamp, 0.1), 3) for stream, stamp in packets], timeline


def test_streams_that_jump_at_different_packets_stay_together():
    times, timeline = placed((0, 100.0), (1, 100.0), (0, 100.1), (0, 5.0), (1, 100.1), (1, 5.02), (0, 5.1))
    del times[0:3]
    assert len(timeline.jumps) == 2  # the first one is to where the recording begins
    assert times[2] - times[0] == pytest.approx(0.02)
    assert times[3] - times[0] == pytest.approx(0.1)


def test_a_stream_that_pauses_while_another_goes_on_jumps_nowhere():
    packets = [(0, 0.0), (1, 0.0), *((0, n / 10) for n in range(1, 600)), (1, 60.0), (0, 60.0)]
    times, timeline = placed(*packets)
    assert timeline.jumps == []
    assert times == [stamp for _, stamp in packets]


def test_a_badly_interleaved_file_jumps_nowhere():
    packets = [*((0, n / 10) for n in range(600)), *((1, n / 10) for n in range(600))]
    times, timeline = placed(*packets)
    assert timeline.jumps == []
    assert times == [stamp for _, stamp in packets]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tiff"])
def test_photos_are_turned_and_mirrored_as_they_say(tmp_path, orientation, kind):
    shown = np.zeros((64, 96, 3), np.uint8)
    shown[:32, :48], shown[:32, 48:], shown[32:, :48] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    back = {  # what a camera held so stores of what is shown
        1: lambda i: i,
        2: lambda i: i[:, ::-1],
        3: lambda i: i[::-1, ::-1],
        4: lambda i: i[::-1],
        5: lambda i: i.transpose(1, 0, 2),
        6: lambda i: np.rot90(i, 1),
        7: lambda i: np.rot90(i, 2).transpose(1, 0, 2),
        8: lambda i: np.rot90(i, -1),
    }
    stored = np.ascontiguousarray(back[orientation](shown))
    tiff = b"MM\x00*\x00\x00\x00\x08\x00\x01" + struct.pack(">HHIHHI", 0x0112, 3, 1, orientation, 0, 0)
    path = tmp_path / f"a.{kind}"
    if kind == "tiff":
        stripes = stored.tobytes()
        height, width = stored.shape[:2]
        tags = [
            (256, 4, 1, width),
            (257, 4, 1, height),
            (258, 3, 1, 8),
            (259, 3, 1, 1),
            (262, 3, 1, 2),
            (273, 4, 1, 200),
            (274, 3, 1, orientation),
            (277, 3, 1, 3),
            (278, 4, 1, height),
            (279, 4, 1, len(stripes)),
        ]
        entries = b"".join(
            struct.pack("<HHI", tag, form, count) + struct.pack("<I", value)
            for tag, form, count, value in tags
        )
        data = b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + b"\0\0\0\0"
        path.write_bytes(data.ljust(200, b"\0") + stripes)
    else:
        data = cv2.imencode(f".{kind}", stored[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()
        if kind == "jpg":
            exif = b"Exif\0\0" + tiff
            data = data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]
        elif kind == "png":
            chunk = b"eXIf" + tiff
            data = (
                data[:33]
                + struct.pack(">I", len(tiff))
                + chunk
                + struct.pack(">I", zlib.crc32(chunk))
                + data[33:]
            )
        else:
            size = stored.shape[1] - 1, stored.shape[0] - 1
            wide = (
                b"VP8X"
                + struct.pack("<IB3x", 10, 8)
                + size[0].to_bytes(3, "little")
                + size[1].to_bytes(3, "little")
            )
            body = b"WEBP" + wide + data[12:] + b"EXIF" + struct.pack("<I", len(tiff)) + tiff
            data = b"RIFF" + struct.pack("<I", len(body)) + body
        path.write_bytes(data)
    (frame,), _ = read(path)
    assert frame.image.shape == shown.shape
    for row, column in ((8, 8), (8, 88), (56, 8), (56, 88)):
        assert np.abs(frame.image[row, column].astype(int) - shown[row, column]).max() < 40


@pytest.mark.parametrize("mirror", ["hflip", "vflip"])
def test_a_mirrored_video_is_turned_back(tmp_path, mirror):
    path = write_video(tmp_path / "a.mp4", seconds=1, sound=False, size=(96, 32))
    data = bytearray(path.read_bytes())
    place = data.find(b"tkhd") + 4 + 40  # the matrix of the track
    a, d = (-1, 1) if mirror == "hflip" else (1, -1)
    data[place : place + 36] = struct.pack(">9i", a << 16, 0, 0, 0, d << 16, 0, 96 << 16, 32 << 16, 1 << 30)
    before = frames(read(path)[0])[0].image
    path.write_bytes(data)
    after = frames(read(path)[0])[0].image
    np.testing.assert_array_equal(after, before[:, ::-1] if mirror == "hflip" else before[::-1])


@pytest.mark.parametrize(("aspect", "shape"), [((2, 1), (64, 192)), ((1, 2), (128, 96)), ((1, 1), (64, 96))])
def test_pixels_become_square(tmp_path, aspect, shape):
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        film = container.add_stream("mpeg4", rate=25)
        film.width, film.height, film.pix_fmt = 96, 64, "yuv420p"
        film.codec_context.sample_aspect_ratio = Fraction(*aspect)
        for _ in range(5):
            container.mux(film.encode(av.VideoFrame.from_ndarray(np.zeros((64, 96, 3), np.uint8))))
        container.mux(film.encode(None))
    assert frames(read(tmp_path / "a.mkv")[0])[0].image.shape[:2] == shape


def write_tracks(path, amplitudes, default=None, title=None):
    """A file with a sound track of each amplitude."""
    from av.stream import Disposition

    with av.open(str(path), "w") as container:
        streams = []
        for number in range(len(amplitudes)):
            stream = container.add_stream("pcm_s16le", rate=RATE, layout="mono")
            stream.disposition = Disposition.default if number == default else Disposition(0)
            streams.append(stream)
        for stream, amplitude in zip(streams, amplitudes, strict=True):
            tone = (amplitude * 32000 * np.sin(np.arange(RATE) * 0.3)).astype(np.int16)[None]
            frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
            container.mux(stream.encode(frame))
    return path


@pytest.mark.parametrize(("default", "loudness"), [(1, 0.5), (2, 0.25), (0, 1.0)])
def test_the_default_track_is_read_and_several_are_named(tmp_path, default, loudness):
    items, said = read(write_tracks(tmp_path / "a.mkv", [1.0, 0.5, 0.25], default))
    assert said == ["media_sounds"]
    assert np.abs(np.concatenate([c.samples for c in chunks(items)])).max() == pytest.approx(
        loudness, abs=0.05
    )


def test_a_silent_default_beside_another_track_is_named(tmp_path):
    _, said = read(write_tracks(tmp_path / "a.mkv", [0.0, 0.5], 0))
    assert said == ["media_sounds", "media_silent_track"]
    assert read(write_tracks(tmp_path / "b.mkv", [0.5], 0))[1] == []


@pytest.mark.parametrize(
    ("right", "said", "share"),
    [(-1.0, ["media_phase"], 1.0), (1.0, [], 1.0), (0.0, [], 0.5), (-0.9, ["media_phase"], 1.0)],
)
def test_channels_in_opposite_phase_do_not_cancel(tmp_path, right, said, share):
    left = (12000 * np.random.default_rng(1).standard_normal(2 * RATE) / 3).astype("<i2")
    both = np.stack([left, (right * left).astype("<i2")], 1)
    data = both.tobytes()
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(data),
        b"WAVE",
        b"fmt ",
        16,
        1,
        2,
        RATE,
        4 * RATE,
        4,
        16,
        b"data",
        len(data),
    )
    (tmp_path / "a.wav").write_bytes(head + data)
    items, notes = read(tmp_path / "a.wav")
    heard = np.concatenate([chunk.samples for chunk in chunks(items)])
    assert notes == said
    assert heard.std() == pytest.approx(share * left.std() / 32768, rel=0.02)


@pytest.mark.parametrize("stated", [0, 16000, 0xFFFFFFFF])
def test_a_wav_longer_than_its_header_says_is_read_whole(tmp_path, stated):
    path = write_wav(tmp_path / "a.wav", seconds=3, rate=RATE)
    data = bytearray(path.read_bytes())
    data[40:44] = stated.to_bytes(4, "little")
    path.write_bytes(data)
    items, said = read(path)
    assert seconds(items) == pytest.approx(3.0, abs=0.05)
    assert said == (["media_longer"] if stated == 16000 else [])


def test_notes_behind_the_sound_are_no_sound(tmp_path):
    path = write_wav(tmp_path / "a.wav", seconds=1, rate=RATE)
    path.write_bytes(path.read_bytes() + b"LIST" + struct.pack("<I", 4000) + bytes(4000))
    assert goes_on(path) == ""
    items, said = read(path)
    assert (seconds(items), said) == (pytest.approx(1.0, abs=0.01), [])


def test_an_rf64_that_was_never_closed_is_read_whole(tmp_path):
    data = write_wav(tmp_path / "a.wav", seconds=2, rate=RATE).read_bytes()
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, 0, 0, 0, 0)
    (tmp_path / "a.wav").write_bytes(
        b"RF64\xff\xff\xff\xffWAVE" + ds64 + data[12:40] + b"\xff\xff\xff\xff" + data[44:]
    )
    assert seconds(read(tmp_path / "a.wav")[0]) == pytest.approx(2.0, abs=0.05)


def test_notes_that_are_not_utf8_are_no_trouble(tmp_path):
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        container.metadata["title"] = "XXXXXXXX"
        film = container.add_stream("mpeg4", rate=25)
        film.metadata["title"] = "YYYYYYYY"
        film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        container.mux(film.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8))))
        container.mux(film.encode(None))
    data = (tmp_path / "a.mkv").read_bytes()
    data = data.replace(b"XXXXXXXX", "ライン".encode("cp932").ljust(8)).replace(
        b"YYYYYYYY", b"\xff\xfe\x80abcde"
    )
    (tmp_path / "a.mkv").write_bytes(data)
    assert len(frames(read(tmp_path / "a.mkv")[0])) == 1


def test_a_folder_tells_what_it_passes_over(tmp_path):
    for name in (
        "a.MTS",
        "b.m2ts",
        "c.mpg",
        "d.webp",
        "e.WAV",
        "f.docx",
        "g",
        "r.jsonl",
        "metadata.csv",
        ".hidden",
    ):
        (tmp_path / name).touch()
    (tmp_path / "more").mkdir()
    (tmp_path / "lost.mp4").symlink_to(tmp_path / "nowhere.mp4")
    notes = []
    found = recordings(tmp_path, notes.append)
    assert [path.name for path in found] == ["a.MTS", "b.m2ts", "c.mpg", "d.webp", "e.WAV", "lost.mp4"]
    assert [note.key for note in notes] == ["media_passed_over", "media_folders"]
    assert "2 file(s)" in str(notes[0])
    assert "f.docx, g" in str(notes[0])
    assert "(more)" in str(notes[1])


def test_what_is_no_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "lost.mp4").symlink_to(tmp_path / "nowhere.mp4")
    for name, why in (
        ("pipe.wav", "no regular file"),
        ("lost.mp4", "does not exist"),
        ("x" * 300, "name too long"),
    ):
        with pytest.raises(MediaError, match=f"(?i)cannot be read .*{why}"):
            read(tmp_path / name)


def test_sound_that_begins_late_is_late_after_a_join_as_well(tmp_path):
    one = write_video(tmp_path / "late.mp4", first_sound=0.7)
    (tmp_path / "b.mp4").write_bytes(2 * one.read_bytes())
    items, _ = read(tmp_path / "b.mp4")
    assert loud_from(items) == pytest.approx(0.7, abs=0.03)
    assert flashes(items)[0] == pytest.approx(0.0, abs=0.05)


def test_a_track_left_unread_may_be_longer(tmp_path):
    from av.stream import Disposition

    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        streams = [container.add_stream("pcm_s16le", rate=RATE, layout="mono") for _ in range(2)]
        streams[0].disposition, streams[1].disposition = Disposition.default, Disposition(0)
        for stream, length in zip(streams, (2, 6), strict=True):
            frame = av.AudioFrame.from_ndarray(
                np.ones((1, length * RATE), np.int16), format="s16", layout="mono"
            )
            frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
            container.mux(stream.encode(frame))
    items, _ = read(tmp_path / "a.mkv")
    assert seconds(items) == pytest.approx(2.0, abs=0.01)


def test_pictures_are_let_go_at_once(tmp_path):
    path = write_video(tmp_path / "a.mp4", seconds=4)
    gc.collect()
    gc.disable()
    try:
        count = 0
        with RecordingSource(path, RATE) as source:
            for item in source:
                count += isinstance(item, Frame)
                del item
        held = sum(type(thing) is av.VideoFrame for thing in gc.get_objects())
    finally:
        gc.enable()
    assert count > 40
    assert held < 5
