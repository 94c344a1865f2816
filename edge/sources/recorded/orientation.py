"""Which way up a picture is: what its file says, and the picture turned so."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from edge.items import Bytes

_ORIENTATION = 0x0112
_MOST = 1 << 20  # bytes of a picture's notes; no camera writes more before the picture

# Display matrix [[a, b], [c, d]] of each orientation: x' = a x + c y, y' = b x + d y (Exif 2.32, 4.6.4).
_MATRICES = {
    1: (1, 0, 0, 1),
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, 1, 1, 0),
    6: (0, 1, -1, 0),
    7: (0, -1, -1, 0),
    8: (0, -1, 1, 0),
}


def upright(image: Bytes, matrix: tuple[float, float, float, float]) -> Bytes:
    """A picture [h, w, 3] turned and mirrored by a display matrix a, b, c, d."""
    a, b, c, d = matrix
    right, down = a, d
    if abs(b) + abs(c) > abs(a) + abs(d):
        image, right, down = image.transpose(1, 0, 2), c, b
    if right < 0:
        image = image[:, ::-1]
    if down < 0:
        image = image[::-1]
    return np.ascontiguousarray(image)


def matrix_of(frame: Any) -> tuple[float, float, float, float]:
    """Display matrix of a decoded frame."""
    from av.sidedata.sidedata import Type

    try:
        found = frame.side_data.get(Type.DISPLAYMATRIX)
    except ValueError:  # beside it lies something PyAV has no name for
        return _MATRICES[{90: 8, -90: 6, 180: 3, -180: 3}.get(round(frame.rotation / 90) * 90, 1)]
    if found is None:
        return _MATRICES[1]
    values: NDArray[np.int32] = np.frombuffer(bytes(found), np.int32)
    a, b, _, c, d = (float(value) for value in values[:5])
    return (a, b, c, d) if (a or b) and (c or d) else _MATRICES[1]


def photo_matrix(path: Path) -> tuple[float, float, float, float] | None:
    """Display matrix by the Exif notes of a JPEG, PNG, WebP or TIFF; None without. Raises OSError."""
    with path.open("rb") as file:
        for notes in _exif(file):
            turned = _orientation(notes)
            if turned in _MATRICES:
                return _MATRICES[turned]
    return None


def _exif(file: BinaryIO) -> Iterator[bytes]:
    """Exif notes of a picture, each in the form of a TIFF file."""
    head = file.read(12)
    if head[:4] in (b"II*\0", b"MM\0*"):
        file.seek(0)
        yield file.read(_MOST)
    elif head[:2] == b"\xff\xd8":
        yield from _exif_of_jpeg(file)
    elif head[:8] == b"\x89PNG\r\n\x1a\n":
        yield from _chunks(file, 8, ">I4s", b"eXIf", 4)
    elif head[:4] == b"RIFF" and head[8:] == b"WEBP":
        yield from _chunks(file, 12, "<4sI", b"EXIF", 0)


def _exif_of_jpeg(file: BinaryIO) -> Iterator[bytes]:
    file.seek(2)
    while len(head := file.read(4)) == 4 and head[0] == 0xFF:
        if head[1] == 0xFF:  # filled up
            file.seek(-3, 1)
            continue
        if head[1] in (0xDA, 0xD9):  # the picture itself
            return
        content = file.read(max(0, int.from_bytes(head[2:], "big") - 2))
        if head[1] == 0xE1 and content[:6] == b"Exif\0\0":
            yield content[6:]


def _chunks(file: BinaryIO, start: int, form: str, name: bytes, after: int) -> Iterator[bytes]:
    """Content of the chunks of a name; form: of a chunk's head, after: bytes of its checksum."""
    place = start
    while True:
        file.seek(place)
        head = file.read(8)
        if len(head) < 8:
            return
        first, second = struct.unpack(form, head)
        length, found = (first, second) if isinstance(first, int) else (second, first)
        if found == name:
            content = file.read(min(length, _MOST))
            yield content.removeprefix(b"Exif\0\0")
        place += 8 + length + (after or length % 2)


def _orientation(notes: bytes) -> int | None:
    """The orientation in the first directory of a TIFF file."""
    order = {b"II": "<", b"MM": ">"}.get(notes[:2])
    if order is None or len(notes) < 8:
        return None
    (place,) = struct.unpack_from(f"{order}I", notes, 4)
    if place + 2 > len(notes):
        return None
    (count,) = struct.unpack_from(f"{order}H", notes, place)
    for number in range(count):
        entry = notes[place + 2 + 12 * number : place + 14 + 12 * number]
        if len(entry) < 12:
            return None
        tag, kind = struct.unpack_from(f"{order}HH", entry)
        if tag == _ORIENTATION:
            return int(struct.unpack_from(f"{order}H" if kind == 3 else f"{order}I", entry, 8)[0])
    return None
