"""One recording of a file: its tracks opened, chosen, decoded and placed on one time."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import MediaError
from edge.features.band import Band
from edge.items import AudioChunk, Floats, Frame
from edge.recording.sealed import SealedReader, is_sealed, open_media
from edge.sources.recorded.cut import goes_on, is_cut
from edge.sources.recorded.mono import Mono
from edge.sources.recorded.orientation import matrix_of, photo_matrix, upright
from edge.sources.recorded.parts import Slice, Span
from edge.sources.recorded.timeline import Timeline
from edge.sources.recorded.tracks import chosen, length_of

FRAMES_PER_S = 15.0
"""Most pictures given a second: a window keeps about two, the rest would be converted only to be dropped."""
LARGEST_SIDE = 1280
"""Longer side of a picture given (pixels): faces are found at 320 and read at 48, more only costs memory."""
CUT_S = 1.0
"""A recording that ends this much before the length its header states was cut (seconds)."""
SILENCE = 1e-4
"""Peak below which a track counts as silent: about -80 dB of full scale."""
_WIDEST = 8.0  # a pixel that claims to be wider or higher than so many times the other way is a mistake

# Only these formats state their length in a header; others let the demuxer guess it from the file's size.
_STATES_LENGTH = {"aiff", "au", "avi", "caf", "flac", "matroska", "mov"}
_PHOTOS = {"image2", "jpeg_pipe", "png_pipe", "webp_pipe", "tiff_pipe"}

Note = Callable[[MediaError], object]
"""Told, once each, of what is unusual about a recording that is read all the same."""


class Part:
    """Sound and pictures of one of the recordings a file is joined from.

    Open it with `open`, then iterate once over `items`; `close` at the end.
    """

    def __init__(self, path: Path, span: Span | None, begins: float, rate: int, note: Note) -> None:
        """span: which bytes; None: the whole file. begins: when, in the time of the file (seconds)."""
        self.path, self.rate = path, rate
        self.failed_s: list[float] = []
        """Where packets could not be decoded (seconds)."""
        self.cut = False
        """Whether the file lacks its end, though no header states a length."""
        self.stated_s = 0.0
        """Time at which it ends by its header (seconds); 0: unknown."""
        self.form = ""
        """The demuxer's name, once it is open."""
        self.end_s = begins
        """End of what was decoded (seconds)."""
        self._span, self._begins, self._note = span, begins, note
        self._held = ExitStack()
        self._tracks: list[Iterator[AudioChunk | Frame]] = []
        self._used: list[int] = []
        self._mono, self._band, self._peak, self._others = Mono(rate), Band(rate), 0.0, 0
        self._rate_stated = 0  # highest rate the sound came at (hertz)
        self._turned: tuple[float, float, float, float] | None = None
        self._matrices: dict[float, tuple[float, float, float, float]] = {}  # by turn (degrees)

    def open(self) -> None:
        """Raises MediaError when there is nothing to read."""
        container = self._open()
        self.form = container.format.name
        sound, picture = chosen(container, self.path, self._note)
        self._others = len(container.streams.audio) - 1
        used = [stream for stream in (sound, picture) if stream is not None]
        if self.form == "tty" or not used:  # tty: plain text, drawn as pictures
            raise MediaError.of("media_no_tracks", path=self.path)
        if any(stream.codec_context is None for stream in used):
            raise MediaError.of("media_unknown_codec", path=self.path)
        if container.duration and _STATES_LENGTH & set(self.form.split(",")):
            # The smaller one: a cut made by editing hides part of a stream, a subtitle may outlast it.
            lengths = [length_of(stream) for stream in used]
            if all(lengths) or len(used) == len(container.streams):
                length = min(container.duration / 1e6, max(lengths) or float("inf"))
                self.stated_s = self._begins + length
        self._used = [stream.index for stream in used]
        if sound is not None:
            self._tracks.append(self._sound(container, sound))
        if picture is not None:
            if self.form in _PHOTOS and not is_sealed(self.path):
                self._turned = photo_matrix(self.path)
            # Each stream has a reader of its own: in a badly interleaved file one would have to hold
            # minutes of the one stream while it looks for the other.
            own = container if sound is None else self._open()
            self._tracks.append(self._pictures(own, own.streams[picture.index]))

    def close(self) -> None:
        """Close the file."""
        self._tracks = []
        self._held.close()

    def items(self) -> Iterator[AudioChunk | Frame]:
        """What it holds, in order of time."""
        yield from heapq.merge(*self._tracks, key=start_of)
        if self._mono.cancelled:
            self._note(MediaError.of("media_phase", path=self.path))
        if self._rate_stated and self._peak < SILENCE:
            if self._others > 0:
                self._note(MediaError.of("media_silent_track", path=self.path))
            return
        stated = self._rate_stated / 2
        ends = stated if stated and self._band.is_narrow(stated) else self._band.end_hz()
        if ends is not None:
            values = {"found": ends / 1000, "wanted": self.rate / 2000}
            self._note(MediaError.of("media_narrow", path=self.path, **values))

    def _open(self) -> Any:
        import av

        def opened(file: Any, **options: Any) -> Any:
            return self._held.enter_context(av.open(file, metadata_errors="replace", **options))

        try:
            if self._span is not None:
                file = self._held.enter_context(Slice(self.path, self._span))
                return opened(file, buffer_size=1 << 20)
            if is_sealed(self.path):
                sealed = self._held.enter_context(open_media(self.path))
                assert isinstance(sealed, SealedReader)
                self.cut = sealed.cut
                return opened(sealed, buffer_size=1 << 16)
            name = str(self.path.absolute())  # `12:30.mp4` alone would be a network address
            container = opened(name)
            self.cut = is_cut(self.path, container.format.name)
            if container.format.name == "wav" and (more := goes_on(self.path)):
                if more == "longer":
                    self._note(MediaError.of("media_longer", path=self.path))
                container = opened(name, options={"ignore_length": "1"})
            return container
        except av.FFmpegError:
            raise MediaError.of("media_no_recording", path=self.path) from None
        except OSError as error:
            raise MediaError.of("media_unreadable", path=self.path, why=error.strerror or error) from None

    def _sound(self, container: Any, stream: Any) -> Iterator[AudioChunk]:
        import av

        end = self._begins
        for form, frames in groupby(self._decoded(container, stream), _form):
            # s16, not float: only then does the mix to mono keep full-scale sound within -1..1.
            two = form[3] == 2
            self._rate_stated = max(self._rate_stated, form[2])
            resampler: Any = av.AudioResampler("s16p", "stereo" if two else "mono", self.rate)
            for frame in chain(frames, [None]):
                for part in resampler.resample(frame):
                    if part is None:
                        continue
                    samples = self._mixed(part.to_ndarray())
                    start = end if part.time is None else part.time
                    end = start + len(samples) / self.rate
                    self.end_s = max(self.end_s, end)
                    self._band.add(samples)
                    self._peak = max(self._peak, float(np.abs(samples).max(initial=0.0)))
                    yield AudioChunk(start, self.rate, samples)

    def _mixed(self, samples: Any) -> Floats:
        """One channel of samples [channels, n], in -1..1."""
        if len(samples) == 2:
            return self._mono.mix(samples)
        return np.asarray(samples[0].astype(np.float32) / 32768.0, np.float32)

    def _pictures(self, container: Any, stream: Any) -> Iterator[Frame]:
        period = 1.0 / float(stream.average_rate or 25)
        moment, last = self._begins - period, float("-inf")
        for frame in self._decoded(container, stream):
            moment = moment + period if frame.time is None else frame.time
            self.end_s = max(self.end_s, moment + period)
            if moment - last > 1.0 / FRAMES_PER_S - 1e-3:
                last = moment
                yield Frame(moment, self._image(frame, stream))

    def _image(self, frame: Any, stream: Any) -> Any:
        """RGB [h, w, 3], upright, of square pixels and no larger than LARGEST_SIDE."""
        width, height = float(frame.width), float(frame.height)
        aspect = float(stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or 1)
        if 1.0 / _WIDEST <= aspect <= _WIDEST:
            width, height = width * max(1.0, aspect), height * max(1.0, 1.0 / aspect)
        shrink = min(1.0, LARGEST_SIDE / max(width, height))
        size = {"width": max(1, round(width * shrink)), "height": max(1, round(height * shrink))}
        image = frame.reformat(**size, format="rgb24").to_ndarray()
        return upright(image, self._turned or self._matrix(frame))

    def _matrix(self, frame: Any) -> tuple[float, float, float, float]:
        """Display matrix of a frame; asked for once a turn: a frame that was asked is held until the next
        collection of cycles."""
        if frame.rotation not in self._matrices:
            self._matrices[frame.rotation] = matrix_of(frame)
        return self._matrices[frame.rotation]

    def _decoded(self, container: Any, stream: Any) -> Iterator[Any]:
        """Frames of a stream on the time of the file; what cannot be decoded is noted and passed over."""
        import av

        # One thread leaves the other cores to the networks and is still faster than real time.
        stream.codec_context.thread_count = 1
        timeline = Timeline(-(container.start_time or 0) / 1e6)
        packets = container.demux(*(container.streams[index] for index in self._used))
        started, moment = False, self._begins
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                moment = self._placed(packet, timeline, moment)
                if packet.stream.index != stream.index:
                    continue
                frames = packet.decode()
            except (av.FFmpegError, OSError):
                # A stream joined in the middle begins with scraps: they are no damage.
                if started:
                    self.failed_s.append(moment)
                continue
            started = started or bool(frames)
            yield from frames

    def _placed(self, packet: Any, timeline: Timeline, moment: float) -> float:
        """When a packet is due, its stamps moved on to the time of the file; `moment` where it has none."""
        stamp = packet.pts if packet.dts is None else packet.dts
        if stamp is None:
            return moment
        base = packet.time_base
        known = len(timeline.jumps)
        shift = timeline.place(packet.stream.index, float(stamp * base), float((packet.duration or 0) * base))
        if len(timeline.jumps) > known:
            jump = timeline.jumps[-1]
            self._note(MediaError.of("media_jump", path=self.path, at=self._begins + jump.at, by=jump.by))
        ticks = round((self._begins + shift) / base)
        packet.pts, packet.dts = (None if at is None else at + ticks for at in (packet.pts, packet.dts))
        if self.stated_s and timeline.skipped > 0:
            self.stated_s = 0.0  # the header counts what was left out
        return float((stamp + ticks) * base)


def _form(frame: Any) -> tuple[str, str, int, int]:
    """What a resampler is made for; a broadcast may change it on the way."""
    return frame.format.name, frame.layout.name, frame.sample_rate, frame.layout.nb_channels


def start_of(item: AudioChunk | Frame) -> float:
    """When an item begins (seconds)."""
    return item.start if isinstance(item, AudioChunk) else item.time
