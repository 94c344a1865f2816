"""The fonts of the panel's text: OpenCV's built-in one, and one of the system where that has no Japanese.

OpenCV's wheels for x86 have Japanese built in; those for aarch64, a Jetson's, have not.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import InputError
from edge.items import Bytes

FILES = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/vlgothic/VL-Gothic-Regular.ttf",
    "/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf",
    "/usr/share/fonts/truetype/takao-gothic/TakaoGothic.ttf",
)
"""Japanese fonts of Debian and Ubuntu, the most legible first; jetson/install.sh adds the second."""
_WIDE = 1.05
"""Width of a Japanese character over the size of its text, as built in: layouts are made for it."""
_NOWHERE = "\U0010fffd"


@lru_cache(maxsize=1)
def built_in() -> Any:
    """The built-in sans serif. Raises InputError where OpenCV has none."""
    import cv2

    if not hasattr(cv2, "FontFace"):
        raise InputError.of("opencv_old", version=cv2.__version__)
    return cv2.FontFace("sans")


@lru_cache(maxsize=1)
def japanese() -> tuple[Any, float] | None:
    """The system's font for what the built-in one lacks, and how much larger than asked it is drawn.

    None: the built-in font has Japanese, or the system has no Japanese font.
    """
    import cv2

    if _has(built_in(), "国"):
        return None
    for path in FILES:
        if _is_font(Path(path)) and _has(face := cv2.FontFace(path), "国"):
            return face, _WIDE * 100 / _width(face, "国", 100, 400)
    return None


def write(image: Bytes, words: str, at: tuple[int, int], colour: Any, pixels: int, weight: int) -> None:
    """Draw words on an image, the baseline beginning at `at` (pixels), each in the font that has it."""
    import cv2

    x, y = at
    for part, face, size in _parts(words, pixels):
        cv2.putText(image, part, (x, y), colour, face, size, weight)
        x += _width(face, part, size, weight)


def reach(words: str, pixels: int, weight: int) -> int:
    """How far words reach (pixels)."""
    return sum(_width(face, part, size, weight) for part, face, size in _parts(words, pixels)) + 1


def _width(face: Any, words: str, pixels: int, weight: int) -> int:
    """Where the next letter would begin (pixels)."""
    import cv2

    left, _, width, _ = cv2.getTextSize((0, 0), words, (0, 0), face, pixels, weight)
    return int(left + width - 1)


def _parts(words: str, pixels: int) -> list[tuple[str, Any, int]]:
    """Words in parts of one font each: the part, its font, and the size to ask for (pixels)."""
    found = None if words.isascii() else japanese()
    if found is None:
        return [(words, built_in(), pixels)] if words else []
    face, larger = found
    return [
        ("".join(part), face, round(pixels * larger)) if other else ("".join(part), built_in(), pixels)
        for other, part in groupby(words, _from_system)
    ]


@lru_cache(maxsize=8000)
def _from_system(letter: str) -> bool:
    """Whether the system's font has a letter that the built-in one lacks."""
    found = japanese()
    return found is not None and not _has(built_in(), letter) and _has(found[0], letter)


def _is_font(path: Path) -> bool:
    """Whether a file begins as TrueType or OpenType: OpenCV ends the process on other ones."""
    try:
        with path.open("rb") as file:
            return file.read(4) in (b"\0\1\0\0", b"OTTO", b"ttcf")
    except OSError:
        return False


def _has(face: Any, letter: str) -> bool:
    """Whether a font has a letter: what it lacks looks as what no font has."""
    return letter.isascii() or _drawn(face, letter) != _drawn(face, _NOWHERE)


def _drawn(face: Any, letter: str) -> bytes:
    import cv2

    image = np.zeros((40, 64), np.uint8)
    cv2.putText(image, letter, (4, 32), (255,), face, 28, 400)
    return image.tobytes()
