"""Sound and pictures as the bytes of small Matroska files, made and read in memory; through PyAV.

Sound is FLAC. Pictures are H.264 where the FFmpeg that PyAV came with has x264 (its wheels do; x264 is under
the GPL, and is called, not shipped, by this package), else FFV1, which every build under the LGPL has:
lossless and some ten times as large. A picture every KEY_S stands alone, none refers to a later one: clips
are cut from them without encoding again.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from edge.items import Bytes
from edge.perception.speech import RATE
from edge.sources.recorded.recording import FRAMES_PER_S, LARGEST_SIDE

Samples = NDArray[np.int16]

_H264 = {
    "preset": "superfast",
    "tune": "zerolatency",
    "crf": "20",
    "forced-idr": "1",
    "threads": "1",
}
_FFV1 = {"level": "3", "threads": "1"}
KEY_S = 1 / 3
"""Time between two pictures that stand alone (seconds)."""
_MS = Fraction(1, 1000)
_BLOCK = 4096  # samples of a FLAC frame


@lru_cache(maxsize=1)
def picture_codec() -> str:
    """The encoder of pictures there is here."""
    import av

    with suppress(av.FFmpegError, ValueError):  # UnknownCodecError is a ValueError
        av.codec.Codec("libx264", "w")
        return "libx264"
    return "ffv1"


def sound_file(samples: Samples, start_s: float) -> bytes:
    """Samples [n] at RATE as FLAC in Matroska; start_s: the stamp of the first one (seconds)."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as container:
        _put_sound(container, add_sound(container), samples, start_s)
    return out.getvalue()


def add_sound(container: Any) -> Any:
    """A FLAC track in a container that is written."""
    stream = container.add_stream("flac", rate=RATE, layout="mono")
    stream.codec_context.format = "s16"
    return stream


def _put_sound(container: Any, stream: Any, samples: Samples, start_s: float) -> None:
    for packet in sound_packets(stream, samples, start_s):
        container.mux(packet)


def sound_packets(stream: Any, samples: Samples, start_s: float) -> Iterator[Any]:
    """Packets of samples [n]; start_s: the stamp of the first one (seconds)."""
    import av

    first = round(start_s * RATE)
    for at in range(0, len(samples), _BLOCK):
        frame: Any = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[None, at : at + _BLOCK]), "s16", "mono"
        )
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), first + at
        yield from stream.encode(frame)
    yield from stream.encode(None)


def read_sound(file: BinaryIO) -> tuple[float, Samples]:
    """Stamp of the first sample (seconds) and the samples [n] of a sound file; what decodes of a cut one."""
    import av

    start, found = 0.0, list[Samples]()
    with av.open(file) as container, suppress(av.FFmpegError):
        for frame in container.decode(audio=0):
            if not found:
                start = float(frame.time or 0.0)
            found.append(frame.to_ndarray()[0].astype(np.int16, copy=False))
    return start, np.concatenate(found) if found else np.zeros(0, np.int16)


class PictureFile:
    """A file of pictures that is written in memory, one after the other."""

    def __init__(self, width: int, height: int) -> None:
        """width, height: of the first picture (pixels); later ones are scaled to it."""
        import av

        scale = min(1.0, LARGEST_SIDE / max(width, height))
        codec = picture_codec()
        self._out = io.BytesIO()
        self._container: Any = av.open(self._out, "w", format="matroska")
        options = _H264 if codec == "libx264" else _FFV1
        stream: Any = self._container.add_stream(codec, rate=round(FRAMES_PER_S), options=options)
        stream.width, stream.height = [max(2, round(side * scale) // 2 * 2) for side in (width, height)]
        stream.pix_fmt = "yuv420p"
        self._stream = stream
        self._stream.codec_context.time_base = self._stream.time_base = _MS
        self._last, self._key = -1, float("-inf")

    def add(self, image: Bytes, at_s: float) -> None:
        """Take the next picture, RGB [h, w, 3]; at_s: its stamp (seconds)."""
        import av

        stamp = max(self._last + 1, round(at_s * 1000))
        self._last = stamp
        frame: Any = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), "rgb24").reformat(
            self._stream.width, self._stream.height, "yuv420p"
        )
        frame.pts, frame.time_base = stamp, _MS
        if at_s - self._key >= KEY_S - 0.01:
            self._key, frame.pict_type = at_s, av.video.frame.PictureType.I
        self._container.mux(self._stream.encode(frame))

    def close(self) -> bytes:
        """The file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._out.getvalue()


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture as it is encoded."""

    at_s: float
    """Its stamp (seconds)."""
    key: bool
    """Whether it stands alone."""
    packet: Any


def read_pictures(file: BinaryIO) -> tuple[Any, Any, list[Picture]]:
    """The container, the stream and the encoded pictures of a file; what there is of a cut one.

    The caller closes the container when the packets are written.
    """
    import av

    container: Any = av.open(file)
    stream, found = container.streams.video[0], list[Picture]()
    with suppress(av.FFmpegError):
        for packet in container.demux(stream):
            if packet.pts is not None:
                found.append(Picture(float(packet.pts * packet.time_base), bool(packet.is_keyframe), packet))
    return container, stream, found


def clip_file(
    samples: Samples | None, pictures: list[Picture], template: Any, shift_s: float
) -> tuple[str, bytes]:
    """A clip and the suffix it goes by: samples [n] from stamp 0 on, pictures moved back by shift_s.

    template: the stream the pictures come from; None without any. shift_s: seconds. Pictures are copied, not
    encoded again. Of a kind that browsers play, for those who label it: MP4, or FLAC alone; Matroska where
    pictures are FFV1.
    """
    import av

    form, suffix = ("mp4", ".mp4") if pictures else ("flac", ".flac")
    if pictures and template.codec_context.name == "ffv1":
        form, suffix = "matroska", ".mkv"
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        film: Any = container.add_stream_from_template(template) if pictures else None
        sound: Any = None if samples is None else add_sound(container)
        due: list[tuple[float, Any]] = []
        for picture in pictures:
            packet = picture.packet
            stamp = round((picture.at_s - shift_s) / packet.time_base)
            packet.pts = packet.dts = stamp
            packet.stream = film
            due.append((picture.at_s - shift_s, packet))
        if samples is not None:
            due += [(float(p.pts * p.time_base), p) for p in sound_packets(sound, samples, 0.0)]
        for _, packet in sorted(due, key=lambda one: one[0]):
            container.mux(packet)
    return suffix, out.getvalue()
