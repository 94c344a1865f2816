"""What is in a recording comes out, in step and in order; what is wrong with it is one clear line."""

import re
import struct
import time
import wave
from fractions import Fraction
from itertools import pairwise

import av
import cv2
import numpy as np
import pytest
from conftest import MEDIA

from edge.errors import MediaError
from edge.items import AudioChunk, Frame
from edge.sources.recorded.recording import LARGEST_SIDE, RecordingSource, recordings

RATE = 16000


def write_video(path, seconds=3, sound=True, fps=25, size=(64, 48), first_sound=0.0, turn=0, **options):
    """A video whose pictures flash white and whose sound beeps in the first fifth of each second."""
    with av.open(str(path), "w", options=options) as container:
        pictures = container.add_stream("libx264", rate=fps)
        pictures.width, pictures.height = size
        pictures.pix_fmt, pictures.options = "yuv420p", {"g": str(fps), "threads": "1"}
        if turn:
            pictures.set_display_rotation(turn)
        speech = container.add_stream("aac", rate=48000, layout="stereo") if sound else None
        rng, step = np.random.default_rng(0), 48000 // fps
        for index in range(seconds * fps):
            white = 255 if index % fps < fps // 5 else 0
            image = np.full((size[1], size[0], 3), white, np.uint8)
            image[size[1] // 2 :] = rng.integers(0, 255, image[size[1] // 2 :].shape)  # so that cutting bites
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
            if speech:
                times = (np.arange(step) + index * step) / 48000
                beep = np.sin(2 * np.pi * 440 * times) * (times % 1.0 < 0.2)
                samples = np.tile(beep.astype(np.float32), (2, 1))
                heard = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
                heard.sample_rate, heard.time_base = 48000, Fraction(1, 48000)
                heard.pts = index * step + round(first_sound * 48000)
                container.mux(speech.encode(heard))
        container.mux(pictures.encode())
        if speech:
            container.mux(speech.encode())
    return path


def write_wav(path, seconds=2.0, rate=8000, amplitude=9000):
    tone = (np.sin(np.arange(int(seconds * rate)) * 0.3) * amplitude).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(tone.tobytes())
    return path


def cut(path, share):
    """The beginning of a file, under a name beside it."""
    data = path.read_bytes()
    shorter = path.with_name(f"cut_{path.name}")
    shorter.write_bytes(data[: int(len(data) * share)])
    return shorter


def read(path, **options):
    with RecordingSource(path, RATE, **options) as source:
        return list(source)


def read_until_error(path):
    """What was given, and the message at the end."""
    items = []
    with RecordingSource(path, RATE) as source, pytest.raises(MediaError) as caught:
        items.extend(source)  # keeps what came before the error
    return items, str(caught.value)


def chunks(items):
    return [item for item in items if isinstance(item, AudioChunk)]


def frames(items):
    return [item for item in items if isinstance(item, Frame)]


def start(item):
    return item.start if isinstance(item, AudioChunk) else item.time


def loud_from(items):
    """First moment of a beep."""
    sound = chunks(items)
    samples = np.concatenate([chunk.samples for chunk in sound])
    return sound[0].start + int(np.argmax(np.abs(samples) > 0.3)) / RATE


def test_sound_and_pictures_come_in_step_and_in_order(tmp_path):
    items = read(write_video(tmp_path / "a.mp4"))
    times = [start(item) for item in items]
    assert all(later >= earlier - 1e-3 for earlier, later in pairwise(times))
    heard = np.concatenate([chunk.samples for chunk in chunks(items)])
    assert heard.dtype == np.float32
    assert 0.5 < np.abs(heard).max() <= 1.0
    assert len(heard) == pytest.approx(3 * RATE, abs=0.05 * RATE)
    pictures = frames(items)
    assert pictures[0].image.shape == (48, 64, 3)
    assert pictures[0].image.dtype == np.uint8
    assert 3 * 10 <= len(pictures) <= 3 * 15
    white = [frame.time for frame in pictures if frame.image[:20].mean() > 128]
    assert {int(moment) for moment in white} == {0, 1, 2}
    assert all(moment % 1.0 < 0.2 for moment in white)
    for second in range(3):  # the beep begins with the flash
        window = heard[int(second * RATE) : int((second + 1) * RATE)]
        assert np.abs(window[: int(0.19 * RATE)]).max() > 0.3
        assert np.abs(window[int(0.3 * RATE) : int(0.9 * RATE)]).max() < 0.1


def test_chunks_follow_one_another_without_a_hole(tmp_path):
    sound = chunks(read(write_video(tmp_path / "a.mp4")))
    for earlier, later in pairwise(sound):
        assert later.start == pytest.approx(earlier.start + len(earlier.samples) / RATE, abs=1e-3)


def test_a_late_beginning_of_the_sound_stays_late(tmp_path):
    items = read(write_video(tmp_path / "late.mp4", first_sound=0.7))
    assert loud_from(items) == pytest.approx(0.7, abs=0.03)
    assert frames(items)[0].time == pytest.approx(0.0, abs=0.01)


def test_a_stream_that_does_not_begin_at_zero(tmp_path):
    items = read(write_video(tmp_path / "a.ts"))
    assert min(start(item) for item in items) == pytest.approx(0.0, abs=0.01)
    flash = next(frame.time for frame in frames(items) if frame.image[:20].mean() > 128)
    assert loud_from(items) == pytest.approx(flash, abs=0.06)


def test_sound_alone_is_resampled(tmp_path):
    items = read(write_wav(tmp_path / "a.wav"))
    heard = np.concatenate([chunk.samples for chunk in chunks(items)])
    assert len(items) == len(chunks(items))
    assert len(heard) == pytest.approx(2 * RATE, abs=20)
    peak = np.argmax(np.abs(np.fft.rfft(heard[:RATE])))
    assert peak == pytest.approx(0.3 * 8000 / (2 * np.pi), abs=2)


def test_silent_video_gives_pictures_only(tmp_path):
    items = read(write_video(tmp_path / "a.mp4", sound=False))
    assert items == frames(items)
    assert items


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_a_still_picture_is_one_frame(tmp_path, name):
    image = np.zeros((40, 60, 3), np.uint8)
    image[..., 2] = 200  # red, in OpenCV's order
    cv2.imwrite(str(tmp_path / name), image)
    (frame,) = read(tmp_path / name)
    assert frame.image.shape == (40, 60, 3)
    assert np.allclose(frame.image[20, 30], [200, 0, 0], atol=6)


@pytest.mark.skipif(not hasattr(av.VideoStream, "set_display_rotation"), reason="PyAV cannot write it")
@pytest.mark.parametrize(("turn", "corner"), [(90, (-1, 0)), (-90, (0, -1)), (180, (-1, -1))])
def test_pictures_are_upright(tmp_path, turn, corner):
    """A phone held upright stores its pictures lying and a note how to turn them."""
    path = write_video(tmp_path / "a.mp4", seconds=1, sound=False, size=(96, 32), turn=turn)
    image = frames(read(path))[0].image
    assert image.shape[:2] == ((32, 96) if turn == 180 else (96, 32))
    # The stored picture is white in its upper half; see where that corner went.
    assert image[corner].min() > 200


def test_a_photo_is_turned_as_its_exif_says(tmp_path):
    image = np.zeros((32, 96, 3), np.uint8)
    image[:, :48] = 255
    _, jpeg = cv2.imencode(".jpg", image)
    tiff = b"MM\x00*\x00\x00\x00\x08\x00\x01" + struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) + b"\x00" * 4
    exif = b"Exif\x00\x00" + tiff
    data = jpeg.tobytes()
    (tmp_path / "a.jpg").write_bytes(
        data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]
    )
    (frame,) = read(tmp_path / "a.jpg")
    assert frame.image.shape == (96, 32, 3)
    assert frame.image[10].mean() > 200  # orientation 6: the stored left edge is the top


