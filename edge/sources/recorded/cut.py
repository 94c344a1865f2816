"""Whether a sound file ends where it says, where no decoder tells: WAV, RF64, W64 and Ogg (Opus, Vorbis)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

SLACK = 1024
"""A WAV file may be this much shorter than it says, or hold this much more: some writers count their header
in (bytes)."""
UNKNOWN = 0x7FFF0000
"""Lengths from here on are written where the end is not known yet, as into a pipe (bytes)."""
_PAGE = 27 + 255 + 255 * 255  # the largest page of an Ogg file
_W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0O\x8e\xdb\x8a"


@dataclass(frozen=True)
class Data:
    """The sound of a WAV file."""

    start: int
    """Place of its first byte."""
    length: int
    """How long its header says it is (bytes); 0 or less: the header does not know."""


def is_cut(path: Path, form: str) -> bool:
    """Whether the file ends before what it holds does; form: the demuxer's name. Raises OSError.

    An Ogg file that ends with a whole page is not, though it lack the mark of its last page: not every
    recorder writes one.
    """
    if form in ("wav", "w64"):
        data = wav_data(path)
        return data is not None and data.start + data.length - path.stat().st_size > SLACK
    return form == "ogg" and _ogg(path)


def goes_on(path: Path) -> Literal["", "unknown", "longer"]:
    """Whether a WAV file holds sound after the end that its header states, or knows none. Raises OSError."""
    data, size = wav_data(path), path.stat().st_size
    if data is None or size - data.start - data.length <= SLACK:
        return ""
    if data.length <= 0:
        return "unknown"
    with path.open("rb") as file:
        return "" if _chunks_follow(file, data, size) else "longer"


def wav_data(path: Path) -> Data | None:
    """Where the sound of a WAV, RF64 or W64 file lies; None where there is none. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] == b"riff":
            return _w64(file)
        if head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:] != b"WAVE":
            return None
        long = 0
        for name, start, length in _chunks(file, 12):
            if name == b"ds64":
                file.seek(start + 8)
                long = int.from_bytes(file.read(8), "little")
            elif name == b"data":
                if length >= UNKNOWN:
                    length = long
                return Data(start, length)
    return None


def _chunks(file: BinaryIO, place: int) -> Iterator[tuple[bytes, int, int]]:
    """RIFF: name and length, then content, chunk by chunk; name, place of the content, length."""
    while True:
        file.seek(place)
        head = file.read(8)
        if len(head) < 8:
            return
        name, length = struct.unpack("<4sI", head)
        yield name, place + 8, length
        place += 8 + length + length % 2


def _chunks_follow(file: BinaryIO, data: Data, size: int) -> bool:
    """Whether what comes after the sound are the file's own notes, and no sound."""
    for pad in (0, 1):
        file.seek(data.start + data.length + pad)
        head = file.read(8)
        name, length = head[:4], int.from_bytes(head[4:], "little")
        if name[:3] in (b"ID3", b"TAG") or name == b"RIFF":
            return True
        if all(32 <= byte < 127 for byte in name) and file.tell() + length <= size + 1:
            return True
    return False


def _w64(file: BinaryIO) -> Data | None:
    """Sony Wave64: name of 16 bytes and length of 8, both counted in, each chunk from a multiple of 8."""
    place = 40
    while True:
        file.seek(place)
        head = file.read(24)
        if len(head) < 24:
            return None
        length = int.from_bytes(head[16:], "little")
        if head[:16] == _W64_DATA:
            return Data(place + 24, length - 24 if length < 1 << 62 else 0)
        place += max(24, (length + 7) // 8 * 8)


def _ogg(path: Path) -> bool:
    """A page: OggS, 22 bytes, how many parts it has, the length of each, the parts (RFC 3533, section 6)."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _PAGE))
        tail = file.read()
    start = tail.rfind(b"OggS")
    page = tail[start:]
    if start < 0:
        return False
    return len(page) < 27 or len(page) < 27 + page[26] + sum(page[27 : 27 + page[26]])
