"""A session becomes clips with rows in metadata.csv; then its segments are destroyed.

Whatever ends it in between, the next start does it again: a clip has the same name each time, the rows of a
session are replaced together, and segments go last.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import EdgeError, InputError, MediaError
from edge.features.band import Band
from edge.items import Floats, Frame
from edge.perception.faces import FaceFollower, brightness
from edge.perception.speech import CHUNK, RATE, SpeechDetector
from edge.recording.keys import Secret
from edge.recording.media import Picture, Samples, clip_file, read_pictures, read_sound
from edge.recording.sealed import SUFFIX, destroy, open_media
from edge.recording.segments import SEGMENT_S, Kind
from edge.recording.session import CLIPS, Facts, Session, clips_of, write_media
from edge.recording.stretches import Stretch, stretches
from edge.recording.table import replace_rows
from edge.system.private import make_private

LOOK_S = 2.0
"""Time between two pictures that are looked at for the table (seconds)."""
_LENGTH = round(SEGMENT_S * RATE)


def cut(
    session: Session,
    recordings: Path,
    secret: Secret | None,
    detector: Path,
    note: Callable[[EdgeError], object],
) -> int:
    """Cut a session into clips and destroy its segments; how many clips with speech there are.

    detector: ONNX file of the face detector. note: told of a segment that cannot be read; it stays where it
    is. Raises OSError where the disk takes no more: the session stays for the next time.
    """
    make_private(recordings / CLIPS)
    for path in clips_of(recordings, session.facts.session):
        destroy(path)  # of a time that was cut short; all of them are made again
    reader = _Reader(session, secret, note)
    facts, rows, speech = session.facts, list[dict[str, str]](), 0
    found = reader.stretches(lambda one, other: facts.mark_at(one) != facts.mark_at(other))
    if not found:
        found = reader.pictures_alone()
    for stretch in found:
        with ExitStack() as held:
            samples, pictures, template = reader.clip(stretch, held)
            if samples is None and not pictures:
                continue
            suffix, data = clip_file(samples, pictures, template, stretch.start)
            kind = "" if stretch.speech else "_quiet"
            name = f"{facts.session}_{round(1000 * stretch.start):09d}{kind}{suffix}"
            write_media(recordings / CLIPS / name, data, secret)
            looks = _looked(data, pictures, detector)
        speech += stretch.speech
        file = f"{CLIPS}/{name}{SUFFIX if secret else ''}"
        rows.append(_row(facts, file, stretch) | _sound_facts(samples, stretch.speech) | looks)
    replace_rows(recordings / "metadata.csv", facts.session, rows)
    for place, path in session.segments().items():
        if place not in reader.unread:
            destroy(path)
    if reader.unread:
        session.note(facts.model_copy(update={"cut": True}))
    else:
        session.delete()
    return speech


class _Reader:
    """Sound and pictures of a session, segment by segment."""

    def __init__(self, session: Session, secret: Secret | None, note: Callable[[EdgeError], object]) -> None:
        self._paths, self._secret, self._note = session.segments(), secret, note
        self.unread: set[tuple[int, Kind]] = set()
        self._sounds: dict[int, Samples] = {}  # the few read last

    def stretches(self, apart: Callable[[float, float], bool]) -> list[Stretch]:
        """Where somebody speaks and where nobody does."""
        detector, scores, power = SpeechDetector(), list[Any](), list[Any]()
        numbers = [number for number, kind in self._paths if kind == "mka"]
        if not numbers:
            return []
        rest, place = np.zeros(0, np.int16), 0
        for number in range(max(numbers) + 1):  # holes as exact silence: memory holds scores, not hours
            whole = np.concatenate([rest, self._sound(number)])
            inside = len(whole) // CHUNK * CHUNK
            sound = whole[:inside].astype(np.float32) / 32768.0
            one, other = detector.score(sound, place / RATE)
            scores.append(one)
            power.append(other)
            rest, place = whole[inside:], place + inside
        return stretches(np.concatenate(scores), np.concatenate(power), apart)

    def pictures_alone(self) -> list[Stretch]:
        """Where there are pictures and never any sound: a minute each."""
        numbers = [number for number, kind in self._paths if kind == "mkv"]
        step = 20
        return [
            Stretch(first * SEGMENT_S, (first + step) * SEGMENT_S, speech=False)
            for first in range(0, max(numbers, default=-1) + 1, step)
            if any(first <= number < first + step for number in numbers)
        ]

    def clip(self, stretch: Stretch, held: ExitStack) -> tuple[Samples | None, list[Picture], Any]:
        """Samples, encoded pictures from the first one that stands alone on, and the stream they are of."""
        pictures, template = list[Picture](), None
        first, last = (int(at // SEGMENT_S) for at in (stretch.start, stretch.end))
        for number in range(first, last + 1):
            stream, found = self._film(number, held)
            if stream is None:
                continue
            if template is None:
                template = stream
            elif stream.codec_context.extradata != template.codec_context.extradata:
                break  # another camera, or another size
            pictures += [Picture(one.at_s + number * SEGMENT_S, one.key, one.packet) for one in found]
        pictures = [one for one in pictures if stretch.start <= one.at_s < stretch.end]
        while pictures and not pictures[0].key:
            pictures.pop(0)
        samples = self._samples(stretch.start, stretch.end)
        return samples if len(samples) and samples.any() else None, pictures, template

    def _samples(self, start: float, end: float) -> Samples:
        first, last = round(start * RATE), round(end * RATE)
        numbers = range(first // _LENGTH, -(-last // _LENGTH))
        whole = [self._sound(number) for number in numbers]
        sound = np.concatenate(whole) if whole else np.zeros(0, np.int16)
        return np.asarray(sound[first - numbers.start * _LENGTH :][: last - first])

    def _sound(self, number: int) -> Samples:
        """The samples of a segment, [SEGMENT_S * RATE]; 0 where nothing was heard."""
        if number not in self._sounds:
            whole = np.zeros(_LENGTH, np.int16)
            start, samples = self._read(number, "mka", read_sound) or (0.0, whole[:0])
            at = round(start * RATE)
            whole[at : at + len(samples)] = samples[: _LENGTH - at]
            self._sounds[number] = whole
            while len(self._sounds) > 24:  # more than the longest clip with speech spans
                del self._sounds[next(iter(self._sounds))]
        return self._sounds[number]

    def _film(self, number: int, held: ExitStack) -> tuple[Any, list[Picture]]:
        found = self._read(number, "mkv", read_pictures, held)
        if found is None:
            return None, []
        container, stream, pictures = found
        held.callback(container.close)
        return stream, pictures

    def _read(
        self, number: int, kind: Kind, read: Callable[[Any], Any], held: ExitStack | None = None
    ) -> Any:
        """What a file holds; None where there is none or it cannot be read, which is noted once."""
        import av

        path = self._paths.get((number, kind))
        if path is None or (number, kind) in self.unread:
            return None
        try:
            with ExitStack() as opened:
                found = read(opened.enter_context(open_media(path, self._secret)))
                if held is not None:
                    held.push(opened.pop_all())
                return found
        except (MediaError, av.FFmpegError, OSError, IndexError) as error:
            self.unread.add((number, kind))
            told = error if isinstance(error, MediaError) else MediaError.of("media_no_recording", path=path)
            self._note(told)
            return None


def _row(facts: Facts, file: str, stretch: Stretch) -> dict[str, str]:
    mark = facts.mark_at(stretch.middle)
    speaker = mark.speaker or (facts.subjects[0] if len(facts.subjects) == 1 else "")
    began = datetime.fromisoformat(facts.began) + timedelta(seconds=stretch.start)
    spoken = stretch.speech
    return {
        "file_name": file,
        "speaker": speaker,
        "session": facts.session,
        "recorded": began.isoformat(timespec="milliseconds"),
        "seconds": f"{stretch.end - stretch.start:.2f}",
        "emotion": mark.label if spoken else "",
        "label_source": "acted" if spoken and mark.label else "",
        "asked": mark.label if spoken else "",
        "transcript": mark.text if spoken else "",
        "place": facts.place,
        "shift": facts.shift,
        "device": facts.device,
        "microphone": facts.microphone,
        "camera": facts.camera,
        "distance_m": "" if facts.distance_m is None else f"{facts.distance_m:g}",
        "subjects": " ".join(facts.subjects),
        "consent": " ".join(map(str, facts.consents)),
    }


def _sound_facts(samples: Samples | None, spoken: bool) -> dict[str, str]:
    """Level, speech over noise, and up to where the sound reaches."""
    if samples is None:
        return dict.fromkeys(("speech_s", "level_dbfs", "noise_dbfs", "snr_db", "band_hz"), "")
    sound: Floats = samples.astype(np.float32) / 32768.0
    speech, band = SpeechDetector().measure(sound), Band(RATE)
    band.add(sound)
    power = float(np.mean(np.square(sound)))
    return {
        "speech_s": f"{speech.seconds if spoken else 0.0:.2f}",
        "level_dbfs": f"{10 * math.log10(max(power, 1e-10)):.1f}",
        "noise_dbfs": f"{speech.noise_db:.1f}",
        "snr_db": f"{speech.snr_db:.1f}" if spoken else "",
        "band_hz": f"{band.end_hz() or RATE / 2:.0f}",
    }


def _looked(data: bytes, pictures: list[Picture], detector: Path) -> dict[str, str]:
    """Mean brightness, and the most faces at once, of a picture every LOOK_S."""
    light, faces, finder = list[float](), list[int](), FaceFollower(detector, "all")
    for frame in _frames(data) if pictures else ():
        light.append(brightness(frame.image))
        faces.append(len(finder.follow(frame)))
    return {
        "light": f"{np.mean(light):.3f}" if light else "",
        "faces": str(max(faces)) if faces else "",
    }


def _frames(data: bytes) -> Iterator[Frame]:
    import io

    import av

    due = 0.0
    with av.open(io.BytesIO(data)) as container:
        stream: Any = container.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY"
        for frame in container.decode(stream):
            if frame.time is not None and frame.time >= due:
                due = frame.time + LOOK_S
                yield Frame(frame.time, frame.to_ndarray(format="rgb24"))


def require_readable(session: Session, secret: Secret | None) -> None:
    """Raises MediaError before anything is done where a session was encrypted with another key."""
    for path in session.segments().values():
        try:
            open_media(path, secret).close()
        except InputError as error:
            if error.key == "sealed_other_key":
                raise
        return
