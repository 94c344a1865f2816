"""Whether a sound file lacks its end, where no decoder says so: WAV and Ogg (Opus, Vorbis)."""

from __future__ import annotations

import struct
from pathlib import Path

SLACK = 1024
"""A WAV file may be this much shorter than it says: some writers count their header in (bytes)."""
UNKNOWN = 0x7FFF0000
"""Lengths from here on are written where the end is not known yet, as into a pipe (bytes)."""
_PAGE = 27 + 255 + 255 * 255  # the largest page of an Ogg file


def is_cut(path: Path, form: str) -> bool:
    """Whether the file ends before what it holds does; form: the demuxer's name. Raises OSError.

    An Ogg file that ends with a whole page is not, though it lack the mark of its last page: not every
    recorder writes one.
    """
    if form == "wav":
        return _wav(path)
    return form == "ogg" and _ogg(path)


def _wav(path: Path) -> bool:
    """RIFF: name and length, then content, chunk by chunk from byte 12 on."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(12)
        while len(head := file.read(8)) == 8:
            name, length = struct.unpack("<4sI", head)
            if name == b"data":
                return bool(length < UNKNOWN and file.tell() + length - size > SLACK)
            file.seek(length + length % 2, 1)
    return False


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