def test_large_pictures_are_shrunk(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((900, 2560, 3), np.uint8))
    (frame,) = read(tmp_path / "a.png")
    assert frame.image.shape == (450, LARGEST_SIDE, 3)


def test_the_cover_of_an_album_is_no_frame(tmp_path):
    with av.open(str(tmp_path / "a.m4a"), "w", format="mp4") as container:
        speech = container.add_stream("aac", rate=RATE, layout="mono")
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic.value
        container.mux(cover.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))))
        heard = av.AudioFrame.from_ndarray(np.zeros((1, RATE), np.float32), format="fltp", layout="mono")
        heard.sample_rate, heard.pts, heard.time_base = RATE, 0, Fraction(1, RATE)
        container.mux(speech.encode(heard))
        container.mux(speech.encode())
    items = read(tmp_path / "a.m4a")
    assert items
    assert items == chunks(items)


def test_a_colon_in_the_name_is_no_network_address(tmp_path, monkeypatch):
    write_wav(tmp_path / "12:30.wav")
    monkeypatch.chdir(tmp_path)
    assert read(recordings(tmp_path)[0].relative_to(tmp_path))


def test_real_time_is_kept(tmp_path):
    path = write_wav(tmp_path / "a.wav", seconds=0.6)
    began = time.monotonic()
    read(path, realtime=True)
    assert 0.55 < time.monotonic() - began < 2.0


