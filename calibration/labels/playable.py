"""Clips as browsers play them: Matroska and others are made anew.

Their H.264 is taken as it is, other pictures are encoded anew (x264, else VP9); sound becomes AAC, without
pictures FLAC.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from calibration.labels.studio import Kind
from edge.errors import MediaError
from edge.recording.sealed import media_suffix, open_media
from edge.sources.recorded.recording import MOVING

SHOWN: dict[str, Kind] = {
    **dict.fromkeys((".flac", ".m4a", ".mp3", ".oga", ".ogg", ".opus", ".wav"), "audio"),
    **dict.fromkeys((".mp4", ".m4v", ".webm", ".mov"), "video"),
}
"""Files that browsers play as they are, and what they are shown as."""
MADE: dict[Kind, str] = {"audio": ".flac", "video": ".mp4"}
"""What another file becomes."""
ENCODERS = ("libx264", "libvpx-vp9")


def kind_of(path: Path) -> Kind | None:
    """What a clip is shown as; None where it holds nothing to see or hear. Raises InputError for its key."""
    import av

    suffix = media_suffix(path)
    if suffix not in MOVING or SHOWN.get(suffix) == "audio":
        return SHOWN.get(suffix)
    with suppress(av.FFmpegError, OSError), open_media(path) as file, av.open(file) as container:
        return "video" if container.streams.video else "audio" if container.streams.audio else None
    return None


def suffix_for(path: Path, kind: Kind) -> str:
    """Of the copy."""
    suffix = media_suffix(path)
    return suffix if suffix in SHOWN else MADE[kind]


def convert(source: BinaryIO, target: BinaryIO, kind: Kind, name: str) -> None:
    """Write a clip anew for browsers. name: for messages. Raises MediaError."""
    import av

    try:
        with (
            av.open(source) as read,
            av.open(target, "w", format="mp4" if kind == "video" else "flac") as made,
        ):
            sound = read.streams.audio[0] if read.streams.audio else None
            film = read.streams.video[0] if kind == "video" else None
            # Where pictures refer to later ones, Matroska does not say all that MP4 needs.
            copied = (
                film is not None and film.codec_context.name == "h264" and not film.codec_context.has_b_frames
            )
            shown = _pictures(made, film, copied) if film is not None else None
            heard = made.add_stream("aac" if film is not None else "flac", rate=sound.rate) if sound else None
            for packet in read.demux([stream for stream in (film, sound) if stream is not None]):
                if shown is not None and packet.stream == film and copied:
                    if packet.dts is not None:
                        packet.stream = shown
                        made.mux(packet)
                    continue
                out: Any = shown if packet.stream == film else heard
                for frame in packet.decode():
                    made.mux(out.encode(frame))
            for out in (heard, None if copied else shown):
                if out is not None:
                    made.mux(out.encode(None))
    except (av.FFmpegError, ValueError) as error:
        raise MediaError.of("media_unreadable", path=name, why=str(error)) from error


def _pictures(made: Any, film: Any, copied: bool) -> Any:
    if copied:
        return made.add_stream_from_template(film)
    import av

    for name in ENCODERS:
        with suppress(av.FFmpegError, ValueError):
            stream = made.add_stream(name, rate=film.average_rate or 25)
            stream.width, stream.height = film.width // 2 * 2, film.height // 2 * 2
            stream.pix_fmt = "yuv420p"
            return stream
    raise ValueError(ENCODERS[0])
