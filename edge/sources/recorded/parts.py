"""Recordings joined end to end in one file: where each begins, and a file that is one of them."""

from __future__ import annotations

import io
import mmap
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from typing_extensions import Buffer

_EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT = b"\x18\x53\x80\x67"
# What a file begins with, where that can occur nowhere else. An ID3 tag between frames looks like damage.
_MARKS = {
    "asf": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),
    "flac": b"fLaC\x00\x00\x00\x22",
    "flv": b"FLV\x01",
    "mp3": b"ID3",
}
_MOST = 100_000
"""Parts looked for; a file of more is damaged."""

Span = tuple[int, int]
"""First byte, and one past the last."""


def parts(path: Path, form: str) -> list[Span]:
    """The recordings a file is joined from, in order; one where it is whole. Raises OSError.

    form: the demuxer's name. Only of containers whose demuxer stops at the end of the first one, or loses
    some of the next: of others the demuxer reads them all.
    """
    finders = {"matroska": _matroska, "mov": _mp4, "wav": _wav}
    name = form.split(",")[0]
    finder = finders.get(name)
    if name in _MARKS:
        finder = partial(_all, mark=_MARKS[name])
    size = path.stat().st_size
    starts = [0]
    if finder is not None and size:
        with path.open("rb") as file:
            for start in finder(path, file, size):
                starts.append(start)
                if len(starts) == _MOST:
                    break
    return list(zip(starts, [*starts[1:], size], strict=True))


def _mp4(_: Path, file: BinaryIO, size: int) -> Iterator[int]:
    """Boxes: length, name. Each part begins with ftyp and has a moov of its own."""
    place, movie = 0, False
    while place + 8 <= size:
        file.seek(place)
        head = file.read(16)
        length, name = int.from_bytes(head[:4], "big"), head[4:8]
        if name == b"ftyp" and movie:
            yield place
            movie = False
        movie = movie or name == b"moov"
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length < 8:
            return
        place += length


def _wav(path: Path, file: BinaryIO, size: int) -> Iterator[int]:
    """RIFF: each part states its length; the next follows its last chunk."""
    place = 0
    while True:
        file.seek(place)
        head = file.read(12)
        if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return
        if place:
            yield place
        length = int.from_bytes(head[4:8], "little")
        place += 8 + length
        if length % 2 and not _reads(file, place, b"RIFF"):
            place += 1


def _matroska(_: Path, file: BinaryIO, size: int) -> Iterator[int]:
    """A part: the EBML header, then a segment that states its length, or does not when it was live."""
    place = 0
    while place < size:
        if place:
            yield place
        end = _segment_end(file, place)
        if end is None or (end < size and not _reads(file, end, _EBML)):
            end = _next(file, place + 4, size, _EBML)
        if end is None or end >= size:
            return
        place = end


def _segment_end(file: BinaryIO, place: int) -> int | None:
    """Where the segment behind the EBML header at a place ends; None where it does not say."""
    for name in (_EBML, _SEGMENT):
        if not _reads(file, place, name):
            return None
        file.seek(place + 4)
        first = file.read(1)
        if not first or not first[0]:
            return None
        width = 9 - first[0].bit_length()
        value = int.from_bytes(bytes([first[0] - (1 << (8 - width))]) + file.read(width - 1), "big")
        if value == (1 << (7 * width)) - 1:
            return None
        place += 4 + width + value
    return place


def _all(_: Path, file: BinaryIO, size: int, mark: bytes) -> Iterator[int]:
    """Where every part but the first begins."""
    place = _next(file, 4, size, mark)
    while place is not None:
        yield place
        place = _next(file, place + 4, size, mark)


def _next(file: BinaryIO, first: int, size: int, mark: bytes) -> int | None:
    """Where the next part begins, by the mark it begins with."""
    with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as content:
        while (found := content.find(mark, first)) >= 0:
            near = content[found : found + 64]
            if _begins(near, mark):
                return found
            first = found + 4
    return None


def _begins(near: bytes, mark: bytes) -> bool:
    """Whether bytes that start with a mark are what they seem."""
    if mark == _EBML:
        return b"matroska" in near or b"webm" in near
    if mark == _MARKS["flv"]:
        return near[5:13] == b"\0\0\0\x09\0\0\0\0"
    if mark == _MARKS["mp3"]:  # version, flags, and a length of 4 x 7 bits
        return len(near) > 10 and near[3] in (2, 3, 4) and not near[4] and max(near[6:10]) < 128
    return True


def _reads(file: BinaryIO, place: int, mark: bytes) -> bool:
    file.seek(place)
    return file.read(len(mark)) == mark


class Slice(io.RawIOBase):
    """Part of a file as a file of its own, to read."""

    def __init__(self, path: Path, span: Span) -> None:
        super().__init__()
        self._file = path.open("rb")
        self._first, self._last = span
        self._file.seek(self._first)

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Fill a buffer; gives how many bytes there were."""
        view = memoryview(buffer)
        left = max(0, self._last - self._file.tell())
        return self._file.readinto(view[: min(len(view), left)])

    def tell(self) -> int:
        """Bytes before the place that is read next."""
        return self._file.tell() - self._first

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move that place."""
        base = {io.SEEK_SET: self._first, io.SEEK_CUR: self._file.tell(), io.SEEK_END: self._last}[whence]
        self._file.seek(max(self._first, base + offset))
        return self.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
