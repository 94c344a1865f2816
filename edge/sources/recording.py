"""A recording as a source: any video, sound or picture file."""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain, groupby
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from typing_extensions import Self

from edge.errors import MediaError
from edge.items import AudioChunk, Bytes, Frame
from edge.sources.cut import is_cut

FRAMES_PER_S = 15.0
"""Most pictures given a second: a window keeps about two, the rest would be converted only to be dropped."""
LARGEST_SIDE = 1280
"""Longer side of a picture given (pixels): faces are found at 320 and read at 48, more only costs memory."""
CUT_S = 1.0
"""A recording that ends this much before the length its header states was cut (seconds)."""
_VIDEO = {".3gp", ".avi", ".m4v", ".mkv", ".mov", ".mp4", ".ts", ".webm"}
_SOUND = {".aac", ".flac", ".m4a", ".mp3", ".oga", ".ogg", ".opus", ".wav"}
_PICTURE = {".jpeg", ".jpg", ".png"}
MEDIA = frozenset(_VIDEO | _SOUND | _PICTURE)
"""File names taken for recordings when a folder is given."""

# Only these formats state their length in a header; others let the demuxer guess it from the file's size.
_STATES_LENGTH = {"avi", "flac", "matroska", "mov"}


def recordings(path: Path) -> list[Path]:
    """The file itself, or the media files directly in a folder, sorted by name. Raises MediaError."""
    if not path.exists():
        raise MediaError(f"{path} does not exist: check the path")
    if not path.is_dir():
        return [path]
    files = (file for file in path.iterdir() if not file.name.startswith("."))
    found = [file for file in files if file.suffix.lower() in MEDIA and file.is_file()]
    if not found:
        raise MediaError(
            f"{path} holds no recordings ({' '.join(sorted(MEDIA))}): give another file or folder"
        )
    return sorted(found)