def test_a_video_cut_in_the_middle_gives_what_is_left(tmp_path):
    path = write_video(tmp_path / "a.mp4", seconds=6, movflags="faststart")
    items, message = read_until_error(cut(path, 0.6))
    last = max(start(item) for item in items)
    assert 2.0 < last < 5.0
    assert "cut off at second" in message
    assert "of 6.0" in message
    assert str(tmp_path / "cut_a.mp4") in message
    assert "\n" not in message


def write_opus(path, seconds=5):
    with av.open(str(path), "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=48000, layout="mono")
        for index in range(seconds * 50):
            tone = np.sin(np.arange(960) * 0.05 + index).astype(np.float32)[None] / 4
            frame = av.AudioFrame.from_ndarray(tone, format="flt", layout="mono")
            frame.sample_rate, frame.pts = 48000, index * 960
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("write", [write_wav, write_opus])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_a_sound_cut_in_the_middle_is_given_and_named(tmp_path, write, share):
    path = write(tmp_path / "a.sound", seconds=5)
    whole = read(path)
    items, message = read_until_error(cut(path, share))
    assert 0 < len(items) < len(whole)
    assert re.search(r"cut_a.sound is cut short; all up to second \d\.\d was read; copy it again", message)
    assert "\n" not in message


@pytest.mark.parametrize("stated", [0, 0x7FFFFFFF, 0xFFFFFFFF, 32000 + 44])
def test_a_wav_that_knows_its_length_badly_is_whole(tmp_path, stated):
    data = bytearray(write_wav(tmp_path / "a.wav").read_bytes())
    data[40:44] = stated.to_bytes(4, "little")
    (tmp_path / "a.wav").write_bytes(data)
    assert sum(len(item.samples) for item in read(tmp_path / "a.wav")) == pytest.approx(2 * RATE, abs=200)


def test_an_ogg_without_the_mark_of_its_end_is_whole(tmp_path):
    path = write_opus(tmp_path / "a.opus")
    data = path.read_bytes()
    path.write_bytes(data[: data.rfind(b"OggS")])  # as a recorder leaves it that was killed between two pages
    assert read(path)


def test_a_video_damaged_in_the_middle_gives_the_rest(tmp_path):
    path = write_video(tmp_path / "a.mp4", seconds=6, movflags="faststart")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 6000] = bytes(6000)
    path.write_bytes(data)
    items, message = read_until_error(path)
    assert max(start(item) for item in items) > 5.5
    assert "is damaged between second" in message


@pytest.fixture
def broken(tmp_path):
    write_video(tmp_path / "a.mp4")
    (tmp_path / "lost_index.mp4").write_bytes(cut(tmp_path / "a.mp4", 0.6).read_bytes())
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "random.mp4").write_bytes(np.random.default_rng(0).bytes(20000))
    (tmp_path / "letter.txt").write_text("no recording\n" * 50)
    (tmp_path / "titles.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nhello\n\n")
    cv2.imwrite(
        str(tmp_path / "b.jpg"), np.random.default_rng(0).integers(0, 255, (40, 60, 3)).astype(np.uint8)
    )
    (tmp_path / "half.jpg").write_bytes(cut(tmp_path / "b.jpg", 0.15).read_bytes())
    (tmp_path / "folder").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("missing.mp4", "does not exist"),
        ("folder", "is a folder"),
        ("empty.mp4", "is empty"),
        ("random.mp4", "not a recording"),
        ("lost_index.mp4", "cut before its index was written"),
        ("letter.txt", "neither sound nor pictures"),
        ("titles.srt", "neither sound nor pictures"),
        ("half.jpg", "holds nothing that can be decoded"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_the_file(broken, name, what):
    with pytest.raises(MediaError, match=what) as caught:
        read(broken / name)
    message = str(caught.value)
    assert name in message
    assert "\n" not in message
    assert "Errno" not in message


def test_recordings_of_a_folder(tmp_path):
    for name in ("b.wav", "a.MP4", "notes.txt", "._a.mp4", "c.jpg"):
        (tmp_path / name).touch()
    assert [path.name for path in recordings(tmp_path)] == ["a.MP4", "b.wav", "c.jpg"]
    assert recordings(tmp_path / "b.wav") == [tmp_path / "b.wav"]
    (tmp_path / "none").mkdir()
    with pytest.raises(MediaError, match="holds no recordings"):
        recordings(tmp_path / "none")
    with pytest.raises(MediaError, match="does not exist"):
        recordings(tmp_path / "nowhere")


@pytest.mark.skipif(not MEDIA.exists(), reason="real recordings are not in the repository")
def test_a_real_recording():
    items = read(MEDIA / "ravdess-01-neutral.mp4")
    heard = sum(len(chunk.samples) for chunk in chunks(items)) / RATE
    assert heard == pytest.approx(3.3, abs=0.1)
    assert frames(items)[-1].time == pytest.approx(3.3, abs=0.15)
    assert frames(items)[0].image.shape == (720, 1280, 3)