class RecordingSource:
    """Sound and pictures of a file, each at its own time since the recording began, merged in order of time.

    Sound comes as mono float32 at `rate` hertz, pictures as upright RGB. `realtime` paces them as live
    devices would; otherwise they come as fast as they decode. A still picture gives one Frame. It can be
    iterated once.

    Raises MediaError: on opening, when there is nothing to read; and at the END of iterating, after all that
    decodes was given, when the recording turns out to be cut or damaged.
    """

    def __init__(self, path: Path, rate: int, realtime: bool = False) -> None:
        self.path = path
        self.rate = rate
        self.realtime = realtime
        self._held = ExitStack()
        self._tracks: list[Iterator[AudioChunk | Frame]] = []
        self._cut = False  # whether the file lacks its end, though no header states a length
        self._stated_s = 0.0  # length the header states
        self._end_s = 0.0  # end of what was decoded
        self._failed_s: list[float] = []  # where packets could not be decoded

    def __enter__(self) -> Self:
        try:
            self._open_tracks()
        except BaseException:
            self._held.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tracks = []
        self._held.close()

    def __iter__(self) -> Iterator[AudioChunk | Frame]:
        began = time.monotonic()
        given = False
        for item in heapq.merge(*self._tracks, key=_start):
            if self.realtime:
                time.sleep(max(0.0, began + _end(item) - time.monotonic()))
            given = True
            yield item
        if not given:
            raise MediaError(
                f"{self.path} holds nothing that can be decoded: copy it again or convert it to mp4"
            )
        if self._stated_s - self._end_s > CUT_S:
            raise MediaError(
                f"{self.path} is cut off at second {self._end_s:.1f} of {self._stated_s:.1f}: "
                "all up to there was read; copy it again to get the rest"
            )
        if self._cut:
            raise MediaError(
                f"{self.path} is cut short: all up to second {self._end_s:.1f} was read; "
                "copy it again to get the rest"
            )
        if self._failed_s:
            first, last, count = min(self._failed_s), max(self._failed_s), len(self._failed_s)
            raise MediaError(
                f"{self.path} is damaged between second {first:.1f} and {last:.1f}: {count} packet(s) could "
                "not be decoded, all else was read; copy it again"
            )

    def _open_tracks(self) -> None:
        from av.stream import Disposition

        container = self._open()
        sound = next(iter(container.streams.audio), None)
        # The cover of an album is a video stream too, and the singer on it has nothing to say here.
        shown = (s for s in container.streams.video if not s.disposition & Disposition.attached_pic)
        picture = next(shown, None)
        used = [stream for stream in (sound, picture) if stream is not None]
        if container.format.name == "tty" or not used:  # tty: plain text, drawn as pictures
            raise MediaError(
                f"{self.path} has neither sound nor pictures: give a video, sound or picture file"
            )
        if any(stream.codec_context is None for stream in used):
            raise MediaError(f"{self.path} is coded in a way not known here: convert it to mp4 (H.264, AAC)")
        if container.duration and _STATES_LENGTH & set(container.format.name.split(",")):
            # The smaller one: a cut made by editing hides part of a stream, a subtitle may outlast it.
            lengths = [float(s.duration * s.time_base) for s in used if s.duration]
            self._stated_s = min(container.duration / 1e6, max(lengths, default=float("inf")))
        if sound is not None:
            self._tracks.append(self._sound(container, sound))
        if picture is not None:
            # Each stream has a reader of its own: in a badly interleaved file one would have to hold
            # minutes of the one stream while it looks for the other.
            own = container if sound is None else self._open()
            self._tracks.append(self._pictures(own, own.streams[picture.index]))

    def _open(self) -> Any:
        import av

        try:
            with self.path.open("rb") as file:
                if not file.read(1):
                    raise MediaError(f"{self.path} is empty (0 bytes): copy or record it again")
            # The absolute path: the demuxer would take `12:30.mp4` for a network address.
            container = self._held.enter_context(av.open(str(self.path.absolute())))
            self._cut = is_cut(self.path, container.format.name)
            return container
        except FileNotFoundError:
            raise MediaError(f"{self.path} does not exist: check the path") from None
        except IsADirectoryError:
            raise MediaError(f"{self.path} is a folder: give one of the files in it") from None
        except av.FFmpegError:
            raise MediaError(
                f"{self.path} is not a recording, or was cut before its index was written: "
                "copy or record it again, or convert it to mp4"
            ) from None
        except OSError as error:
            raise MediaError(f"{self.path} cannot be read: {error.strerror}") from None

    def _sound(self, container: Any, stream: Any) -> Iterator[AudioChunk]:
        import av

        end = 0.0
        for _, frames in groupby(self._decoded(container, stream), _form):
            # s16, not float: only then does the mix to mono keep full-scale stereo within -1..1.
            resampler: Any = av.AudioResampler("s16", "mono", self.rate)
            for frame in chain(frames, [None]):
                for part in resampler.resample(frame):
                    if part is None:
                        continue
                    samples = part.to_ndarray()[0].astype(np.float32) / 32768.0
                    start = end if part.time is None else part.time - _offset(container)
                    end = start + len(samples) / self.rate
                    self._end_s = max(self._end_s, end)
                    yield AudioChunk(start, self.rate, samples)

    def _pictures(self, container: Any, stream: Any) -> Iterator[Frame]:
        period = 1.0 / float(stream.average_rate or 25)
        moment, last = -period, float("-inf")
        for frame in self._decoded(container, stream):
            moment = moment + period if frame.time is None else frame.time - _offset(container)
            self._end_s = max(self._end_s, moment + period)
            if moment - last > 1.0 / FRAMES_PER_S - 1e-3:
                last = moment
                yield Frame(moment, _upright(frame))

    def _decoded(self, container: Any, stream: Any) -> Iterator[Any]:
        """Frames of a stream; what cannot be decoded is noted and passed over."""
        import av

        # One thread leaves the other cores to the networks and is still faster than real time.
        stream.codec_context.thread_count = 1
        packets = container.demux(stream)
        started, moment = False, 0.0
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                if packet.pts is not None:
                    moment = float(packet.pts * packet.time_base) - _offset(container)
                frames = packet.decode()
            except (av.FFmpegError, OSError):
                # A stream joined in the middle begins with scraps: they are no damage.
                if started:
                    self._failed_s.append(moment)
                continue
            started = started or bool(frames)
            yield from frames


def _offset(container: Any) -> float:
    """When the recording begins on its own clock (seconds); one offset for all streams keeps them in step."""
    return (container.start_time or 0) / 1e6


def _form(frame: Any) -> tuple[str, str, int]:
    """What a resampler is made for; a broadcast may change it on the way."""
    return frame.format.name, frame.layout.name, frame.sample_rate


def _upright(frame: Any) -> Bytes:
    """RGB [h, w, 3], turned as the file says and no larger than LARGEST_SIDE."""
    shrink = min(1.0, LARGEST_SIDE / max(frame.width, frame.height))
    size = {"width": round(frame.width * shrink), "height": round(frame.height * shrink)}
    image: Bytes = frame.reformat(**size, format="rgb24").to_ndarray()
    turns = round(frame.rotation / 90)
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def _start(item: AudioChunk | Frame) -> float:
    return item.start if isinstance(item, AudioChunk) else item.time


def _end(item: AudioChunk | Frame) -> float:
    return item.start + len(item.samples) / item.rate if isinstance(item, AudioChunk) else item.time
